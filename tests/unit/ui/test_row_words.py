"""What stands in the preview and above the detail beyond the message itself."""

from __future__ import annotations

from typing import Any

import pytest

from inspector.trace.events import AttemptMade, Direction, Framing, Message, MessageType, ToolStep
from inspector.ui.row_words import MAX_READ_BYTES, about, annotation, preview
from inspector.wire import jsontext
from tests.support.rivers import Talk

ACKNOWLEDGED = "notifications/subscriptions/acknowledged"


@pytest.fixture
def talk() -> Talk:
    return Talk()


def notified(talk: Talk, method: str, params: Any) -> Message:
    raw = jsontext.dumps({"jsonrpc": "2.0", "method": method, "params": params})
    return talk.message(1, MessageType.NOTIFICATION, method=method, raw=b"data: " + raw + b"\n\n")


def step(talk: Talk, name: str, **fields: Any) -> ToolStep:
    return talk.hear(ToolStep, 1, tool="search", step=name, raw=b'data: {"type": "progress"}\n\n', **fields)


@pytest.mark.parametrize(("succeeded", "sign"), [(True, "✓ fits"), (False, "✕ does not fit")])
def test_an_attempt_says_what_came_of_it(talk: Talk, succeeded: bool, sign: str) -> None:
    attempt = talk.tell(AttemptMade, transport="http+sse", verdict="The answer is 405.", succeeded=succeeded)
    assert preview(attempt, talk) == f"{sign}: The answer is 405."
    assert about(attempt, talk).startswith(f"http+sse {sign[2:]}: ")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"toolsListChanged": True}, "Acknowledged: toolsListChanged."),
        (
            {"toolsListChanged": True, "promptsListChanged": False, "resourceSubscriptions": ["a:1", "a:2"]},
            "Acknowledged: toolsListChanged, resourceSubscriptions (2).",
        ),
        ({}, "Acknowledged: nothing that was asked for."),
        (None, "Acknowledged, but not what."),
    ],
)
def test_an_acknowledgement_says_what_the_server_will_send(talk: Talk, given: Any, said: str) -> None:
    event = notified(talk, ACKNOWLEDGED, {"notifications": given})
    assert annotation(event, talk) == about(event, talk) == said
    assert preview(event, talk) == f"a{said[1:-1]}"


@pytest.mark.parametrize("raw", [b"", b"data: [1]\n\n", b"data: {\n\n", b"data: " + b"x" * MAX_READ_BYTES])
def test_an_acknowledgement_that_cannot_be_read_is_one_all_the_same(talk: Talk, raw: bytes) -> None:
    event = talk.message(1, MessageType.NOTIFICATION, method=ACKNOWLEDGED, raw=raw)
    assert annotation(event, talk) == "Acknowledged, but not what."


def test_the_result_of_a_subscription_is_its_graceful_end(talk: Talk) -> None:
    asked = talk.ask(1, "subscriptions/listen", id=4)
    end = talk.answer(1, asked, id=4, raw=b'data: {"id": 4, "result": {}}\n\n')
    assert preview(end, talk) == "graceful end: the server closed the subscription"
    other = talk.answer(2, talk.ask(2, "tools/list", id=5), id=5, raw=b'data: {"id": 5, "result": {}}\n\n')
    assert annotation(other, talk) == ""


def test_an_answer_to_nothing_known_has_no_annotation(talk: Talk) -> None:
    for request_n in (None, 99, -1):
        event = talk.message(1, MessageType.RESPONSE, request_n=request_n, raw=b"{}", framing=Framing.BODY)
        assert annotation(event, talk) == ""


def test_a_change_names_its_subscription_in_the_detail(talk: Talk) -> None:
    meta = {"io.modelcontextprotocol/subscriptionId": "s-1"}
    event = notified(talk, "notifications/tools/list_changed", {"_meta": meta})
    assert (about(event, talk), annotation(event, talk)) == ("For subscription s-1.", "")
    assert about(notified(talk, "notifications/tools/list_changed", [1]), talk) == ""


@pytest.mark.parametrize(
    ("name", "fields", "said"),
    [
        ("started", {"request_n": 0}, "search has started (call #0)."),
        ("progress", {"request_n": 1_234}, "search reports progress (call #1,234)."),
        ("complete", {"request_n": 3, "rtt_ms": 1_500.0}, "search is complete, 1.500 s after the call (call #3)."),
        ("error", {}, "search failed."),
        ("odd\nstep", {}, "Step odd\\nstep of search."),
    ],
)
def test_a_step_is_told_as_part_of_its_run(talk: Talk, name: str, fields: dict[str, Any], said: str) -> None:
    assert about(step(talk, name, **fields), talk) == said


def test_our_call_of_a_tool_is_told_too(talk: Talk) -> None:
    raw = b'{"tool": "search", "params": {}}'
    fields: dict[str, Any] = {"direction": Direction.OUTBOUND, "framing": Framing.BODY, "raw": raw}
    call = talk.tell(ToolStep, stream=1, tool="search", step="call", **fields)
    assert about(call, talk) == "The call of search."


def test_braces_in_a_name_are_only_braces(talk: Talk) -> None:
    event = talk.hear(ToolStep, 1, tool="{0.__class__}", step="{x}", raw=b"data: 1\n\n")
    assert about(event, talk) == "Step {x} of {0.__class__}."


def test_every_other_row_keeps_its_own_words(talk: Talk) -> None:
    comment = talk.comment(1, "ping")
    assert preview(comment, talk) == "ping"
    assert about(comment, talk) == ""
