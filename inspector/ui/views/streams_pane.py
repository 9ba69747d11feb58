"""What each HTTP exchange carried, how regular it was, and how it ended."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from inspector.record.text import counted, plain, size
from inspector.stats.reconnects import NO_LOSS
from inspector.stats.streams import Cadence, OlderStreams, StreamRow, StreamStats
from inspector.trace.clock import Clock
from inspector.ui.models.table_model import Column, TableModel
from inspector.ui.views.lazy_tab import Pane
from inspector.ui.views.stat_table import StatTable

_EMPTY = "No streams yet. Every HTTP exchange gets a row here: what it carried, its heartbeat, and how it ended."


def _seconds(value_ms: float) -> str:
    return f"{value_ms / 1e3:,.1f}"


def _beat(cadence: tuple[float, float]) -> str:
    median_ms, deviation_ms = cadence
    if median_ms < 1_000:
        return f"every {median_ms:.0f} ms ± {deviation_ms:.0f}"
    return f"every {median_ms / 1e3:.1f} s ± {deviation_ms / 1e3:.1f}"


def _sortable(cadence: Cadence | None) -> tuple[float, float] | None:
    return None if cadence is None else (cadence.median_ms, cadence.deviation_ms)


def _end(row: StreamRow) -> str:
    if row.ended is not None:
        return row.sentence or row.ended
    return "open" if row.status is not None else "waiting for headers"


def _end_role(row: StreamRow) -> str:
    if row.ended is None:
        return "good" if row.status is not None else "note"
    return "muted" if row.ended in NO_LOSS else "bad"


def _status_role(row: StreamRow) -> str | None:
    return "bad" if row.status is not None and row.status >= 400 else None


def _socket(row: StreamRow) -> tuple[int, bool] | None:
    return None if row.socket is None else (row.socket, bool(row.is_reused))


def _socket_words(socket: tuple[int, bool]) -> str:
    number, is_reused = socket
    return f"{number:,} reused" if is_reused else f"{number:,}"


def _gap(title: str, value: Callable[[StreamRow], float | None], hint: str) -> Column[StreamRow]:
    return Column(title, value, "{:,.1f}".format, "0,000.0", True, hint)


COLUMNS: tuple[Column[StreamRow], ...] = (
    Column("#", lambda row: row.stream, "{:,}".format, "0,000", True, "Number of the exchange"),
    Column("Purpose", lambda row: row.purpose, plain, "notifications/initialized", hint="What the request was for"),
    Column("Method", lambda row: row.method, plain, "DELETE"),
    Column("Status", lambda row: row.status, str, "200", True, "HTTP status", _status_role),
    Column("Content type", lambda row: row.content_type or None, plain, "text/event-stream"),
    Column("Bytes", lambda row: row.bytes_received, "{:,}".format, "0,000,000", True, "Bytes of the response body"),
    Column("Chunks", lambda row: row.chunks, "{:,}".format, "00,000", True, "Reads from the socket"),
    Column("Events", lambda row: row.events, "{:,}".format, "00,000", True, "Event-stream blocks"),
    Column("Comments", lambda row: row.comments, "{:,}".format, "0,000", True, "Comment lines, used as heartbeats"),
    Column(
        "Heartbeat",
        lambda row: _sortable(row.heartbeat),
        _beat,
        "every 15.0 s ± 0.1",
        True,
        "Median gap between comments, and the median deviation from it",
    ),
    Column("Silence s", lambda row: row.longest_silence_ms, _seconds, "0,000.0", True, "Longest time without a byte"),
    Column("Age s", lambda row: row.age_ms, _seconds, "00,000.0", True, "From the request to the end, or to now"),
    Column("End", _end, plain, "The server ended the stream.", role=_end_role),
    Column("HTTP", lambda row: row.http_version, plain, "HTTP/1.1", hint="The version of HTTP in the answer"),
    Column("Socket", _socket, _socket_words, "000 reused", True, "Exchanges with the same number shared a socket"),
    _gap("Gap p50 ms", lambda row: row.gaps.p50_ms, "Median time between two events"),
    _gap("Gap p95 ms", lambda row: row.gaps.p95_ms, "95 of 100 gaps between two events were shorter"),
    _gap("Gap max ms", lambda row: row.gaps.max_ms, "The longest gap between two events"),
    _gap("Jitter ms", lambda row: row.gaps.jitter_ms, "How much a gap differs from the one before, on average"),
)


class StreamsPane(Pane):
    """A row for each HTTP exchange, the newest first; `jump` goes to its request.

    With a `clock` the open streams age while nothing comes; without one (a recording) they end with its last event.
    """

    def __init__(self, streams: StreamStats, clock: Clock | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._streams = streams
        self._clock = clock
        self._model = TableModel(COLUMNS, lambda row: row.stream)
        self._table = StatTable(self._model, lambda row: row.first_n, _EMPTY)
        self._table.setObjectName("streamsTable")
        self._table.setAccessibleName("Streams")
        self._table.setToolTip("Double click a row to go to its request")
        self._table.horizontalHeader().setStretchLastSection(True)
        self._table.sort_by(0, Qt.SortOrder.DescendingOrder)
        self._table.jump.connect(self.jump)
        self._older = QLabel()
        self._older.setObjectName("olderStreams")
        self._older.setAccessibleName("Older streams")
        self._older.setProperty("muted", True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.addWidget(self._table)
        layout.addWidget(self._older)
        self.refresh()

    def refresh(self) -> None:
        """Show the streams as they are now."""
        now_ns = None if self._clock is None else self._clock.monotonic_ns()
        self._model.replace(self._streams.rows(now_ns))
        older = self._streams.older
        self._older.setVisible(older.streams > 0)
        self._older.setText(_sum(older))


def _sum(older: OlderStreams) -> str:
    return (
        f"Not listed: {counted(older.streams, 'older stream')} with {size(older.bytes_received)}, "
        f"{counted(older.events, 'event')}, {counted(older.comments, 'comment')}."
    )
