"""Several of a few values, each once: a tick for each."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QCheckBox, QVBoxLayout

from inspector.ui.forms.editors import Editor
from inspector.ui.forms.spec import FieldSpec
from inspector.ui.forms.text import write_json


class ChoicesEditor(Editor):
    """A list of different values; those that were there keep their order, further ones follow in that of the schema.

    The ticks are found as `choice:<pointer>/<number>`.
    """

    def __init__(self, spec: FieldSpec) -> None:
        super().__init__(spec)
        self._order: list[int] = []
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        self._boxes = [QCheckBox(label.replace("&", "&&")) for label, _ in spec.choices]
        for box in self._boxes:
            layout.addWidget(box)
            box.clicked.connect(self.changed)
        if self._boxes:
            self.setFocusProxy(self._boxes[0])

    def set_pointer(self, pointer: str, label: str, *, is_required: bool = False) -> None:
        super().set_pointer(pointer, label, is_required=is_required)
        for number, box in enumerate(self._boxes):
            box.setObjectName(f"choice:{pointer}/{number}")
            box.setAccessibleName(f"{label}: {self.spec.choices[number][0]}")

    def value(self) -> Any:
        ticked = [number for number, box in enumerate(self._boxes) if box.isChecked()]
        kept = [number for number in self._order if number in ticked]
        return [self.spec.choices[number][1] for number in dict.fromkeys([*kept, *ticked])]

    def set_value(self, value: Any) -> bool:
        if not isinstance(value, list):
            return False
        numbers = {write_json(choice): number for number, (_, choice) in enumerate(self.spec.choices)}
        found = [numbers.get(write_json(item), -1) for item in value]
        self._order = [number for number in found if number >= 0]
        for number, box in enumerate(self._boxes):
            box.setChecked(number in self._order)
        return -1 not in found and len(set(found)) == len(found)

    def clear(self) -> None:
        self.set_value([])
