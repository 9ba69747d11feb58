"""Availability against real servers: killed and restarted, ending their streams, polled, and dropped on purpose."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from time import perf_counter_ns

import pytest

import inspector
from inspector.session.session import Session
from inspector.stats.availability import Availability, AvailabilityReport
from inspector.stats.drops import FORGOTTEN, LossKind
from inspector.stats.reconnects import ReconnectStats
from inspector.trace.events import ConnectionState, EndCause, HeadersReceived, Outcome, RequestSent
from inspector.trace.river import River
from tests.end2end.conftest import SERVERS, free_port, streamable
from tests.end2end.river_check import until
from tests.end2end.servers.faults import Connection, FaultServer, HttpSseMcp, Json, Request, StreamableMcp

TIME_LIMIT_S = 90.0
TRANSPORTS = {"streamable-http": "streamable-http", "sse": "http+sse"}
MODES = {"streamable-http": "/mcp", "sse": "/sse"}


class Restarted:
    """A real server that is killed and begun again on its port, without the seconds it takes to load."""

    def __init__(self, mode: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}{MODES[mode]}"
        command = [sys.executable, str(SERVERS / "forked_sdk_server.py"), mode, str(self.port)]
        self._loaded = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self._process = 0

    def start(self) -> None:
        """Begin it, and wait until it listens."""
        assert self._loaded.stdin is not None and self._loaded.stdout is not None
        self._loaded.stdin.write("\n")
        self._loaded.stdin.flush()
        self._process = int(self._loaded.stdout.readline())
        while True:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            time.sleep(0.02)

    def kill(self) -> None:
        """SIGKILL."""
        if self._process:
            os.kill(self._process, signal.SIGKILL)
            self._process = 0

    def close(self) -> None:
        self.kill()
        self._loaded.communicate(timeout=10)


@pytest.fixture
def restarted() -> Iterator[Callable[[str], Restarted]]:
    """Start the official SDK's server in one of its modes."""
    running: list[Restarted] = []

    def start(mode: str) -> Restarted:
        running.append(Restarted(mode))
        running[-1].start()
        return running[-1]

    yield start
    for each in running:
        each.close()


def report(river: River, now_ns: int | None = None) -> AvailabilityReport:
    fold = Availability()
    fold.fold(river.since(0))
    return fold.report(now_ns)


def is_listening(river: River, times: int) -> bool:
    """Whether so many notification streams have opened."""
    asked = {event.stream for event in river.since(0) if isinstance(event, RequestSent) and event.method == "GET"}
    heads = [event for event in river.since(0) if isinstance(event, HeadersReceived) and event.status == 200]
    return sum(event.stream in asked for event in heads) >= times


@dataclass(frozen=True)
class Seen:
    """A state was first seen at `seen_ns`; a look at `before_ns` had still shown another."""

    before_ns: int
    seen_ns: int


async def look_for(session: Session, state: ConnectionState) -> Seen:
    """Look at the state of a session each millisecond, so that the truth does not come from the river."""
    before_ns = perf_counter_ns()
    async with asyncio.timeout(30):
        while session.state is not state:
            before_ns = perf_counter_ns()
            await asyncio.sleep(0.001)
    return Seen(before_ns, perf_counter_ns())


@dataclass(frozen=True)
class Downtime:
    """How long a connection was down, as far as looking at it can tell; `since_kill_ns` is from the kill on."""

    least_ns: int
    most_ns: int
    since_kill_ns: int


def between(killed_ns: int, lost: Seen, back: Seen) -> Downtime:
    return Downtime(back.before_ns - lost.seen_ns, back.seen_ns - lost.before_ns, back.seen_ns - killed_ns)


LEAST_DOWN_S = 0.8
"""So that ten kills take longer than ten seconds: as many streams in less time are a storm, whoever causes it."""


@pytest.mark.parametrize(("mode", "kills"), [("streamable-http", 10), ("sse", 3)])
async def test_kills_of_a_real_server(restarted: Callable[[str], Restarted], mode: str, kills: int) -> None:
    """Each takes the listening stream and a call with it; the server comes back and has forgotten the session."""
    server = restarted(mode)
    times: list[Downtime] = []
    begun_ns = perf_counter_ns()
    async with inspector.connect(server.url, transport=TRANSPORTS[mode]) as session, asyncio.TaskGroup() as group:
        for kill in range(1, kills + 1):
            await until(partial(is_listening, session.river, kill))
            call = group.create_task(session.call_tool("sleep", {"seconds": 90}))
            await asyncio.sleep(0.1)
            killed_ns = perf_counter_ns()
            server.kill()
            lost = await look_for(session, ConnectionState.RECONNECTING)
            assert (await call).outcome is Outcome.LOST
            await asyncio.sleep(LEAST_DOWN_S + 0.1 * (kill % 3))
            starting = group.create_task(asyncio.to_thread(server.start))
            back = await look_for(session, ConnectionState.OPEN)
            await starting
            times.append(between(killed_ns, lost, back))
        await until(partial(is_listening, session.river, kills + 1))
        open_ns = perf_counter_ns()
        found = report(session.river, open_ns)
    assert (found.drops, found.drops_by_us, found.drops_by_sleep, found.polls) == (kills, 0, 0, 0)
    broken = {EndCause.RESET, EndCause.CUT_MID_BODY, EndCause.CUT_MID_EVENT}
    assert {cause for cause, _ in found.drops_by_cause} <= {str(cause) for cause in broken}
    assert sum(count for _, count in found.drops_by_cause) == kills
    assert [(drop.kind, drop.is_back) for drop in found.drops_listed] == [(LossKind.CONNECTION, True)] * kills
    for drop, measured in zip(found.drops_listed, times, strict=True):
        told_ns = drop.outage_ns(open_ns)
        assert told_ns is not None and measured.least_ns <= told_ns <= measured.most_ns
        assert told_ns <= measured.since_kill_ns
    told_ms = [(drop.outage_ns(open_ns) or 0) / 1e6 for drop in found.drops_listed]
    assert found.down_ms == pytest.approx(sum(told_ms))
    assert found.longest_downtime_ms == pytest.approx(max(told_ms))
    assert found.mean_downtime_ms == pytest.approx(sum(told_ms) / kills)
    assert found.up_ms + found.down_ms <= (open_ns - begun_ns) / 1e6
    assert [(each.method, each.name) for each in found.calls_lost] == [("tools/call", "sleep")] * kills
    assert (found.calls_lost_count, found.storms, found.storm_now, found.is_down) == (kills, (), None, False)
    check_attempts(session.river, kills)


def check_attempts(river: River, kills: int) -> None:
    """Each search ends with the attempt that found the server, and no pause was cut short."""
    stats = ReconnectStats()
    stats.fold(river.since(0))
    made = [attempt for attempt in stats.attempts_made if not attempt.is_up]
    assert (stats.reconnects, stats.attempts) == (kills, len(made))
    assert [attempt.succeeded for attempt in made].count(True) == kills
    assert [each for each in made if each.used_ms is None or each.used_ms < (each.delay_ms or 0) - 5] == []


async def test_a_stream_that_the_server_cuts_while_it_stands(server: FaultServer, mcp: StreamableMcp) -> None:
    """Three notification streams are cut; the connection never falls."""

    async def listen(connection: Connection, request: Request) -> None:
        await connection.stream()
        await connection.chunk(b"retry: 60\n\n")
        if len(server.gets()) > 3:
            await connection.hang()
        await connection.cut()

    mcp.listen = listen
    async with streamable(server.url()) as session:
        await until(lambda: is_listening(session.river, 4))
        assert (await session.call_tool("x")).ok
        found = report(session.river, perf_counter_ns())
    assert (found.drops, found.uptime_share, found.down_ms) == (3, 1.0, 0.0)
    assert {(drop.kind, drop.is_back, drop.words) for drop in found.drops_listed} == {(LossKind.LISTENING, True, "FIN")}
    assert found.mean_downtime_ms is not None and 60 <= found.mean_downtime_ms < 1_000


async def test_polling_is_no_drop(server: FaultServer, mcp: StreamableMcp) -> None:
    async def listen(connection: Connection, request: Request) -> None:
        await connection.stream()
        await connection.chunk(b"retry: 50\n\n")
        if len(server.gets()) > 3:
            await connection.hang()
        await connection.end()

    mcp.listen = listen
    async with streamable(server.url()) as session:
        await until(lambda: is_listening(session.river, 4))
        found = report(session.river)
    assert (found.drops, found.polls) == (0, 3)


async def test_a_storm_is_noticed(server: FaultServer, mcp: StreamableMcp) -> None:
    async def listen(connection: Connection, request: Request) -> None:
        await connection.stream()
        await connection.chunk(b"retry: 1\n\n")
        await connection.end()

    mcp.listen = listen
    async with streamable(server.url()) as session:
        await until(lambda: report(session.river).storm_now is not None)  # the last one is asked for before it opens
        storm = report(session.river).storm_now
    assert storm is not None and storm.opens >= 10 and len(server.gets()) >= 10


async def test_a_forgotten_session_is_one_drop(server: FaultServer, mcp: StreamableMcp) -> None:
    async with streamable(server.url()) as session:
        assert (await session.call_tool("x")).ok
        mcp.sessions.clear()
        assert (await session.call_tool("x")).ok
        found = report(session.river)
    (drop,) = found.drops_listed
    assert (drop.kind, drop.is_back, found.uptime_share) == (LossKind.SESSION, True, 1.0)
    assert drop.cause in (FORGOTTEN, str(EndCause.REJECTED))


async def test_leaving_is_no_drop(server: FaultServer, mcp: StreamableMcp) -> None:
    async def hold(connection: Connection, request: Request) -> None:
        await connection.stream()
        await connection.hang()

    async def never(connection: Connection, request: Request, message: Json) -> None:
        await hold(connection, request)

    mcp.on["tools/call"], mcp.listen = never, hold
    async with streamable(server.url()) as session:
        await until(lambda: is_listening(session.river, 1))
        assert (await session.call_tool("x", timeout_s=0.1)).outcome is Outcome.TIMED_OUT
    found = report(session.river)
    assert (found.drops, found.uptime_share, found.calls_lost_count) == (0, 1.0, 0)


@pytest.mark.parametrize("how", ["fin", "rst"])
async def test_what_the_laboratory_drops_is_counted_apart(server: FaultServer, mcp: StreamableMcp, how: str) -> None:
    async def hold(connection: Connection, request: Request) -> None:
        await connection.stream()
        await connection.chunk(b"retry: 20\n\n")
        await connection.hang()

    mcp.listen = hold
    async with streamable(server.url()) as session:
        await until(lambda: is_listening(session.river, 1))
        session.laboratory.drop(how=how)
        await until(lambda: is_listening(session.river, 2))
        found = report(session.river, perf_counter_ns())
    assert (found.drops, found.drops_by_us, found.drops_by_cause, found.uptime_share) == (0, 1, (), 1.0)


async def test_a_connection_that_the_laboratory_drops_takes_no_uptime(server: FaultServer) -> None:
    speaking = HttpSseMcp(retry_ms=100)
    server.routes |= {"/sse": speaking.stream, "/messages": speaking.post}
    async with inspector.connect(server.url("/sse"), transport="http+sse") as session:
        session.laboratory.drop(how="rst")
        await until(lambda: speaking.begun == 2 and session.state is ConnectionState.OPEN)
        found = report(session.river)
    assert (found.drops, found.drops_by_us, found.down_ms, found.uptime_share) == (0, 1, 0.0, 1.0)
    assert found.down_by_us_ms >= 100
