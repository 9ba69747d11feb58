"""Editors for objects and lists, and the choice of an editor for a field."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from inspector.protocol.schema import Problem
from inspector.protocol.schema_words import brief, pointer
from inspector.ui.forms.choices import ChoicesEditor
from inspector.ui.forms.editors import MISSING, ChoiceEditor, Editor, JsonEditor, NumberEditor, StringEditor
from inspector.ui.forms.parts import muted_label, tool_button
from inspector.ui.forms.slot import Slot
from inspector.ui.forms.spec import FieldSpec, Kind, shown

MAX_ROWS = 100
OPEN_DEPTH = 2
"""Objects nested deeper than this start folded."""


class ObjectEditor(Editor):
    """The fields of an object; keys that the schema does not name are kept and sent as they came."""

    def __init__(self, spec: FieldSpec, depth: int = 0) -> None:
        super().__init__(spec)
        self._extras: dict[str, Any] = {}
        self._order: list[str] = []
        self._slots = [
            Slot(name, field, make_editor(field, depth + 1), required=name in spec.required)
            for name, field in spec.fields
        ]
        self._others = muted_label()
        self._body = QWidget()
        self._fold: _Fold | None = None
        self._build(depth)
        for slot in self._slots:
            slot.changed.connect(self.changed)

    def _build(self, depth: int) -> None:
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        inner = QVBoxLayout(self._body)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(12)
        for slot in self._slots:
            inner.addWidget(slot)
        inner.addWidget(self._others)
        if depth:
            frame = _framed(self._body)  # first: a body without a parent would show as a window
            self._fold = _Fold(self._body, is_open=depth <= OPEN_DEPTH)
            outer.addWidget(self._fold)
            outer.addWidget(frame)
        else:
            outer.addWidget(self._body)

    def set_pointer(self, pointer: str, label: str, *, is_required: bool = False) -> None:
        super().set_pointer(pointer, label, is_required=is_required)
        if self._fold is not None:
            count = len(self._slots)
            self._fold.setText(f"{label} · {count} field{'' if count == 1 else 's'}")
        for slot in self._slots:
            slot.set_pointer(pointer + _step(slot.name))

    def value(self) -> Any:
        made = {slot.name: slot.value() for slot in self._slots}
        made = {name: value for name, value in made.items() if value is not MISSING} | self._extras
        return {name: made[name] for name in [*self._order, *made] if name in made}

    def set_value(self, value: Any) -> bool:
        if not isinstance(value, dict):
            return False
        names = {slot.name for slot in self._slots}
        self._order = list(value)
        self._extras = {name: item for name, item in value.items() if name not in names}
        listed = ", ".join(shown(brief(name), 40) for name in list(self._extras)[:10])
        self._others.setText(f"Also sent, though the schema does not name it: {listed}")
        self._others.setVisible(bool(self._extras))
        results = [slot.set_value(value.get(slot.name, MISSING)) for slot in self._slots]
        return all(results)

    def clear(self) -> None:
        self.set_value({})

    def problems(self) -> list[Problem]:
        return [problem for slot in self._slots for problem in slot.problems()]


class ArrayEditor(Editor):
    """The items of a list, each with its own editor; they can be added, moved and removed."""

    def __init__(self, spec: FieldSpec, depth: int = 0) -> None:
        super().__init__(spec)
        self._depth = depth
        self._rows: list[_Row] = []
        self._add = tool_button("+ Add item", "Add an item")
        self._add.clicked.connect(self._add_clicked)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(6)
        self._layout.addWidget(self._add)

    def input(self) -> QWidget:
        return self._add

    def set_pointer(self, pointer: str, label: str, *, is_required: bool = False) -> None:
        self.pointer, self.label, self.is_required = pointer, label, is_required
        self._add.setObjectName(f"add:{pointer}")
        self._add.setAccessibleName(f"Add an item to {label}")
        self.setObjectName(f"arg:{pointer}")
        self._renumber()

    def value(self) -> Any:
        values = [row.slot.value() for row in self._rows]
        return [value for value in values if value is not MISSING]

    def set_value(self, value: Any) -> bool:
        if not isinstance(value, list) or len(value) > MAX_ROWS:
            return False
        self.clear()
        results = [self._append().slot.set_value(item) for item in value]
        self._renumber()
        return all(results)

    def clear(self) -> None:
        for row in self._rows:
            _discard(row)
        self._rows = []

    def problems(self) -> list[Problem]:
        empty = [
            Problem(f"{self.pointer}/{n}", f"Item {n + 1} of {self.label} is empty.")
            for n, row in enumerate(self._rows)
            if row.slot.value() is MISSING and not row.slot.problems()
        ]
        return empty + [problem for row in self._rows for problem in row.slot.problems()]

    def _append(self) -> _Row:
        spec = self.spec.items or FieldSpec(Kind.JSON, {})
        row = _Row(Slot("item", spec, make_editor(spec, self._depth + 1), required=True, in_list=True))
        row.slot.changed.connect(self.changed)
        row.up.clicked.connect(lambda: self._move(row, -1))
        row.down.clicked.connect(lambda: self._move(row, 1))
        row.remove.clicked.connect(lambda: self._remove(row))
        self._layout.insertWidget(len(self._rows), row)
        self._rows.append(row)
        return row

    def _add_clicked(self) -> None:
        row = self._append()
        self._renumber()
        row.slot.editor.input().setFocus()
        self.changed.emit()

    def _move(self, row: _Row, step: int) -> None:
        here = self._rows.index(row)
        self._rows.insert(here + step, self._rows.pop(here))
        self._layout.insertWidget(here + step, row)
        self._renumber()
        self.changed.emit()

    def _remove(self, row: _Row) -> None:
        self._rows.remove(row)
        _discard(row)
        self._renumber()
        self.changed.emit()

    def _renumber(self) -> None:
        for n, row in enumerate(self._rows):
            row.set_place(f"{self.pointer}/{n}", n, len(self._rows))
        self._add.setEnabled(len(self._rows) < MAX_ROWS)


class _Row(QWidget):
    """One item of a list with its three buttons."""

    def __init__(self, slot: Slot) -> None:
        super().__init__()
        self.slot = slot
        self.up, self.down = tool_button("↑", "Move up"), tool_button("↓", "Move down")
        self.remove = tool_button("×", "Remove")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(slot, 1)
        for button in (self.up, self.down, self.remove):
            layout.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)

    def set_place(self, pointer: str, n: int, count: int) -> None:
        self.slot.name = f"item {n + 1}"
        self.slot.set_pointer(pointer)
        for button, verb in ((self.up, "up"), (self.down, "down"), (self.remove, "remove")):
            button.setObjectName(f"{verb}:{pointer}")
            button.setAccessibleName(f"{button.toolTip()} {self.slot.name}")
        self.up.setEnabled(n > 0)
        self.down.setEnabled(n < count - 1)


class _Fold(QToolButton):
    """An arrow that shows and hides a body."""

    def __init__(self, body: QWidget, *, is_open: bool) -> None:
        super().__init__()
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._body = body
        self.clicked.connect(lambda: self._show(not self._is_open))
        self._show(is_open)

    def _show(self, is_open: bool) -> None:
        self._is_open = is_open
        self._body.setVisible(is_open)
        self.setArrowType(Qt.ArrowType.DownArrow if is_open else Qt.ArrowType.RightArrow)
        self.setAccessibleName("Hide the fields" if is_open else "Show the fields")


def _discard(row: QWidget) -> None:
    """Out of the form at once, so that no name is there twice."""
    row.setParent(None)
    row.deleteLater()


def _framed(body: QWidget) -> QFrame:
    """A body set in under its fold."""
    frame = QFrame()
    layout = QHBoxLayout(frame)
    layout.setContentsMargins(18, 0, 0, 0)
    layout.addWidget(body)
    return frame


def _step(name: str) -> str:
    return pointer([name])


def make_editor(spec: FieldSpec, depth: int = 0) -> Editor:
    """The editor for one field."""
    if spec.kind is Kind.OBJECT:
        return ObjectEditor(spec, depth)
    if spec.kind is Kind.ARRAY:
        return ArrayEditor(spec, depth)
    plain = {
        Kind.STRING: StringEditor,
        Kind.INTEGER: NumberEditor,
        Kind.NUMBER: NumberEditor,
        Kind.JSON: JsonEditor,
        Kind.CHOICES: ChoicesEditor,
    }
    made: Editor = plain.get(spec.kind, ChoiceEditor)(spec)
    return made
