"""What a session offered and answered, folded from the river."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from inspector.record import offered as module
from inspector.record.offered import Call, Offered, Samples, read_offered
from inspector.record.recording import open_recording
from inspector.record.saving import save_events
from inspector.trace.events import (
    BodyReceived,
    Framing,
    Message,
    MessageType,
    Outcome,
    SessionReady,
)
from tests.support.rivers import Talk


class Session(Talk):
    """A conversation whose messages have bodies."""

    def request(self, method: str, params: Any = None, **fields: Any) -> Message:
        body = {"jsonrpc": "2.0", "id": len(self), "method": method, "params": params or {}}
        return self.ask(1, method, id=len(self), raw=json.dumps(body).encode(), **fields)

    def reply(self, to: Message, result: Any, **fields: Any) -> Message:
        fields = {"framing": Framing.BODY, "rtt_ms": 2.0, "method": to.method, "name": to.name, **fields}
        body = {"jsonrpc": "2.0", "id": to.id, "result": result}
        return self.answer(1, to, id=to.id, raw=json.dumps(body).encode(), **fields)

    def exchange(self, method: str, params: Any, result: Any, **fields: Any) -> None:
        self.reply(self.request(method, params, **fields), result)

    def hello(self, name: str = "demo", version: str = "1", connection: int = 1) -> None:
        info = {"name": name, "version": version}
        result = {"protocolVersion": "2025-11-25", "serverInfo": info, "capabilities": {"tools": {"listChanged": True}}}
        self.exchange("initialize", {"protocolVersion": "2025-11-25"}, result, connection=connection)
        fields = {"transport": "streamable-http", "protocol_version": "2025-11-25", "server_version": version}
        self.tell(SessionReady, server_name=name, capabilities=("tools",), **{**fields, "connection": connection})

    def call(self, tool: str, arguments: Any, result: Any, **params: Any) -> None:
        self.exchange("tools/call", {"name": tool, "arguments": arguments, **params}, result, name=tool)


def tool(name: str, words: str = "") -> dict[str, Any]:
    return {"name": name, "description": words, "inputSchema": {"type": "object"}}


def text(said: str) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": said}]}


def only_call(session: Talk) -> Call:
    (call,) = session.into(Offered()).calls
    return call


def test_the_server_and_what_was_agreed() -> None:
    session = Session()
    session.hello("demo", "1.2")
    assert session.into(Offered()).server == {
        "serverInfo": {"name": "demo", "version": "1.2"},
        "protocolVersion": "2025-11-25",
        "capabilities": {"tools": {"listChanged": True}},
        "transport": "streamable-http",
    }


def test_a_stateless_server_says_it_of_itself() -> None:
    session = Session()
    info = {"io.modelcontextprotocol/serverInfo": {"name": "s", "version": "2"}}
    session.exchange(
        "server/discover", {}, {"supportedVersions": ["2026-07-28"], "capabilities": {"tools": {}}, "_meta": info}
    )
    assert session.into(Offered()).server == {
        "serverInfo": {"name": "s", "version": "2"},
        "capabilities": {"tools": {}},
        "supportedVersions": ["2026-07-28"],
    }


def test_a_list_over_its_pages() -> None:
    session = Session()
    session.exchange("tools/list", {}, {"tools": [tool("a"), tool("b")], "nextCursor": "x"})
    session.exchange("tools/list", {"cursor": "x"}, {"tools": [tool("c")]})
    assert list(session.into(Offered()).items["tools"]) == ["a", "b", "c"]


def test_the_latest_list_counts() -> None:
    session = Session()
    session.exchange("tools/list", {}, {"tools": [tool("a", "old"), tool("b")]})
    session.exchange("tools/list", {}, {"tools": [tool("a", "new")]})
    items = session.into(Offered()).items["tools"]
    assert {name: kept.value["description"] for name, kept in items.items()} == {"a": "new"}


def test_all_four_lists() -> None:
    session = Session()
    session.exchange("resources/list", {}, {"resources": [{"uri": "u:1"}]})
    session.exchange("resources/templates/list", {}, {"resourceTemplates": [{"uriTemplate": "u:{x}"}]})
    session.exchange("prompts/list", {}, {"prompts": [{"name": "p"}]})
    items = session.into(Offered()).items
    assert {kind: list(known) for kind, known in items.items()} == {
        "tools": [],
        "resources": ["u:1"],
        "resourceTemplates": ["u:{x}"],
        "prompts": ["p"],
    }


def test_another_server_begins_anew() -> None:
    session = Session()
    session.hello("first")
    session.exchange("tools/list", {}, {"tools": [tool("a")]})
    session.hello("second", connection=2)
    found = session.into(Offered())
    assert found.server["serverInfo"]["name"] == "second"
    assert not found.items["tools"]


def test_the_manifest_of_a_tool_stream() -> None:
    session = Session()
    session.send(1, "GET", "manifest", url="http://h/mcp.json")
    manifest = {"name": "m", "endpoint": "/run", "tools": [{"name": "echo", "description": "says"}]}
    session.hear(BodyReceived, 1, content_type="application/json", raw=json.dumps(manifest).encode())
    found = session.into(Offered())
    assert list(found.items["tools"]) == ["echo"]
    assert found.server["serverInfo"] == {"name": "m", "version": ""}


def test_another_body_is_no_manifest() -> None:
    session = Session()
    session.send(1, "POST", "tools/call")
    session.hear(BodyReceived, 1, content_type="application/json", raw=b'{"tools": [{"name": "x"}]}')
    assert not session.into(Offered()).items["tools"]


def test_a_call_with_its_result() -> None:
    session = Session()
    session.call("echo", {"b": 1, "a": 2.0}, text("hi"), _meta={"progressToken": 7})
    call = only_call(session)
    assert (call.method, call.name, call.arguments.value) == ("tools/call", "echo", {"a": 2, "b": 1})
    assert (call.outcome, call.answer.value, call.rtt_ms) == ("result", text("hi"), 2.0)
    assert (call.request_n, call.answer_n) == (0, 1)


def test_arguments_in_another_order_are_the_same_call() -> None:
    first, second = Session(), Session()
    first.call("echo", {"a": 1, "b": {"c": 1, "d": 2}}, text(""))
    second.call("echo", {"b": {"d": 2, "c": 1.0}, "a": 1}, text(""))
    assert only_call(first).key == only_call(second).key


def test_no_arguments_are_empty_ones() -> None:
    first, second = Session(), Session()
    first.call("echo", {}, text(""))
    second.exchange("tools/call", {"name": "echo"}, text(""), name="echo")
    assert only_call(first).key == only_call(second).key


def test_errors_and_failed_tools() -> None:
    session = Session()
    asked = session.request("tools/call", {"name": "a"}, name="a")
    error = {"jsonrpc": "2.0", "id": asked.id, "error": {"code": -32602, "message": "no"}}
    session.message(
        1, MessageType.ERROR, asked, framing=Framing.BODY, id=asked.id, raw=json.dumps(error).encode(), rtt_ms=1.0
    )
    failing = session.request("tools/call", {"name": "b"}, name="b")
    session.reply(failing, text("bad") | {"isError": True}, is_tool_error=True)
    lost = session.request("resources/read", {"uri": "u:1"}, name="u:1")
    session.fail(lost, Outcome.LOST)
    session.request("prompts/get", {"name": "p"}, name="p")
    calls = session.into(Offered()).calls
    assert [call.outcome for call in calls] == ["error", "tool error", "lost", "unanswered"]
    assert calls[0].answer.value == {"code": -32602, "message": "no"}
    assert calls[2].answer_n == lost.n + 1
    assert not calls[3].answer.digest


def test_a_request_that_is_sent_again_is_one_call() -> None:
    session = Session()
    first = session.request("tools/call", {"name": "a"}, name="a")
    again = session.ask(2, "tools/call", id=first.id, name="a", raw=first.raw)
    session.reply(again, text("hi"))
    assert only_call(session).outcome == "result"


def test_what_keeps_a_session_going_is_no_call() -> None:
    session = Session()
    for method in ("ping", "logging/setLevel", "tasks/get"):
        session.exchange(method, {}, {})
    found = session.into(Offered())
    assert found.calls == []
    assert set(found.latencies) == {"ping", "logging/setLevel", "tasks/get"}


def test_a_tool_stream() -> None:
    session = Session()
    call = session.call_stream(1)
    session.step(1, "started", call)
    session.step(1, "complete", call, b'{"type":"complete","result":5}', rtt_ms=3.0)
    found = only_call(session)
    assert (found.method, found.name, found.arguments.value) == ("tools/call", "echo", {"a": 1})
    assert (found.outcome, found.answer.value, found.rtt_ms) == ("result", {"result": 5, "type": "complete"}, 3.0)


def test_words_about_the_server_are_no_part_of_a_result() -> None:
    session = Session()
    meta = {"io.modelcontextprotocol/serverInfo": {"name": "s", "version": "2"}}
    session.call("echo", {}, text("hi") | {"_meta": meta})
    session.call("echo", {}, text("hi") | {"_meta": meta | {"own": 1}})
    answers = [call.answer.value for call in session.into(Offered()).calls]
    assert answers == [text("hi"), text("hi") | {"_meta": {"own": 1}}]


def test_a_large_result_is_known_by_its_digest() -> None:
    session = Session()
    for letter in "aab":
        session.call("echo", {}, text(letter * module.MAX_KEPT_BYTES))
    first, second, third = (call.answer for call in session.into(Offered()).calls)
    assert not first.is_whole and first.size_bytes > module.MAX_KEPT_BYTES
    assert first == second != third


def test_all_together_stay_small(monkeypatch: Any) -> None:
    monkeypatch.setattr(module, "MAX_TOTAL_BYTES", 2_000)
    monkeypatch.setattr(module, "MAX_CALLS", 50)
    session = Session()
    for number in range(60):
        session.call("echo", {"n": number}, text("x" * 100))
    found = session.into(Offered())
    assert sum(len(call.answer.text) + len(call.arguments.text) for call in found.calls) <= 2_000
    assert (len(found.calls), found.calls_left_out) == (50, 10)
    assert found.latencies["tools/call echo"].count == 60


def test_many_round_trips_are_thinned_out() -> None:
    samples = Samples()
    for number in range(100_000):
        samples.add(number % 1_000)
    assert samples.count == 100_000
    assert len(samples.values_ms) < module.MAX_SAMPLES
    assert abs((samples.percentile(50) or 0) - 500) < 20
    assert abs((samples.percentile(95) or 0) - 950) < 20


def test_percentiles_of_few() -> None:
    samples = Samples()
    assert samples.percentile(50) is None
    for value in (3, 1, 2):
        samples.add(value)
    assert [samples.percentile(p) for p in (1, 50, 95, 100)] == [1, 2, 3, 3]


def test_hostile_answers_do_no_harm() -> None:
    session = Session()
    results: list[Any] = [None, [], 1, "x", {"tools": {}}, {"tools": [None, {"name": 3}, {"name": "ok"}]}]
    for result in results:
        session.exchange("tools/list", [], result)
        session.exchange("initialize", {}, result)
        session.exchange("server/discover", {}, result)
    asked = session.request("tools/call", {}, name="x")
    session.answer(1, asked, raw=b"\xff{", framing=Framing.BODY, rtt_ms=1.0)
    session.ask(1, "tools/call", raw=b'{"params": NaN', id="1")
    session.ask(1, "tools/call", raw=b'{"params": {"a": 1e999, "b": "\\ud800"}}', id="2")
    found = session.into(Offered())
    assert list(found.items["tools"]) == ["ok"]
    assert [call.outcome for call in found.calls] == ["result", "unanswered", "unanswered"]


def test_a_recording_is_read_where_something_is_in_it(tmp_path: Path) -> None:
    session = Session()
    session.hello()
    session.exchange("tools/list", {}, {"tools": [tool("a")]})
    for _ in range(1_000):
        session.message(1, MessageType.NOTIFICATION, raw=b"{}", framing=Framing.BODY, method="notifications/x")
    session.call("a", {}, text("late"))
    path = tmp_path / "s.mcptrace"
    save_events(session.since(0), path)
    recording = open_recording(path)
    taken: list[int] = []
    read = recording.since
    recording.since = lambda n, limit: taken.append(n) or read(n, limit)  # type: ignore[method-assign, func-returns-value]
    found, whole = read_offered(recording), session.into(Offered())
    recording.close()
    assert (found.server, found.items, found.calls) == (whole.server, whole.items, whole.calls)
    assert len(taken) == 2
