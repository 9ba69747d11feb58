"""Runs against a scripted server, with every fold of the window taking the river while it goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import perf_counter_ns
from typing import Any

import inspector
from inspector.stats.availability import Availability
from inspector.stats.call_timing import CallTiming
from inspector.stats.latency import LatencyStats
from inspector.stats.percentiles import percentile
from inspector.stats.reconnects import ReconnectStats
from inspector.stats.resumption import Resumptions
from inspector.stats.series import Series
from inspector.stats.streams import StreamStats
from inspector.trace.fold import Fold, runs
from inspector.trace.river import River
from tests.support.scripted import Compared, Log, Scripted

TICK_S, BEHIND_S = 0.05, 0.005
BUDGET_NS = 3_000_000
BATCH = 100
SETTLE_S = 0.05
FLOOD_PER_S = 5_000
SERVER_MS = 55.0
SERVER_TIMING = {"server-timing": f"total;dur={SERVER_MS}"}
CALL = (
    *(
        ["wait", 60],
        ["headers", SERVER_TIMING],
        ["wait", 40],
        ["progress", 1, 2],
        ["wait", 30],
        ["text", "one"],
        ["wait", 55],
    ),
    *(["text", "two"], ["wait", 20], ["comment", "ping"], ["wait", 25], ["answer"], ["wait", 35], ["end"]),
)
"""A call in which every part is long enough to be told from the others."""


class Figures:
    """The folds, which take what is new twenty times a second, as in the window."""

    def __init__(self, river: River) -> None:
        self._reader = river.reader()
        self.latency = LatencyStats()
        self.streams = StreamStats()
        self.reconnects = ReconnectStats()
        self.availability = Availability()
        self.resumptions = Resumptions()
        self.series = Series()

    def take(self, budget_ns: int | None = None) -> None:
        """Fold all there is, or for so long."""
        deadline_ns = None if budget_ns is None else perf_counter_ns() + budget_ns
        folds: tuple[Fold, ...] = (
            *(self.latency, self.streams, self.reconnects, self.availability, self.resumptions, self.series),
        )
        while self._reader.behind:
            pieces = runs(self._reader.take(BATCH))
            for fold in folds:
                fold.take(pieces)
            if deadline_ns is not None and perf_counter_ns() > deadline_ns:
                return

    async def follow(self) -> None:
        """Take what comes, until cancelled."""
        while True:
            self.take(BUDGET_NS)
            await asyncio.sleep(BEHIND_S if self._reader.behind else TICK_S)


@asynccontextmanager
async def watched(url: str, transport: str) -> AsyncIterator[tuple[inspector.Session, Figures]]:
    """A session with its figures, which are complete once the block is left."""
    river = River()
    figures = Figures(river)
    following = asyncio.get_running_loop().create_task(figures.follow())
    try:
        async with inspector.connect(url, transport=transport, river=river) as session:
            yield session, figures
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        figures.take()


@dataclass(frozen=True)
class Made:
    """A call that was answered: when we made it by a stop watch of our own, and the number of its request."""

    label: str
    made_ns: int
    request_n: int

    def ms(self, log: Log, what: str, **facts: Any) -> float:
        """How long after that the server did something for it."""
        return (log.of(self.label).ns(what, **facts) - self.made_ns) / 1e6


async def call(session: inspector.Session, label: str, steps: tuple[list[Any], ...]) -> Made:
    """One call of the script tool, with a progress token."""
    made_ns = perf_counter_ns()
    answer = await session.call_tool("script", {"label": label, "steps": list(steps)}, on_progress=lambda _: None)
    assert answer.ok and answer.request_n is not None, answer.sentence
    return Made(label, made_ns, answer.request_n)


@asynccontextmanager
async def flooded(session: inspector.Session, seconds: float) -> AsyncIterator[None]:
    """5,000 events/s on a stream of their own while the block lasts."""
    steps = (["headers"], ["flood", round(seconds * FLOOD_PER_S), FLOOD_PER_S], ["answer"], ["end"])
    async with asyncio.TaskGroup() as group:
        group.create_task(call(session, "flood", steps))
        await asyncio.sleep(SETTLE_S)
        yield


def compare_call(timing: CallTiming, made: Made, log: Log) -> list[Compared]:
    """Each part of one call beside what the server did and our stop watch says."""
    own = log.of(made.label)
    gaps_ms = sorted(own.gaps_ms("event"))
    silence_ms = (own.ns("end") - own.ns("event", is_answer=True)) / 1e6
    return [
        Compared("sent", timing.sent_ms, made.ms(log, "request")),
        Compared("headers", timing.headers_ms, made.ms(log, "headers")),
        Compared("server", timing.server_ms, SERVER_MS),
        Compared("network", timing.network_ms, made.ms(log, "headers") - SERVER_MS),
        Compared("first byte", timing.first_byte_ms, made.ms(log, "event")),
        Compared("first event", timing.first_event_ms, made.ms(log, "event")),
        Compared("first progress", timing.first_progress_ms, made.ms(log, "event", is_progress=True)),
        Compared("gap p50", timing.gaps.p50_ms, percentile(gaps_ms, 50)),
        Compared("gap p95", timing.gaps.p95_ms, percentile(gaps_ms, 95)),
        Compared("gap max", timing.gaps.max_ms, gaps_ms[-1]),
        Compared("last event to end", timing.last_event_to_end_ms, silence_ms),
        Compared("total", timing.total_ms, made.ms(log, "event", is_answer=True)),
    ]


async def one_call(server: Scripted, *, is_flooded: bool) -> list[Compared]:
    """One call taken apart, idle or beside a flood."""
    async with watched(server.url, "streamable-http") as (session, figures):
        label = f"call-{len(server.log().entries)}"
        if is_flooded:
            async with flooded(session, 0.5):
                made = await call(session, label, CALL)
        else:
            made = await call(session, label, CALL)
        await asyncio.sleep(SETTLE_S)
    timing = figures.latency.calls.timing(made.request_n)
    assert timing is not None
    return compare_call(timing, made, server.log())


async def many_calls(server: Scripted, count: int, *, is_flooded: bool) -> list[Compared]:
    """The percentiles of calls of many lengths."""
    waits_ms = [3 + (number * 37) % 60 for number in range(count)]
    all_made: list[Made] = []
    async with watched(server.url, "streamable-http") as (session, figures):
        prefix = f"many-{len(server.log().entries)}"

        async def make() -> None:
            for number, wait_ms in enumerate(waits_ms):
                steps = (["headers"], ["wait", wait_ms], ["text", "x"], ["wait", wait_ms], ["answer"], ["end"])
                all_made.append(await call(session, f"{prefix}-{number}", steps))

        if is_flooded:
            async with flooded(session, sum(waits_ms) * 2.2e-3):
                await make()
        else:
            await make()
        await asyncio.sleep(SETTLE_S)
    timings = [timing for made in all_made if (timing := figures.latency.calls.timing(made.request_n))]
    assert len(timings) == count
    found = _compare_percentiles(timings, all_made, server.log())
    return found if is_flooded else found + _compare_row(figures, all_made, server.log())


def _truths(all_made: Sequence[Made], log: Log) -> dict[str, list[float]]:
    return {
        "total": sorted(made.ms(log, "event", is_answer=True) for made in all_made),
        "first event": sorted(made.ms(log, "event") for made in all_made),
        "gap": sorted(log.of(made.label).gaps_ms("event")[0] for made in all_made),
    }


def _compare_percentiles(timings: Sequence[CallTiming], all_made: Sequence[Made], log: Log) -> list[Compared]:
    """Percentiles over what was measured of each call."""
    truths = _truths(all_made, log)
    ours = {
        "total": sorted(timing.total_ms or 0.0 for timing in timings),
        "first event": sorted(timing.first_event_ms or 0.0 for timing in timings),
        "gap": sorted(timing.gaps.max_ms or 0.0 for timing in timings),
    }
    return [
        Compared(f"{name} p{p}", percentile(ours[name], p), percentile(truths[name], p))
        for name in ours
        for p in (50, 95, 99)
    ]


def _compare_row(figures: Figures, all_made: Sequence[Made], log: Log) -> list[Compared]:
    """The row of the latency table."""
    truths = _truths(all_made, log)
    row = next(row for row in figures.latency.rows() if row.key == "tools/call script")
    assert (row.count, row.in_flight, row.errors) == (len(all_made), 0, 0)
    return [
        Compared("row p50", row.p50_ms, percentile(truths["total"], 50)),
        Compared("row p95", row.p95_ms, percentile(truths["total"], 95)),
        Compared("row p99", row.p99_ms, percentile(truths["total"], 99)),
        Compared("row max", row.max_ms, truths["total"][-1]),
        Compared("row first event", row.ttfe_p50_ms, percentile(truths["first event"], 50)),
        Compared("row gap p95", row.gap_p95_ms, percentile(truths["gap"], 95)),
    ]
