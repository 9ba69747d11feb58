"""What stands around a plot and over it: title, figures, legend, axes, flags, the cross hair."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen

from inspector.ui import theme
from inspector.ui.charts.axes import BOTTOM_PX, LEFT_PX, LINE_PX, RIGHT_PX
from inspector.ui.charts.colors import chart_color
from inspector.ui.charts.glyphs import GLYPH_PX, draw_glyph

if TYPE_CHECKING:
    from inspector.ui.charts.plot import Flag, Plot

_LABEL_GAP_PX = 5
_LEGEND_GAP_PX = 9
_ALIGN = Qt.AlignmentFlag


class Frame:
    """Paints what a plot says of itself; the colours are those of the moment."""

    def __init__(self, painter: QPainter, plot: Plot) -> None:
        self._painter, self._plot, self._axes = painter, plot, plot.axes
        painter.setFont(plot.small_font)

    def paint_below(self) -> None:
        """What lies under the values."""
        self._draw_head()
        if not self._plot.notice:
            self._draw_y_axis()
        self._draw_x_axis()
        for flag in self._plot.flags:
            self._draw_flag(flag)

    def paint_above(self) -> None:
        """What lies over the values; what belongs to the user's hand is not saved."""
        if self._plot.notice:
            area = self._axes.area.adjusted(8, 0, -8, 0)
            self._painter.setPen(theme.color("muted"))
            self._painter.drawText(area, _ALIGN.AlignCenter | Qt.TextFlag.TextWordWrap, self._plot.notice)
        if not self._plot.is_saved:
            self._draw_hand()

    def _draw_hand(self) -> None:
        """The cross hair, a ring around the value, and the border of the focus."""
        painter, plot, axes = self._painter, self._plot, self._axes
        if plot.cross is not None and axes.start <= plot.cross <= axes.end:
            painter.setPen(QPen(theme.color("text"), 0, Qt.PenStyle.DotLine))
            x = round(axes.x_px(plot.cross)) + 0.5
            painter.drawLine(QPointF(x, axes.area.top()), QPointF(x, axes.area.bottom()))
        if plot.hasFocus():
            painter.setPen(theme.color("accent"))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(plot.viewport().rect().adjusted(0, 0, -1, -1))
        if plot.spot is not None:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(theme.color("text"), 1.5))
            painter.drawEllipse(QPointF(axes.x_px(plot.spot.x()), axes.y_px(plot.spot.y())), 6, 6)

    def _draw_head(self) -> None:
        """Title, figures and legend in one line or two; where there is no room the legend goes, the figures are cut."""
        painter, plot = self._painter, self._plot
        room = QRect(8, 0, plot.viewport().width() - 8 - RIGHT_PX, LINE_PX)
        unit = self._axes.scale.unit.name
        title = f"{plot.title}, {unit}" if unit else plot.title
        bold = QFont(plot.small_font)
        bold.setBold(True)
        painter.setFont(bold)
        painter.setPen(theme.color("text"))
        painter.drawText(room, _ALIGN.AlignVCenter | _ALIGN.AlignLeft, title)
        beside = room.adjusted(painter.fontMetrics().horizontalAdvance(title) + _LEGEND_GAP_PX, 0, 0, 0)
        painter.setFont(plot.small_font)
        legend_px = self._draw_legend(QRectF(beside))
        below = room.translated(0, LINE_PX - 3)
        figures = beside.adjusted(0, 0, -legend_px, 0) if plot.head_lines == 1 else below
        text = painter.fontMetrics().elidedText(plot.summary, Qt.TextElideMode.ElideRight, max(0, figures.width()))
        if len(text) > 1:
            painter.setPen(theme.color("muted"))
            painter.drawText(figures, _ALIGN.AlignVCenter | _ALIGN.AlignLeft, text)

    def _draw_legend(self, room: QRectF) -> int:
        """Draw the legend at the right, if it fits; how wide it is."""
        painter = self._painter
        metrics = painter.fontMetrics()
        widths = [GLYPH_PX + 4 + metrics.horizontalAdvance(entry.text) + _LEGEND_GAP_PX for entry in self._plot.legend]
        if not widths or sum(widths) > room.width():
            return 0
        x, middle = room.right() - sum(widths) + _LEGEND_GAP_PX, room.center().y()
        for entry, width in zip(self._plot.legend, widths, strict=True):
            draw_glyph(painter, entry.glyph, QPointF(x + GLYPH_PX / 2, middle), QColor(chart_color(entry.role)))
            painter.setPen(theme.color("muted"))
            text = QRectF(x + GLYPH_PX + 4, room.top(), width, room.height())
            painter.drawText(text, _ALIGN.AlignVCenter | _ALIGN.AlignLeft, entry.text)
            x += width
        return sum(widths) + _LEGEND_GAP_PX

    def _draw_y_axis(self) -> None:
        painter, axes = self._painter, self._axes
        area, grid = axes.area, theme.color("border")
        grid.setAlphaF(0.6)
        high = painter.fontMetrics().height()
        painter.setPen(theme.color("muted"))
        for value, text in axes.scale.ticks:
            y = round(axes.y_px(value))
            if not area.top() - 1 <= y <= area.bottom() + 1:
                continue
            painter.fillRect(QRectF(area.left(), y, area.width(), 1), grid)  # a line costs a hundred times as much
            place = QRectF(0, y - high / 2, LEFT_PX - _LABEL_GAP_PX, high)
            painter.drawText(place, _ALIGN.AlignVCenter | _ALIGN.AlignRight, text)

    def _draw_x_axis(self) -> None:
        painter, axes = self._painter, self._axes
        area, words = axes.area, theme.color("muted")
        painter.setPen(words)
        painter.fillRect(QRectF(area.left(), area.bottom(), area.width(), 1), words)
        for value, text in axes.x_ticks:
            x = round(axes.x_px(value))
            width = painter.fontMetrics().horizontalAdvance(text)
            if not (area.left() <= x <= area.right() and x + width / 2 < self._plot.viewport().width()):
                continue
            painter.fillRect(QRectF(x, area.bottom(), 1, 4), words)
            place = QRectF(x - width / 2 - 2, area.bottom() + 4, width + 4, BOTTOM_PX - 4)
            painter.drawText(place, _ALIGN.AlignHCenter | _ALIGN.AlignVCenter, text)

    def _draw_flag(self, flag: Flag) -> None:
        painter, axes = self._painter, self._axes
        area, color = axes.area, QColor(chart_color(flag.role))
        x = round(axes.x_px(flag.x)) + 0.5
        if area.left() <= x <= area.right():
            painter.setPen(QPen(color, 0, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
            draw_glyph(painter, flag.glyph, QPointF(x, area.top() + 2), color)
