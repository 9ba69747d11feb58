"""How long calls took, one by one, and the percentiles of each slot of time."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from inspector.record.text import duration, plain
from inspector.stats.call_points import CallOutcome
from inspector.ui.charts import glyphs
from inspector.ui.charts.boxes import Boxes
from inspector.ui.charts.call_chart import CallChart
from inspector.ui.charts.chart import Hit, Value
from inspector.ui.charts.colors import chart_color
from inspector.ui.charts.figures import Floats, Ints, slot_percentiles, stairs, thin
from inspector.ui.charts.plot import LegendEntry
from inspector.ui.charts.scales import short_duration, slot_ns
from inspector.ui.charts.source import Source
from inspector.ui.charts.span import Sight

PS = (50.0, 95.0)
_SLOT_PX = 10
_LEAST_SLOTS = 12
_THIN_ABOVE = 1_500
_BAND_ALPHA = 0.22
_WORDS = {
    CallOutcome.ANSWERED: "answered",
    CallOutcome.FAILED: "answered with an error",
    CallOutcome.LOST: "lost",
    CallOutcome.TIMED_OUT: "timed out",
    CallOutcome.CANCELLED: "cancelled",
    CallOutcome.REFUSED: "refused",
}


class LatencyChart(CallChart):
    """Points are calls, the moment they ended; the band lies between the percentiles of those that were answered."""

    name, title = "latency", "Latency"
    empty = "No calls yet. Each request that ends becomes a point here, with the percentiles of each moment."
    legend = (
        LegendEntry("first", "o", "call"),
        LegendEntry("failure", "x", "failed"),
        LegendEntry("third", "line", "p50"),
        LegendEntry("second", "dash", "p95"),
    )

    def __init__(self, source: Source, parent: QWidget | None = None) -> None:
        super().__init__(source, parent)
        self.places: Ints = np.empty(0, dtype=np.int64)
        """Which rows of the calls are in sight."""
        self.percentiles: Floats = np.empty((len(PS), 0))
        self.slot_starts: Floats = np.empty(0)
        self._slot_s = 1.0
        self.band = Boxes()
        self.answered, self.failed = pg.ScatterPlotItem(size=5), pg.ScatterPlotItem(size=9)
        self.lines = tuple(pg.PlotCurveItem(connect="finite") for _ in PS)
        for item in (self.band, self.answered, *self.lines, self.failed):
            self.box.addItem(item)
        self.restyle()

    def restyle(self) -> None:
        super().restyle()
        if hasattr(self, "lines"):
            glyphs.style_symbols(self.answered, "first", "o")
            glyphs.style_symbols(self.failed, "failure", "x")
            for line, role, dash in zip(self.lines, ("third", "second"), ("line", "dash"), strict=True):
                line.setPen(glyphs.pen(role, dash, 2 * self.devicePixelRatioF()))
            color = QColor(chart_color("second"))
            color.setAlphaF(_BAND_ALPHA)
            self.band.set_color(color)

    def draw_values(self, sight: Sight) -> bool:
        at_ns, ms = self._table["at_ns"], self._table["ms"]
        self.places = self.rows_in(sight)
        outcomes = self._table["outcome"][self.places]
        answered = self.places[outcomes == CallOutcome.ANSWERED]
        self.set_timed_axes(sight, self.duration_scale(ms[self.places]))
        self._draw_points(self.answered, answered)
        self._draw_points(self.failed, self.places[outcomes != CallOutcome.ANSWERED])
        self._draw_percentiles(sight, at_ns[answered], ms[answered])
        self.summary = self._sum_up(ms[answered])
        return len(self.places) > 0

    def _draw_points(self, item: pg.ScatterPlotItem, places: Ints) -> None:
        x, y = self._points(places)
        if len(x) > _THIN_ABOVE:
            shown = thin(self.axes.x_px(x), self.axes.y_px(y))
            x, y = x[shown], y[shown]
        item.setData(x, y)

    def _points(self, places: Ints) -> tuple[Floats, Floats]:
        seconds = (self._table["at_ns"][places] - self.source.origin_ns) / 1e9
        return seconds, self.heights(self._table["ms"][places])

    def _draw_percentiles(self, sight: Sight, at_ns: Ints, ms: Floats) -> None:
        """Slots begin at round times, so that they do not change as the time in sight moves on."""
        width_ns = slot_ns(sight, max(_LEAST_SLOTS, sight.pixels // _SLOT_PX))
        first = sight.start_ns // width_ns
        count = sight.end_ns // width_ns - first + 1
        self.percentiles = slot_percentiles(at_ns // width_ns - first, ms, count, PS)
        self._slot_s = width_ns / 1e9
        edges = self.source.seconds(first * width_ns) + np.arange(count + 1) * self._slot_s
        self.slot_starts = edges[:-1]
        edges = np.clip(edges, self.axes.start, self.axes.end)
        heights = self.heights(self.percentiles)
        for line, row in zip(self.lines, heights, strict=True):
            line.setData(*stairs(edges, row))
        self.band.set_boxes(edges[:-1], edges[1:], heights[0], heights[1])

    def _sum_up(self, ms: Floats) -> str:
        parts = [self.counted_calls(len(self.places))]
        if len(ms):
            p50_ms, p95_ms = np.percentile(ms, PS).tolist()
            parts += [f"p50 {duration(p50_ms)}", f"p95 {duration(p95_ms)}"]
        if len(self.places) > len(ms):
            parts.append(f"{len(self.places) - len(ms):,} failed")
        return " · ".join(parts)

    def values(self) -> Iterator[Value]:
        series, table = self.source.series, self._table
        for place in self.places.tolist():
            outcome = _WORDS[CallOutcome(table["outcome"][place])]
            seconds = self.source.seconds(int(table["at_ns"][place]))
            n = int(table["n"][place])
            yield Value(series.calls.keys[table["key"][place]], seconds, float(table["ms"][place]), "ms", outcome, n)
        for p, row in zip(PS, self.percentiles.tolist(), strict=True):
            for start, ms in zip(self.slot_starts.tolist(), row, strict=True):
                if not math.isnan(ms):
                    yield Value(f"p{p:.0f}", start, ms, "ms", f"of {short_duration(self._slot_s * 1e3)}")

    def stops(self) -> list[float]:
        return sorted({self.source.seconds(at_ns) for at_ns in self._table["at_ns"][self.places].tolist()})

    def hit_value(self, at: QPointF) -> Hit | None:
        x, y = self._points(self.places)
        found = self.nearest(at, x, y)
        if found is None:
            return self._hit_slot(at)
        place, table = self.places[found], self._table
        key = plain(self.source.series.calls.keys[table["key"][place]], 80)
        outcome = _WORDS[CallOutcome(table["outcome"][place])]
        when = self.source.words(int(table["at_ns"][place]))
        words = f"{when}: {key}: {duration(float(table['ms'][place]))}, {outcome}"
        return Hit(float(x[found]), words, int(table["n"][place]), float(y[found]))

    def hit_at(self, x: float) -> Hit | None:
        """The call that ended there, however long it took."""
        seconds, heights = self._points(self.places)
        if len(seconds):
            found = int(np.argmin(np.abs(seconds - x)))
            at = QPointF(self.axes.x_px(float(seconds[found])), self.axes.y_px(float(heights[found])))
            if abs(at.x() - self.axes.x_px(x)) <= 1:
                return self.hit_value(at)
        return super().hit_at(x)

    def _hit_slot(self, at: QPointF) -> Hit | None:
        x = self.axes.x_at(at.x())
        place = int((x - self.slot_starts[0]) / self._slot_s) if len(self.slot_starts) else -1
        if not 0 <= place < len(self.slot_starts) or np.isnan(self.percentiles[0, place]):
            return None
        start = float(self.slot_starts[place])
        p50_ms, p95_ms = self.percentiles[:, place].tolist()
        when = f"{short_duration(self._slot_s * 1e3)} from {self.source.words(self.source.time_of(start))}"
        return Hit(x, f"{when}: p50 {duration(p50_ms)}, p95 {duration(p95_ms)}", self._newest_in(start))

    def _newest_in(self, start: float) -> int | None:
        at_ns = self._table["at_ns"][self.places]
        begin_ns = self.source.time_of(start)
        inside = np.flatnonzero((at_ns >= begin_ns) & (at_ns < begin_ns + round(self._slot_s * 1e9)))
        return int(self._table["n"][self.places[inside[-1]]]) if len(inside) else None
