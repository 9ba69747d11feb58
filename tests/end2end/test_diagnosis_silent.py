"""Servers with which nothing is wrong: whatever one does with them, the diagnosis has nothing above a note to say."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from inspector.protocol.era import TransportName
from inspector.servers.demo import DemoServer
from inspector.servers.faults.fault import Fault, Visit
from inspector.servers.faults.honest import Honest
from inspector.servers.faults.server import FaultServer
from inspector.session.laboratory import LabError
from inspector.session.options import Options
from inspector.session.session import Session
from inspector.trace.clock import FakeClock
from inspector.trace.events import AnyEvent, ConnectionState, EndCause, Outcome
from inspector.trace.river import River
from tests.end2end.conftest import SERVERS, Program, free_port, start_everything
from tests.end2end.river_check import until
from tests.end2end.servers.everything import PATHS
from tests.support.faults import LOUD, diagnosed, flat, hurried
from tests.support.npm import NotInstalled
from tests.support.rivers import Talk

pytestmark = pytest.mark.asyncio(loop_scope="module")

TIME_LIMIT_S = 240.0
VISITS = 2
SCALE = 0.05
LONG_S = 600.0 * SCALE
Said = tuple[str, Mapping[str, Any]]


@dataclass
class Healthy:
    """A server and what can be asked of it: a quick tool, one that tells how far it is, and one that takes long."""

    url: str
    transport: TransportName
    quick: Said
    works: Said
    long: Said | None = None
    lists: bool = True

    def connect(self, river: River, number: int = 1) -> Session:
        options = Options(self.url, transport=self.transport)
        return Session(options, river, number)


SDK: dict[str, Any] = {
    "quick": ("echo", {"text": "x"}),
    "works": ("count", {"to": 5}),
    "long": ("sleep", {"seconds": 30}),
}
DEMO: dict[str, Any] = {
    "quick": ("echo", {"text": "x"}),
    "works": ("countdown", {"from": 5, "delay_ms": 20}),
    "long": ("slow", {"seconds": 30}),
}
HONEST: dict[str, Any] = {"quick": ("say", {"text": "x"}), "works": ("work", {}), "long": ("work", {"steps": 100})}
POLLING: dict[str, Any] = {
    "quick": ("become", {"name": "x"}),
    "works": ("poll", {"times": 2, "pause_s": 0.05}),
    "long": ("work", {"name": "x", "steps": 30, "pause_s": 1.0}),
    "lists": False,
}
"""Its pages of resources lead in a circle, which is a fault."""
EVERYTHING: dict[str, Any] = {
    "quick": ("echo", {"message": "x"}),
    "works": ("trigger-long-running-operation", {"duration": 0.2, "steps": 4}),
}
"""Its long tool does not look at a cancellation, which is a fault."""

NAMES = (
    *("demo http+sse", "demo streamable", "demo tool-stream"),
    *("honest http+sse", "honest streamable", "honest stateless"),
    *("sdk http+sse", "sdk streamable", "sdk json", "sdk polling", "sdk stateless"),
    *("everything http+sse", "everything streamable"),
)


class Servers:
    """All healthy servers by their names, started when they are first wanted, on clocks of `scale`."""

    def __init__(self, scale: float) -> None:
        self.scale = scale
        self._running: dict[str, Healthy] = {}
        self._programs: list[Program] = []
        self._stack = AsyncExitStack()
        self._demo: DemoServer | None = None
        self._honest: FaultServer | None = None

    async def close(self) -> None:
        for program in self._programs:
            program.kill()
        await self._stack.aclose()

    async def start(self, name: str) -> Healthy:
        if name not in self._running:
            kind, _, way = name.partition(" ")
            self._running[name] = await getattr(self, f"_{kind}_server")(way)
        return self._running[name]

    async def _demo_server(self, way: str) -> Healthy:
        if self._demo is None:
            self._demo = await self._stack.enter_async_context(DemoServer(heartbeat_s=5.0 * self.scale))
        if way == "http+sse":
            return Healthy(self._demo.sse_url, TransportName.HTTP_SSE, **DEMO)
        if way == "tool-stream":
            return Healthy(self._demo.tool_stream_url, TransportName.TOOL_STREAM, **DEMO)
        return Healthy(self._demo.url, TransportName.STREAMABLE_HTTP, **DEMO)

    async def _honest_server(self, way: str) -> Healthy:
        if self._honest is None:
            visit = Visit(transport=TransportName.STATELESS)  # any other keeps the server from speaking it
            faults = {"none": Fault("none", "Nothing.", Honest, Honest, visit)}
            self._honest = await self._stack.enter_async_context(FaultServer(scale=self.scale, faults=faults))
        path = "/sse" if way == "http+sse" else "/mcp"
        return Healthy(self._honest.url_of("none", "ok", path), _transport(way), **HONEST)

    async def _sdk_server(self, way: str) -> Healthy:
        options = {
            "http+sse": ("sdk", "sse"),
            "streamable": ("sdk", "streamable-http"),
            "json": ("sdk", "streamable-http", "json"),
            "polling": ("legacy", "500"),
            "stateless": ("modern",),
        }[way]
        command = [sys.executable, str(SERVERS / "hurried_server.py"), str(self.scale), *options]
        program = Program(command, free_port(), {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
        self._programs.append(program)
        await asyncio.to_thread(program.start)
        return Healthy(
            program.url("/sse" if way == "http+sse" else "/mcp"),
            _transport(way),
            **(POLLING if way == "polling" else SDK),
        )

    async def _everything_server(self, way: str) -> Healthy:
        mode = "sse" if way == "http+sse" else "streamableHttp"
        try:
            program = await asyncio.to_thread(start_everything, mode)
        except NotInstalled as error:
            pytest.fail(str(error), pytrace=False)
        self._programs.append(program)
        return Healthy(program.url(PATHS[mode]), _transport(way), **EVERYTHING)


def _transport(way: str) -> TransportName:
    return {"http+sse": TransportName.HTTP_SSE, "stateless": TransportName.STATELESS}.get(
        way, TransportName.STREAMABLE_HTTP
    )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def servers() -> AsyncIterator[Servers]:
    running = Servers(SCALE)
    yield running
    await running.close()


def loud(events: list[AnyEvent], scale: float = 1.0) -> list[str]:
    """What the diagnosis says above a note."""
    found = flat(diagnosed(events, scale))
    return [f"{f.rule} ({f.severity}, {f.grade}): {f.text}" for f in found if f.severity in LOUD]


async def cancel_a_call(session: Session, said: Said) -> None:
    """The user starts a long call and thinks better of it."""
    before = len(session.river)
    async with asyncio.TaskGroup() as group:
        calling = group.create_task(session.call_tool(said[0], dict(said[1])))
        await until(lambda: len(session.river) > before + 1)
        await asyncio.sleep(0.1)
        calling.cancel()
        with suppress(asyncio.CancelledError):
            await calling


async def use(healthy: Healthy, session: Session) -> None:
    """What a user does in the first minute, fast."""
    if healthy.lists and healthy.transport is not TransportName.TOOL_STREAM:
        assert (await session.list_tools()).ok
        await asyncio.gather(session.list_resources(), session.list_prompts())
    name, arguments = healthy.quick
    for _ in range(20):
        assert (await session.call_tool(name, dict(arguments))).ok
    answers = await asyncio.gather(*(session.call_tool(name, dict(arguments)) for _ in range(5)))
    assert all(answer.ok for answer in answers)
    for _ in range(2):
        assert (await session.call_tool(healthy.works[0], dict(healthy.works[1]))).ok
    if healthy.long is not None:
        await cancel_a_call(session, healthy.long)
    assert (await session.call_tool(name, dict(arguments))).ok


@pytest.mark.parametrize("name", NAMES)
async def test_fast_calls_a_cancelled_one_and_a_user_who_leaves_in_the_middle(servers: Servers, name: str) -> None:
    healthy = await servers.start(name)
    river = River()
    for number in (1, 2):
        async with asyncio.TaskGroup() as group, healthy.connect(river, number) as session:
            await use(healthy, session)
            if healthy.long is not None:
                group.create_task(session.call_tool(healthy.long[0], dict(healthy.long[1])))
                await asyncio.sleep(0.1)
    assert loud(river.since(0)) == []


async def blamed(servers: Servers, visit: Callable[[Healthy], Awaitable[list[str]]]) -> dict[str, list[str]]:
    """What there is to blame on whom when all are visited at once.

    Who seems to be to blame is visited again without the others: the clocks of a busy machine are no verdict.
    """
    suspects: dict[str, list[str]] = {name: [] for name in NAMES}
    for _ in range(VISITS):
        healthy = [await servers.start(name) for name in suspects]
        with hurried(SCALE):
            found = await asyncio.gather(*map(visit, healthy))
        suspects = {name: said for name, said in zip(suspects, found, strict=True) if said}
    return suspects


async def hold(healthy: Healthy) -> list[str]:
    """Stay connected for long, with a call now and then; what there is to blame."""
    river = River()
    now = asyncio.get_running_loop().time
    until_s = now() + LONG_S
    async with healthy.connect(river) as session:
        while now() < until_s:
            for name, arguments in (healthy.quick, healthy.works):
                assert (await session.call_tool(name, dict(arguments))).ok
            await asyncio.sleep(min(40.0 * SCALE, max(0.0, until_s - now())))
    return loud(river.since(0), SCALE)


async def test_ten_minutes_with_each_of_them(servers: Servers) -> None:
    assert await blamed(servers, hold) == {}


async def experiment(healthy: Healthy) -> list[str]:
    """Delays, slow reading and cuts by the laboratory, each with calls under it; what there is to blame."""
    river = River()
    async with healthy.connect(river) as session:

        async def call_both() -> None:
            for name, arguments in (healthy.quick, healthy.works):
                assert (await session.call_tool(name, dict(arguments))).ok

        laboratory = session.laboratory
        laboratory.delay(150, 300)
        await call_both()
        await asyncio.sleep(30.0 * SCALE)
        laboratory.delay(0, 0)
        laboratory.read_slowly(3_000)
        await call_both()
        laboratory.clear()
        await call_both()
        for how, is_calling in (("fin", False), ("rst", True)):
            await cut(healthy, session, how, is_calling=is_calling)
            await call_both()
    return loud(river.since(0), SCALE)


async def cut(healthy: Healthy, session: Session, how: str, *, is_calling: bool) -> None:
    """Cut all that is open, in the middle of a call or between two; wait until the session is there again."""
    async with asyncio.TaskGroup() as group:
        if is_calling and healthy.long is not None:
            calling = group.create_task(session.call_tool(healthy.long[0], dict(healthy.long[1]), timeout_s=0.6))
            await asyncio.sleep(0.1)
            assert not calling.done()
        with suppress(LabError):
            session.laboratory.drop(how=how)
        await asyncio.sleep(0.2)
        await until(lambda: session.state is ConnectionState.OPEN)


async def test_what_the_laboratory_does_is_nobodys_fault(servers: Servers) -> None:
    few = asyncio.Semaphore(4)  # what is slow because the machine is busy would be blamed on somebody

    async def in_turn(each: Healthy) -> list[str]:
        async with few:
            return await experiment(each)

    assert await blamed(servers, in_turn) == {}


class SleepyClock(FakeClock):
    """A clock of a machine that can sleep: the wall clock goes on, the monotonic one does not."""

    def sleep(self, seconds: float) -> None:
        self._start += seconds


class Night(Talk):
    """A session with a stream that has a heartbeat every five seconds; now and then the machine sleeps."""

    clock: SleepyClock
    stream = 1

    def __init__(self) -> None:
        super().__init__()
        self.clock = SleepyClock()
        self.state(ConnectionState.CONNECTING, reason="Connecting.")
        self.state(ConnectionState.OPEN, reason="Open.")

    def beat(self, count: int) -> None:
        for _ in range(count):
            self.wait(5_000)
            self.comment(self.stream, f"ping {self.clock.time():.0f}")

    def open(self) -> None:
        self.stream += 1
        self.send(self.stream, "GET", "stream", url="https://mcp.example/mcp")
        self.headers(self.stream)
        self.chunk(self.stream, b": connected\n\n")

    def sleep(self, hours: float = 1.0) -> None:
        self.clock.sleep(hours * 3600.0)
        self.wait(30)


@pytest.mark.parametrize("cause", [EndCause.RESET, EndCause.CUT_MID_BODY, EndCause.END_OF_STREAM])
async def test_what_a_night_has_ended_is_nobodys_fault(cause: EndCause) -> None:
    night = Night()
    for _ in range(4):
        night.open()
        night.beat(4)
        night.sleep()
        night.end(night.stream, cause)
        night.wait(1_000)
    assert loud(night.since(0)) == []


async def test_a_stream_that_does_not_wake_up_is_nobodys_fault() -> None:
    night = Night()
    night.open()
    night.beat(6)
    night.sleep()
    night.wait(120_000)
    night.end(night.stream, EndCause.CLOSED_BY_US)
    assert loud(night.since(0)) == []


async def test_a_call_that_was_running_when_the_machine_fell_asleep() -> None:
    night = Night()
    night.open()
    night.beat(3)
    night.send(90, url="https://mcp.example/mcp")
    asked = night.ask(90)
    night.sleep()
    night.end(90, EndCause.RESET)
    night.fail(asked, Outcome.LOST, 30.0)
    night.end(night.stream, EndCause.RESET)
    assert loud(night.since(0)) == []


async def test_without_a_night_the_same_is_blamed() -> None:
    """The rivers above are silent because of the sleep, not because nobody looks."""
    night = Night()
    for _ in range(4):
        night.open()
        night.beat(4)
        night.wait(30_000)
        night.end(night.stream, EndCause.CUT_MID_BODY)
        night.wait(1_000)
    assert loud(night.since(0)) != []
