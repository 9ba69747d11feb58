"""The shapes and dashes that tell one thing drawn from another without colour."""

from __future__ import annotations

import pyqtgraph as pg
from pyqtgraph.graphicsItems.ScatterPlotItem import drawSymbol
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen

from inspector.ui.charts.colors import chart_color

GLYPH_PX = 16
SYMBOL_PX = 7
_DASHES = {"line": Qt.PenStyle.SolidLine, "dash": Qt.PenStyle.DashLine, "dots": Qt.PenStyle.DotLine}
HOLLOW = "hollow"
"""An open circle: what is not over yet."""


def draw_glyph(painter: QPainter, glyph: str, middle: QPointF, color: QColor) -> None:
    """A short piece of a line of that dash, or a symbol, around a point."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(middle)
    if glyph in _DASHES:
        painter.setPen(QPen(color, 2, _DASHES[glyph]))
        painter.drawLine(QPointF(-GLYPH_PX / 2, 0), QPointF(GLYPH_PX / 2, 0))
    else:
        symbol, pen, brush = _symbol(glyph, color)
        drawSymbol(painter, symbol, SYMBOL_PX, pen, brush)
    painter.restore()


def pen(role: str, dash: str = "line", width: float = 1.0) -> QPen:
    """What a curve of a role is drawn with; as wide in pixels of the screen at any resolution."""
    return pg.mkPen(chart_color(role), width=width, style=_DASHES[dash])  # type: ignore[no-any-return]


def style_symbols(points: pg.ScatterPlotItem, role: str, glyph: str) -> None:
    """Draw points in the colour of a role and in a shape."""
    symbol, outline, fill = _symbol(glyph, QColor(chart_color(role)))
    points.setSymbol(symbol)
    points.setPen(outline)
    points.setBrush(fill)


def _symbol(glyph: str, color: QColor) -> tuple[str, QPen, QBrush]:
    """Symbol, outline and filling."""
    if glyph == HOLLOW:
        return "o", pg.mkPen(color, width=1.6), QBrush(Qt.BrushStyle.NoBrush)
    return glyph, pg.mkPen(None), QBrush(color)
