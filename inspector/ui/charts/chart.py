"""What all charts have in common: they draw a span of time, tell what is at a place, and give their values away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QWidget

from inspector.record.text import plain
from inspector.stats.series import Mark, MarkKind
from inspector.ui.charts.figures import Floats
from inspector.ui.charts.plot import Flag, Plot
from inspector.ui.charts.scales import Scale, time_ticks
from inspector.ui.charts.source import Source
from inspector.ui.charts.span import Sight

REACH_PX = 14
_FLAG_PX = 5
_MAX_FLAGS = 200
NOTHING_HERE = "Nothing in this time. Press 0 to show all time."
_FLAGS = {
    MarkKind.DROP: ("bad", "x", "dropped"),
    MarkKind.OPEN: ("good", "t1", "connected"),
    MarkKind.FINDING: ("warn", "d", "finding"),
}


@dataclass(frozen=True, slots=True)
class Hit:
    """What is at a place: in words, where it is drawn, and the number of the event that it leads to."""

    x: float
    words: str
    n: int | None = None
    y: float | None = None


@dataclass(frozen=True, slots=True)
class Value:
    """A value that is drawn, for a table: of a chart's series, at a time on the x axis (None: it has no time)."""

    series: str
    seconds: float | None
    value: float
    unit: str
    note: str = ""
    n: int | None = None


class Chart(Plot):
    """Draws what `source` has of the time in sight; `is_timed` charts share the time axis."""

    name = ""
    is_timed = True
    has_log = False
    """Whether values can be drawn on a logarithmic scale."""

    def __init__(self, source: Source, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.source = source
        self.sight = Sight(0, 1, 1)
        self.is_log = False
        self.key = ""
        """Of which calls it tells, by method or tool; empty: of all."""
        self._marks: list[Mark] = []
        self.setObjectName(f"{self.name}Chart")
        self.setAccessibleName(f"Chart: {self.title}")

    def version(self, sight: Sight) -> Any:
        """Changes with what is drawn of that time."""
        raise NotImplementedError

    def draw(self, sight: Sight) -> None:
        """Bring the picture to that time."""
        self.sight = sight
        self._find_marks()
        found = self.draw_values(sight)
        self.notice = "" if found else NOTHING_HERE if self.has_ever() else self.empty
        self.setAccessibleDescription(self.notice or self.summary)

    def draw_values(self, sight: Sight) -> bool:
        """Draw the values in sight; whether there are any."""
        raise NotImplementedError

    def has_ever(self) -> bool:
        """Whether there is anything at another time."""
        raise NotImplementedError

    def values(self) -> Iterator[Value]:
        """What is drawn."""
        raise NotImplementedError

    def hit(self, at: QPointF) -> Hit | None:
        """What is at a place of the viewport, or next to it; the time alone where there is nothing else."""
        if not self.is_timed:
            return self.hit_value(at)
        return self._hit_flag(at) or self.hit_value(at) or self._hit_time(at)

    def hit_value(self, at: QPointF) -> Hit | None:
        """The value at a place of the viewport."""
        raise NotImplementedError

    def stops(self) -> Sequence[float]:
        """The places of the x axis where the cross hair stops on its way, in their order."""
        return sorted({value.seconds for value in self.values() if value.seconds is not None})

    def hit_at(self, x: float) -> Hit | None:
        """The value at a place of the x axis, whatever its height."""
        area = self.axes.area
        heights = (area.top() + share * area.height() for share in (0.5, 0.3, 0.7, 0.1, 0.9))
        hits = (self.hit(QPointF(self.axes.x_px(x), height)) for height in heights)
        return next((hit for hit in hits if hit is not None), None)

    def set_timed_axes(self, sight: Sight, scale: Scale) -> None:
        """The time in sight below, and a scale at the left."""
        source = self.source
        ticks = time_ticks(sight, source.origin_ns, self.axes.area.width())
        x_ticks = [(source.seconds(at_ns), text) for at_ns, text in ticks]
        self.set_axes(source.seconds(sight.start_ns), source.seconds(sight.end_ns), x_ticks, scale)

    def nearest(self, at: QPointF, x: Floats, y: Floats) -> int | None:
        """Which of these points of the plot is closest to a place of the viewport, None if none is close."""
        if not len(x):
            return None
        across, up = self.axes.x_px(x) - at.x(), self.axes.y_px(y) - at.y()
        distances = across * across + up * up
        place = int(np.argmin(distances))
        return place if distances[place] <= REACH_PX**2 else None

    def _find_marks(self) -> None:
        marks = self.source.marks(self.sight.start_ns, self.sight.end_ns) if self.is_timed else []
        self._marks = marks[-_MAX_FLAGS:]
        self.flags = [Flag(self.source.seconds(mark.at_ns), *_FLAGS[mark.kind][:2]) for mark in self._marks]

    def _hit_flag(self, at: QPointF) -> Hit | None:
        """A flag is hit at its sign on top, and beside its line where nothing else is."""
        close = [(abs(self.axes.x_px(flag.x) - at.x()), place) for place, flag in enumerate(self.flags)]
        distance, place = min(close, default=(_FLAG_PX + 1.0, 0))
        if distance > _FLAG_PX or at.y() > self.axes.area.top() + 2 * _FLAG_PX:
            return None
        mark = self._marks[place]
        more = f" (and {mark.count - 1:,} more)" if mark.count > 1 else ""
        words = f"{self.source.words(mark.at_ns)}: {_FLAGS[mark.kind][2]}: {plain(mark.text)}{more}"
        return Hit(self.source.seconds(mark.at_ns), words, mark.n)

    def _hit_time(self, at: QPointF) -> Hit | None:
        x = self.axes.x_at(at.x())
        if not self.axes.covers(x):
            return None
        at_ns = self.source.time_of(x)
        reach_ns = max(100_000_000, round(self.sight.width_ns / self.sight.pixels * REACH_PX))
        return Hit(x, self.source.words(at_ns), self.source.series.firsts.nearest(at_ns, reach_ns))
