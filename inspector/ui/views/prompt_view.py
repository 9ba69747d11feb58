"""One prompt: its arguments, getting it, and the messages that it makes."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from inspector.ui.catalog import Catalog
from inspector.ui.catalog_requests import Outcome
from inspector.ui.forms.completion import Reply
from inspector.ui.forms.parts import plain_label
from inspector.ui.forms.spec import shown
from inspector.ui.forms.text_fields import TextField, TextFields
from inspector.ui.models.resource_list import prompt_row
from inspector.ui.theme import color
from inspector.ui.views.contents import prompt_parts
from inspector.ui.views.offer_header import OfferHeader
from inspector.ui.views.offer_outcome import OutcomeLine
from inspector.ui.views.result_view import ResultView
from inspector.ui.views.turning_splitter import TurningSplitter

ADVICE = "Choose a prompt from the list."
NOT_GOT = "No messages yet."
MAX_REMEMBERED = 200


class PromptView(QWidget):
    """Gets through the catalogue; `link_clicked` and `resource_requested` ask the owner, with the URI."""

    link_clicked = Signal(str)
    resource_requested = Signal(str)

    def __init__(self, catalog: Catalog, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._requests = catalog.requests
        self._entry: Any = None
        self._typed: dict[str, dict[str, str]] = {}
        self._is_waiting = False
        self._header = OfferHeader("prompt", ADVICE)
        self.fields = TextFields("promptArguments", "Arguments of the prompt")
        self._missing = plain_label()
        self._get = QPushButton("Get prompt")
        self._cancel = QPushButton("Cancel")
        self._outcome = OutcomeLine("promptOutcome", "got", catalog.clock)
        self.messages = ResultView()
        self._build()
        self._connect()
        self.show_prompt(None)

    def show_prompt(self, entry: Any) -> None:
        """Show an entry of prompts/list; what was typed for the one before is kept for it."""
        if entry is not None and entry == self._entry:
            return
        self._remember()
        self._entry = entry
        row = prompt_row(entry) if entry is not None else None
        self._header.show_row(row)
        ask = self._ask if self._requests.can_complete else None
        self.fields.set_fields(list(_fields(entry)), ask)
        self.fields.set_values(self._typed.get(self._name(), {}))
        self._is_waiting = bool(self._name()) and self._requests.is_getting(self._name())
        self._missing.hide()
        self._outcome.clear_outcome()
        self.messages.clear(NOT_GOT if row is not None else "")
        for part in (self.fields, self._get, self._cancel):
            part.setVisible(row is not None)
        self._update_buttons()

    def get(self) -> None:
        """Ask for the prompt; the first time without a required argument only says so."""
        if self._is_waiting or not self._name():
            return
        missing = self.fields.missing()
        if missing and not self._missing.isVisibleTo(self):
            self._warn(missing)
            return
        self._missing.hide()
        self._requests.get_prompt(self._name(), self.fields.values(with_required=True))

    def focus_first(self) -> None:
        """Put the cursor into the first argument."""
        self.fields.focus_first()

    def _build(self) -> None:
        self._get.setObjectName("getPrompt")
        self._get.setAccessibleName("Get the prompt")
        self._get.setToolTip("Get the prompt with these arguments (Return)")
        self._get.setProperty("primary", True)
        self._cancel.setObjectName("cancelPrompt")
        self._cancel.setAccessibleName("Cancel the request")
        self._missing.setObjectName("missingArguments")
        self.messages.setObjectName("promptMessages")
        self.messages.setAccessibleName("Messages of the prompt")
        self.messages.put_in_header(self._outcome)
        buttons = QHBoxLayout()
        buttons.addWidget(self._get)
        buttons.addWidget(self._cancel)
        buttons.addStretch()
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self._header)
        column.addWidget(self.fields, 1)
        column.addWidget(self._missing)
        column.addLayout(buttons)
        column.addStretch()
        splitter = TurningSplitter((900, 1_200))
        splitter.addWidget(left)
        splitter.addWidget(self.messages)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.addWidget(splitter)

    def _connect(self) -> None:
        self._get.clicked.connect(self.get)
        self._cancel.clicked.connect(lambda: self._requests.cancel_prompt(self._name()))
        self.fields.submitted.connect(self.get)
        self.fields.changed.connect(self._missing.hide)
        self._requests.prompt_started.connect(self._started)
        self._requests.prompt_finished.connect(self._finished)
        self.messages.link_clicked.connect(self.link_clicked)
        self.messages.resource_requested.connect(self.resource_requested)
        for keys in ("Ctrl+Return", "Ctrl+Enter"):
            shortcut = QShortcut(QKeySequence(keys), self, self.get)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)

    def _name(self) -> str:
        name = self._entry.get("name") if isinstance(self._entry, dict) else None
        return name if isinstance(name, str) else ""

    def _ask(self, name: str, text: str, others: dict[str, str], reply: Reply) -> None:
        self._requests.complete({"type": "ref/prompt", "name": self._name()}, name, text, others, reply)

    def _remember(self) -> None:
        if self._name():
            self._typed.pop(self._name(), None)
            self._typed[self._name()] = self.fields.values()
        while len(self._typed) > MAX_REMEMBERED:
            del self._typed[next(iter(self._typed))]

    def _warn(self, missing: list[str]) -> None:
        palette = self._missing.palette()
        palette.setColor(self._missing.foregroundRole(), color("warn"))
        self._missing.setPalette(palette)
        names = ", ".join(missing[:5]) + (" …" if len(missing) > 5 else "")
        verb = "is required but empty" if len(missing) == 1 else "are required but empty"
        self._missing.setText(f"⚠ {names} {verb}. Fill it in, or press Get prompt again to send it empty.")
        self._missing.show()

    def _started(self, name: str) -> None:
        if name == self._name():
            self._is_waiting = True
            self._outcome.start()
            self.messages.clear("Waiting for the messages …")
            self._update_buttons()

    def _finished(self, outcome: Outcome) -> None:
        if outcome.name != self._name():
            return
        self._is_waiting = False
        self._outcome.finish(outcome)
        if outcome.ok:
            self.messages.show_parts(outcome.result, list(prompt_parts(outcome.result)), "It has no messages.")
        else:
            self.messages.show_error(outcome.error)
        self._update_buttons()

    def _update_buttons(self) -> None:
        self._get.setEnabled(bool(self._name()) and not self._is_waiting)
        self._cancel.setEnabled(self._is_waiting)


def _fields(entry: Any) -> list[TextField]:
    """The arguments of an entry of prompts/list; what is none is left out, as is a name that comes twice."""
    listed = entry.get("arguments") if isinstance(entry, dict) else None
    found: dict[str, TextField] = {}
    for argument in listed if isinstance(listed, list) else ():
        name = argument.get("name") if isinstance(argument, dict) else None
        if isinstance(name, str):
            title, words = shown(argument.get("title"), 80), shown(argument.get("description"), 1_000)
            found.setdefault(name, TextField(name, title, words, argument.get("required") is True))
    return list(found.values())
