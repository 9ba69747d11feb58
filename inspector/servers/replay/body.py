"""The recorded bytes of an answer, with the time of each chunk, in the parts in which they are served. Pure."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

from inspector.servers.replay.script import Events, Exchange, read_events
from inspector.trace.events import ChunkReceived, EndCause, Framing, Message
from inspector.wire import http

GZIP_OR_ZLIB = 47  # window bits that make zlib look at the header itself
RAW_DEFLATE = -15
BLANK_LINES = (b"\n\n", b"\n\r", b"\n\r\n", b"\r\r", b"\r\r\n")
"""The end of a line and an empty line behind it, in all their spellings."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A chunk: when it came, and from where to where it stands in the body."""

    at_ns: int
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Unit:
    """Pieces that go out together: at their own time, or `after` the exchange of that number was asked for again.

    `is_torn` marks the beginning of an event whose end never came; what is sent behind it would become part of it.
    """

    pieces: tuple[Piece, ...]
    after: int | None = None
    is_torn: bool = False

    @property
    def start(self) -> int:
        return self.pieces[0].start

    @property
    def stop(self) -> int:
        return self.pieces[-1].stop


@dataclass(frozen=True, slots=True)
class Body:
    """All bytes of an answer; `is_decoded` if they came compressed, `can_change` unless that cannot be undone."""

    data: bytes
    pieces: tuple[Piece, ...]
    received_bytes: int
    is_decoded: bool = False
    can_change: bool = True


def load(events: Events, exchange: Exchange) -> Body:
    """Read the body of an exchange from its recording."""
    head = exchange.head
    encoding = (http.get(head.headers, "content-encoding") if head else None) or "identity"
    is_faulty = exchange.end is not None and exchange.end.cause is EndCause.DECODING
    is_encoded = bool(exchange.chunks) and encoding.strip().lower() != "identity"
    if not is_encoded:
        return _joined(_recorded(events, exchange))
    recorded = list(_recorded(events, exchange))
    decoded = None if is_faulty else _decoded(recorded, encoding.strip().lower())
    if decoded is None:
        as_it_came = _joined(iter(recorded))
        return replace(as_it_came, can_change=False)
    return replace(_joined(iter(decoded)), received_bytes=sum(len(chunk) for _, chunk in recorded), is_decoded=True)


def _joined(chunks: Iterator[tuple[int, bytes]]) -> Body:
    data = bytearray()
    pieces = []
    for at_ns, chunk in chunks:
        if chunk:
            pieces.append(Piece(at_ns, len(data), len(data) + len(chunk)))
            data += chunk
    return Body(bytes(data), tuple(pieces), len(data))


def _recorded(events: Events, exchange: Exchange) -> Iterator[tuple[int, bytes]]:
    numbers = exchange.chunks or exchange.items
    previous: Message | None = None
    for event in read_events(events, numbers):
        if isinstance(event, ChunkReceived):
            yield event.monotonic_ns, event.data
        elif isinstance(event, Message) and event.framing is Framing.BATCH:
            yield event.monotonic_ns, (b"," if previous else b"[") + event.raw
            previous = event
        else:
            yield event.monotonic_ns, getattr(event, "raw", b"")
    if previous is not None:
        yield previous.monotonic_ns, b"]"


def _decoded(chunks: list[tuple[int, bytes]], encoding: str) -> list[tuple[int, bytes]] | None:
    """Chunk by chunk what the bytes decode to; None for a coding that the client cannot read either."""
    if encoding not in ("gzip", "x-gzip", "deflate"):
        return None
    for window_bits in (GZIP_OR_ZLIB, RAW_DEFLATE):
        reader = zlib.decompressobj(window_bits)
        try:
            return [(at_ns, reader.decompress(chunk)) for at_ns, chunk in chunks]
        except zlib.error:
            continue
    return None


def units_of(exchange: Exchange, body: Body) -> list[Unit]:
    """The body in units, in the order of its bytes. What answers another exchange waits for that one."""
    if exchange.replies:
        spans = _spans_of_replies(exchange, len(body.data))
    elif exchange.gates:
        spans = _spans_of_gates(exchange, body)
    else:
        spans = [(0, len(body.data), None)]
    torn = len(body.data)
    if exchange.is_event_stream and spans[-1][2] is None:
        torn = _start_of_torn(body.data, spans[-1][0])
        spans[-1:] = [(spans[-1][0], torn, None), (torn, len(body.data), None)]
    units = [(after, start >= torn, _cut(body.pieces, start, stop)) for start, stop, after in spans]
    return [Unit(pieces, after, is_torn) for after, is_torn, pieces in units if pieces]


def _start_of_torn(data: bytes, start: int) -> int:
    """Where from `start` on the last event begins that no empty line ends (WHATWG HTML, 9.2.6); else the end."""
    ends = (data.rfind(pair, start) + len(pair) for pair in BLANK_LINES if data.rfind(pair, start) >= 0)
    torn = max(ends, default=start)
    return torn if data[torn:].strip(b"\r\n") else len(data)


Span = tuple[int, int, int | None]


def _spans_of_replies(exchange: Exchange, size_bytes: int) -> list[Span]:
    spans: list[Span] = []
    at = 0
    for reply in sorted(exchange.replies, key=lambda reply: reply.offset):
        start, stop = max(reply.offset, at), min(reply.offset + reply.size_bytes, size_bytes)
        if stop <= start:
            continue
        if start > at:
            spans.append((at, start, None))
        if spans and spans[-1][1:] == (start, reply.after):
            start = spans.pop()[0]
        spans.append((start, stop, reply.after))
        at = stop
    spans.append((at, size_bytes, None))
    return spans


def _spans_of_gates(exchange: Exchange, body: Body) -> list[Span]:
    """What came behind an answer of the client's waits for that answer."""
    spans: list[Span] = []
    at, after = 0, None
    for index, number in exchange.gates:
        start = body.pieces[index].start if index < len(body.pieces) else len(body.data)
        spans.append((at, start, after))
        at, after = start, number
    spans.append((at, len(body.data), after))
    return spans


def _cut(pieces: tuple[Piece, ...], start: int, stop: int) -> tuple[Piece, ...]:
    """The pieces between two places; one that lies across an edge is cut there."""
    inside = (piece for piece in pieces if piece.start < stop and piece.stop > start)
    return tuple(Piece(piece.at_ns, max(piece.start, start), min(piece.stop, stop)) for piece in inside)
