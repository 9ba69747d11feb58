"""A request written by hand, and the exact reply: for what no client of good manners would send."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QPushButton, QTabWidget, QVBoxLayout, QWidget

from inspector.trace.river import River
from inspector.ui.elided_label import ElidedLabel
from inspector.ui.forms.json_edit import JsonEdit
from inspector.ui.forms.parts import muted_label
from inspector.ui.raw_drafts import METHODS, RawDraft, from_request, last_request, remarks
from inspector.ui.raw_templates import RIGHT, TEMPLATES, Preset, RawTarget, Template, dressed
from inspector.ui.tab_order import arrange
from inspector.ui.views.raw_headers import RawHeaders
from inspector.ui.views.raw_history import RawHistory
from inspector.ui.views.raw_reply_view import RawReply, RawReplyView, outcome_words
from inspector.ui.views.turning_splitter import TurningSplitter

CHECK_DELAY_MS = 150
_BODY, _HEADERS, _HISTORY = range(3)
_WRONG_SIGN = "✕"


class RawPane(QWidget):
    """`send_requested` carries a `RawDraft`, with or without a connection; the owner sends it and shows the reply."""

    send_requested = Signal(object)
    stop_requested = Signal()
    stream_wanted = Signal(int)

    def __init__(self, river: River, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("rawPane")
        self.setAccessibleName("Raw request")
        self._river = river
        self._target = RawTarget()
        self._given_headers: object = None
        self._is_running = False
        self._method = QComboBox(editable=True)
        self._url = QLineEdit(placeholderText="http://host/path")
        self._send = QPushButton("Send")
        self._stop = QPushButton("Stop")
        self._preset = QComboBox()
        self._template = QComboBox()
        self._expects = ElidedLabel()
        self.body = JsonEdit("rawBody", "Body of the request")
        self._remark = muted_label()
        self.headers = RawHeaders()
        self.history = RawHistory()
        self.reply = RawReplyView()
        self._tabs = QTabWidget(documentMode=True)
        self._check = QTimer(self, singleShot=True, interval=CHECK_DELAY_MS)
        self._fill_choices()
        self._lay_out()
        self._connect()
        self.set_target(self._target)

    def draft(self) -> RawDraft:
        """What stands in the pane."""
        method = self._method.currentText().strip() or METHODS[0]
        return RawDraft(method, self._url.text().strip(), self.headers.headers(), self.body.text())

    def set_draft(self, draft: RawDraft, note: str = "") -> None:
        """Put a request into the pane; Ctrl+Z in the body brings the one before back."""
        self._method.setCurrentText(draft.method)
        _fill(self._url, draft.url)
        self.headers.set_headers(draft.headers, note)
        if draft.body != self.body.text():
            self.body.replace(draft.body)

    def set_target(self, target: RawTarget) -> None:
        """What the connection knows now; what the user changed by hand stays."""
        if self._url.text() in ("", self._target.url):
            _fill(self._url, target.url)
        is_new_kind = target.preset is not self._target.preset
        self._target = target
        if self._given_headers in (None, self.headers.headers()):
            if is_new_kind:
                self._preset.setCurrentText(target.preset.value)
            self._dress()
        self._refresh()

    def request_send(self) -> None:
        """Send what stands there, whatever it is."""
        draft = self.draft()
        if not draft.url:
            self._url.setFocus()
            self.reply.say("Type the address to send to first.")
            return
        self._send_draft(draft)

    def reply_started(self, stream: int) -> None:
        """The request is on its way as this HTTP exchange: its rows can be looked at while it lasts."""
        self.reply.show_stream(stream)

    def send_failed(self, sentence: str) -> None:
        """There will be no reply, because it was stopped or could not be sent."""
        self._is_running = False
        self.history.settle(sentence)
        self.reply.stop(sentence)
        self._refresh()

    def show_reply(self, reply: RawReply) -> None:
        """The exchange is over: show what came."""
        self._is_running = False
        self.history.settle(outcome_words(reply))
        self.reply.show_reply(reply)
        self._refresh()

    def _fill_choices(self) -> None:
        self._method.addItems(METHODS)
        self._preset.addItems([preset.value for preset in Preset])
        self._template.setPlaceholderText("Template …")
        for place, template in enumerate(TEMPLATES):
            if place == len(RIGHT):
                self._template.insertSeparator(self._template.count())
            self._template.addItem(f"{_WRONG_SIGN} {template.title}" if template.is_wrong else template.title, template)
        self._template.setCurrentIndex(-1)

    def _lay_out(self) -> None:
        named: tuple[tuple[QWidget, str, str], ...] = (
            (self._method, "rawMethod", "HTTP method"),
            (self._url, "rawUrl", "Address"),
            (self._send, "rawSend", "Send the request (Ctrl+Enter)"),
            (self._stop, "rawStop", "Stop waiting, and close the stream (Esc)"),
            (self._preset, "rawPreset", "Headers for"),
            (self._template, "rawTemplate", "Begin with a template; ✕ marks what is wrong on purpose"),
            (self._expects, "rawExpects", "What a right server answers"),
            (self._remark, "rawRemark", "About the request"),
            (self._tabs, "rawTabs", "Parts of the request"),
        )
        for widget, name, accessible in named:
            widget.setObjectName(name)
            widget.setAccessibleName(accessible)
        for widget in (self._send, self._stop, self._preset, self._template):
            widget.setToolTip(widget.accessibleName())
        self._send.setProperty("primary", True)
        self._expects.setProperty("muted", True)
        self._method.setMinimumContentsLength(6)
        if (field := self._method.lineEdit()) is not None:
            field.setAccessibleName(self._method.accessibleName())
        self.body.setPlaceholderText("Pick a template above, or type anything: it is sent as it stands.")
        for box in (self._preset, self._template):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(12)
        for page, title in ((self.body, "Body"), (self.headers, "Headers"), (self.history, "History")):
            self._tabs.addTab(page, title)
        splitter = TurningSplitter()
        splitter.addWidget(
            _column(
                _row((self._method, 0), (self._url, 1), (self._send, 0), (self._stop, 0)),
                _row((self._preset, 1), (self._template, 1)),
                self._expects,
                self._tabs,
                self._remark,
                grows=self._tabs,
            )
        )
        splitter.addWidget(self.reply)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.addWidget(splitter)
        line = (self._method, self._url, self._send, self._stop, self._preset, self._template)
        arrange(*line, self._tabs, self.reply)

    def _connect(self) -> None:
        self._send.clicked.connect(self.request_send)
        self._stop.clicked.connect(self.stop_requested)
        self._preset.activated.connect(self._dress)
        self._template.activated.connect(lambda: self._apply(self._template.currentData()))
        self.headers.last_wanted.connect(self._copy_last)
        self.history.edit_wanted.connect(self.edit)
        self.history.send_wanted.connect(self._send_draft)
        self.reply.stream_wanted.connect(self.stream_wanted)
        self._check.timeout.connect(self._refresh)
        for edited in (self.body.textChanged, self.headers.changed, self._method.currentTextChanged):
            edited.connect(self._check.start)
        for keys in ("Ctrl+Return", "Ctrl+Enter"):
            self._shortcut(keys).activated.connect(self.request_send)
        self._shortcut("Esc").activated.connect(self._stop.click)

    def _shortcut(self, keys: str) -> QShortcut:
        shortcut = QShortcut(QKeySequence(keys), self)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        return shortcut

    def _chosen_preset(self) -> Preset:
        return Preset(self._preset.currentText())

    def _dress(self) -> None:
        self._set_given(dressed(self.draft(), self._chosen_preset(), self._target))

    def _apply(self, template: Template) -> None:
        self._set_given(template.apply(self.draft(), self._chosen_preset(), self._target))
        self._expects.setText(f"A right server: {template.answer(self._chosen_preset())}")
        self._tabs.setCurrentIndex(_BODY)

    def _set_given(self, draft: RawDraft) -> None:
        self.set_draft(draft)
        self._given_headers = draft.headers

    def _copy_last(self) -> None:
        event = last_request(self._river)
        if event is None:
            self.headers.say("No request has been sent in this window yet.")
            return
        self.set_draft(*from_request(event))

    def edit(self, draft: RawDraft, note: str = "") -> None:
        """Put a request into the pane, to be changed before it is sent."""
        self.set_draft(draft, note)
        self._tabs.setCurrentIndex(_BODY)

    def _send_draft(self, draft: RawDraft) -> None:
        if self._is_running:
            return
        self._is_running = True
        self.history.add(draft)
        self.reply.wait()
        self._refresh()
        self.send_requested.emit(draft)

    def _refresh(self) -> None:
        """The remarks, the counts in the tabs, and what can be pressed."""
        draft = self.draft()
        self._remark.setText(" ".join(remarks(draft)[:3]))
        self._expects.setVisible(bool(self._expects.text()))
        self._tabs.setTabText(_HEADERS, f"Headers ({len(draft.sent_headers)})")
        self._tabs.setTabText(_HISTORY, f"History ({len(self.history)})" if len(self.history) else "History")
        self._send.setEnabled(not self._is_running)
        self._stop.setEnabled(self._is_running)
        self.history.set_running(self._is_running)


def _fill(field: QLineEdit, text: str) -> None:
    """What does not fit is cut at its end."""
    field.setText(text)
    field.setCursorPosition(0)


def _row(*widgets: tuple[QWidget, int]) -> QWidget:
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    for widget, stretch in widgets:
        layout.addWidget(widget, stretch)
    return row


def _column(*widgets: QWidget, grows: QWidget) -> QWidget:
    column = QWidget()
    layout = QVBoxLayout(column)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(6)
    for widget in widgets:
        layout.addWidget(widget, 1 if widget is grows else 0)
    return column
