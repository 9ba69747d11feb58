"""One HTTP exchange from start to end, run by one task: every fact on the way becomes an event."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from time import perf_counter_ns
from typing import Any

from inspector.protocol.transports.answer import Head, HttpRequest, Meaning, Verdict
from inspector.session.body import Body, Sink
from inspector.session.cut_rules import StreamShears
from inspector.session.http import MAX_REDIRECTS, HttpFailure, Opened
from inspector.session.link import Link
from inspector.session.marks import Marks
from inspector.session.redirect import Redirect, redirect_of
from inspector.session.tcp_socket import Socket
from inspector.session.veil import Veil
from inspector.trace.events import (
    OWN_ENDS,
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

log = logging.getLogger(__name__)

ODD_BODY_S, ACCEPTED_BODY_S = 3.0, 1.0
"""How long we wait for the end of a body that is no answer, and of one that follows an acceptance."""
MAX_PENDING_BYTES = 256


@dataclass(slots=True)
class Ended:
    """How a stream ended, for its owner. `verdict` is None if no headers ever came.

    `head` are the last headers that came, `token_n` the number of the access token that they answer, 0 for none.
    """

    event: StreamEnded
    verdict: Verdict | None
    last_event_id: str = ""
    retry_ms: int | None = None
    head: Head | None = None
    token_n: int = 0

    @property
    def sentence(self) -> str:
        return self.verdict.sentence if self.verdict and self.verdict.sentence else self.event.sentence

    @property
    def was_stream(self) -> bool:
        return self.verdict is not None and self.verdict.meaning is Meaning.EVENT_STREAM


@dataclass(slots=True, eq=False)
class Stream:
    """Runs one exchange. `stop` ends it from outside with a cause of ours.

    `is_leaving` says that the request may be on the wire in part, `written` that it has left in whole; `body` is what
    is being read, once the headers are here.

    A stream that `is_aside` talks to somebody else than the MCP server, for signing in: its requests are not signed,
    its redirects are not followed, and its socket says nothing about the server. A `veil` masks its bodies.
    """

    link: Link
    sink: Sink
    before_send: Callable[[int], None] = field(default=lambda stream: None)
    is_aside: bool = False
    veil: Veil | None = None
    number: int = 0
    method: str = ""
    purpose: str = ""
    is_leaving: bool = False
    written: asyncio.Event = field(default_factory=asyncio.Event)
    body: Body | None = None
    closes_at_ns: int = 0
    stop_cause: EndCause | None = None
    stop_sentence: str = "We closed the stream."
    _task: asyncio.Task[object] | None = None
    _marks: Marks = field(default_factory=Marks)
    _verdict: Verdict | None = None
    _head: Head | None = None
    _token_n: int = 0
    _phase: Phase = Phase.CONNECT
    _late_stop: tuple[EndCause, str] = (EndCause.CLOSED_BY_US, "We closed the stream.")

    async def run(self, request: HttpRequest) -> Ended:
        """The whole exchange. Never raises for what the peer did; cancellation is recorded and passed on."""
        self.number = self.link.river.next_stream()
        self._task = asyncio.current_task()
        self.link.streams.add(self)
        try:
            return self._end(*await self._exchange(request))
        except HttpFailure as failure:
            self._phase = Phase.BODY if self._verdict else failure.phase
            return self._end(_refined(failure.cause, self.body), failure.sentence, failure.error)
        except asyncio.CancelledError:
            ended = self._end(self.stop_cause or EndCause.CANCELLED_BY_US, self.stop_sentence, None)
            if self._stopped_from_inside():
                return ended
            raise
        except Exception as error:
            log.exception("Reading stream %s failed; this is a bug of the inspector", self.number)
            return self._end(EndCause.CLOSED_BY_US, "The inspector itself failed on this stream.", repr(error)[:1000])
        finally:
            self.written.set()
            self._task = None
            self.link.streams.discard(self)

    def stop(self, cause: EndCause, sentence: str) -> None:
        """End the stream as an act of ours; `run` then returns in the task that runs it."""
        if self._task is not None and self.stop_cause is None:
            self.stop_cause, self.stop_sentence = cause, sentence
            self._task.cancel()

    def close_in(self, seconds: float, cause: EndCause, sentence: str) -> None:
        """Stop the stream if it still runs after this time; the earliest such wish counts."""
        at_ns = self.link.now_ns() + int(seconds * 1e9)
        if not self.closes_at_ns or at_ns < self.closes_at_ns:
            self.closes_at_ns, self._late_stop = at_ns, (cause, sentence)

    def close_if_due(self, now_ns: int) -> None:
        if self.closes_at_ns and now_ns >= self.closes_at_ns:
            self.stop(*self._late_stop)

    def _stopped_from_inside(self) -> bool:
        """Whether the cancellation was `stop` alone, not also the end of the whole task."""
        return self.stop_cause is not None and self._task is not None and self._task.uncancel() == 0

    @property
    def socket(self) -> Socket | None:
        """The connection that its request was written to, None before that."""
        return self._marks.socket

    @property
    def is_event_stream(self) -> bool:
        return self._verdict is not None and self._verdict.meaning is Meaning.EVENT_STREAM

    @property
    def events_silent_since_ns(self) -> int:
        """When the last byte of an event stream came, 0 if this is none."""
        return self.body.last_byte_ns if self.body and self.body.reader else 0

    async def _exchange(self, request: HttpRequest) -> tuple[EndCause, str, str | None]:
        for hop in range(MAX_REDIRECTS + 1):
            redirect = await self._hop(request, hop)
            if redirect is None:
                if self.socket is not None and self.socket.half_closed:
                    await asyncio.sleep(0)  # whoever waits for the answer that came last takes notice first
                return self._normal_end()
            if redirect.follow is None:
                where = http.mask_url(redirect.location)[:500] or "nowhere"
                self._verdict = Verdict(Meaning.FAILED, f"The server redirects to {where}. {redirect.reason}")
                return EndCause.REJECTED, self._verdict.sentence, None
            request = redirect.follow
        sentence = f"The server redirects in a circle: {MAX_REDIRECTS} redirects without an answer. Check its address."
        self._verdict = Verdict(Meaning.FAILED, sentence)
        return EndCause.REJECTED, sentence, None

    async def _hop(self, request: HttpRequest, hop: int) -> Redirect | None:
        self.method, self.purpose = request.method, request.purpose
        built, headers = self.link.http.build(self._signed(request))
        if hop == 0:
            self.before_send(self.number)
        self._emit(
            RequestSent,
            Direction.OUTBOUND,
            method=request.method,
            url=http.mask_url(request.url),
            purpose=request.purpose,
            headers=http.mask_headers(headers),
            body=self._shown_body(request),
        )
        self._marks = Marks(
            is_aside=self.is_aside,
            on_connected=self._on_connected,
            on_sending=self._on_sending,
            on_waiting=self._on_written,
        )
        async with self.link.http.open(built, self._marks) as opened:
            if not self.is_aside:
                self.link.sockets.append(opened.network_stream)
            head = self._head = Head(opened.status, opened.headers)
            redirect = self._on_headers(request, opened, head, hop)
            if redirect is None:
                await self._read(opened, head)
            return redirect

    def _signed(self, request: HttpRequest) -> HttpRequest:
        """The request with our access token, if it goes where that belongs and names no credentials of its own."""
        if self.is_aside or http.get(request.headers, "authorization") is not None:
            return request
        authorization = self.link.authorization
        self._token_n = authorization.token_n
        added = authorization.headers(request.method, request.url)
        return replace(request, headers=request.headers + added) if added else request

    def _shown_body(self, request: HttpRequest) -> bytes:
        if self.veil is None:
            return request.body
        return self.veil.over(request.body, http.get(request.headers, "content-type"))

    async def _read(self, opened: Opened, head: Head) -> None:
        self._phase = Phase.BODY
        shears = None if self.is_aside else StreamShears(self.link.cut_rules, self)
        body = self.body = Body(self.link, self.sink, self.number, self.veil, shears)
        verdict = self._verdict
        if verdict is not None and verdict.meaning is Meaning.EVENT_STREAM:
            await body.read_events(opened, head)
            return
        is_answer = verdict is not None and verdict.meaning is Meaning.MESSAGE
        if verdict is not None and verdict.meaning is Meaning.ACCEPTED:
            self.close_in(ACCEPTED_BODY_S, EndCause.CLOSED_BY_US, "It was accepted; nobody waits for the body.")
        elif not is_answer:
            self.close_in(ODD_BODY_S, EndCause.CLOSED_BY_US, "The rest of the body did not come, and it is no answer.")
        is_refusal = not self.is_aside and self.link.authorization.wants(head)  # answered by us, not by the owner
        await body.read_whole(opened, head, is_answer=is_answer, for_owner=not is_refusal)

    def _on_connected(self) -> None:
        marks = self._marks
        self._emit(
            Connected,
            None,
            peer=marks.peer(),
            connect_ms=marks.connect_ms,
            tls_ms=marks.tls_ms,
            tls_version=marks.tls_version(),
            tls_expires_at=marks.tls_expires_at(),
            resolve_ms=marks.resolve_ms,
            socket=marks.socket_number,
        )

    def _on_sending(self) -> None:
        self.is_leaving = True

    def _on_written(self) -> None:
        self.written.set()
        self.link.wait_for_headers()

    def _on_headers(self, request: HttpRequest, opened: Opened, head: Head, hop: int) -> Redirect | None:
        now_ns = perf_counter_ns()
        self._emit(
            HeadersReceived,
            Direction.INBOUND,
            status=opened.status,
            reason=opened.reason,
            http_version=opened.http_version,
            headers=http.mask_headers(opened.headers),
            ttfb_ms=(now_ns - self._marks.sent_ns) / 1e6,
            sent_ms=self._marks.written_ms,
            socket=opened.socket_number,
        )
        if not self.is_aside:
            self.link.authorization.note(head)
        redirect = redirect_of(request, opened.status, head.get("location"))
        if redirect is not None and not self.is_aside:
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
        self._verdict = self.sink.on_head(head, opened.url, self.number)
        for breach in self._verdict.breaches:
            self.link.report(breach, self.number)
        return None

    def _normal_end(self) -> tuple[EndCause, str, None]:
        meaning = self._verdict.meaning if self._verdict else Meaning.FAILED
        if meaning is Meaning.EVENT_STREAM:
            if self.body and self.body.pending_bytes:
                return EndCause.CUT_MID_EVENT, "The server ended the stream in the middle of an event.", None
            return EndCause.END_OF_STREAM, "The server ended the stream.", None
        if meaning in (Meaning.MESSAGE, Meaning.ACCEPTED):
            return EndCause.COMPLETE, "The exchange is complete.", None
        return EndCause.REJECTED, self._verdict.sentence if self._verdict else "", None

    def _end(self, cause: EndCause, sentence: str, error: str | None) -> Ended:
        cause, sentence = _in_laboratory(self, cause, sentence)
        now_ns = self.link.now_ns()
        body = self.body
        parser = body.reader.parser if body and body.reader else None
        event = self.link.river.emit(
            StreamEnded,
            connection=self.link.number,
            stream=self.number,
            cause=cause,
            phase=self._phase,
            sentence=sentence,
            error=error,
            status=self._head.status if self._head else None,
            bytes_received=body.bytes if body else 0,
            chunks=body.chunks if body else 0,
            frames=body.frames if body else 0,
            age_ms=(now_ns - self._marks.sent_ns) / 1e6 if self._marks.sent_ns else 0.0,
            idle_ms=(now_ns - body.last_byte_ns) / 1e6 if body else 0.0,
            pending=parser.pending[:MAX_PENDING_BYTES] if parser else b"",
        )
        ended = Ended(event, self._verdict, head=self._head, token_n=self._token_n)
        if parser is not None:
            ended.last_event_id, ended.retry_ms = parser.last_event_id, parser.reconnection_time_ms
        return ended

    def _emit(self, kind: Callable[..., TraceEvent], direction: Direction | None, **fields: Any) -> None:
        self.link.river.emit(
            kind,
            connection=self.link.number,
            stream=self.number,
            direction=direction,
            **fields,
        )


def _refined(cause: EndCause, body: Body | None) -> EndCause:
    """A cut, in the light of what had come of an event."""
    cut = cause in (EndCause.CUT_MID_BODY, EndCause.RESET, EndCause.PROTOCOL)
    return EndCause.CUT_MID_EVENT if cut and body and body.pending_bytes else cause


def _in_laboratory(stream: Stream, cause: EndCause, sentence: str) -> tuple[EndCause, str]:
    """What a server does because we closed our side is our own act, unless the stream was to end anyway."""
    socket = stream.socket
    if socket is None or not socket.half_closed or cause in OWN_ENDS | {EndCause.COMPLETE, EndCause.REJECTED}:
        return cause, sentence
    if cause is EndCause.END_OF_STREAM and stream.closes_at_ns:
        return cause, sentence
    return EndCause.DROPPED_BY_US, f"{sentence} The laboratory had closed our side for writing before."
