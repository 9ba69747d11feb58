"""Text that arrives while a call runs, painted a few times a second however fast it comes."""

from __future__ import annotations

from PySide6.QtCore import QSize, QTimer
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from inspector.ui.said import MAX_PIECE, MAX_SHOWN
from inspector.ui.theme import mono_font

MAX_LENGTH = MAX_SHOWN
KEPT_LENGTH = MAX_LENGTH * 3 // 4
"""What is left when the limit is reached, so that not every line costs a rewrite."""
FLUSH_MS = 50


class StreamText(QPlainTextEdit):
    """Follows its end as long as the user has not scrolled up."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("streamText")
        self.setAccessibleName("Messages while the call runs")
        self.setReadOnly(True)
        self.setUndoRedoEnabled(False)
        self.setFont(mono_font())
        self._kept = ""
        self._line_length = 0
        self._waiting: list[str] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(FLUSH_MS)
        self._timer.timeout.connect(self.flush)

    def sizeHint(self) -> QSize:
        """A few lines, so that the result has most of the room."""
        return QSize(300, self.fontMetrics().lineSpacing() * 6)

    def append_text(self, text: str) -> None:
        """Add a piece as it is; beyond 4,096 characters it is cut (the timeline has it whole), and a line is folded."""
        piece = text if len(text) <= MAX_PIECE else f"{text[:MAX_PIECE]}… ({len(text) - MAX_PIECE:,} more characters)\n"
        last_line = piece.rpartition("\n")[2]
        self._line_length = len(last_line) + (0 if "\n" in piece else self._line_length)
        if self._line_length > MAX_PIECE:  # Qt lays out a line in quadratic time
            piece, self._line_length = piece + "\n", 0
        self._waiting.append(piece)
        if not self._timer.isActive():
            self._timer.start()

    def reset(self) -> None:
        """Forget everything."""
        self._timer.stop()
        self._waiting.clear()
        self._kept = ""
        self._line_length = 0
        self.clear()

    def flush(self) -> None:
        """Show what is waiting now."""
        self._timer.stop()
        added = "".join(self._waiting)
        self._waiting.clear()
        follows = self.verticalScrollBar().value() >= self.verticalScrollBar().maximum() - 1
        self._kept += added
        if len(self._kept) > MAX_LENGTH:
            self._kept = self._kept[-KEPT_LENGTH:].partition("\n")[2]
            self.setPlainText(self._kept)
        else:
            cursor = QTextCursor(self.document())
            cursor.movePosition(QTextCursor.MoveOperation.End)
            cursor.insertText(added)
        if follows:
            self.verticalScrollBar().setValue(self.verticalScrollBar().maximum())
