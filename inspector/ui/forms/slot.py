"""The frame around an editor: its name and description, whether it is sent, whether it is null."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QVBoxLayout, QWidget

from inspector.protocol.schema import Problem
from inspector.ui.elided_label import ElidedLabel
from inspector.ui.forms.editors import MISSING, Editor
from inspector.ui.forms.parts import muted_label, tool_tip
from inspector.ui.forms.spec import FieldSpec, Kind, shown
from inspector.ui.theme import mono_font

NOT_SENT = "not sent"
MAX_NAME = 28
"""Characters of a name beside its tick, which a tick box does not cut by itself."""


class Slot(QWidget):
    """One named value of an object, or (`in_list`) one item of a list, which is always sent."""

    changed = Signal()

    def __init__(self, name: str, spec: FieldSpec, editor: Editor, *, required: bool, in_list: bool = False) -> None:
        super().__init__()
        self.name, self.spec, self.editor = name, spec, editor
        self._required, self._in_list = required, in_list
        self._kept: Any = MISSING
        self._send: QCheckBox | None = None if required else QCheckBox(shown(name, MAX_NAME).replace("&", "&&"))
        self._null: QCheckBox | None = QCheckBox("null") if spec.nullable else None
        self._build()
        editor.changed.connect(self._edited)
        self._refresh(sent=required)

    def set_pointer(self, pointer: str) -> None:
        """Take a place in the arguments; its parts are found as `send:<pointer>` and `null:<pointer>`."""
        label = shown(self.name, 60)
        self.editor.set_pointer(pointer, label, is_required=self._required)
        for box, verb in ((self._send, "send"), (self._null, "null")):
            if box is not None:
                box.setObjectName(f"{verb}:{pointer}")
                box.setAccessibleName(f"Send {label}" if box is self._send else f"{label} is null")

    @property
    def is_sent(self) -> bool:
        return self._send is None or self._send.isChecked()

    def value(self) -> Any:
        """The value, None where null is ticked, MISSING where it is not sent."""
        if not self.is_sent:
            return MISSING
        return None if self._null is not None and self._null.isChecked() else self.editor.value()

    def set_value(self, value: Any) -> bool:
        """Show `value` (MISSING: not sent); False if that is not possible."""
        is_null = value is None and self._null is not None
        if self._null is not None:
            self._null.setChecked(is_null)
        if value is MISSING or is_null:
            self.editor.clear()
            is_exact = True
        else:
            is_exact = self.editor.set_value(value)
        self._refresh(sent=value is not MISSING)
        return is_exact

    def problems(self) -> list[Problem]:
        """What in the editor is no value, if it is to be sent."""
        skip = not self.is_sent or (self._null is not None and self._null.isChecked())
        return [] if skip else self.editor.problems()

    def _build(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        if not self._in_list or self._null is not None:
            layout.addLayout(self._header())
        layout.addWidget(self.editor)
        words = self.spec.reason if self._in_list else " ".join(filter(None, (self.spec.description, self.spec.reason)))
        if words:
            layout.addWidget(muted_label(shown(words, 300), tip=words))

    def _header(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        name = self._send or ElidedLabel(self.name)
        if not self._in_list:
            name.setFont(mono_font())
            name.setToolTip(
                tool_tip(f"{shown(self.name, 200)} ({'ticked: it is sent' if self._send else 'always sent'})")
            )
            row.addWidget(name)
            if self.spec.title and self.spec.title != self.name:
                row.addWidget(_gives_way(self.spec.title))
        row.addStretch()
        if not self._in_list:
            row.addWidget(_gives_way(self.spec.hint + (" · required" if self._required else " · optional")))
        if self._null is not None:
            row.addWidget(self._null)
            self._null.clicked.connect(self._null_clicked)
        if self._send is not None:
            self._send.clicked.connect(self._send_clicked)
        return row

    def _edited(self) -> None:
        """Typing into a field that is not sent sends it; an emptied number or choice is not sent."""
        has_value = self.editor.value() is not MISSING or bool(self.editor.problems())
        self._refresh(sent=has_value)
        self.changed.emit()

    def _send_clicked(self, checked: bool) -> None:
        if checked and self._kept is not MISSING:
            self.set_value(self._kept)
        elif checked:
            self.editor.begin()
        else:
            self._kept = None if self._null is not None and self._null.isChecked() else self.editor.value()
            self.set_value(MISSING)
        self._refresh(sent=checked)
        if checked:
            self.editor.input().setFocus()
        self.changed.emit()

    def _null_clicked(self) -> None:
        self._refresh(sent=True)
        self.changed.emit()

    def _refresh(self, *, sent: bool) -> None:
        if self._send is not None:
            self._send.setChecked(sent)
        is_null = self._null is not None and self._null.isChecked()
        self.editor.setEnabled(not is_null)
        self.editor.set_placeholder("null" if is_null else "" if self._required else self._state_words())
        if self.spec.kind in (Kind.OBJECT, Kind.ARRAY) and not self._in_list:
            self.editor.setVisible(self.is_sent and not is_null)

    def _state_words(self) -> str:
        if not self.is_sent:
            return NOT_SENT
        return "sent as empty text" if self.spec.kind is Kind.STRING else ""


def _gives_way(text: str) -> ElidedLabel:
    label = ElidedLabel(text)
    label.setProperty("muted", True)
    return label
