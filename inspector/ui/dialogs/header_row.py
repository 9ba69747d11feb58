"""One header of the user's: on or off, name, value; a secret value is masked until it is asked for."""

from __future__ import annotations

import qtawesome
from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QWidget

from inspector.ui.dialogs.header_text import is_curl, is_secret, problem, read_headers
from inspector.ui.forms.parts import tool_button
from inspector.ui.settings import Header
from inspector.ui.theme import color

MAX_CHARS = 65_536


class HeaderField(QLineEdit):
    """A line that hands a paste of headers on, and with Return goes on instead of closing the dialog."""

    pasted = Signal(object)
    entered = Signal()

    def __init__(self, placeholder: str, *, takes_one_line: bool) -> None:
        super().__init__(placeholderText=placeholder)
        self.setMaxLength(MAX_CHARS)
        self._takes_one_line = takes_one_line

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.entered.emit()
        elif event.matches(QKeySequence.StandardKey.Paste) and (headers := self._headers_to_paste()):
            self.pasted.emit(headers)
        else:
            super().keyPressEvent(event)

    def _headers_to_paste(self) -> tuple[Header, ...]:
        text = QGuiApplication.clipboard().text()
        is_whole = self._takes_one_line or is_curl(text) or len(text.strip().splitlines()) > 1
        return read_headers(text) if is_whole else ()


class HeaderRow(QWidget):
    """On or off, name, value, an eye for a secret value, and a cross to remove it."""

    changed = Signal()
    removed = Signal()
    entered = Signal()
    pasted = Signal(object)

    def __init__(self, header: Header) -> None:
        super().__init__()
        self._on = QCheckBox()
        self._name = HeaderField("Name", takes_one_line=True)
        self._value = HeaderField("Value", takes_one_line=False)
        self._eye = tool_button("", "Show the value", checkable=True)
        self._remove = tool_button("", "Remove this header")
        self._on.setChecked(header.on)
        self._name.setText(header.name)
        self._value.setText(header.value)
        for field in (self._name, self._value):
            field.setCursorPosition(0)  # what does not fit is cut at its end
        self._lay_out()
        self._connect()
        self._refresh()

    def header(self) -> Header:
        return Header(self._name.text().strip(), self._value.text().strip(), self._on.isChecked())

    def replace(self, header: Header) -> None:
        """Take another value under the same name."""
        self._value.setText(header.value)
        self._on.setChecked(header.on)

    def set_number(self, number: int) -> None:
        """Rows are named by their place, counted from 0."""
        named = {"on": self._on, "name": self._name, "value": self._value, "eye": self._eye, "remove": self._remove}
        for part, widget in named.items():
            widget.setObjectName(f"header:{number}:{part}")
        for part, field in (("Name", self._name), ("Value", self._value)):
            field.setAccessibleName(f"{part} of header {number + 1}")
        self._on.setAccessibleName(f"Send header {number + 1}")

    def focus_field(self) -> QLineEdit:
        """The field that a problem of this row is in."""
        header = self.header()
        return self._name if problem(Header(header.name, "")) else self._value

    def focus_name(self) -> None:
        self._name.setFocus()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange and hasattr(self, "_remove"):
            self._refresh()

    def _lay_out(self) -> None:
        self._on.setToolTip("Send this header")
        policy = self._eye.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._eye.setSizePolicy(policy)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self._on)
        row.addWidget(self._name, 2)
        row.addWidget(self._value, 3)
        row.addWidget(self._eye)
        row.addWidget(self._remove)

    def _connect(self) -> None:
        self._name.textChanged.connect(self._edited)
        self._value.textChanged.connect(self._edited)
        self._on.toggled.connect(self._edited)
        self._eye.toggled.connect(self._refresh)
        self._remove.clicked.connect(self.removed)
        self._name.entered.connect(self._value.setFocus)
        self._value.entered.connect(self.entered)
        self._name.pasted.connect(self.pasted)
        self._value.pasted.connect(self.pasted)

    def _edited(self) -> None:
        self._refresh()
        self.changed.emit()

    def _refresh(self) -> None:
        secret, shown = is_secret(self._name.text().strip()), self._eye.isChecked()
        self._value.setEchoMode(QLineEdit.EchoMode.Password if secret and not shown else QLineEdit.EchoMode.Normal)
        self._eye.setVisible(secret)
        self._eye.setIcon(qtawesome.icon("mdi6.eye-off-outline" if shown else "mdi6.eye-outline", color=color("muted")))
        words = "Hide the value" if shown else "Show the value"
        self._eye.setToolTip(words)
        self._eye.setAccessibleName(words)
        self._remove.setIcon(qtawesome.icon("mdi6.close", color=color("muted")))
        for field in (self._name, self._value):
            field.setStyleSheet("" if self._on.isChecked() else f"color: {color('muted').name()};")
