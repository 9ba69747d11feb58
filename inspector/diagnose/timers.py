"""The time of the river: that of the event at hand, and what is to be looked at when it has passed on."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count

from inspector.trace.events import TraceEvent

_NS = 1_000_000_000


class Timers:
    """Calls back once the river has passed a time. No clock is read: time passes with the events.

    Live, it also passes between them; in a recording it ends with the last event.
    """

    def __init__(self, sleep_jump_s: float) -> None:
        """A wall clock that runs ahead of the monotonic one by `sleep_jump_s` means that the machine slept."""
        self.now_ns = 0
        """The monotonic clock of the event at hand, or of the callback that runs."""
        self.at_s = 0.0
        """The same in Unix time."""
        self.slept_ns = 0
        """When the machine was last found to have slept; 0 if never."""
        self._slow_ns = self._slow_until_ns = 0
        self._bent_ns = 0
        self._is_bent = False
        self._sleep_jump_s = sleep_jump_s
        self._last = 0.0, 0
        self._due: list[tuple[int, int, Callable[[], None]]] = []
        self._order = count()

    def at(self, due_ns: int, action: Callable[[], None]) -> None:
        """Call `action` once the river has passed `due_ns`; it finds out itself whether there is still a reason."""
        heapq.heappush(self._due, (due_ns, next(self._order), action))

    def after(self, event: TraceEvent, seconds: float, action: Callable[[], None]) -> None:
        """Call `action` so many seconds after an event."""
        self.at(event.monotonic_ns + int(seconds * _NS), action)

    def run_due(self, until_ns: int) -> None:
        """Call what is due up to a time, each at its own."""
        while self._due and self._due[0][0] <= until_ns:
            due_ns, _, action = heapq.heappop(self._due)
            self.at_s += (due_ns - self.now_ns) / _NS
            self.now_ns = due_ns
            action()

    def move_to(self, event: TraceEvent) -> None:
        """What is reported from now on is reported at the time of this event."""
        self.now_ns, self.at_s = event.monotonic_ns, event.at

    def note_sleep(self, event: TraceEvent) -> None:
        """Compare what both clocks say since the last event."""
        last_at_s, last_ns = self._last
        ahead_s = (event.at - last_at_s) - (event.monotonic_ns - last_ns) / _NS
        if last_at_s and ahead_s > self._sleep_jump_s:
            self.slept_ns = event.monotonic_ns
        self._last = event.at, event.monotonic_ns

    def slept_since(self, since_ns: int) -> bool:
        """Whether the machine slept after a time."""
        return bool(self.slept_ns) and self.slept_ns >= since_ns

    def note_bend(self, event: TraceEvent, *, is_bent: bool) -> None:
        """The laboratory slows or delays from now on, or no more."""
        if is_bent or self._is_bent:
            self._bent_ns, self._is_bent = event.monotonic_ns, is_bent

    def note_slow(self, event: TraceEvent, lasts_s: float) -> None:
        """This program took in late what came until now, and maybe does for a while."""
        self._slow_ns = event.monotonic_ns
        self._slow_until_ns = max(self._slow_until_ns, event.monotonic_ns + int(lasts_s * _NS))

    def mistimed_since(self, since_ns: int) -> bool:
        """Whether times of arrival after a time may be our own doing; what really broke has broken all the same."""
        is_slow = self.now_ns < self._slow_until_ns or (bool(self._slow_ns) and self._slow_ns >= since_ns)
        return is_slow or self.disturbed_since(since_ns)

    @property
    def undisturbed_ns(self) -> int:
        """Since when neither sleep nor laboratory have lengthened anything: now, while the latter does; 0 for ever."""
        return self.now_ns if self._is_bent else max(self.slept_ns, self._bent_ns)

    def disturbed_since(self, since_ns: int) -> bool:
        """Whether the machine slept, or the laboratory slowed us, after a time: nobody is to blame for it since."""
        disturbed_ns = max(self.slept_ns, self._bent_ns)
        return self._is_bent or (bool(disturbed_ns) and disturbed_ns >= since_ns)
