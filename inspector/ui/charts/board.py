"""The charts beside each other, on one time axis; each is drawn anew when it would look different, and not oftener."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter_ns
from typing import Any

from PySide6.QtCore import QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from inspector.ui.charts.chart import Chart, Hit
from inspector.ui.charts.distribution_chart import DistributionChart
from inspector.ui.charts.gap_chart import GapChart
from inspector.ui.charts.gestures import Gestures
from inspector.ui.charts.latency_chart import LatencyChart
from inspector.ui.charts.pace import ChartPace
from inspector.ui.charts.reconnect_chart import ReconnectChart
from inspector.ui.charts.sheet import Sheet
from inspector.ui.charts.slot_chart import BytesChart, EventsChart, StreamsChart
from inspector.ui.charts.source import Source
from inspector.ui.charts.span import Mode, Sight, TimeSpan

TICK_MS = 16
CHARTS: tuple[type[Chart], ...] = (
    LatencyChart,
    DistributionChart,
    EventsChart,
    BytesChart,
    GapChart,
    StreamsChart,
    ReconnectChart,
)


class ChartBoard(QWidget):
    """All charts, or one of them; hidden ones cost nothing. `words_changed` says what is under the pointer."""

    jump = Signal(int)
    words_changed = Signal(str)
    span_changed = Signal()
    keys_changed = Signal()
    """There are calls of another method or tool."""

    def __init__(self, source: Source, span: TimeSpan | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("chartBoard")
        self.setAccessibleName("Charts")
        self.source = source
        self.span = span or TimeSpan(Mode.FOLLOW if source.is_live else Mode.ALL)
        self.sheet = Sheet()
        self.charts = {kind.name: kind(source, self.sheet.ground) for kind in CHARTS}
        self.is_log = False
        self.hit: Hit | None = None
        self._only: str | None = None
        self._keys = 0
        self._drawn: dict[Chart, Any] = {}
        self._pace = ChartPace()
        self._gestures = Gestures(self)
        self._timer = QTimer(self, interval=TICK_MS, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self.tick)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.sheet)
        for chart in self.charts.values():
            self._gestures.watch(chart)
        self.sheet.arrange(list(self.charts.values()), self.shown)

    @property
    def shown(self) -> list[Chart]:
        """The charts that were chosen."""
        return [chart for name, chart in self.charts.items() if self._only in (None, name)]

    def show_only(self, name: str | None) -> None:
        """Show one chart by its name, or all."""
        self._only = name
        self.point_at(None)
        self.sheet.arrange(list(self.charts.values()), self.shown)
        self._pace.touched()

    def set_log(self, is_log: bool) -> None:
        """Draw durations on a logarithmic scale, or no more."""
        self.is_log = is_log
        for chart in self.charts.values():
            chart.is_log = is_log and chart.has_log
        self.redraw()
        self.span_changed.emit()

    def show_calls_of(self, key: str) -> None:
        """Tell of the calls of one method or tool, or of all."""
        for chart in self.charts.values():
            chart.key = key
        self._pace.touched()

    def change_span(self, change: Callable[[], None]) -> None:
        """Zoom or pan, by a method of the span."""
        change()
        self._pace.touched()
        self.span_changed.emit()

    def point_at(self, chart: Chart | None, at: QPointF | None = None) -> None:
        """Say what is at a place of a chart, and draw the cross hair in all; None takes it away."""
        self._point(chart, None if chart is None or at is None else chart.hit(at))

    def point_at_value(self, chart: Chart, x: float) -> None:
        """Say what a chart has at a place of its x axis."""
        self._point(chart, chart.hit_at(x))

    def go(self) -> None:
        """Go to the event of what is pointed at."""
        if self.hit is not None and self.hit.n is not None:
            self.jump.emit(self.hit.n)

    def redraw(self) -> None:
        """Draw everything that was chosen now, also what is scrolled out of sight."""
        self._bound()
        for chart in self.shown:
            self._draw(chart, self._state(chart))

    def tick(self) -> None:
        """Draw what would look different, the one first that waited longest, as far as the pace allows."""
        self._bound()
        if self._keys != len(self.source.series.calls.keys):
            self._keys = len(self.source.series.calls.keys)
            self.keys_changed.emit()
        if not self._pace.is_due(self.source.series.count):
            return
        for chart in sorted(self._in_sight(), key=lambda chart: chart.drawn_ns):
            state = self._state(chart)
            if self._drawn.get(chart) != state:
                began_ns = perf_counter_ns()
                self._draw(chart, state)
                self._pace.spent(perf_counter_ns() - began_ns + chart.paint_ns)
                return

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._timer.start()
        self._pace.touched()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._pace.touched()

    def _bound(self) -> None:
        self.span.set_bounds(self.source.origin_ns, self.source.now_ns())

    def _in_sight(self) -> list[Chart]:
        return [chart for chart in self.shown if not chart.viewport().visibleRegion().isEmpty()]

    def _state(self, chart: Chart) -> tuple[Any, ...]:
        """What the picture of a chart depends on."""
        sight = self.span.sight(round(chart.axes.area.width()))
        return sight, chart.axes.area.height(), chart.version(sight), chart.is_log, chart.key

    def _draw(self, chart: Chart, state: tuple[Any, ...]) -> None:
        sight: Sight = state[0]
        chart.draw(sight)
        chart.drawn_ns = perf_counter_ns()
        self._drawn[chart] = state

    def _point(self, chart: Chart | None, hit: Hit | None) -> None:
        self.hit = hit
        for each in self.charts.values():
            is_here = hit is not None and (each is chart or (each.is_timed and chart is not None and chart.is_timed))
            spot = QPointF(hit.x, hit.y) if hit is not None and hit.y is not None and each is chart else None
            each.point(hit.x if hit is not None and is_here else None, spot)
        self.words_changed.emit(hit.words if hit is not None else "")
