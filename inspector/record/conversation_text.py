"""One conversation alone, as text: what we sent and what came back, in order, each with its time.

It is read from the river in blocks and only as far as somebody asks, so that a stream of a million events costs no
more than what is looked at.
"""

from __future__ import annotations

import enum
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from inspector.record.message_text import payload
from inspector.record.text import duration, plain, size, summary, visible
from inspector.record.timeline import INBOUND, OUTBOUND, Timeline
from inspector.trace.events import (
    AnyEvent,
    BodyReceived,
    ChunkReceived,
    CommentReceived,
    Direction,
    ExchangeFailed,
    Framing,
    Headers,
    HeadersReceived,
    Message,
    Redirected,
    RequestSent,
    SseEvent,
    StreamEnded,
    ToolStep,
    Violation,
)
from inspector.trace.river import River
from inspector.wire import jsontext

BLOCK = 256
PART_BYTES = 256 * 1024
"""So much of one event is shown at first."""
MAX_PRETTY_BYTES = 1_048_576
_HEX_SHARE = 8
_SEARCHED_ROWS = 100_000
_HEX_LINE_BYTES = 16
_NAME_CHARS = 120
_NOTES = (Redirected, ExchangeFailed, Violation)
_HEX_GLYPHS = "".join(chr(byte) if 32 <= byte < 127 else "·" for byte in range(256))


class ShowAs(enum.StrEnum):
    """How the content is written."""

    TEXT = "Text"
    RAW = "As it came"
    JSON = "JSON"
    HEX = "Hex"


class PartKind(enum.StrEnum):
    """What a part of a conversation is."""

    REQUEST = "request"
    RESPONSE = "response"
    BODY = "body"
    EVENT = "event"
    COMMENT = "comment"
    NOTE = "note"
    END = "end"


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that was said: `head` are lines of text, `raw` the exact bytes, `data` those that matter to a reader.

    `name` is the event's name or the method; `after_ms` counts from the first request of the conversation; `direction`
    is 0 for what nobody sent.
    """

    n: int
    stream: int
    after_ms: float
    direction: int
    kind: PartKind
    name: str = ""
    head: str = ""
    raw: bytes = b""
    data: bytes = b""


class Conversation:
    """The parts of one stream, or of all streams of its connection, as far as the river has come.

    `take` gives the next ones; `is_complete` says that the stream has ended and all of it was taken.
    """

    def __init__(self, river: River, timeline: Timeline, stream: int, *, whole_session: bool = False) -> None:
        self._river = river
        self._timeline = timeline
        self._stream = stream
        self._connection: int | None = None
        rows = timeline.http_rows(stream)
        self._start_ns = timeline.monotonic_ns[rows[0]] if rows else None
        self._next_n = timeline.numbers[rows[0]] if rows else 0
        if whole_session and rows:
            self._connection = river[self._next_n].connection
            self._start_ns, self._next_n = None, 0
        self._with_body: set[int] = set()
        self._parts = self._read()
        self.is_complete = False
        self.events = 0
        """How many event-stream blocks and messages were taken so far."""
        self.bytes = 0

    def take(self, limit: int) -> list[Part]:
        """The next parts, at most `limit`; none if there are no more yet."""
        found = list(islice(self._parts, limit))
        if not found:
            self._parts = self._read()
        return found

    def _read(self) -> Iterator[Part]:
        while (n := self._next_wanted()) is not None:
            events = self._river.since(n, BLOCK)
            for event in events:
                self._next_n = event.n + 1
                if type(event) is not ChunkReceived and self._is_wanted(event):
                    part = self._part(event)
                    if part is not None:
                        yield part
            if not events:
                return

    def _next_wanted(self) -> int | None:
        """The number of the next event that may belong here; whole stretches of others are passed over."""
        timeline = self._timeline
        row = bisect_left(timeline.numbers, self._next_n)
        if self._connection is None:
            found = _find(timeline.streams, self._stream, row)
            if found is None:
                self._next_n = max(self._next_n, timeline.numbers[-1] + 1) if len(timeline) else 0
                return None
            row = found
        return timeline.numbers[row] if row < len(timeline) else None

    def _is_wanted(self, event: AnyEvent) -> bool:
        if self._connection is not None:
            return event.stream is not None and event.connection == self._connection
        return event.stream == self._stream

    def _part(self, event: AnyEvent) -> Part | None:
        kind, head, raw, data = _content(event)
        if kind is None or self._is_repeated(event):
            return None
        if self._start_ns is None:
            self._start_ns = event.monotonic_ns
        if kind in (PartKind.EVENT, PartKind.BODY):
            self.events += 1
        self.bytes += len(raw)
        if isinstance(event, StreamEnded) and self._connection is None:
            self.is_complete = True
        direction = {Direction.INBOUND: INBOUND, Direction.OUTBOUND: OUTBOUND, None: 0}[event.direction]
        direction = 0 if kind in (PartKind.NOTE, PartKind.END) else direction
        after_ms = (event.monotonic_ns - self._start_ns) / 1e6
        return Part(event.n, event.stream or 0, after_ms, direction, kind, _name(event), head, raw, data)

    def _is_repeated(self, event: AnyEvent) -> bool:
        """A message of ours stands in the body of its request already."""
        stream = event.stream or 0
        if isinstance(event, RequestSent):
            (self._with_body.add if event.body else self._with_body.discard)(stream)
        is_ours = isinstance(event, Message | ToolStep) and event.direction is Direction.OUTBOUND
        return is_ours and stream in self._with_body


def conversation_text(river: River, timeline: Timeline, stream: int) -> Iterator[Part]:
    """All parts of a stream that there are now, read as they are wanted."""
    conversation = Conversation(river, timeline, stream)
    while parts := conversation.take(BLOCK):
        yield from parts


def heading(part: Part, *, with_stream: bool = False) -> str:
    """The line above a part: which way it went, what it is, and when."""
    sign = ("·", "←", "→")[part.direction]
    stream = f"stream {part.stream} · " if with_stream else ""
    name = f" {part.name}" if part.name else ""
    return f"{sign} {stream}{part.kind}{name} · +{duration(part.after_ms)} · #{part.n:,}"


def written(part: Part, show_as: ShowAs, *, limit_bytes: int | None = PART_BYTES) -> str:
    """A part as text that is safe to show; of a large one the first `limit_bytes`, and how much is left out."""
    raw = part.raw if show_as in (ShowAs.RAW, ShowAs.HEX) else part.data
    if limit_bytes is not None and show_as is ShowAs.HEX:
        limit_bytes //= _HEX_SHARE
    cut = raw if limit_bytes is None else raw[:limit_bytes]
    body = _hex_dump(cut) if show_as is ShowAs.HEX else _body(cut, show_as, is_whole=len(cut) == len(raw))
    more = f"\n… {size(len(raw) - len(cut))} more" if len(cut) < len(raw) else ""
    text = "\n".join(filter(None, (visible(part.head), body.rstrip("\r\n"))))
    return f"{text}{more}"


def _body(raw: bytes, show_as: ShowAs, *, is_whole: bool) -> str:
    if show_as is ShowAs.JSON and is_whole and raw and len(raw) <= MAX_PRETTY_BYTES:
        parsed = jsontext.parse(raw)
        if parsed.error is None:
            return visible(jsontext.pretty(parsed.value))
    text = raw.decode("utf-8", "backslashreplace")
    return visible(text.replace("\r\n", "\n"))


def _hex_dump(raw: bytes) -> str:
    return "\n".join(
        f"{begin:06x}  {raw[begin : begin + _HEX_LINE_BYTES].hex(' '):{3 * _HEX_LINE_BYTES}} "
        + "".join(_HEX_GLYPHS[byte] for byte in raw[begin : begin + _HEX_LINE_BYTES])
        for begin in range(0, len(raw), _HEX_LINE_BYTES)
    )


def _content(event: AnyEvent) -> tuple[PartKind | None, str, bytes, bytes]:
    """What kind of part an event is, its text, its bytes, and those of them that matter."""
    if isinstance(event, RequestSent):
        head = _with_headers(f"{event.method} {event.url}", event.headers)
        return PartKind.REQUEST, f"{head}\n" if event.body else head, event.body, event.body
    if isinstance(event, HeadersReceived):
        status = f"{event.http_version} {event.status} {event.reason}".strip()
        return PartKind.RESPONSE, _with_headers(status, event.headers), b"", b""
    if isinstance(event, CommentReceived):
        return PartKind.COMMENT, "", event.raw, b": " + payload(event)
    if isinstance(event, BodyReceived) or (isinstance(event, Message | ToolStep) and event.framing is not Framing.SSE):
        return PartKind.BODY, "", event.raw, event.raw
    if isinstance(event, SseEvent):
        return PartKind.EVENT, "", event.raw, payload(event)
    if isinstance(event, StreamEnded):
        return PartKind.END, summary(event), event.pending, event.pending
    return PartKind.NOTE if isinstance(event, _NOTES) else None, summary(event), b"", b""


def _name(event: AnyEvent) -> str:
    if isinstance(event, Message):
        return plain(event.method or "", _NAME_CHARS)
    if isinstance(event, ToolStep):
        return plain(f"{event.step} {event.tool}", _NAME_CHARS)
    return plain(event.event, _NAME_CHARS) if isinstance(event, SseEvent) else ""


def _with_headers(first: str, headers: Headers) -> str:
    lines = (plain(f"{name}: {value}", 8_192) for name, value in headers)
    return "\n".join((plain(first, 8_192), *lines))


def _find(streams: array[int], stream: int, start: int) -> int | None:
    """The next row of a stream."""
    for begin in range(start, len(streams), _SEARCHED_ROWS):
        try:
            return streams.index(stream, begin, begin + _SEARCHED_ROWS)
        except ValueError:
            continue
    return None
