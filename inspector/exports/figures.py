"""The figures of a bug report, folded from the river: what was connected, how fast, what broke, what is wrong."""

from __future__ import annotations

import platform
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version

from inspector.diagnose.engine import Engine
from inspector.exports.check_formats import findings_markdown
from inspector.record import rows, text
from inspector.record.extent import Rows
from inspector.record.formats.markdown import Report, Table
from inspector.record.redaction import Redactor
from inspector.stats.counts import Counts
from inspector.stats.latency import LatencyRow, LatencyStats
from inspector.stats.reconnects import ReconnectStats, Step
from inspector.stats.streams import StreamRow, StreamStats
from inspector.trace.events import AnyEvent, AttemptMade, RequestSent, SessionReady
from inspector.trace.river import River

MAX_STREAMS = 50
MAX_STEPS = 50
LAST_ROWS = 40
CHOSEN_ROWS = 1_000
LIBRARIES = ("sse-mcp-inspector", "httpx", "httpx-sse")


class Figures:
    """A fold over the river of all that a report tells; `last_rows` is how many remarkable rows are kept.

    With `chosen` rows, these are listed in place of the remarkable ones.
    """

    def __init__(self, last_rows: int = LAST_ROWS, chosen: Rows | None = None) -> None:
        self.counts = Counts()
        self.latency = LatencyStats()
        self.streams = StreamStats()
        self.reconnects = ReconnectStats()
        self.engine = Engine()
        self.ready: SessionReady | None = None
        self.attempt: AttemptMade | None = None
        self.request: RequestSent | None = None
        self.first: AnyEvent | None = None
        self.last: AnyEvent | None = None
        self.chosen = chosen
        self.listed: deque[AnyEvent] = deque(maxlen=last_rows if chosen is None else CHOSEN_ROWS)
        self.listable = 0

    def fold(self, events: list[AnyEvent]) -> None:
        """Take in the next events of the river."""
        for fold in (self.counts, self.latency, self.streams, self.reconnects, self.engine):
            fold.fold(events)
        for event in events:
            self._note(event)
        if events:
            self.first = self.first or events[0]
            self.last = events[-1]

    def report(self) -> Report:
        """The figures as facts and tables."""
        name = self.ready.server_name if self.ready else ""
        return Report(
            title=f"Report on {name or (self.request.url if self.request else 'a recording')}",
            facts=list(self._facts()),
            tables=[
                _latency_table(self.latency),
                _streams_table(self.streams),
                _reconnect_table(self.reconnects),
                self._rows_table(),
            ],
            sections=[("Findings", findings_markdown(self.engine.findings()))],
        )

    def _note(self, event: AnyEvent) -> None:
        if isinstance(event, SessionReady):
            self.ready = event
        elif isinstance(event, AttemptMade) and event.succeeded:
            self.attempt = event
        elif isinstance(event, RequestSent) and self.request is None:
            self.request = event
        is_listed = _is_remarkable(event) if self.chosen is None else self.chosen.holds(event)
        if is_listed:
            self.listed.append(event)
            self.listable += 1

    def _rows_table(self) -> Table:
        body = [_event_row(event) for event in self.listed]
        notes = [f"The last {len(body):,} of {self.listable:,}."] if self.listable > len(body) else []
        title = "Last remarkable events"
        if self.chosen is not None:
            title = "Chosen rows"
            notes.insert(0, f"Only rows {self.chosen.words}. All other figures are of the whole session.")
        return Table(title, ("Event", "Time", "Stream", "What"), body, frozenset({0, 2}), " ".join(notes))

    def _facts(self) -> Iterator[tuple[str, str]]:
        if self.request:
            yield "Address", self.request.url
        if self.ready:
            yield "Server", f"{self.ready.server_name} {self.ready.server_version}".strip()
            yield "Protocol revision", self.ready.protocol_version
        transport = self.ready.transport if self.ready else (self.attempt.transport if self.attempt else "")
        if transport:
            yield "Transport", transport
        if self.first and self.last:
            yield "Recorded", f"{text.calendar(self.first.at)} to {text.calendar(self.last.at)}"
            yield "Duration", text.duration((self.last.monotonic_ns - self.first.monotonic_ns) / 1e6)
        counts = self.counts
        yield "Events", f"{counts.received:,}, {counts.messages:,} of them JSON-RPC messages"
        yield "Received", f"{text.size(counts.bytes_received)}, {text.counted(counts.frames, 'stream event')}"
        yield "Heartbeats and comments", f"{counts.comments:,}"
        summary = self.reconnects.summary()
        if summary and summary.availability is not None:
            yield "Availability", f"{summary.availability:.3%}"
        yield "Reconnects", f"{self.reconnects.reconnects:,} in {text.counted(self.reconnects.attempts, 'attempt')}"
        yield "Downtime", text.duration(self.reconnects.downtime_ms())
        yield "Versions", ", ".join(_versions())


def fold(river: River, redactor: Redactor | None = None, chosen: Rows | None = None) -> Figures:
    """The figures of a whole river, masked first, so that no figure holds a secret."""
    if chosen is not None and redactor is not None:  # a filter may name what it was used to look for
        chosen = replace(chosen, words=redactor.text(chosen.words))
    figures = Figures(chosen=chosen)
    for events in river.blocks():
        figures.fold([redactor.event(event) for event in events] if redactor else events)
    return figures


def _versions() -> Iterator[str]:
    for name in LIBRARIES:
        try:
            yield f"{name} {version(name)}"
        except PackageNotFoundError:
            yield f"{name} (not installed)"
    yield f"Python {platform.python_version()}"
    yield f"{platform.system()} {platform.machine()}"


def _ms(value: float | None) -> str:
    return "" if value is None else text.duration(value)


def _latency_table(stats: LatencyStats) -> Table:
    columns = ("Method", "Count", "Errors", "Unanswered", "p50", "p95", "p99", "max", "First event p50")
    body = [_latency_row(row) for row in stats.rows()]
    if len(body) > 1:
        body.append(_latency_row(stats.total()))
    return Table("Latency", columns, body, frozenset(range(1, 9)))


def _latency_row(row: LatencyRow) -> list[str]:
    unanswered = row.lost + row.timed_out + row.cancelled + row.in_flight
    times = (row.p50_ms, row.p95_ms, row.p99_ms, row.max_ms, row.ttfe_p50_ms)
    return [row.key, f"{row.count:,}", f"{row.errors:,}", f"{unanswered:,}", *map(_ms, times)]


def _streams_table(stats: StreamStats) -> Table:
    all_rows = stats.rows()
    columns = ("Stream", "Purpose", "Status", "Events", "Comments", "Bytes", "Age", "Longest silence", "End")
    left_out = len(all_rows) - MAX_STREAMS + stats.older.streams
    note = f"The last {MAX_STREAMS} of {MAX_STREAMS + left_out:,} exchanges." if left_out > 0 else ""
    body = [_stream_row(row) for row in all_rows[-MAX_STREAMS:]]
    return Table("Streams", columns, body, frozenset({0, 3, 4, 5, 6, 7}), note)


def _stream_row(row: StreamRow) -> list[str]:
    return [
        str(row.stream),
        f"{row.method} {row.purpose}".strip(),
        "" if row.status is None else str(row.status),
        f"{row.events:,}",
        f"{row.comments:,}",
        text.size(row.bytes_received),
        text.duration(row.age_ms),
        _ms(row.longest_silence_ms),
        str(row.ended) if row.ended else "open",
    ]


def _reconnect_table(stats: ReconnectStats) -> Table:
    columns = ("Time", "What", "After", "Pause", "Asked", "Reason")
    steps = list(stats.steps)[-MAX_STEPS:]
    return Table("Connection", columns, [_step_row(step) for step in steps], frozenset({2, 3, 4}))


def _step_row(step: Step) -> list[str]:
    what = str(step.cause or step.state or "")
    asked = "" if step.asked_ms is None else text.duration(step.asked_ms)
    return [text.calendar(step.at), what, _ms(step.age_ms), _ms(step.delay_ms), asked, step.reason]


def _is_remarkable(event: AnyEvent) -> bool:
    row = rows.row_of(event)
    return row is not None and (row.severity >= rows.NOTE or row.kind in rows.CONNECTION_KINDS)


def _event_row(event: AnyEvent) -> list[str]:
    return [str(event.n), text.calendar(event.at), str(event.stream or ""), text.summary(event)]
