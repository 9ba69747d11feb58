"""Charts beside and below each other, as many in a row as there is room for."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from inspector.ui.charts.chart import Chart

_COLUMN_PX, _MOST_COLUMNS, _LEAST_HEIGHT_PX, _GAP_PX = 400, 3, 150, 1


class Sheet(QScrollArea):
    """Shows some of the charts that stand on `ground`; where they do not fit, it scrolls."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.ground = QWidget()
        self.setWidget(self.ground)
        self._shown: Sequence[Chart] = ()

    def minimumSizeHint(self) -> QSize:
        """One small chart."""
        return QSize(220, 96)

    @property
    def can_scroll(self) -> bool:
        """Whether there are more charts than fit."""
        return self.verticalScrollBar().maximum() > 0

    def arrange(self, charts: Sequence[Chart], shown: Sequence[Chart]) -> None:
        """Show these of the charts; the last one takes what its row leaves over."""
        self._shown = shown
        for chart in charts:
            chart.setVisible(chart in shown)
        self._place()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        """A grid of equal charts that fills the room, or scrolls where they would be too low."""
        shown, room = self._shown, self.viewport().size()
        if not shown:
            return
        columns = min(_MOST_COLUMNS, len(shown), max(1, room.width() // _COLUMN_PX))
        rows = -(-len(shown) // columns)
        least = _LEAST_HEIGHT_PX if len(shown) > 1 else 0
        total = max(room.height(), rows * least)
        self.ground.resize(room.width(), total)
        for place, chart in enumerate(shown):
            row, column = divmod(place, columns)
            after = columns if place == len(shown) - 1 else column + 1
            left, right = (room.width() * edge // columns for edge in (column, after))
            top, bottom = (total * edge // rows for edge in (row, row + 1))
            chart.setGeometry(left, top, right - left - _GAP_PX, bottom - top - _GAP_PX)
