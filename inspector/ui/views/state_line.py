"""How the connection stands, in words: a line beside the address, or a banner below it where there is more to say."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from inspector.trace.states import ConnectionState
from inspector.ui.theme import colors

_ROLES = {
    ConnectionState.IDLE: "muted",
    ConnectionState.CONNECTING: "note",
    ConnectionState.WAITING_FOR_HEADERS: "note",
    ConnectionState.OPEN: "good",
    ConnectionState.RECONNECTING: "warn",
    ConnectionState.CLOSED: "muted",
}
_SIGNS = {
    ConnectionState.OPEN: "●",
    ConnectionState.RECONNECTING: "↻",
    ConnectionState.CONNECTING: "◌",
    ConnectionState.WAITING_FOR_HEADERS: "◌",
}
_TINT = 28


class StateLine(QWidget):
    """A sign and words. A failure is red and has another sign; as a banner it wraps and can be selected."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("stateLine")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.is_banner = False
        self._sign = QLabel()
        self._sign.setObjectName("stateSign")
        self._words = QLabel(textFormat=Qt.TextFormat.PlainText)
        self._words.setObjectName("stateWords")
        self._words.setAccessibleName("State of the connection")
        self._words.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout(self)
        row.setSpacing(8)
        row.addWidget(self._sign)
        row.addWidget(self._words, 1)
        self._dress("")

    def show_state(self, state: ConnectionState, words: str, *, is_failure: bool) -> None:
        """The state in words; `is_banner` then says whether they need a line of their own."""
        self.is_banner = is_failure or state is ConnectionState.RECONNECTING
        self._sign.setText("✕" if is_failure else _SIGNS.get(state, "○"))
        self._words.setText(words)
        self._dress("bad" if is_failure else _ROLES[state])

    def _dress(self, role: str) -> None:
        color = getattr(colors(), role) if role else colors().muted
        style = f"color: {color};" if self.is_banner else f"color: {color}; font-weight: 600;"
        if self._words.styleSheet() == style:
            return
        tint = QColor(color)
        box = f"background: rgba({tint.red()}, {tint.green()}, {tint.blue()}, {_TINT}); border: 1px solid {color};"
        self.setStyleSheet(f"#stateLine {{ {box} border-radius: 4px; }}" if self.is_banner else "")
        for label in (self._sign, self._words):
            label.setStyleSheet(style)
        self._words.setWordWrap(self.is_banner)
        self._sign.setAlignment(Qt.AlignmentFlag.AlignTop if self.is_banner else Qt.AlignmentFlag.AlignVCenter)
        flags = Qt.TextInteractionFlag
        self._words.setTextInteractionFlags(flags.TextSelectableByMouse if self.is_banner else flags.NoTextInteraction)
        row = self.layout()
        if row is not None:
            row.setContentsMargins(*((8, 5, 8, 5) if self.is_banner else (0, 0, 0, 0)))
