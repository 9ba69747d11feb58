"""What pointer and keys do to the charts."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from inspector.ui.charts.chart import Chart
from inspector.ui.charts.span import PAN_SHARE, ZOOM_STEP

if TYPE_CHECKING:
    from inspector.ui.charts.board import ChartBoard

_NOTCH = 120
_SCROLL_PX = 60
_Key = Qt.Key
_Type = QEvent.Type


class Gestures(QObject):
    """Filters the events of all charts of a board: drag to pan, the wheel zooms, a click goes to the timeline."""

    def __init__(self, board: ChartBoard) -> None:
        super().__init__(board)
        self._board = board
        self._charts: dict[QObject, Chart] = {}
        self._pressed: QPointF | None = None
        self._is_drag = False

    def watch(self, chart: Chart) -> None:
        """Take the events of a chart."""
        self._charts[chart] = self._charts[chart.viewport()] = chart
        chart.installEventFilter(self)
        chart.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """True for what is dealt with here; pyqtgraph sees none of it."""
        chart = self._charts.get(watched)
        if chart is None:
            return False
        if event.type() == _Type.KeyPress and isinstance(event, QKeyEvent):
            return watched is chart and self._key(chart, event)
        if watched is chart:
            return event.type() == _Type.ContextMenu
        if isinstance(event, QMouseEvent):
            return self._mouse(chart, event)
        if isinstance(event, QWheelEvent):
            return self._wheel(chart, event)
        if event.type() == _Type.Leave:
            self._board.point_at(None)
        return False

    def _mouse(self, chart: Chart, event: QMouseEvent) -> bool:
        react = {
            _Type.MouseButtonPress: self._press,
            _Type.MouseMove: self._move,
            _Type.MouseButtonRelease: self._release,
        }.get(event.type())
        if react is not None:
            react(chart, event)
        return True

    def _press(self, chart: Chart, event: QMouseEvent) -> None:
        chart.setFocus(Qt.FocusReason.MouseFocusReason)
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            self._pressed, self._is_drag = event.position(), False

    def _move(self, chart: Chart, event: QMouseEvent) -> None:
        at = event.position()
        if self._pressed is None or not event.buttons():
            self._board.point_at(chart, at)
            return
        if (at - self._pressed).manhattanLength() >= QApplication.startDragDistance():
            self._is_drag = True
        if self._is_drag and chart.is_timed:
            share = (self._pressed.x() - at.x()) / max(1.0, chart.axes.area.width())
            self._pressed = at
            self._board.change_span(lambda: self._board.span.pan(share))

    def _release(self, chart: Chart, event: QMouseEvent) -> None:
        pressed, self._pressed = self._pressed, None
        if pressed is None or self._is_drag or event.button() != Qt.MouseButton.LeftButton:
            return
        self._board.point_at(chart, event.position())
        self._board.go()

    def _wheel(self, chart: Chart, event: QWheelEvent) -> bool:
        """Where the charts do not fit, the wheel scrolls them and zooms with Ctrl; with Shift or sideways it pans."""
        turned, modifiers = event.angleDelta(), event.modifiers()
        is_sideways = abs(turned.x()) > abs(turned.y()) or bool(modifiers & Qt.KeyboardModifier.ShiftModifier)
        board, span = self._board, self._board.span
        if not is_sideways and board.sheet.can_scroll and not modifiers & Qt.KeyboardModifier.ControlModifier:
            bar = board.sheet.verticalScrollBar()
            bar.setValue(bar.value() - (event.pixelDelta().y() or round(turned.y() / _NOTCH * _SCROLL_PX)))
            return True
        if is_sideways:
            notches = (turned.x() or turned.y()) / _NOTCH
            board.change_span(lambda: span.pan(-notches * PAN_SHARE))
        elif turned.y():
            at_ns = board.source.time_of(chart.axes.x_at(event.position().x())) if chart.is_timed else None
            board.change_span(lambda: span.zoom(ZOOM_STEP ** (turned.y() / _NOTCH), at_ns))
        return True

    def _key(self, chart: Chart, event: QKeyEvent) -> bool:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            steps = {_Key.Key_Left: -1, _Key.Key_Right: 1}
            step = steps.get(_Key(event.key()))
            if step is not None:
                self._step(chart, step)
            return step is not None
        react = self._keys().get(_Key(event.key()))
        if react is None:
            return False
        react()
        return True

    def _keys(self) -> dict[Qt.Key, Callable[[], object]]:
        board, span = self._board, self._board.span

        def change(act: Callable[[], None]) -> Callable[[], None]:
            return lambda: board.change_span(act)

        return {
            _Key.Key_Plus: change(lambda: span.zoom(ZOOM_STEP)),
            _Key.Key_Equal: change(lambda: span.zoom(ZOOM_STEP)),
            _Key.Key_Minus: change(lambda: span.zoom(1 / ZOOM_STEP)),
            _Key.Key_0: change(span.show_all),
            _Key.Key_Left: change(lambda: span.pan(-PAN_SHARE)),
            _Key.Key_Right: change(lambda: span.pan(PAN_SHARE)),
            _Key.Key_Home: change(span.home),
            _Key.Key_End: change(span.follow),
            _Key.Key_L: lambda: board.set_log(not board.is_log),
            _Key.Key_Return: board.go,
            _Key.Key_Enter: board.go,
            _Key.Key_Space: board.go,
            _Key.Key_Escape: lambda: board.point_at(None),
        }

    def _step(self, chart: Chart, step: int) -> None:
        """Move the cross hair to the next value, or the one before; at first to the newest."""
        stops = chart.stops()
        if not stops:
            return
        x = chart.cross
        if x is None:
            place = len(stops) - 1
        else:
            tiny = (chart.axes.end - chart.axes.start) * 1e-9
            place = bisect_right(stops, x + tiny) if step > 0 else bisect_left(stops, x - tiny) - 1
        self._board.point_at_value(chart, stops[min(max(place, 0), len(stops) - 1)])
