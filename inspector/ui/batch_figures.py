"""What many calls of one tool came to, in figures and in words. No Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from inspector.record.text import counted, duration


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

    def facts(self, tool: str) -> list[str]:
        """How it went, and how long the answers took."""
        return [f"{self._sign} {self._words(tool)}", *self._times()]

    @property
    def role(self) -> str:
        """The colour that goes with the sign."""
        return "bad" if self.failed else "good" if self.is_whole else "warn"

    @property
    def _sign(self) -> str:
        return {"bad": "✗", "good": "✓", "warn": "■"}[self.role]

    def _words(self, tool: str) -> str:
        if self.failed:
            left_out = f", {self.times - self.done:,} not made" if not self.is_whole else ""
            return f"{self.failed:,} of {counted(self.times, 'call')} of {tool} failed{left_out}"
        if not self.is_whole:
            return f"{self.done:,} of {counted(self.times, 'call')} of {tool} made"
        return f"{counted(self.times, 'call')} of {tool} answered"

    def _times(self) -> list[str]:
        figures = (("p50", self.p50_ms), ("p95", self.p95_ms), ("max", self.max_ms))
        return [f"{name} {duration(ms)}" for name, ms in figures if ms is not None]


def figures_of(times: int, done: int, failed: int, rtts_ms: Sequence[float]) -> BatchFigures:
    """The figures of these round trips, in whatever order they came."""
    if not rtts_ms:
        return BatchFigures(times, done, failed)
    ordered = sorted(rtts_ms)
    return BatchFigures(times, done, failed, percentile(ordered, 50), percentile(ordered, 95), ordered[-1])


def percentile(ordered: Sequence[float], p: float) -> float:
    place = (len(ordered) - 1) * p / 100
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
