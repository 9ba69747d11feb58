"""How many calls took how long, on a logarithmic axis."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from inspector.record.text import counted, duration
from inspector.stats.call_points import CallOutcome
from inspector.ui.charts import glyphs
from inspector.ui.charts.boxes import Boxes
from inspector.ui.charts.call_chart import CallChart
from inspector.ui.charts.chart import Hit, Value
from inspector.ui.charts.colors import chart_color
from inspector.ui.charts.duration_chart import LEAST_MS
from inspector.ui.charts.figures import Floats, Ints
from inspector.ui.charts.plot import LegendEntry
from inspector.ui.charts.scales import Unit, linear, log_durations
from inspector.ui.charts.source import Source
from inspector.ui.charts.span import Sight

BINS_PER_DECADE = 20
PS = (50.0, 95.0, 99.0)
_STYLES = (("third", "line"), ("second", "dash"), ("failure", "dots"))
_LABEL_PX = 52


class DistributionChart(CallChart):
    """Bars count the answered calls of the time in sight by how long they took; lines are their percentiles."""

    name, title, is_timed, has_log = "distribution", "Distribution", False, False
    empty = "No answered calls yet. How many took how long is drawn here."
    legend = tuple(LegendEntry(role, dash, f"p{p:.0f}") for p, (role, dash) in zip(PS, _STYLES, strict=True))

    def __init__(self, source: Source, parent: QWidget | None = None) -> None:
        super().__init__(source, parent)
        self._ms: Floats = np.empty(0)
        self._numbers: Ints = np.empty(0, dtype=np.int64)
        self.edges: Floats = np.empty(0)
        """Where bins begin and end, as decimal logarithms of milliseconds."""
        self.counts: Ints = np.empty(0, dtype=np.int64)
        self.percentiles_ms: Floats = np.empty(0)
        self.bars = Boxes()
        self.lines = tuple(pg.PlotCurveItem() for _ in PS)
        for item in (self.bars, *self.lines):
            self.box.addItem(item)
        self.restyle()

    def restyle(self) -> None:
        super().restyle()
        if hasattr(self, "lines"):
            color = QColor(chart_color("first"))
            color.setAlphaF(0.75)
            self.bars.set_color(color)
            for line, (role, dash) in zip(self.lines, _STYLES, strict=True):
                line.setPen(glyphs.pen(role, dash, 2 * self.devicePixelRatioF()))

    def draw_values(self, sight: Sight) -> bool:
        table, rows = self._table, self.rows_in(sight)
        inside = rows[table["outcome"][rows] == CallOutcome.ANSWERED]
        self._ms, self._numbers = np.maximum(table["ms"][inside], LEAST_MS), table["n"][inside]
        if not len(self._ms):
            self._clear()
            return False
        scale = log_durations(float(self._ms.min()), float(self._ms.max()), self.axes.area.width(), _LABEL_PX)
        bins = round((scale.high - scale.low) * BINS_PER_DECADE)
        self.edges = np.linspace(scale.low, scale.high, bins + 1)
        self.counts, _ = np.histogram(np.log10(self._ms), self.edges)
        heights = linear(float(self.counts.max()), Unit("calls"), self.axes.area.height(), least=4)
        self.set_axes(scale.low, scale.high, scale.ticks, heights)
        self.bars.set_boxes(self.edges[:-1], self.edges[1:], np.zeros(bins), self.counts.astype(np.float64))
        self.percentiles_ms = np.percentile(self._ms, PS)
        for line, ms in zip(self.lines, self.percentiles_ms.tolist(), strict=True):
            line.setData([np.log10(ms)] * 2, [0.0, heights.high])
        told = (f"p{p:.0f} {duration(ms)}" for p, ms in zip(PS, self.percentiles_ms.tolist(), strict=True))
        self.summary = " · ".join((self.counted_calls(len(self._ms)), *told))
        return True

    def _clear(self) -> None:
        self.edges, self.counts, self.percentiles_ms = np.empty(0), np.empty(0, dtype=np.int64), np.empty(0)
        self.summary = ""
        self.bars.set_boxes(*(np.empty(0) for _ in range(4)))
        for line in self.lines:
            line.setData([], [])
        self.set_axes(0.0, 1.0, (), linear(0.0, Unit("calls"), self.axes.area.height(), least=4))

    def values(self) -> Iterator[Value]:
        for place, count in enumerate(self.counts.tolist()):
            if count:
                yield Value(f"{self._range(place)}", None, count, "calls")
        for p, ms in zip(PS, self.percentiles_ms.tolist(), strict=True):
            yield Value(f"p{p:.0f}", None, ms, "ms")

    def stops(self) -> list[float]:
        middles = (self.edges[:-1] + self.edges[1:]) / 2
        return [float(x) for x in middles[self.counts > 0]]

    def hit_value(self, at: QPointF) -> Hit | None:
        """The bar at that place; it leads to its newest call."""
        x = self.axes.x_at(at.x())
        place = int(np.searchsorted(self.edges, x, side="right")) - 1
        if not 0 <= place < len(self.counts):
            return None
        count, total = int(self.counts[place]), len(self._ms)
        words = f"{self._range(place)}: {count:,} of {counted(total, 'call')} ({count / total:.1%})"
        logs = np.log10(self._ms)
        inside = np.flatnonzero((logs >= self.edges[place]) & (logs <= self.edges[place + 1]))
        n = int(self._numbers[inside[-1]]) if len(inside) else None
        return Hit(float(self.edges[place] + self.edges[place + 1]) / 2, words, n, float(count))

    def _range(self, place: int) -> str:
        return f"{duration(10 ** float(self.edges[place]))} to {duration(10 ** float(self.edges[place + 1]))}"
