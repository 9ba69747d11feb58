"""The table every trace event is stored in, and the two ways between an event and its row.

Made to be read with plain SQL: what one asks for stands in columns of its own, the exact bytes of a message in `raw`,
and whatever else the event says as JSON in `facts`. `record/store.py` writes it, `record/recording.py` reads it.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec.structs import replace

from inspector.record.message_text import id_text
from inspector.record.rows import ABSENT_BYTES, KIND_WORDS
from inspector.record.text import searchable
from inspector.record.timeline import Timeline
from inspector.trace.events import (
    AnyEvent,
    BodyReceived,
    ChunkReceived,
    CommentReceived,
    Direction,
    FrameReceived,
    Framing,
    Message,
    RequestSent,
    ToolStep,
    TraceEvent,
)
from inspector.wire import jsontext

APPLICATION_ID = 0x4D435054
"""`MCPT`: tells a recording from any other SQLite database."""
SCHEMA_VERSION = 1
SUFFIX = ".mcptrace"

COLUMNS = (
    "n",
    "row",
    "at",
    "monotonic_ns",
    "connection",
    "stream",
    "direction",
    "kind",
    "type",
    "label",
    "name",
    "id",
    "size_bytes",
    "latency_ms",
    "severity",
    "about_n",
    "offset",
    "raw",
    "said",
    "facts",
)
N, STREAM, ABOUT_N, OFFSET, RAW = 0, 5, 15, 16, 17
"""Places of columns in a row."""
CREATE = """
CREATE TABLE event (
  n INTEGER PRIMARY KEY,  -- counts from 0 without gaps
  row INTEGER,            -- place in the timeline; NULL for a chunk
  at REAL NOT NULL,       -- Unix time in seconds
  monotonic_ns INTEGER NOT NULL,
  connection INTEGER NOT NULL,
  stream INTEGER,         -- number of the HTTP exchange
  direction TEXT,         -- 'in', 'out' or NULL
  kind TEXT NOT NULL,     -- the kind of event, as in `watch --format jsonl`
  type TEXT,              -- what the timeline calls it: request, notification, comment ...
  label TEXT,             -- method, event name, status or state
  name TEXT,              -- tool, prompt, URI or purpose
  id TEXT,                -- JSON-RPC id as JSON, or the id of an event without a message
  size_bytes INTEGER,
  latency_ms REAL,        -- round trip, time to headers or age
  severity INTEGER,       -- 0 nothing to remark, 1 chat, 2 note, 3 warning, 4 error
  about_n INTEGER,        -- the event this one is about; of a chunk, the last event whose `raw` holds bytes of it
  "offset" INTEGER,       -- where `raw` begins in the body of its stream
  raw BLOB,               -- bytes as on the wire; of a chunk, those that stand in no other event's `raw`
  said TEXT,              -- what an event without bytes says
  facts TEXT NOT NULL     -- everything else, as JSON
);
CREATE TABLE mark (n INTEGER PRIMARY KEY, comment TEXT NOT NULL);
CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
SELECT = """
SELECT n, at, monotonic_ns, connection, stream, direction, "offset", raw, facts, kind, size_bytes, about_n FROM event
"""

_HEAD: dict[str, Any] = {
    "n": 0,
    "at": 0.0,
    "monotonic_ns": 0,
    "connection": 0,
    "stream": None,
    "direction": None,
}
_BYTES: dict[type[TraceEvent], str] = {
    Message: "raw",
    FrameReceived: "raw",
    CommentReceived: "raw",
    ToolStep: "raw",
    BodyReceived: "raw",
    RequestSent: "body",
    ChunkReceived: "data",
}
"""Which field of an event holds bytes of the wire."""
_PLACED = (Message, FrameReceived, ToolStep, CommentReceived, ChunkReceived)
"""The events whose bytes have a place in the body of their stream."""
_BARE: dict[type[TraceEvent], dict[str, Any]] = {
    kind: _HEAD | {field: b""} | ({"offset": 0} if kind in _PLACED else {}) for kind, field in _BYTES.items()
}
_BYTES_OF_KIND = {str(kind.__struct_config__.tag): field for kind, field in _BYTES.items()}
_PLACED_KINDS = frozenset(str(kind.__struct_config__.tag) for kind in _PLACED)
_DIRECTIONS = {None: None, "in": Direction.INBOUND, "out": Direction.OUTBOUND}
_DIRECTION_TEXTS = {direction: text for text, direction in _DIRECTIONS.items()}
_CHUNK = '{"kind":"chunk","offset":0,"data":""}'
_encode = msgspec.json.Encoder().encode
_decode: Any = msgspec.json.Decoder(AnyEvent).decode

Columns = list[Any]
"""One row of the table, in the order of `COLUMNS`."""


def chunk_columns(event: ChunkReceived) -> Columns:
    """The row of a chunk with all of its bytes; it makes no row of the timeline."""
    head = (event.n, None, event.at, event.monotonic_ns, event.connection, event.stream)
    direction, size_bytes = _DIRECTION_TEXTS[event.direction], len(event.data)
    words = (None, None, None, None)
    return [*head, direction, "chunk", *words, size_bytes, None, None, None, event.offset, event.data, None, _CHUNK]


def event_columns(event: AnyEvent, timeline: Timeline, row: int) -> Columns:
    """The row of an event that stands at `row` of the timeline."""
    make = type(event)
    field = _BYTES.get(make)
    latency_ms, size_bytes, root = timeline.latencies_ms[row], timeline.sizes_bytes[row], timeline.root(row)
    return [
        event.n,
        row,
        event.at,
        event.monotonic_ns,
        event.connection,
        event.stream,
        _DIRECTION_TEXTS[event.direction],
        make.__struct_config__.tag,
        KIND_WORDS[timeline.kinds[row]],
        _text(timeline.label(row)),
        _text(timeline.name(row)),
        shown_id(event),
        None if size_bytes == ABSENT_BYTES else size_bytes,
        latency_ms if latency_ms == latency_ms else None,  # noqa: PLR0124 - NaN stands for none
        timeline.severities[row],
        None if root is None else timeline.numbers[root],
        _offset(event),
        getattr(event, field) if field else None,
        None if field and make is not RequestSent else searchable(event).decode("utf-8", "backslashreplace"),
        _facts(event, make),
    ]


def shown_id(event: AnyEvent) -> str | None:
    """The JSON-RPC id of a message as JSON, or the id of an event without a message; None for none."""
    if isinstance(event, FrameReceived | ToolStep):
        return None if event.event_id is None else _text(event.event_id)
    request_id = getattr(event, "id", None)
    return None if request_id is None else _text(id_text(request_id))


def read(columns: tuple[Any, ...], data: bytes | None = None) -> AnyEvent:
    """The event of one row of `SELECT`; `data` are the bytes of a chunk, put together again."""
    n, at, monotonic_ns, connection, stream, direction, offset, raw, facts, kind, *_ = columns
    head: dict[str, Any] = {"n": n, "at": at, "monotonic_ns": monotonic_ns, "connection": connection, "stream": stream}
    head["direction"] = _DIRECTIONS[direction]
    field = _BYTES_OF_KIND.get(kind)
    if field:
        head[field] = data if data is not None else raw or b""
    if kind in _PLACED_KINDS:
        head["offset"] = offset or 0
    try:
        bare = _decode(facts)
    except (msgspec.MsgspecError, ValueError):  # what strict JSON does not hold, such as half a surrogate pair
        bare = msgspec.convert(jsontext.parse(facts.encode()).value, AnyEvent, strict=True)
    event: AnyEvent = replace(bare, **head)
    return event


def _offset(event: AnyEvent) -> int | None:
    """Where `raw` begins in the body of the stream; None where it is not a piece of that body as it came."""
    if event.direction is not Direction.INBOUND:
        return None
    if isinstance(event, BodyReceived):
        return 0
    if isinstance(event, Message) and event.framing is Framing.BATCH:
        return None
    return event.offset if isinstance(event, _PLACED) else None


def _facts(event: AnyEvent, make: type[TraceEvent]) -> str:
    bare = replace(event, **_BARE.get(make, _HEAD))
    try:
        return _encode(bare).decode()
    except UnicodeEncodeError:
        return jsontext.dumps(msgspec.to_builtins(bare)).decode()


def _text(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()
