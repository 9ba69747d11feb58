"""The connection bar: where to connect, how, and how it stands, in words."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from inspector.protocol.era import TransportName
from inspector.trace.states import ConnectionState
from inspector.ui import main_menu
from inspector.ui.elided_label import ElidedLabel
from inspector.ui.forms.parts import tool_tip
from inspector.ui.theme import colors
from inspector.ui.views.address_field import AddressField
from inspector.ui.views.state_line import StateLine

URL_WIDTH, NARROW_URL_WIDTH = 260, 215
_URL_SHARE, _FACTS_SHARE = 3, 4
"""How both share what is left: the facts are the longer text in a window of the usual width."""
_CONNECT, _DISCONNECT = "Connect", "Disconnect"
STATE_WIDTH = 180
"""Room for the usual words of a state, so that the address keeps its width while they change."""


class ConnectionBar(QWidget):
    """`connect_requested` says that the user wants the URL in `url()`; the button then means the contrary.

    What went wrong stands in a banner as wide as the window: it names the cause and the next step, so it is never cut.
    """

    connect_requested = Signal()
    disconnect_requested = Signal()
    settings_requested = Signal()
    help_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("connectionBar")
        self._active = False
        self._verdict = ""
        self._url = AddressField()
        self._transport = QComboBox()
        self._button = QPushButton(_CONNECT)
        self._settings = QToolButton()
        self._settings.setText("Settings…")
        self._help = QToolButton()
        self._help.setText("?")
        self._menu = QToolButton()
        self._menu.setText("☰")
        self._insecure = QLabel("⚠ TLS not checked")
        self._state = StateLine()
        self._facts = ElidedLabel()
        self._name()
        self._lay_out()
        self._connect()
        self.set_active(False)
        self.show_state(ConnectionState.IDLE, "not connected", "", is_failure=False)

    def url(self) -> str:
        return self._url.text().strip()

    def set_url(self, url: str) -> None:
        self._url.setText(url)
        self._url.setCursorPosition(0)  # the host says more than the end of the path

    def offer_urls(self, urls: list[str]) -> None:
        """Complete what is typed from these addresses, and show them when they are asked for."""
        self._url.offer(urls)

    def transport(self) -> TransportName:
        return TransportName(self._transport.currentData())

    def set_transport(self, name: TransportName) -> None:
        self._transport.setCurrentIndex(self._transport.findData(name.value))

    def set_insecure(self, insecure: bool) -> None:
        """Certificates are not checked: said in red for as long as it holds."""
        self._insecure.setVisible(insecure)
        self._url.setMinimumWidth(NARROW_URL_WIDTH if insecure else URL_WIDTH)

    def set_menu(self, menu: QMenu) -> None:
        """What the button at the right end opens."""
        self._menu.setMenu(menu)
        self._menu.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)

    def add_banner(self, banner: QWidget) -> None:
        """Something that stands below the bar for as long as it has to be seen."""
        self._column.addWidget(banner)

    def focus_url(self) -> None:
        self._url.setFocus()
        self._url.selectAll()

    def set_active(self, active: bool) -> None:
        """Whether there is a connection, or an attempt at one, to end."""
        self._active = active
        self._button.setText(_DISCONNECT if active else _CONNECT)
        self._button.setProperty("primary", not active)
        self._button.style().polish(self._button)
        self._url.lock(active)
        self._transport.setEnabled(not active)
        again = "End the connection; Ctrl+R connects anew"
        self._button.setToolTip(again if active else "Connect (Return in the address, or Ctrl+R)")

    def show_state(self, state: ConnectionState, words: str, facts: str, *, is_failure: bool) -> None:
        """The state in words, beside it the facts; a failure is red and carries another sign."""
        self._state.show_state(state, words, is_failure=is_failure)
        place = self._column if self._state.is_banner else self._slot
        if place.indexOf(self._state) < 0:
            place.addWidget(self._state)
        style = f"color: {colors().bad}; font-weight: 600;"
        if self._insecure.styleSheet() != style:
            self._insecure.setStyleSheet(style)
        if facts != self._facts.text():
            self._facts.setText(facts)
            self._explain_facts()

    def show_verdict(self, sentence: str) -> None:
        """How it was found out what the server speaks."""
        self._verdict = sentence
        self._facts.setAccessibleDescription(sentence)
        self._explain_facts()

    def _explain_facts(self) -> None:
        """All of them, also where they are cut, and how they were found out."""
        self._facts.setToolTip("".join(map(tool_tip, (self._facts.text(), self._verdict))) if self._verdict else "")

    def _name(self) -> None:
        for name in TransportName:
            self._transport.addItem(name.label, name.value)
        named = (
            (self._url, "urlField", "Server URL"),
            (self._transport, "transportChoice", "Transport"),
            (self._button, "connectButton", "Connect or disconnect"),
            (self._settings, "settingsButton", "Connection settings: headers, certificates, time limits"),
            (self._insecure, "insecureWarning", "Certificates are not checked"),
            (self._help, "helpButton", "Keyboard shortcuts"),
            (self._menu, "menuButton", "Menu: recordings, exports, replay"),
            (self._facts, "stateFacts", "Facts about the connection"),
        )
        for widget, name_, label in named:
            widget.setObjectName(name_)
            widget.setAccessibleName(label)
        self._url.setToolTip("The server's address (Ctrl+L); Down shows earlier ones")
        self._transport.setToolTip("How messages travel; Auto finds out")
        self._settings.setToolTip("Headers, certificates, time limits (Ctrl+,)")
        self._help.setToolTip("Keyboard shortcuts (F1)")
        self._menu.setToolTip("Recordings, exports, replay (F10)")
        self._facts.setProperty("muted", True)
        self._insecure.setToolTip("Anyone between here and the server can read and change everything (see Settings)")

    def _lay_out(self) -> None:
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._url.setMinimumWidth(URL_WIDTH)
        self._button.setText(_DISCONNECT)
        self._button.setMinimumWidth(self._button.sizeHint().width())  # nothing is to move when it changes
        self._facts.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._facts.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._insecure.hide()
        slot = QWidget()
        slot.setMinimumWidth(STATE_WIDTH)
        self._slot = QHBoxLayout(slot)
        self._slot.setContentsMargins(0, 0, 0, 0)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._url, _URL_SHARE)
        for widget in (self._transport, self._button, self._settings, self._insecure, slot):
            row.addWidget(widget)
        row.addWidget(self._facts, _FACTS_SHARE)
        row.addWidget(self._help)
        row.addWidget(self._menu)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(12, 10, 12, 10)
        self._column.setSpacing(8)
        self._column.addLayout(row)

    def _connect(self) -> None:
        self._button.clicked.connect(self._toggle)
        self._url.returnPressed.connect(self._enter)
        self._settings.clicked.connect(self.settings_requested)
        self._help.clicked.connect(self.help_requested)
        main_menu.add_key(self, self._menu)
        shortcut = QShortcut(QKeySequence("Ctrl+L"), self)
        shortcut.activated.connect(self.focus_url)

    def _enter(self) -> None:
        if not self._active:
            self.connect_requested.emit()

    def _toggle(self) -> None:
        (self.disconnect_requested if self._active else self.connect_requested).emit()
