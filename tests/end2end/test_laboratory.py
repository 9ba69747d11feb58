"""What the laboratory does to our side of the wire, as the server sees it, and how the session goes on after it."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest

import inspector
from inspector.diagnose.engine import Engine
from inspector.session.laboratory import LabError
from inspector.session.raw_exchange import RawRequest
from inspector.session.session import Session
from inspector.trace.events import (
    ConnectionState,
    EndCause,
    FrameReceived,
    HeadersReceived,
    LabActed,
    LabAction,
    Message,
    Outcome,
    RequestSent,
    Severity,
    SseEvent,
    StreamEnded,
)
from inspector.trace.river import River
from tests.end2end.conftest import Tls, streamable
from tests.end2end.river_check import check_river, ends, failures, until, violations
from tests.end2end.servers.faults import (
    Connection,
    FaultServer,
    HttpSseMcp,
    Json,
    Request,
    StreamableMcp,
    block,
    text_of,
)


def acts(river: River) -> list[LabActed]:
    return [event for event in river.since(0) if isinstance(event, LabActed)]


def findings(river: River) -> list[str]:
    """What diagnosis has to say above a note."""
    engine = Engine()
    engine.fold(river.since(0))
    engine.advance(river.clock.monotonic_ns())
    return [finding.rule for finding in engine.findings() if finding.severity in (Severity.WARN, Severity.ERROR)]


@dataclass
class Listening:
    """A GET stream that says what is put into `said`, and notes how each of its connections ended."""

    retry_ms: int | None = None
    saw: list[str] = field(default_factory=list)
    cursors: list[str | None] = field(default_factory=list)
    then: Callable[[Connection], Awaitable[None]] | None = None

    async def __call__(self, connection: Connection, request: Request) -> None:
        self.cursors.append(request.headers.get("last-event-id"))
        await connection.stream()
        await connection.chunk(block(b"", f"e-{len(self.cursors)}", self.retry_ms))
        if self.then is not None:
            await self.then(connection)
        try:
            self.saw.append("data" if await connection.reader.read(1) else "FIN")
        except ConnectionResetError:
            self.saw.append("RST")
        connection.is_over = True


def is_whole(event: SseEvent) -> bool:
    return not isinstance(event, FrameReceived) or event.complete


async def listening(session: Session) -> int:
    """The number of the stream for notifications, once it is open."""
    found: list[int] = []

    def is_open() -> bool:
        found[:] = [s.number for s in session.laboratory.open_streams() if s.is_listening and s.is_event_stream]
        return bool(found)

    await until(is_open)
    return found[0]


@pytest.mark.parametrize(("how", "seen"), [("fin", "FIN"), ("rst", "RST")])
@pytest.mark.parametrize("over_tls", [False, True], ids=["plain", "TLS"])
async def test_the_server_sees_the_cut_that_was_asked_for(tls: Tls, over_tls: bool, how: str, seen: str) -> None:
    stream = Listening(500)
    async with FaultServer(tls=tls.context if over_tls else None) as server:
        mcp = server.routes["/mcp"] = StreamableMcp(listen=stream)
        assert mcp is not None
        async with streamable(server.url(), ca_file=tls.ca_file) as session:
            number = await listening(session)
            assert session.laboratory.drop(how=how) == (number,)
            await until(lambda: bool(stream.saw))
            assert stream.saw == [seen]
            await until(lambda: len(stream.cursors) == 2)
            assert stream.cursors == [None, "e-1"], "the stream is resumed as after any other cut"
            await until(lambda: session.state is ConnectionState.OPEN)
    check_river(session.river)
    cut = next(end for end in ends(session.river, "stream") if end.cause is EndCause.DROPPED_BY_US)
    assert "laboratory" in cut.sentence and seen in cut.sentence
    (act,) = acts(session.river)
    assert (act.action, act.stream) == (LabAction.DROP, number) and act.n < cut.n
    assert findings(session.river) == [] and violations(session.river) == []


async def test_a_call_that_waits_for_its_headers_can_be_cut(server: FaultServer, mcp: StreamableMcp) -> None:
    async def never(connection: Connection, request: Request, message: Json) -> None:
        await connection.hang()

    mcp.on["tools/call"] = never
    async with streamable(server.url(), listen=False) as session, asyncio.TaskGroup() as group:
        call = group.create_task(session.call_tool("x"))
        await until(lambda: any(s.purpose == "tools/call" and s.socket for s in session.laboratory.open_streams()))
        session.laboratory.drop(how="rst")
        answer = await call
        assert answer.outcome is Outcome.LOST and "laboratory" in answer.sentence
        mcp.on.clear()
        assert (await session.call_tool("x")).ok
    check_river(session.river)
    assert [failed.method for failed in failures(session.river)] == ["tools/call"]
    assert findings(session.river) == []


def counting(count: int, *, retry_ms: int = 500) -> Callable[[Connection, Request, Json], Awaitable[None]]:
    """A call whose stream begins with a priming event and then counts; all events leave in one write."""

    async def count_up(connection: Connection, request: Request, message: Json) -> None:
        steps = [block(b"", "e-0", retry_ms)]
        for step in range(1, count + 1):
            note = f'{{"jsonrpc":"2.0","method":"notifications/message","params":{{"level":"info","data":{step}}}}}'
            steps.append(block(note.encode(), f"e-{step}"))
        await connection.stream()
        await connection.chunk(b": begin\n\n" + b"".join(steps))
        await connection.hang()

    return count_up


@dataclass
class Replay:
    """What resumes a counted call: it says from where, and answers."""

    message: Json = field(default_factory=dict)
    cursors: list[str | None] = field(default_factory=list)

    async def __call__(self, connection: Connection, request: Request) -> None:
        self.cursors.append(request.headers.get("last-event-id"))
        await connection.stream()
        await connection.event(text_of(self.message), "e-last")
        await connection.end()


@pytest.mark.parametrize(
    ("events", "mid_event", "cursor", "pending"),
    [(1, False, "e-0", False), (3, False, "e-2", False), (2, True, "e-1", True)],
)
async def test_a_stream_is_cut_after_so_many_events(
    server: FaultServer, mcp: StreamableMcp, events: int, mid_event: bool, cursor: str, pending: bool
) -> None:
    replay, count_up = Replay(), counting(5)

    async def call(connection: Connection, request: Request, message: Json) -> None:
        replay.message = message
        await count_up(connection, request, message)

    mcp.on["tools/call"], mcp.listen = call, replay
    async with streamable(server.url(), listen=False) as session:
        session.laboratory.drop_after("call", events=events, mid_event=mid_event)
        (waiting,) = session.laboratory.active
        assert "the first answer to a call" in waiting
        assert (await session.call_tool("count")).ok
        assert session.laboratory.active == (), "a rule cuts once"
        assert replay.cursors == [cursor]
    check_river(session.river)
    (end,) = ends(session.river, "tools/call")
    assert (end.cause, end.frames >= events, bool(end.pending)) == (EndCause.DROPPED_BY_US, True, pending)
    came = [
        event.event_id
        for event in session.river.since(0)
        if isinstance(event, SseEvent) and event.stream == end.stream and event.event_id and is_whole(event)
    ]
    assert came == [f"e-{number}" for number in range(events)]
    assert [act.action for act in acts(session.river)] == [LabAction.DROP_AFTER] * 2
    assert findings(session.river) == []


@pytest.mark.parametrize("size", [1, 10, 100])
async def test_a_body_is_cut_after_exactly_so_many_bytes(server: FaultServer, mcp: StreamableMcp, size: int) -> None:
    mcp.on["tools/call"] = counting(5)
    async with streamable(server.url(), listen=False) as session:
        session.laboratory.drop_after("post", bytes=size, how="rst")
        answer = await session.call_tool("count", timeout_s=5)
        assert answer.outcome is not None
    check_river(session.river)
    (end,) = ends(session.river, "tools/call")
    assert (end.cause, end.bytes_received) == (EndCause.DROPPED_BY_US, size)
    assert f"after {size:,} byte" in end.sentence


async def test_a_slow_reader_is_felt_by_the_server(server: FaultServer, mcp: StreamableMcp) -> None:
    """The server can leave no more than the buffers of both sides hold, and we take in no more than we said."""
    sent = 0

    async def pour(connection: Connection) -> None:
        nonlocal sent
        raw: socket.socket = connection.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16_384)
        connection.writer.transport.set_write_buffer_limits(high=0)
        for number in range(10_000):
            await connection.chunk(block(b"x" * 1_000, str(number)))
            sent += 1_000

    mcp.listen = Listening(then=pour)
    async with streamable(server.url(), listen=False) as session:
        session.laboratory.read_slowly(20_000)
        (said,) = session.laboratory.active
        assert "20,000 bytes a second" in said
        before = time.monotonic()
        ended = session.laboratory.resume_from("e-0")
        await listening(session)
        await asyncio.sleep(0.8)
        stream = session.laboratory.open_streams()[0]
        elapsed_s = time.monotonic() - before
        assert 2_000 <= stream.bytes_received <= 20_000 * elapsed_s + 8_000
        assert sent < 300_000, "its send buffer is full: it waits for us"
        session.laboratory.clear()
        await asyncio.wait_for(ended, 5)
        assert session.laboratory.active == ()
        assert (await session.call_tool("x")).ok
    check_river(session.river)


async def test_when_it_reads_fast_again_nothing_is_missing(server: FaultServer, mcp: StreamableMcp) -> None:
    async def pour(connection: Connection, request: Request, message: Json) -> None:
        await connection.stream()
        for number in range(200):
            await connection.chunk(b": %06d %s\n\n" % (number, b"x" * 500))
        await connection.event(text_of(message))
        await connection.end()

    mcp.on["tools/call"] = pour
    async with streamable(server.url(), listen=False) as session, asyncio.TaskGroup() as group:
        session.laboratory.read_slowly(20_000)
        call = group.create_task(session.call_tool("x"))
        await asyncio.sleep(0.4)
        assert not call.done()
        session.laboratory.read_slowly(None)
        assert (await asyncio.wait_for(call, 5)).ok
        assert [act.action for act in acts(session.river)] == [LabAction.SLOW, LabAction.CLEAR]
    check_river(session.river)
    (end,) = ends(session.river, "tools/call")
    assert end.frames == 201


async def test_delays_are_added_in_both_directions_once(server: FaultServer, mcp: StreamableMcp) -> None:
    arrived: list[float] = []

    async def answer(connection: Connection, request: Request, message: Json) -> None:
        arrived.append(time.perf_counter())
        await connection.stream()
        for _ in range(5):  # spread over less than the delay: they must not wait for each other
            await connection.chunk(b": step\n\n")
            await asyncio.sleep(0.02)
        await connection.event(text_of(message))
        await connection.end()

    mcp.on["tools/call"] = answer
    async with streamable(server.url(), listen=False) as session:
        assert (await session.call_tool("x")).ok
        session.laboratory.delay(700, 700)
        began = time.perf_counter()
        assert (await session.call_tool("x")).ok
        took = time.perf_counter() - began
        assert arrived[1] - began >= 0.7
        assert 1.4 <= took < 4.0, "after each other the six delays of the chunks alone would be more"
        head = [e for e in session.river.since(0) if isinstance(e, HeadersReceived)][-1]
        assert head.sent_ms is not None and 700 <= head.sent_ms < head.ttfb_ms - 600
        assert head.ttfb_ms >= 1_400
        session.laboratory.delay(0, 0)
        began = time.perf_counter()
        assert (await session.call_tool("x")).ok
        assert time.perf_counter() - began < 1.4
    check_river(session.river)
    assert findings(session.river) == []


async def test_exchanges_aside_are_left_alone(server: FaultServer, mcp: StreamableMcp) -> None:
    """A raw request, or a sign-in, is none of the session's, also on a socket that the session had before."""
    async with streamable(server.url(), listen=False) as session:
        session.laboratory.delay(10_000, 10_000)
        session.laboratory.drop_after("any", bytes=1)
        before = time.monotonic()
        reply = await session.exchange_raw(RawRequest("GET", server.url("/nowhere")))
        assert reply.status == 404 and reply.body == b"nothing here"
        assert time.monotonic() - before < 5
        session.laboratory.clear()
        assert (await session.call_tool("x")).ok
    assert server.opened == 1
    check_river(session.river)


async def test_a_cut_does_not_wait_for_a_delay(server: FaultServer, mcp: StreamableMcp) -> None:
    mcp.on["tools/call"] = counting(3)
    async with streamable(server.url(), listen=False) as session, asyncio.TaskGroup() as group:
        session.laboratory.delay(0, 60_000)
        call = group.create_task(session.call_tool("x"))
        await until(lambda: any(s.socket for s in session.laboratory.open_streams()))
        await asyncio.sleep(0.1)
        began = time.monotonic()
        session.laboratory.drop()
        assert (await call).outcome is Outcome.LOST
        assert time.monotonic() - began < 2
        session.laboratory.clear()
    check_river(session.river)


async def test_half_closed_the_server_may_still_answer(server: FaultServer, mcp: StreamableMcp) -> None:
    """A server that takes a FIN for what it is goes on writing; the socket is not used for another request."""
    saw: list[bytes] = []

    async def answer(connection: Connection, request: Request, message: Json) -> None:
        await connection.stream()
        await connection.chunk(b": begin\n\n")
        saw.append(await connection.reader.read(1))
        await connection.event(text_of(message))
        await connection.end()
        connection.is_over = True

    mcp.on["tools/call"] = answer
    async with streamable(server.url(), listen=False) as session, asyncio.TaskGroup() as group:
        call = group.create_task(session.call_tool("x"))
        await until(lambda: any(s.is_event_stream for s in session.laboratory.open_streams()))
        session.laboratory.half_close(session.laboratory.open_streams()[0].number)
        assert (await call).ok and saw == [b""]
        mcp.on.clear()
        assert (await session.call_tool("x")).ok
    check_river(session.river)
    assert ends(session.river, "tools/call")[0].cause is EndCause.END_OF_STREAM
    assert findings(session.river) == []


async def test_a_server_that_hangs_up_on_a_half_closed_stream_is_not_blamed(
    server: FaultServer, mcp: StreamableMcp
) -> None:
    stream = mcp.listen = Listening(500)
    async with streamable(server.url()) as session:
        number = await listening(session)
        session.laboratory.half_close(number)
        await until(lambda: stream.saw == ["FIN"] and len(stream.cursors) == 2)
    check_river(session.river)
    first = ends(session.river, "stream")[0]
    assert first.cause is EndCause.DROPPED_BY_US and "laboratory" in first.sentence
    assert findings(session.river) == []


async def test_resuming_by_hand_shows_what_comes_and_blames_nobody(server: FaultServer, mcp: StreamableMcp) -> None:
    called: list[Json] = []

    async def answer(connection: Connection, request: Request, message: Json) -> None:
        called.append(message)
        await connection.stream()
        await connection.event(text_of(message), "e-1")
        await connection.end()

    async def replay(connection: Connection, request: Request) -> None:
        if "last-event-id" not in request.headers:
            await connection.answer(405)
            return
        await connection.stream()
        await connection.event(text_of(called[0]), "e-1")
        await connection.end()

    mcp.on["tools/call"], mcp.listen = answer, replay
    async with streamable(server.url()) as session:
        assert (await session.call_tool("x")).ok
        ended = await session.laboratory.resume_from("e-0")
        assert ended.event.cause is EndCause.END_OF_STREAM
        came = [e for e in session.river.since(0) if isinstance(e, Message) and e.stream == ended.event.stream]
        assert [message.event_id for message in came] == ["e-1"]
        mcp.listen = None
        refused = await session.laboratory.resume_from("e-0")
        assert refused.event.status == 405
    check_river(session.river)
    assert violations(session.river) == []
    requests = [e for e in session.river.since(0) if isinstance(e, RequestSent) and e.purpose == "resume"]
    assert [dict(request.headers)["Last-Event-ID"] for request in requests] == ["e-0", "e-0"]


async def test_a_raw_stream_is_asked_for_what_came_after_an_id(server: FaultServer) -> None:
    async def stream(connection: Connection, request: Request) -> None:
        await connection.stream()
        await connection.event(b"tick", "7")
        await connection.hang()

    server.routes["/events"] = stream
    async with inspector.connect(server.url("/events"), transport="raw-sse") as session:
        session.laboratory.resume_from("5")
        await until(lambda: len(server.gets()) == 2)
        assert server.gets()[1].headers["last-event-id"] == "5"
        await until(lambda: len(session.laboratory.active) == 1)
        session.laboratory.clear()
        await until(lambda: not session.laboratory.active)
    check_river(session.river)


async def test_http_sse_begins_anew_after_a_cut(server: FaultServer) -> None:
    old = HttpSseMcp(retry_ms=500)
    server.routes.update({"/sse": old.stream, "/messages": old.post})
    async with inspector.connect(server.url("/sse"), transport="http+sse") as session:
        assert (await session.call_tool("x")).ok
        session.laboratory.drop(how="rst")
        await until(lambda: old.begun == 2 and session.state is ConnectionState.OPEN)
        assert (await session.call_tool("x")).ok
    check_river(session.river)
    assert findings(session.river) == []


async def test_what_makes_no_sense_is_refused_with_the_next_step(server: FaultServer, mcp: StreamableMcp) -> None:
    async with streamable(server.url(), listen=False) as session:
        laboratory = session.laboratory
        for wrong in (
            laboratory.drop,
            lambda: laboratory.drop(99),
            lambda: laboratory.drop(how="bang"),
            lambda: laboratory.half_close(99),
            lambda: laboratory.drop_after("some", events=1),
            lambda: laboratory.drop_after("any"),
            lambda: laboratory.drop_after("any", events=1, bytes=1),
            lambda: laboratory.drop_after("any", bytes=1, mid_event=True),
            lambda: laboratory.drop_after("any", events=0),
            lambda: laboratory.drop_after("any", bytes=0),
            lambda: laboratory.read_slowly(0),
            lambda: laboratory.delay(-1, 0),
            lambda: laboratory.delay(0, 60_001),
            lambda: laboratory.delay(1, 1, for_s=1e6),
            lambda: laboratory.resume_from(""),
            lambda: laboratory.resume_from("a\nb"),
        ):
            with pytest.raises(LabError) as caught:
                wrong()
            assert str(caught.value).endswith(".") and (
                ";" in str(caught.value) or ":" in str(caught.value) or ", " in str(caught.value)
            )
        for _ in range(8):
            laboratory.drop_after("any", bytes=1_000_000)
        with pytest.raises(LabError):
            laboratory.drop_after("any", bytes=1_000_000)
        laboratory.clear()
        assert laboratory.active == ()
        assert isinstance(session.river.since(0)[-1], LabActed | StreamEnded)
    assert server.opened <= 2, "nothing has been sent for all that"


async def test_a_delay_ends_by_itself(server: FaultServer, mcp: StreamableMcp) -> None:
    async with streamable(server.url(), listen=False) as session:
        session.laboratory.delay(1, 1, for_s=0.05)
        await until(lambda: not session.laboratory.active)
        assert [act.action for act in acts(session.river)] == [LabAction.DELAY, LabAction.CLEAR]
