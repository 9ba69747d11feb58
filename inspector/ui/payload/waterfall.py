"""The phases of an HTTP exchange as bars over one time axis."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from inspector.record.text import duration
from inspector.ui import theme

_ROW_PX, _LEAST_ROW_PX = 20, 13
_BAR_PX = 8
_MARGIN_PX = 10
_ROLES = ("http", "note", "outbound", "inbound", "muted", "accent")


class Waterfall(QWidget):
    """Each phase is a name, a bar, and how long it took."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("waterfall")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        self._phases: Sequence[tuple[str, float, float]] = ()

    def show_phases(self, phases: Sequence[tuple[str, float, float]]) -> None:
        """Names with start and end in milliseconds after the request was sent."""
        self._phases = phases
        self.setVisible(bool(phases))
        self.setAccessibleName("; ".join(f"{name} {duration(end - start)}" for name, start, end in phases))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """A row for each phase."""
        return QSize(240, len(self._phases) * _ROW_PX + 2 * _MARGIN_PX)

    def minimumSizeHint(self) -> QSize:
        """In a low pane the rows move together, so that something is left for the facts below."""
        return QSize(0, len(self._phases) * _LEAST_ROW_PX + 2 * _MARGIN_PX)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw names left, bars in the middle, durations right."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics = self.fontMetrics()
        names = max((metrics.horizontalAdvance(name) for name, _, _ in self._phases), default=0) + 2 * _MARGIN_PX
        values = metrics.horizontalAdvance("59 min 59 s") + _MARGIN_PX
        width = max(20, self.width() - names - values - _MARGIN_PX)
        whole = max((end for _, _, end in self._phases), default=0.0) or 1.0
        row_px = (self.height() - 2 * _MARGIN_PX) / max(1, len(self._phases))
        for number, (name, start, end) in enumerate(self._phases):
            top = round(_MARGIN_PX + number * row_px)
            baseline = top + round(row_px + metrics.ascent() - metrics.descent()) // 2
            painter.setPen(theme.color("muted"))
            painter.drawText(_MARGIN_PX, baseline, name)
            left = names + round(width * start / whole)
            bar = max(2, round(width * (end - start) / whole))
            painter.setPen(theme.color("text"))
            painter.drawText(names + width + _MARGIN_PX, baseline, duration(end - start))
            painter.fillRect(
                left, top + round(row_px - _BAR_PX) // 2, bar, _BAR_PX, theme.color(_ROLES[number % len(_ROLES)])
            )
