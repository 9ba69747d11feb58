"""One HTTP exchange of a file, told step by step with the decoding of a live session."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from inspector.protocol import jsonrpc
from inspector.protocol.peer import Pending
from inspector.record.formats.talk import Place, Scribe, Talk, parts_of
from inspector.trace.events import (
    BodyReceived,
    ChunkReceived,
    CommentReceived,
    Connected,
    Direction,
    EndCause,
    FrameReceived,
    Framing,
    HeadersReceived,
    Outcome,
    Phase,
    Redirected,
    RequestSent,
    StreamEnded,
)
from inspector.trace.facts import (
    NO_JSON,
    bom_breach,
    claims_json_rpc,
    foreign_event_name,
    frame_breaches,
    invalid_json,
    sse_facts,
    why_no_event,
)
from inspector.wire import http, jsontext
from inspector.wire.block import BOM
from inspector.wire.masking import mask_body
from inspector.wire.sse import Comment, Frame, SseParser

if TYPE_CHECKING:
    from inspector.record.formats.retelling import Exchange, Retelling

MAX_ODD_BODY_BYTES = 256 * 1024
EVENT_LIMIT_BYTES = 64 * 1024 * 1024
MAX_PENDING_BYTES = 256
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_SIGNING_IN = re.compile(rb'grant_type=|"(?:access_token|client_secret|refresh_token)"\s*:')
_CAUSES = (
    ("refused", EndCause.REFUSED),
    ("name_not_resolved", EndCause.UNRESOLVED),
    ("getaddrinfo", EndCause.UNRESOLVED),
    ("unreachable", EndCause.UNREACHABLE),
    ("ssl", EndCause.TLS),
    ("cert", EndCause.TLS),
    ("timed", EndCause.CONNECT_TIMEOUT),
    ("timeout", EndCause.CONNECT_TIMEOUT),
    ("abort", EndCause.CANCELLED_BY_US),
    ("cancel", EndCause.CANCELLED_BY_US),
    ("reset", EndCause.RESET),
    ("decod", EndCause.DECODING),
    ("protocol", EndCause.PROTOCOL),
)
"""Words in the errors of browsers and of Node.js, and what they mean."""


class ExchangeReader:
    """Exchange number `stream`: `request`, `connected`, `answered`, each `piece` of the body, `ended`."""

    def __init__(self, retelling: Retelling, scribe: Scribe, exchange: Exchange, stream: int) -> None:
        self._retelling = retelling
        self._scribe = scribe
        self._exchange = exchange
        self._stream = stream
        self._connection = 0
        self._talk: Talk | None = None
        self._carrier: Pending | None = None
        self._pendings: list[Pending] = []
        self._parser: SseParser | None = None
        self._body = bytearray()
        self._bytes = self._chunks = self._frames = 0
        self._sent_ns = self._last_ns = self._first_ns = 0
        self._is_mcp = False

    def request(self) -> None:
        exchange = self._exchange
        self._sent_ns = self._last_ns = self._scribe.now_ns
        body = exchange.request_body
        value = jsontext.parse(body).value if body else None
        values = value if isinstance(value, list) else [value]
        place = exchange.url.partition("?")[0]
        purpose = self._purpose(values)
        if purpose:
            self._talk = self._retelling.talk_for(exchange.lane, values)
            self._retelling.mcp_places.add(place)
        elif exchange.request_header("mcp-session-id") is not None:
            self._retelling.mcp_places.add(place)
        self._is_mcp = place in self._retelling.mcp_places
        self._connection = self._current_talk().number
        if self._talk is not None:
            self._pendings = send(self._talk, value, body, self._stream)
            self._carrier = self._pendings[0] if len(self._pendings) == 1 else None
        self._mask_secrets()
        self._scribe.tell(
            RequestSent,
            self._connection,
            self._stream,
            direction=Direction.OUTBOUND,
            method=exchange.method,
            url=http.mask_url(exchange.url),
            purpose=exchange.purpose or purpose or self._errand(),
            headers=http.mask_headers(exchange.request_headers),
            body=exchange.request_body,
        )

    @staticmethod
    def _purpose(values: list[Any]) -> str:
        """The method of the JSON-RPC message that is posted; empty if it is none."""
        if not values or not claims_json_rpc(values[0]) or "jsonrpc" not in values[0]:
            return ""
        message = jsonrpc.read(values[0])
        return "batch" if len(values) > 1 else message.method or "response"

    def _errand(self) -> str:
        exchange = self._exchange
        if exchange.request_header("last-event-id"):
            return "resume"
        if exchange.method == "GET" and http.is_event_stream(exchange.content_type):
            return "stream"
        return "close" if exchange.method == "DELETE" and self._is_mcp else ""

    def _mask_secrets(self) -> None:
        """What a sign-in carries is never told (as `http.mask_headers` does for the headers)."""
        exchange = self._exchange
        whole = b"".join(data for _, data in exchange.pieces)
        if self._is_mcp or not (_SIGNING_IN.search(exchange.request_body) or _SIGNING_IN.search(whole)):
            return
        exchange.request_body, secrets = mask_body(exchange.request_body, exchange.request_header("content-type"))
        masked, _ = mask_body(whole, exchange.content_type, secrets)
        pieces, at = [], 0
        for at_us, data in exchange.pieces:
            pieces.append((at_us, masked[at : at + len(data)]))
            at += len(data)
        exchange.pieces = pieces

    def connected(self) -> None:
        exchange = self._exchange
        fields = {"peer": exchange.peer, "connect_ms": exchange.connect_ms, "tls_ms": exchange.tls_ms}
        self._scribe.tell(Connected, self._connection, self._stream, **fields)

    def answered(self) -> None:
        exchange = self._exchange
        assert exchange.status is not None  # noqa: S101 - else there is no such step
        self._last_ns = self._scribe.now_ns
        self._scribe.tell(
            HeadersReceived,
            self._connection,
            self._stream,
            direction=Direction.INBOUND,
            status=exchange.status,
            reason=exchange.reason,
            http_version=exchange.http_version,
            headers=http.mask_headers(exchange.headers),
            ttfb_ms=(self._last_ns - self._sent_ns) / 1e6,
        )
        location = exchange.header("location")
        if exchange.status in _REDIRECTS and location is not None:
            fields = {"status": exchange.status, "location": http.mask_url(location), "followed": True, "reason": ""}
            self._scribe.tell(Redirected, self._connection, self._stream, direction=Direction.INBOUND, **fields)
        if http.is_event_stream(exchange.content_type):
            self._parser = SseParser(EVENT_LIMIT_BYTES)

    def piece(self, index: int) -> None:
        """Some bytes of the body came; the number of the piece is given, as `request` may have masked them."""
        data = self._exchange.pieces[index][1]
        now_ns = self._last_ns = self._scribe.now_ns
        self._first_ns = self._first_ns or now_ns
        fields = {"direction": Direction.INBOUND, "offset": self._bytes, "data": data}
        self._scribe.tell(ChunkReceived, self._connection, self._stream, **fields)
        self._bytes += len(data)
        self._chunks += 1
        if self._parser is None:
            self._body += data
            return
        for item in self._parser.feed(data):
            self._item(item)

    def _item(self, item: Frame | Comment) -> None:
        self._frames += 1
        if isinstance(item, Frame):
            n = self._frame(item)
            for breach in frame_breaches(item, EVENT_LIMIT_BYTES):
                self._scribe.report_once(breach, self._connection, self._stream, n)
        else:
            fields = {"text": item.text, "offset": item.offset, "raw": item.raw, "direction": Direction.INBOUND}
            n = self._scribe.tell(CommentReceived, self._connection, self._stream, **fields).n
            if not item.offset and item.raw.startswith(BOM):
                self._scribe.report_once(bom_breach(), self._connection, self._stream, n)

    def _frame(self, frame: Frame) -> int:
        """A block of the stream: a message, a batch, or what carries none; the number of its event."""
        if not (frame.complete and frame.data):
            is_plain = frame.complete and frame.dispatched and not self._is_mcp
            return self._plain(frame, "" if is_plain else why_no_event(frame))
        if frame.event == "endpoint":
            self._is_mcp = True
            return self._plain(frame, "The address for POSTs.")
        parsed = jsontext.parse(frame.data)
        value = parsed.value
        if frame.event == "message" and isinstance(value, dict) and "jsonrpc" in value:
            self._is_mcp = True
        if not self._is_mcp:
            return self._plain(frame, "")
        if frame.event != "message":
            note, breach = foreign_event_name(frame)
            n = self._plain(frame, note)
            self._scribe.report_once(breach, self._connection, self._stream, n)
            return n
        if parsed.error is not None:
            n = self._plain(frame, f"{NO_JSON}: {parsed.error.text}.")
            breach = invalid_json(parsed.error, frame.truncated)
            self._scribe.report(breach, self._connection, self._stream, n)
            return n
        talk = self._current_talk()
        if isinstance(value, list) and value:
            n = self._plain(frame, "A JSON-RPC batch.")
            talk.batch(frame.data.encode(), value, self._place(), n)
            return n
        return talk.heard(value, self._place(), Framing.SSE, frame=frame).n

    def _plain(self, frame: Frame, note: str) -> int:
        facts = sse_facts(frame) | {"dispatched": frame.dispatched, "complete": frame.complete, "note": note}
        event = self._scribe.tell(
            FrameReceived,
            self._connection,
            self._stream,
            direction=Direction.INBOUND,
            first_byte_ns=self._scribe.now_ns,
            **facts,
        )
        return event.n

    def _current_talk(self) -> Talk:
        """What comes on a request's own stream answers that; the listening stream serves whichever session is on."""
        return self._talk or self._retelling.talk(self._exchange.lane)

    def _place(self, first_ns: int = 0) -> Place:
        return Place(self._stream, first_ns, self._carrier, self._exchange.header("mcp-session-id"))

    def ended(self) -> None:
        """The last step: a whole body is read, what has no answer is told, and how it ended."""
        if self._parser is not None:
            left_over = self._parser.finish()
            if left_over is not None:
                self._item(left_over)
        elif self._body:
            self._take_body(bytes(self._body))
        cause, sentence = self._how()
        exchange, now_ns = self._exchange, self._scribe.now_ns
        self._scribe.tell(
            StreamEnded,
            self._connection,
            self._stream,
            cause=cause,
            phase=Phase.BODY if exchange.status is not None else Phase.HEADERS,
            sentence=sentence,
            error=exchange.error or None,
            status=exchange.status,
            bytes_received=self._bytes,
            chunks=self._chunks,
            frames=self._frames,
            age_ms=(now_ns - self._sent_ns) / 1e6,
            idle_ms=(now_ns - self._last_ns) / 1e6,
            pending=self._parser.pending[:MAX_PENDING_BYTES] if self._parser else b"",
        )
        self._fail_requests(sentence)

    def _take_body(self, body: bytes) -> None:
        exchange = self._exchange
        status = exchange.status or 0
        must_be_message = self._carrier is not None and 200 <= status < 300 and http.is_json(exchange.content_type)
        place = self._place(self._first_ns)
        if self._is_mcp and self._current_talk().body(body, place, must_be_message=must_be_message):
            return
        self._scribe.tell(
            BodyReceived,
            self._connection,
            self._stream,
            direction=Direction.INBOUND,
            content_type=exchange.content_type,
            raw=body[:MAX_ODD_BODY_BYTES],
            truncated=len(body) > MAX_ODD_BODY_BYTES,
        )

    def _how(self) -> tuple[EndCause, str]:
        exchange = self._exchange
        if exchange.cause is not None:
            return exchange.cause, exchange.sentence
        if exchange.error:
            words = exchange.error.lower()
            known = (cause for word, cause in _CAUSES if word in words)
            rest = EndCause.CUT_MID_HEADERS if exchange.status is None else EndCause.CUT_MID_BODY
            return next(known, rest), f"The exchange failed: {exchange.error[:200].rstrip('. ')}."
        if exchange.status is None:
            return EndCause.CUT_MID_HEADERS, "The file holds no answer to this request."
        if self._parser is None:
            return EndCause.COMPLETE, "The exchange is complete."
        if self._parser.pending_bytes:
            return EndCause.CUT_MID_EVENT, "The capture ends in the middle of an event."
        return EndCause.END_OF_STREAM, "The capture ends here; it does not tell who ended the stream."

    def _fail_requests(self, sentence: str) -> None:
        """Requests that were refused, or never answered. Of 401 and 407 the client may have made a sign-in."""
        status = self._exchange.status
        if self._talk is None or status in (401, 407) or (status is not None and status < 400):
            return
        outcome = Outcome.LOST if status is None else Outcome.REFUSED
        reason = sentence if status is None else f"The server refused it with HTTP status {status}."
        for pending in self._pendings:
            self._talk.fail(pending, outcome, reason)


def send(talk: Talk, value: Any, raw: bytes, stream: int | None) -> list[Pending]:
    """Tell of what a client posts; gives the requests in it that wait now."""
    if isinstance(value, list) and value:
        parts = zip(value, parts_of(raw, value), strict=True)
        sent = [talk.sent(part, part_raw, stream, Framing.BATCH) for part, part_raw in parts]
    else:
        sent = [talk.sent(value, raw, stream)]
    return [pending for pending in sent if pending is not None]
