"""The same call at two addresses, side by side: what each took, and which difference is more than chance."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from io import BytesIO

from inspector.exports.feeding import Feed, flow
from inspector.record.formats.markdown import Report, Table, write_markdown
from inspector.record.text import counted, duration
from inspector.session.failure import ConnectError
from inspector.session.options import Options
from inspector.session.session import Session
from inspector.session.side_by_side import SideBySide, SidePlan
from inspector.stats.baselines import Delta, compare
from inspector.stats.call_times import CallTimes
from inspector.stats.call_timing import ANSWERED, CallTiming
from inspector.trace.events import AnyEvent, SessionReady
from inspector.trace.fold import Fold, runs
from inspector.trace.river import River
from inspector.wire.http import mask_url

_NOTHING = "–"
BURST_SHARE = 0.2
"""Where the longest gap of a call shrinks to less than this share, what came apart comes together."""
BURST_MS = 20.0

Take = Callable[[CallTiming], float | None]
MEASURES: tuple[tuple[str, Take, float], ...] = (
    ("Round trip p50", lambda call: call.total_ms, 50),
    ("Round trip p95", lambda call: call.total_ms, 95),
    ("Headers p50", lambda call: call.headers_ms, 50),
    ("First event p50", lambda call: call.first_event_ms, 50),
    ("First progress p50", lambda call: call.first_progress_ms, 50),
    ("Longest gap p50", lambda call: call.gaps.max_ms, 50),
)
"""What is compared: its name, where a call has it, and which percentile of all calls."""
_FIRST_EVENT, _GAP = "First event p50", "Longest gap p50"


@dataclass(frozen=True, slots=True)
class Side:
    """What one address did: its calls that count, and how many of them were not answered well."""

    url: str
    server: str
    http_version: str
    calls: tuple[CallTiming, ...]

    @property
    def failed(self) -> int:
        return sum(call.outcome != ANSWERED for call in self.calls)

    def values(self, take: Take) -> list[float]:
        """One measure of each call that was answered well."""
        found = (take(call) for call in self.calls if call.outcome == ANSWERED)
        return [value for value in found if value is not None]


@dataclass(frozen=True, slots=True)
class SidesReport:
    """Both addresses; `deltas` are the second minus the first, by the names of `MEASURES`."""

    first: Side
    second: Side
    deltas: dict[str, Delta]
    rounds: int
    planned: int

    @property
    def words(self) -> str:
        """The outcome in a sentence or two."""
        if not self.rounds:
            return "No round was finished, so there is nothing to compare."
        sure = [f"{name} {delta.words}" for name, delta in self.deltas.items() if delta.is_sure]
        rounds = counted(self.rounds, "round")
        told = "; ".join(sure) if sure else "no difference that these calls can show"
        sentences = [f"The second address in {rounds}: {told}."]
        if self.is_burst:
            sentences.append("Its events come together where they come apart at the first: something holds them back.")
        for place, side in (("first", self.first), ("second", self.second)):
            if side.failed:
                sentences.append(f"{counted(side.failed, 'call')} failed at the {place} address.")
        return " ".join(sentences)

    @property
    def is_burst(self) -> bool:
        """Whether something on the way to the second address gathers the events of a call, as a proxy that buffers."""
        first, gap = self.deltas[_FIRST_EVENT], self.deltas[_GAP]
        later = first.is_sure and (first.delta_ms or 0) > 0
        before_ms, after_ms = gap.before_ms or 0.0, gap.after_ms or 0.0
        return later and before_ms > BURST_MS and after_ms < BURST_SHARE * before_ms

    def rows(self) -> list[tuple[str, str, str, str]]:
        """The table: measure, first address, second address, the difference in words."""
        counts = [("Calls", str(len(self.first.calls)), str(len(self.second.calls)), "")]
        counts += [("Failed", str(self.first.failed), str(self.second.failed), "")]
        counts += [("HTTP version", self.first.http_version or _NOTHING, self.second.http_version or _NOTHING, "")]
        return counts + [
            (name, _ms(delta.before_ms), _ms(delta.after_ms), delta.words if delta.before_ms is not None else _NOTHING)
            for name, delta in self.deltas.items()
        ]


def as_markdown(report: SidesReport, plan: SidePlan) -> str:
    """For a bug report."""
    first, second = report.first, report.second
    facts = [
        ("First address", f"{first.url} ({first.server})"),
        ("Second address", f"{second.url} ({second.server})"),
        ("Call", f"{plan.tool}, by turns, {counted(report.rounds, 'round')} after one to warm up"),
        ("Outcome", report.words),
    ]
    columns = ("Measure", "First", "Second", "Second minus first")
    table = Table("Side by side", columns, report.rows(), frozenset({1, 2}))
    out = BytesIO()
    write_markdown(Report("Two addresses called alike", facts, [table]), out)
    return out.getvalue().decode()


@dataclass(slots=True)
class _Fold:
    """What is folded of one address."""

    options: Options
    river: River = field(default_factory=River)
    calls: CallTimes = field(default_factory=CallTimes)
    ready: SessionReady | None = None
    _told: Fold = field(init=False)

    def __post_init__(self) -> None:
        self._told = Fold({SessionReady: self._on_ready})

    def fold(self, events: Iterable[AnyEvent]) -> None:
        pieces = runs(list(events))
        self.calls.take(pieces)
        self._told.take(pieces)

    def side(self, key: str, from_n: int) -> Side:
        calls = tuple(
            call
            for call in self.calls.timings()
            if call.key == key and call.request_n >= from_n and call.settled_ns is not None
        )
        ready = self.ready
        version = next((call.http_version for call in reversed(calls) if call.http_version), "")
        server = f"{ready.server_name} {ready.server_version}".strip() if ready else ""
        return Side(mask_url(self.options.url), server, version, calls)

    def _on_ready(self, event: SessionReady) -> None:
        self.ready = event


class Comparing:
    """Calls two addresses by turns, each over a session and a river of its own."""

    def __init__(self, first: Options, second: Options, plan: SidePlan) -> None:
        self.plan = plan
        self._sides = (_Fold(first), _Fold(second))
        self._feeds = tuple(Feed(side.river, side.fold) for side in self._sides)
        self._calling: SideBySide | None = None

    async def run(self, on_tick: Callable[[], None] = lambda: None) -> None:
        """Until all rounds are made. Raises `ConnectError` if one of them cannot be reached.

        It may be cancelled: the report is then about the rounds that were made.
        """
        failure: ConnectError | None = None
        async with asyncio.TaskGroup() as group:
            feeding = group.create_task(flow(self._behind, self._take, on_tick))
            try:
                await self._call()
            except ConnectError as error:
                failure = error
            finally:
                feeding.cancel()
        if failure is not None:
            raise failure

    async def _call(self) -> None:
        async with AsyncExitStack() as stack:
            first, second = [await stack.enter_async_context(Session(s.options, s.river)) for s in self._sides]
            self._calling = SideBySide(self.plan, (first, second))
            await self._calling.run()

    @property
    def rounds(self) -> int:
        """How many rounds are made."""
        return self._calling.rounds if self._calling else 0

    def report(self) -> SidesReport:
        """What has come out until now."""
        for feed in self._feeds:
            feed.catch_up()
        froms = self._calling.measured_from if self._calling else (0, 0)
        key = f"tools/call {self.plan.tool}"
        first, second = (side.side(key, n) for side, n in zip(self._sides, froms, strict=True))
        deltas = {name: compare(first.values(take), second.values(take), p) for name, take, p in MEASURES}
        return SidesReport(first, second, deltas, self.rounds, self.plan.calls - 1)

    def _behind(self) -> int:
        return sum(feed.behind for feed in self._feeds)

    def _take(self) -> None:
        for feed in self._feeds:
            if feed.behind:
                feed.take()


def _ms(value: float | None) -> str:
    return _NOTHING if value is None else duration(value)
