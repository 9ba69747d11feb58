"""The line above a recording: what it is, and a menu of what can be done with it."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QWidget

from inspector.ui.elided_label import ElidedLabel


class RecordingHead(QWidget):
    """`facts` is the line; the menu stands at its right end."""

    def __init__(self) -> None:
        super().__init__()
        self.facts = ElidedLabel()
        self.facts.setObjectName("recordingFacts")
        self._menu = QToolButton()
        self._menu.setText("☰")
        self._menu.setObjectName("recordingMenuButton")
        self._menu.setAccessibleName("Menu: exports, comparing, replay, a copy")
        self._menu.setToolTip("Exports, comparing, replay, a copy")
        self._menu.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 4, 8, 4)
        row.addWidget(self.facts, 1)
        row.addWidget(self._menu)

    def set_menu(self, menu: QMenu) -> None:
        """What the button opens."""
        self._menu.setMenu(menu)
