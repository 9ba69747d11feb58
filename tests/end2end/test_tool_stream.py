"""Tool streams against a FastAPI service, and against servers that break the rules (R81 to R83)."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

import inspector
from inspector.protocol.auth.settings import AuthSettings
from inspector.protocol.peer import Progress
from inspector.record.streamed_text import StreamedText
from inspector.record.timeline import Timeline
from inspector.session.session import Session
from inspector.stats.latency import LatencyStats
from inspector.trace.events import CommentReceived, EndCause, Outcome, RequestSent
from tests.end2end.conftest import Program
from tests.end2end.river_check import check_river, ends, failures, states, steps, until, violations
from tests.end2end.servers.auth_server import AuthServer
from tests.end2end.servers.faults import JSON, Behaviour, Connection, FaultServer, Request, answering, block
from tests.end2end.servers.tool_stream_app import TEXT
from tests.end2end.test_oauth import Browser

PATH = "/api/v1/mcp/sse"
STARTED, COMPLETE = {"type": "started", "tool": "t"}, {"type": "complete"}


@pytest.fixture(scope="module")
def app() -> Any:
    """The service, once for all tests of this file."""
    import sys

    from tests.end2end.conftest import SERVERS, free_port

    program = Program([sys.executable, str(SERVERS / "tool_stream_app.py")], free_port())
    program.start()
    yield program
    program.kill()


def connect(url: str, **more: Any) -> Session:
    return inspector.connect(url, transport="tool-stream", **more)


def words(session: Session) -> list[str]:
    return [step.step for step in steps(session.river.since(0))]


def streaming(*events: Any, then: str = "end") -> Behaviour:
    """A path that answers each POST with these events."""

    async def stream(connection: Connection, request: Request) -> None:
        await connection.stream()
        for event in events:
            await connection.event(event)
        await getattr(connection, then)()

    return stream


async def call(server: FaultServer, behaviour: Behaviour, **more: Any) -> tuple[Session, inspector.Answer]:
    server.routes[PATH] = behaviour
    async with connect(server.url(PATH)) as session:
        answer = await session.call_tool("t", {"a": 1}, **more)
    check_river(session.river)
    return session, answer


async def test_a_run_from_start_to_end(app: Program) -> None:
    seen: list[Progress] = []
    data: list[tuple[str, Any]] = []
    async with connect(app.url(PATH)) as session:
        session.on_stream_data(lambda tool, value: data.append((tool, value)))
        answer = await session.call_tool("report", {"steps": 3}, on_progress=seen.append)
        await until(lambda: len(ends(session.river, "tools/call")) == 1)
    check_river(session.river)
    assert answer.ok and answer.sentence == ""
    assert answer.result == {"content": [], "structuredContent": {"steps": 3}}
    assert [(step.progress, step.total) for step in seen] == [(1, 3), (2, 3), (3, 3)]
    assert data == [("report", {"note": "almost"})]
    assert words(session) == ["call", "started", "progress", "progress", "progress", "progress", "complete"]
    assert violations(session.river) == []
    comments = [event for event in session.river.since(0) if isinstance(event, CommentReceived)]
    assert [comment.text.strip() for comment in comments] == ["heartbeat"] * 3
    assert [end.cause for end in ends(session.river, "tools/call")] == [EndCause.END_OF_STREAM]


async def test_the_latency_of_a_run_is_the_time_to_its_end(app: Program) -> None:
    async with connect(app.url(PATH)) as session:
        answer = await session.call_tool("report", {"steps": 5})
    latency, timeline = LatencyStats(), Timeline()
    latency.fold(session.river.since(0))
    timeline.fold(session.river.since(0))
    (row,) = latency.rows()
    assert (row.key, row.count, row.in_flight, row.errors) == ("tools/call report", 1, 0, 0)
    assert row.last_ms == answer.rtt_ms and answer.rtt_ms is not None and answer.rtt_ms > 50
    assert row.ttfe_p50_ms is not None and row.ttfe_p50_ms < answer.rtt_ms
    end = timeline.row_of(answer.answer_n or 0)
    begin = timeline.row_of(answer.request_n)
    assert begin is not None and end is not None and timeline.partner(begin) == end
    assert (timeline.label(end), timeline.name(end), timeline.kind_word(end)) == ("complete", "report", "response")
    assert timeline.latencies_ms[end] == answer.rtt_ms and timeline.sizes_bytes[end] > 0


async def test_an_error_is_the_answer(app: Program) -> None:
    async with connect(app.url(PATH)) as session:
        answer = await session.call_tool("fail")
    check_river(session.river)
    assert not answer.ok and answer.outcome is None and answer.result is None
    assert answer.error == {"message": "the disk is full"}
    assert answer.sentence == "The tool failed: the disk is full."


async def test_an_answer_in_one_piece(app: Program) -> None:
    async with connect(app.url(PATH)) as session:
        answer = await session.call_tool("add", {"a": 1, "b": 2})
    check_river(session.river)
    assert answer.ok and answer.result["structuredContent"] == {"sum": 3}
    assert words(session) == ["call", "result"]
    assert answer.rtt_ms is not None


async def test_text_is_put_together_live(app: Program) -> None:
    text, by_path = StreamedText(), StreamedText("$.choices[0].delta.content")
    live = ""
    async with connect(app.url(PATH)) as session:
        writing = asyncio.get_running_loop().create_task(session.call_tool("write"))
        seen = 0
        while not (writing.done() and seen == len(session.river)):
            fresh = session.river.since(seen)
            seen += len(fresh)
            text.fold(fresh)
            by_path.fold(fresh)
            live += text.take()
            await asyncio.sleep(0)
    check_river(session.river)
    answer = writing.result()
    assert live == text.text == by_path.text == TEXT + " "
    assert text.is_done and answer.result["content"] == [{"type": "text", "text": TEXT + " "}]
    assert violations(session.river) == []


def noticed(app: Program) -> list[str]:
    with urllib.request.urlopen(app.url("/noticed"), timeout=5) as answer:  # noqa: S310 - it is our own server
        found: list[str] = json.loads(answer.read())
    return found


async def test_cancelling_closes_the_stream_and_the_server_stops(app: Program) -> None:
    before = len(noticed(app))
    async with connect(app.url(PATH)) as session:
        calling = asyncio.get_running_loop().create_task(session.call_tool("slow"))
        await until(lambda: "started" in words(session))
        calling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await calling
        await until(lambda: len(ends(session.river, "tools/call")) == 1)
        gone = await asyncio.to_thread(noticed, app)
        for _ in range(100):
            if len(gone) > before:
                break
            await asyncio.sleep(0.05)
            gone = await asyncio.to_thread(noticed, app)
    check_river(session.river)
    assert len(gone) == before + 1
    assert [end.cause for end in ends(session.river, "tools/call")] == [EndCause.CANCELLED_BY_US]
    assert [failure.outcome for failure in failures(session.river)] == [Outcome.CANCELLED]
    posts = [event for event in session.river.since(0) if isinstance(event, RequestSent) and event.method == "POST"]
    assert len(posts) == 1, "a tool stream knows no notification of the cancellation"


async def test_the_time_limit_starts_anew_with_each_step(server: FaultServer) -> None:
    async def run(connection: Connection, request: Request) -> None:
        await connection.stream()
        await connection.event(STARTED)
        for number in range(5):
            await asyncio.sleep(0.35)
            await connection.event({"type": "progress", "data": f"step {number}"})
        await connection.event(COMPLETE)
        await connection.end()

    _, patient = await call(server, run, timeout_s=1.4)
    assert patient.ok
    session, answer = await call(server, streaming(STARTED, then="hang"), timeout_s=0.3)
    assert answer.outcome is Outcome.TIMED_OUT
    assert [end.cause for end in ends(session.river, "tools/call")] == [EndCause.TIMED_OUT_BY_US]


async def test_the_manifest_names_the_tools(app: Program) -> None:
    async with connect(app.url("/")) as session:
        tools = await session.list_tools()
        assert session.manifest is not None
        assert (session.manifest.name, session.manifest.heartbeat_s, session.manifest.timeout_s) == ("reports", 15, 120)
        assert [tool["name"] for tool in tools.result["tools"]] == ["report", "fail", "add", "write", "slow"]
        schema = tools.result["tools"][0]["inputSchema"]
        assert schema == {"type": "object", "properties": {"steps": {"type": "integer"}}, "required": ["steps"]}
        assert (await session.call_tool("add", {"a": 1, "b": 1})).ok
    check_river(session.river)
    assert f"names 5 tools; calls go to {app.url(PATH)}." in states(session.river)[-2].reason


async def test_a_manifest_is_an_address_too(app: Program) -> None:
    async with connect(app.url("/mcp.json")) as session:
        assert (await session.call_tool("add", {"a": 1, "b": 1})).ok
    check_river(session.river)


async def test_without_a_manifest_a_tool_is_called_by_its_name(run: Callable[..., Program]) -> None:
    program = run("tool_stream_app.py", "--bare")
    async with connect(program.url("")) as session:
        assert session.manifest is None
        assert (await session.list_tools()).result == {"tools": []}
        assert (await session.call_tool("report", {"steps": 1})).ok
        refused = await session.call_tool("nothing")
        invalid = await session.request("tools/call", {"name": "add", "arguments": ["no object"]})
    check_river(session.river)
    assert refused.outcome is Outcome.REFUSED and "there is no tool nothing" in refused.sentence
    assert invalid.outcome is Outcome.REFUSED and "(422)" in invalid.sentence and "body.params" in invalid.sentence
    assert "There is no manifest" in next(s.reason for s in states(session.river) if s.state == "open")


async def test_what_a_tool_stream_does_not_know_is_said(app: Program) -> None:
    async with connect(app.url(PATH)) as session:
        answer = await session.list_resources()
        assert (answer.outcome, answer.sentence) == (Outcome.REFUSED, "A tool stream knows no resources/list.")
    check_river(session.river)


@pytest.mark.parametrize("then", ["end", "cut", "reset"])
async def test_a_stream_that_ends_before_its_run_is_lost(server: FaultServer, then: str) -> None:
    session, answer = await call(server, streaming(STARTED, {"type": "progress"}, then=then))
    assert answer.outcome is Outcome.LOST
    assert "after 2 steps, without complete or error" in answer.sentence
    assert violations(session.river) == ["tool-stream-no-end"]
    assert [failure.outcome for failure in failures(session.river)] == [Outcome.LOST]
    assert len([request for request in server.seen if request.method == "POST"]) == 1, "a run is never repeated"


async def test_a_block_cut_in_the_middle(server: FaultServer) -> None:
    async def cut(connection: Connection, request: Request) -> None:
        await connection.stream()
        await connection.chunk(block(json.dumps(STARTED).encode()) + b'data: {"type": "compl')
        await connection.end()

    session, answer = await call(server, cut)
    assert answer.outcome is Outcome.LOST
    assert ends(session.river, "tools/call")[0].cause is EndCause.CUT_MID_EVENT


@pytest.mark.parametrize(
    ("behaviour", "outcome", "words"),
    [
        (answering(200, "text/html", b"<!doctype html>"), Outcome.REFUSED, "web page"),
        (answering(422, JSON, b'{"detail":[{"loc":["body"],"msg":"bad"}]}'), Outcome.REFUSED, "says: body: bad."),
        (answering(404, JSON, b'{"detail":"Not Found"}'), Outcome.REFUSED, "It says: Not Found."),
        (answering(401, None, b"", ("www-authenticate", "Bearer")), Outcome.REFUSED, "credentials"),
        (answering(202), Outcome.REFUSED, "answers with nothing"),
        (answering(200, JSON, b'{"sum": '), Outcome.LOST, "no answer"),
        (answering(200, JSON, b""), Outcome.LOST, "no answer"),
    ],
)  # fmt: skip
async def test_bad_answers(server: FaultServer, behaviour: Behaviour, outcome: Outcome, words: str) -> None:
    _, answer = await call(server, behaviour)
    assert answer.outcome is outcome and words in answer.sentence
    assert answer.sentence.endswith(".")


async def test_json_of_all_kinds(server: FaultServer) -> None:
    body = b'{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"Invalid Request"}}'
    session, answer = await call(server, answering(200, JSON, body))
    assert answer.error == {"message": "Invalid Request", "code": -32600, "data": json.loads(body)["error"]}
    assert violations(session.river) == ["tool-stream-json-rpc"]


async def test_steps_out_of_order_are_told_and_the_run_counts(app: Program) -> None:
    async with connect(app.url(PATH)) as session:
        answer = await session.call_tool("unordered")
        await until(lambda: len(ends(session.river, "tools/call")) == 1)
    check_river(session.river)
    assert answer.ok
    assert violations(session.river) == ["tool-stream-not-started", "tool-stream-after-end", "tool-stream-ended-twice"]


async def test_runs_at_the_same_time_do_not_mix(app: Program) -> None:
    async with connect(app.url(PATH)) as session:
        answers = await asyncio.gather(*(session.call_tool("report", {"steps": count}) for count in range(1, 9)))
    check_river(session.river)
    assert [answer.result["structuredContent"]["steps"] for answer in answers] == list(range(1, 9))


async def test_nobody_there_is_no_connection() -> None:
    with pytest.raises(inspector.ConnectError, match="refused"):
        await connect("http://127.0.0.1:9/api/v1/mcp/sse").__aenter__()


async def test_a_json_address_without_a_manifest_is_no_connection(server: FaultServer) -> None:
    server.routes["/my.json"] = answering(200, JSON, b"{broken")
    with pytest.raises(inspector.ConnectError, match=r"my\.json is no manifest"):
        await connect(server.url("/my.json")).__aenter__()


async def test_a_manifest_of_the_users_that_cannot_be_used_is_told(server: FaultServer) -> None:
    server.routes[PATH] = streaming(STARTED, COMPLETE)
    async with connect(server.url(PATH), manifest_url=server.url("/none.json")) as session:
        assert (await session.call_tool("t")).ok
    check_river(session.river)
    assert violations(session.river) == ["manifest-unreadable"]


async def test_a_manifest_leads_nowhere_else(server: FaultServer) -> None:
    value = {"endpoint": "http://elsewhere.example/sse", "tools": ["t"]}
    server.routes["/mcp.json"] = answering(200, JSON, json.dumps(value).encode())
    server.routes[PATH] = streaming(STARTED, COMPLETE)
    async with connect(server.url("/")) as session:
        assert (await session.call_tool("t")).ok
    assert violations(session.river) == ["manifest-unclear"]


async def test_leaving_in_the_middle_of_a_run_loses_it(app: Program) -> None:
    async with connect(app.url(PATH)) as session:
        calling = asyncio.get_running_loop().create_task(session.call_tool("slow"))
        await until(lambda: "started" in words(session))
    assert (await calling).outcome is Outcome.LOST
    check_river(session.river)


async def test_a_sign_in_comes_before_the_run_and_the_call_is_one(server: FaultServer) -> None:
    async with FaultServer() as authority:
        guard = AuthServer(authority, server, streaming(STARTED, COMPLETE))
        options: dict[str, Any] = {"auth": AuthSettings(), "authorize": Browser()}
        async with connect(server.url("/mcp"), **options) as session:
            answer = await session.call_tool("t")
            await until(lambda: len(ends(session.river, "tools/call")) == 2)
        assert guard.asked[-1] == "authorization_code"
    check_river(session.river)
    assert answer.ok and words(session) == ["call", "call", "started", "complete"]
    latency = LatencyStats()
    latency.fold(session.river.since(0))
    assert [(row.count, row.in_flight) for row in latency.rows()] == [(1, 0)]
