"""Follow one stream: its conversation alone, from the request line to the cause of its end, while it goes on."""

from __future__ import annotations

from time import perf_counter_ns

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QHideEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QDialog, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from inspector.record.conversation_text import PART_BYTES, Conversation, ShowAs
from inspector.record.rows import RowKind
from inspector.record.text import counted, duration, plain, size
from inspector.record.timeline import Timeline
from inspector.trace.events import HeadersReceived, RequestSent, StreamEnded
from inspector.trace.river import River
from inspector.ui.elided_label import ElidedLabel
from inspector.ui.forms.parts import muted_label, tool_button
from inspector.ui.payload.facts import http_events
from inspector.ui.tab_order import arrange
from inspector.ui.views.follow_stream_text import ConversationEdit
from inspector.ui.views.wrapping_row import WrappingRow

SHOWN_CHARS = 1_000_000
WHOLE_CHARS = 16_000_000
TICK_MS = 50
BUDGET_NS = 8_000_000
BATCH = 64
LARGE_BYTES = 16 * 1024
REFRESH_TICKS = 10
_RESTYLING = {QEvent.Type.StyleChange, QEvent.Type.PaletteChange}


class FollowStreamDialog(QDialog):
    """A window of its own beside the main one; `stream_changed` says which stream it shows now."""

    stream_changed = Signal(int)

    def __init__(self, river: River, timeline: Timeline, stream: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("followStream")
        self.setWindowFlag(Qt.WindowType.WindowMaximizeButtonHint)
        self.resize(820, 620)
        self._river = river
        self._timeline = timeline
        self.stream = stream
        self._limit_chars = SHOWN_CHARS
        self._written_chars = self._ticks = 0
        self._batch = 1
        self._is_cut = False
        self.edit = ConversationEdit()
        self._title = ElidedLabel()
        self._facts = ElidedLabel()
        self._previous = tool_button("◀", "Previous stream (Alt+Left)")
        self._next = tool_button("▶", "Next stream (Alt+Right)")
        self._show_as = QComboBox()
        self._session = QCheckBox("Whole session")
        self._search = QLineEdit(placeholderText="Find text", clearButtonEnabled=True)
        self._search_up = tool_button("↑", "Previous place (Shift+F3)")
        self._search_down = tool_button("↓", "Next place (F3)")
        self._not_found = muted_label("", wrap=False)
        self._copy = tool_button("Copy", "Copy the selected text, or all that is shown")
        self._more = QPushButton("Show all")
        self._timer = QTimer(self, interval=TICK_MS)
        self._lay_out()
        self._connect()
        self.show_stream(stream)

    def show_stream(self, stream: int) -> None:
        """Show another stream, from its beginning."""
        self.stream = stream
        self._limit_chars = SHOWN_CHARS
        self._restart()
        self.stream_changed.emit(stream)

    def pull(self) -> None:
        """Read and write on for a few milliseconds."""
        deadline_ns = perf_counter_ns() + BUDGET_NS
        show_as, with_stream = ShowAs(self._show_as.currentText()), self._session.isChecked()
        limit_bytes = PART_BYTES if self._limit_chars == SHOWN_CHARS else None
        came = False
        while self._written_chars < self._limit_chars and (parts := self._conversation.take(self._batch)):
            came = True
            self.edit.append_parts(parts, show_as, limit_bytes, with_stream=with_stream)
            self._written_chars = self.edit.document().characterCount()
            largest = max(len(part.raw) for part in parts)
            self._is_cut |= largest > PART_BYTES
            self._batch = 1 if largest > LARGE_BYTES else BATCH
            if perf_counter_ns() > deadline_ns:
                break
        self._ticks += 1
        if came or not self._ticks % REFRESH_TICKS:
            self._refresh()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._timer.start()
        self.pull()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def changeEvent(self, event: QEvent) -> None:
        """Take new colours over: they are part of the text."""
        super().changeEvent(event)
        if event.type() in _RESTYLING and hasattr(self, "_conversation"):
            self._restart()

    def _lay_out(self) -> None:
        named: tuple[tuple[QWidget, str, str], ...] = (
            (self._title, "followTitle", "Stream"),
            (self._facts, "followFacts", "Facts about the stream"),
            (self._previous, "followPrevious", self._previous.toolTip()),
            (self._next, "followNext", self._next.toolTip()),
            (self._show_as, "followShowAs", "Show as"),
            (self._session, "followSession", "All streams of this connection in one"),
            (self._search, "followSearch", "Find text in the conversation"),
            (self._search_up, "followSearchUp", self._search_up.toolTip()),
            (self._search_down, "followSearchDown", self._search_down.toolTip()),
            (self._not_found, "followNotFound", "Whether the text was found"),
            (self._copy, "followCopy", self._copy.toolTip()),
            (self._more, "followShowAll", "Show all of the conversation"),
        )
        for widget, name, meaning in named:
            widget.setObjectName(name)
            widget.setAccessibleName(meaning)
        self._session.setToolTip(self._session.accessibleName())
        self._title.setProperty("heading", True)
        self._facts.setProperty("muted", True)
        self._show_as.addItems(list(ShowAs))
        self._more.setAutoDefault(False)
        searching = (self._search, self._search_up, self._search_down, self._not_found)
        showing = (self._show_as, self._session, self._copy)
        head = QHBoxLayout()
        head.setContentsMargins(8, 8, 8, 0)
        head.setSpacing(4)
        for widget, stretch in ((self._previous, 0), (self._next, 0), (self._title, 1), (self._facts, 2)):
            head.addWidget(widget, stretch)
        self._facts.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 8)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(WrappingRow(searching, showing))
        below = QVBoxLayout()
        below.setContentsMargins(8, 0, 8, 0)
        below.setSpacing(6)
        below.addWidget(self.edit, 1)
        below.addWidget(self._more)
        column.addLayout(below, 1)
        self._more.hide()
        arrange(self._previous, self._next, *searching[:3], *showing, self.edit, self._more)

    def _connect(self) -> None:
        self._timer.timeout.connect(self.pull)
        self._previous.clicked.connect(lambda: self._go(forward=False))
        self._next.clicked.connect(lambda: self._go(forward=True))
        self._show_as.activated.connect(self._restart)
        self._session.toggled.connect(self._restart)
        self._search.textChanged.connect(lambda: self._not_found.setText(""))
        self._search.returnPressed.connect(self.find_next)
        self._search_down.clicked.connect(self.find_next)
        self._search_up.clicked.connect(lambda: self.find_next(forward=False))
        self._copy.clicked.connect(self._copy_text)
        self._more.clicked.connect(self._show_all)
        for keys, slot in (
            (QKeySequence.StandardKey.Find, self._search.setFocus),
            ("F3", self.find_next),
            ("Shift+F3", lambda: self.find_next(forward=False)),
            ("Alt+Left", lambda: self._go(forward=False)),
            ("Alt+Right", lambda: self._go(forward=True)),
        ):
            QShortcut(QKeySequence(keys), self).activated.connect(slot)

    def find_next(self, *, forward: bool = True) -> None:
        """Go to the next place that holds the searched text."""
        text = self._search.text()
        found = self.edit.find_text(text, forward=forward)
        self._not_found.setText("not found" if text and not found else "")

    def _restart(self) -> None:
        self._conversation = Conversation(
            self._river, self._timeline, self.stream, whole_session=self._session.isChecked()
        )
        self._written_chars = self._ticks = 0
        self._batch = 1
        self._is_cut = False
        self.edit.replace_text("")
        self.pull()
        self._refresh()

    def _refresh(self) -> None:
        """Title, facts, and whether there is more."""
        events = http_events(self._river, self._timeline, self.stream)
        request, ended = events.get(RequestSent), events.get(StreamEnded)
        lane = plain(self._timeline.lane_name(self.stream), 80)
        purpose = plain(request.purpose, 120) if isinstance(request, RequestSent) else ""
        self._title.setText(" · ".join(filter(None, (lane, purpose))))
        self.setWindowTitle(f"Follow {lane}")
        response = events.get(HeadersReceived)
        parts = [f"{response.status} {response.reason}".strip() if response else "no headers yet"]
        if isinstance(ended, StreamEnded):
            got = f"{size(ended.bytes_received)}, {counted(ended.frames, 'event')}"
            parts += [got, f"open {duration(ended.age_ms)}", f"ended: {ended.cause}"]
        else:
            parts.append(f"{size(self._conversation.bytes)}, {counted(self._conversation.events, 'part')} read")
            if request is not None:
                age_ms = (self._river.clock.monotonic_ns() - request.monotonic_ns) / 1e6
                parts.append(f"open for {duration(max(0.0, age_ms))}")
        self._facts.setText(plain(" · ".join(parts)))
        is_full = self._written_chars >= self._limit_chars or (self._is_cut and self._limit_chars == SHOWN_CHARS)
        self._more.setVisible(is_full and self._limit_chars == SHOWN_CHARS)
        self._previous.setEnabled(self._neighbour(forward=False) is not None)
        self._next.setEnabled(self._neighbour(forward=True) is not None)

    def _neighbour(self, *, forward: bool) -> int | None:
        """The stream whose request is the next, or the one before."""
        timeline, rows = self._timeline, self._timeline.http_rows(self.stream)
        kinds, place = timeline.kinds.tobytes(), rows[0] if rows else -1
        while rows:
            place = (
                kinds.find(RowKind.HTTP_REQUEST, place + 1) if forward else kinds.rfind(RowKind.HTTP_REQUEST, 0, place)
            )
            if place < 0:
                return None
            if timeline.streams[place] != self.stream:
                return timeline.streams[place]
        return None

    def _go(self, *, forward: bool) -> None:
        stream = self._neighbour(forward=forward)
        if stream is not None:
            self.show_stream(stream)

    def _show_all(self) -> None:
        self._limit_chars = WHOLE_CHARS
        self._restart()

    def _copy_text(self) -> None:
        selected = self.edit.textCursor().selectedText().replace("\u2029", "\n")
        QGuiApplication.clipboard().setText(selected or self.edit.toPlainText())
