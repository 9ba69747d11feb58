"""Editors for one plain value: text, number, choice, JSON."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QToolButton,
    QWidget,
)

from inspector.protocol.schema import Problem
from inspector.ui.forms.parts import text_area, tool_button
from inspector.ui.forms.spec import FieldSpec, Kind
from inspector.ui.forms.text import read_json, text_of, write_json
from inspector.ui.theme import mono_font

MISSING: Any = object()
"""The value of a field that is not sent."""
LONG_TEXT = 200
MAX_TEXT = 65_536
EXAMPLES = {
    "email": "name@example.com",
    "uri": "https://example.com/",
    "date": "2026-01-31",
    "date-time": "2026-01-31T12:00:00Z",
}


class Editor(QWidget):
    """One value of the form. `pointer` is its place in the arguments, `input` the widget that has the focus."""

    changed = Signal()

    def __init__(self, spec: FieldSpec) -> None:
        super().__init__()
        self.spec = spec
        self.pointer = ""
        self.label = ""
        self.is_required = False

    def set_pointer(self, pointer: str, label: str, *, is_required: bool = False) -> None:
        """Take a place; scripts find the input widget as `arg:<pointer>`."""
        self.pointer, self.label, self.is_required = pointer, label, is_required
        self.input().setObjectName(f"arg:{pointer}")
        self.input().setAccessibleName(f"{label}, required" if is_required else label)
        self.input().setAccessibleDescription(f"{self.spec.hint}. {self.spec.description}")

    def input(self) -> QWidget:
        return self

    def value(self) -> Any:
        """The value as it would be sent, or MISSING."""
        return MISSING

    def set_value(self, value: Any) -> bool:
        """Show `value`, without a signal; False if this editor cannot."""
        return False

    def clear(self) -> None:
        """Back to no value, without a signal."""

    def begin(self) -> None:
        """The user wants to send this value but has not given one yet."""

    def set_placeholder(self, text: str) -> None:
        """What stands in the empty input."""

    def problems(self) -> list[Problem]:
        """What in the input is no value at all."""
        return []


class StringEditor(Editor):
    """A line; several lines for long texts, for texts with line breaks, and on request."""

    def __init__(self, spec: FieldSpec) -> None:
        super().__init__(spec)
        self._line = QLineEdit()
        self._line.setMaxLength(MAX_TEXT)
        self._lines: QPlainTextEdit | None = None
        self._more = tool_button("¶", "Several lines", checkable=True)
        self._layout = _row(self, self._line, self._more)
        self._line.textEdited.connect(self.changed)
        self._more.clicked.connect(lambda: self._show(self._text()))
        longest = spec.schema.get("maxLength")
        if isinstance(longest, int) and longest > LONG_TEXT and "format" not in spec.schema:
            self._more.setChecked(True)
            self._show("")

    def input(self) -> QWidget:
        return self._lines if self._lines is not None and self._more.isChecked() else self._line

    def value(self) -> Any:
        return self._text()

    def set_value(self, value: Any) -> bool:
        if not isinstance(value, str) or len(value) > MAX_TEXT:
            return False
        if "\n" in value or len(value) > LONG_TEXT:
            self._more.setChecked(True)
        self._show(value)
        return True

    def clear(self) -> None:
        self._show("")

    def set_placeholder(self, text: str) -> None:
        example = EXAMPLES.get(str(self.spec.schema.get("format")), "")
        words = " · ".join(word for word in (text, example) if word)
        self._line.setPlaceholderText(words)
        if self._lines is not None:
            self._lines.setPlaceholderText(words)

    def _text(self) -> str:
        shown = self.input()
        return text_of(shown) if isinstance(shown, QPlainTextEdit) else self._line.text()

    def _show(self, text: str) -> None:
        if self._more.isChecked() and self._lines is None:
            self._lines = text_area(4)
            self._lines.setPlaceholderText(self._line.placeholderText())
            self._lines.textChanged.connect(self.changed)
            self._layout.insertWidget(0, self._lines, 1)
        several = self._lines is not None and self._more.isChecked()
        self._line.setVisible(not several)
        self._line.setText("" if several else text)
        if self._lines is not None:
            self._lines.setVisible(several)
            self._lines.blockSignals(True)
            self._lines.setPlainText(text if several else "")
            self._lines.blockSignals(False)
        for widget in (self._line, self._lines):
            if widget is not None and widget is not self.input():
                widget.setObjectName("")
        self.set_pointer(self.pointer, self.label, is_required=self.is_required)


class NumberEditor(Editor):
    """A number of any size as text: a spin box would stop at 32 bits."""

    def __init__(self, spec: FieldSpec) -> None:
        super().__init__(spec)
        self._line = QLineEdit()
        self._line.setMaxLength(5_000)
        _row(self, self._line)
        self._line.textEdited.connect(self.changed)

    def input(self) -> QWidget:
        return self._line

    def value(self) -> Any:
        value, error = read_json(self._line.text()) if self._line.text().strip() else (MISSING, "")
        return MISSING if error or not _is_number(value) else value

    def set_value(self, value: Any) -> bool:
        if not _is_number(value):
            return False
        self._line.setText(write_json(value))
        return True

    def clear(self) -> None:
        self._line.clear()

    def begin(self) -> None:
        minimum = self.spec.schema.get("minimum")
        self.set_value(minimum if _is_number(minimum) else 0)

    def set_placeholder(self, text: str) -> None:
        self._line.setPlaceholderText(text)

    def problems(self) -> list[Problem]:
        if not self._line.text().strip() or self.value() is not MISSING:
            return []
        word = "an integer" if self.spec.kind is Kind.INTEGER else "a number"
        return [Problem(self.pointer, f'"{self._line.text()[:40]}" in {self.label} is not {word}.')]


class ChoiceEditor(Editor):
    """One of a few values of any type; nothing is chosen until the user or a default does."""

    def __init__(self, spec: FieldSpec) -> None:
        super().__init__(spec)
        self._choices = spec.choices or (("true", True), ("false", False))
        self._box = _QuietComboBox()
        self._box.addItems([label for label, _ in self._choices])
        self._box.setCurrentIndex(-1)
        self._box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._box.setMinimumContentsLength(12)
        _row(self, self._box)
        self._box.activated.connect(self.changed)

    def input(self) -> QWidget:
        return self._box

    def value(self) -> Any:
        index = self._box.currentIndex()
        return MISSING if index < 0 else self._choices[index][1]

    def set_value(self, value: Any) -> bool:
        wanted = write_json(value)
        index = next((n for n, (_, choice) in enumerate(self._choices) if write_json(choice) == wanted), -1)
        self._box.setCurrentIndex(index)
        return index >= 0

    def clear(self) -> None:
        self._box.setCurrentIndex(-1)

    def begin(self) -> None:
        self._box.setCurrentIndex(0)

    def set_placeholder(self, text: str) -> None:
        self._box.setPlaceholderText(text or "choose")


class JsonEditor(Editor):
    """Any value, written as JSON; the text stays as it was typed."""

    def __init__(self, spec: FieldSpec) -> None:
        super().__init__(spec)
        self._lines = text_area(4)
        self._lines.setFont(mono_font())
        _row(self, self._lines)
        self._lines.textChanged.connect(self.changed)

    def input(self) -> QWidget:
        return self._lines

    def value(self) -> Any:
        text = text_of(self._lines)
        value, error = read_json(text) if text.strip() else (MISSING, "")
        return MISSING if error else value

    def set_value(self, value: Any) -> bool:
        self._set_text(write_json(value, pretty=True))
        return True

    def clear(self) -> None:
        self._set_text("")

    def begin(self) -> None:
        self._set_text("null")

    def set_placeholder(self, text: str) -> None:
        self._lines.setPlaceholderText(text or "JSON")

    def problems(self) -> list[Problem]:
        text = text_of(self._lines)
        _, error = read_json(text) if text.strip() else (None, "")
        return [Problem(self.pointer, f"{self.label}: {error}")] if error else []

    def _set_text(self, text: str) -> None:
        self._lines.blockSignals(True)
        self._lines.setPlainText(text)
        self._lines.blockSignals(False)


class _QuietComboBox(QComboBox):
    """Scrolling the form over it does not change the choice."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def _row(editor: QWidget, *widgets: QWidget) -> QHBoxLayout:
    layout = QHBoxLayout(editor)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(4)
    for widget in widgets:
        layout.addWidget(widget, 0 if isinstance(widget, QToolButton) else 1, Qt.AlignmentFlag.AlignTop)
    return layout
