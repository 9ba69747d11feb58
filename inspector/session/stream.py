"""One HTTP exchange from start to end, run by one task: every fact on the way becomes an event."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter_ns
from typing import Any, Protocol

from inspector.protocol.breach import Breach, Severity
from inspector.protocol.transports.answer import Head, HttpRequest, Meaning, Verdict
from inspector.session.http import MAX_REDIRECTS, HttpFailure, Marks, Opened, Redirect, redirect_of
from inspector.session.link import Link
from inspector.trace.events import (
    BodyReceived,
    ChunkReceived,
    Connected,
    Direction,
    EndCause,
    HeadersReceived,
    Phase,
    Redirected,
    RequestSent,
    StreamEnded,
    TraceEvent,
)
from inspector.wire import http
from inspector.wire.lens import ClientLens
from inspector.wire.sse import Comment, Frame, SseParser

BREATH_NS = 4_000_000
"""How long we may handle chunks without letting the event loop run."""
MAX_ODD_BODY_BYTES = 256 * 1024
"""How much of a body that is no answer (an error page, say) is kept."""
LENS_BUDGET_BYTES = 256 * 1024
"""How much of each stream the client lens reads."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where and when something arrived: the stream, and the times of its first and its last byte."""

    stream: int
    first_ns: int
    last_ns: int


class Sink(Protocol):
    """What the owner of a stream does with what comes."""

    def on_head(self, head: Head, url: str, stream: int) -> Verdict: ...

    def on_item(self, item: Frame | Comment, arrival: Arrival) -> None: ...

    def on_body(self, body: bytes, head: Head, arrival: Arrival) -> bool:
        """Take a whole body; False if it is no JSON-RPC message, so that it is shown as it is."""
        ...


@dataclass(slots=True)
class Ended:
    """How a stream ended, for its owner. `verdict` is None if no headers ever came."""

    event: StreamEnded
    verdict: Verdict | None
    last_event_id: str = ""
    retry_ms: int | None = None

    @property
    def sentence(self) -> str:
        return self.verdict.sentence if self.verdict and self.verdict.sentence else self.event.sentence

    @property
    def was_stream(self) -> bool:
        return self.verdict is not None and self.verdict.meaning is Meaning.EVENT_STREAM


@dataclass(slots=True, eq=False)
class Stream:
    """Runs one exchange. `stop` ends it from outside with a cause of ours."""

    link: Link
    sink: Sink
    before_send: Callable[[int], None] = field(default=lambda stream: None)
    number: int = 0
    last_byte_ns: int = 0
    is_event_stream: bool = False
    fulfilled_ns: int = 0
    stop_cause: EndCause | None = None
    stop_sentence: str = "We closed the stream."
    _task: asyncio.Task[object] | None = None
    _marks: Marks = field(default_factory=Marks)
    _verdict: Verdict | None = None
    _status: int | None = None
    _phase: Phase = Phase.CONNECT
    _bytes: int = 0
    _chunks: int = 0
    _frames: int = 0
    _parser: SseParser | None = None
    _lens: ClientLens | None = None
    _decoded: int = 0
    _chunk_starts: deque[tuple[int, int]] = field(default_factory=deque)

    async def run(self, request: HttpRequest) -> Ended:
        """The whole exchange. Never raises for what the peer did; cancellation is recorded and passed on."""
        self.number = self.link.river.next_stream()
        self._task = asyncio.current_task()
        self.link.streams.add(self)
        try:
            return self._end(*await self._exchange(request))
        except HttpFailure as failure:
            self._phase = Phase.BODY if self._verdict else failure.phase
            return self._end(self._refine(failure.cause), failure.sentence, failure.error)
        except asyncio.CancelledError:
            ended = self._end(self.stop_cause or EndCause.CANCELLED_BY_US, self.stop_sentence, None)
            if self._stopped_from_inside():
                return ended
            raise
        finally:
            self._task = None
            self.link.streams.discard(self)

    def stop(self, cause: EndCause, sentence: str) -> None:
        """End the stream as an act of ours; `run` then returns in the task that runs it."""
        if self._task is not None and self.stop_cause is None:
            self.stop_cause, self.stop_sentence = cause, sentence
            self._task.cancel()

    def _stopped_from_inside(self) -> bool:
        """Whether the cancellation was `stop` alone, not also the end of the whole task."""
        return self.stop_cause is not None and self._task is not None and self._task.uncancel() == 0

    @property
    def last_event_id(self) -> str:
        return self._parser.last_event_id if self._parser else ""

    @property
    def retry_ms(self) -> int | None:
        return self._parser.reconnection_time_ms if self._parser else None

    async def _exchange(self, request: HttpRequest) -> tuple[EndCause, str, str | None]:
        for hop in range(MAX_REDIRECTS + 1):
            redirect = await self._hop(request, hop)
            if redirect is None:
                return self._normal_end()
            if redirect.follow is None:
                self._verdict = Verdict(
                    Meaning.FAILED, f"The server redirects to {redirect.location}. {redirect.reason}"
                )
                return EndCause.REJECTED, self._verdict.sentence, None
            request = redirect.follow
        sentence = f"The server redirects in a circle: {MAX_REDIRECTS} redirects without an answer. Check its address."
        self._verdict = Verdict(Meaning.FAILED, sentence)
        return EndCause.REJECTED, sentence, None

    async def _hop(self, request: HttpRequest, hop: int) -> Redirect | None:
        built, headers = self.link.http.build(request)
        if hop == 0:
            self.before_send(self.number)
        self._emit(
            RequestSent,
            Direction.OUTBOUND,
            method=request.method,
            url=http.mask_url(request.url),
            purpose=request.purpose,
            headers=http.mask_headers(headers),
            body=request.body,
        )
        self._marks = Marks(on_connected=self._on_connected, on_waiting=self.link.wait_for_headers)
        async with self.link.http.open(built, self._marks) as opened:
            self.link.sockets.append(opened.network_stream)
            redirect = self._on_headers(request, opened, hop)
            if redirect is None:
                await self._read(opened)
            return redirect

    def _on_connected(self) -> None:
        marks = self._marks
        self._emit(
            Connected,
            None,
            peer=marks.peer(),
            connect_ms=marks.connect_ms,
            tls_ms=marks.tls_ms,
            tls_version=marks.tls_version(),
        )

    def _on_headers(self, request: HttpRequest, opened: Opened, hop: int) -> Redirect | None:
        self._status = opened.status
        now_ns = perf_counter_ns()
        self._emit(
            HeadersReceived,
            Direction.INBOUND,
            status=opened.status,
            reason=opened.reason,
            http_version=opened.http_version,
            headers=http.mask_headers(opened.headers),
            ttfb_ms=(now_ns - self._marks.sent_ns) / 1e6,
        )
        head = Head(opened.status, opened.headers)
        redirect = redirect_of(request, opened.status, head.get("location"))
        if redirect is not None:
            followed = redirect.follow is not None and hop < MAX_REDIRECTS
            self._emit(
                Redirected,
                Direction.INBOUND,
                status=opened.status,
                location=http.mask_url(redirect.location),
                followed=followed,
                reason=redirect.reason,
            )
            return redirect
        self.last_byte_ns = now_ns
        self._verdict = self.sink.on_head(head, opened.url, self.number)
        for breach in self._verdict.breaches:
            self.link.report(breach, self.number)
        return None

    async def _read(self, opened: Opened) -> None:
        self._phase = Phase.BODY
        head = Head(opened.status, opened.headers)
        self._check_encoding(head)
        if self._verdict is not None and self._verdict.meaning is Meaning.EVENT_STREAM:
            await self._read_events(opened, head)
        else:
            await self._read_body(opened, head)

    async def _read_events(self, opened: Opened, head: Head) -> None:
        self.is_event_stream = True
        parser = self._parser = SseParser(self.link.options.event_limit_bytes)
        self._lens = ClientLens(LENS_BUDGET_BYTES, head.get("content-type"))
        breathed_ns = perf_counter_ns()
        async for chunk in opened.chunks(self._on_raw):
            self._chunk_starts.append((self._decoded, self.last_byte_ns))
            self._decoded += len(chunk)
            self._hand_over(parser.feed(chunk), chunk)
            if perf_counter_ns() - breathed_ns > BREATH_NS:
                await asyncio.sleep(0)
                breathed_ns = perf_counter_ns()
        left_over = parser.finish()
        if left_over is not None:
            self._hand_over([left_over], b"")

    def _hand_over(self, items: list[Frame | Comment], chunk: bytes) -> None:
        starts, last_ns = self._chunk_starts, self.last_byte_ns
        for item in items:
            while len(starts) > 1 and starts[1][0] <= item.offset:
                starts.popleft()
            self._frames += 1
            self.sink.on_item(item, Arrival(self.number, starts[0][1], last_ns))
        if self._lens is not None:
            self._look_through_lens(self._lens, chunk, items)

    def _look_through_lens(self, lens: ClientLens, chunk: bytes, items: list[Frame | Comment]) -> None:
        frames = [item for item in items if isinstance(item, Frame)]
        for difference in lens.feed(chunk, frames):
            breach = Breach(difference.rule, Severity.NOTE, difference.text, "Avoid what clients read differently.")
            self.link.report_once(breach, self.number)
        if lens.exhausted:
            self._lens = None

    async def _read_body(self, opened: Opened, head: Head) -> None:
        is_answer = self._verdict is not None and self._verdict.meaning is Meaning.MESSAGE
        limit = self.link.options.event_limit_bytes if is_answer else MAX_ODD_BODY_BYTES
        body = bytearray()
        first_ns, truncated = 0, False
        async for chunk in opened.chunks(self._on_raw):
            first_ns = first_ns or self.last_byte_ns
            body += chunk[: limit - len(body)]
            truncated = truncated or len(body) >= limit
            if truncated:
                break
        if not body:
            return
        arrival = Arrival(self.number, first_ns, self.last_byte_ns)
        if truncated or not self.sink.on_body(bytes(body), head, arrival):
            kind = head.get("content-type") or ""
            self._emit(BodyReceived, Direction.INBOUND, content_type=kind, raw=bytes(body), truncated=truncated)

    def _on_raw(self, now_ns: int, chunk: bytes) -> None:
        self.last_byte_ns = now_ns
        self.link.river.emit(
            ChunkReceived,
            monotonic_ns=now_ns,
            connection=self.link.number,
            stream=self.number,
            direction=Direction.INBOUND,
            offset=self._bytes,
            data=chunk,
        )
        self._bytes += len(chunk)
        self._chunks += 1

    def _check_encoding(self, head: Head) -> None:
        encoding = (head.get("content-encoding") or "identity").lower()
        if encoding == "identity":
            return
        decodable = encoding in ("gzip", "deflate")
        text = f"The answer is compressed ({encoding}) though we asked for identity."
        if not decodable:
            text += " We cannot decode it, so its bytes are shown as they came."
        severity = Severity.NOTE if decodable else Severity.ERROR
        fix = "Exclude text/event-stream from compression, or flush after each event."
        self.link.report(Breach("sse-compressed", severity, text, fix), self.number)

    def _normal_end(self) -> tuple[EndCause, str, None]:
        meaning = self._verdict.meaning if self._verdict else Meaning.FAILED
        if meaning is Meaning.EVENT_STREAM:
            if self._pending():
                return EndCause.CUT_MID_EVENT, "The server ended the stream in the middle of an event.", None
            return EndCause.END_OF_STREAM, "The server ended the stream.", None
        if meaning in (Meaning.MESSAGE, Meaning.ACCEPTED):
            return EndCause.COMPLETE, "The exchange is complete.", None
        return EndCause.REJECTED, self._verdict.sentence if self._verdict else "", None

    def _refine(self, cause: EndCause) -> EndCause:
        cut = cause in (EndCause.CUT_MID_BODY, EndCause.RESET, EndCause.PROTOCOL)
        return EndCause.CUT_MID_EVENT if cut and self._pending() else cause

    def _pending(self) -> bytes:
        return bytes(self._parser.pending[:256]) if self._parser else b""

    def _end(self, cause: EndCause, sentence: str, error: str | None) -> Ended:
        now_ns = self.link.now_ns()
        event = self.link.river.emit(
            StreamEnded,
            connection=self.link.number,
            stream=self.number,
            cause=cause,
            phase=self._phase,
            sentence=sentence,
            error=error,
            status=self._status,
            bytes_received=self._bytes,
            chunks=self._chunks,
            frames=self._frames,
            age_ms=(now_ns - self._marks.sent_ns) / 1e6 if self._marks.sent_ns else 0.0,
            idle_ms=(now_ns - self.last_byte_ns) / 1e6 if self.last_byte_ns else 0.0,
            pending=self._pending(),
        )
        return Ended(event, self._verdict, self.last_event_id, self.retry_ms)

    def _emit(self, kind: Callable[..., TraceEvent], direction: Direction | None, **fields: Any) -> None:
        self.link.river.emit(
            kind,
            connection=self.link.number,
            stream=self.number,
            direction=direction,
            **fields,
        )
