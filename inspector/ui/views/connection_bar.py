"""The connection bar: where to connect, how, and how it stands, in words."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QComboBox,
    QCompleter,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from inspector.protocol.era import TransportName
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
    ConnectionState.RECONNECTING: "◌",
    ConnectionState.CONNECTING: "◌",
    ConnectionState.WAITING_FOR_HEADERS: "◌",
}


class ConnectionBar(QWidget):
    """`connect_requested` says that the user wants the URL in `url()`; the button then means the contrary."""

    connect_requested = Signal()
    disconnect_requested = Signal()
    settings_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("connectionBar")
        self._active = False
        self._url = QLineEdit(placeholderText="http://localhost:8000/mcp", clearButtonEnabled=True)
        self._transport = QComboBox()
        self._button = QPushButton("Connect")
        self._settings = QToolButton()
        self._settings.setText("Settings…")
        self._insecure = QLabel("certificates not checked")
        self._dot = QLabel()
        self._words = QLabel()
        self._facts = QLabel()
        self._lay_out()
        self._connect()
        self.show_state(ConnectionState.IDLE, "not connected", "", is_failure=False)

    def url(self) -> str:
        return self._url.text().strip()

    def set_url(self, url: str) -> None:
        self._url.setText(url)

    def offer_urls(self, urls: list[str]) -> None:
        """Complete what is typed from these addresses: those that contain it are offered."""
        completer = QCompleter(urls, self)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self._url.setCompleter(completer)

    def transport(self) -> TransportName:
        return TransportName(self._transport.currentData())

    def set_transport(self, name: TransportName) -> None:
        self._transport.setCurrentIndex(self._transport.findData(name.value))

    def set_insecure(self, insecure: bool) -> None:
        """Certificates are not checked: said in red for as long as it holds."""
        self._insecure.setVisible(insecure)

    def focus_url(self) -> None:
        self._url.setFocus()
        self._url.selectAll()

    def set_active(self, active: bool) -> None:
        """Whether there is a connection, or an attempt at one, to end."""
        self._active = active
        self._button.setText("Disconnect" if active else "Connect")
        self._button.setProperty("primary", not active)
        self._button.style().polish(self._button)
        self._url.setReadOnly(active)
        self._transport.setEnabled(not active)

    def show_state(self, state: ConnectionState, words: str, facts: str, *, is_failure: bool) -> None:
        """The state in words, beside it the facts; a failure is red and carries another sign."""
        role = "bad" if is_failure else _ROLES[state]
        sign = "✕" if is_failure else _SIGNS.get(state, "○")
        style = f"color: {getattr(colors(), role)};"
        if self._dot.text() != sign or self._dot.styleSheet() != style:
            self._dot.setText(sign)
            self._dot.setStyleSheet(style)
            self._words.setStyleSheet(style + " font-weight: 600;")
            self._insecure.setStyleSheet(f"color: {colors().bad}; font-weight: 600;")
        self._words.setText(words)
        self._words.setToolTip(words)
        self._facts.setText(facts)

    def _lay_out(self) -> None:
        for name in TransportName:
            self._transport.addItem(name.label, name.value)
        named = (
            (self._url, "urlField", "Server URL"),
            (self._transport, "transportChoice", "Transport"),
            (self._button, "connectButton", "Connect or disconnect"),
            (self._settings, "settingsButton", "Connection settings: headers, certificates, time limits"),
            (self._insecure, "insecureWarning", "Certificates are not checked"),
            (self._words, "stateWords", "State of the connection"),
            (self._facts, "stateFacts", "Facts about the connection"),
        )
        for widget, name_, label in named:
            widget.setObjectName(name_)
            widget.setAccessibleName(label)
        self._url.setMinimumWidth(220)
        self._url.setToolTip("The server's address (Ctrl+L)")
        self._settings.setToolTip("Headers, certificates, time limits")
        self._words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._facts.setProperty("muted", True)
        self._insecure.hide()
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 6, 8, 6)
        row.setSpacing(8)
        row.addWidget(self._url, 3)
        for widget in (self._transport, self._button, self._settings, self._insecure, self._dot):
            row.addWidget(widget)
        row.addWidget(self._words, 4)
        row.addWidget(self._facts, 0, Qt.AlignmentFlag.AlignRight)

    def _connect(self) -> None:
        self._button.clicked.connect(self._toggle)
        self._url.returnPressed.connect(self._enter)
        self._settings.clicked.connect(self.settings_requested)
        shortcut = QShortcut(QKeySequence("Ctrl+L"), self)
        shortcut.activated.connect(self.focus_url)

    def _enter(self) -> None:
        if not self._active:
            self.connect_requested.emit()

    def _toggle(self) -> None:
        (self.disconnect_requested if self._active else self.connect_requested).emit()
