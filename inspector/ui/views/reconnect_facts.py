"""The facts of the reconnects pane: a caption before each value, in as many columns as there is room for."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from inspector.record.text import plain
from inspector.stats.availability import AvailabilityReport
from inspector.stats.reconnects import ReconnectSummary
from inspector.ui import theme
from inspector.ui.models.reconnect_words import FACTS, HINTS, STATES, facts

_PER_LINE = (4, 3, 2, 1)
_GAP_PX = 16


class FactSheet(QWidget):
    """The values of `FACTS`; it must not push the other panes aside."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(2, 0, 2, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(4)
        self._values = {name: self._value(name) for name in FACTS}
        self._captions = {name: self._caption(name) for name in FACTS}
        self._per_line = 0
        self._arrange(_PER_LINE[0])

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def show_facts(self, now: ReconnectSummary, report: AvailabilityReport) -> None:
        for name, text in zip(FACTS, facts(now, report), strict=True):
            self._values[name].setText(text)
        self._values["Last event id"].setToolTip(plain(now.last_event_id or ""))
        self._values["State"].setStyleSheet(f"color: {theme.color(STATES[now.state][1]).name()}")
        self._fit()

    def _fit(self) -> None:
        """As few lines as there is room for."""
        for per_line in _PER_LINE:
            if self._width_of(per_line) <= self.width():
                break
        self._arrange(per_line)

    def _width_of(self, per_line: int) -> int:
        spacing = self._grid.horizontalSpacing()
        columns = [FACTS[place::per_line] for place in range(per_line)]
        widths = (
            max(self._captions[name].sizeHint().width() for name in column)
            + max(self._values[name].sizeHint().width() for name in column)
            for column in columns
        )
        return sum(widths) + per_line * (2 * spacing + _GAP_PX)

    def _arrange(self, per_line: int) -> None:
        if per_line == self._per_line:
            return
        self._per_line = per_line
        for column in range(self._grid.columnCount()):
            self._grid.setColumnMinimumWidth(column, 0)
            self._grid.setColumnStretch(column, 0)
        for line in range(self._grid.rowCount()):
            self._grid.setRowStretch(line, 0)
        for place, name in enumerate(FACTS):
            line, column = divmod(place, per_line)
            self._grid.addWidget(self._captions[name], line, 3 * column)
            self._grid.addWidget(self._values[name], line, 3 * column + 1)
            self._grid.setColumnMinimumWidth(3 * column + 2, _GAP_PX)
        self._grid.setColumnStretch(3 * per_line, 1)
        self._grid.setRowStretch(len(FACTS), 1)

    def _caption(self, name: str) -> QLabel:
        label = QLabel(name)
        label.setProperty("muted", True)
        label.setToolTip(HINTS.get(name, ""))
        return label

    def _value(self, name: str) -> QLabel:
        label = QLabel()
        label.setObjectName("fact" + name.title().replace(" ", ""))
        label.setAccessibleName(name)
        label.setAccessibleDescription(HINTS.get(name, ""))
        label.setProperty("heading", True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        return label
