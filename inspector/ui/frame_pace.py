"""How often a view is brought up to date while events flood in: no oftener than painting may cost. No Qt."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter_ns

FLOOD_EVENTS = 256
"""More than that at once is a flood: no eye can tell whether it was shown at 20 or at 60 Hz."""
MIN_FLOOD_NS = 50_000_000
MAX_FLOOD_NS = 100_000_000
PAINTING_SHARE = 0.1
_SMOOTHING = 0.25


class FramePace:
    """Every frame is due while little happens; in a flood so many that painting takes a tenth of the time."""

    def __init__(self, now_ns: Callable[[], int] = perf_counter_ns) -> None:
        self._now_ns = now_ns
        self._shown_ns: int | None = None
        self._paint_ns = 0.0

    def painted(self, took_us: int) -> None:
        """The view was painted in that time."""
        took_ns = took_us * 1_000
        self._paint_ns += (took_ns - self._paint_ns) * (_SMOOTHING if self._paint_ns else 1)

    def is_due(self, new_events: int) -> bool:
        """Whether to show what is new, now that `new_events` came at once; if so, the next interval begins."""
        now_ns = self._now_ns()
        if new_events > FLOOD_EVENTS and self._shown_ns is not None and now_ns - self._shown_ns < self.interval_ns:
            return False
        self._shown_ns = now_ns
        return True

    @property
    def interval_ns(self) -> float:
        """The time between two frames in a flood."""
        return min(max(MIN_FLOOD_NS, self._paint_ns / PAINTING_SHARE), MAX_FLOOD_NS)
