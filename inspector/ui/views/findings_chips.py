"""The buttons over the findings: how many there are of each severity, and whether they are shown."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from inspector.record.text import counted
from inspector.trace.events import Severity
from inspector.ui import theme
from inspector.ui.models.finding_lines import ROLES, SIGNS, WORDS

_CHIPS = {Severity.ERROR: "findingsErrors", Severity.WARN: "findingsWarnings", Severity.NOTE: "findingsNotes"}


class FindingsChips(QWidget):
    """A button for errors, warnings and notes; `changed` says that others are shown now."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        self._buttons = {severity: self._make(severity, name) for severity, name in _CHIPS.items()}
        for button in self._buttons.values():
            row.addWidget(button)

    @property
    def hidden(self) -> frozenset[Severity]:
        """The severities that are not wanted; remarks go with the notes."""
        found = {severity for severity, button in self._buttons.items() if not button.isChecked()}
        return frozenset(found | {Severity.CHAT} if Severity.NOTE in found else found)

    def show_counts(self, counts: Mapping[Severity, int]) -> None:
        """Tell how many there are."""
        for severity, button in self._buttons.items():
            count = counts.get(severity, 0)
            if severity is Severity.NOTE:
                count += counts.get(Severity.CHAT, 0)
            text = f"{SIGNS[severity]} {counted(count, WORDS[severity])}"
            if text != button.text():
                button.setText(text)
                button.setAccessibleName(f"Show {counted(count, WORDS[severity])}")
            shade = theme.color(ROLES[severity] if count else "muted").name()
            style = f"QToolButton {{ color: {shade}; }}"
            if style != button.styleSheet():
                button.setStyleSheet(style)

    def _make(self, severity: Severity, name: str) -> QToolButton:
        button = QToolButton()
        button.setObjectName(name)
        button.setCheckable(True)
        button.setChecked(True)
        button.setToolTip(f"Show or hide each {WORDS[severity]}")
        button.toggled.connect(lambda _on: self.changed.emit())
        return button
