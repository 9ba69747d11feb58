"""The table of the statistics panes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from PySide6.QtCore import QModelIndex, QRect, Qt, Signal
from PySide6.QtGui import QFont, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from inspector.ui import theme
from inspector.ui.models.table_model import Column, TableModel

R = TypeVar("R")

_CELL_PADDING = 20
_LEAST_SENTENCE = 140
# the mark of the sorted column stands above its title: beside it, it would cover right-aligned titles
_STYLE = """
QTableView::item { padding: 0 4px; }
QHeaderView { background: palette(alternate-base); }
QHeaderView::up-arrow, QHeaderView::down-arrow {
    subcontrol-origin: padding; subcontrol-position: top center; width: 9px; height: 7px; }
"""


class StatTable(QTableView, Generic[R]):
    """Sortable rows of figures; double click or Enter on a row emits `jump` with the number of its event.

    `target` gives that number (None: nowhere to go); `empty` is the sentence that stands there while there are no rows.
    """

    jump = Signal(int)

    def __init__(self, model: TableModel[R], target: Callable[[R], int | None], empty: str) -> None:
        super().__init__()
        self._model = model
        self._target = target
        self._empty = empty
        model.setParent(self)
        self.setModel(model)
        self._scroll_rows_only()
        for changed in (model.modelReset, model.rowsInserted, model.rowsRemoved):
            changed.connect(self._scroll_rows_only)
        self.setAccessibleDescription(empty)
        self._use_tabular_figures()
        self._set_up()
        self._set_up_header()
        self.doubleClicked.connect(self._jump_from)

    def set_empty(self, sentence: str) -> None:
        """The sentence that stands there while there are no rows."""
        if sentence != self._empty:
            self._empty = sentence
            self.setAccessibleDescription(sentence)
            self.viewport().update()

    def sort_by(self, column: int, order: Qt.SortOrder) -> None:
        """Sort as a click on the header would."""
        self.horizontalHeader().setSortIndicator(column, order)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._jump_from(self.currentIndex())
            return
        super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._model.rowCount() == 0:
            painter = QPainter(self.viewport())
            painter.setPen(theme.color("muted"))
            room: QRect = self.viewport().rect().adjusted(24, 12, -24, -12)
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._empty)
            painter.end()

    def _scroll_rows_only(self) -> None:
        """A bar below a sentence would say that there is more of it."""
        policy = Qt.ScrollBarPolicy
        has_rows = self._model.rowCount() > 0
        self.setHorizontalScrollBarPolicy(policy.ScrollBarAsNeeded if has_rows else policy.ScrollBarAlwaysOff)

    def _jump_from(self, index: QModelIndex) -> None:
        if index.isValid():
            n = self._target(self._model.row(index))
            if n is not None:
                self.jump.emit(n)

    def _use_tabular_figures(self) -> None:
        font = self.font()
        font.setFeature(QFont.Tag("tnum"), 1)
        self.setFont(font)

    def _set_up(self) -> None:
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setStyleSheet(_STYLE)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 8)

    def _set_up_header(self) -> None:
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setMinimumSectionSize(36)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        header.setSortIndicatorClearable(True)
        for place, column in enumerate(self._model.columns):
            self.setColumnWidth(place, self._width_of(column))
        last = len(self._model.columns) - 1
        if not self._model.columns[last].numeric:  # a sentence, which takes what room there is and is cut beyond
            self.setColumnWidth(last, min(self.columnWidth(last), _LEAST_SENTENCE))
        self.setSortingEnabled(True)

    def _width_of(self, column: Column[R]) -> int:
        metrics = self.fontMetrics()
        return max(map(metrics.horizontalAdvance, (column.title, column.sample))) + _CELL_PADDING
