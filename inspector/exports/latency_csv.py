"""Latency as tables for a spreadsheet: every call with all its phases, and the figures of each method and window.

The cells are of RFC 4180. No text of a peer is taken for a formula (CWE-1236): where one begins like one, an apostrophe
stands before it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO

from inspector.record.extent import EVERYTHING, Extent
from inspector.record.formats.jsonl import iso
from inspector.record.redaction import Redactor
from inspector.record.text import plain
from inspector.stats.call_times import CallTimes
from inspector.stats.call_timing import Call, CallTiming
from inspector.stats.clock_offset import ClockOffset, ClockOffsets
from inspector.stats.latency import PHASES, TOTAL_KEY, LatencyStats
from inspector.stats.percentiles import Distribution
from inspector.stats.windows import Window, since_ns
from inspector.trace.events import AnyEvent, ChunkReceived
from inspector.trace.river import River

Cell = str | int | float | bool | None
CALL_COLUMNS = (
    *("request", "time", "connection", "method_or_tool", "stream", "socket", "http_version", "reused_socket"),
    *("outcome", "resumed", "resolve_ms", "connect_ms", "tls_ms", "sent_ms", "headers_ms", "first_byte_ms"),
    *("first_event_ms", "first_progress_ms", "last_event_to_end_ms", "total_ms", "server_ms", "server_source"),
    *("network_ms", "one_way_raw_ms", "one_way_corrected_ms", "clock_uncertainty_ms"),
    *("gaps", "gap_min_ms", "gap_mean_ms", "gap_p50_ms", "gap_p95_ms", "gap_p99_ms", "gap_max_ms", "gap_jitter_ms"),
)
FIGURE_COLUMNS = (
    *("method_or_tool", "window", "phase", "count", "mean_ms", "min_ms", "p50_ms", "p95_ms", "p99_ms", "max_ms"),
    *("jitter_ms", "exact"),
)
_FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_BLOCK_ROWS = 512


def write_calls(river: River, out: BinaryIO, redactor: Redactor | None = None, extent: Extent = EVERYTHING) -> int:
    """Write every call in the exchanges that `extent` holds, as it comes to its end; returns how many."""
    writer = _CallWriter(out)
    for events in _events(river, redactor, extent):
        writer.fold(events)
    return writer.finish()


def write_figures(river: River, out: BinaryIO, redactor: Redactor | None = None, extent: Extent = EVERYTHING) -> int:
    """Write the figures of each method and tool in each window of the river; returns how many rows."""
    latency, last_ns = LatencyStats(), 0
    for events in _events(river, redactor, extent):
        latency.fold(events)
        last_ns = events[-1].monotonic_ns
    rows = list(figure_rows(latency, last_ns))
    out.write(as_csv(FIGURE_COLUMNS, rows))
    return len(rows)


def call_row(timing: CallTiming, offset: ClockOffset | None) -> list[Cell]:
    """One call; its one-way time is raw, and corrected where something is known of the server's clock."""
    one_way_ms, corrected_ms, uncertainty_ms = timing.one_way_ms, None, None
    if one_way_ms is not None and offset is not None:
        corrected_ms, uncertainty_ms = offset.corrected_ms(one_way_ms), offset.uncertainty_ms
    known = (
        *(timing.request_n, iso(timing.at), timing.connection, timing.key, timing.stream, timing.socket),
        *(timing.http_version, timing.is_reused, timing.outcome, timing.resumed, timing.resolve_ms),
        *(timing.connect_ms, timing.tls_ms, timing.sent_ms, timing.headers_ms, timing.first_byte_ms),
        *(timing.first_event_ms, timing.first_progress_ms, timing.last_event_to_end_ms, timing.total_ms),
        *(timing.server_ms, timing.server_source, timing.network_ms, one_way_ms, corrected_ms, uncertainty_ms),
    )
    gaps = timing.gaps
    return [*known, gaps.count, gaps.min_ms, gaps.mean_ms, *_percentiles(gaps), gaps.max_ms, gaps.jitter_ms]


def figure_rows(latency: LatencyStats, now_ns: int, mark_ns: int | None = None) -> Iterator[list[Cell]]:
    """A row for each method or tool, and for all together, in each window and phase in which anything was measured."""
    for window in Window:
        if window is Window.SINCE_MARK and mark_ns is None:
            continue
        begin_ns = since_ns(window, now_ns, mark_ns)
        for key in (*latency.keys, TOTAL_KEY):
            for phase in PHASES:
                found = latency.samples(key, phase).distribution(begin_ns)
                if found.count:
                    yield _figure_row(key, window, phase, found)


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """Rows that are known already, under their columns."""
    return _lines([columns, *rows])


def _figure_row(key: str, window: Window, phase: str, found: Distribution) -> list[Cell]:
    ends = found.mean_ms, found.min_ms, *_percentiles(found), found.max_ms, found.jitter_ms
    return [key, window.value, phase, found.count, *ends, found.is_exact]


class _CallWriter:
    """Writes each call as it is closed, so that a recording of any length takes little memory."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._calls = CallTimes(self, limit=1)
        self._offsets = ClockOffsets()
        self._written = 0
        self._rows: list[Sequence[Cell]] = [CALL_COLUMNS]

    def fold(self, events: list[AnyEvent]) -> None:
        """The next events of the river."""
        self._offsets.fold(events)
        self._calls.fold(events)

    def finish(self) -> int:
        """What is under way is written as far as it came; returns how many calls there were."""
        self._calls.finish()
        self._flush()
        return self._written

    def on_sent(self, call: Call) -> None: ...

    def on_measured(self, call: Call, phase: str, at_ns: int, value_ms: float, count: int, n: int) -> None: ...

    def on_settled(self, call: Call) -> None: ...

    def on_closed(self, call: Call) -> None:
        """Nothing more will come of this one."""
        self._rows.append(call_row(call.timing(), self._offsets.offset(call.connection)))
        self._written += 1
        if len(self._rows) >= _BLOCK_ROWS:
            self._flush()

    def _flush(self) -> None:
        self._out.write(_lines(self._rows))
        self._rows = []


def _events(river: River, redactor: Redactor | None, extent: Extent) -> Iterator[list[AnyEvent]]:
    """The river, masked; of chunks only the time counts."""
    for block in river.blocks():
        events = [event for event in block if event.stream is None or extent.holds_exchange(event.stream)]
        if redactor is not None:
            events = [event if isinstance(event, ChunkReceived) else redactor.event(event) for event in events]
        if events:
            yield events


def _lines(rows: Iterable[Sequence[Cell]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([_cell(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8", "backslashreplace")


def _cell(cell: Cell) -> str | int:
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return f"{cell:.6f}".rstrip("0").rstrip(".")
    if isinstance(cell, str):
        shown = plain(cell)
        return f"'{shown}" if shown.lstrip().startswith(_FORMULA_BEGINS) else shown
    return "" if cell is None else cell


def _percentiles(found: Distribution) -> tuple[float | None, float | None, float | None]:
    return found.p50_ms, found.p95_ms, found.p99_ms
