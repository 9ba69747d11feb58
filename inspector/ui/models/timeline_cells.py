"""The text of each cell of the timeline, made only for the rows that are painted."""

from __future__ import annotations

import enum
from collections.abc import Callable
from functools import lru_cache

from inspector.record import text
from inspector.record.marks import Marks
from inspector.record.message_text import id_text
from inspector.record.rows import ABSENT_BYTES
from inspector.record.timeline import Timeline
from inspector.trace.events import FrameReceived, ToolStep
from inspector.trace.river import River
from inspector.ui import row_words

PREVIEW_CHARS = 160
_PREVIEWS_KEPT = 4_096
_ID_CHARS = 64


class Column(enum.IntEnum):
    """The columns from left to right."""

    NUMBER = 0
    TIME = 1
    DELTA = 2
    LANE = 3
    DIRECTION = 4
    KIND = 5
    LABEL = 6
    ID = 7
    SIZE = 8
    LATENCY = 9
    PREVIEW = 10


HEADINGS = ("#", "Time", "Δ", "Lane", "Dir", "Kind", "Method / event", "Id", "Size", "Latency", "Preview")
TOOLTIPS = (
    "Event number; ★ is a mark",
    "When the event happened, to the microsecond",
    "Time since the row above",
    "HTTP exchange the event belongs to",
    "→ we sent it, ← it came from the server",
    "What the event is; ✕ error, ! warning, i note",
    "JSON-RPC method, event name, HTTP status or state; then tool, prompt or URI",
    "JSON-RPC id, or the id of an event without a message",
    "Bytes of the message, block or body",
    "Answers: round trip. HTTP: time to headers, age at the end",
    "Your comment, and what the event says",
)
RIGHT_ALIGNED = frozenset({Column.NUMBER, Column.TIME, Column.DELTA, Column.SIZE, Column.LATENCY})
DIRECTION_SIGNS = ("", "←", "→")
DIRECTION_WORDS = ("", "received", "sent")
SEVERITY_SIGNS = ("", "", "i", "!", "✕")
MARK_SIGN = "★"
REFERENCE_SIGN = "reference"
SEVERITY_WORDS = ("", "for information", "note", "warning", "error")


class TimeMode(enum.Enum):
    """What the time column counts from."""

    LOCAL = "Local time"
    START = "Since start"
    PREVIOUS = "Since row above"
    REFERENCE = "Since the time reference"


class TimelineCells:
    """Texts by timeline row and column; `previous` is the row shown above, None for the first.

    `reference` is the row that `TimeMode.REFERENCE` counts from.
    """

    def __init__(self, river: River, timeline: Timeline, marks: Marks) -> None:
        self._river = river
        self._timeline = timeline
        self._marks = marks
        self.time_mode = TimeMode.LOCAL
        self.reference: int | None = None
        self.preview = lru_cache(maxsize=_PREVIEWS_KEPT)(self._preview)
        self._texts: tuple[Callable[[int, int | None], str], ...] = (
            lambda row, _: f"{timeline.numbers[row]:,}",
            self._time,
            self._delta,
            lambda row, _: timeline.lane_name(timeline.streams[row]),
            lambda row, _: DIRECTION_SIGNS[timeline.directions[row]],
            lambda row, _: f"{SEVERITY_SIGNS[timeline.severities[row]]} {timeline.kind_word(row)}".lstrip(),
            lambda row, _: self._label(row),
            lambda row, _: self._id(row),
            lambda row, _: self._size(row),
            lambda row, _: self._latency(row),
            lambda row, _: self._said(row),
        )

    def text(self, row: int, column: int, previous: int | None) -> str:
        """The text of one cell."""
        return self._texts[column](row, previous)

    def _time(self, row: int, previous: int | None) -> str:
        if self.time_mode is TimeMode.LOCAL:
            return text.calendar(self._timeline.at[row]).rpartition(" ")[2]
        stamps, origin = self._timeline.monotonic_ns, 0
        if self.time_mode is TimeMode.PREVIOUS:
            origin = row if previous is None else previous
        elif self.time_mode is TimeMode.REFERENCE and self.reference is not None:
            origin = self.reference
            if origin == row:
                return REFERENCE_SIGN
        return f"{(stamps[row] - stamps[origin]) / 1e9:+,.6f} s"

    def _delta(self, row: int, previous: int | None) -> str:
        if previous is None:
            return ""
        stamps = self._timeline.monotonic_ns
        return text.duration((stamps[row] - stamps[previous]) / 1e6)

    def _label(self, row: int) -> str:
        label, name = self._timeline.label(row), self._timeline.name(row)
        return text.plain(f"{label}  {name}" if name else label)

    def _id(self, row: int) -> str:
        event = self._river[self._timeline.numbers[row]]
        if isinstance(event, FrameReceived | ToolStep):
            return text.plain(event.event_id or "", _ID_CHARS)
        request_id = getattr(event, "id", None)
        return "" if request_id is None else text.plain(id_text(request_id), _ID_CHARS)

    def _size(self, row: int) -> str:
        size_bytes = self._timeline.sizes_bytes[row]
        return "" if size_bytes == ABSENT_BYTES else text.size(size_bytes)

    def _latency(self, row: int) -> str:
        latency_ms = self._timeline.latencies_ms[row]
        return text.duration(latency_ms) if latency_ms == latency_ms else ""  # noqa: PLR0124 - NaN stands for none

    def _said(self, row: int) -> str:
        """The user's mark and comment, then what the event says."""
        n, said = self._timeline.numbers[row], self.preview(row)
        if n not in self._marks:
            return said
        parts = [part for part in (self._marks.comment(n), said) if part]
        return text.plain(f"{MARK_SIGN} {' · '.join(parts)}", PREVIEW_CHARS)

    def _preview(self, row: int) -> str:
        said = row_words.preview(self._river[self._timeline.numbers[row]], self._river)
        return text.plain(said).lstrip()[:PREVIEW_CHARS]
