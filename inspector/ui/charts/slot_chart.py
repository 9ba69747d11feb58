"""Charts of a figure per slot of time: events and bytes per second, streams open."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QWidget

from inspector.record.text import counted
from inspector.stats.slots import SLOT_NS, Levels, SlotRun, Sums
from inspector.ui.charts import glyphs
from inspector.ui.charts.chart import Chart, Hit, Value
from inspector.ui.charts.figures import Floats, stairs
from inspector.ui.charts.scales import Scale, Unit, byte_rate_unit, linear, short_duration, slot_ns
from inspector.ui.charts.source import Source
from inspector.ui.charts.span import Sight

_LEAST_SLOTS = 20
_NO_SLOTS = SlotRun(0, SLOT_NS, [])


class SlotChart(Chart):
    """Draws the slots in sight as stairs; one that is not complete yet is left out."""

    role = "first"
    unit = ""

    def __init__(self, slots: Sums | Levels, source: Source, parent: QWidget | None = None) -> None:
        super().__init__(source, parent)
        self._slots = slots
        self._run = _NO_SLOTS
        self.heights: Floats = np.empty(0)
        """What is drawn, slot by slot."""
        self.curve = pg.PlotCurveItem(skipFiniteCheck=True)
        self.box.addItem(self.curve)
        self.restyle()

    def restyle(self) -> None:
        super().restyle()
        if hasattr(self, "curve"):
            self.curve.setPen(glyphs.pen(self.role, width=max(1.0, self.devicePixelRatioF())))

    def version(self, sight: Sight) -> Any:
        """The past does not change any more."""
        return self.source.series.count if sight.end_ns >= self.source.complete_ns() else None

    def has_ever(self) -> bool:
        return self._slots.first_ns is not None

    def draw_values(self, sight: Sight) -> bool:
        source = self.source
        width_ns = slot_ns(sight, max(_LEAST_SLOTS, sight.pixels // 2))
        run = self._slots.read(sight.start_ns, min(sight.end_ns, source.now_ns() + 1), width_ns)
        complete = max(0, (source.complete_ns() - run.start_ns) // run.width_ns)
        if source.is_live and complete < len(run.values):
            run = SlotRun(run.start_ns, run.width_ns, run.values[:complete])
        self._run = run
        self.heights = self.heights_of(run)
        edges = source.seconds(run.start_ns) + np.arange(len(run.values) + 1) * (run.width_ns / 1e9)
        self.set_timed_axes(sight, self.scale_for(float(self.heights.max(initial=0.0))))
        self.curve.setData(*stairs(np.clip(edges, self.axes.start, self.axes.end), self.heights))
        self.summary = self.sum_up()
        return len(run.values) > 0

    def heights_of(self, run: SlotRun) -> Floats:
        """What each slot is drawn as."""
        raise NotImplementedError

    def scale_for(self, top: float) -> Scale:
        raise NotImplementedError

    def told(self, height: float) -> str:
        """A value of the chart in words."""
        raise NotImplementedError

    def sum_up(self) -> str:
        """The figures beside the title."""
        if not len(self.heights):
            return ""
        return f"peak {self.told(float(self.heights.max()))} · slots of {short_duration(self._run.width_ns / 1e6)}"

    def values(self) -> Iterator[Value]:
        for place, height in enumerate(self.heights.tolist()):
            at_ns = self._run.start_ns + place * self._run.width_ns
            yield Value(self.title, self.source.seconds(at_ns), height, self.unit)

    def hit_value(self, at: QPointF) -> Hit | None:
        """The slot at that place, at any height."""
        run, source = self._run, self.source
        at_ns = source.time_of(self.axes.x_at(at.x()))
        place = (at_ns - run.start_ns) // run.width_ns
        if not 0 <= place < len(self.heights):
            return None
        start_ns, height = run.start_ns + place * run.width_ns, float(self.heights[place])
        words = f"{short_duration(run.width_ns / 1e6)} from {source.words(start_ns)}: {self.told(height)}"
        middle_ns = start_ns + run.width_ns // 2
        n = source.series.firsts.nearest(middle_ns, max(SLOT_NS, run.width_ns // 2))
        return Hit(source.seconds(middle_ns), words, n, height)


class EventsChart(SlotChart):
    """How many events came each second: those that make a row of the timeline."""

    name, title = "events", "Events per second"
    unit = "events/s"
    empty = "No events yet. How many come each second is drawn here."

    def __init__(self, source: Source, parent: QWidget | None = None) -> None:
        super().__init__(source.series.events, source, parent)

    def heights_of(self, run: SlotRun) -> Floats:
        return np.array(run.values, dtype=np.float64) / (run.width_ns / 1e9)

    def scale_for(self, top: float) -> Scale:
        return linear(top, Unit(""), self.axes.area.height(), least=5)

    def told(self, height: float) -> str:
        return f"{height:,.0f} events/s" if height >= 10 else f"{height:,.3g} events/s"


class BytesChart(SlotChart):
    """How many bytes came each second."""

    name, title, role = "bytes", "Bytes received", "second"
    unit = "B/s"
    empty = "No bytes yet. How many come each second is drawn here."

    def __init__(self, source: Source, parent: QWidget | None = None) -> None:
        super().__init__(source.series.bytes_received, source, parent)

    def heights_of(self, run: SlotRun) -> Floats:
        return np.array(run.values, dtype=np.float64) / (run.width_ns / 1e9)

    def scale_for(self, top: float) -> Scale:
        return linear(top, byte_rate_unit(top), self.axes.area.height(), least=100)

    def told(self, height: float) -> str:
        unit = byte_rate_unit(height)
        return f"{height * unit.factor:,.4g} {unit.name}"


class StreamsChart(SlotChart):
    """How many HTTP exchanges were open at once."""

    name, title, role = "streams", "Streams open", "third"
    unit = "streams"
    empty = "No streams yet. How many HTTP exchanges are open at once is drawn here."

    def __init__(self, source: Source, parent: QWidget | None = None) -> None:
        super().__init__(source.series.streams, source, parent)

    def heights_of(self, run: SlotRun) -> Floats:
        return np.array(run.values, dtype=np.float64)

    def scale_for(self, top: float) -> Scale:
        return linear(top, Unit(""), self.axes.area.height(), least=3)

    def told(self, height: float) -> str:
        return f"{counted(int(height), 'stream')} at once"
