"""A soak with its figures: the session it holds, the folds over what comes, and nothing kept that was folded."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from inspector.diagnose.engine import Engine
from inspector.diagnose.finding import Finding
from inspector.exports.feeding import BUDGET_NS, Feed, flow
from inspector.exports.memory import rss_bytes
from inspector.record.flight import Flight
from inspector.record.recorder import Recorder
from inspector.session.failure import ConnectError
from inspector.session.options import Options
from inspector.session.session import Session
from inspector.session.soak import Soak, SoakPlan
from inspector.stats.availability import Availability, AvailabilityReport
from inspector.stats.counts import Counts
from inspector.stats.latency import LatencyRow, LatencyStats
from inspector.stats.resumption import Resumptions
from inspector.trace.events import AnyEvent, SessionReady
from inspector.trace.fold import Fold, runs
from inspector.trace.river import River
from inspector.wire.http import mask_url

SILENCE_NS = 500_000_000
"""What happened before that is in the river by now."""
MEMORY_EVERY_S = 5.0


@dataclass(frozen=True, slots=True)
class Resumed:
    """What became of the streams that were resumed: how many, and their events in sum."""

    times: int = 0
    replayed: int = 0
    lost: int = 0
    duplicated: int = 0
    reordered: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SoakReport:
    """How it went until now; `is_over` says that the soak has ended, `error` why there never was a connection.

    `apart_ms` is for how long there was no session at all, which `availability` of each cannot know."""

    subject: str
    plan: SoakPlan
    begun_at_s: float
    elapsed_s: float
    availability: AvailabilityReport
    total: LatencyRow
    called: LatencyRow | None
    resumed: Resumed
    findings: tuple[Finding, ...] = ()
    server: str = ""
    transport: str = ""
    protocol_version: str = ""
    sessions: int = 0
    connect_failures: int = 0
    apart_ms: float = 0.0
    events: int = 0
    bytes_received: int = 0
    comments: int = 0
    memory_start_bytes: int | None = None
    memory_end_bytes: int | None = None
    memory_most_bytes: int | None = None
    is_over: bool = False
    error: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether it lasted as long as it was meant to."""
        return self.is_over and not self.error and self.elapsed_s >= self.plan.for_s

    @property
    def uptime_share(self) -> float | None:
        """Up / (up + down), where the time between two sessions is down as well; None if it was never up."""
        now = self.availability
        if not self.apart_ms or now.uptime_share is None:
            return now.uptime_share
        return now.up_ms / (now.up_ms + now.down_ms + self.apart_ms)

    @property
    def failed_calls(self) -> int:
        """The calls that were answered with an error, or not in time."""
        row = self.called
        return row.errors + row.timed_out if row else 0

    @property
    def lost_calls(self) -> int:
        """What was under way when the connection broke, or could not be brought to its end."""
        return max(self.availability.calls_lost_count, self.called.lost if self.called else 0)


@dataclass(slots=True)
class _Memory:
    """What the process holds, measured now and then; the first one is taken when the connection stands."""

    start_bytes: int | None = None
    end_bytes: int | None = None
    most_bytes: int | None = None
    _next_ns: int = 0

    def measure(self, now_ns: int) -> None:
        if now_ns < self._next_ns:
            return
        self._next_ns = now_ns + int(MEMORY_EVERY_S * 1e9)
        held_bytes = self.end_bytes = rss_bytes()
        if held_bytes is not None:
            self.start_bytes = self.start_bytes or held_bytes
            self.most_bytes = max(self.most_bytes or 0, held_bytes)


@dataclass(slots=True)
class SoakFigures:
    """The folds over the river of a soak."""

    latency: LatencyStats = field(default_factory=LatencyStats)
    availability: Availability = field(default_factory=Availability)
    resumptions: Resumptions = field(default_factory=Resumptions)
    counts: Counts = field(default_factory=Counts)
    engine: Engine = field(default_factory=Engine)
    ready: SessionReady | None = None
    _told: Fold = field(init=False)

    def __post_init__(self) -> None:
        self._told = Fold({SessionReady: self._on_ready})

    def fold(self, events: Sequence[AnyEvent]) -> None:
        """Take in the next events of the river."""
        pieces = runs(events)
        for fold in (self.latency, self.availability, self.resumptions, self.counts, self.engine, self._told):
            fold.take(pieces)

    def resumed(self) -> Resumed:
        """The resumptions in sum."""
        made = self.resumptions.resumptions
        sums = (
            sum(getattr(each, name) or 0 for each in made) for name in ("replayed", "lost", "duplicated", "reordered")
        )
        return Resumed(len(made), *sums)

    def _on_ready(self, event: SessionReady) -> None:
        self.ready = event


class Soaking:
    """Runs a soak on a river of its own and folds what comes; with `record` everything stands in that file as well.

    `run` may be cancelled: the report can be had all the same.
    """

    def __init__(self, options: Options, plan: SoakPlan, record: Path | None = None) -> None:
        """Raises `StoreError` if the file cannot be written."""
        self.river = River()
        self.figures = SoakFigures()
        self.is_over = False
        self.failure: ConnectError | None = None
        self._options = replace(options, reconnect=True)
        self._memory = _Memory()
        self.soak = Soak(plan, self._open)
        self._begun_at_s = self.river.clock.time()
        self._begun_ns = self._ended_ns = self.river.clock.monotonic_ns()
        self._flight: Flight | None = None
        self._recorder: Recorder | None = None
        self._feed: Feed | None = None
        if record is None:
            self._feed = Feed(self.river, self.figures.fold)
        else:
            self._recorder = Recorder(self.river)
            self._recorder.watchers.append(self.figures.fold)
            self._flight = Flight(self._recorder, record)

    async def run(self, on_tick: Callable[[], None] = lambda: None) -> None:
        """Until the time is up or the soak is stopped. Raises `ConnectError` if there never was a connection.

        `on_tick` is called some times a second.
        """
        self._begun_ns = self.river.clock.monotonic_ns()
        try:
            async with asyncio.TaskGroup() as group:
                feeding = group.create_task(flow(self._behind, self._take, lambda: self._look(on_tick)))
                try:
                    await self._soak()
                finally:
                    feeding.cancel()
        finally:
            self._end()
        if self.failure is not None:
            raise self.failure

    async def _soak(self) -> None:
        try:
            await self.soak.run()
        except ConnectError as error:
            self.failure = error

    def stop(self) -> None:
        """End it before its time, in order."""
        self.soak.stop()

    def report(self) -> SoakReport:
        """How it has gone until now."""
        figures, ready, soak = self.figures, self.figures.ready, self.soak
        now_ns = self._ended_ns if self.is_over else self.river.clock.monotonic_ns()
        key = f"tools/call {soak.plan.tool}"
        return SoakReport(
            subject=mask_url(self._options.url),
            plan=soak.plan,
            begun_at_s=self._begun_at_s,
            elapsed_s=(now_ns - self._begun_ns) / 1e9,
            availability=figures.availability.report(now_ns),
            total=figures.latency.total(),
            called=next((row for row in figures.latency.rows() if row.key == key), None) if soak.plan.tool else None,
            resumed=figures.resumed(),
            findings=tuple(figures.engine.findings()),
            server=f"{ready.server_name} {ready.server_version}".strip() if ready else "",
            transport=ready.transport if ready else "",
            protocol_version=ready.protocol_version if ready else "",
            sessions=soak.sessions,
            connect_failures=soak.connect_failures,
            apart_ms=soak.apart_s * 1e3,
            events=figures.counts.received,
            bytes_received=figures.counts.bytes_received,
            comments=figures.counts.comments,
            memory_start_bytes=self._memory.start_bytes,
            memory_end_bytes=self._memory.end_bytes,
            memory_most_bytes=self._memory.most_bytes,
            is_over=self.is_over,
            error=self.failure.sentence if self.failure else "",
        )

    def _open(self, number: int) -> Session:
        return Session(self._options, self.river, number)

    def _look(self, on_tick: Callable[[], None]) -> None:
        now_ns = self.river.clock.monotonic_ns()
        if not self._behind():
            self.figures.engine.advance(now_ns - SILENCE_NS)
        if self.soak.sessions:
            self._memory.measure(now_ns)
        on_tick()

    def _behind(self) -> int:
        if self._feed is not None:
            return self._feed.behind
        return self._recorder.behind if self._recorder else 0

    def _take(self) -> None:
        if self._feed is not None:
            self._feed.take()
        elif self._recorder is not None:
            self._recorder.pull(BUDGET_NS)

    def _end(self) -> None:
        """Fold the rest, and close the recording."""
        if self._flight is not None:
            with suppress(OSError):
                self._flight.end()
        if self._feed is not None:
            self._feed.catch_up()
        self._memory.measure(1 << 62)
        self._ended_ns = self.river.clock.monotonic_ns()
        self.is_over = True
