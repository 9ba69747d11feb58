"""What the latency pane says in sentences. No Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from inspector.record.text import calendar, counted, duration
from inspector.stats.clock_offset import ClockOffset
from inspector.stats.latency import LatencyRow
from inspector.stats.percentiles import Distribution
from inspector.stats.windows import Window


@dataclass(frozen=True, slots=True)
class Mark:
    """Where the user began anew: everything from event `n` on counts."""

    n: int
    at: float
    monotonic_ns: int


def when(window: Window, mark: Mark | None) -> str:
    """Which calls the figures are of; empty for all."""
    if window is Window.SINCE_MARK and mark is not None:
        return f"Since the mark at #{mark.n:,}, {calendar(mark.at)[11:23]}"
    return "" if window is Window.SESSION else window.value.capitalize()


def summary(rows: Sequence[LatencyRow], times: Distribution, window: Window, mark: Mark | None) -> str:
    """All calls in one line; `times` are the round trips of all of them."""
    parts = [counted(sum(row.count for row in rows), "call")]
    in_flight = sum(row.in_flight for row in rows)
    if in_flight:
        parts.append(f"{in_flight:,} in flight")
    figures = (("p50", times.p50_ms), ("p95", times.p95_ms), ("max", times.max_ms))
    parts += [f"{name} {duration(ms)}" for name, ms in figures if ms is not None]
    if not all(row.is_exact for row in rows):
        parts.append("percentiles within 1 %, as the oldest of very many measurements are only counted")
    said, begin = " · ".join(parts), when(window, mark)
    return f"{begin}: {said}" if begin else said


def listed(shown: int, found: int, of: str) -> str:
    """Which calls are listed: all that were found, or the newest."""
    if shown < found:
        return f"The newest {shown:,} of {counted(found, 'call')} {of}"
    return f"{counted(found, 'call')} {of}, newest first" if found > 1 else f"{counted(found, 'call')} {of}"


def clock(offset: ClockOffset) -> str:
    """How far the clocks are apart, and what that means for the times from one to the other."""
    moved = f" It was set {counted(offset.moves, 'time')}." if offset.moves else ""
    return f"{offset.words}{moved} One-way times of calls are given raw, and corrected by this."
