"""The variables of a resource template, and the URI that they make."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from inspector.protocol.uri_template import Template, Value, expand, variables
from inspector.ui.forms.parts import muted_label, plain_label
from inspector.ui.forms.text_fields import Ask, TextField, TextFields
from inspector.ui.theme import color, mono_font

LIST_HINT = "several values, separated by commas"


class TemplateForm(QWidget):
    """`changed` follows each edit, `submitted` Return; `uri` is what stands in the line below the fields."""

    changed = Signal()
    submitted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._template = Template("")
        self.fields = TextFields("templateFields", "Variables of the template")
        self._uri = QLineEdit(readOnly=True)
        self._uri.setObjectName("expandedUri")
        self._uri.setAccessibleName("The URI that will be read")
        self._uri.setFont(mono_font())
        self._uri.setProperty("flat", True)
        self._expands = muted_label("expands to", wrap=False)
        line = QHBoxLayout()
        line.addWidget(self._expands)
        line.addWidget(self._uri, 1)
        self._trouble = plain_label()
        self._trouble.setObjectName("templateTrouble")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.fields, 1)
        layout.addLayout(line)
        layout.addWidget(self._trouble)
        self.fields.changed.connect(self._edited)
        self.fields.submitted.connect(self.submitted)

    def set_template(self, template: Any, ask: Ask | None = None) -> None:
        """Show the variables of a template, whatever its type; `ask` brings suggestions."""
        self._template = variables(template) if isinstance(template, str) else Template("", error="It is no text.")
        found = self._template.variables
        hints = {True: LIST_HINT, False: ""}
        self.fields.set_fields([TextField(one.name, hint=hints[one.is_list]) for one in found], ask)
        self._edited()

    def uri(self) -> str:
        """The expanded URI, empty where there is none."""
        return self._uri.text()

    def _edited(self) -> None:
        texts = self.fields.values()
        lists = {one.name for one in self._template.variables if one.is_list}
        values: dict[str, Value] = {
            name: [part.strip() for part in text.split(",")] if name in lists else text for name, text in texts.items()
        }
        made = expand(self._template.text, values)
        error = self._template.error or made.error
        self._uri.setText("" if error else made.uri)
        self._uri.setCursorPosition(0)
        for part in (self._expands, self._uri):
            part.setVisible(not error)
        palette = self._trouble.palette()
        palette.setColor(self._trouble.foregroundRole(), color("warn"))
        self._trouble.setPalette(palette)
        self._trouble.setText(f"⚠ This template cannot be used. {error}" if error else "")
        self._trouble.setVisible(bool(error))
        self.changed.emit()
