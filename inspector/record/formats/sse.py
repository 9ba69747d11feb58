"""The raw bytes of event streams, as they were before anybody read them: what a `.sse` file holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import BinaryIO

from inspector.record.extent import EVERYTHING, Extent
from inspector.record.formats.parts import Parts, new_part
from inspector.record.formats.stream_bytes import Decoder, decoder_of
from inspector.record.redaction import Redactor
from inspector.trace.events import (
    AnyEvent,
    ChunkReceived,
    CommentReceived,
    FrameReceived,
    Framing,
    HeadersReceived,
    Message,
    StreamEnded,
    ToolStep,
)
from inspector.trace.river import River
from inspector.wire import http

BETWEEN = b"\n\n"
"""Stands between two streams, so that an event that was cut does not run into the next stream."""


@dataclass(slots=True)
class _Stream:
    """One event stream: its chunks decoded, or its blocks where no chunk says what they hold."""

    n: int
    decode: Decoder | None
    mask: Callable[[bytes], bytes]
    part: BinaryIO = field(default_factory=new_part)
    has_chunks: bool = False

    def read(self, event: AnyEvent) -> None:
        if isinstance(event, ChunkReceived):
            if self.decode is not None:
                self.has_chunks = True
                for piece in self.decode(event.data):
                    self.part.write(self.mask(piece))
        elif not self.has_chunks:
            self.part.write(self.mask(block_bytes(event)))


def write_sse(river: River, out: BinaryIO, redactor: Redactor | None = None, extent: Extent = EVERYTHING) -> int:
    """Write the event streams that `extent` holds, one after the other; returns how many.

    Content coding is undone. The events alone are written of a stream whose chunks cannot be read, and where `extent`
    holds no chunks, as some rows of a timeline do not.
    """
    streams: dict[int, _Stream] = {}
    with Parts() as parts:
        try:
            _gather(river, parts, streams, redactor, extent)
            for left in streams.values():
                parts.add(left.n, left.part)
        finally:
            for left in streams.values():
                left.part.close()
        parts.write(out, BETWEEN)
        return len(parts)


def _gather(river: River, parts: Parts, streams: dict[int, _Stream], redactor: Redactor | None, extent: Extent) -> None:
    """Read everything; streams that ended become parts, the others are left in `streams`."""
    mask = redactor.stream if redactor else lambda: _as_is
    for block in river.blocks():
        for event in block:
            number = event.stream
            if number is None or not extent.holds_exchange(number):
                continue
            if isinstance(event, HeadersReceived):
                if number not in streams and is_event_stream(event):
                    streams[number] = _Stream(event.n, decoder_of(event.headers), mask())
            elif number in streams:
                if isinstance(event, StreamEnded):
                    ended = streams.pop(number)
                    parts.add(ended.n, ended.part)
                elif extent.holds(event):
                    streams[number].read(event)


def block_bytes(event: AnyEvent) -> bytes:
    """The bytes of a block or of a comment; nothing for what came in no event stream."""
    if isinstance(event, Message | ToolStep):
        return event.raw if event.framing is Framing.SSE else b""
    return event.raw if isinstance(event, FrameReceived | CommentReceived) else b""


def is_event_stream(event: HeadersReceived) -> bool:
    return http.is_event_stream(http.get(event.headers, "content-type"))


def _as_is(data: bytes) -> bytes:
    return data
