"""Send again, edit and send: a request of the record once more, over the connection that stands now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec
from PySide6.QtCore import QObject
from PySide6.QtGui import QAction

from inspector.ui.call_draft import CallDraft
from inspector.ui.listing import ListKind
from inspector.ui.models.tool_list import tool_row
from inspector.ui.raw_drafts import MASK, RawDraft, from_request
from inspector.ui.raw_templates import RawTarget
from inspector.ui.sent_request import SentRequest, request_of
from inspector.ui.views.row_actions import add_row_actions
from inspector.ui.views.subject_stack import CALL
from inspector.wire import jsontext
from inspector.wire.http import mask_url

if TYPE_CHECKING:
    from inspector.ui.main_window import MainWindow
    from inspector.ui.views.raw_pane import RawPane

_SESSION = "mcp-session-id"
_OURS = "io.modelcontextprotocol/"
"""How the names begin that each request of a stateless revision is given anew."""
BUSY = "The request before is still under way. Wait for it, or stop it first."


def draft_again(sent: SentRequest, target: RawTarget) -> tuple[RawDraft, str]:
    """The request as a draft, and a sentence about secrets that are still missing.

    What the record masks is filled in from `target`, and the session is the present one: but only for requests to the
    very server that `target` is about, as no other may see these.
    """
    request = sent.request
    url = target.url if MASK in request.url and mask_url(target.url) == request.url else request.url
    headers = request.headers
    if _origin(url) == _origin(target.url):
        headers = tuple((name, _filled(name, value, target)) for name, value in headers)
    return from_request(msgspec.structs.replace(request, url=url, headers=headers, body=sent.body))


def _filled(name: str, value: str, target: RawTarget) -> str:
    if name.lower() == _SESSION and target.session_id:
        return target.session_id
    if MASK not in value:
        return value
    known = (header.value for header in target.headers if header.on and header.name.lower() == name.lower())
    return next(known, value)


def _origin(url: str) -> object:
    """Scheme, host and port; what is none is nothing else's origin."""
    try:
        parts = urlsplit(url)
        ports = {"http": 80, "https": 443}
        return parts.scheme, parts.hostname, parts.port or ports.get(parts.scheme)
    except ValueError:
        return object()


class Resending(QObject):
    """The two entries of the row menu; there are none where nothing can be sent."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._view = window.timeline.view
        add_row_actions(
            self._view,
            ("timelineSendAgain", "Send again", "", self.send_again),
            ("timelineEditAndSend", "Edit and send…", "", self.edit_and_send),
        )
        self._actions = [self._view.findChild(QAction, name) for name in ("timelineSendAgain", "timelineEditAndSend")]
        self._view.selectionModel().selectionChanged.connect(self._refresh)
        self._refresh()

    def send_again(self) -> None:
        """Send the request of the current row as it is; the call of a known tool as a call."""
        sent = self._sent()
        if sent is None:
            return
        call = self._call_of(sent)
        if call is None:
            self._send_raw(sent)
        elif self._window.controller.caller.is_calling:
            self._view.noted.emit(BUSY)
        else:
            entry, draft = call
            self._window.tabs.subject.show_tool(entry)
            self._window.tabs.show_subject(CALL)
            self._window.controller.caller.call(draft)

    def edit_and_send(self) -> None:
        """Fill the request of the current row in: into the tool's form, else into the composer of raw requests."""
        sent = self._sent()
        if sent is None:
            return
        call = self._call_of(sent)
        if call is None:
            self._fill_raw(sent)
            return
        entry, draft = call
        self._window.tools.select(draft.tool)
        self._window.tabs.subject.show_tool(entry)
        self._window.calls.arguments.set_arguments_text(jsontext.pretty(draft.arguments))
        self._window.tabs.work_on_subject(CALL)

    def _send_raw(self, sent: SentRequest) -> None:
        """What still lacks a secret waits in the composer."""
        if self._window.raw_sender.is_sending:
            self._view.noted.emit(BUSY)
            return
        pane, note = self._fill_raw(sent)
        if not note:
            pane.request_send()

    def _sent(self) -> SentRequest | None:
        model, row = self._view.timeline_model, self._view.current_row()
        sent = None if row is None else request_of(model.timeline, model.river, row)
        if sent is None:
            self._view.noted.emit("Select a row of a request first.")
        return sent

    def _call_of(self, sent: SentRequest) -> tuple[Any, CallDraft] | None:
        """The entry of tools/list and what to call it with, if the server that is connected offers the tool."""
        controller = self._window.controller
        call = sent.tool_call() if sent.message is not None else None
        if call is None or controller.session is None:
            return None
        tool, arguments, meta = call
        items = controller.catalog.listing(ListKind.TOOLS).items or ()
        entry = next((item for item in items if tool_row(item).name == tool), None)
        if entry is None or _origin(controller.session.options.url) != _origin(sent.request.url):
            return None
        own = {key: value for key, value in meta.items() if key != "progressToken" and not key.startswith(_OURS)}
        return entry, CallDraft(tool, arguments, own or None)

    def _fill_raw(self, sent: SentRequest) -> tuple[RawPane, str]:
        """The composer in front, with the request in it, and what is still missing there."""
        draft, note = draft_again(sent, self._window.tabs.target or self._target())
        pane = self._window.tabs.show_raw()
        pane.edit(draft, note)
        if note:
            self._view.noted.emit(note)
        return pane, note

    def _target(self) -> RawTarget:
        """What the next connection would use."""
        return RawTarget(self._window.bar.url(), self._window.settings.headers)

    def _refresh(self) -> None:
        model, row = self._view.timeline_model, self._view.current_row()
        can = row is not None and request_of(model.timeline, model.river, row) is not None
        for action in self._actions:
            if action is not None:
                action.setEnabled(can)
