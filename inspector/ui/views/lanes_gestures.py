"""What pointer and keys do to the lanes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from inspector.ui.views.lanes_buttons import ZOOM_STEP

if TYPE_CHECKING:
    from inspector.ui.views.lanes_view import LanesView

_NOTCH = 120
_PAN_SHARE = 0.1
_Key = Qt.Key


class Gestures:
    """Each method says whether it took the event."""

    def __init__(self, view: LanesView) -> None:
        self._view = view
        self._scene = view.scene
        self._pressed: QPointF | None = None
        self._button = Qt.MouseButton.NoButton
        self._is_drag = False
        self._panned_from = 0

    def mouse(self, event: QMouseEvent) -> bool:
        """Left: click and brush; middle: pan; without a button the line under the pointer moves."""
        react = {
            QEvent.Type.MouseButtonPress: self._press,
            QEvent.Type.MouseMove: self._move,
            QEvent.Type.MouseButtonRelease: self._release,
            QEvent.Type.MouseButtonDblClick: self._double_click,
        }.get(event.type())
        if react is None:
            return False
        if self._scene.lanes.folded:
            react(event)
        return True

    def wheel(self, event: QWheelEvent) -> bool:
        """Zoom at the pointer; with Shift, or sideways, pan; over the names the lanes scroll."""
        scene, turned = self._scene, event.angleDelta()
        if not scene.lanes.folded or event.position().x() < scene.labels_px:
            return False
        column = event.position().x() - scene.labels_px
        is_shifted = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        is_sideways = abs(turned.x()) > abs(turned.y())  # two fingers never go quite straight
        sideways = turned.x() if is_sideways else turned.y() if is_shifted else 0
        if sideways:
            step = -sideways / _NOTCH * scene.span.columns.count * _PAN_SHARE
            self._view.change_span(lambda: scene.span.pan(step))
        elif turned.y():
            factor = ZOOM_STEP ** (turned.y() / _NOTCH)
            self._view.change_span(lambda: scene.span.zoom(factor, column))
        event.accept()
        return True

    def key(self, event: QKeyEvent) -> bool:
        """All of it without a pointer."""
        if not self._scene.lanes.folded:
            return False
        react = self._keys().get(_Key(event.key()))
        if react is None:
            return False
        react()
        return True

    def _keys(self) -> dict[Qt.Key, Callable[[], object]]:
        view, scene, span = self._view, self._scene, self._scene.span
        width = span.columns.count

        def zoom(factor: float) -> None:
            view.change_span(lambda: span.zoom(factor, width / 2))

        def pan(share: float) -> None:
            view.change_span(lambda: span.pan(width * share))

        return {
            _Key.Key_Plus: lambda: zoom(ZOOM_STEP),
            _Key.Key_Equal: lambda: zoom(ZOOM_STEP),
            _Key.Key_Minus: lambda: zoom(1 / ZOOM_STEP),
            _Key.Key_0: lambda: view.change_span(span.fit),
            _Key.Key_Left: lambda: pan(-_PAN_SHARE),
            _Key.Key_Right: lambda: pan(_PAN_SHARE),
            _Key.Key_Home: lambda: view.change_span(span.home),
            _Key.Key_End: lambda: view.change_span(span.follow),
            _Key.Key_Up: lambda: self._step_lane(-1),
            _Key.Key_Down: lambda: self._step_lane(1),
            _Key.Key_PageUp: lambda: self._step_lane(-10),
            _Key.Key_PageDown: lambda: self._step_lane(10),
            _Key.Key_P: view.buttons.toggle_problems,
            _Key.Key_R: lambda: view.select_range(span.columns.start_ns, span.columns.end_ns - 1),
            _Key.Key_Escape: view.clear_range,
            _Key.Key_Space: self._want_row,
            _Key.Key_Return: lambda: self._want_stream(scene.current),
            _Key.Key_Enter: lambda: self._want_stream(scene.current),
        }

    def _press(self, event: QMouseEvent) -> None:
        self._view.setFocus(Qt.FocusReason.MouseFocusReason)
        self._pressed, self._button, self._is_drag = event.position(), event.button(), False
        self._panned_from = self._scene.span.columns.start_ns

    def _move(self, event: QMouseEvent) -> None:
        scene, at = self._scene, event.position()
        scene.hover_x = round(at.x())
        self._view.refresh()
        if self._pressed is None or not event.buttons() & self._button:
            return
        if (at - self._pressed).manhattanLength() >= QApplication.startDragDistance():
            self._is_drag = True
        if not self._is_drag:
            return
        if self._button == Qt.MouseButton.MiddleButton:
            columns = scene.span.columns
            moved = (self._panned_from - columns.start_ns) / columns.step_ns - (at.x() - self._pressed.x())
            self._view.change_span(lambda: scene.span.pan(moved))
        elif self._button == Qt.MouseButton.LeftButton and self._pressed.x() >= scene.labels_px:
            scene.brush = self._dragged(self._pressed, at)

    def _release(self, event: QMouseEvent) -> None:
        pressed, self._pressed = self._pressed, None
        if pressed is None or event.button() != self._button or event.button() != Qt.MouseButton.LeftButton:
            return
        if self._is_drag:
            if pressed.x() >= self._scene.labels_px:
                self._view.select_range(*self._dragged(pressed, event.position()))
            return
        self._click(event.position())

    def _click(self, at: QPointF) -> None:
        """Go to the row nearest in this lane; on nothing, the range goes away."""
        scene = self._scene
        lane = scene.lane_at(at.y())
        scene.current = lane
        self._view.refresh()
        row = None
        if lane is not None and at.x() < scene.labels_px:
            row = next(iter(scene.lanes.rows(lane)), None)
        elif lane is not None:
            start_ns, end_ns = scene.lane_span(lane)
            is_on_bar = start_ns <= scene.ns_at(at.x()) <= end_ns
            row = scene.lanes.nearest(lane, scene.ns_at(at.x())) if is_on_bar else scene.row_near(lane, at.x())
        if row is None:
            self._view.clear_range()
        else:
            self._view.row_wanted.emit(row)

    def _double_click(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._want_stream(self._scene.lane_at(event.position().y()))

    def _dragged(self, pressed: QPointF, at: QPointF) -> tuple[int, int]:
        scene = self._scene
        left, right = sorted((max(pressed.x(), scene.labels_px), max(at.x(), scene.labels_px)))
        return scene.ns_at(left), scene.ns_at(right)

    def _want_stream(self, lane: int | None) -> None:
        if lane:
            self._view.stream_wanted.emit(self._scene.lanes.facts(lane).stream)

    def _want_row(self) -> None:
        """The row of the current lane that is nearest to the middle of what is in sight."""
        scene, columns = self._scene, self._scene.span.columns
        lane = 0 if scene.current is None else scene.current
        row = scene.lanes.nearest(lane, (columns.start_ns + columns.end_ns) // 2)
        if row is not None:
            self._view.row_wanted.emit(row)

    def _step_lane(self, step: int) -> None:
        """Choose another lane and scroll to it."""
        scene, bar = self._scene, self._view.verticalScrollBar()
        lane = scene.step_lane(step)
        if lane:
            top = scene.shown.index(lane) * scene.lane_px
            lowest = top + scene.lane_px - (scene.height - scene.streams_top)
            bar.setValue(min(max(bar.value(), lowest), top))
        self._view.refresh()
