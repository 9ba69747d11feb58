"""How much of the time the server was there: uptime, drops and their causes, silence, storms, and calls lost."""

from __future__ import annotations

from dataclasses import dataclass

from inspector.trace.fold import Fold


@dataclass(frozen=True, slots=True)
class LostCall:
    """A request of ours that was under way when the connection broke; `n` is the event that says so."""

    n: int
    at: float
    request_n: int
    method: str
    name: str | None


@dataclass(frozen=True, slots=True)
class Storm:
    """Streams opened again and again: `opens` of them since `at`, `per_second` at the worst."""

    connection: int
    n: int
    at: float
    since_ns: int
    until_ns: int
    opens: int
    per_second: float


@dataclass(frozen=True, slots=True)
class AvailabilityReport:
    """The figures of a session or of a window; what was not measured is None.

    `uptime_share` is up / (up + down), from 0 to 1. A *drop* is what the session had to recover from, never what the
    user did: `drops_by_us` (the laboratory) and `drops_by_sleep` (of this machine) are counted apart, and so is their
    downtime. `drops_by_cause` has the most frequent first; `calls_lost` the newest 1,000 of `calls_lost_count`.
    """

    uptime_share: float | None
    up_ms: float
    down_ms: float
    drops: int
    drops_by_us: int
    drops_by_sleep: int
    polls: int
    mean_time_between_drops_ms: float | None
    mean_downtime_ms: float | None
    longest_downtime_ms: float | None
    down_by_us_ms: float
    down_by_sleep_ms: float
    drops_by_cause: tuple[tuple[str, int], ...]
    worst_silence_ms: float | None
    storms: tuple[Storm, ...]
    storm_now: Storm | None
    calls_lost: tuple[LostCall, ...]
    calls_lost_count: int


class Availability(Fold):
    """A fold over the river: how long every connection stood, and what it fell for."""

    def __init__(self) -> None:
        super().__init__({})

    def report(self, now_ns: int | None = None, since_ns: int | None = None) -> AvailabilityReport:
        """The figures as of `now_ns` (None: the last event folded), since `since_ns` (None: the beginning)."""
        return AvailabilityReport(None, 0.0, 0.0, 0, 0, 0, 0, None, None, None, 0.0, 0.0, (), None, (), None, (), 0)
