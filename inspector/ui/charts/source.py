"""Where the charts take their figures from. No Qt."""

from __future__ import annotations

from dataclasses import dataclass

from inspector.record.text import calendar
from inspector.stats.reconnects import ReconnectStats
from inspector.stats.series import Series
from inspector.trace.clock import Clock, StoppedClock
from inspector.ui.views.lanes_axis import label

LATE_NS = 500_000_000
"""So long ago nothing can have happened that is not folded yet, unless much is waiting."""


@dataclass(frozen=True, slots=True)
class Source:
    """The folds over a river, and its clock; that of a recording stands still."""

    series: Series
    reconnects: ReconnectStats
    clock: Clock

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

    def words(self, at_ns: int) -> str:
        """A time of day and since the start: `12:03:04.123 (2:05.3)`."""
        clock = calendar(self.series.wall_of(at_ns))[11:23]
        return f"{clock} ({label(at_ns - self.origin_ns, 1_000_000)})"
