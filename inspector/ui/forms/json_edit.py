"""An input for JSON, or for what should have been JSON: coloured, never rewritten."""

from __future__ import annotations

from PySide6.QtCore import QEvent
from PySide6.QtGui import QSyntaxHighlighter, QTextCharFormat, QTextCursor, QTextDocument
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from inspector.ui import theme
from inspector.ui.forms.text import text_of
from inspector.ui.payload.json_colors import ROLES, spans

MAX_COLORED_LINE = 4_096
MAX_COLORED = 262_144
"""Characters of a line, and of a text, up to which it is coloured: typing has to stay quick."""
_RESTYLING = {QEvent.Type.PaletteChange, QEvent.Type.StyleChange}


class JsonEdit(QPlainTextEdit):
    """Tab leaves the field; what was typed or put in is kept to the character."""

    def __init__(self, name: str, accessible: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(accessible)
        self.setTabChangesFocus(True)
        self.setFont(theme.mono_font())
        self._colors = _Highlighter(self.document())

    def text(self) -> str:
        """What stands in the field."""
        return text_of(self)

    def replace(self, text: str) -> None:
        """Put another text in; Ctrl+Z brings the one before back."""
        cursor = QTextCursor(self.document())
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.insertText(text)
        self.moveCursor(QTextCursor.MoveOperation.Start)

    def changeEvent(self, event: QEvent) -> None:
        """Take new colours over."""
        super().changeEvent(event)
        if event.type() in _RESTYLING and hasattr(self, "_colors"):
            self.setFont(theme.mono_font())
            self._colors.restyle()


class _Highlighter(QSyntaxHighlighter):
    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
        self._formats: dict[str, QTextCharFormat] = {}
        self.restyle()

    def restyle(self) -> None:
        for role in ROLES:
            self._formats[role] = text_format = QTextCharFormat()
            text_format.setForeground(theme.color(role))
        self.rehighlight()

    def highlightBlock(self, line: str) -> None:
        if len(line) > MAX_COLORED_LINE or self.document().characterCount() > MAX_COLORED:
            return
        for start, length, role in spans(line):
            self.setFormat(start, length, self._formats[role])
