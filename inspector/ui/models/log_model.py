"""The lines of the server's log as a table that only grows at its end and is cut at its start."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from inspector.record.log_lines import LogLine, LogLines
from inspector.record.text import plain
from inspector.ui import theme

Index = QModelIndex | QPersistentModelIndex
TITLES = ("Time", "Level", "Logger", "Message")
SIGNS = {
    "debug": ("·", "muted"),
    "info": ("●", "note"),
    "notice": ("◆", "note"),
    "warning": ("▲", "warn"),
    "error": ("✖", "bad"),
    "critical": ("✖", "bad"),
    "alert": ("✖", "bad"),
    "emergency": ("✖", "bad"),
}
_UNKNOWN = ("?", "heartbeat")
_ROOT = QModelIndex()


class LogModel(QAbstractTableModel):
    """What of the log passes the filter; lines of an unknown level pass every level."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lines: deque[LogLine] = deque()
        self._shown: list[LogLine] = []
        self._next = 0
        self._least = 0
        self._needle = ""

    def take(self, log: LogLines) -> int:
        """Show what is new and let go what the log has let go; returns how many rows came."""
        fresh = log.lines(self._next)
        self._next = log.heard
        self._drop_before(log.first)
        self._lines.extend(fresh)
        rows = [line for line in fresh if self._passes(line)]
        if rows:
            count = len(self._shown)
            self.beginInsertRows(_ROOT, count, count + len(rows) - 1)
            self._shown += rows
            self.endInsertRows()
        return len(rows)

    def set_filter(self, least: int, needle: str) -> None:
        """Show levels from the place `least` among `LEVELS` on, and of these what contains `needle` in any case."""
        if (least, needle.casefold()) == (self._least, self._needle):
            return
        self.beginResetModel()
        self._least, self._needle = least, needle.casefold()
        self._shown = [line for line in self._lines if self._passes(line)]
        self.endResetModel()

    @property
    def total(self) -> int:
        """How many lines there are, shown or not."""
        return len(self._lines)

    def line(self, row: int) -> LogLine:
        return self._shown[row]

    def text(self, rows: Sequence[int]) -> str:
        """Rows as plain text, one line each unless the message itself has several."""
        return "\n".join(line_text(self._shown[row]) for row in rows)

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(TITLES)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        line, column = self._shown[index.row()], TITLES[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return _cell(line, column)
        if role == Qt.ItemDataRole.ForegroundRole:
            return _color(line, column)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return TITLES[section] if role == Qt.ItemDataRole.DisplayRole else None

    def _drop_before(self, number: int) -> None:
        while self._lines and self._lines[0].number < number:
            self._lines.popleft()
        gone = next((row for row, line in enumerate(self._shown) if line.number >= number), len(self._shown))
        if gone:
            self.beginRemoveRows(_ROOT, 0, gone - 1)
            del self._shown[:gone]
            self.endRemoveRows()

    def _passes(self, line: LogLine) -> bool:
        if 0 <= line.severity < self._least:
            return False
        return not self._needle or any(self._needle in part.casefold() for part in (line.text, line.logger, line.level))


def line_text(line: LogLine) -> str:
    """A line as it is copied."""
    who = f" {plain(line.logger)}:" if line.logger else ""
    return f"{clock(line.at)} {plain(line.level) or '?'}{who} {line.text}"


def clock(at: float) -> str:
    """The time of day where the user is, with microseconds."""
    try:
        return datetime.fromtimestamp(at).strftime("%H:%M:%S.%f")  # noqa: DTZ006 - the user's own clock is meant
    except (OverflowError, OSError, ValueError):
        return "?"


def _cell(line: LogLine, column: str) -> str:
    if column == "Time":
        return clock(line.at)
    if column == "Level":
        return f"{SIGNS.get(line.level, _UNKNOWN)[0]} {plain(line.level, 40)}".strip()
    if column == "Logger":
        return plain(line.logger, 80)
    return plain(line.text, 500) or line.note


def _color(line: LogLine, column: str) -> Any:
    if column == "Level":
        return theme.color(SIGNS.get(line.level, _UNKNOWN)[1])
    if column in ("Time", "Logger") or not line.text or line.level == "debug":
        return theme.color("muted")
    return None
