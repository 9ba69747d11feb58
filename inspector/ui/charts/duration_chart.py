"""Charts whose values are durations, which can be drawn on a logarithmic scale too."""

from __future__ import annotations

import numpy as np

from inspector.ui.charts.chart import Chart
from inspector.ui.charts.figures import Floats
from inspector.ui.charts.scales import Scale, Unit, duration_unit, linear, log_durations

LEAST_MS = 1e-3
"""What a logarithmic axis shows in place of nothing."""


class DurationChart(Chart):
    """Durations stand on the y axis, in milliseconds or as their decimal logarithms."""

    has_log = True

    def heights(self, ms: Floats) -> Floats:
        """Where durations stand on the axis."""
        return np.log10(np.maximum(ms, LEAST_MS)) if self.is_log else ms

    def duration_scale(self, ms: Floats) -> Scale:
        """An axis with room for these durations."""
        room_px = self.axes.area.height()
        if not len(ms):
            return linear(0.0, Unit("ms"), room_px)
        top_ms = float(ms.max())
        if self.is_log:
            return log_durations(max(LEAST_MS, float(ms.min())), max(LEAST_MS, top_ms), room_px)
        return linear(top_ms, duration_unit(top_ms), room_px)
