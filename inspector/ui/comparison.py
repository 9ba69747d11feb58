"""Figures of now beside those of a kept baseline. No Qt."""

from __future__ import annotations

from inspector.stats.baselines import Baseline, Delta, compare, kept_of
from inspector.stats.latency import LatencyRow, LatencyStats

_NONE = (None, None)


class Comparison:
    """The differences of each method and tool, worked out anew only where calls have come."""

    def __init__(self, baseline: Baseline) -> None:
        self.baseline = baseline
        self._known: dict[str, tuple[object, tuple[Delta, Delta]]] = {}

    def deltas(
        self, latency: LatencyStats, row: LatencyRow, since_ns: int | None
    ) -> tuple[Delta, Delta] | tuple[None, None]:
        """How p50 and p95 differ; None for what the baseline does not have."""
        before = self.baseline.series.get(row.key)
        if before is None:
            return _NONE
        state = (row.count, row.in_flight, row.p50_ms, row.p95_ms, row.max_ms)
        known = self._known.get(row.key)
        if known is None or known[0] != state:
            after = kept_of(latency.samples(row.key), since_ns)
            known = state, (compare(before, after, 50), compare(before, after, 95))
            self._known[row.key] = known
        return known[1]
