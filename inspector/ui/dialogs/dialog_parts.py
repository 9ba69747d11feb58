"""What the dialogs share: a line for what is wrong, buttons with their names, a box of buttons."""

from __future__ import annotations

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from inspector.ui.forms.parts import plain_label
from inspector.ui.theme import color


class ColoredLabel(QLabel):
    """Text that wraps, is never read as markup, can be selected, and keeps the colour of its role in every theme."""

    def __init__(self, role: str, text: str = "") -> None:
        super().__init__(text)
        self.setTextFormat(plain_label().textFormat())
        self.setWordWrap(True)
        self.role = role
        self._dressed_in = ""
        self._dress()

    def say(self, text: str, role: str = "") -> None:
        """Show `text`, in the colour of another role if one is given; an empty text takes no room."""
        self.role = role or self.role
        self._dress()
        self.setText(text)
        self.setVisible(bool(text))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._dress()

    def _dress(self) -> None:
        shade = color(self.role).name()
        if shade != self._dressed_in:
            self._dressed_in = shade
            self.setStyleSheet(f"color: {shade};")


def problem_label(name: str) -> ColoredLabel:
    """Where a dialog says what cannot be used; hidden while there is nothing."""
    label = ColoredLabel("bad")
    label.setObjectName(name)
    label.setAccessibleName("What cannot be used")
    label.hide()
    return label


def push_button(text: str, name: str, meaning: str, *, primary: bool = False) -> QPushButton:
    """A button that Enter presses while it has the focus; the `primary` one also while no other button has it."""
    button = QPushButton(text)
    button.setObjectName(name)
    button.setAccessibleName(meaning)
    button.setToolTip(meaning)
    button.setProperty("primary", primary)
    button.setAutoDefault(True)
    button.setDefault(primary)
    return button


def button_row(*buttons: QWidget, left: tuple[QWidget, ...] = ()) -> QHBoxLayout:
    """Buttons at the right, those of `left` at the left."""
    row = QHBoxLayout()
    row.setSpacing(6)
    for button in left:
        row.addWidget(button)
    row.addStretch()
    for button in buttons:
        row.addWidget(button)
    return row


def heading(text: str) -> QLabel:
    label = plain_label(text, wrap=False)
    label.setProperty("heading", True)
    return label
