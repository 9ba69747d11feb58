"""Lanes: all time at a glance, a lane for each stream, above the rows that they lead to."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter_ns

from PySide6.QtCore import QEvent, QPoint, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QHelpEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QToolTip, QWidget

from inspector.record.timeline import Timeline
from inspector.ui import theme
from inspector.ui.forms.parts import tool_tip
from inspector.ui.views import lanes_words
from inspector.ui.views.lanes_buttons import LanesButtons
from inspector.ui.views.lanes_gestures import Gestures
from inspector.ui.views.lanes_painter import LanesPainter
from inspector.ui.views.lanes_scene import Scene

TICK_MS = 40
BUDGET_NS = 2_000_000
_REST = 12
"""A painting is followed by at least so many times its own length of rest."""
_RESTYLING = {QEvent.Type.StyleChange, QEvent.Type.PaletteChange, QEvent.Type.FontChange}
_EMPTY = "No events yet. Each HTTP exchange gets a lane here: sent, headers, first event, end."


class LanesView(QAbstractScrollArea):
    """Zoom with the wheel or + and −, pan with Shift and the wheel or the arrows, drag to choose a range of time.

    `now_ns` is the clock of a live river, None for a recording. While it is visible it takes in what is new in the
    timeline, a few milliseconds at a time.
    """

    range_selected = Signal(int, int)
    """The first and the last timeline row of the time that was chosen."""
    range_cleared = Signal()
    row_wanted = Signal(int)
    """The timeline row that was clicked at."""
    stream_wanted = Signal(int)
    """The stream of the lane that was double clicked."""
    span_changed = Signal()

    def __init__(
        self, timeline: Timeline, now_ns: Callable[[], int] | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("lanesView")
        self.setAccessibleName("Lanes")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumHeight(72)
        self.viewport().setMouseTracking(True)
        self.scene = Scene(timeline, now_ns)
        self._gestures = Gestures(self)
        self._ticker = QTimer(self, interval=TICK_MS)
        self._ticker.timeout.connect(self.pull)
        self._painter_timer = QTimer(self, singleShot=True, interval=TICK_MS)
        self._painter_timer.timeout.connect(self.viewport().update)
        self.buttons = LanesButtons(self)
        self.verticalScrollBar().valueChanged.connect(self.refresh)
        self._restyle()

    def sizeHint(self) -> QSize:
        """Room for the axis, the connection and a handful of streams."""
        return QSize(600, self.scene.streams_top + 6 * self.scene.lane_px)

    def pull(self) -> None:
        """Take in new rows for a few milliseconds, and have it painted if anything changed."""
        came = self.scene.catch_up(BUDGET_NS)
        if came or self.scene.is_stale:
            self.refresh()
        self._ticker.setInterval(0 if self.scene.is_behind else TICK_MS)

    def refresh(self) -> None:
        """Have it painted soon."""
        if not self._painter_timer.isActive():
            self._painter_timer.start()

    def show_row(self, row: int | None) -> None:
        """Point at the row that is selected elsewhere, and bring it into sight."""
        self.scene.row = row
        self.scene.arrange()
        if row is not None and row < self.scene.lanes.folded:
            self.scene.span.reveal(self.scene.timeline.monotonic_ns[row])
        self.refresh()

    def select_range(self, start_ns: int, end_ns: int) -> None:
        """Choose a range of time, as if it had been dragged over."""
        rows = self.scene.rows_between(start_ns, end_ns)
        if rows is None:
            self.clear_range()
            return
        self.scene.brush = (start_ns, end_ns)
        self.refresh()
        self.range_selected.emit(*rows)

    def clear_range(self) -> None:
        """Take the range away."""
        if self.scene.brush is not None:
            self.scene.brush = None
            self.refresh()
            self.range_cleared.emit()

    def change_span(self, change: Callable[[], None]) -> None:
        """Zoom or pan, by a method of the span."""
        change()
        self.refresh()
        self.span_changed.emit()

    def viewportEvent(self, event: QEvent) -> bool:
        """The pointer: drags, clicks, the tip under it."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            words = tool_tip(self.scene.words(self.tip(event.pos()))).replace("<p>", '<p style="white-space: pre">', 1)
            QToolTip.showText(event.globalPos(), words, self)
            return True
        if event.type() == QEvent.Type.Leave:
            self.scene.hover_x = None
            self.refresh()
        if isinstance(event, QMouseEvent) and self._gestures.mouse(event):
            return True
        if isinstance(event, QWheelEvent) and self._gestures.wheel(event):
            return True
        return super().viewportEvent(event)

    def event(self, event: QEvent) -> bool:
        """The border says where the keys go."""
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self.refresh()
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Everything the pointer can do."""
        if not self._gestures.key(event):
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The picture of this moment."""
        began_ns = perf_counter_ns()
        self.scene.scroll = self.verticalScrollBar().value()
        self.scene.arrange()
        self._fit_scroll_bar()
        painter = QPainter(self.viewport())
        if self.scene.lanes.folded:
            LanesPainter(painter, self.scene, self.font()).paint()
        else:
            painter.fillRect(self.viewport().rect(), theme.color("base"))
            painter.setPen(theme.color("muted"))
            painter.drawText(
                self.viewport().rect().adjusted(20, self.scene.axis_px, -20, 0),
                Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap,
                _EMPTY,
            )
        if self.hasFocus():
            painter.setPen(theme.color("accent"))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.viewport().rect().adjusted(0, 0, -1, -1))
        painter.end()
        self.buttons.refresh()
        rest_ms = (perf_counter_ns() - began_ns) * _REST // 1_000_000
        self._painter_timer.setInterval(max(TICK_MS, rest_ms))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._measure()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._ticker.start()
        self.pull()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._ticker.stop()

    def changeEvent(self, event: QEvent) -> None:
        """Take new colours and fonts over."""
        super().changeEvent(event)
        if event.type() in _RESTYLING and hasattr(self, "buttons"):
            self._restyle()

    def _restyle(self) -> None:
        height = self.fontMetrics().height()
        self.scene.lane_px = height + 4 + height % 2
        self.scene.axis_px = max(height + 8, self.buttons.sizeHint().height())
        self._measure()
        self.refresh()

    def _measure(self) -> None:
        self.scene.width, self.scene.height = self.viewport().width(), self.viewport().height()
        self.scene.arrange()
        self._fit_scroll_bar()
        self.buttons.place(self.scene.labels_px, self.scene.axis_px)

    def _fit_scroll_bar(self) -> None:
        bar, scene = self.verticalScrollBar(), self.scene
        room = scene.height - scene.streams_top
        bar.setSingleStep(scene.lane_px)
        bar.setPageStep(max(1, room))
        bar.setRange(0, max(0, len(scene.shown) * scene.lane_px - room))
        scene.scroll = bar.value()
        columns = scene.span.columns
        self.setAccessibleDescription(lanes_words.overview(scene.lanes, columns.count * columns.step_ns))

    def tip(self, at: QPoint) -> str:
        """What is at a place of the viewport, in words; empty where there is nothing."""
        scene = self.scene
        lane = scene.lane_at(at.y()) if scene.lanes.folded else None
        if lane is None:
            return ""
        words = lanes_words.lane_tip(scene.timeline, scene.lanes, lane, scene.now_ns())
        row = scene.row_near(lane, at.x()) if at.x() >= scene.labels_px else None
        if row is None:
            return words
        numbers = scene.timeline.numbers
        held = scene.evidence.evidence.words(numbers[row], numbers[row - 1] if row else -1)
        return "\n".join((lanes_words.row_tip(scene.timeline, row), *filter(None, (held,)), "", words))
