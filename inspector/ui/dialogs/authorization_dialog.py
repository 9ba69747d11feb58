"""A server wants a sign-in: whom the user would sign in to, as whom and for what, before the browser opens (A6)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from PySide6.QtCore import Qt, QTimer, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QLineEdit, QPushButton, QWidget

from inspector.protocol.url_facts import url_facts
from inspector.record.text import plain
from inspector.ui.dialogs.dialog_parts import ColoredLabel, button_row, problem_label, push_button
from inspector.ui.dialogs.question_dialog import QuestionDialog
from inspector.ui.dialogs.url_view import UrlView, seen_facts
from inspector.ui.forms.parts import muted_label

if TYPE_CHECKING:
    from inspector.session.options import AuthorizationPrompt

REFUSED = "the sign-in was cancelled here. Connect again to be asked anew."
MAX_URL_CHARS = 16_384
_CONSENT = "Nothing has been opened yet. The sign-in happens in your browser; this program never sees a password."
_WAITING = "Waiting for the browser to come back"
_COPIED = "The link is copied. Open it in a browser; waiting for it to come back"
_NOT_OPENED = "The browser could not be started. Copy the link and open it by hand."
_SPINNER = "◐◓◑◒"
_TURN_MS = 200


class AuthorizationDialog(QuestionDialog):
    """`answered` carries the whole address that the browser ended at, if the user brings it here by hand.

    Usually the listener at the redirect address gets it first; then the dialog is withdrawn.
    """

    def __init__(self, prompt: AuthorizationPrompt, server: str = "", parent: QWidget | None = None) -> None:
        super().__init__("Sign in to use this server", server, parent)
        self.setObjectName("authorizationDialog")
        self._prompt = prompt
        self._facts = seen_facts(prompt.url)
        self._consent = muted_label(_CONSENT)
        self._state = ColoredLabel("note")
        self._words = ""
        self._turns = 0
        self._spinner = QTimer(self, interval=_TURN_MS)
        self._problem = problem_label("authorizationProblem")
        self._pasted = QLineEdit(
            placeholderText="Or paste the address that the browser ended at", maxLength=MAX_URL_CHARS
        )
        self._use = push_button("Use address", "authorizationUse", "Go on with the pasted address")
        self._open_button = push_button(
            "Open browser", "authorizationOpen", "Agree, and open the browser", primary=True
        )
        self._copy = push_button("Copy link", "authorizationCopy", "Copy the link, to open it in another browser")
        self._cancel = push_button("Cancel", "authorizationCancel", "Do not sign in (Esc)")
        self._lay_out()
        self._connect()
        self.guard(*self._consenting())
        self.resize(640, 420)
        self._cancel.setDefault(True)  # Enter alone opens nothing
        self._cancel.setFocus()

    def show_error(self, sentence: str) -> None:
        """Say why signing in does not go on; the user can try again or leave."""
        self._spinner.stop()
        self._state.say("")
        self._problem.say(f"✕ {sentence}")

    def show_waiting(self, words: str = _WAITING) -> None:
        """Say that the browser has the turn."""
        self._words = words
        self._consent.hide()
        self._problem.say("")
        self._turn()
        self._spinner.start()
        for widget in (self._pasted, self._use):
            widget.show()
        self._use.setDefault(True)  # Enter in the field

    def decline(self) -> None:
        self.refuse(REFUSED)

    def dismiss(self) -> None:
        self.refuse(REFUSED)

    def _consenting(self) -> tuple[QPushButton, ...]:
        return (self._open_button, self._copy) if self._facts.is_openable else ()

    def _open_browser(self) -> None:
        if QDesktopServices.openUrl(QUrl(self._prompt.url)):
            self.show_waiting()
        else:
            self.show_waiting()
            self.show_error(_NOT_OPENED)

    def _copy_link(self) -> None:
        QGuiApplication.clipboard().setText(self._prompt.url)
        self.show_waiting(_COPIED)

    def _use_pasted(self) -> None:
        address = self._pasted.text().strip()
        problem = wrong_redirect(address, self._prompt)
        if problem:
            self._problem.say(f"✕ {problem}")
        else:
            self.settle(address)

    def _turn(self) -> None:
        self._turns += 1
        self._state.say(f"{_SPINNER[self._turns % len(_SPINNER)]} {self._words} …")

    def _lay_out(self) -> None:
        for widget, name, label in (
            (self._state, "authorizationState", "How far it is"),
            (self._pasted, "authorizationPasted", "The address that the browser ended at"),
        ):
            widget.setObjectName(name)
            widget.setAccessibleName(label)
        self._state.say("")
        paste = QHBoxLayout()
        paste.addWidget(self._pasted, 1)
        paste.addWidget(self._use)
        for button in (self._open_button, self._copy):
            button.setEnabled(False)
        for part in (self._pasted, self._use):
            part.hide()
        self.column.addLayout(_facts(self._prompt))
        self.column.addWidget(UrlView(self._facts, "authorizationUrl"))
        self.column.addWidget(self._consent)
        self.column.addWidget(self._state)
        self.column.addLayout(paste)
        self.column.addWidget(self._problem)
        self.column.addStretch(1)
        self.column.addLayout(button_row(self._cancel, self._open_button, left=(self._copy,)))

    def _connect(self) -> None:
        self._open_button.clicked.connect(self._open_browser)
        self._copy.clicked.connect(self._copy_link)
        self._cancel.clicked.connect(self.decline)
        self._use.clicked.connect(self._use_pasted)
        self._spinner.timeout.connect(self._turn)


def wrong_redirect(address: str, prompt: AuthorizationPrompt) -> str:
    """Why this is not where this sign-in ends, in one sentence; empty if it is (R68)."""
    try:
        query = parse_qs(urlsplit(address).query, keep_blank_values=True)
    except ValueError:
        return "This cannot be read as an address."
    if not address.startswith(prompt.redirect_uri):
        return (
            f"The address does not start with {plain(prompt.redirect_uri, 100)}, where the browser is to come back to."
        )
    if query.get("state") != [prompt.state]:
        return "The address belongs to another sign-in: its state is not ours. Start again."
    if "code" not in query and "error" not in query:
        return "The address holds neither a code nor an error. Copy it whole."
    return ""


def _facts(prompt: AuthorizationPrompt) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(12)
    grid.setVerticalSpacing(4)
    grid.setColumnStretch(1, 1)
    for row, (title, words, role) in enumerate(fact_lines(prompt)):
        value = ColoredLabel(role, words)
        value.setObjectName(f"fact:{title}")
        value.setAccessibleName(title)
        value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        label: QLabel = muted_label(title, wrap=False)
        grid.addWidget(label, row, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(value, row, 1)
    return grid


def fact_lines(prompt: AuthorizationPrompt) -> list[tuple[str, str, str]]:
    """Title, words and colour of what the user agrees to."""
    try:
        query = parse_qs(urlsplit(prompt.url).query)
    except ValueError:
        query = {}

    def asked(name: str) -> str:
        return plain(" ".join(query.get(name, [])), 500)

    issuer, page = url_facts(prompt.issuer).punycode, url_facts(prompt.url).punycode
    scopes = (prompt.scope or " ".join(query.get("scope", []))).split()
    lines = [
        ("Server", asked("resource"), "text"),
        ("Sign in at", plain(prompt.issuer, 200) or page, "accent"),
        ("", f"⚠ The page is on {page}, another host than the issuer’s." if issuer and issuer != page else "", "warn"),
        ("As client", asked("client_id"), "text"),
        (
            "It may",
            "\n".join(f"• {plain(scope, 100)}" for scope in scopes[:30]) or "whatever the server decides",
            "text",
        ),
        ("Comes back to", plain(prompt.redirect_uri, 200), "text"),
    ]
    return [line for line in lines if line[1]]
