"""When this machine slept: what broke off meanwhile is nobody's fault."""

from __future__ import annotations

from collections import deque

from inspector.trace.events import (
    ChunkReceived,
    HeadersReceived,
    RequestSent,
    StateChanged,
    StreamEnded,
    TraceEvent,
)
from inspector.trace.fold import Fold

JUMP_S = 5.0
"""A wall clock that runs ahead of the monotonic one by so much, from one event to the next, means a sleep."""
MAX_SLEEPS = 256


class Sleeps(Fold):
    """A fold over the river: the newest 256 sleeps, each from the last event before it to the first one after it.

    It only works where the monotonic clock stands still in a sleep; where it does not, a sleep is no jump.
    """

    def __init__(self) -> None:
        self._sleeps: deque[tuple[int, int]] = deque(maxlen=MAX_SLEEPS)
        self._last_at_s = 0.0
        self._last_ns = 0
        kinds = (ChunkReceived, HeadersReceived, RequestSent, StateChanged, StreamEnded)
        super().__init__(dict.fromkeys(kinds, self._note))

    def between(self, from_ns: int, to_ns: int) -> bool:
        """Whether the machine slept at any moment between two times."""
        return any(begin_ns < to_ns and end_ns > from_ns for begin_ns, end_ns in self._sleeps)

    def _note(self, event: TraceEvent) -> None:
        ahead_s = (event.at - self._last_at_s) - (event.monotonic_ns - self._last_ns) / 1e9
        if ahead_s > JUMP_S and self._last_at_s:
            self._sleeps.append((self._last_ns, event.monotonic_ns))
        self._last_at_s, self._last_ns = event.at, event.monotonic_ns
