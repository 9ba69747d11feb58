"""Rows of the timeline for the clipboard: aligned text, JSON lines, a Markdown table."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

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


def rows_as_text(timeline: Timeline, river: River, rows: Sequence[int], redactor: Redactor | None = None) -> str:
    """A line for each row under a line of names, in columns."""
    lines = [COLUMNS, *_cells(timeline, river, rows, redactor)]
    widths = [min(max(len(line[column]) for line in lines), _MAX_WIDTH) for column in range(len(COLUMNS) - 1)]
    return "".join(_aligned(line, widths) for line in lines)


def rows_as_jsonl(timeline: Timeline, river: River, rows: Sequence[int], redactor: Redactor | None = None) -> str:
    """The events of the rows, one JSON object a line."""
    return "".join(jsonl.line(event).decode() for _, event in _events(timeline, river, rows, redactor))


def rows_as_markdown(timeline: Timeline, river: River, rows: Sequence[int], redactor: Redactor | None = None) -> str:
    """A Markdown table."""
    cells = list(_cells(timeline, river, rows, redactor))
    return "\n".join(table_lines(Table("", COLUMNS, cells, _RIGHT))) + "\n"


def _events(
    timeline: Timeline, river: River, rows: Iterable[int], redactor: Redactor | None
) -> Iterator[tuple[int, AnyEvent]]:
    """The rows with their events, read by the block."""
    block: list[AnyEvent] = []
    start = 0
    for row in rows:
        n = timeline.numbers[row]
        if not start <= n < start + len(block):
            start, block = n, river.since(n, BLOCK)
        event = block[n - start]
        yield row, redactor.event(event) if redactor else event


def _cells(
    timeline: Timeline, river: River, rows: Iterable[int], redactor: Redactor | None
) -> Iterator[tuple[str, ...]]:
    shown = redactor.text if redactor else str
    for row, event in _events(timeline, river, rows, redactor):
        size, latency_ms = timeline.sizes_bytes[row], timeline.latencies_ms[row]
        yield (
            str(event.n),
            text.calendar(event.at),
            timeline.lane_name(timeline.streams[row]),
            _ARROWS.get(timeline.directions[row], ""),
            timeline.kind_word(row),
            text.plain(shown(timeline.label(row))),
            text.plain(shown(timeline.name(row))),
            "" if size < 0 else text.size(size),
            "" if math.isnan(latency_ms) else text.duration(latency_ms),
            text.preview(event),
        )


def _aligned(line: Sequence[str], widths: Sequence[int]) -> str:
    cells = [
        text.plain(cell, width).rjust(width) if column in _RIGHT else text.plain(cell, width).ljust(width)
        for column, (cell, width) in enumerate(zip(line, widths, strict=False))
        if width
    ]
    return "  ".join((*cells, line[-1])).rstrip() + "\n"
