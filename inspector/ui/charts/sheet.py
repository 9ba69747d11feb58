"""Charts beside and below each other, as many in a row as there is room for."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QScrollArea, QWidget

from inspector.ui.charts.chart import Chart

_COLUMN_PX, _MOST_COLUMNS, _LEAST_HEIGHT_PX = 400, 3, 150


class Sheet(QScrollArea):
    """Shows some of the charts that stand on `ground`; where they do not fit, it scrolls."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.ground = QWidget()
        self._grid = QGridLayout(self.ground)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(1)
        self.setWidget(self.ground)
        self._shown: Sequence[Chart] = ()
        self._columns = 0

    @property
    def can_scroll(self) -> bool:
        """Whether there are more charts than fit."""
        return self.verticalScrollBar().maximum() > 0

    def arrange(self, charts: Sequence[Chart], shown: Sequence[Chart]) -> None:
        """Show these of the charts; the last one takes what its row leaves over."""
        self._shown = shown
        for chart in charts:
            self._grid.removeWidget(chart)
            chart.setVisible(chart in shown)
            chart.setMinimumHeight(_LEAST_HEIGHT_PX if len(shown) > 1 else 0)
        self._columns = 0
        self._place()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        columns = min(_MOST_COLUMNS, len(self._shown), max(1, self.width() // _COLUMN_PX))
        if columns == self._columns:
            return
        self._columns = columns
        for place in range(_MOST_COLUMNS):
            self._grid.setColumnStretch(place, place < columns)
        for place, chart in enumerate(self._shown):
            row, column = divmod(place, columns)
            span = columns - column if place == len(self._shown) - 1 else 1
            self._grid.addWidget(chart, row, column, 1, span)
