"""A recording told once more in its own time, from one of its events on. No Qt."""

from __future__ import annotations

from collections import deque

from inspector.record.timeline import Timeline
from inspector.trace.clock import Clock, SystemClock
from inspector.trace.events import AnyEvent
from inspector.trace.river import River

_AHEAD = 256
_MOST_AT_ONCE = 2_000
"""Of more, the rest is told with the next look: nobody may have to wait for a flood."""


class Playing:
    """As long as a river that has come to the present moment of the recording; `timeline` has its rows.

    Whoever reads must ask for its length first, as that is what lets time pass.
    """

    def __init__(self, river: River, start: int, clock: Clock | None = None) -> None:
        self.start = start
        self.timeline = Timeline(river.__getitem__)
        self._river = river
        self._clock = clock or SystemClock()
        self._start_ns = river[start].monotonic_ns
        self._end_ns = river[-1].monotonic_ns
        self._folded = start
        self.restart()

    def restart(self) -> None:
        """Tell it once more from the beginning; the rows of the timeline stay."""
        self._end = self.start
        self._ahead = deque[AnyEvent]()
        self._begun_ns = self._clock.monotonic_ns()

    def __len__(self) -> int:
        now_ns, told = self.now_ns(), list[AnyEvent]()
        while len(told) < _MOST_AT_ONCE:
            if not self._ahead:
                self._ahead.extend(self._river.since(self._end + len(told), _AHEAD))
            if not self._ahead or self._ahead[0].monotonic_ns > now_ns:
                break
            told.append(self._ahead.popleft())
        self._end += len(told)
        self.timeline.fold([event for event in told if event.n >= self._folded])
        self._folded = max(self._folded, self._end)
        return self._end

    def now_ns(self) -> int:
        """The time of the recording that is told now; behind its last event it stands still."""
        return min(self._start_ns + self._clock.monotonic_ns() - self._begun_ns, self._end_ns)

    def since(self, n: int, limit: int) -> list[AnyEvent]:
        """The events from number `n` on that have been told, at most `limit`."""
        return self._river.since(n, min(limit, self._end - n)) if n < self._end else []
