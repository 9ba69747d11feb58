"""Streams that end and servers that die: resumed, reopened, noticed, and told."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

import inspector
from inspector.trace.events import ConnectionState, EndCause, Outcome, RequestSent
from inspector.trace.river import River
from tests.end2end.conftest import streamable
from tests.end2end.river_check import check_river, ends, failures, states, until, violations
from tests.end2end.servers.faults import (
    JSON,
    Connection,
    FaultServer,
    HttpSseMcp,
    Json,
    Request,
    StreamableMcp,
    answering,
    block,
    text_of,
)


async def hold(connection: Connection, request: Request) -> None:
    """A stream that stays open and says nothing."""
    await connection.stream()
    await connection.hang()


async def never_answer(connection: Connection, request: Request, message: Json) -> None:
    await connection.stream()
    await connection.chunk(b": working\n\n")
    await connection.hang()


class Resumable:
    """A call whose stream ends behind a priming event; the answer comes on the GET that resumes it."""

    def __init__(self, how: str, retry_ms: int | None = 500, polls: int = 1) -> None:
        self.how = how
        self.retry_ms = retry_ms
        self.polls = polls
        self.message: Json = {}
        self.ended_at = 0.0
        self.resumed: list[tuple[str, float]] = []

    async def call(self, connection: Connection, request: Request, message: Json) -> None:
        self.message = message
        await connection.stream()
        await connection.chunk(block(b"", "e-0", self.retry_ms))
        self.ended_at = asyncio.get_running_loop().time()
        await getattr(connection, self.how)()

    async def listen(self, connection: Connection, request: Request) -> None:
        last_id = request.headers.get("last-event-id")
        if last_id is None:
            await connection.answer(405)
            return
        self.resumed.append((last_id, request.at - self.ended_at))
        await connection.stream()
        if len(self.resumed) < self.polls:
            await connection.chunk(block(b"", f"e-{len(self.resumed)}"))
        else:
            await connection.event(text_of(self.message), "e-last")
        self.ended_at = asyncio.get_running_loop().time()
        await connection.end()


@pytest.mark.parametrize("how", ["end", "cut", "reset"])
async def test_a_call_is_resumed_after_exactly_what_the_server_asked(
    server: FaultServer, mcp: StreamableMcp, how: str
) -> None:
    stream = Resumable(how)
    mcp.on["tools/call"], mcp.listen = stream.call, stream.listen
    async with streamable(server.url()) as session:
        assert (await session.call_tool("x")).ok
    check_river(session.river)
    assert [last_id for last_id, _ in stream.resumed] == ["e-0"]
    assert 0.450 <= stream.resumed[0][1] < 5.0
    pause = next(state for state in states(session.river) if state.delay_ms is not None)
    assert (pause.state, pause.delay_ms, pause.asked_ms, pause.last_event_id) == ("open", 500, 500, "e-0")


async def test_polling_as_the_server_asks_is_no_storm(server: FaultServer, mcp: StreamableMcp) -> None:
    """2025-11-25: each graceful end is a poll; `retry` holds every time, also the twelfth."""
    stream = Resumable("end", 250, polls=12)
    mcp.on["tools/call"], mcp.listen = stream.call, stream.listen
    async with streamable(server.url()) as session:
        assert (await session.call_tool("x")).ok
    check_river(session.river)
    assert [last_id for last_id, _ in stream.resumed] == [f"e-{number}" for number in range(12)]
    assert all(0.240 <= pause < 5.0 for _, pause in stream.resumed)
    assert [state.delay_ms for state in states(session.river) if state.delay_ms is not None] == [250] * 12
    assert violations(session.river) == []


@pytest.mark.parametrize("status", [405, 400, 404, 200])
async def test_a_call_that_cannot_be_resumed_is_lost(server: FaultServer, mcp: StreamableMcp, status: int) -> None:
    stream = Resumable("end", 20)
    mcp.on["tools/call"], mcp.listen = stream.call, answering(status, JSON, b"{}")
    async with streamable(server.url()) as session:
        answer = await session.call_tool("x")
        assert answer.outcome is Outcome.LOST and answer.sentence
        assert (await session.list_tools()).ok
    check_river(session.river)


async def test_the_answer_of_another_call_on_a_resumed_stream_is_taken(server: FaultServer, mcp: StreamableMcp) -> None:
    stream = Resumable("end", 10)

    async def listen(connection: Connection, request: Request) -> None:
        if "last-event-id" not in request.headers:
            await connection.answer(405)
            return
        await connection.stream()
        await connection.event({"jsonrpc": "2.0", "id": 4711, "result": {}})
        await connection.event(text_of(stream.message))
        await connection.end()

    mcp.on["tools/call"], mcp.listen = stream.call, listen
    async with streamable(server.url()) as session:
        assert (await session.call_tool("x")).ok
    check_river(session.river)
    assert "response-id-unknown" in violations(session.river)


@pytest.mark.parametrize("how", ["end", "cut"])
async def test_the_notification_stream_is_reopened_where_it_ended(
    server: FaultServer, mcp: StreamableMcp, how: str
) -> None:
    numbers = itertools.count(1)

    async def listen(connection: Connection, request: Request) -> None:
        number = next(numbers)
        await connection.stream()
        await connection.event({"jsonrpc": "2.0", "method": f"notifications/n{number}"}, f"id-{number}", 100)
        if number < 3:
            await getattr(connection, how)()
        else:
            await connection.hang()

    mcp.listen = listen
    heard: list[str] = []
    async with streamable(server.url()) as session:
        session.on_notification(lambda method, params: heard.append(method))
        await until(lambda: len(heard) == 3)
        assert session.state is ConnectionState.OPEN
        assert (await session.call_tool("x")).ok
    check_river(session.river)
    assert [request.headers.get("last-event-id") for request in server.gets()] == [None, "id-1", "id-2"]
    pauses = [state for state in states(session.river) if state.delay_ms is not None]
    assert [(pause.delay_ms, pause.last_event_id) for pause in pauses] == [(100, "id-1"), (100, "id-2")]


async def test_outstanding_calls_outlive_the_notification_stream(server: FaultServer, mcp: StreamableMcp) -> None:
    """A stream that breaks says nothing about the others while the server still takes connections."""
    may_answer = asyncio.Event()
    streams: list[Connection] = []

    async def listen(connection: Connection, request: Request) -> None:
        streams.append(connection)
        await hold(connection, request)

    async def answer_late(connection: Connection, request: Request, message: Json) -> None:
        await connection.stream()
        await may_answer.wait()
        await connection.event(text_of(message))
        await connection.end()

    mcp.on["tools/call"], mcp.listen = answer_late, listen
    async with streamable(server.url()) as session, asyncio.TaskGroup() as group:
        call = group.create_task(session.call_tool("x"))
        await until(lambda: "tools/call" in server.methods() and len(streams) == 1)
        await streams[0].reset()
        await until(lambda: len(streams) == 2)
        may_answer.set()
        assert (await call).ok
    check_river(session.river)
    assert failures(session.river) == []


async def test_a_storm_is_slowed_down(server: FaultServer, mcp: StreamableMcp) -> None:
    async def listen(connection: Connection, request: Request) -> None:
        await connection.stream()
        await connection.chunk(b"retry: 1\n\n")
        await connection.end()

    mcp.listen = listen
    async with streamable(server.url()) as session:
        await until(lambda: any("we slow down" in state.reason for state in states(session.river)))
        await asyncio.sleep(0.5)
        opened = len(server.gets())
        assert opened <= 12, f"{opened} streams were opened"
        assert (await session.call_tool("x")).ok
    check_river(session.river)


async def test_a_stream_that_the_server_still_holds_is_asked_for_again(server: FaultServer, mcp: StreamableMcp) -> None:
    async def listen(connection: Connection, request: Request) -> None:
        opened = len(server.gets())
        if opened == 1:
            await connection.stream()
            await connection.chunk(b"retry: 10\n\n")
            await connection.end()
        elif opened < 4:
            await answering(409)(connection, request)
        else:
            await hold(connection, request)

    mcp.listen = listen
    async with streamable(server.url()) as session:
        await until(lambda: len(server.gets()) == 4)
        assert (await session.call_tool("x")).ok
    check_river(session.river)


@pytest.mark.parametrize(("status", "gets"), [(405, 1), (404, 1), (403, 1), (400, 1)])
async def test_a_server_without_that_stream_is_not_asked_again(
    server: FaultServer, mcp: StreamableMcp, status: int, gets: int
) -> None:
    mcp.listen = answering(status)
    async with streamable(server.url()) as session:
        await asyncio.sleep(0.3)
        assert (await session.call_tool("x")).ok
    check_river(session.river)
    assert len(server.gets()) == gets
    assert mcp.begun == 1, "a 404 to GET is no reason to begin a new session"


async def test_a_session_that_expires_while_listening_is_begun_anew(server: FaultServer, mcp: StreamableMcp) -> None:
    async def listen(connection: Connection, request: Request) -> None:
        await connection.stream()
        await connection.chunk(block(b"", "e-1", 50))
        if mcp.begun == 1:
            mcp.sessions.clear()
            await connection.end()
        else:
            await connection.hang()

    mcp.listen = listen
    async with streamable(server.url()) as session:
        await until(lambda: len(server.gets()) == 3)
        assert (await session.call_tool("x")).ok
    check_river(session.river)
    assert mcp.begun == 2
    sent = [(get.headers.get("mcp-session-id"), get.headers.get("last-event-id")) for get in server.gets()]
    assert sent == [("session-number-1", None), ("session-number-1", "e-1"), ("session-number-2", None)]


async def test_a_new_session_gets_a_stream_of_its_own(server: FaultServer, mcp: StreamableMcp) -> None:
    """A call finds its session gone while the stream of that session is still open."""
    mcp.listen = hold
    async with streamable(server.url()) as session:
        await until(lambda: len(server.gets()) == 1)
        mcp.sessions.clear()
        assert (await session.call_tool("x")).ok
        await until(lambda: len(server.gets()) == 2)
    check_river(session.river)
    assert server.gets()[1].headers["mcp-session-id"] == "session-number-2"
    assert "Its session is gone" in ends(session.river, "stream")[0].sentence


Kill = Callable[[FaultServer], Awaitable[None]]


async def start_of(kind: str, server: FaultServer) -> tuple[str, dict[str, Any]]:
    """The address and options of each kind of connection."""
    if kind == "http+sse":
        old = HttpSseMcp()
        server.routes |= {"/sse": old.stream, "/messages": old.post}

        async def ignore(stream: Connection, message: Json) -> None:
            """The answer never comes."""

        old.on["tools/call"] = ignore
        return server.url("/sse"), {"transport": "http+sse"}
    mcp = StreamableMcp(on={"tools/call": never_answer}, listen=hold if kind == "with stream" else None)
    server.routes["/mcp"] = mcp
    return server.url(), {}


@pytest.mark.parametrize("calls", [0, 3])
@pytest.mark.parametrize("kind", ["http+sse", "with stream", "without stream"])
async def test_a_dead_server_is_noticed_within_a_second(server: FaultServer, kind: str, calls: int) -> None:
    """Idle or at work, with a stream or without one; every outstanding call is listed, and it is back in the end."""
    url, options = await start_of(kind, server)
    async with inspector.connect(url, **options) as session, asyncio.TaskGroup() as group:
        tasks = [group.create_task(session.call_tool(f"call {number}")) for number in range(calls)]
        await until(lambda: server.methods().count("tools/call") == calls)
        await asyncio.sleep(0.1)
        await server.die()
        assert await until(lambda: session.state is ConnectionState.RECONNECTING) < 1.0
        answers = [await task for task in tasks]
        assert [answer.outcome for answer in answers] == [Outcome.LOST] * calls
        refused = await session.call_tool("while it is down")
        assert refused.outcome is Outcome.LOST
        assert ("the stream is gone" if kind == "http+sse" else "Nothing listens") in refused.sentence
        server.routes.clear()
        await server.start()
        await start_of(kind, server)
        await until(lambda: session.state is ConnectionState.OPEN, 20)
        assert (await session.ping()).ok
    check_river(session.river)
    lost = [failed.name for failed in failures(session.river) if (failed.name or "").startswith("call")]
    assert sorted(name or "" for name in lost) == [f"call {number}" for number in range(calls)]
    assert len([state for state in states(session.river) if state.state is ConnectionState.OPEN]) >= 2


@pytest.mark.parametrize("kind", ["http+sse", "with stream", "without stream"])
async def test_without_reconnecting_it_is_over(server: FaultServer, kind: str) -> None:
    url, options = await start_of(kind, server)
    async with inspector.connect(url, reconnect=False, **options) as session:
        await server.die()
        async with asyncio.timeout(2):
            await session.closed()
    check_river(session.river)


async def test_a_server_that_is_back_but_unavailable_is_not_back_yet(server: FaultServer, mcp: StreamableMcp) -> None:
    async with streamable(server.url()) as session:
        await server.die()
        await until(lambda: session.state is ConnectionState.RECONNECTING)
        server.routes["/mcp"] = answering(503)
        await server.start()
        seen = len(server.seen)
        await until(lambda: len(server.seen) >= seen + 2, 20)
        assert session.state is ConnectionState.RECONNECTING
        mcp.sessions.clear()
        mcp.gone_status = 400
        server.routes["/mcp"] = mcp
        await until(lambda: session.state is ConnectionState.OPEN, 20)
        assert (await session.call_tool("x")).ok
    check_river(session.river)
    assert mcp.begun == 2


async def test_a_server_that_is_back_and_wants_credentials(server: FaultServer, mcp: StreamableMcp) -> None:
    async with streamable(server.url()) as session:
        await server.die()
        await until(lambda: session.state is ConnectionState.RECONNECTING)
        server.routes["/mcp"] = answering(401)
        await server.start()
        async with asyncio.timeout(20):
            await session.closed()
    check_river(session.river)
    assert "credentials" in states(session.river)[-1].reason


async def test_http_sse_takes_the_new_endpoint(server: FaultServer) -> None:
    old = HttpSseMcp(retry_ms=100)
    server.routes |= {"/sse": old.stream, "/messages": old.post}
    async with inspector.connect(server.url("/sse"), transport="http+sse") as session:
        assert (await session.call_tool("one")).ok
        await old.streams.pop("s1").cut()
        await until(lambda: session.state is ConnectionState.RECONNECTING)
        await until(lambda: session.state is ConnectionState.OPEN)
        assert (await session.call_tool("two")).ok
    check_river(session.river)
    assert server.methods().count("initialize") == 2
    posts = [request.path for request in server.seen if b'"tools/call"' in request.body]
    assert posts == ["/messages?session=s1", "/messages?session=s2"]
    pause = next(state for state in states(session.river) if state.delay_ms is not None)
    assert (pause.state, pause.delay_ms, pause.asked_ms) == (ConnectionState.RECONNECTING, 100, 100)


async def test_http_sse_begins_anew_when_its_session_is_forgotten(server: FaultServer) -> None:
    old = HttpSseMcp(retry_ms=50)
    server.routes |= {"/sse": old.stream, "/messages": old.post}
    async with inspector.connect(server.url("/sse"), transport="http+sse") as session:
        stream = old.streams.pop("s1")
        answer = await session.call_tool("one")
        assert not answer.ok and "no longer knows this session" in answer.sentence
        await until(lambda: old.begun == 2 and session.state is ConnectionState.OPEN)
        assert (await session.call_tool("two")).ok
        assert stream is not old.streams["s2"]
    check_river(session.river)
    assert EndCause.CLOSED_BY_US in [end.cause for end in ends(session.river, "stream")]


async def test_http_sse_that_breaks_during_the_handshake_of_a_reconnect(server: FaultServer) -> None:
    """Neither a broken first stream nor a broken second one leaves the session open without a stream."""
    old = HttpSseMcp(retry_ms=50)
    server.routes |= {"/sse": old.stream, "/messages": old.post}

    async def cut_once(stream: Connection, message: Json) -> None:
        if old.begun == 2:
            await stream.cut()

    async with inspector.connect(server.url("/sse"), transport="http+sse") as session:
        old.on["notifications/initialized"] = cut_once
        await old.streams["s1"].cut()
        await until(lambda: old.begun >= 3 and session.state is ConnectionState.OPEN, 20)
        assert (await session.call_tool("x")).ok
    check_river(session.river)


async def test_our_own_idle_limit_closes_and_reopens(server: FaultServer, mcp: StreamableMcp) -> None:
    async def listen(connection: Connection, request: Request) -> None:
        await connection.stream()
        await connection.chunk(b"retry: 50\n\n")
        await connection.hang()

    mcp.listen = listen
    async with streamable(server.url(), idle_timeout_s=0.3) as session:
        await until(lambda: len(server.gets()) >= 2)
        assert session.state is ConnectionState.OPEN
    check_river(session.river)
    assert EndCause.TIMED_OUT_BY_US in [end.cause for end in ends(session.river)]


async def test_a_raw_stream_that_dies_and_one_that_says_204(server: FaultServer) -> None:
    async def stream(connection: Connection, request: Request) -> None:
        await connection.stream()
        await connection.chunk(block(b"hello", "7", 100))
        await connection.reset()

    server.routes["/raw"] = stream
    river = River()
    async with inspector.connect(server.url("/raw"), transport="raw-sse", river=river) as session:
        await until(lambda: len(server.gets()) == 2)
        server.routes["/raw"] = answering(204)
        async with asyncio.timeout(5):
            await session.closed()
    check_river(river)
    assert "not to be contacted again (204)" in states(river)[-1].reason
    resumed = [dict(e.headers).get("Last-Event-ID") for e in river.since(0) if isinstance(e, RequestSent)]
    assert resumed[:2] == [None, "7"]
