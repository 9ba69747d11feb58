"""What one resource, template or prompt is: its names, badges, address, facts and description."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from inspector.ui.elided_label import ElidedLabel
from inspector.ui.forms.parts import muted_label
from inspector.ui.models.offer_list import OfferRow
from inspector.ui.theme import color, mono_font

MAX_DESCRIPTION = 4_000


class OfferHeader(QWidget):
    """`name` is what its parts are found by (`resourceName`, `resourceBadges`, …)."""

    def __init__(self, name: str, advice: str) -> None:
        super().__init__()
        self._advice = advice
        self._name = ElidedLabel(least_chars=14)
        self._name.setFont(mono_font(1.15))
        self._title = ElidedLabel()
        self._title.setProperty("muted", True)
        self._badges = ElidedLabel(least_chars=10)
        self._address = QLineEdit(readOnly=True)  # unlike a label, it is content with any width
        self._address.setProperty("flat", True)
        self._address.setFont(mono_font())
        self._address.setAccessibleName("Address")
        self._facts = muted_label()
        self._words = muted_label()
        parts: dict[str, QWidget] = {
            "Name": self._name,
            "Title": self._title,
            "Badges": self._badges,
            "Address": self._address,
            "Facts": self._facts,
            "Description": self._words,
        }
        for part, label in parts.items():
            label.setObjectName(f"{name}{part}")
        self._words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        first = QHBoxLayout()
        first.setSpacing(10)
        first.addWidget(self._name)
        first.addWidget(self._title)
        first.addStretch(1)
        first.addWidget(self._badges)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(first)
        for label in (self._address, self._facts, self._words):
            layout.addWidget(label)
        self.show_row(None)

    def show_row(self, row: OfferRow | None, address: str = "", facts: str = "") -> None:
        """Show an entry; None: nothing is chosen."""
        self._name.setText(row.name if row else "")
        self._title.setText(row.title if row else "")
        self._badges.setText(" · ".join(row.badges) if row else "")
        palette = self._badges.palette()
        palette.setColor(self._badges.foregroundRole(), color("warn" if row and row.is_alert else "note"))
        self._badges.setPalette(palette)
        self._address.setText(address)
        self._address.setCursorPosition(0)
        self._address.setVisible(bool(address))
        self._facts.setText(facts)
        self._facts.setVisible(bool(facts))
        whole = row.entry.get("description") if row and isinstance(row.entry, dict) else None
        words = whole[:MAX_DESCRIPTION].strip() if isinstance(whole, str) else ""
        self._words.setText(words if row else self._advice)
        self._words.setVisible(bool(words) or row is None)
        self._name.setVisible(row is not None)
