"""The headers of a raw request: any rows, in the order they are sent, nothing added and nothing refused."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from inspector.ui.dialogs.header_rows import HeaderRows
from inspector.ui.dialogs.header_text import read_headers
from inspector.ui.forms.parts import muted_label
from inspector.ui.settings import Header
from inspector.ui.tab_order import arrange

_EMPTY = "No headers. Host and Content-Length are added when it is sent."


class RawHeaders(QWidget):
    """`changed` follows each edit; `last_wanted` asks for those of the request that was sent last."""

    changed = Signal()
    last_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._add = QPushButton("Add header")
        self._paste = QPushButton("Paste headers")
        self._last = QPushButton("Copy from last request")
        self._note = muted_label()
        self._empty = muted_label(_EMPTY)
        self._rows = HeaderRows(self._empty, may_be_wide=True)
        self._lay_out()
        self._add.clicked.connect(self.add_row)
        self._paste.clicked.connect(self.paste)
        self._last.clicked.connect(self.last_wanted)
        self._rows.changed.connect(self.changed)
        self._rows.pasted.connect(self._take)
        self._rows.dropped.connect(self._add.setFocus)
        self._rows.full.connect(self.say)
        self._rows.renumbered.connect(self._on_renumbered)
        self._rows.renumber()

    def headers(self) -> tuple[Header, ...]:
        """Every row that holds anything."""
        return self._rows.headers()

    def set_headers(self, headers: Iterable[Header], note: str = "") -> None:
        """Replace all rows; `note` is a sentence about where they come from."""
        self._rows.set_headers(headers)
        self.say(note)
        self.changed.emit()

    def say(self, note: str) -> None:
        """A sentence above the rows, until they are changed by the next button."""
        self._note.setText(note)
        self._note.setVisible(bool(note))

    def add_row(self) -> None:
        """An empty row with the cursor in it."""
        self._rows.add_row()

    def paste(self) -> None:
        """Add the headers of the clipboard, all switched on: a raw request is sent as it was written."""
        headers = read_headers(QGuiApplication.clipboard().text())
        if headers:
            self._take(headers)
        else:
            self.say("The clipboard holds no “Name: value” lines and no curl command with -H.")

    def _take(self, headers: Iterable[Header]) -> None:
        kept = [header for header in self.headers() if header.name]
        self.set_headers([*kept, *(replace(header, on=True) for header in headers)])

    def _lay_out(self) -> None:
        named = ((self._add, "addRawHeader"), (self._paste, "pasteRawHeaders"), (self._last, "copyLastHeaders"))
        for button, name in named:
            button.setObjectName(name)
            button.setAccessibleName(button.text())
        self._paste.setToolTip("Read “Name: value” lines or a curl command from the clipboard")
        self._last.setToolTip("Take over method, URL, headers and body of the newest request in the timeline")
        self._note.setObjectName("rawHeadersNote")
        self._note.setAccessibleName("About the headers")
        self._empty.setObjectName("rawHeadersEmpty")
        buttons = QHBoxLayout()
        for button, _ in named:
            buttons.addWidget(button)
        buttons.addStretch()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(6)
        layout.addLayout(buttons)  # above, so that Tab goes on from them to rows that are made later
        layout.addWidget(self._note)
        layout.addWidget(self._rows, 1)
        self._note.hide()

    def _on_renumbered(self) -> None:
        arrange(self._add, self._paste, self._last, *self._rows.rows)
