from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.protocol.sampling import (
    MAX_CHECKED,
    check_answer,
    check_request,
    content_blocks,
    offered_tools,
    tool_choice,
)

WEATHER = {"name": "weather", "inputSchema": {"type": "object", "required": ["city"]}}
USE = {"type": "tool_use", "id": "call_2", "name": "weather", "input": {"city": "Oslo"}}


def request(**more: Any) -> dict[str, Any]:
    message = {"role": "user", "content": {"type": "text", "text": "Hi"}}
    return {"messages": [message], "maxTokens": 100, **more}


def answer(content: Any, **more: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": content, "model": "m", "stopReason": "endTurn", **more}


def text(words: str = "Hello") -> dict[str, Any]:
    return {"type": "text", "text": words}


def test_a_plain_answer_keeps_the_rules() -> None:
    assert check_request(request()) == []
    assert check_answer(request(), answer(text())) == []
    assert check_answer(request(), answer([text(), {"type": "image", "data": "AA==", "mimeType": "image/png"}])) == []


def test_an_answer_may_use_an_offered_tool() -> None:
    asked = request(tools=[WEATHER], toolChoice={"mode": "required"})
    assert check_answer(asked, answer([USE], stopReason="toolUse")) == []
    assert offered_tools(asked) == {"weather": WEATHER}
    assert tool_choice(asked) == "required"


@pytest.mark.parametrize(
    ("asked", "content", "reason", "said"),
    [
        (request(), [USE], "toolUse", 'The tool "weather" was not offered; no tool was.'),
        (request(tools=[WEATHER]), [{**USE, "name": "x"}], "toolUse", "not offered; offered are weather"),
        (request(tools=[WEATHER]), [USE, USE], "toolUse", 'The tool_use id "call_2" is used twice'),
        (request(tools=[WEATHER]), [{**USE, "input": {}}], "toolUse", 'does not fit its schema: "city" is required'),
        (request(tools=[WEATHER]), [{**USE, "input": []}], "toolUse", "has no input object"),
        (request(tools=[WEATHER]), [{**USE, "id": ""}], "toolUse", "has no id"),
        (request(tools=[WEATHER]), [USE], "endTurn", "has the stopReason toolUse"),
        (request(tools=[WEATHER], toolChoice={"mode": "required"}), text(), "endTurn", "toolChoice is required"),
        (request(tools=[WEATHER], toolChoice={"mode": "none"}), [USE], "toolUse", "toolChoice is none"),
        (request(), text(), "toolUse", "but the answer uses no tool"),
        (request(), text(), 7, "stopReason must be a text"),
        (request(), [], "endTurn", "at least one content block"),
        (request(), ["hello"], "endTurn", "Content block 1 is a string, not an object."),
        (request(), {"type": "video"}, "endTurn", 'is of type "video"'),
        (request(), {"type": "tool_result", "toolUseId": "1"}, "endTurn", 'is of type "tool_result"'),
        (request(), {"type": "text"}, "endTurn", "of type text has no text"),
        (request(), {"type": "audio", "data": "AA=="}, "endTurn", "has no mimeType"),
    ],
)
def test_r51_a_broken_rule_is_one_sentence(asked: Any, content: Any, reason: Any, said: str) -> None:
    found = check_answer(asked, answer(content, stopReason=reason))
    assert any(said in sentence for sentence in found), found


def test_an_id_of_the_conversation_before_is_taken() -> None:
    before = [{"role": "assistant", "content": [USE]}, {"role": "user", "content": _result("call_2")}]
    asked = request(messages=before, tools=[WEATHER])
    assert check_request(asked) == []
    assert "is used twice" in check_answer(asked, answer([USE], stopReason="toolUse"))[0]


def test_an_answer_names_its_role_and_model() -> None:
    found = check_answer(request(), {"role": "user", "content": text(), "model": ""})
    assert found == [
        'The role of an answer is "assistant", not "user".',
        "An answer names the model that it comes from.",
    ]
    assert check_answer(request(), None) == ["The answer must be an object, not null."]


def _result(use_id: str) -> dict[str, Any]:
    return {"type": "tool_result", "toolUseId": use_id, "content": [text("3 degrees")]}


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (None, "The params must be an object"),
        ({"messages": []}, "maxTokens must be an integer, not null."),
        (request(maxTokens=True), "maxTokens must be an integer"),
        (request(messages=None), "messages must be an array, not null."),
        (request(toolChoice={"mode": "maybe"}), "toolChoice.mode must be auto, required or none"),
        (request(messages=[7]), "Message 1 is a number, not an object."),
        (request(messages=[{"role": "system", "content": text()}]), 'has the role "system"'),
        (request(messages=[{"role": "user", "content": [USE]}]), "has a tool_use, which the role"),
        (request(messages=[{"role": "assistant", "content": [_result("1")]}]), "has a tool_result, which the role"),
        (request(messages=[{"role": "user", "content": [_result("1"), text()]}]), "mixes tool_result with other"),
        (request(messages=[{"role": "user", "content": [_result("1")]}]), "which the message before does not hold"),
        (request(messages=[{"role": "assistant", "content": [USE]}]), "has no tool_result in the next one"),
        (request(messages=[{"role": "user", "content": {"type": "tool_result"}}]), "has no toolUseId"),
    ],
)
def test_r51_what_the_server_breaks_is_said(asked: Any, said: str) -> None:
    found = check_request(asked)
    assert any(said in sentence for sentence in found), found


def test_only_so_many_messages_are_checked() -> None:
    proper = request()["messages"] * MAX_CHECKED
    assert check_request(request(messages=[*proper, "odd"])) == []


def test_one_block_counts_as_a_list_of_one() -> None:
    assert content_blocks(text()) == [text()]
    assert content_blocks([text()]) == [text()]


WORDS = st.sampled_from(["text", "tool_use", "tool_result", "user", "assistant", "required", "x"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["type", "role", "content", "messages", "tools", "toolChoice", "mode", "id", "name", "input"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON, JSON)
def test_nothing_raises_whatever_is_asked_and_answered(params: Any, result: Any) -> None:
    for asked in (params, {"messages": params, "tools": params}):
        check_request(asked)
        check_answer(asked, result)
        check_answer(asked, {"role": "assistant", "model": "m", "content": result})
