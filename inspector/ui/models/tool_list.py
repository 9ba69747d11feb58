"""The tools of a server as rows, filtered by what the user types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

from inspector.ui.forms.parts import tool_tip
from inspector.ui.forms.spec import shown

Index = QModelIndex | QPersistentModelIndex
MAX_SEARCHED = 4_000
"""Characters of a description that the filter looks at."""
HINTS = {
    "readOnlyHint": "read-only",
    "destructiveHint": "destructive",
    "idempotentHint": "idempotent",
    "openWorldHint": "open-world",
}


@dataclass(frozen=True, slots=True)
class ToolRow:
    """One entry of tools/list in words; `tool` is the entry as it came, whatever its shape."""

    name: str
    title: str
    description: str
    badges: tuple[str, ...]
    tool: Any
    searched: str


def tool_row(tool: Any) -> ToolRow:
    """The words for one entry of tools/list, also where it breaks the protocol."""
    fields = tool if isinstance(tool, dict) else {}
    annotations = fields.get("annotations")
    notes: dict[str, Any] = annotations if isinstance(annotations, dict) else {}
    name = shown(fields.get("name"), 200) or "(no name)"
    title = shown(fields.get("title"), 200) or shown(notes.get("title"), 200)
    whole = fields.get("description")
    description = shown(whole, 500) if isinstance(tool, dict) else "This entry is not an object."
    searched = "\n".join((name, title, whole[:MAX_SEARCHED] if isinstance(whole, str) else description)).casefold()
    badges = tuple(words for hint, words in HINTS.items() if notes.get(hint) is True)
    return ToolRow(name, title if title != name else "", description, badges, tool, searched)


class ToolListModel(QAbstractListModel):
    """The rows that fit the filter, in the server's order. `RowRole` gives the `ToolRow`."""

    RowRole = Qt.ItemDataRole.UserRole

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[ToolRow] = []
        self._visible: list[ToolRow] = []
        self._words: list[str] = []

    @property
    def total(self) -> int:
        """How many tools there are without the filter."""
        return len(self._rows)

    def set_tools(self, tools: Any) -> None:
        """Take the raw entries of tools/list; anything but a list counts as none."""
        self._rows = [tool_row(tool) for tool in tools] if isinstance(tools, list) else []
        self._rebuild()

    def set_filter(self, text: str) -> None:
        """Keep the tools whose name, title or description contain every word of `text`."""
        self._words = text.casefold().split()
        self._rebuild()

    def row_of(self, tool: Any) -> int:
        """The row of a tool with the same name, or -1."""
        name = tool_row(tool).name
        return next((n for n, row in enumerate(self._visible) if row.name == name), -1)

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
            return tool_tip(row.description) or None
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(filter(None, (row.name, row.title, *row.badges)))
        return None
