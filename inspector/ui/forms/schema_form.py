"""The form of a whole schema."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from inspector.protocol.schema import Problem, defaults
from inspector.ui.forms.editors import Editor
from inspector.ui.forms.nested import make_editor
from inspector.ui.forms.parts import muted_label
from inspector.ui.forms.spec import FieldSpec, Kind, read_form
from inspector.ui.forms.text import same


class SchemaForm(QWidget):
    """Edits an object that a JSON Schema describes; what no form can show is a JSON field with the reason above it.

    `changed` tells only of the user's edits. Input widgets are named `arg:<JSON pointer>`.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("argumentsForm")
        self.setAccessibleName("Arguments as a form")
        self._scroll = QScrollArea(widgetResizable=True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._scroll)
        self.set_schema({"type": "object"})

    def set_schema(self, schema: Any) -> None:
        """Build the fields for `schema` (any JSON value) and fill in what it declares as default."""
        self._spec = read_form(schema)
        self._editor = make_editor(self._spec)
        self._editor.set_pointer("", "Arguments")
        self._scroll.setWidget(self._page(self._editor, self._spec))
        self.set_value(defaults(schema))
        self._editor.changed.connect(self.changed)

    @property
    def fallback_reason(self) -> str:
        """Why there is only a JSON field; empty where there is a form."""
        return self._spec.reason if self._spec.kind is Kind.JSON else ""

    def value(self) -> dict[str, Any]:
        """What the fields say; without those that hold no value (see `problems`)."""
        value = self._editor.value()
        return value if isinstance(value, dict) else {}

    def set_value(self, value: Any) -> bool:
        """Show `value`; False if the form cannot show exactly this, in which case it must not be read back."""
        try:
            return self._editor.set_value(value) and same(self._editor.value(), value)
        except (RecursionError, ValueError, UnicodeError):  # nested too deeply, or a text that Qt cannot hold
            return False

    def problems(self) -> list[Problem]:
        """Inputs that are no value at all, such as letters for a number."""
        return self._editor.problems()

    def focus_first(self) -> None:
        """Put the cursor into the first field that takes one."""
        for field in self._editor.findChildren(QWidget):
            if _takes_cursor(field) and field.isVisibleTo(self):
                field.setFocus()
                return

    def _page(self, editor: Editor, spec: FieldSpec) -> QWidget:
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(12, 12, 12, 12)
        note = spec.reason or ("" if spec.fields else "No arguments.")
        if note:
            layout.addWidget(muted_label(note))
        layout.addWidget(editor)
        layout.addStretch()
        return page


def _takes_cursor(field: QWidget) -> bool:
    return field.objectName().startswith("arg:") and field.focusPolicy() is not Qt.FocusPolicy.NoFocus
