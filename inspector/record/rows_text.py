"""Rows of the timeline for the clipboard: aligned text, JSON lines, a Markdown table."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from inspector.record import text
from inspector.record.formats import jsonl
from inspector.record.formats.markdown import Table, table_lines
from inspector.record.redaction import Redactor
from inspector.record.timeline import INBOUND, OUTBOUND, Timeline
from inspector.trace.events import AnyEvent
from inspector.trace.river import River

BLOCK = 256
COLUMNS = ("#", "time", "stream", "dir", "kind", "what", "name", "size", "latency", "content")
_RIGHT = frozenset({0, 7, 8})
_MAX_WIDTH = 40
_ARROWS = {INBOUND: "←", OUTBOUND: "→"}


@dataclass(frozen=True, slots=True)
class RowFacts:
    """What a row says, taken out of the timeline, so that another thread can write it down."""

    event: AnyEvent
    stream: str
    direction: str
    kind: str
    label: str
    name: str
    size_bytes: int
    latency_ms: float


def facts_of(timeline: Timeline, river: River, rows: Iterable[int]) -> Iterator[RowFacts]:
    """The facts of the rows, one after the other; the events are read by the block."""
    block: list[AnyEvent] = []
    start = 0
    for row in rows:
        n = timeline.numbers[row]
        if not start <= n < start + len(block):
            start, block = n, river.since(n, BLOCK)
        yield RowFacts(
            block[n - start],
            timeline.lane_name(timeline.streams[row]),
            _ARROWS.get(timeline.directions[row], ""),
            timeline.kind_word(row),
            timeline.label(row),
            timeline.name(row),
            timeline.sizes_bytes[row],
            timeline.latencies_ms[row],
        )


def as_text(rows: Iterable[RowFacts], redactor: Redactor | None = None) -> str:
    """A line for each row under a line of names, in columns."""
    lines = [COLUMNS, *_cells(rows, redactor)]
    widths = [min(max(len(line[column]) for line in lines), _MAX_WIDTH) for column in range(len(COLUMNS) - 1)]
    return "".join(_aligned(line, widths) for line in lines)


def as_jsonl(rows: Iterable[RowFacts], redactor: Redactor | None = None) -> str:
    """The events of the rows, one JSON object a line."""
    return "".join(jsonl.line(_masked(row.event, redactor)).decode() for row in rows)


def rows_as_text(timeline: Timeline, river: River, rows: Sequence[int], redactor: Redactor | None = None) -> str:
    """`as_text` of the rows."""
    return as_text(facts_of(timeline, river, rows), redactor)


def rows_as_jsonl(timeline: Timeline, river: River, rows: Sequence[int], redactor: Redactor | None = None) -> str:
    """`as_jsonl` of the rows."""
    return as_jsonl(facts_of(timeline, river, rows), redactor)


def rows_as_markdown(timeline: Timeline, river: River, rows: Sequence[int], redactor: Redactor | None = None) -> str:
    """A Markdown table."""
    cells = list(_cells(facts_of(timeline, river, rows), redactor))
    return "\n".join(table_lines(Table("", COLUMNS, cells, _RIGHT))) + "\n"


def _masked(event: AnyEvent, redactor: Redactor | None) -> AnyEvent:
    return redactor.event(event) if redactor else event


def _cells(rows: Iterable[RowFacts], redactor: Redactor | None) -> Iterator[tuple[str, ...]]:
    shown = redactor.text if redactor else str
    for row in rows:
        event = _masked(row.event, redactor)
        yield (
            str(event.n),
            text.calendar(event.at),
            row.stream,
            row.direction,
            row.kind,
            text.plain(shown(row.label)),
            text.plain(shown(row.name)),
            "" if row.size_bytes < 0 else text.size(row.size_bytes),
            "" if math.isnan(row.latency_ms) else text.duration(row.latency_ms),
            text.preview(event),
        )


def _aligned(line: Sequence[str], widths: Sequence[int]) -> str:
    cells = [
        text.plain(cell, width).rjust(width) if column in _RIGHT else text.plain(cell, width).ljust(width)
        for column, (cell, width) in enumerate(zip(line, widths, strict=False))
        if width
    ]
    return "  ".join((*cells, line[-1])).rstrip() + "\n"
