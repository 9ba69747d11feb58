"""The headers of a raw request: any rows, in the order they are sent, nothing added and nothing refused."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from inspector.ui.dialogs.header_row import HeaderRow
from inspector.ui.dialogs.header_text import read_headers
from inspector.ui.forms.parts import muted_label
from inspector.ui.settings import Header
from inspector.ui.tab_order import arrange

MAX_ROWS = 100
_EMPTY = "No headers. Host and Content-Length are added when it is sent."


class RawHeaders(QWidget):
    """`changed` follows each edit; `last_wanted` asks for those of the request that was sent last."""

    changed = Signal()
    last_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: list[HeaderRow] = []
        self._add = QPushButton("Add header")
        self._paste = QPushButton("Paste headers")
        self._last = QPushButton("Copy from last request")
        self._note = muted_label()
        self._empty = muted_label(_EMPTY)
        self._column = QVBoxLayout()
        self._lay_out()
        self._add.clicked.connect(self.add_row)
        self._paste.clicked.connect(self.paste)
        self._last.clicked.connect(self.last_wanted)
        self._renumber()

    def headers(self) -> tuple[Header, ...]:
        """Every row that holds anything."""
        return tuple(header for header in (row.header() for row in self._rows) if header.name or header.value)

    def set_headers(self, headers: Iterable[Header], note: str = "") -> None:
        """Replace all rows; `note` is a sentence about where they come from."""
        for row in self._rows:
            self._take_out(row)
        self._rows.clear()
        for header in list(headers)[:MAX_ROWS]:
            self._append(header)
        self._renumber()
        self.say(note)
        self.changed.emit()

    def say(self, note: str) -> None:
        """A sentence above the rows, until they are changed by the next button."""
        self._note.setText(note)
        self._note.setVisible(bool(note))

    def add_row(self) -> None:
        """An empty row with the cursor in it."""
        if len(self._rows) >= MAX_ROWS:
            self.say(f"There is room for {MAX_ROWS} headers.")
            return
        self._append(Header("", ""))
        self._renumber()
        self._rows[-1].focus_name()

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
        self._column.setContentsMargins(0, 0, 6, 0)
        self._column.setSpacing(6)
        self._column.addWidget(self._empty)
        self._column.addStretch()
        buttons = QHBoxLayout()
        for button, _ in named:
            buttons.addWidget(button)
        buttons.addStretch()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(6)
        layout.addLayout(buttons)  # above, so that Tab goes on from them to rows that are made later
        layout.addWidget(self._note)
        layout.addWidget(_scrolled(self._column), 1)
        self._note.hide()

    def _append(self, header: Header) -> None:
        row = HeaderRow(header)
        row.changed.connect(self.changed)
        row.removed.connect(lambda: self._drop(row))
        row.entered.connect(lambda: self._go_on(row))
        row.pasted.connect(self._take)
        self._rows.append(row)
        self._column.insertWidget(len(self._rows), row)

    def _take_out(self, row: HeaderRow) -> None:
        self._column.removeWidget(row)
        row.set_number(-1)  # it lives on until the event loop comes round, and must not be found
        row.hide()
        row.deleteLater()

    def _drop(self, row: HeaderRow) -> None:
        self._rows.remove(row)
        self._take_out(row)
        self._renumber()
        self._add.setFocus()
        self.changed.emit()

    def _go_on(self, row: HeaderRow) -> None:
        following = self._rows.index(row) + 1
        if following < len(self._rows):
            self._rows[following].focus_name()
        else:
            self.add_row()

    def _renumber(self) -> None:
        for number, row in enumerate(self._rows):
            row.set_number(number)
        self._empty.setVisible(not self._rows)
        arrange(self._add, self._paste, self._last, *self._rows)


def _scrolled(column: QVBoxLayout) -> QScrollArea:
    page = QWidget()
    page.setLayout(column)
    area = QScrollArea(widgetResizable=True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidget(page)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    for widget in (page, area.viewport()):
        widget.setAutoFillBackground(False)
    return area
