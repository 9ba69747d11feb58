"""The clock of the river: one monotonic reading and one wall-clock reading for each event."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """What the river asks for the time; tests pass their own."""

    def monotonic_ns(self) -> int:
        """Nanoseconds that never run backwards; the origin is arbitrary."""
        ...

    def time(self) -> float:
        """Seconds since the Unix epoch."""
        ...


class SystemClock:
    """`perf_counter_ns` and `time`: on every supported system the finest clocks there are."""

    monotonic_ns = staticmethod(time.perf_counter_ns)
    time = staticmethod(time.time)


class StoppedClock:
    """The clock of a recording: it stands where the last event was."""

    def __init__(self, at: float, monotonic_ns: int) -> None:
        self._at, self._ns = at, monotonic_ns

    def monotonic_ns(self) -> int:
        return self._ns

    def time(self) -> float:
        return self._at


class FakeClock:
    """A clock that stands still until a test moves it."""

    def __init__(self, at: float = 1_700_000_000.0) -> None:
        self._ns = 0
        self._start = at

    def monotonic_ns(self) -> int:
        return self._ns

    def time(self) -> float:
        return self._start + self._ns / 1e9

    def advance(self, seconds: float) -> None:
        self._ns += round(seconds * 1e9)
