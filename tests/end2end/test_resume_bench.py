"""The resume bench: the official SDK with an event store loses nothing, and servers that do are found out."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

import inspector
from inspector.servers.demo import DemoServer
from inspector.session.resume_bench import BenchPlan, BenchReport, Cut, ResumeBench
from inspector.trace.events import EndCause, LabActed, StreamEnded
from tests.end2end.conftest import SERVERS, Program, free_port, streamable
from tests.end2end.river_check import until
from tests.end2end.servers.faults import Connection, FaultServer, Json, Request, StreamableMcp, text_of

RETRY_MS = 50
STEPS = 6


@pytest.fixture(scope="module")
def legacy() -> Iterator[Program]:
    """The server, once for all tests of this file."""
    program = Program([sys.executable, str(SERVERS / "legacy_server.py"), str(RETRY_MS)], free_port())
    program.start()
    yield program
    program.kill()


async def bench(session: inspector.Session, tool: str, arguments: Json | None = None, **plan: Any) -> BenchReport:
    return await ResumeBench(session, BenchPlan(tool, arguments or {}, **plan)).run()


def sums(report: BenchReport) -> tuple[int, int, int, int]:
    found = [cut.difference for cut in report.cuts]
    return (
        sum(each.lost for each in found),
        sum(each.duplicated for each in found),
        sum(each.reordered for each in found),
        sum(each.extra for each in found),
    )


@pytest.mark.parametrize(("how", "mid_event"), [("fin", False), ("rst", False), ("fin", True)])
async def test_the_official_sdk_with_an_event_store_loses_nothing(legacy: Program, how: str, mid_event: bool) -> None:
    arguments = {"name": f"{how} {mid_event}", "steps": 4, "pause_s": 0.05}
    async with streamable(legacy.url("/mcp")) as session:
        report = await bench(session, "work", arguments, cuts=3, how=how, mid_event=mid_event)
        assert session.laboratory.active == ()
    assert report.is_good and sums(report) == (0, 0, 0, 0), report.words
    assert [cut.place for cut in report.cuts] == [0, 2, 4] and report.whole.was_primed
    assert report.words == "3 cuts, all resumed without a loss: 0 lost, 0 duplicated, 0 reordered."
    for cut in report.cuts:
        assert cut.run.was_cut and cut.run.before == cut.place and cut.run.statuses == [200], cut
        assert (cut.run.asked_ms, cut.run.delay_ms) == (RETRY_MS, RETRY_MS)
        assert len(cut.run.resumed_from) == 1 and len(cut.run.got) == 5
    events = session.river.since(0)
    cuts = [e for e in events if isinstance(e, StreamEnded) and e.cause is EndCause.DROPPED_BY_US]
    assert len(cuts) == 3 and sum(isinstance(e, LabActed) for e in events) >= 6


Replay = Callable[[list[bytes], int], list[tuple[int, bytes]]]
"""Which events a server sends to whoever has seen so many of them: each with its number, from 1."""


def honest(events: list[bytes], seen: int) -> list[tuple[int, bytes]]:
    return list(enumerate(events, 1))[seen:]


def twice(events: list[bytes], seen: int) -> list[tuple[int, bytes]]:
    return [each for each in honest(events, seen) for _ in range(2)]


def skipping(events: list[bytes], seen: int) -> list[tuple[int, bytes]]:
    return honest(events, seen + 1) if seen + 1 < len(events) else honest(events, seen)


def from_the_start(events: list[bytes], seen: int) -> list[tuple[int, bytes]]:
    return honest(events, 0)


def backwards(events: list[bytes], seen: int) -> list[tuple[int, bytes]]:
    """All but the answer in the wrong order."""
    *rest, answer = honest(events, seen)
    return [*reversed(rest), answer]


def with_more(events: list[bytes], seen: int) -> list[tuple[int, bytes]]:
    stray = b'{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"stray"}}'
    return [(99, stray), *honest(events, seen)]


@dataclass
class Store:
    """A server that keeps the events of each call, and replays them as it is told."""

    replay: Replay
    priming: bool = True
    ids: bool = True
    varies: bool = False
    status: int = 200
    calls: list[list[bytes]] = field(default_factory=list)

    def events_of(self, message: Json) -> list[bytes]:
        token, salt = message["params"].get("_meta", {}).get("progressToken"), len(self.calls) if self.varies else 0
        params = [{"progressToken": token, "progress": n, "message": f"{n}, {salt}"} for n in range(1, STEPS)]
        steps: list[Json] = [{"jsonrpc": "2.0", "method": "notifications/progress", "params": each} for each in params]
        return [json.dumps(each).encode() for each in (*steps, text_of(message, f"done, {salt}"))]

    async def call(self, connection: Connection, request: Request, message: Json) -> None:
        self.calls.append(self.events_of(message))
        number = len(self.calls)
        await connection.stream()
        if self.priming:
            await connection.event(b"", f"{number}/0", RETRY_MS)
        await self.send(connection, number, list(enumerate(self.calls[-1], 1)))

    async def listen(self, connection: Connection, request: Request) -> None:
        number, _, seen = request.headers.get("last-event-id", "").partition("/")
        if not number:
            await connection.answer(405)
        elif self.status != 200:
            await connection.answer(self.status, "text/plain", b"no")
        else:
            await connection.stream()
            await self.send(connection, int(number), self.replay(self.calls[int(number) - 1], int(seen)))

    async def send(self, connection: Connection, number: int, events: Sequence[tuple[int, bytes]]) -> None:
        for place, data in events:
            await connection.event(data, f"{number}/{place}" if self.ids else None)
        await connection.end()


async def tried(server: FaultServer, mcp: StreamableMcp, store: Store, **plan: Any) -> BenchReport:
    mcp.on["tools/call"], mcp.listen = store.call, store.listen
    async with streamable(server.url(), listen=False) as session:
        return await bench(session, "steps", **{"cuts": 2, **plan})


@pytest.mark.parametrize("varies", [False, True])
@pytest.mark.parametrize(
    ("replay", "expected", "words"),
    [
        (honest, (0, 0, 0, 0), "Nothing lost, nothing twice."),
        (twice, (0, 7, 0, 0), "came twice"),
        (skipping, (1, 0, 0, 0), "1 lost"),
        (from_the_start, (0, 5, 0, 0), "it ignores Last-Event-ID"),
        (with_more, (0, 0, 0, 2), "not in the whole run"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
async def test_what_a_server_does_wrong_is_said(
    server: FaultServer,
    mcp: StreamableMcp,
    replay: Replay,
    expected: tuple[int, ...],
    words: str,
    varies: bool,
) -> None:
    report = await tried(server, mcp, Store(replay, varies=varies))
    assert [cut.place for cut in report.cuts] == [0, 5]
    assert sums(report) == expected, report
    assert report.is_good == (not any(expected))
    assert any(words in cut.words for cut in report.cuts), [cut.words for cut in report.cuts]
    by_content = {cut.difference.is_by_content for cut in report.cuts if cut.place or not varies}
    assert by_content == {not varies}


async def test_events_out_of_order_are_counted(server: FaultServer, mcp: StreamableMcp) -> None:
    report = await tried(server, mcp, Store(backwards))
    assert sums(report) == (0, 0, 4, 0) and "4 out of order" in report.cuts[0].words
    assert "1 of 2 cuts went wrong" in report.words


async def test_another_stream_that_is_resumed_meanwhile_is_left_alone(server: FaultServer, mcp: StreamableMcp) -> None:
    """The stand-alone stream ends again and again, and comes back with ids of its own."""
    store, said = Store(honest), 0
    note = b'{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}'

    async def listen(connection: Connection, request: Request) -> None:
        nonlocal said
        if request.headers.get("last-event-id", "g/").startswith("g/"):
            said += 1
            await connection.stream()
            await connection.event(note, f"g/{said}", RETRY_MS)
            await connection.end()
        else:
            await store.listen(connection, request)

    mcp.on["tools/call"], mcp.listen = store.call, listen
    async with streamable(server.url()) as session:
        await until(lambda: said > 1)
        report = await bench(session, "steps", cuts=2)
    assert report.is_good and said > 5, report.words
    assert all(len(cut.run.resumed_from) == 1 for cut in report.cuts)


async def test_a_refusal_is_named(server: FaultServer, mcp: StreamableMcp) -> None:
    report = await tried(server, mcp, Store(honest, status=400), cuts=1)
    (cut,) = report.cuts
    assert not cut.is_good and "refused with HTTP status 400" in cut.words and "6 lost" in cut.words
    assert cut.run.answer.outcome is not None


async def test_without_a_priming_event_it_is_said_and_the_first_cut_comes_later(
    server: FaultServer, mcp: StreamableMcp
) -> None:
    report = await tried(server, mcp, Store(honest, priming=False))
    assert [cut.place for cut in report.cuts] == [1, 5] and report.is_good
    assert "does not begin with a priming event" in report.words


@pytest.mark.parametrize(
    ("store", "words"),
    [
        (Store(honest, priming=False, ids=False), "No event of the stream has an id"),
        (None, "plain JSON, which cannot be resumed"),
    ],
)
async def test_what_cannot_be_cut_is_said(
    server: FaultServer, mcp: StreamableMcp, store: Store | None, words: str
) -> None:
    if store is not None:
        report = await tried(server, mcp, store)
    else:
        async with streamable(server.url(), listen=False) as session:
            report = await bench(session, "echo")
    assert words in report.obstacle and report.words == report.obstacle and not report.is_good
    assert len([method for method in server.methods() if method == "tools/call"]) == 1


async def test_a_transport_that_cannot_resume_is_named_and_nothing_is_called() -> None:
    async with DemoServer() as demo, inspector.connect(demo.sse_url, transport="http+sse") as session:
        report = await bench(session, "echo", {"text": "hi"})
    assert "this session speaks HTTP+SSE" in report.words and not report.is_good
    assert not any(getattr(event, "name", None) == "echo" for event in session.river.since(0))


async def test_a_failed_whole_run_is_not_compared_with(server: FaultServer, mcp: StreamableMcp) -> None:
    async def hang(connection: Connection, request: Request, message: Json) -> None:
        await connection.stream()
        await connection.hang()

    mcp.on["tools/call"] = hang
    async with streamable(server.url(), listen=False) as session:
        report = await bench(session, "steps", limit_s=0.2)
    assert "got no answer" in report.words and report.cuts == ()


async def test_stopping_takes_the_rule_away(server: FaultServer, mcp: StreamableMcp) -> None:
    store = Store(honest)
    mcp.on["tools/call"], mcp.listen = store.call, store.listen
    begun = asyncio.Event()
    told: list[Cut] = []

    async def slowly(connection: Connection, request: Request, message: Json) -> None:
        if begun.is_set():
            await connection.stream()
            await connection.hang()
        else:
            await store.call(connection, request, message)

    mcp.on["tools/call"] = slowly
    async with streamable(server.url(), listen=False) as session, asyncio.TaskGroup() as group:
        plan = BenchPlan("steps", cuts=2)
        task = group.create_task(ResumeBench(session, plan).run(lambda cuts: begun.set(), told.append))
        await until(lambda: bool(store.calls and session.laboratory.active))
        task.cancel()
        await asyncio.wait({task})
        assert session.laboratory.active == () and told == []
