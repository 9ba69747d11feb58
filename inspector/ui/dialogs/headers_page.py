"""The page of the user's own headers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from inspector.record.text import counted
from inspector.ui.dialogs.header_rows import MAX_ROWS, HeaderRows
from inspector.ui.dialogs.header_text import problem, read_headers, repeated_name
from inspector.ui.forms.parts import muted_label
from inspector.ui.settings import Header

_EMPTY = "No headers of your own. Add one, or paste “Name: value” lines or a curl command here."
_UNREADABLE = "The clipboard holds no “Name: value” lines and no curl command with -H."


class HeadersPage(QWidget):
    """The rows in the order they are sent; `changed` says that something was typed."""

    changed = Signal()

    def __init__(self, headers: Sequence[Header]) -> None:
        super().__init__()
        self._add = QPushButton("Add header")
        self._paste = QPushButton("Paste headers")
        self._note = muted_label()
        self._empty = muted_label(_EMPTY)
        self._rows = HeaderRows(self._empty)
        self._lay_out()
        self._add.clicked.connect(self.add_row)
        self._paste.clicked.connect(self.paste)
        self._rows.changed.connect(self.changed)
        self._rows.pasted.connect(self._take)
        self._rows.dropped.connect(self._add.setFocus)
        self._rows.renumbered.connect(self._note.clear)
        self._rows.full.connect(self._note.setText)
        self._rows.set_headers(headers)

    def headers(self) -> tuple[Header, ...]:
        """Every row that holds anything."""
        return self._rows.headers()

    def problem(self) -> tuple[str, QWidget] | None:
        """The first row that cannot be sent: why, and the field to mend."""
        for row in self._rows.rows:
            header = row.header()
            sentence = problem(header) if header.name or header.value else None
            if sentence is not None:
                return sentence, row.focus_field()
        name = repeated_name(self.headers())
        if name is None:
            return None
        last = next(row for row in reversed(self._rows.rows) if row.header().name.lower() == name.lower())
        return f"{name} is on twice, and only the last would be sent; switch one off.", last.focus_field()

    def add_row(self) -> None:
        """An empty row with the cursor in it."""
        self._rows.add_row()

    def paste(self) -> None:
        """Fill rows from the clipboard."""
        headers = read_headers(QGuiApplication.clipboard().text())
        if headers:
            self._take(headers)
        else:
            self._note.setText(_UNREADABLE)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Paste):
            self.paste()
        else:
            super().keyPressEvent(event)

    def _lay_out(self) -> None:
        for widget, name in (
            (self._add, "addHeader"),
            (self._paste, "pasteHeaders"),
            (self._note, "headerNote"),
            (self._empty, "headersEmpty"),
        ):
            widget.setObjectName(name)
            widget.setAccessibleName(widget.text())
        self._note.setAccessibleName("What the paste brought")
        self._paste.setToolTip("Read “Name: value” lines or a curl command from the clipboard")
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        buttons = QHBoxLayout()
        buttons.addWidget(self._add)
        buttons.addWidget(self._paste)
        buttons.addWidget(self._note, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 14, 14, 14)
        layout.setSpacing(10)
        layout.addWidget(self._rows, 1)
        layout.addLayout(buttons)

    def _take(self, headers: Iterable[Header]) -> None:
        """Each header into the row of its name, or a new one; empty rows make place."""
        for row in [row for row in self._rows.rows if row.header() == Header("", "", row.header().on)]:
            self._rows.drop(row)
        named = {row.header().name.lower(): row for row in self._rows.rows}
        taken: list[Header] = []
        for header in headers:
            if (row_of_name := named.get(header.name.lower())) is not None:
                row_of_name.replace(header)
            elif len(self._rows.rows) < MAX_ROWS:
                self._rows.append(header)
                named[header.name.lower()] = self._rows.rows[-1]
            else:
                break
            taken.append(header)
        self._rows.renumber()
        self._note.setText(_pasted_words(taken))
        self.changed.emit()


def _pasted_words(headers: Sequence[Header]) -> str:
    words = f"{counted(len(headers), 'header')} pasted."
    off = ", ".join(dict.fromkeys(header.name for header in headers if not header.on))
    return f"{words} Off, because the inspector sends its own: {off}." if off else words
