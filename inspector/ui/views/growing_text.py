"""Read-only text that is added to at its end; long lines are folded, because Qt lays one out in quadratic time."""

from __future__ import annotations

from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from inspector.record.text import visible

MAX_LINE = 4_096


class GrowingText(QPlainTextEdit):
    """What the peer sent, with what has no glyph as escapes; the place that is read stays where it is."""

    def __init__(self, name: str, accessible: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(accessible)
        self.setReadOnly(True)
        self.setUndoRedoEnabled(False)
        self._line_length = 0

    def replace_text(self, text: str) -> None:
        """Show this text instead."""
        self._line_length = 0
        self.setPlainText(self._folded(text))

    def append_text(self, part: str) -> None:
        """Add a part to the last line."""
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.insertText(self._folded(part))

    def _folded(self, part: str) -> str:
        """The part with a line break wherever a line would get too long."""
        lines = visible(part).split("\n")
        lines[0], length = self._fold(lines[0], self._line_length)
        for place in range(1, len(lines)):
            lines[place], length = self._fold(lines[place], 0)
        self._line_length = length
        return "\n".join(lines)

    @staticmethod
    def _fold(line: str, begun: int) -> tuple[str, int]:
        """One line of which so many characters stand there already; and the length of its last piece."""
        if begun + len(line) <= MAX_LINE:
            return line, begun + len(line)
        first = MAX_LINE - begun
        pieces = [line[:first], *(line[start : start + MAX_LINE] for start in range(first, len(line), MAX_LINE))]
        return "\n".join(pieces), len(pieces[-1])
