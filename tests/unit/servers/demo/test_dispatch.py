"""What the demo server answers, method by method."""

from __future__ import annotations

from typing import Any

import pytest

from inspector.servers.demo.call import SessionState
from inspector.servers.demo.catalogue import DEFINITIONS
from inspector.servers.demo.dispatch import PAGE_SIZE, answer
from inspector.servers.demo.messages import Json
from inspector.servers.demo.revisions import HTTP_SSE_VERSIONS, STREAMABLE_VERSIONS


def ask(state: SessionState, method: str, params: Json | None = None) -> Any:
    message = answer(state, {"jsonrpc": "2.0", "id": 7, "method": method, "params": params or {}})
    assert message["id"] == 7
    return message.get("result", message.get("error"))


def initialized(version: str = "2025-11-25") -> SessionState:
    state = SessionState(HTTP_SSE_VERSIONS)
    ask(state, "initialize", {"protocolVersion": version})
    return state


@pytest.mark.parametrize("version", STREAMABLE_VERSIONS)
def test_a_known_version_is_accepted(version: str) -> None:
    state = SessionState(STREAMABLE_VERSIONS)
    assert ask(state, "initialize", {"protocolVersion": version})["protocolVersion"] == version
    assert state.protocol_version == version


@pytest.mark.parametrize("version", ["2024-11-05", "2026-07-28", "", "new"])
def test_an_unknown_version_is_answered_with_the_newest(version: str) -> None:
    assert ask(SessionState(STREAMABLE_VERSIONS), "initialize", {"protocolVersion": version})["protocolVersion"] == (
        "2025-11-25"
    )


def test_capabilities_fit_the_version() -> None:
    old = ask(SessionState(HTTP_SSE_VERSIONS), "initialize", {"protocolVersion": "2024-11-05"})
    assert "completions" not in old["capabilities"]
    assert "title" not in old["serverInfo"]
    new = ask(SessionState(HTTP_SSE_VERSIONS), "initialize", {"protocolVersion": "2025-11-25"})
    assert new["capabilities"]["completions"] == {}
    assert new["capabilities"]["tools"] == {"listChanged": True}


def test_nothing_but_ping_works_before_initialize() -> None:
    state = SessionState(STREAMABLE_VERSIONS)
    assert ask(state, "ping") == {}
    assert ask(state, "tools/list")["code"] == -32600


def test_a_second_initialize_is_refused() -> None:
    assert ask(initialized(), "initialize", {"protocolVersion": "2025-11-25"})["code"] == -32600


def test_tools_come_in_pages() -> None:
    state = initialized()
    first = ask(state, "tools/list")
    second = ask(state, "tools/list", {"cursor": first["nextCursor"]})
    assert len(first["tools"]) == PAGE_SIZE
    assert "nextCursor" not in second
    assert [tool["name"] for tool in first["tools"] + second["tools"]] == list(DEFINITIONS)


@pytest.mark.parametrize("cursor", ["x", "-1", "", 8, None, "9" * 30, "²"])
def test_a_foreign_cursor_is_refused(cursor: object) -> None:
    assert ask(initialized(), "tools/list", {"cursor": cursor})["code"] == -32602


def test_old_clients_see_tools_without_the_newer_members() -> None:
    tool = ask(initialized("2024-11-05"), "tools/list")["tools"][1]
    assert set(tool) == {"name", "description", "inputSchema"}


def test_resources_are_listed_and_read() -> None:
    state = initialized()
    uris = [resource["uri"] for resource in ask(state, "resources/list")["resources"]]
    assert uris[:2] == ["demo://readme", "demo://clock"]
    for uri in uris:
        first = ask(state, "resources/read", {"uri": uri})["contents"][0]
        assert first.get("text") or first["blob"]
    assert ask(state, "resources/templates/list")["resourceTemplates"][0]["uriTemplate"] == "demo://greeting/{name}"
    greeting = ask(state, "resources/read", {"uri": "demo://greeting/J%C3%BCrgen%20K"})["contents"][0]
    assert greeting["text"] == "Hello, Jürgen K!"


@pytest.mark.parametrize("uri", ["demo://nothing", "demo://greeting/", "file:///etc/passwd"])
def test_an_unknown_resource_is_an_error(uri: str) -> None:
    error = ask(initialized(), "resources/read", {"uri": uri})
    assert (error["code"], error["data"]) == (-32002, {"uri": uri})


def test_subscriptions_are_kept() -> None:
    state = initialized()
    assert ask(state, "resources/subscribe", {"uri": "demo://clock"}) == {}
    assert state.subscriptions == {"demo://clock"}
    assert ask(state, "resources/unsubscribe", {"uri": "demo://clock"}) == {}
    assert state.subscriptions == set()
    assert ask(state, "resources/subscribe", {"uri": "demo://nothing"})["code"] == -32002


def test_subscriptions_are_bounded() -> None:
    state = initialized()
    codes = [ask(state, "resources/subscribe", {"uri": f"demo://greeting/{n}"}).get("code") for n in range(101)]
    assert codes[:100] == [None] * 100
    assert codes[100] == -32600


def test_the_prompt_takes_its_arguments() -> None:
    state = initialized()
    assert ask(state, "prompts/list")["prompts"][0]["name"] == "summarise"
    filled = ask(state, "prompts/get", {"name": "summarise", "arguments": {"style": "haiku", "text": "Rain."}})
    assert filled["messages"][0]["content"]["text"] == "Summarise the following text as haiku:\n\nRain."
    assert "style" in ask(state, "prompts/get", {"name": "summarise", "arguments": {"text": "x"}})["message"]
    assert ask(state, "prompts/get", {"name": "other"})["code"] == -32602


def test_completion_narrows_down() -> None:
    def complete(reference: Json, name: str, value: str) -> Any:
        return ask(initialized(), "completion/complete", {"ref": reference, "argument": {"name": name, "value": value}})

    prompt = {"type": "ref/prompt", "name": "summarise"}
    assert complete(prompt, "style", "H")["completion"]["values"] == ["haiku", "headline"]
    assert complete(prompt, "text", "")["completion"] == {"values": [], "total": 0, "hasMore": False}
    template = {"type": "ref/resource", "uri": "demo://greeting/{name}"}
    assert complete(template, "name", "al")["completion"]["values"] == ["Alan"]
    assert complete(prompt, "nothing", "")["code"] == -32602
    assert complete({"type": "ref/prompt", "name": ["x"]}, "style", "")["code"] == -32602


def test_the_log_level_is_set() -> None:
    state = initialized()
    assert state.wants_log("debug")
    assert ask(state, "logging/setLevel", {"level": "warning"}) == {}
    assert [state.wants_log(level) for level in ("info", "warning", "error")] == [False, True, True]
    assert ask(state, "logging/setLevel", {"level": "loud"})["code"] == -32602


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("resources/read", {"uri": 3}),
        ("prompts/get", {"name": "summarise", "arguments": []}),
        ("completion/complete", {"ref": "x", "argument": {}}),
        ("logging/setLevel", {}),
    ],
)
def test_wrong_parameters_are_named(method: str, params: Json) -> None:
    assert ask(initialized(), method, params)["code"] == -32602


def test_an_unknown_method_is_an_error() -> None:
    assert ask(initialized(), "no/such")["code"] == -32601
