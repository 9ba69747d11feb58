"""A small read-only table whose rows are replaced several times a second without disturbing the view."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor

from inspector.ui import theme

R = TypeVar("R")
Index = QModelIndex | QPersistentModelIndex

NOTHING = "–"
_ROOT = QModelIndex()
_NUMBERS = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_WORDS = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True, slots=True)
class Column(Generic[R]):
    """How one column is read from a row.

    `value` is what the column sorts by (None sorts last and shows as a dash), `text` how the value is written.
    `sample` is a text as wide as they usually get; `role` names the palette colour of a cell, if not the usual one.
    """

    title: str
    value: Callable[[R], Any]
    text: Callable[[Any], str] = str
    sample: str = ""
    numeric: bool = False
    hint: str = ""
    role: Callable[[R], str | None] | None = None


class TableModel(QAbstractTableModel, Generic[R]):
    """Rows that know who they are: `identity` tells which old row a new one replaces, so selection and order stay."""

    def __init__(
        self, columns: Sequence[Column[R]], identity: Callable[[R], Hashable], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)
        self._identity = identity
        self._rows: list[R] = []
        self._sort_column = -1
        self._sort_order = Qt.SortOrder.AscendingOrder

    def row(self, index: Index) -> R:
        """The row behind a valid index."""
        return self._rows[index.row()]

    def replace(self, rows: Sequence[R]) -> None:
        """Show these rows from now on, in the order given or in that of the sorted column."""
        fresh = {self._identity(row): row for row in rows}
        self._remove_missing(fresh)
        self._append_new(fresh)
        self._arrange(list(fresh.values()))

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        column, row = self.columns[index.column()], self._rows[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            value = column.value(row)
            return NOTHING if value is None else column.text(value)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _NUMBERS if column.numeric else _WORDS
        if role == Qt.ItemDataRole.ForegroundRole:
            return _color(column, row)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        column = self.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.title
        if role == Qt.ItemDataRole.ToolTipRole:
            return column.hint or None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _NUMBERS if column.numeric else _WORDS
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self._sort_column = column
        self._sort_order = order
        self._arrange(list(self._rows))

    def _remove_missing(self, fresh: dict[Hashable, R]) -> None:
        last = len(self._rows) - 1
        while last >= 0:
            if self._identity(self._rows[last]) in fresh:
                last -= 1
                continue
            first = last
            while first > 0 and self._identity(self._rows[first - 1]) not in fresh:
                first -= 1
            self.beginRemoveRows(_ROOT, first, last)
            del self._rows[first : last + 1]
            self.endRemoveRows()
            last = first - 1

    def _append_new(self, fresh: dict[Hashable, R]) -> None:
        known = {self._identity(row) for row in self._rows}
        added = [row for key, row in fresh.items() if key not in known]
        if added:
            count = len(self._rows)
            self.beginInsertRows(_ROOT, count, count + len(added) - 1)
            self._rows += added
            self.endInsertRows()

    def _arrange(self, rows: list[R]) -> None:
        """Put the same rows, perhaps with new figures, in order; says to the view only what changed."""
        rows = self._sorted(rows)
        before, after = list(map(self._identity, self._rows)), list(map(self._identity, rows))
        if before == after:
            self._refresh(rows)
            return
        self.layoutAboutToBeChanged.emit()
        places = {key: place for place, key in enumerate(after)}
        old = self.persistentIndexList()
        new = [self.index(places[before[index.row()]], index.column()) for index in old]
        self._rows = rows
        self.changePersistentIndexList(old, new)
        self.layoutChanged.emit()

    def _refresh(self, rows: list[R]) -> None:
        changed = [place for place, (old, new) in enumerate(zip(self._rows, rows, strict=True)) if old != new]
        self._rows = rows
        if changed:
            self.dataChanged.emit(self.index(changed[0], 0), self.index(changed[-1], len(self.columns) - 1))

    def _sorted(self, rows: list[R]) -> list[R]:
        if self._sort_column < 0:
            return rows
        value = self.columns[self._sort_column].value
        descending = self._sort_order is Qt.SortOrder.DescendingOrder
        present = sorted((row for row in rows if value(row) is not None), key=value, reverse=descending)
        return present + [row for row in rows if value(row) is None]


def _color(column: Column[R], row: R) -> QColor | None:
    name = column.role(row) if column.role is not None else None
    if name is None and (column.value(row) is None or (column.numeric and column.value(row) == 0)):
        name = "muted"  # so that the eye finds what is not zero
    return None if name is None else theme.color(name)
