"""The silences of listening streams: between events, between heartbeats, and those that still last."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QWidget

from inspector.record.text import duration
from inspector.stats.gaps import Beat
from inspector.ui.charts import glyphs
from inspector.ui.charts.chart import Hit, Value
from inspector.ui.charts.duration_chart import DurationChart
from inspector.ui.charts.figures import Floats, Ints, Table, spread
from inspector.ui.charts.plot import LegendEntry
from inspector.ui.charts.source import Source
from inspector.ui.charts.span import Sight

_LASTING_NS = 1_000_000_000
"""A silence that lasts is drawn when it is longer: else every event would be followed by one."""
_WORDS = {Beat.EVENT: "since the event before", Beat.HEARTBEAT: "since the heartbeat before"}


class GapChart(DurationChart):
    """A point stands where a silence ended, as high as it was long; the dashed line is the beat of the heartbeats."""

    name, title = "gaps", "Gaps and heartbeats"
    empty = "No stream listens yet. The silences between its events and its heartbeats become points here."
    legend = (
        LegendEntry("first", "o", "event"),
        LegendEntry("fourth", "d", "heartbeat"),
        LegendEntry("second", glyphs.HOLLOW, "lasting"),
    )

    def __init__(self, source: Source, parent: QWidget | None = None) -> None:
        super().__init__(source, parent)
        self._table = Table(source.series.gaps.points)
        self.places: Ints = np.empty(0, dtype=np.int64)
        """Which rows of the gaps are drawn."""
        self.lasting: list[tuple[int, float]] = []
        """Streams that are silent now, and for how many milliseconds."""
        self.beat_ms: tuple[float, float] | None = None
        self.events, self.heartbeats = pg.ScatterPlotItem(size=6), pg.ScatterPlotItem(size=9)
        self.silent = pg.ScatterPlotItem(size=9)
        self.beat = pg.PlotCurveItem()
        for item in (self.beat, self.events, self.heartbeats, self.silent):
            self.box.addItem(item)
        self.restyle()

    def restyle(self) -> None:
        super().restyle()
        if hasattr(self, "beat"):
            glyphs.style_symbols(self.events, "first", "o")
            glyphs.style_symbols(self.heartbeats, "fourth", "d")
            glyphs.style_symbols(self.silent, "second", glyphs.HOLLOW)
            self.beat.setPen(glyphs.pen("fourth", "dash", self.devicePixelRatioF()))

    def version(self, sight: Sight) -> Any:
        return self._table.version, tuple(self.source.series.gaps.silent_since)

    def has_ever(self) -> bool:
        return len(self.source.series.gaps.points) > 0

    def draw_values(self, sight: Sight) -> bool:
        at_ns, ms, beats = self._table["at_ns"], self._table["ms"], self._table["beat"]
        inside = (at_ns >= sight.start_ns) & (at_ns <= sight.end_ns)
        longest_ms = float(ms[inside].max(initial=0.0, where=beats[inside] == Beat.ANYTHING))
        self.places = np.flatnonzero(inside & (beats != Beat.ANYTHING))
        now_ns = self.source.now_ns()
        since = self.source.series.gaps.silent_since if now_ns <= sight.end_ns else {}
        self.lasting = [(stream, (now_ns - at) / 1e6) for stream, at in since.items() if now_ns - at >= _LASTING_NS]
        lasting_ms = np.array([each for _, each in self.lasting])
        scale = self.duration_scale(np.r_[ms[self.places], lasting_ms])
        self.set_timed_axes(sight, scale)
        for item, beat in ((self.events, Beat.EVENT), (self.heartbeats, Beat.HEARTBEAT)):
            item.setData(*self._points(self.places[beats[self.places] == beat]))
        now = self.source.seconds(now_ns)
        self.silent.setData(np.full(len(lasting_ms), now), self.heights(lasting_ms))
        self._draw_beat(ms[self.places[beats[self.places] == Beat.HEARTBEAT]])
        self.summary = self._sum_up(max(longest_ms, *lasting_ms, 0.0))
        return len(self.places) > 0 or len(self.lasting) > 0

    def _points(self, places: Ints) -> tuple[Floats, Floats]:
        seconds = (self._table["at_ns"][places] - self.source.origin_ns) / 1e9
        return seconds, self.heights(self._table["ms"][places])

    def _draw_beat(self, ms: Floats) -> None:
        self.beat_ms = spread(ms)
        if self.beat_ms is None:
            self.beat.setData([], [])
            return
        height = float(self.heights(np.array([self.beat_ms[0]]))[0])
        self.beat.setData([self.axes.start, self.axes.end], [height, height])

    def _sum_up(self, longest_ms: float) -> str:
        parts = []
        if self.beat_ms is not None:
            middle_ms, distance_ms = self.beat_ms
            parts.append(f"heartbeat every {duration(middle_ms)} ± {duration(distance_ms)}")
        if longest_ms:
            parts.append(f"longest silence {duration(longest_ms)}")
        return " · ".join(parts)

    def values(self) -> Iterator[Value]:
        table = self._table
        for place in self.places.tolist():
            word = "event" if table["beat"][place] == Beat.EVENT else "heartbeat"
            seconds, n = self.source.seconds(int(table["at_ns"][place])), int(table["n"][place])
            yield Value(word, seconds, float(table["ms"][place]), "ms", f"stream {table['stream'][place]}", n)
        now = self.source.seconds(self.source.now_ns())
        for stream, ms in self.lasting:
            yield Value("silent now", now, ms, "ms", f"stream {stream}")

    def hit_value(self, at: QPointF) -> Hit | None:
        x, y = self._points(self.places)
        found = self.nearest(at, x, y)
        if found is None:
            return self._hit_lasting(at)
        place, table = self.places[found], self._table
        when = self.source.words(int(table["at_ns"][place]))
        gap, stream = duration(float(table["ms"][place])), int(table["stream"][place])
        words = f"{when}: stream {stream}: {gap} {_WORDS[Beat(table['beat'][place])]}"
        return Hit(float(x[found]), words, int(table["n"][place]), float(y[found]))

    def _hit_lasting(self, at: QPointF) -> Hit | None:
        now = self.source.seconds(self.source.now_ns())
        y = self.heights(np.array([ms for _, ms in self.lasting]))
        found = self.nearest(at, np.full(len(y), now), y)
        if found is None:
            return None
        stream, ms = self.lasting[found]
        return Hit(now, f"Stream {stream} has been silent for {duration(ms)}.", None, float(y[found]))
