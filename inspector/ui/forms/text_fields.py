"""A form of plain texts, as prompts and URI templates take them, with the server's suggestions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QLabel, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from inspector.ui.forms.completion import Completion, Reply
from inspector.ui.forms.parts import muted_label, plain_label
from inspector.ui.forms.spec import shown

MAX_TEXT = 65_536
MAX_FIELDS = 100
MAX_DESCRIPTION = 1_000

Ask = Callable[[str, str, dict[str, str], Reply], None]
"""Asks what the field of this name may become from this text, given the other fields."""


@dataclass(frozen=True, slots=True)
class TextField:
    """One text; `hint` stands in the empty input."""

    name: str
    title: str = ""
    description: str = ""
    is_required: bool = False
    hint: str = ""


class TextFields(QWidget):
    """`changed` follows each edit, `submitted` Return in a field. Inputs are named `field:<name>`."""

    changed = Signal()
    submitted = Signal()

    def __init__(self, name: str, accessible_name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(accessible_name)
        self._rows: dict[str, _Row] = {}
        self._fields: tuple[TextField, ...] = ()
        self._scroll = QScrollArea(widgetResizable=True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._scroll)
        self.set_fields(())

    def set_fields(self, fields: Sequence[TextField], ask: Ask | None = None) -> None:
        """Show these fields, empty; `ask` brings suggestions, None where the server makes none."""
        self._fields = tuple(fields[:MAX_FIELDS])
        for row in self._rows.values():
            row.forget()
        self._rows = {field.name: _Row(field) for field in self._fields}
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 6, 0)
        column.setSpacing(10)
        for field in self._fields:
            row = self._rows[field.name]
            column.addWidget(row)
            row.line.textEdited.connect(self.changed)
            row.line.returnPressed.connect(self.submitted)
            if ask is not None:
                row.complete_with(partial(self._ask, ask, field.name))
        if not fields:
            column.addWidget(muted_label("No arguments."))
        column.addStretch()
        self._scroll.setWidget(page)

    def values(self, *, with_required: bool = False) -> dict[str, str]:
        """The texts that are not empty; `with_required` also those that must be sent."""
        return {
            field.name: self._rows[field.name].line.text()
            for field in self._fields
            if self._rows[field.name].line.text() or (with_required and field.is_required)
        }

    def set_values(self, values: dict[str, str]) -> None:
        """Fill in texts, without a signal."""
        for name, text in values.items():
            if name in self._rows:
                self._rows[name].line.setText(text)

    def missing(self) -> list[str]:
        """The names of required fields that are empty."""
        return [field.name for field in self._fields if field.is_required and not self._rows[field.name].line.text()]

    def focus_first(self) -> None:
        """Put the cursor where typing starts."""
        first = next(iter(self._rows.values()), None)
        if first is not None:
            first.line.setFocus()

    def _ask(self, ask: Ask, name: str, text: str, reply: Reply) -> None:
        others = {other: value for other, value in self.values().items() if other != name}
        ask(name, text, others, reply)


class _Row(QWidget):
    """Name, input, and below it the description or what is known about suggestions."""

    def __init__(self, field: TextField) -> None:
        super().__init__()
        self.line = QLineEdit()
        self.line.setObjectName(f"field:{field.name}")
        self.line.setMaxLength(MAX_TEXT)
        self.line.setPlaceholderText(field.hint)
        label = " — ".join(filter(None, (shown(field.name, 80) or "(no name)", shown(field.title, 80))))
        self.line.setAccessibleName(f"{label}, required" if field.is_required else label)
        description = shown(field.description, MAX_DESCRIPTION)
        self.line.setAccessibleDescription(description)
        heading = plain_label(f"{label} *" if field.is_required else label, wrap=False)
        heading.setProperty("heading", True)
        heading.setToolTip("Required" if field.is_required else "")
        heading.setBuddy(self.line)
        self._said: QLabel = muted_label()
        self._said.setObjectName(f"suggested:{field.name}")
        self._said.hide()
        self._completion: Completion | None = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        for widget in (heading, self.line, *([muted_label(description)] if description else []), self._said):
            layout.addWidget(widget)

    def complete_with(self, ask: Callable[[str, Reply], None]) -> None:
        """Suggest what `ask` brings."""
        self._completion = Completion(self.line, ask)
        self._completion.said.connect(self._say)
        self.line.setToolTip("Down or Ctrl+Space asks the server for suggestions")

    def forget(self) -> None:
        """No answer counts any more."""
        if self._completion is not None:
            self._completion.close()

    def _say(self, words: str) -> None:
        self._said.setText(words)
        self._said.show()
