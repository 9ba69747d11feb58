"""What a server offers as rows (tools, resources, prompts), filtered by what the user types."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

from inspector.ui.forms.parts import tool_tip

Index = QModelIndex | QPersistentModelIndex
MAX_SEARCHED = 4_000
"""Characters of a description that the filter looks at."""


@dataclass(frozen=True, slots=True)
class OfferRow:
    """One entry of a list in words; `entry` is the entry as it came, whatever its shape.

    `key` tells entries apart over a refresh. `tip` is for the tool tip, the description where it is empty. `icon` is
    the name of a picture, `is_alert` says that the badges are a warning. `reason` says why the entry is of no use.
    """

    key: str
    name: str
    title: str
    description: str
    badges: tuple[str, ...]
    entry: Any
    searched: str
    tip: str = ""
    icon: str = ""
    is_alert: bool = False
    reason: str = ""

    @property
    def spoken(self) -> str:
        """What a screen reader says."""
        refusal = f"cannot be used: {self.reason}" if self.reason else ""
        return ", ".join(filter(None, (self.name, self.title, *self.badges, refusal)))


def search_text(*texts: Any) -> str:
    """What the filter looks at, from fields of any type."""
    return "\n".join(text[:MAX_SEARCHED] for text in texts if isinstance(text, str)).casefold()


class OfferListModel(QAbstractListModel):
    """The rows that fit the filter, in the server's order. `RowRole` gives the `OfferRow`."""

    RowRole = Qt.ItemDataRole.UserRole

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[OfferRow] = []
        self._visible: list[OfferRow] = []
        self._words: list[str] = []

    @property
    def total(self) -> int:
        """How many rows there are without the filter."""
        return len(self._rows)

    def set_rows(self, rows: Sequence[OfferRow]) -> None:
        """Take these rows."""
        self._rows = list(rows)
        self._rebuild()

    def set_filter(self, text: str) -> None:
        """Keep the rows in whose texts every word of `text` stands."""
        self._words = text.casefold().split()
        self._rebuild()

    def row_of(self, key: str) -> int:
        """The row of an entry, or -1."""
        return next((n for n, row in enumerate(self._visible) if row.key == key), -1)

    def replace(self, row: OfferRow) -> None:
        """Show an entry in other words, without disturbing the selection."""
        self._rows = [row if old.key == row.key else old for old in self._rows]
        for n, old in enumerate(self._visible):
            if old.key == row.key:
                self._visible[n] = row
                self.dataChanged.emit(self.index(n), self.index(n))

    def rows(self) -> list[OfferRow]:
        """All rows, also those that the filter hides."""
        return list(self._rows)

    def _rebuild(self) -> None:
        self.beginResetModel()
        self._visible = [row for row in self._rows if all(word in row.searched for word in self._words)]
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._visible)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self._visible):
            return None
        row = self._visible[index.row()]
        if role == self.RowRole:
            return row
        if role == Qt.ItemDataRole.DisplayRole:
            return row.name
        if role == Qt.ItemDataRole.ToolTipRole:
            return tool_tip(row.reason or row.tip or row.description).replace("\n", "<br>") or None
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return row.spoken
        if role == Qt.ItemDataRole.AccessibleDescriptionRole:
            return row.reason or row.description
        return None
