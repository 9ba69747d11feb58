"""Requests on their way: time limits, progress, cancelling, pages, sessions, and what the server asks of us."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

import inspector
from inspector.protocol.jsonrpc import MessageType
from inspector.trace.events import Direction, Message, Outcome
from inspector.trace.river import River
from tests.end2end.conftest import streamable
from tests.end2end.river_check import check_river, failures, messages, states, until, violations
from tests.end2end.servers.faults import (
    JSON,
    Behaviour,
    Connection,
    FaultServer,
    HttpSseMcp,
    Json,
    MethodBehaviour,
    Request,
    StreamableMcp,
    block,
    result_of,
    text_of,
)


def progress(message: Json, step: float, total: float | None = None) -> Json:
    params: Json = {"progressToken": message["params"]["_meta"]["progressToken"], "progress": step}
    return {
        "jsonrpc": "2.0",
        "method": "notifications/progress",
        "params": params | ({"total": total} if total else {}),
    }


def stepping(steps: int, pause_s: float) -> MethodBehaviour:
    """Progress every `pause_s`, then the answer."""

    async def step(connection: Connection, request: Request, message: Json) -> None:
        await connection.stream()
        for number in range(1, steps + 1):
            await asyncio.sleep(pause_s)
            await connection.event(progress(message, number, steps))
        await connection.event(text_of(message))
        await connection.end()

    return step


def ending(limit: asyncio.Timeout) -> MethodBehaviour:
    """No answer; the time is up 0.1 s after the request has come."""

    async def hang(connection: Connection, request: Request, message: Json) -> None:
        limit.reschedule(asyncio.get_running_loop().time() + 0.1)
        await connection.hang()

    return hang


async def test_progress_starts_the_time_limit_anew(server: FaultServer, mcp: StreamableMcp) -> None:
    mcp.on["tools/call"] = stepping(5, 0.35)
    steps: list[tuple[float, float | None]] = []
    async with streamable(server.url()) as session:
        patient = await session.call_tool(
            "x", timeout_s=1.4, on_progress=lambda step: steps.append((step.progress, step.total))
        )
        assert patient.ok and patient.events == 5
    check_river(session.river)
    assert steps == [(number, 5) for number in range(1, 6)]
    assert violations(session.river) == []


async def test_without_that_option_it_does_not(server: FaultServer, mcp: StreamableMcp) -> None:
    mcp.on["tools/call"] = stepping(5, 0.3)
    async with streamable(server.url(), reset_on_progress=False) as session:
        answer = await session.call_tool("x", timeout_s=0.8)
        assert answer.outcome is Outcome.TIMED_OUT
    check_river(session.river)


async def test_the_hard_maximum_holds_in_spite_of_progress(server: FaultServer, mcp: StreamableMcp) -> None:
    mcp.on["tools/call"] = stepping(40, 0.05)
    async with streamable(server.url(), max_total_s=1.2) as session:
        answer = await session.call_tool("x", timeout_s=1.0)
        assert answer.outcome is Outcome.TIMED_OUT and "our own time limit" in answer.sentence
        assert 3 <= answer.events < 40
    check_river(session.river)


async def test_a_late_answer_is_shown_and_the_server_was_told(server: FaultServer, mcp: StreamableMcp) -> None:
    mcp.on["tools/call"] = stepping(1, 0.7)
    async with streamable(server.url()) as session:
        answer = await session.call_tool("x", timeout_s=0.2)
        assert answer.outcome is Outcome.TIMED_OUT
        await until(lambda: "late-response" in violations(session.river))
        assert (await session.ping()).ok
    check_river(session.river)
    assert violations(session.river) == ["progress-after-response", "late-response"]
    told = next(request.message for request in server.seen if b"notifications/cancelled" in request.body)
    request = session.river[answer.request_n]
    assert isinstance(request, Message) and told["params"]["requestId"] == request.id
    late = [m for m in messages(session.river.since(0), Direction.INBOUND) if m.request_n == answer.request_n]
    assert late[-1].message_type is MessageType.RESPONSE and late[-1].rtt_ms is None


async def test_cancelling_the_caller_cancels_on_the_wire(server: FaultServer, mcp: StreamableMcp) -> None:
    async with streamable(server.url()) as session:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(None) as limit:
                mcp.on["tools/call"] = ending(limit)
                await session.call_tool("x")
    check_river(session.river)
    assert [(failed.outcome, failed.name) for failed in failures(session.river)] == [(Outcome.CANCELLED, "x")]
    assert server.methods()[-1] == "notifications/cancelled"
    assert server.seen[-1].method == "DELETE"


async def test_what_is_cancelled_before_it_left_does_not_leave(server: FaultServer, mcp: StreamableMcp) -> None:
    async with streamable(server.url()) as session, asyncio.TaskGroup() as group:
        task = group.create_task(session.call_tool("x"))
        await asyncio.sleep(0)
        task.cancel()
    check_river(session.river)
    assert "tools/call" not in server.methods()


async def test_initialize_is_never_cancelled_on_the_wire(server: FaultServer, mcp: StreamableMcp) -> None:
    river = inspector.River()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(None) as limit:
            mcp.on["initialize"] = ending(limit)
            async with streamable(server.url(), river=river):
                pass
    check_river(river)
    assert server.methods() == ["initialize"]


async def test_a_listener_that_fails_harms_nobody(
    server: FaultServer, mcp: StreamableMcp, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("the user's own bug")

    mcp.on["tools/call"] = stepping(2, 0.01)
    async with streamable(server.url()) as session:
        session.on_notification(fail)
        assert (await session.call_tool("x", on_progress=fail)).ok
    check_river(session.river)
    assert "listener for the progress of tools/call x failed" in caplog.text


async def test_a_listener_that_fails_at_a_log_entry_hears_the_next(
    server: FaultServer, mcp: StreamableMcp, caplog: pytest.LogCaptureFixture
) -> None:
    entries = [{"jsonrpc": "2.0", "method": "notifications/message", "params": {"data": n}} for n in range(3)]
    together = b"".join(block(json.dumps(entry).encode()) for entry in entries)

    async def log(connection: Connection, request: Request, message: Json) -> None:
        await connection.stream()
        await connection.chunk(together + block(json.dumps(text_of(message)).encode()))
        await connection.end()

    heard: list[Any] = []

    def fail_once(method: str, params: Any) -> None:
        heard.append((method, params))
        if params["data"] == 1:
            raise RuntimeError("the user's own bug")

    mcp.on["tools/call"] = log
    async with streamable(server.url()) as session:
        session.on_notification(fail_once)
        assert (await session.call_tool("x")).ok
    assert heard == [("notifications/message", {"data": n}) for n in range(3)]
    assert "listener for notifications failed on notifications/message" in caplog.text


def paging(cursors: dict[str | None, str | None]) -> MethodBehaviour:
    """One tool a page, named after the cursor that asked for it."""

    async def page(connection: Connection, request: Request, message: Json) -> None:
        cursor = (message.get("params") or {}).get("cursor")
        result: Json = {"tools": [{"name": f"tool {cursor}", "inputSchema": {}}]}
        if cursors[cursor] is not None:
            result["nextCursor"] = cursors[cursor]
        await connection.answer(200, JSON, json.dumps(result_of(message, result)).encode())

    return page


async def test_pages_also_with_an_empty_cursor(server: FaultServer, mcp: StreamableMcp) -> None:
    mcp.on["tools/list"] = paging({None: "a", "a": "", "": None})
    async with streamable(server.url()) as session:
        tools = (await session.list_tools()).result["tools"]
    check_river(session.river)
    assert [tool["name"] for tool in tools] == ["tool None", "tool a", "tool "]
    assert violations(session.river) == []


async def test_a_cursor_that_comes_back_ends_the_pages(server: FaultServer, mcp: StreamableMcp) -> None:
    mcp.on["tools/list"] = paging({None: "a", "a": "b", "b": "a"})
    async with streamable(server.url()) as session:
        tools = (await session.list_tools()).result["tools"]
        assert (await session.call_tool("x")).ok
    check_river(session.river)
    assert len(tools) == 3 and violations(session.river) == ["pagination-loop"]


async def test_a_cursor_that_is_no_longer_taken_leads_back_to_the_first_page(
    server: FaultServer, mcp: StreamableMcp
) -> None:
    good, asked = paging({None: "a", "a": None}), 0

    async def page(connection: Connection, request: Request, message: Json) -> None:
        nonlocal asked
        asked += 1
        if asked == 2:
            refusal = {"code": -32602, "message": "unknown cursor"}
            body = json.dumps({"jsonrpc": "2.0", "id": message["id"], "error": refusal})
            await connection.answer(200, JSON, body.encode())
        else:
            await good(connection, request, message)

    mcp.on["tools/list"] = page
    async with streamable(server.url()) as session:
        tools = (await session.list_tools()).result["tools"]
    check_river(session.river)
    assert [tool["name"] for tool in tools] == ["tool None", "tool a"]
    assert asked == 4


async def test_the_session_is_ended_with_delete(server: FaultServer, mcp: StreamableMcp) -> None:
    async with streamable(server.url()) as session:
        assert mcp.sessions == ["session-number-1"]
    check_river(session.river)
    assert mcp.sessions == [] and server.seen[-1].method == "DELETE"


async def test_without_a_session_id_there_is_nothing_to_end(server: FaultServer, mcp: StreamableMcp) -> None:
    mcp.with_sessions = False
    async with streamable(server.url()) as session:
        assert (await session.call_tool("x")).ok
    check_river(session.river)
    assert "DELETE" not in [request.method for request in server.seen]
    assert all("mcp-session-id" not in request.headers for request in server.seen)


async def test_a_forgotten_session_is_begun_anew_and_the_request_sent_again(
    server: FaultServer, mcp: StreamableMcp
) -> None:
    async with streamable(server.url()) as session:
        assert (await session.call_tool("before")).ok
        mcp.sessions.clear()
        answers = await asyncio.gather(*(session.call_tool(f"after {number}") for number in range(5)))
        assert all(answer.ok for answer in answers)
        assert mcp.begun == 2, "five calls at once begin one new session, not five"
    check_river(session.river)
    again = [request for request in server.seen if b'"initialize"' in request.body][1]
    assert "mcp-session-id" not in again.headers and "mcp-protocol-version" not in again.headers
    assert {state.state for state in states(session.river)} <= {"connecting", "waiting for headers", "open", "closed"}


def refusing_sessions(mcp: StreamableMcp) -> Behaviour:
    """The server, but for answering 400 with a JSON-RPC error to sessions that it does not know."""

    async def serve(connection: Connection, request: Request) -> None:
        session = request.headers.get("mcp-session-id")
        if session is None or session in mcp.sessions:
            await mcp(connection, request)
        else:
            error = {"code": -32000, "message": "Bad Request: No valid session ID provided"}
            await connection.answer(400, JSON, json.dumps({"jsonrpc": "2.0", "error": error}).encode())

    return serve


async def test_a_400_that_speaks_of_the_session_leads_to_a_new_one_too(server: FaultServer, mcp: StreamableMcp) -> None:
    server.routes["/mcp"] = refusing_sessions(mcp)
    async with streamable(server.url()) as session:
        mcp.sessions.clear()
        assert (await session.call_tool("x")).ok
        assert mcp.begun == 2
    check_river(session.river)
    assert violations(session.river) == []


async def test_a_400_that_speaks_of_the_session_again_is_the_answer(server: FaultServer, mcp: StreamableMcp) -> None:
    server.routes["/mcp"] = refusing_sessions(mcp)

    async def refuse(connection: Connection, request: Request, message: Json) -> None:
        error = {"code": -32000, "message": "not in this session"}
        body = {"jsonrpc": "2.0", "id": message["id"], "error": error}
        await connection.answer(400, JSON, json.dumps(body).encode())

    mcp.on["tools/call"] = refuse
    async with streamable(server.url()) as session:
        answer = await session.call_tool("x")
        assert answer.error["message"] == "not in this session"
        assert mcp.begun == 2
    check_river(session.river)


async def test_with_that_switched_off_it_is_only_reported(server: FaultServer, mcp: StreamableMcp) -> None:
    async with streamable(server.url(), reinitialize_on_404=False) as session:
        mcp.sessions.clear()
        answer = await session.call_tool("x")
        assert answer.outcome is Outcome.LOST and "no longer knows this session" in answer.sentence
        assert mcp.begun == 1
    check_river(session.river)


async def test_a_session_that_cannot_be_begun_anew(server: FaultServer, mcp: StreamableMcp) -> None:
    async def refuse(connection: Connection, request: Request, message: Json) -> None:
        await connection.answer(403)

    async with streamable(server.url()) as session:
        mcp.sessions.clear()
        mcp.on["initialize"] = refuse
        assert not (await session.call_tool("x")).ok
        async with asyncio.timeout(5):
            await session.closed()
        refused = await session.call_tool("y")
        assert not refused.ok and refused.sentence
    check_river(session.river)
    last = states(session.river)[-1]
    assert "no new one began" in last.reason and "403" in last.reason


async def asked_on_a_call(server: FaultServer, mcp: StreamableMcp, asks: list[Json], **callbacks: Any) -> list[Json]:
    """Let the server ask these things on the stream of a call; what we answered, by the order of asking."""
    answers: dict[Any, Json] = {}
    all_here = asyncio.Event()

    async def ask(connection: Connection, request: Request, message: Json) -> None:
        await connection.stream()
        for number, question in enumerate(asks):
            await connection.event({"jsonrpc": "2.0", "id": f"q{number}", **question})
        async with asyncio.timeout(5):
            await all_here.wait()
        await connection.event(text_of(message))
        await connection.end()

    async def take(connection: Connection, request: Request, message: Json) -> None:
        answers[message["id"]] = message
        if len(answers) == len(asks):
            all_here.set()
        await connection.answer(202)

    mcp.on |= {"tools/call": ask, "": take}
    async with streamable(server.url(), **callbacks) as session:
        assert (await session.call_tool("x")).ok
    check_river(session.river)
    replies = [
        event
        for event in session.river.since(0)
        if isinstance(event, Message) and event.direction is Direction.OUTBOUND and event.id in answers
    ]
    asked = [session.river[reply.request_n if reply.request_n is not None else -1] for reply in replies]
    assert len(replies) == len(asks)
    for reply, question in zip(replies, asked, strict=True):
        assert isinstance(question, Message) and question.direction is Direction.INBOUND
        assert (reply.id, reply.method) == (question.id, question.method)
        assert reply.rtt_ms is not None and reply.rtt_ms > 0
    return [answers[f"q{number}"] for number in range(len(asks))]


ASKS: list[Json] = [
    {"method": "ping"},
    {"method": "roots/list"},
    {"method": "sampling/createMessage", "params": {"messages": []}},
    {"method": "elicitation/create", "params": {"message": "?", "requestedSchema": {}}},
    {"method": "elicitation/create", "params": {"mode": "telepathy"}},
    {"method": "no/such"},
]


async def test_the_servers_questions_without_anybody_to_ask(server: FaultServer, mcp: StreamableMcp) -> None:
    answers = await asked_on_a_call(server, mcp, ASKS)
    assert answers[0]["result"] == {}
    assert [answer["error"]["code"] for answer in answers[1:]] == [-32601] * 5
    assert server.seen[0].message["params"]["capabilities"] == {}


async def test_the_servers_questions_with_callbacks(server: FaultServer, mcp: StreamableMcp) -> None:
    async def roots(params: Json) -> Json:
        return {"roots": [{"uri": "file:///x"}]}

    async def sample(params: Json) -> Json:
        raise RuntimeError("no model")

    async def elicit(params: Json) -> Json:
        return {"action": "decline"}

    answers = await asked_on_a_call(server, mcp, ASKS, roots=roots, sampling=sample, elicitation=elicit)
    assert [answer.get("result") for answer in answers[:2]] == [{}, {"roots": [{"uri": "file:///x"}]}]
    assert answers[2]["error"] == {"code": -32603, "message": "RuntimeError: no model"}
    assert answers[3]["result"] == {"action": "decline"}
    assert [answer["error"]["code"] for answer in answers[4:]] == [-32602, -32601]
    assert server.seen[0].message["params"]["capabilities"] == {
        "roots": {"listChanged": True},
        "sampling": {"tools": {}, "context": {}},
        "elicitation": {"form": {}, "url": {}},
    }


async def test_a_callback_whose_result_is_no_json(server: FaultServer, mcp: StreamableMcp) -> None:
    async def roots(params: Json) -> Json:
        return {"roots": object()}

    answers = await asked_on_a_call(server, mcp, [{"method": "roots/list"}], roots=roots)
    assert answers[0]["error"]["code"] == -32603


async def test_the_server_takes_its_question_back(server: FaultServer, mcp: StreamableMcp) -> None:
    was_stopped = asyncio.Event()

    async def wait_long(params: Json) -> Json:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            was_stopped.set()
            raise
        return {}

    async def ask(connection: Connection, request: Request, message: Json) -> None:
        await connection.stream()
        await connection.event({"jsonrpc": "2.0", "id": 7, "method": "roots/list"})
        await asyncio.sleep(0.1)
        await connection.event({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 7}})
        await connection.event(text_of(message))
        await connection.end()

    mcp.on["tools/call"] = ask
    async with streamable(server.url(), roots=wait_long) as session:
        assert (await session.call_tool("x")).ok
        async with asyncio.timeout(5):
            await was_stopped.wait()
    check_river(session.river)
    assert "(answer)" not in server.methods()


async def test_a_question_ends_with_the_call_that_brought_it(server: FaultServer, mcp: StreamableMcp) -> None:
    was_asked, was_stopped = asyncio.Event(), asyncio.Event()

    async def wait_long(params: Json) -> Json:
        was_asked.set()
        try:
            await asyncio.sleep(60)
        finally:
            was_stopped.set()
        return {}

    async def ask(connection: Connection, request: Request, message: Json) -> None:
        await connection.stream()
        await connection.event({"jsonrpc": "2.0", "id": 7, "method": "roots/list"})
        await connection.hang()

    mcp.on["tools/call"] = ask
    async with streamable(server.url(), roots=wait_long) as session, asyncio.TaskGroup() as group:
        call = group.create_task(session.call_tool("x"))
        await was_asked.wait()
        call.cancel()
        async with asyncio.timeout(5):
            await was_stopped.wait()
        await until(lambda: "notifications/cancelled" in server.methods())
    check_river(session.river)
    assert "(answer)" not in server.methods()


async def test_notifications_on_the_standalone_stream(server: FaultServer, mcp: StreamableMcp) -> None:
    changed = {"jsonrpc": "2.0", "method": "notifications/tools/list_changed"}

    async def listen(connection: Connection, request: Request) -> None:
        await connection.stream()
        await connection.event(changed)
        await connection.event({"jsonrpc": "2.0", "id": 1, "method": "ping"})
        await connection.hang()

    mcp.listen = listen
    heard: list[tuple[str, Any]] = []
    async with streamable(server.url()) as session:
        session.on_notification(lambda method, params: heard.append((method, params)))
        await until(lambda: "(answer)" in server.methods())
        assert (await session.set_log_level("debug")).ok
    check_river(session.river)
    assert heard == [("notifications/tools/list_changed", None)]
    assert next(request for request in server.seen if b'"result"' in request.body).message["id"] == 1
    level = next(request.message for request in server.seen if b"setLevel" in request.body)
    assert level["params"] == {"level": "debug"}
    assert violations(session.river) == []


async def test_the_same_over_http_sse(server: FaultServer) -> None:
    old = HttpSseMcp()
    server.routes |= {"/sse": old.stream, "/messages": old.post}
    heard: list[str] = []

    async def call(stream: Connection, message: Json) -> None:
        await stream.event({"jsonrpc": "2.0", "id": "p", "method": "ping"})
        await stream.event({"jsonrpc": "2.0", "method": "notifications/resources/updated", "params": {"uri": "x:y"}})
        await stream.event(progress(message, 1))
        await stream.event(text_of(message))

    old.on["tools/call"] = call
    async with inspector.connect(server.url("/sse")) as session:
        session.on_notification(lambda method, params: heard.append(f"{method} {params}"))
        answer = await session.call_tool("x")
        assert answer.ok and answer.events >= 1
        slow = session.request("slow/one", timeout_s=0.3)
        old.on["slow/one"] = lambda stream, message: asyncio.sleep(0)
        assert (await slow).outcome is Outcome.TIMED_OUT
    check_river(session.river)
    assert heard == ["notifications/resources/updated {'uri': 'x:y'}"]
    assert {"(answer)", "notifications/cancelled"} <= set(server.methods())
    assert "DELETE" not in [request.method for request in server.seen]


async def test_a_request_after_the_end_says_so(server: FaultServer, mcp: StreamableMcp) -> None:
    river = River()
    async with streamable(server.url(), river=river) as session:
        pass
    answer = await session.call_tool("x")
    assert answer.outcome is Outcome.REFUSED and "there is no connection" in answer.sentence
    await session.notify("notifications/roots/list_changed")
    check_river(river)


async def test_events_end_with_the_session(server: FaultServer, mcp: StreamableMcp) -> None:
    async with streamable(server.url()) as session:
        following = session.events()
    async with asyncio.timeout(5):
        kinds = [event.kind async for event in following]
    assert kinds[0] == kinds[-1] == "state"
