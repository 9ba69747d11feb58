"""The exact reply to a raw request: status line, headers in their order, body as text, readable, or in bytes."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QElapsedTimer, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QStackedWidget, QTabWidget, QVBoxLayout, QWidget

from inspector.record.text import counted, duration, plain, size
from inspector.ui.elided_label import ElidedLabel
from inspector.ui.forms.parts import muted_label
from inspector.ui.payload.body_text import body_text
from inspector.ui.payload.facts import Section
from inspector.ui.payload.facts_view import FactsView
from inspector.ui.payload.hex_view import HexView
from inspector.ui.payload.payload_text import PayloadText
from inspector.ui.raw_drafts import MASK
from inspector.ui.theme import color
from inspector.wire.http import HeaderList, mask_headers, media_type

TICK_MS = 100
KEPT_BYTES = 1_048_576
"""So much of a body is handed over; what is that long may be longer."""
_EMPTY = "No reply yet. Write a request, or pick a template, and send it with Ctrl+Enter."
_PRETTY, _TEXT, _BYTES, _HEADERS = range(4)


class RawReply(Protocol):
    """What the view reads of a reply, which the session makes; status 0: none came, and `sentence` says why."""

    @property
    def status(self) -> int: ...
    @property
    def reason(self) -> str: ...
    @property
    def headers(self) -> HeaderList: ...
    @property
    def body(self) -> bytes: ...
    @property
    def sentence(self) -> str: ...
    @property
    def stream(self) -> int | None: ...
    @property
    def elapsed_ms(self) -> float: ...
    @property
    def is_stream(self) -> bool: ...


class RawReplyView(QWidget):
    """`stream_wanted` carries the number of the HTTP exchange whose rows are to be shown."""

    stream_wanted = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("rawReply")
        self.setAccessibleName("Reply")
        self._reply: RawReply | None = None
        self._stream = 0
        self._filled: set[int] = set()
        self._clock = QElapsedTimer()
        self._tick = QTimer(self, interval=TICK_MS)
        self._tick.timeout.connect(self._show_waiting)
        self._status = ElidedLabel()
        self._sentence = muted_label()
        self._remark = muted_label()
        self._show_rows = QPushButton("Show rows")
        self._copy = QPushButton("Copy")
        self.pretty, self.text, self.hex = PayloadText(), PayloadText(), HexView()
        self.headers = FactsView("rawReplyHeaders", "Headers of the reply in their order")
        self.tabs = QTabWidget(documentMode=True)
        self._lay_out()
        self.tabs.currentChanged.connect(self._fill)
        self._show_rows.clicked.connect(lambda: self.stream_wanted.emit(self._stream))
        self._copy.clicked.connect(self._copy_body)

    def wait(self) -> None:
        """The request is on its way."""
        self._reply = None
        self.show_stream(0)
        self._copy.hide()
        self._clock.start()
        self._tick.start()
        self._sentence.hide()
        self._stack.setCurrentIndex(0)
        self._show_waiting()

    def show_stream(self, stream: int) -> None:
        """The number of the exchange, 0 for none: its rows are offered."""
        self._stream = stream
        self._show_rows.setVisible(stream > 0)

    def stop(self, sentence: str) -> None:
        """No reply will come."""
        self._tick.stop()
        self.say(sentence)

    def show_reply(self, reply: RawReply) -> None:
        """Show what came."""
        self._tick.stop()
        self._reply = reply
        self._filled.clear()
        self.say(outcome_words(reply), _role(reply.status))
        self._sentence.setText(reply.sentence)
        self._sentence.setVisible(bool(reply.sentence))
        self.show_stream(reply.stream or 0)
        self._copy.setVisible(bool(reply.body))
        self.tabs.setTabText(_HEADERS, f"Headers ({len(reply.headers)})")
        self._stack.setCurrentIndex(1 if reply.status else 0)
        self._empty.setText("" if reply.sentence else _EMPTY)
        self._fill()

    def _lay_out(self) -> None:
        named = ((self.pretty, "rawReplyPretty", "Body, made readable"), (self.text, "rawReplyText", "Body as it came"))
        for view, name, accessible in named:
            view.edit.setObjectName(name)
            view.edit.setAccessibleName(accessible)
        self.hex.setObjectName("rawReplyBytes")
        self._status.setObjectName("rawReplyStatus")
        self._status.setAccessibleName("Status of the reply")
        self._sentence.setObjectName("rawReplySentence")
        self._remark.setObjectName("rawReplyRemark")
        self._remark.setContentsMargins(10, 6, 10, 0)
        self._show_rows.setObjectName("rawReplyRows")
        self._copy.setObjectName("rawReplyCopy")
        for button, words in ((self._show_rows, "Show its rows in the timeline"), (self._copy, "Copy the body")):
            button.setAccessibleName(words)
            button.setToolTip(words)
            button.hide()
        self.tabs.setObjectName("rawReplyTabs")
        self.tabs.setAccessibleName("Parts of the reply")
        readable = _column(self._remark, self.pretty)
        for page, title in (
            (readable, "Readable"),
            (self.text, "Text"),
            (self.hex, "Bytes"),
            (self.headers, "Headers"),
        ):
            self.tabs.addTab(page, title)
        self._empty = muted_label(_EMPTY)
        self._empty.setObjectName("rawReplyEmpty")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setMargin(16)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self.tabs)
        below = QHBoxLayout()
        below.addWidget(self._sentence, 1)
        below.addStretch()
        for button in (self._copy, self._show_rows):
            below.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._status)
        column.addLayout(below)
        column.addWidget(self._stack, 1)
        self._sentence.hide()

    def _show_waiting(self) -> None:
        self.say(f"Waiting for the reply {self._clock.elapsed() / 1000:.1f} s", "muted")
        self._empty.clear()

    def say(self, words: str, role: str = "warn") -> None:
        """One line above the reply."""
        palette = self._status.palette()
        palette.setColor(self._status.foregroundRole(), color(role))
        self._status.setPalette(palette)
        self._status.setText(words)

    def _fill(self) -> None:
        """Fill the tab in front, once for each reply."""
        tab, reply = self.tabs.currentIndex(), self._reply
        if reply is None or tab in self._filled:
            return
        self._filled.add(tab)
        if tab == _PRETTY:
            content_type = next((value for name, value in reply.headers if name.lower() == "content-type"), "")
            text, is_json, remark = body_text(content_type, reply.body)
            self.pretty.show_text(text, is_json=is_json)
            self._remark.setText(remark)
            self._remark.setVisible(bool(remark))
        elif tab == _TEXT:
            self.text.show_text(reply.body.decode("utf-8", "backslashreplace"))
        elif tab == _BYTES:
            self.hex.show_bytes(reply.body)
        else:
            self.headers.show_sections([Section(f"{reply.status} {reply.reason}".rstrip(), _shown_headers(reply))])

    def _copy_body(self) -> None:
        if self._reply is not None:
            QGuiApplication.clipboard().setText(self._reply.body.decode("utf-8", "replace"))


def outcome_words(reply: RawReply) -> str:
    """Status, time, size and kind of a reply in one line."""
    if not reply.status:
        return f"No reply · {duration(reply.elapsed_ms)}"
    content_type = next((value for name, value in reply.headers if name.lower() == "content-type"), "")
    facts = [
        plain(f"{reply.status} {reply.reason}".rstrip(), 80),
        duration(reply.elapsed_ms),
        _size(reply.body),
        plain(media_type(content_type), 60),
    ]
    if reply.is_stream:
        facts.append(counted(reply.body.count(b"\ndata:") + reply.body.startswith(b"data:"), "data line"))
    return " · ".join(filter(None, facts))


def _size(body: bytes) -> str:
    if not body:
        return "no body"
    return f"{size(len(body))} or more (the timeline has it all)" if len(body) >= KEPT_BYTES else size(len(body))


def _shown_headers(reply: RawReply) -> tuple[tuple[str, str], ...]:
    """As they came, secrets masked unless that was done before."""
    masked = mask_headers(reply.headers)
    return tuple(
        (name, value if MASK in value else hidden)
        for (name, value), (_, hidden) in zip(reply.headers, masked, strict=True)
    )


def _role(status: int) -> str:
    if not status or status >= 500:
        return "bad"
    return "warn" if status >= 400 else "good" if status < 300 else "note"


def _column(*widgets: QWidget) -> QWidget:
    page = QWidget()
    column = QVBoxLayout(page)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    for widget in widgets:
        column.addWidget(widget, int(widget is widgets[-1]))
    return page
