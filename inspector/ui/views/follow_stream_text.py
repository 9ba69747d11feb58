"""The text of a conversation: each part in the colour of its direction, below a line that says so in words."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QColor, QTextCharFormat, QTextCursor, QTextDocument
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from inspector.record.conversation_text import Part, PartKind, ShowAs, heading, written
from inspector.ui import theme
from inspector.ui.views.growing_text import GrowingText

_ROLES = ("muted", "inbound", "outbound")


class ConversationEdit(GrowingText):
    """Grows at its end and stays there until the user scrolls up."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("followText", "Conversation", parent)
        self.setFont(theme.mono_font())
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)
        self.setPlaceholderText("Nothing was said on this stream yet.")

    def append_parts(
        self, parts: Sequence[Part], show_as: ShowAs, limit_bytes: int | None, *, with_stream: bool
    ) -> None:
        """Write further parts; whoever reads elsewhere is not moved."""
        bar = self.verticalScrollBar()
        was_at_end, place = bar.value() >= bar.maximum(), bar.value()
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.beginEditBlock()
        for part in parts:
            start = "" if self.document().isEmpty() else "\n"
            self._write(cursor, f"{start}{heading(part, with_stream=with_stream)}\n", "muted", is_bold=True)
            text = written(part, show_as, limit_bytes=limit_bytes)
            role = "heartbeat" if part.kind is PartKind.COMMENT else _ROLES[part.direction]
            if text:
                self._write(cursor, f"{text}\n", role)
        cursor.endEditBlock()
        bar.setValue(bar.maximum() if was_at_end and place else place)

    def find_text(self, text: str, *, forward: bool = True) -> bool:
        """Select the next place that holds a text, around the end; whether there is one."""
        flags = QTextDocument.FindFlag(0) if forward else QTextDocument.FindFlag.FindBackward
        if not text:
            return False
        if self.find(text, flags):
            return True
        before = self.textCursor()
        self.moveCursor(QTextCursor.MoveOperation.Start if forward else QTextCursor.MoveOperation.End)
        if self.find(text, flags):
            return True
        self.setTextCursor(before)
        return False

    def _write(self, cursor: QTextCursor, text: str, role: str, *, is_bold: bool = False) -> None:
        style = QTextCharFormat()
        style.setForeground(QColor(theme.color(role)))
        if is_bold:
            style.setFontWeight(600)
        cursor.insertText(self._folded(text), style)
