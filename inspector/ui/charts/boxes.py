"""Filled boxes between the axes: the band between two percentiles, the bars of a distribution."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from inspector.ui.charts.figures import Floats


class Boxes(pg.GraphicsObject):  # type: ignore[misc]  # pyqtgraph has no types
    """Boxes from `left` to `right` and from `low` to `high`, all in one colour; what is not a number is left out."""

    def __init__(self) -> None:
        super().__init__()
        self._rects: list[QRectF] = []
        self._bounds = QRectF()
        self._color = QColor()

    def set_color(self, color: QColor) -> None:
        self._color = color
        self.update()

    def set_boxes(self, left: Floats, right: Floats, low: Floats, high: Floats) -> None:
        self.prepareGeometryChange()
        known = np.isfinite(low) & np.isfinite(high)
        columns = (column[known].tolist() for column in (left, low, right - left, high - low))
        self._rects = [QRectF(*corner) for corner in zip(*columns, strict=True)]
        self._bounds = QRectF()
        for rect in self._rects:
            self._bounds |= rect
        self.update()

    @property
    def rects(self) -> list[QRectF]:
        return self._rects

    def boundingRect(self) -> QRectF:
        return self._bounds

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._color)
        painter.drawRects(self._rects)
