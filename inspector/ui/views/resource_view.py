"""One resource or resource template: what it is, reading it, being told of changes, and its contents."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from inspector.ui.catalog import Catalog
from inspector.ui.catalog_requests import Outcome
from inspector.ui.forms.completion import Reply
from inspector.ui.forms.parts import muted_label, plain_label
from inspector.ui.forms.template_form import TemplateForm
from inspector.ui.models.offer_list import OfferRow
from inspector.ui.models.resource_list import facts, resource_row, template_row
from inspector.ui.theme import color
from inspector.ui.views.contents import read_parts
from inspector.ui.views.offer_header import OfferHeader
from inspector.ui.views.offer_outcome import OutcomeLine
from inspector.ui.views.result_view import ResultView
from inspector.ui.views.turning_splitter import TurningSplitter

ADVICE = "Choose a resource or a template from the list."
NOT_READ = "Not read yet."
NO_URI = "This entry names no uri, so it cannot be read."
CHANGED = "Changed on the server since it was read. Read it again to see the change."


class ResourceView(QWidget):
    """Reads through the catalogue; `link_clicked` and `resource_requested` ask the owner, with the URI."""

    link_clicked = Signal(str)
    resource_requested = Signal(str)

    def __init__(self, catalog: Catalog, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._catalog, self._requests = catalog, catalog.requests
        self._entry: Any = None
        self._is_template = False
        self._uri = ""
        self._is_reading = False
        self._header = OfferHeader("resource", ADVICE)
        self.template = TemplateForm()
        self._read = QPushButton("Read")
        self._cancel = QPushButton("Cancel")
        self._subscribe = QPushButton("Subscribe")
        self._notice = plain_label()
        self._trouble = muted_label()
        self._outcome = OutcomeLine("readOutcome", "read", catalog.clock)
        self.contents = ResultView()
        self._build()
        self._connect()
        self._show_entry(None, is_template=False)

    def show_resource(self, entry: Any) -> None:
        """Show an entry of resources/list; what was read of it before is still there."""
        self._show_entry(entry, is_template=False)

    def show_template(self, entry: Any) -> None:
        """Show an entry of resources/templates/list with its variables."""
        self._show_entry(entry, is_template=True)

    def read(self) -> None:
        """Ask the server for the contents."""
        if self._uri and not self._is_reading:
            self._requests.read(self._uri)

    def focus_first(self) -> None:
        """Put the cursor where one goes on: the first variable, or the button."""
        if self._is_template:
            self.template.fields.focus_first()
        else:
            self._read.setFocus()

    def _build(self) -> None:
        for button, name, words in (
            (self._read, "readButton", "Read the resource"),
            (self._cancel, "cancelRead", "Cancel the reading"),
            (self._subscribe, "subscribeButton", "Be told when the resource changes"),
        ):
            button.setObjectName(name)
            button.setAccessibleName(words)
        self._read.setProperty("primary", True)
        self._notice.setObjectName("resourceNotice")
        self._trouble.setObjectName("subscriptionTrouble")
        self.contents.setObjectName("resourceContents")
        self.contents.setAccessibleName("Contents of the resource")
        self.contents.put_in_header(self._outcome)
        buttons = QHBoxLayout()
        for button in (self._read, self._cancel, self._subscribe):
            buttons.addWidget(button)
        buttons.addStretch()
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self._header)
        column.addWidget(self.template, 1)
        column.addLayout(buttons)
        column.addWidget(self._notice)
        column.addWidget(self._trouble)
        column.addStretch()
        self._splitter = TurningSplitter((900, 1_200))
        self._splitter.addWidget(left)
        self._splitter.addWidget(self.contents)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.addWidget(self._splitter)

    def _connect(self) -> None:
        requests = self._requests
        self._read.clicked.connect(self.read)
        self._cancel.clicked.connect(lambda: requests.cancel_read(self._uri))
        self._subscribe.clicked.connect(lambda: requests.set_subscribed(self._uri, not self._is_subscribed()))
        self.template.changed.connect(self._template_edited)
        self.template.submitted.connect(self.read)
        requests.read_started.connect(self._read_started)
        requests.read_finished.connect(self._read_finished)
        requests.subscription_changed.connect(self._subscription_changed)
        for signal in (self._catalog.resource_updated, self._catalog.tools_changed, self._catalog.resources_changed):
            signal.connect(self._show_state)
        self.contents.link_clicked.connect(self.link_clicked)
        self.contents.resource_requested.connect(self.resource_requested)
        for keys in ("Ctrl+Return", "Ctrl+Enter"):
            shortcut = QShortcut(QKeySequence(keys), self, self.read)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)

    def _show_entry(self, entry: Any, *, is_template: bool) -> None:
        if entry is not None and entry == self._entry and is_template == self._is_template:
            return
        self._entry, self._is_template = entry, is_template
        self.template.setVisible(is_template)
        if is_template:
            address = entry.get("uriTemplate") if isinstance(entry, dict) else None
            self.template.set_template(address, self._ask if self._requests.can_complete else None)
        else:
            uri = entry.get("uri") if isinstance(entry, dict) else None
            self._set_uri(uri if isinstance(uri, str) else "")

    def _ask(self, name: str, text: str, others: dict[str, str], reply: Reply) -> None:
        reference = {"type": "ref/resource", "uri": self._entry.get("uriTemplate")}
        self._requests.complete(reference, name, text, others, reply)

    def _template_edited(self) -> None:
        if self._is_template:
            self._set_uri(self.template.uri())

    def _set_uri(self, uri: str) -> None:
        """Another resource: show what is known of its contents."""
        self._uri = uri
        self._is_reading = self._requests.is_reading(uri)
        self._trouble.hide()
        last = self._requests.last_read(uri)
        if last is not None:
            self._show_outcome(last)
        else:
            self._outcome.clear_outcome()
            lacks_uri = not uri and not self._is_template
            self.contents.clear("" if self._entry is None else NO_URI if lacks_uri else NOT_READ)
        self._show_state()

    def _row(self) -> OfferRow | None:
        if self._entry is None:
            return None
        if self._is_template:
            return template_row(self._entry)
        updated = self._catalog.is_updated(self._uri)
        return resource_row(self._entry, is_updated=updated, is_subscribed=self._is_subscribed())

    def _show_state(self, *_: object) -> None:
        """Header, buttons and notices after anything has changed."""
        row = self._row()
        self._header.show_row(row, row.key if row else "", " · ".join(facts(self._entry)))
        has_uri = bool(self._uri) and row is not None
        self._read.setEnabled(has_uri and not self._is_reading)
        self._cancel.setEnabled(self._is_reading)
        self._subscribe.setText("Unsubscribe" if self._is_subscribed() else "Subscribe")
        can_subscribe = self._requests.can_subscribe
        self._subscribe.setEnabled(has_uri and can_subscribe)
        offers = "Ask to be told when the resource changes"
        self._subscribe.setToolTip(offers if can_subscribe else "The server does not offer subscriptions")
        for button in (self._read, self._cancel, self._subscribe):
            button.setVisible(row is not None)
        self._say_changed(has_uri and self._catalog.is_updated(self._uri))

    def _say_changed(self, is_changed: bool) -> None:
        palette = self._notice.palette()
        palette.setColor(self._notice.foregroundRole(), color("warn"))
        self._notice.setPalette(palette)
        self._notice.setText(f"⚠ {CHANGED}" if is_changed else "")
        self._notice.setVisible(is_changed)

    def _is_subscribed(self) -> bool:
        return self._uri in self._requests.subscribed

    def _read_started(self, uri: str) -> None:
        if uri == self._uri:
            self._is_reading = True
            self._outcome.start()
            self._show_state()

    def _read_finished(self, outcome: Outcome) -> None:
        if outcome.name == self._uri:
            self._is_reading = False
            self._show_outcome(outcome)
            self._show_state()

    def _show_outcome(self, outcome: Outcome) -> None:
        self._outcome.finish(outcome)
        if outcome.ok:
            self.contents.show_parts(outcome.result, list(read_parts(outcome.result, self._uri)), "It has no contents.")
        else:
            self.contents.show_error(outcome.error)

    def _subscription_changed(self, uri: str, _: bool, sentence: str) -> None:
        if uri == self._uri:
            self._trouble.setText(sentence)
            self._trouble.setVisible(bool(sentence))
            self._show_state()
