"""What the laboratory does to the session's own side of the wire: the open streams, cuts, slow reading, delays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QLabel, QLineEdit, QPushButton, QWidget

from inspector.record.text import counted, plain, size
from inspector.ui.dialogs.dialog_parts import button_row, push_button
from inspector.ui.laboratory import NOT_CONNECTED, Laboratory
from inspector.ui.models.table_model import Column, TableModel
from inspector.ui.views.lab_parts import NumberField, Page, line, state_label
from inspector.ui.views.stat_table import StatTable

if TYPE_CHECKING:
    import asyncio

    from inspector.session.laboratory import Laboratory as Bench
    from inspector.session.laboratory import OpenStream
    from inspector.session.stream import Ended

_WORDS = (
    "Does to this connection what networks do, on our own side of the wire: the server sees a client that goes, reads "
    "slowly or is far away. Each act is a row of the timeline, and the session then recovers as it always does."
)
_EMPTY = "No stream is open. Call a tool that streams, or let the session listen; each open stream gets a row here."
KINDS = (
    ("call", "call"),
    ("listening stream", "listen"),
    ("GET", "get"),
    ("POST", "post"),
    ("exchange of any kind", "any"),
)
HOW = (("FIN", "fin"), ("RST", "rst"))
RATES = (("1 kB/s", 1_000), ("10 kB/s", 10_000), ("100 kB/s", 100_000), ("1 MB/s", 1_000_000))
_MS = 60_000


@dataclass(frozen=True, slots=True)
class _Row:
    stream: OpenStream
    age_ms: float | None


def _socket(row: _Row) -> int | None:
    return row.stream.socket or None


def _last_id(row: _Row) -> str | None:
    return row.stream.last_event_id or None


COLUMNS: tuple[Column[_Row], ...] = (
    Column("#", lambda row: row.stream.number, "{:,}".format, "0,000", True, "Number of the exchange"),
    Column("Method", lambda row: row.stream.method, plain, "DELETE"),
    Column("Purpose", lambda row: row.stream.purpose, plain, "subscriptions/listen", hint="What the request was for"),
    Column("Age s", lambda row: row.age_ms, lambda ms: f"{ms / 1e3:,.1f}", "0,000.0", True, "Since the request left"),
    Column("Events", lambda row: row.stream.events, "{:,}".format, "00,000", True, "Event-stream blocks"),
    Column("Bytes", lambda row: row.stream.bytes_received, size, "000.0 MB", True, "Bytes of the response body"),
    Column(
        "Socket",
        lambda row: row.stream.socket or None,
        "{:,}".format,
        "000",
        True,
        "Streams that share one end together",
    ),
    Column(
        "Last event id",
        lambda row: row.stream.last_event_id or None,
        plain,
        "0000000000",
        hint="Where it would be resumed from",
    ),
)


class LaboratoryPane(Page):
    """The open streams with what can be done to them, and what is done to all."""

    def __init__(self, laboratory: Laboratory) -> None:
        super().__init__(laboratory, _WORDS)
        self._model = TableModel(COLUMNS, lambda row: row.stream.number)
        self._table = StatTable(self._model, lambda row: None, _EMPTY)
        self._state = state_label("labState")
        self._active = state_label("labActive")
        self._acts: list[QWidget] = []
        self._build_drops()
        self.column.addWidget(self._table, 1)
        self.column.addLayout(
            line(
                self._fin,
                self._rst,
                self._half,
                "at once, on the selected stream; without one, all are dropped",
            )
        )
        self.column.addLayout(self._build_rules())
        self.column.addWidget(self._state)
        self.column.addWidget(self._active)
        self._stop = push_button("Stop all", "labStop", "End every cut, delay, slow reading and test of the laboratory")
        self._stop.setAutoDefault(False)
        self._stop.clicked.connect(laboratory.stop_all)
        self.column.addLayout(button_row(self._stop))
        self.refresh()

    def refresh(self) -> None:
        """Show the streams, and what is active, as they are now."""
        bench = self.laboratory.bench
        ages = self.laboratory.ages_ms() if bench is not None else {}
        streams = bench.open_streams() if bench is not None else ()
        self._model.replace([_Row(stream, ages.get(stream.number)) for stream in streams])
        for widget in self._acts:
            widget.setEnabled(bench is not None)
        for widget in (self._fin, self._rst):
            widget.setEnabled(bool(streams))
        self._allow_half_close()
        if bench is None:
            self._state.say(NOT_CONNECTED, "warn")
        elif self._state.text() == NOT_CONNECTED:
            self._state.say("")
        active = self.laboratory.active
        self._active.say("\n".join(f"⚗ {plain(sentence, 300)}" for sentence in active), "note")
        self._stop.setEnabled(bool(active))

    def resume_from(self, event_id: str) -> None:
        """Ask for what came after this event."""
        self._id.setText(event_id)
        self._resume()

    def _allow_half_close(self) -> None:
        self._half.setEnabled(self._selected() is not None)

    def _selected(self) -> int | None:
        rows = self._table.selectionModel().selectedRows()
        return self._model.row(rows[0]).stream.number if rows else None

    def _build_drops(self) -> None:
        self._table.setObjectName("labStreams")
        self._table.setAccessibleName("Open streams")
        self._table.horizontalHeader().setStretchLastSection(True)
        self._table.sort_by(0, Qt.SortOrder.DescendingOrder)
        self._table.selectionModel().selectionChanged.connect(self._allow_half_close)
        self._fin = push_button("Drop (FIN)", "labFin", "Close the connection as a program that ends does")
        self._rst = push_button("Drop (RST)", "labRst", "Reset the connection as a crash or a firewall does")
        self._half = push_button("Half-close", "labHalfClose", "Send no more on the connection, and go on reading")
        for button in (self._fin, self._rst, self._half):
            button.setAutoDefault(False)
        self._fin.clicked.connect(lambda: self._drop("fin"))
        self._rst.clicked.connect(lambda: self._drop("rst"))
        self._half.clicked.connect(self._half_close)

    def _build_rules(self) -> QGridLayout:
        self._kind = _choice(KINDS, "labKind", "Which streams the cut waits for")
        self._count = NumberField(1, 1_000_000, 3, "labCount", "After how many events or bytes")
        self._unit = _choice((("events", "events"), ("bytes", "bytes")), "labUnit", "Events or bytes")
        self._how = _choice(HOW, "labHow", "How the connection is cut")
        self._mid = QCheckBox("within the next event")
        self._mid.setObjectName("labMidEvent")
        self._mid.setAccessibleName("Cut in the middle of the event behind them")
        self._rate = _choice(RATES, "labRate", "How fast we read")
        self._out = NumberField(0, _MS, 200, "labDelayOut", "Milliseconds that each request waits")
        self._in = NumberField(0, _MS, 200, "labDelayIn", "Milliseconds that what comes waits")
        self._id = QLineEdit()
        self._id.setObjectName("labEventId")
        self._id.setAccessibleName("The event id to resume from")
        self._id.setPlaceholderText("an event id, as in the timeline")
        self._unit.currentIndexChanged.connect(lambda: self._mid.setEnabled(self._unit.currentData() == "events"))
        self._id.returnPressed.connect(self._resume)
        cut = push_button("Arm", "labArm", "Cut the next stream that comes so far, once")
        slow = push_button(
            "Read slowly", "labSlow", "Read no faster, so that the server has to wait; for an hour at most"
        )
        delay = push_button("Delay", "labDelay", "Send and take in everything later; for an hour at most")
        resume = push_button("Resume", "labResume", "Send a GET with this Last-Event-ID, and show what is replayed")
        rules: tuple[tuple[str, QPushButton, Callable[[], None], tuple[QWidget | str, ...]], ...] = (
            (
                "Cut",
                cut,
                self._arm,
                ("the first", self._kind, "after", self._count, self._unit, "with", self._how, self._mid),
            ),
            ("Slow reader", slow, self._slow, ("at most", self._rate, "on each connection")),
            ("Distance", delay, self._delay, ("requests wait", self._out, "ms, what comes waits", self._in, "ms")),
            ("Resume", resume, self._resume, ("from the event", self._id)),
        )
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        for at, (title, button, act, parts) in enumerate(rules):
            grid.addWidget(QLabel(title), at, 0)
            grid.addLayout(line(*parts, stretch=1 if title == "Resume" else None), at, 1)
            grid.addWidget(button, at, 2)
            button.clicked.connect(act)
            button.setAutoDefault(False)  # Return in a field must not act on something else
            self._acts += [button, *(part for part in parts if isinstance(part, QWidget))]
        return grid

    def _do(self, act: Callable[[Bench], str]) -> None:
        """Act, and say what was done, or why it cannot be."""
        from inspector.session.laboratory import LabError  # noqa: PLC0415 - the session is loaded after the window

        bench = self.laboratory.bench
        if bench is None:
            self._state.say(NOT_CONNECTED, "warn")
            return
        try:
            self._state.say(act(bench), "good")
        except LabError as error:
            self._state.say(str(error), "bad")
        self.refresh()

    def _drop(self, how: str) -> None:
        def drop(bench: Bench) -> str:
            hit = bench.drop(self._selected(), how)
            numbers = ", ".join(f"#{stream}" for stream in hit)
            return f"Cut with {how.upper()}: {counted(len(hit), 'stream')} ({numbers})."

        self._do(drop)

    def _half_close(self) -> None:
        stream = self._selected()
        if stream is None:
            return

        def close(bench: Bench) -> str:
            bench.half_close(stream)
            return f"Our side of stream #{stream} is closed for writing; what comes is still read."

        self._do(close)

    def _arm(self) -> None:
        is_events = self._unit.currentData() == "events"
        count = self._count.value()

        def arm(bench: Bench) -> str:
            kind, how = self._kind.currentData(), self._how.currentData()
            if is_events:
                bench.drop_after(kind, events=count, how=how, mid_event=self._mid.isChecked())
            else:
                bench.drop_after(kind, bytes=count, how=how)
            return "Armed: it cuts once, and shows below until then."

        self._do(arm)

    def _slow(self) -> None:
        def slow(bench: Bench) -> str:
            bench.read_slowly(self._rate.currentData())
            return f"Reading at most {self._rate.currentText()} on each connection."

        self._do(slow)

    def _delay(self) -> None:
        def delay(bench: Bench) -> str:
            bench.delay(self._out.value(), self._in.value())
            return f"Requests wait {self._out.value()} ms, what comes waits {self._in.value()} ms."

        self._do(delay)

    def _resume(self) -> None:
        event_id = self._id.text().strip()

        def resume(bench: Bench) -> str:
            bench.resume_from(event_id).add_done_callback(self._resumed)
            return f"Asked for what came after {plain(event_id, 80)}; what is replayed stands in the timeline."

        self._do(resume)

    def _resumed(self, future: asyncio.Future[Ended]) -> None:
        if future.cancelled() or future.exception() is not None:
            return
        ended = future.result()
        brought = counted(ended.event.frames, "event")
        self._state.say(f"Stream #{ended.event.stream} brought {brought}: {plain(ended.sentence, 300)}", "note")


def _choice(entries: tuple[tuple[str, object], ...], name: str, meaning: str) -> QComboBox:
    box = QComboBox()
    for words, value in entries:
        box.addItem(words, value)
    box.setObjectName(name)
    box.setAccessibleName(meaning)
    box.setToolTip(meaning)
    return box
