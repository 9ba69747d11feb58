"""A picture with two axes: pyqtgraph draws what lies between them, we draw what stands around it.

Our own axes cost a third of those of pyqtgraph, which matters as often as they move.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter_ns

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QGraphicsView, QWidget

from inspector.ui import theme
from inspector.ui.charts.axes import ABOVE_PX, BOTTOM_PX, LEFT_PX, LINE_PX, RIGHT_PX, Axes
from inspector.ui.charts.frame import Frame
from inspector.ui.charts.scales import Scale, Tick

_NARROW_PX = 640
"""With less room the figures stand below title and legend."""
_RESTYLING = {QEvent.Type.StyleChange, QEvent.Type.PaletteChange, QEvent.Type.FontChange}


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
        self.axes = Axes()
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
        self.small_font = QFont()
        self.restyle()

    def sizeHint(self) -> QSize:
        return QSize(380, 190)

    def minimumSizeHint(self) -> QSize:
        return QSize(220, 96)

    @property
    def head_lines(self) -> int:
        """How many lines title, figures and legend take."""
        return 2 if self.legend and self.viewport().width() < _NARROW_PX else 1

    def set_axes(self, start: float, end: float, x_ticks: Sequence[Tick], scale: Scale) -> None:
        """What the axes span, and what is written at them."""
        axes = self.axes
        axes.start, axes.end, axes.x_ticks, axes.scale = start, end, x_ticks, scale
        self.box.setRange(xRange=(start, end), yRange=(scale.low, scale.high), padding=0, disableAutoRange=False)
        self.viewport().update()

    def point(self, cross: float | None, spot: QPointF | None = None) -> None:
        """Draw the cross hair at a place of the x axis, and a ring around a value; None takes it away."""
        if (cross, spot) != (self.cross, self.spot):
            self.cross, self.spot = cross, spot
            self.viewport().update()

    def restyle(self) -> None:
        """Take colours and fonts of the theme over."""
        self.small_font = QFont(self.font())
        self.small_font.setPointSizeF(max(6.0, self.small_font.pointSizeF() * 0.9))
        self.small_font.setFeature(QFont.Tag("tnum"), 1)
        self.setBackgroundBrush(theme.color("base"))
        self.viewport().update()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in _RESTYLING and hasattr(self, "small_font"):
            self.restyle()

    def paintEvent(self, event: QPaintEvent) -> None:
        began_ns = perf_counter_ns()
        super().paintEvent(event)
        self.paint_ns = perf_counter_ns() - began_ns
        self.paints += 1

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        if hasattr(self, "axes"):
            margins = LEFT_PX, self.head_lines * LINE_PX + ABOVE_PX, RIGHT_PX, BOTTOM_PX
            self.centralWidget.layout.setContentsMargins(*margins)
            left, top, right, bottom = margins
            self.axes.area = QRectF(self.viewport().rect()).adjusted(left, top, -right, -bottom)
        super().resizeEvent(event)
        self.viewport().update()

    def focusInEvent(self, event: QEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    def drawBackground(self, painter: QPainter, rect: QRectF) -> None:
        """The ground, and what lies on it."""
        painter.save()
        painter.fillRect(rect, self.backgroundBrush())
        Frame(painter, self).paint_below()
        painter.restore()

    def drawForeground(self, painter: QPainter, rect: QRectF) -> None:
        """What lies over the values."""
        painter.save()
        Frame(painter, self).paint_above()
        painter.restore()
