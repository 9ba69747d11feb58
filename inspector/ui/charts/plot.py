"""A picture with two axes: pyqtgraph draws what lies between them, we draw what stands around it.

Our own axes cost a third of those of pyqtgraph, which matters as often as they move.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter_ns

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QGraphicsView, QWidget

from inspector.ui import theme
from inspector.ui.charts.colors import chart_color
from inspector.ui.charts.glyphs import GLYPH_PX, draw_glyph
from inspector.ui.charts.scales import Scale, Tick, Unit

LEFT_PX, RIGHT_PX, BOTTOM_PX = 58, 10, 20
_LINE_PX, _ABOVE_PX = 20, 6
_NARROW_PX = 640
"""With less room the figures stand below title and legend."""
_LABEL_GAP_PX = 5
_LEGEND_GAP_PX = 10
_RESTYLING = {QEvent.Type.StyleChange, QEvent.Type.PaletteChange, QEvent.Type.FontChange}
_ALIGN = Qt.AlignmentFlag


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """What a line or a symbol of a colour means."""

    role: str
    glyph: str
    text: str


@dataclass(frozen=True, slots=True)
class Flag:
    """A line from top to bottom at a place of the x axis, with a sign on top."""

    x: float
    role: str
    glyph: str


class Plot(pg.GraphicsView):  # type: ignore[misc]  # pyqtgraph has no types
    """Holds a view box; `set_axes` says what it shows, and everything else is painted from what is set here."""

    title = ""
    legend: tuple[LegendEntry, ...] = ()
    empty = ""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, background=None)
        self.setCacheMode(QGraphicsView.CacheModeFlag.CacheNone)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.FullViewportUpdate)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.box = pg.ViewBox(enableMenu=False, enableMouse=False, defaultPadding=0.0)
        self.box.disableAutoRange()
        self.setCentralItem(pg.GraphicsLayout())
        self.centralWidget.addItem(self.box)
        self.summary = ""
        self.notice = self.empty
        """What stands in the middle while there is nothing to draw."""
        self.flags: Sequence[Flag] = ()
        self.cross: float | None = None
        self.is_saved = False
        """Whether it is painted into a file, without what belongs to the user's hand."""
        self.spot: QPointF | None = None
        """Where the value under the pointer is."""
        self.paint_ns = 0
        """How long the latest painting took."""
        self.paints = 0
        self.drawn_ns = 0
        """When it was last drawn anew."""
        self._x = (0.0, 1.0)
        self._x_ticks: Sequence[Tick] = ()
        self._scale = Scale(0.0, 1.0, (), Unit(""))
        self._font = QFont()
        self.restyle()

    def sizeHint(self) -> QSize:
        return QSize(380, 190)

    def minimumSizeHint(self) -> QSize:
        return QSize(220, 96)

    @property
    def area(self) -> QRectF:
        """What lies between the axes, in pixels."""
        return QRectF(self.viewport().rect()).adjusted(LEFT_PX, self._top_px, -RIGHT_PX, -BOTTOM_PX)

    @property
    def _head_lines(self) -> int:
        return 2 if self.legend and self.viewport().width() < _NARROW_PX else 1

    @property
    def _top_px(self) -> int:
        return self._head_lines * _LINE_PX + _ABOVE_PX

    @property
    def scale_y(self) -> Scale:
        return self._scale

    @property
    def x_range(self) -> tuple[float, float]:
        return self._x

    def set_axes(self, start: float, end: float, x_ticks: Sequence[Tick], scale: Scale) -> None:
        """What the axes span, and what is written at them."""
        self._x, self._x_ticks, self._scale = (start, end), x_ticks, scale
        self.box.setRange(xRange=(start, end), yRange=(scale.low, scale.high), padding=0, disableAutoRange=False)
        self.viewport().update()

    def x_px(self, x: float) -> float:
        area, (start, end) = self.area, self._x
        return area.left() + (x - start) / (end - start) * area.width()

    def y_px(self, y: float) -> float:
        area, scale = self.area, self._scale
        return area.bottom() - (y - scale.low) / (scale.high - scale.low) * area.height()

    def x_at(self, px: float) -> float:
        area, (start, end) = self.area, self._x
        return start + (px - area.left()) / max(1.0, area.width()) * (end - start)

    def point(self, cross: float | None, spot: QPointF | None = None) -> None:
        """Draw the cross hair at a place of the x axis, and a ring around a value; None takes it away."""
        if (cross, spot) != (self.cross, self.spot):
            self.cross, self.spot = cross, spot
            self.viewport().update()

    def restyle(self) -> None:
        """Take colours and fonts of the theme over."""
        self._font = QFont(self.font())
        self._font.setPointSizeF(max(6.0, self._font.pointSizeF() * 0.9))
        self._font.setFeature(QFont.Tag("tnum"), 1)
        self.setBackgroundBrush(theme.color("base"))
        self.viewport().update()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in _RESTYLING and hasattr(self, "_font"):
            self.restyle()

    def paintEvent(self, event: QPaintEvent) -> None:
        began_ns = perf_counter_ns()
        super().paintEvent(event)
        self.paint_ns = perf_counter_ns() - began_ns
        self.paints += 1

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        if hasattr(self, "box"):
            self.centralWidget.layout.setContentsMargins(LEFT_PX, self._top_px, RIGHT_PX, BOTTOM_PX)
        super().resizeEvent(event)
        self.viewport().update()

    def focusInEvent(self, event: QEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    def drawBackground(self, painter: QPainter, rect: QRectF) -> None:
        """The ground, the axes, the title and the legend."""
        painter.save()
        painter.fillRect(rect, self.backgroundBrush())
        painter.setFont(self._font)
        self._draw_head(painter)
        self._draw_y_axis(painter)
        self._draw_x_axis(painter)
        for flag in self.flags:
            self._draw_flag(painter, flag)
        painter.restore()

    def drawForeground(self, painter: QPainter, rect: QRectF) -> None:
        """The cross hair, and the sentence of an empty chart."""
        painter.save()
        painter.setFont(self._font)
        area = self.area
        if self.notice:
            painter.setPen(theme.color("muted"))
            painter.drawText(area.adjusted(8, 0, -8, 0), _ALIGN.AlignCenter | Qt.TextFlag.TextWordWrap, self.notice)
        if self.cross is not None and self._x[0] <= self.cross <= self._x[1]:
            painter.setPen(QPen(theme.color("text"), 0, Qt.PenStyle.DotLine))
            x = round(self.x_px(self.cross)) + 0.5
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        if self.spot is not None:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(theme.color("text"), 1.5))
            painter.drawEllipse(QPointF(self.x_px(self.spot.x()), self.y_px(self.spot.y())), 6, 6)
        if self.hasFocus() and not self.is_saved:
            painter.setPen(theme.color("accent"))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.viewport().rect().adjusted(0, 0, -1, -1))
        painter.restore()

    def _draw_head(self, painter: QPainter) -> None:
        """Title, figures and legend in one line or two; where there is no room the legend goes, the figures are cut."""
        room = QRect(8, 0, self.viewport().width() - 8 - RIGHT_PX, _LINE_PX)
        unit = self._scale.unit.name
        title = f"{self.title}, {unit}" if unit else self.title
        bold = QFont(self._font)
        bold.setBold(True)
        painter.setFont(bold)
        painter.setPen(theme.color("text"))
        painter.drawText(room, _ALIGN.AlignVCenter | _ALIGN.AlignLeft, title)
        beside = room.adjusted(painter.fontMetrics().horizontalAdvance(title) + _LEGEND_GAP_PX, 0, 0, 0)
        painter.setFont(self._font)
        legend_px = self._draw_legend(painter, QRectF(beside))
        figures = beside.adjusted(0, 0, -legend_px, 0) if self._head_lines == 1 else room.translated(0, _LINE_PX - 3)
        painter.setPen(theme.color("muted"))
        text = painter.fontMetrics().elidedText(self.summary, Qt.TextElideMode.ElideRight, max(0, figures.width()))
        if len(text) > 1:
            painter.drawText(figures, _ALIGN.AlignVCenter | _ALIGN.AlignLeft, text)

    def _draw_legend(self, painter: QPainter, room: QRectF) -> int:
        """Draw the legend at the right, if it fits; how wide it is."""
        metrics = painter.fontMetrics()
        widths = [GLYPH_PX + 4 + metrics.horizontalAdvance(entry.text) + _LEGEND_GAP_PX for entry in self.legend]
        if not widths or sum(widths) > room.width():
            return 0
        x, middle = room.right() - sum(widths) + _LEGEND_GAP_PX, room.center().y()
        for entry, width in zip(self.legend, widths, strict=True):
            draw_glyph(painter, entry.glyph, QPointF(x + GLYPH_PX / 2, middle), QColor(chart_color(entry.role)))
            painter.setPen(theme.color("muted"))
            text = QRectF(x + GLYPH_PX + 4, room.top(), width, room.height())
            painter.drawText(text, _ALIGN.AlignVCenter | _ALIGN.AlignLeft, entry.text)
            x += width
        return sum(widths) + _LEGEND_GAP_PX

    def _draw_y_axis(self, painter: QPainter) -> None:
        area, grid, words = self.area, theme.color("border"), theme.color("muted")
        grid.setAlphaF(0.6)
        high = painter.fontMetrics().height()
        for value, text in self._scale.ticks:
            y = round(self.y_px(value)) + 0.5
            if not area.top() - 1 <= y <= area.bottom() + 1:
                continue
            painter.setPen(grid)
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(words)
            place = QRectF(0, y - high / 2, LEFT_PX - _LABEL_GAP_PX, high)
            painter.drawText(place, _ALIGN.AlignVCenter | _ALIGN.AlignRight, text)

    def _draw_x_axis(self, painter: QPainter) -> None:
        area, words = self.area, theme.color("muted")
        painter.setPen(words)
        painter.drawLine(QPointF(area.left(), area.bottom() + 0.5), QPointF(area.right(), area.bottom() + 0.5))
        for value, text in self._x_ticks:
            x = round(self.x_px(value)) + 0.5
            width = painter.fontMetrics().horizontalAdvance(text)
            if not (area.left() <= x <= area.right() and x + width / 2 < self.viewport().width()):
                continue
            painter.drawLine(QPointF(x, area.bottom()), QPointF(x, area.bottom() + 4))
            place = QRectF(x - width / 2 - 2, area.bottom() + 4, width + 4, BOTTOM_PX - 4)
            painter.drawText(place, _ALIGN.AlignHCenter | _ALIGN.AlignVCenter, text)

    def _draw_flag(self, painter: QPainter, flag: Flag) -> None:
        area, color = self.area, QColor(chart_color(flag.role))
        x = round(self.x_px(flag.x)) + 0.5
        if area.left() <= x <= area.right():
            painter.setPen(QPen(color, 0, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
            draw_glyph(painter, flag.glyph, QPointF(x, area.top() + 2), color)
