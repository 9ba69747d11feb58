"""The table every trace event is stored in, and the two ways between an event and its row.

Made to be read with plain SQL: what one asks for stands in columns of its own, the exact bytes of a message in `raw`,
and whatever else the event says as JSON in `facts`. `record/store.py` writes it, `record/recording.py` reads it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from operator import attrgetter
from typing import Any

import msgspec
from msgspec.structs import replace

from inspector.record.message_text import id_text
from inspector.record.rows import ABSENT_BYTES, KIND_WORDS, ROW_MAKERS
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
    MessageType,
    RequestSent,
    SseEvent,
    ToolStep,
    TraceEvent,
)
from inspector.trace.log_entries import LOG_ENTRY
from inspector.wire import jsontext

APPLICATION_ID = 0x4D435054
"""`MCPT`: tells a recording from any other SQLite database."""
SCHEMA_VERSION = 1
SUFFIX = ".mcptrace"
COMPANIONS = ("", "-wal", "-shm")
"""A recording and the files that SQLite keeps beside it while it is being written."""

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
    "event_id",
)
N, ROW, STREAM, SIZE_BYTES, ABOUT_N, OFFSET, RAW, EVENT_ID = 0, 1, 5, 12, 15, 16, 17, 20
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
  facts TEXT NOT NULL,    -- everything else, as JSON
  event_id TEXT           -- the `id:` field of an event-stream block
);
CREATE TABLE mark (n INTEGER PRIMARY KEY, comment TEXT NOT NULL);
CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
SELECT = """
SELECT n, at, monotonic_ns, connection, stream, direction, "offset", raw, facts, kind, size_bytes, about_n,
  event_id FROM event
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
_PLACED: frozenset[type[TraceEvent]] = frozenset({Message, FrameReceived, ToolStep, CommentReceived, ChunkReceived})
"""The events whose bytes have a place in the body of their stream."""
_BARE: dict[type[TraceEvent], dict[str, Any]] = {kind: _HEAD | {field: b""} for kind, field in _BYTES.items()}
_BARE_PLACED = {kind: _BARE[kind] | {"offset": 0} for kind in _PLACED}
"""What is left out of `facts`, as it stands in columns; the offset does if the column is not NULL."""
_TOLD: tuple[type[TraceEvent], ...] = tuple(ROW_MAKERS)
_TAGS = {kind: str(kind.__struct_config__.tag) for kind in _TOLD}
_RAW: dict[type[TraceEvent], Callable[[Any], bytes | None]] = {
    kind: attrgetter(_BYTES[kind]) if kind in _BYTES else lambda _: None for kind in _TOLD
}
_BYTES_OF_KIND = {str(kind.__struct_config__.tag): field for kind, field in _BYTES.items()}
_PLACED_KINDS = frozenset(str(kind.__struct_config__.tag) for kind in _PLACED)
_DIRECTIONS = {None: None, "in": Direction.INBOUND, "out": Direction.OUTBOUND}
_DIRECTION_TEXTS = {direction: text for text, direction in _DIRECTIONS.items()}
_HALF_PAIR = "\\ud"
"""How the escape of one begins; whole pairs are written without escapes."""
_AT_ONCE = -1
"""Stands for the time of the first byte where that is the time of the last."""
_FOUR_TIMES_NONE = (None, None, None, None)
_NOTHING_MORE = (None, None, None, ())
_MAX_PLAIN = 1_000
_PLAIN: dict[str | None, str] = {}
"""The facts of plain notifications by their method."""
_MAX_PLAIN_LENGTH = 400
_STREAM_TYPES = (int, type(None))
_CHUNK = '{"kind":"chunk","offset":0,"data":""}'
_encode = msgspec.json.Encoder().encode
_decode: Any = msgspec.json.Decoder(AnyEvent).decode

Columns = tuple[Any, ...]
"""One row of the table, in the order of `COLUMNS`."""


def chunk_columns(event: ChunkReceived, raw: bytes, about_n: int | None) -> Columns:
    """The row of a chunk, which is none of the timeline: `raw` are those of its bytes that stand nowhere else."""
    head = (event.n, None, event.at, event.monotonic_ns, event.connection, event.stream)
    direction, size_bytes = _DIRECTION_TEXTS[event.direction], len(event.data)
    return (
        *(*head, direction, "chunk", None, None, None, None, size_bytes, None, None),
        *(about_n, event.offset, raw, None, _CHUNK, None),
    )


def event_columns(events: Sequence[AnyEvent], timeline: Timeline, row: int) -> list[Columns]:
    """The rows of events that stand in the timeline from `row` on; made column by column, as there are many."""
    end, numbers = row + len(events), timeline.numbers
    labels, names, roots = timeline.relations(row, end)
    makes = [type(event) for event in events]
    offsets = [_offset(event) for event in events]
    event_ids = [_event_id(event) for event in events]
    columns: tuple[Iterable[Any], ...] = (
        [event.n for event in events],
        range(row, end),
        [event.at for event in events],
        [event.monotonic_ns for event in events],
        [event.connection for event in events],
        [event.stream for event in events],
        [_DIRECTION_TEXTS[event.direction] for event in events],
        [_TAGS[make] for make in makes],
        [KIND_WORDS[kind] for kind in timeline.kinds[row:end]],
        list(map(sound, labels)),
        list(map(sound, names)),
        [None if type(event) is Message and event.id is None else shown_id(event) for event in events],
        [None if size_bytes == ABSENT_BYTES else size_bytes for size_bytes in timeline.sizes_bytes[row:end]],
        [None if latency_ms != latency_ms else latency_ms for latency_ms in timeline.latencies_ms[row:end]],  # noqa: PLR0124 - NaN
        timeline.severities[row:end],
        [None if root is None else numbers[root] for root in roots],
        offsets,
        [_RAW[make](event) for event, make in zip(events, makes, strict=True)],
        [
            None if make in _PLACED or make is BodyReceived else _said(event)
            for event, make in zip(events, makes, strict=True)
        ],
        list(map(_facts, events, offsets, event_ids)),
        event_ids,
    )
    return list(zip(*columns, strict=True))


def shown_id(event: AnyEvent) -> str | None:
    """The JSON-RPC id of a message as JSON, or the id of an event without a message; None for none."""
    if isinstance(event, FrameReceived | ToolStep):
        return None if event.event_id is None else sound(event.event_id)
    request_id = getattr(event, "id", None)
    return None if request_id is None else sound(id_text(request_id))


def read(columns: tuple[Any, ...], data: bytes | None = None) -> AnyEvent:
    """The event of one row of `SELECT`; `data` are the bytes of a chunk, put together again."""
    n, at, monotonic_ns, connection, stream, direction, offset, raw, facts, kind, _, _, event_id = columns
    if not (type(at) is float and type(monotonic_ns) is type(connection) is int and type(stream) in _STREAM_TYPES):
        raise TypeError("a column holds what it must not")
    head: dict[str, Any] = {"n": n, "at": at, "monotonic_ns": monotonic_ns, "connection": connection, "stream": stream}
    head["direction"] = _DIRECTIONS[direction]
    field = _BYTES_OF_KIND.get(kind)
    if field:
        head[field] = data if data is not None else raw or b""
        if type(head[field]) is not bytes:
            raise TypeError("a column holds what it must not")
    if kind in _PLACED_KINDS and offset is not None:
        head["offset"] = offset
    bare = _bare(facts)
    if event_id is not None:
        head["event_id"] = event_id
    if isinstance(bare, SseEvent) and bare.first_byte_ns == _AT_ONCE:
        head["first_byte_ns"] = monotonic_ns
    event: AnyEvent = replace(bare, **head)
    return event


def _bare(facts: str) -> AnyEvent:
    """What the facts of an event say; floods have the same ones over and over."""
    known = _BARE_OF.get(facts)
    if known is not None:
        return known
    bare = _decoded(facts)
    if len(facts) <= _MAX_PLAIN_LENGTH and len(_BARE_OF) < _MAX_PLAIN:
        _BARE_OF[facts] = bare
    return bare


def _decoded(facts: str) -> AnyEvent:
    if _HALF_PAIR not in facts:
        with suppress(msgspec.MsgspecError, ValueError):
            bare: AnyEvent = _decode(facts)
            return bare
    # What strict JSON does not hold: half a surrogate pair.
    return msgspec.convert(json.loads(facts), AnyEvent, strict=True)  # type: ignore[no-any-return]


def _offset(event: AnyEvent) -> int | None:
    """Where `raw` begins in the body of the stream; None where it is not a piece of that body as it came."""
    if event.direction is not Direction.INBOUND:
        return None
    if type(event) is Message:
        return event.offset if event.framing is not Framing.BATCH else None
    if type(event) is BodyReceived:
        return 0
    return event.offset if isinstance(event, FrameReceived | ToolStep | CommentReceived) else None


def _said(event: AnyEvent) -> str:
    return searchable(event).decode("utf-8", "backslashreplace")


def _event_id(event: AnyEvent) -> str | None:
    """The id of the block, None also where SQLite cannot hold it: then it stands in the facts."""
    event_id = event.event_id if isinstance(event, SseEvent) else None
    return event_id if event_id is None or sound(event_id) == event_id else None


def _facts(event: AnyEvent, offset: int | None, event_id: str | None) -> str:
    """What stands in no column, as JSON."""
    is_plain = type(event) is Message and offset is not None and _is_plain(event, event_id)
    if is_plain and (known := _PLAIN.get(event.method)):  # type: ignore[union-attr]
        return known
    bare = replace(event, **(_BARE if offset is None else _BARE_PLACED).get(type(event), _HEAD))
    if isinstance(event, SseEvent):
        at_once = event.first_byte_ns == event.monotonic_ns
        first_ns = _AT_ONCE if at_once else event.first_byte_ns
        bare = replace(bare, first_byte_ns=first_ns, event_id=event.event_id if event_id is None else None)
    facts = _json(bare)
    if is_plain and len(_PLAIN) < _MAX_PLAIN:
        _PLAIN[event.method] = facts  # type: ignore[union-attr]
    return facts


def _is_plain(event: Message, event_id: str | None) -> bool:
    """Whether a message says no more than its method beside what stands in columns, as those of a flood do."""
    return (
        event.message_type is MessageType.NOTIFICATION
        and event.framing is Framing.SSE
        and event.first_byte_ns == event.monotonic_ns
        and event.event == "message"
        and event.event_id == event_id
        and (event.retry_ms, event.name, event.request_n, event.progress_token) == _FOUR_TIMES_NONE
        and (event.id, event.rtt_ms, event.error_code, event.problems) == _NOTHING_MORE
        and not (event.truncated or event.is_tool_error)
    )


def _json(bare: AnyEvent) -> str:
    try:
        return _encode(bare).decode()
    except UnicodeEncodeError:
        return jsontext.dumps(msgspec.to_builtins(bare)).decode()


def sound(text: str) -> str:
    """`text` as SQLite can hold it: half a surrogate pair as an escape."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


_LOG_ENTRY = replace(LOG_ENTRY, first_byte_ns=_AT_ONCE, **_BARE_PLACED[Message])
_BARE_OF: dict[str, AnyEvent] = {_json(_LOG_ENTRY): _LOG_ENTRY}
"""What short facts say; log entries are to be known as such again."""
