"""Watches of what a server refuses by its status: Accept, Content-Type, size, rate, and the GET stream."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from inspector.diagnose.context import Context
from inspector.diagnose.exchange import Exchange
from inspector.diagnose.rule import Era, Watch
from inspector.diagnose.rules.negotiation_handshake import RAW, STREAMS, HandshakeWatch, is_of_session, sent_header
from inspector.diagnose.topics import Topic
from inspector.protocol.era import TransportName
from inspector.protocol.transports.answer import EVENT_STREAM, JSON
from inspector.trace import events as ev
from inspector.trace.events import ConnectionState, EndCause, Phase, Severity
from inspector.wire import http

_NEEDED = ("initialize", "notifications/initialized")
_HEAD_BYTES = 512


class Refusals(HandshakeWatch):
    """Judges 406, 413, 415, 429 and 503 by what we had sent."""

    rules = ("not-acceptable-406", "unsupported-media-type-415", "payload-too-large", "rate-limited")

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._sent_ns: deque[int] = deque(maxlen=context.thresholds.handshake_requests + 1)
        self._connection = 0
        self._by_status: dict[int, Callable[[ev.HeadersReceived, Exchange], None]] = {
            406: self._not_acceptable,
            413: self._too_large,
            415: self._unsupported_type,
            429: self._limited,
            503: self._unavailable,
        }

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {
            **super().reactions(),
            Topic.HTTP_REQUEST: self._on_request,
            Topic.HTTP_RESPONSE: self._on_response,
            Topic.BODY: self._on_body,
            Topic.END: self._on_end,
        }

    def _on_request(self, event: ev.RequestSent) -> None:
        if event.connection != self._connection:
            self._connection = event.connection
            self._sent_ns.clear()
        self._sent_ns.append(event.monotonic_ns)

    def _on_response(self, event: ev.HeadersReceived) -> None:
        judge = self._by_status.get(event.status)
        exchange = self.context.exchanges.get(event.stream) if judge else None
        if judge is None or exchange is None:
            return
        if is_of_session(exchange) or (event.status in (406, 415) and exchange.purpose.startswith(RAW)):
            judge(event, exchange)

    def _not_acceptable(self, event: ev.HeadersReceived, exchange: Exchange) -> None:
        accept = sent_header(exchange, "accept")
        wanted = (EVENT_STREAM,) if exchange.method == "GET" else (JSON, EVENT_STREAM)
        missing = [kind for kind in wanted if kind not in accept and "*/*" not in accept]
        refused = f"{_what(exchange)} was refused with 406"
        if missing:
            text = f"{refused}: its Accept header ({accept[:200] or 'none'}) does not name {' and '.join(missing)}."
            self.tell(text, exchange.evidence, severity=Severity.NOTE if exchange.purpose.startswith(RAW) else None)
            return
        text = f"{refused} though it was sent with Accept: {accept[:200]}. A proxy or adapter on the way may change it."
        self.tell(text, exchange.evidence, severity=Severity.WARN if exchange.method == "GET" else None)

    def _unsupported_type(self, event: ev.HeadersReceived, exchange: Exchange) -> None:
        sent = sent_header(exchange, "content-type")
        text = f"{_what(exchange)} was refused with 415; its Content-Type was {sent[:200] or 'missing'}."
        own = exchange.purpose.startswith(RAW) and http.media_type(sent) != JSON
        severity = Severity.NOTE if own else None
        self.tell(text, exchange.evidence, rule="unsupported-media-type-415", severity=severity)

    def _on_body(self, event: ev.BodyReceived) -> None:
        exchange = self.context.exchanges.get(event.stream)
        if exchange is None or exchange.status != 400 or not is_of_session(exchange):
            return
        if b"invalid content-type" in event.raw[:_HEAD_BYTES].lower():
            sent = sent_header(exchange, "content-type")
            text = f"{_what(exchange)} was refused with 400, Invalid Content-Type; we sent {sent[:200] or 'none'}."
            self.tell(text, (*exchange.evidence, event.n), rule="unsupported-media-type-415")

    def _too_large(self, event: ev.HeadersReceived, exchange: Exchange) -> None:
        text = f"{_what(exchange)} was refused with 413; its body has {_body_bytes(exchange):,} bytes."
        self.tell(text, exchange.evidence, rule="payload-too-large")

    def _on_end(self, event: ev.StreamEnded) -> None:
        if event.cause not in (EndCause.RESET, EndCause.CUT_MID_HEADERS) or event.phase is not Phase.HEADERS:
            return
        exchange = self.context.exchanges.get(event.stream)
        if exchange is None or not is_of_session(exchange) or _body_bytes(exchange) < self.thresholds.upload_bytes:
            return
        size = _body_bytes(exchange)
        text = f"{_what(exchange)} has {size:,} bytes, and the connection was cut before any answer to it came."
        self.tell(text, exchange.evidence, rule="payload-too-large", grade="likely")

    def _unavailable(self, event: ev.HeadersReceived, exchange: Exchange) -> None:
        # A 503 that names no time to wait tells of a failure rather than of a limit.
        if http.get(event.headers, "retry-after") is not None:
            self._limited(event, exchange)

    def _limited(self, event: ev.HeadersReceived, exchange: Exchange) -> None:
        wait_s = http.retry_after_s(http.get(event.headers, "retry-after"), event.at)
        wait = "it does not say how long to wait" if wait_s is None else f"it asks to wait {wait_s:g} s"
        text = f"{_what(exchange)} was refused with {event.status}; {wait}.{self._burst(exchange)}"
        self.tell(
            text,
            exchange.evidence,
            rule="rate-limited",
            grade="proven" if event.status == 429 else "likely",
            severity=Severity.ERROR if exchange.purpose in _NEEDED else None,
            severity_if_lost=Severity.ERROR,
            fix="" if wait_s is not None else "Send a Retry-After header with every refusal.",
        )

    def _burst(self, exchange: Exchange) -> str:
        """How soon the limit was met, if that was within what any client needs to connect."""
        number = len(self._sent_ns)
        if number > self.thresholds.handshake_requests:
            return ""
        lasted_s = (exchange.sent_ns - self._sent_ns[0]) / 1e9 if self._sent_ns else 0.0
        return (
            f" It was request number {number} of this connection, {lasted_s:.2f} s after the first: "
            "the limit is below what the MCP handshake alone needs."
        )


class NoGetStream(Watch):
    """A GET that is answered with 405: right for Streamable HTTP, and the end of the way for HTTP+SSE."""

    rules = ("get-405-is-fine",)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._refused: ev.HeadersReceived | None = None
        self._attempted: set[str] = set()
        self._connection = 0

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {
            Topic.STATE: self._on_state,
            Topic.ATTEMPT: self._on_attempt,
            Topic.HTTP_RESPONSE: self._on_response,
        }

    def _on_response(self, event: ev.HeadersReceived) -> None:
        exchange = self.context.exchanges.get(event.stream) if event.status == 405 else None
        if exchange is None or exchange.method != "GET" or exchange.purpose not in STREAMS:
            return
        if self.context.era is Era.STREAMABLE:
            text = "GET was answered with 405: the server offers no stream of its own, and may do so."
            self.found(text, exchange.evidence)
        elif self.context.era is None:
            self._refused = event

    def _on_attempt(self, event: ev.AttemptMade) -> None:
        self._attempted.add(event.transport)

    def _on_state(self, event: ev.StateChanged) -> None:
        if event.connection != self._connection:
            self._connection, self._refused = event.connection, None
            self._attempted.clear()
        if event.state is not ConnectionState.CLOSED or self._refused is None:
            return
        if self._attempted == {TransportName.HTTP_SSE.value} and self.context.era is None:
            text = "HTTP+SSE was chosen by hand, and the GET that begins it was answered with 405."
            fix = "Choose Streamable HTTP for this address, or find the address of the event stream, often /sse."
            self.found(text, (self._refused.n,), severity=Severity.ERROR, fix=fix)
        self._refused = None


def _what(exchange: Exchange) -> str:
    return f"{exchange.method} ({exchange.purpose[:60]})"


def _body_bytes(exchange: Exchange) -> int:
    return len(exchange.request.body) if exchange.request else 0
