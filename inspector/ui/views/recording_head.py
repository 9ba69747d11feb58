"""The line above a recording: what it is, and a menu of what can be done with it."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QWidget

from inspector.ui.elided_label import ElidedLabel


class RecordingHead(QWidget):
    """`facts` is the line, `menu_button` stands at its right end."""

    def __init__(self) -> None:
        super().__init__()
        self.facts = ElidedLabel()
        self.facts.setObjectName("recordingFacts")
        self.menu_button = QToolButton()
        self.menu_button.setText("☰")
        self.menu_button.setObjectName("recordingMenuButton")
        self.menu_button.setAccessibleName("Menu: exports, comparing, replay, a copy")
        self.menu_button.setToolTip("Exports, comparing, replay, a copy (F10)")
        self.menu_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 4, 8, 4)
        row.addWidget(self.facts, 1)
        row.addWidget(self.menu_button)

    def set_menu(self, menu: QMenu) -> None:
        """What the button opens."""
        self.menu_button.setMenu(menu)
