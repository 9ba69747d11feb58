"""The editor of expectations: says while typing what cannot be read, and where."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QWidget

from inspector.expect.grammar import ExpectationError, Script, read
from inspector.ui import theme
from inspector.ui.forms.text import text_of
from inspector.ui.views.expectations_popup import ExpectationsPopup

READ_DELAY_MS, USE_DELAY_MS = 150, 700
_PLACEHOLDER = "first event under 300ms of search\nno gap over 5s\np95 of search under 1s\nno drops   # a remark"


class ExpectationsEdit(QPlainTextEdit):
    """One expectation a line. Tab leaves the field, Ctrl+Space suggests."""

    was_read = Signal()
    """`script` says what stands there now."""
    settled = Signal(str)
    """A moment after the last key, or at once where the field is left: this is what is expected."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("expectationsEdit")
        self.setAccessibleName("Expectations, one a line")
        self.setPlaceholderText(_PLACEHOLDER)
        self.setTabChangesFocus(True)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setFont(theme.mono_font())
        self.suggestions = ExpectationsPopup(self)
        self.script = Script()
        self._settled = ""
        self._reading = QTimer(self, singleShot=True, interval=READ_DELAY_MS)
        self._reading.timeout.connect(self._read)
        self._using = QTimer(self, singleShot=True, interval=USE_DELAY_MS)
        self._using.timeout.connect(self.settle)
        self.textChanged.connect(self._on_text)

    def text(self) -> str:
        """What stands in the field."""
        return text_of(self)

    def show_text(self, text: str) -> None:
        """Show what is expected already."""
        self._settled = text
        if text != self.text():
            self.setPlainText(text)
        self._using.stop()
        self._read()

    def add_lines(self, lines: str) -> None:
        """Write these below what is there; Ctrl+Z takes them back."""
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        is_new_line = not cursor.block().text().strip()
        cursor.insertText(lines if is_new_line else f"\n{lines}")
        self.setTextCursor(cursor)
        self.settle()

    def replace(self, text: str) -> None:
        """Put another text in; Ctrl+Z brings the one before back."""
        cursor = QTextCursor(self.document())
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.insertText(text)
        self.settle()

    def settle(self) -> None:
        """Have what stands there expected, without waiting."""
        self._using.stop()
        self._read()
        if self.text() != self._settled:
            self._settled = self.text()
            self.settled.emit(self._settled)

    def problem_here(self) -> ExpectationError | None:
        """What is wrong in the line of the cursor, else the first that is wrong."""
        line = self.textCursor().blockNumber() + 1
        problems = self.script.problems
        return next((each for each in problems if each.line == line), problems[0] if problems else None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys for the suggestions are theirs."""
        if not self.suggestions.takes(event):
            super().keyPressEvent(event)
            self.suggestions.typed(event)

    def changeEvent(self, event: QEvent) -> None:
        """Take new colours and fonts over."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange) and hasattr(self, "script"):
            self.setFont(theme.mono_font())
            self._underline()

    def _on_text(self) -> None:
        self._reading.start()
        self._using.start()

    def _read(self) -> None:
        self._reading.stop()
        self.script = read(self.text())
        self._underline()
        problem = self.script.problems[0] if self.script.problems else None
        self.setAccessibleDescription(str(problem) if problem else "")
        self.was_read.emit()

    def _underline(self) -> None:
        text = self.text()
        wrong = QTextCharFormat()
        wrong.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
        wrong.setUnderlineColor(theme.color("bad"))
        marked = []
        for problem in self.script.problems:
            first, last = problem.position, problem.position + problem.length
            if text[first : first + 1] in ("", "\n"):  # something is missing: what stands before is underlined
                first, last = max(0, first - 1), first
            start, end = _place(text, first), _place(text, last)
            selection = QTextEdit.ExtraSelection()
            selection.format = wrong
            cursor = QTextCursor(self.document())
            cursor.setPosition(start)
            cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
            selection.cursor = cursor
            marked.append(selection)
        self.setExtraSelections(marked)


def _place(text: str, position: int) -> int:
    """Qt counts in UTF-16."""
    return len(text[:position].encode("utf-16-le", "surrogatepass")) // 2
