"""Bytes are stored once: what an event's `raw` holds of a chunk is left out of the chunk, and put back when read.

`Covering` follows each stream as its chunks and events are stored; `put_together` is its inverse.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from operator import itemgetter

from inspector.record.schema import Columns, chunk_columns
from inspector.trace.events import ChunkReceived

MAX_OPEN_BYTES = 128 * 1024 * 1024
"""How much of a stream is held while one event of it is still coming in; of what is older both copies stay."""
WORTH_BYTES = 4 * 1024
"""What must be saved for a chunk that is already on disk to be written again."""


@dataclass(slots=True, eq=False)
class Chunk:
    """A chunk that events may yet cover; `is_stored` once its row has been written."""

    event: ChunkReceived
    is_stored: bool = False
    last_n: int | None = None
    ranges: list[tuple[int, bytes]] = field(default_factory=list)

    @property
    def end(self) -> int:
        return self.event.offset + len(self.event.data)

    def uncovered(self) -> bytes | None:
        """The bytes that stand in no event, None if the events do not say what the chunk holds (it was compressed)."""
        data, start, end = self.event.data, self.event.offset, self.end
        parts, rest, position = [], [], start
        for offset, raw in sorted(self.ranges, key=itemgetter(0)):  # a comment may stand inside a frame told later
            stop = min(offset + len(raw), end)
            if stop <= position or offset >= end:
                continue
            if offset > position:
                gap = data[position - start : offset - start]
                rest.append(gap)
                parts.append(gap)
                position = offset
            parts.append(raw[position - offset : stop - offset])
            position = stop
        gap = data[position - start :]
        rest.append(gap)
        parts.append(gap)
        return b"".join(rest) if b"".join(parts) == data else None

    def columns(self) -> Columns:
        """Its row as far as it is covered now."""
        raw = self.uncovered() if self.ranges else None
        self.is_stored = True
        if raw is None:
            return chunk_columns(self.event, self.event.data, None)
        return chunk_columns(self.event, raw, self.last_n)


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A stored chunk whose bytes have since come to stand in an event."""

    n: int
    last_n: int
    raw: bytes


class Covering:
    """Which bytes of which chunk stand in an event; fed in the order of the river."""

    def __init__(self) -> None:
        self._open: dict[int, deque[Chunk]] = {}
        self._fresh: list[Chunk] = []
        self._rewrites: list[Rewrite] = []

    def add_chunk(self, event: ChunkReceived) -> None:
        chunk = Chunk(event)
        self._fresh.append(chunk)
        chunks = self._open.setdefault(event.stream or 0, deque())
        chunks.append(chunk)
        if event.offset - chunks[0].event.offset > MAX_OPEN_BYTES:
            chunks.popleft()

    def add_bytes(self, stream: int, n: int, offset: int, raw: bytes) -> None:
        """The event `n` holds these bytes of its stream, so the chunks they came in need not."""
        chunks = self._open.get(stream)
        if not chunks:
            return
        end, done, first = offset + len(raw), 0, chunks[0]
        if first.event.offset <= offset and end < first.end:  # as nearly all are: inside of one chunk
            first.ranges.append((offset, raw))
            first.last_n = n
            return
        for chunk in chunks:
            if chunk.event.offset >= end:
                break
            if chunk.end > offset:
                chunk.ranges.append((offset, raw))
                chunk.last_n = n
            if chunk.end <= end:
                done += 1
        for _ in range(done):
            self._rewrite(chunks.popleft())

    def end_stream(self, stream: int) -> None:
        """Nothing more comes on it."""
        self._open.pop(stream, None)

    def take(self) -> tuple[list[Columns], list[Rewrite]]:
        """The rows of the chunks that came since it was last asked, and what has changed about those before."""
        rows, self._fresh = [chunk.columns() for chunk in self._fresh], []
        rewrites, self._rewrites = self._rewrites, []
        return rows, rewrites

    def _rewrite(self, chunk: Chunk) -> None:
        raw = chunk.uncovered() if chunk.is_stored else None
        if raw is not None and chunk.last_n is not None and len(chunk.event.data) - len(raw) >= WORTH_BYTES:
            self._rewrites.append(Rewrite(chunk.event.n, chunk.last_n, raw))


def put_together(offset: int, size_bytes: int, uncovered: bytes, ranges: Iterable[tuple[int, bytes]]) -> bytes:
    """The bytes of a chunk from what it kept and the bytes of the events in it, in the order of their offsets."""
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
