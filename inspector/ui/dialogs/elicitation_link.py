"""A server asks the user to open an address (R33, R50): seen first, opened only on a click."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QWidget

from inspector.ui.dialogs.dialog_parts import ColoredLabel, button_row, push_button
from inspector.ui.dialogs.elicitation_dialog import message_view
from inspector.ui.dialogs.question_dialog import QuestionDialog
from inspector.ui.dialogs.url_view import UrlView, seen_facts
from inspector.ui.forms.parts import muted_label

_CONSENT = "Nothing has been opened or fetched. Opening it tells the server that you agree, not that you are done."
_OPENED = "Opened in the browser. The server may say when it is done; you can close this."
_ACCEPTED = "Agreed, and not opened. The server may say when it is done; you can close this."
_COMPLETE = "✓ The server says that this is complete."
_NOT_OPENED = "✕ The browser could not be started. Copy the address and open it by hand."


class ElicitationLinkDialog(QuestionDialog):
    """Agreeing answers at once; the dialog stays until it is closed, to show that the server is done.

    `elicitation_id` is what the server names in notifications/elicitation/complete; empty where it gave none.
    """

    def __init__(self, params: dict[str, Any], server: str = "", parent: QWidget | None = None) -> None:
        super().__init__("The server asks you to open a page", server, parent)
        self.setObjectName("elicitationLinkDialog")
        given = params.get("elicitationId")
        self.elicitation_id = given if isinstance(given, str) else ""
        self._facts = seen_facts(params.get("url"))
        self._url = str(params.get("url", ""))
        self._consent = muted_label(_CONSENT)
        self._state = ColoredLabel("note")
        self._open_button = push_button("Open in browser", "elicitationOpen", "Agree, and open the page", primary=True)
        self._only = push_button("Agree only", "elicitationAgree", "Agree without opening the page here")
        self._copy = push_button("Copy address", "elicitationCopy", "Copy the whole address")
        self._decline = push_button("Decline", "elicitationDecline", "Tell the server no")
        self._cancel = push_button("Cancel", "elicitationCancel", "Neither yes nor no (Esc)")
        self._lay_out(params)
        self._connect()
        self.guard(*((self._open_button, self._only) if self._facts.is_openable else (self._only,)))
        self._open_button.setEnabled(False)
        self.resize(620, 360)
        self._cancel.setDefault(True)  # Enter alone opens nothing
        self._cancel.setFocus()

    def settle(self, result: dict[str, Any]) -> None:
        """Agreeing leaves the dialog open; everything else closes it."""
        if result.get("action") != "accept":
            super().settle(result)
        elif not self._is_settled:
            self._is_settled = True
            self.answered.emit(result)
            self._go_on()

    def decline(self) -> None:
        self.settle({"action": "decline"})

    def dismiss(self) -> None:
        self.settle({"action": "cancel"})

    def show_complete(self) -> None:
        """The server says that what happens at the address is done."""
        self._state.say(_COMPLETE, "good")

    def _open_page(self) -> None:
        is_open = QDesktopServices.openUrl(QUrl(self._url))
        self._state.say(_OPENED if is_open else _NOT_OPENED, "note" if is_open else "bad")
        self.settle({"action": "accept"})

    def _agree(self) -> None:
        self._state.say(_ACCEPTED)
        self.settle({"action": "accept"})

    def _go_on(self) -> None:
        """After the answer there is only the state and a way out."""
        for part in (self._consent, self._open_button, self._only, self._decline):
            part.hide()
        self.set_waiting(0, 1)
        self._cancel.setText("Close")
        self._cancel.setAccessibleName("Close")
        self._cancel.setToolTip("Close (Esc)")
        self._cancel.setFocus()

    def _lay_out(self, params: dict[str, Any]) -> None:
        self._state.setObjectName("elicitationState")
        self._state.setAccessibleName("How far it is")
        self._state.say("")
        self.column.addWidget(message_view(params.get("message")))
        self.column.addWidget(UrlView(self._facts))
        self.column.addWidget(self._consent)
        self.column.addWidget(self._state)
        self.column.addStretch(1)
        buttons = (self._cancel, self._decline, self._only, self._open_button)
        self.column.addLayout(button_row(*buttons, left=(self._copy,)))

    def _connect(self) -> None:
        self._open_button.clicked.connect(self._open_page)
        self._only.clicked.connect(self._agree)
        self._copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self._url))
        self._decline.clicked.connect(self.decline)
        self._cancel.clicked.connect(self.reject)
