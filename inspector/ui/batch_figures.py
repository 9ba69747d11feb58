"""What many calls of one tool came to, in figures and in words. No Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from inspector.record.text import duration
from inspector.stats.percentiles import percentile


@dataclass(frozen=True, slots=True)
class BatchFigures:
    """Of `times` calls that were wanted, `done` came to an end, `failed` of them badly.

    The round trips are those of the calls that were answered; None if none was.
    """

    times: int
    done: int
    failed: int
    p50_ms: float | None = None
    p95_ms: float | None = None
    max_ms: float | None = None

    @property
    def is_whole(self) -> bool:
        """Whether none was left out."""
        return self.done == self.times

    @property
    def role(self) -> str:
        """The colour that goes with the sign."""
        return "bad" if self.failed else "good" if self.is_whole else "warn"

    def words(self, tool: str) -> str:
        """How it went."""
        if self.failed:
            left_out = "" if self.is_whole else f", {self.times - self.done:,} not made"
            return f"✗ {self.failed:,} of {self.times:,} × {tool} failed{left_out}"
        if not self.is_whole:
            return f"■ {self.done:,} of {self.times:,} × {tool} made"
        return f"✓ {self.times:,} × {tool} answered"

    def times_taken(self) -> str:
        """How long the answers took; empty if there were none."""
        figures = (("p50", self.p50_ms), ("p95", self.p95_ms), ("max", self.max_ms))
        return " · ".join(f"{name} {duration(ms)}" for name, ms in figures if ms is not None)


def figures_of(times: int, done: int, failed: int, rtts_ms: Sequence[float]) -> BatchFigures:
    """The figures of these round trips, in whatever order they came."""
    if not rtts_ms:
        return BatchFigures(times, done, failed)
    ordered = sorted(rtts_ms)
    return BatchFigures(times, done, failed, percentile(ordered, 50), percentile(ordered, 95), ordered[-1])
