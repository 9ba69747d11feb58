"""What the laboratory does at the moment, in plain sight for as long as it does."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from inspector.record.text import plain
from inspector.ui.elided_label import ElidedLabel
from inspector.ui.forms.parts import tool_button
from inspector.ui.laboratory import Laboratory
from inspector.ui.theme import color

MORE_CHARS = 300


class LaboratoryBanner(QWidget):
    """Hidden while nothing is active; `open_wanted` asks for the laboratory."""

    open_wanted = Signal()

    def __init__(self, laboratory: Laboratory) -> None:
        super().__init__()
        self.setObjectName("laboratoryBanner")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._laboratory = laboratory
        self._words = ElidedLabel()
        self._words.setObjectName("laboratoryWords")
        self._words.setAccessibleName("What the laboratory does")
        self._words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._open = tool_button("Open", "Open the laboratory")
        self._open.setObjectName("laboratoryOpen")
        self._stop = tool_button("Stop all", "End everything that the laboratory does")
        self._stop.setObjectName("laboratoryStop")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._words, 1)
        row.addWidget(self._open)
        row.addWidget(self._stop)
        self._open.clicked.connect(self.open_wanted)
        self._stop.clicked.connect(laboratory.stop_all)
        laboratory.ticked.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show what is active."""
        active = self._laboratory.active
        self.setVisible(bool(active))
        if not active:
            return
        text = f"⚗ Laboratory: {plain(' '.join(active), MORE_CHARS)}"
        if text != self._words.text():
            self._words.setText(text)
            self._words.setToolTip("\n".join(active))
        style = f"color: {color('warn').name()}; font-weight: 600;"
        if self._words.styleSheet() != style:
            self._words.setStyleSheet(style)
