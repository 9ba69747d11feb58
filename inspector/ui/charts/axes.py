"""Where values stand: the room between the axes of a plot, and what it spans."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from PySide6.QtCore import QRectF

from inspector.ui.charts.figures import Floats
from inspector.ui.charts.scales import Scale, Tick, Unit

V = TypeVar("V", float, Floats)
"""One value, or many."""

LEFT_PX, RIGHT_PX, BOTTOM_PX = 58, 10, 20
LINE_PX, ABOVE_PX = 20, 6


class Axes:
    """From `start` to `end` of the x axis and over the y axis of `scale`, in the pixels of `area`."""

    def __init__(self) -> None:
        self.area = QRectF(0, 0, 1, 1)
        self.start, self.end = 0.0, 1.0
        self.x_ticks: Sequence[Tick] = ()
        self.scale = Scale(0.0, 1.0, (), Unit(""))

    def x_px(self, x: V) -> V:
        return self.area.left() + (x - self.start) / (self.end - self.start) * self.area.width()

    def y_px(self, y: V) -> V:
        return self.area.bottom() - (y - self.scale.low) / (self.scale.high - self.scale.low) * self.area.height()

    def x_at(self, px: float) -> float:
        return self.start + (px - self.area.left()) / max(1.0, self.area.width()) * (self.end - self.start)

    def covers(self, x: float) -> bool:
        """Whether a place of the x axis is in sight."""
        return self.start <= x <= self.end
