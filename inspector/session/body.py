"""The body of an answer: read to its end as an event stream or as a whole, every chunk and item told as it comes."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from time import perf_counter_ns
from typing import Protocol

from inspector.protocol.breach import Breach, Severity
from inspector.protocol.transports.answer import Head, Verdict
from inspector.session.http import HttpFailure, Opened, Shears
from inspector.session.link import Link
from inspector.session.reader import Arrival, EventReader
from inspector.session.veil import Veil
from inspector.trace.events import BodyReceived, ChunkReceived, Direction, EndCause, Phase
from inspector.wire.sse import Comment, Frame

LENS_FIX = "The stream is as the standard wants it; only clients built on httpx-sse read it so."
BREATH_NS = 2_000_000
"""How long we may handle chunks without letting the event loop run."""
MAX_ODD_BODY_BYTES = 256 * 1024
"""How much of a body that is no answer (an error page, say) is kept."""


class Sink(Protocol):
    """What the owner of a stream does with what comes."""

    def on_head(self, head: Head, url: str, stream: int) -> Verdict: ...

    def on_items(self, items: list[Frame | Comment], arrival: Arrival) -> None:
        """Take what came together of an event stream."""
        ...

    def on_body(self, body: bytes, head: Head, arrival: Arrival) -> bool:
        """Take a whole body; False if it is no JSON-RPC message, so that it is shown as it is."""
        ...


class Body:
    """Reads the body of exchange `stream`; the counters are for its `http.end`.

    Behind a `veil` nothing is told before the end, when all that is secret can be seen and overwritten. The
    laboratory's `shears` may cut it short.
    """

    def __init__(
        self, link: Link, sink: Sink, stream: int, veil: Veil | None = None, shears: Shears | None = None
    ) -> None:
        self.bytes = self.chunks = self.frames = 0
        self.last_byte_ns = perf_counter_ns()
        self.reader: EventReader | None = None
        self._link = link
        self._sink = sink
        self._stream = stream
        self._veil = veil
        self._shears = shears

    @property
    def pending_bytes(self) -> int:
        """How much came behind the last complete event."""
        return self.reader.parser.pending_bytes if self.reader else 0

    async def read_events(self, opened: Opened, head: Head) -> None:
        """The body as an event stream. Raises `HttpFailure`; what the end cut off is told all the same."""
        self._check_encoding(head)
        limit = self._link.options.event_limit_bytes
        reader = self.reader = EventReader(self._stream, limit, head.get("content-type"))
        breathed_ns = perf_counter_ns()
        try:
            async for chunk in opened.chunks(self._on_raw, self._shears):
                self._read_chunk(reader, chunk)
                await self._link.river.room(len(chunk))
                if perf_counter_ns() - breathed_ns > BREATH_NS:
                    await asyncio.sleep(0)
                    breathed_ns = perf_counter_ns()
        finally:
            left_over = reader.finish()
            if left_over is not None:
                self._hand_over(reader, [left_over])

    def _read_chunk(self, reader: EventReader, chunk: bytes) -> None:
        items, differences = reader.feed(chunk, self.last_byte_ns)
        self._hand_over(reader, items)
        for found in differences:
            breach = Breach(found.rule, Severity.NOTE, found.text, LENS_FIX)
            self._link.report_once(breach, self._stream)

    def _hand_over(self, reader: EventReader, items: list[Frame | Comment]) -> None:
        self.frames += len(items)
        for run, arrival in reader.runs(items, self.last_byte_ns):
            self._sink.on_items(run, arrival)

    async def read_whole(self, opened: Opened, head: Head, *, is_answer: bool, for_owner: bool = True) -> None:
        """The body in one piece, only shown if not `for_owner`. Raises `HttpFailure`, also beyond our limit."""
        self._check_encoding(head, is_stream=False)
        limit = self._link.options.event_limit_bytes if is_answer else MAX_ODD_BODY_BYTES
        body, first_ns, is_whole = bytearray(), 0, False
        try:
            async with aclosing(opened.chunks(self._on_raw, self._shears)) as chunks:
                async for chunk in chunks:
                    first_ns = first_ns or self.last_byte_ns
                    body += chunk[: limit + 1 - len(body)]
                    await self._link.river.room(len(chunk))
                    if len(body) > limit:
                        break
                else:
                    is_whole = True
        finally:
            self._unveil(head)
            arrival = Arrival(self._stream, first_ns, self.last_byte_ns)
            self._take(bytes(body[:limit]), head, arrival, is_whole=is_whole, for_owner=for_owner)
        if is_answer and not is_whole:
            raise HttpFailure(EndCause.CLOSED_BY_US, Phase.BODY, self._report_too_large(limit), "")

    def _take(self, body: bytes, head: Head, arrival: Arrival, *, is_whole: bool, for_owner: bool) -> None:
        """What came of a body is shown, also if the rest is missing."""
        if not body or (is_whole and for_owner and self._sink.on_body(body, head, arrival)):
            return
        content_type = head.get("content-type") or ""
        self._link.river.emit(
            BodyReceived,
            connection=self._link.number,
            stream=self._stream,
            direction=Direction.INBOUND,
            content_type=content_type,
            raw=self._veil.over(body, content_type) if self._veil else body,
            truncated=not is_whole,
        )

    def _report_too_large(self, limit_bytes: int) -> str:
        text = f"The answer is larger than our limit of {limit_bytes:,} bytes; its beginning is kept."
        fix = "Paginate, or link to the data as a resource."
        self._link.report(Breach("answer-too-large", Severity.ERROR, text, fix), self._stream)
        return f"{text} {fix}"

    def _on_raw(self, now_ns: int, chunk: bytes) -> None:
        self.last_byte_ns = now_ns
        if self._veil is None:
            self._tell_chunk(now_ns, self.bytes, chunk)
        else:
            self._veil.hold(now_ns, chunk)
        self.bytes += len(chunk)
        self.chunks += 1

    def _unveil(self, head: Head) -> None:
        offset = 0
        for now_ns, chunk in self._veil.release(head) if self._veil else ():
            self._tell_chunk(now_ns, offset, chunk)
            offset += len(chunk)

    def _tell_chunk(self, now_ns: int, offset: int, chunk: bytes) -> None:
        self._link.river.emit(
            ChunkReceived,
            monotonic_ns=now_ns,
            connection=self._link.number,
            stream=self._stream,
            direction=Direction.INBOUND,
            offset=offset,
            data=chunk,
        )

    def _check_encoding(self, head: Head, *, is_stream: bool = True) -> None:
        """A compressed stream is told of; of a whole body only that it cannot be read."""
        encoding = (head.get("content-encoding") or "identity").lower()
        decodable = encoding in ("gzip", "deflate")
        if encoding == "identity" or (decodable and not is_stream):
            return
        text = f"The answer is compressed ({encoding[:100]})."
        if not decodable:
            text += " We cannot decode it, so its bytes are shown as they came."
        severity = Severity.NOTE if decodable else Severity.ERROR
        fix = "Exclude text/event-stream from compression, or flush after each event."
        self._link.report(Breach("sse-compressed", severity, text, fix), self._stream)
