"""The connection settings: headers, sign-in, revision, certificates, capabilities, streams, time limits.

They hold from the next connection on.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QTabWidget, QVBoxLayout, QWidget

from inspector.ui.dialogs.authorization_page import AuthorizationPage
from inspector.ui.dialogs.capabilities_page import CapabilitiesPage
from inspector.ui.dialogs.connection_pages import ConnectionPage, LimitsPage
from inspector.ui.dialogs.headers_page import HeadersPage
from inspector.ui.dialogs.streams_page import StreamsPage
from inspector.ui.forms.parts import muted_label, plain_label
from inspector.ui.settings import ConnectionSettings
from inspector.ui.theme import color
from inspector.ui.user_data import UserData


class ConnectionDialog(QDialog):
    """Edits a copy: `chosen` carries the new `ConnectionSettings`, Cancel leaves everything as it was.

    With `data` the roots can be edited too; they are kept at once, and `roots_changed` tells so.
    """

    chosen = Signal(object)
    roots_changed = Signal()

    def __init__(
        self, settings: ConnectionSettings, parent: QWidget | None = None, data: UserData | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("connectionDialog")
        self.setWindowTitle("Connection settings")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.headers = HeadersPage(settings.headers)
        self.sign_in = AuthorizationPage(settings)
        self.connection = ConnectionPage(settings)
        self.capabilities = CapabilitiesPage(settings, data)
        self.streams = StreamsPage(settings)
        self.limits = LimitsPage(settings)
        self._tabs = QTabWidget()
        self._problem = plain_label()
        self._lay_out()

    def settings(self) -> ConnectionSettings:
        """What the dialog shows now."""
        settings = ConnectionSettings(headers=self.headers.headers())
        for page in (self.sign_in, self.connection, self.capabilities, self.streams, self.limits):
            settings = page.apply_to(settings)
        return settings

    def accept(self) -> None:
        """Close if everything can be used; otherwise say what cannot, and go there."""
        for page in (self.headers, self.connection, self.sign_in, self.capabilities, self.streams, self.limits):
            problem = page.problem()
            if problem is not None:
                sentence, field = problem
                self._tabs.setCurrentWidget(page)
                field.setFocus()
                self._problem.setText(f"✕ {sentence}")
                self._problem.show()
                return
        self.chosen.emit(self.settings())
        super().accept()

    def restore_defaults(self) -> None:
        """Everything but the headers and the sign-in: they hold what only the user knows."""
        self.connection.show_settings(ConnectionSettings())
        self.capabilities.show_settings(ConnectionSettings())
        self.streams.show_settings(ConnectionSettings())
        self.limits.show_settings(ConnectionSettings())

    def _lay_out(self) -> None:
        self._tabs.setObjectName("connectionTabs")
        self._tabs.setAccessibleName("Groups of settings")
        pages = (
            (self.headers, "Headers"),
            (self.connection, "Connection"),
            (self.sign_in, "Sign-in"),
            (self.capabilities, "Capabilities"),
            (self.streams, "Streams"),
            (self.limits, "Time limits"),
        )
        for page, title in pages:
            self._tabs.addTab(page, title)
            page.changed.connect(self._problem.hide)
        self.headers.changed.connect(self._look_for_header)
        self.capabilities.roots_changed.connect(self.roots_changed)
        self._problem.setObjectName("connectionProblem")
        self._problem.setAccessibleName("What cannot be used")
        self._problem.setStyleSheet(f"color: {color('bad').name()};")
        self._problem.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 14, 14, 14)
        column.setSpacing(10)
        column.addWidget(self._tabs, 1)
        column.addWidget(muted_label("These settings hold from the next connection on; Ctrl+R connects anew."))
        column.addWidget(self._problem)
        column.addWidget(self._buttons())
        self.resize(640, 500)

    def _look_for_header(self) -> None:
        self.sign_in.show_header_wins(ConnectionSettings(headers=self.headers.headers()).sets_authorization)

    def _buttons(self) -> QDialogButtonBox:
        kind = QDialogButtonBox.StandardButton
        box = QDialogButtonBox(kind.Ok | kind.Cancel | kind.RestoreDefaults)
        named = (
            (kind.Ok, "connectionOk", "Use these settings (Ctrl+Enter)"),
            (kind.Cancel, "connectionCancel", "Change nothing (Esc)"),
            (kind.RestoreDefaults, "connectionDefaults", "Back to the defaults; headers and sign-in stay"),
        )
        for which, name, words in named:
            button = box.button(which)
            button.setObjectName(name)
            button.setAccessibleName(words)
            button.setToolTip(words)
        box.button(kind.Ok).setProperty("primary", True)
        box.button(kind.Ok).setDefault(True)
        box.button(kind.RestoreDefaults).clicked.connect(self.restore_defaults)
        box.accepted.connect(self.accept)
        box.rejected.connect(self.reject)
        for keys in ("Ctrl+Return", "Ctrl+Enter"):
            QShortcut(QKeySequence(keys), self).activated.connect(self.accept)
        return box
