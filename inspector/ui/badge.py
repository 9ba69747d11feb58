"""A small framed word beside what it qualifies."""

from __future__ import annotations

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QLabel

from inspector.ui.forms.parts import plain_label, tool_tip
from inspector.ui.theme import color

DEPRECATED_SINCE = "2026-07-28"


class Badge(QLabel):
    """A word in the colour of `role`, which follows the theme; the tool tip says what it means."""

    def __init__(self, word: str, role: str, meaning: str) -> None:
        super().__init__(word)
        self.setTextFormat(plain_label().textFormat())
        self._role = role
        self._dressed_in = ""
        self.setToolTip(tool_tip(meaning))
        self.setAccessibleName(word)
        self.setAccessibleDescription(meaning)
        self._dress()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._dress()

    def _dress(self) -> None:
        shade = color(self._role).name()
        if shade != self._dressed_in:
            self._dressed_in = shade
            self.setStyleSheet(f"color: {shade}; border: 1px solid {shade}; border-radius: 3px; padding: 0 4px;")


def deprecated_badge(what: str) -> Badge:
    """The mark of a feature that MCP deprecates (R53)."""
    meaning = f"{what} deprecated since revision {DEPRECATED_SINCE}. It still works, until 2027-07-28 at least."
    badge = Badge("deprecated", "warn", meaning)
    badge.setObjectName("deprecatedBadge")
    return badge
