"""Bytes are stored once: what an event's `raw` holds of a chunk is left out of the chunk, and put back when read.

`Covering` follows each stream as its chunks and events are written; `put_together` is its inverse.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from inspector.record.schema import ABOUT_N, RAW, Columns
from inspector.trace.events import ChunkReceived

MAX_OPEN_BYTES = 128 * 1024 * 1024
"""How much of a stream is held while one event of it is still coming in; of what is older both copies stay."""
WORTH_BYTES = 4 * 1024
"""What must be saved for a chunk that is already on disk to be written again."""


@dataclass(slots=True, eq=False)
class Chunk:
    """A chunk that events may yet cover; `columns` is its row while that has not been written."""

    n: int
    offset: int
    data: bytes
    columns: Columns | None
    last_n: int = -1
    ranges: list[tuple[int, bytes]] = field(default_factory=list)

    @property
    def end(self) -> int:
        return self.offset + len(self.data)

    def uncovered(self) -> bytes | None:
        """The bytes that stand in no event, None if the events do not say what the chunk holds (it was compressed)."""
        parts, rest, position = [], [], self.offset
        for offset, raw in self.ranges:
            if offset > position:
                gap = self.data[position - self.offset : offset - self.offset]
                rest.append(gap)
                parts.append(gap)
            parts.append(raw[max(0, self.offset - offset) : self.end - offset])
            position = offset + len(raw)
        gap = self.data[max(0, position - self.offset) :]
        rest.append(gap)
        parts.append(gap)
        return b"".join(rest) if b"".join(parts) == self.data else None


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A stored chunk whose bytes have since come to stand in an event."""

    n: int
    last_n: int
    raw: bytes


class Covering:
    """Which bytes of which chunk stand in an event; fed in the order of the river, `flush` ends a portion."""

    def __init__(self) -> None:
        self._open: dict[int, list[Chunk]] = {}
        self._fresh: list[Chunk] = []
        self.rewrites: list[Rewrite] = []

    def add_chunk(self, event: ChunkReceived, columns: Columns) -> None:
        chunk = Chunk(event.n, event.offset, event.data, columns)
        self._fresh.append(chunk)
        chunks = self._open.setdefault(event.stream or 0, [])
        chunks.append(chunk)
        if len(chunks) > 1 and event.offset - chunks[0].offset > MAX_OPEN_BYTES:
            chunks.pop(0)

    def add_bytes(self, stream: int, n: int, offset: int, raw: bytes) -> None:
        """The event `n` holds these bytes of its stream, so the chunks they came in need not."""
        chunks = self._open.get(stream)
        if not chunks:
            return
        end, done = offset + len(raw), 0
        for chunk in chunks:
            if chunk.offset >= end:
                break
            if chunk.end > offset:
                chunk.ranges.append((offset, raw))
                chunk.last_n = n
            if chunk.end <= end:
                done += 1
                self._finish(chunk)
        if done:
            del chunks[:done]

    def end_stream(self, stream: int) -> None:
        """Nothing more comes on it."""
        self._open.pop(stream, None)

    def flush(self) -> None:
        """A portion is about to be written: its chunks get the bytes that are not covered until now."""
        for chunk in self._fresh:
            if chunk.columns is not None:
                self._finish(chunk)
        self._fresh.clear()

    def _finish(self, chunk: Chunk) -> None:
        raw = chunk.uncovered() if chunk.ranges else None
        if raw is None:
            chunk.columns = None
            return
        if chunk.columns is not None:
            chunk.columns[RAW], chunk.columns[ABOUT_N] = raw, chunk.last_n
            chunk.columns = None
        elif len(chunk.data) - len(raw) >= WORTH_BYTES:
            self.rewrites.append(Rewrite(chunk.n, chunk.last_n, raw))


def put_together(offset: int, size_bytes: int, uncovered: bytes, ranges: Iterable[tuple[int, bytes]]) -> bytes:
    """The bytes of a chunk from what it kept and the bytes of the events in it, in the order of the stream."""
    parts, position, kept = [], offset, 0
    end = offset + size_bytes
    for start, raw in ranges:
        if start + len(raw) <= position or start >= end:
            continue
        if start > position:
            parts.append(uncovered[kept : kept + start - position])
            kept += start - position
            position = start
        part = raw[position - start : end - start]
        parts.append(part)
        position += len(part)
    parts.append(uncovered[kept:])
    return b"".join(parts)
