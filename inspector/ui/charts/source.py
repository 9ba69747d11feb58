"""Where the charts take their figures from. No Qt."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from inspector.diagnose.finding import Finding
from inspector.diagnose.rule import SeenBy
from inspector.diagnose.rules import ALL
from inspector.record.text import calendar
from inspector.stats.drops import Blame, Drop, LossKind
from inspector.stats.reconnects import ReconnectStats
from inspector.stats.series import Mark, MarkKind, Series
from inspector.stats.slots import SLOT_NS
from inspector.trace.clock import Clock, StoppedClock
from inspector.trace.events import Severity
from inspector.ui.views.lanes_axis import label

LATE_NS = 500_000_000
"""So long ago nothing can have happened that is not folded yet, unless much is waiting."""
_FLAGGED = (Severity.WARN, Severity.ERROR)
_LONGEST_S = 1e9
"""A recording may hold any time; this is more than any session has."""


@dataclass(frozen=True, slots=True)
class Source:
    """The folds over a river, and its clock; that of a recording stands still.

    `drops` and `findings` give those of now: a drop is what the figures of availability count as one.
    """

    series: Series
    reconnects: ReconnectStats
    clock: Clock
    drops: Callable[[], Sequence[Drop]] = tuple
    findings: Callable[[], Sequence[Finding]] = tuple

    @property
    def is_live(self) -> bool:
        return not isinstance(self.clock, StoppedClock)

    @property
    def origin_ns(self) -> int:
        """When the first event was: the zero of the time axis."""
        return self.series.first_ns or 0

    @property
    def has_any(self) -> bool:
        """Whether anything ever happened."""
        return self.series.first_ns is not None

    def now_ns(self) -> int:
        """Until when there can be anything."""
        return max(self.clock.monotonic_ns(), self.series.now_ns) if self.has_any else 0

    def complete_ns(self) -> int:
        """Before this time nothing can come any more, so that a slot that ends here is complete."""
        if not self.is_live:
            return self.now_ns() + 1
        return max(self.series.now_ns, self.now_ns() - LATE_NS)

    def seconds(self, at_ns: int) -> float:
        """A time as it stands on the x axis."""
        return (at_ns - self.origin_ns) / 1e9

    def time_of(self, seconds: float) -> int:
        """A place on the x axis as a time."""
        return self.origin_ns + round(seconds * 1e9)

    def marks(self, start_ns: int, end_ns: int) -> list[Mark]:
        """What is worth a line through all charts in a time, in order; what is alike and at one place is one mark."""
        found = [mark for mark in self.series.marks if start_ns <= mark.at_ns <= end_ns]
        drops = self.drops()
        found += [_of_drop(drop) for drop in drops if start_ns <= drop.begin_ns <= end_ns]
        others = chain(self._of_returns(drops), self._of_findings())
        found += [mark for mark in others if start_ns <= mark.at_ns <= end_ns]
        return list(_together(sorted(found, key=lambda mark: (mark.at_ns, mark.n))))

    def _of_returns(self, drops: Sequence[Drop]) -> Iterator[Mark]:
        """When streams came back; that of a connection stands among the marks of the series."""
        for drop in drops:
            if drop.is_back and drop.end_ns is not None and drop.kind is not LossKind.CONNECTION:
                n = self.series.firsts.nearest(drop.end_ns, SLOT_NS)
                yield Mark(drop.end_ns, drop.n if n is None else n, MarkKind.OPEN, f"The {drop.kind} is back.")

    def _of_findings(self) -> Iterator[Mark]:
        """Findings at their first times; those that the session reports itself stand among the marks of the series."""
        for top in self.findings():
            for each in (top, *top.dependants):
                rule = ALL.get(each.rule)
                if rule is not None and rule.seen_by is SeenBy.WATCH and each.severity in _FLAGGED and each.evidence:
                    since_s = min(max(0.0, each.first_at_s - self.series.first_at), _LONGEST_S)
                    at_ns = self.origin_ns + round(since_s * 1e9)
                    yield Mark(at_ns, each.evidence[-1], MarkKind.FINDING, each.title)

    def words(self, at_ns: int) -> str:
        """A time of day and since the start: `12:03:04.123 (2:05.3)`."""
        clock = calendar(self.series.wall_of(at_ns))[11:23]
        return f"{clock} ({label(at_ns - self.origin_ns, 1_000_000)})"


def _of_drop(drop: Drop) -> Mark:
    words = f", {drop.words}" if drop.words else ""
    slept = ", while this machine slept" if drop.blame is Blame.SLEEP else ""
    return Mark(drop.begin_ns, drop.n, MarkKind.DROP, f"{drop.kind} ({drop.cause}{words}{slept})")


def _together(marks: Iterable[Mark]) -> Iterator[Mark]:
    latest: Mark | None = None
    for mark in marks:
        if latest is not None and latest.kind is mark.kind and latest.at_ns // SLOT_NS == mark.at_ns // SLOT_NS:
            latest = replace(latest, count=latest.count + mark.count)
            continue
        if latest is not None:
            yield latest
        latest = mark
    if latest is not None:
        yield latest
