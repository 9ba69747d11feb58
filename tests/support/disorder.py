"""Events as no peer would send them: random fields, broken order, pieces of secrets and of protocols, mutations."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import msgspec

from inspector.trace import events as ev
from inspector.trace.events import AnyEvent

_NS = 1_000_000_000
_WORDS = (
    *("", "x", "tools/call", "initialize", "notifications/progress", "notifications/message", "ping", "stream", "GET"),
    *("POST", "OPTIONS", "probe:preflight", "probe:cors", "probe:hold", "oauth: protected resource metadata", "resume"),
    *("http+sse", "streamable-http", "stateless", "2025-11-25", "text/event-stream", "text/html", "application/json"),
    *("ping - 2026-11-21 15:42:24.123456+00:00", "Sat, 21 Nov 2026 15:42:24 GMT", "chunked", "gzip", "-1", "0", "10"),
    *("http://[", "http://h/mcp?token=1", "https://user:pw@h/mcp", "//", "/messages?session_id=1", "\ud800\x00é☃"),
    *("Bearer •••• (40 characters, ends in ab)c)", "1.0 old", "nginx", "cloudflare", "9" * 400, "a" * 3_000),
)
_NAMES = (
    *("content-type", "Content-Length", "Date", "Age", "Server", "Via", "Authorization", "Origin", "Mcp-Session-Id"),
    *("Access-Control-Allow-Origin", "WWW-Authenticate", "Retry-After", "Content-Encoding", "X-Cache", "Cache-Control"),
    *("Last-Event-ID", "Transfer-Encoding", "Access-Control-Allow-Headers", "MCP-Protocol-Version", ""),
)
_BYTES = (
    *(b"", b"\xff\xfe\x00", b'data: {"jsonrpc":"2.0","id":1,"result":{}}\n\n', b"event: endpoint\ndata: http://[\n\n"),
    *(b"data: eyJhbGciOiJ9.eyJzdWIiOiIxIn0.a1b2c3d4e5\n\n", b"Bearer a1B2c3D4e5F6g7\n", b"sk-" + b"a1b2c3d4e5f6" * 3),
    *(b"Traceback (most recent call last):", b"\n at f (x.js:1:2)" * 50, b"[" * 2_000, b'{"a":' * 500, b"\x1f\x8b\x08"),
    *(
        b'{"jsonrpc":"2.0","method":"x","params":{"tools":[{"name":1,"inputSchema":[]}]}}',
        b"<html>" * 20,
        b"data:" * 99,
    ),
    *(b'data: {"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"a b","inputSchema":{"type":7}},3]}}\n\n', b"\r" * 50),
    *(b'{"jsonrpc":"2.0","id":1,"error":{"code":-32001,"message":"Session not found"}}', b": ping\n\n", b"NaN"),
)


class Disorder:
    """Makes events without end out of one source of chance; numbers have no gaps, times never run backwards."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._n = 0
        self._ns = 1_000 * _NS
        self._at = 1_800_000_000.0
        self._known: list[AnyEvent] = []
        self._makers = [
            *(self._message, self._message, self._message, self._frame, self._comment, self._chunk, self._request),
            *(self._headers, self._headers, self._end, self._end, self._small, self._mutated),
        ]

    def events(self, count: int) -> list[AnyEvent]:
        """The next events."""
        return [self._next() for _ in range(count)]

    def _next(self) -> AnyEvent:
        chance = self._chance
        if chance.random() < 0.7:
            passed = chance.choice((1_000, 5_000_000, 20_000_000, _NS, 20 * _NS))
            self._ns += passed
            self._at += passed / _NS + (chance.random() < 0.001) * 3_600
        made = chance.choice(self._makers)()
        common: dict[str, Any] = {"n": self._n, "at": self._at, "monotonic_ns": self._ns}
        common["connection"] = chance.choice((0, 1, 1, 1, self._n // 1_000))
        common["stream"] = chance.choice((None, 1, 2, self._n // 7, self._n // 11, self._n))
        event: AnyEvent = msgspec.structs.replace(made, **common)
        self._n += 1
        if len(self._known) < 500:
            self._known.append(event)
        else:
            self._known[chance.randrange(500)] = event
        return event

    def _word(self) -> str:
        return self._chance.choice(_WORDS)

    def _number(self) -> int:
        return self._chance.choice((0, 1, -1, 2, 200, 10**18, self._n, max(self._n - 3, 0)))

    def _time(self) -> float:
        return self._chance.choice((0.0, -1.0, 1.0, 60_000.0, 1e300, float("inf"), float("nan")))

    def _data(self) -> bytes:
        return self._chance.choice(_BYTES)

    def _or_none(self, make: Callable[[], Any]) -> Any:
        return make() if self._chance.random() < 0.6 else None

    def _fields(self) -> ev.Headers:
        return tuple((self._chance.choice(_NAMES), self._word()) for _ in range(self._chance.randrange(5)))

    def _block(self) -> dict[str, Any]:
        ids = (None, None, "", self._word(), str(self._n), f"s-{self._n // 2}")
        return {
            "raw": self._data(),
            "offset": self._number(),
            "first_byte_ns": self._number(),
            "event": self._chance.choice(("message", "endpoint", "ping", "")),
            "event_id": self._chance.choice(ids),
            "retry_ms": self._or_none(self._number),
            "direction": self._chance.choice((*ev.Direction, ev.Direction.INBOUND, None)),
        }

    def _message(self) -> AnyEvent:
        chance = self._chance
        return ev.Message(
            message_type=chance.choice(list(ev.MessageType)),
            framing=chance.choice(list(ev.Framing)),
            method=self._or_none(self._word),
            id=chance.choice((None, 1, 2, "x", self._n)),
            name=self._or_none(self._word),
            request_n=self._or_none(self._number),
            rtt_ms=self._or_none(self._time),
            progress_token=chance.choice((None, 1, "t")),
            error_code=chance.choice((None, None, -32601, -32001, 0)),
            is_tool_error=chance.random() < 0.1,
            **self._block(),
        )

    def _frame(self) -> AnyEvent:
        return ev.FrameReceived(note=self._word(), dispatched=self._chance.random() < 0.5, **self._block())

    def _comment(self) -> AnyEvent:
        return ev.CommentReceived(text=self._word(), offset=self._number(), raw=self._data())

    def _chunk(self) -> AnyEvent:
        return ev.ChunkReceived(offset=self._number(), data=self._data())

    def _request(self) -> AnyEvent:
        method, purpose = self._word(), self._word()
        return ev.RequestSent(
            method=method, url=self._word(), purpose=purpose, headers=self._fields(), body=self._data()
        )

    def _headers(self) -> AnyEvent:
        return ev.HeadersReceived(
            status=self._chance.choice((200, 200, 200, 202, 204, 301, 400, 401, 403, 404, 405, 409, 500, 503, 504, 0)),
            reason=self._word(),
            http_version=self._chance.choice(("HTTP/1.1", "HTTP/1.0", "HTTP/2", "")),
            headers=(*self._fields(), ("Content-Type", self._chance.choice(("text/event-stream", self._word())))),
            ttfb_ms=self._time(),
            sent_ms=self._or_none(self._time),
            socket=self._number(),
        )

    def _end(self) -> AnyEvent:
        chance = self._chance
        return ev.StreamEnded(
            cause=chance.choice(list(ev.EndCause)),
            phase=chance.choice(list(ev.Phase)),
            sentence=self._word(),
            error=self._or_none(self._word),
            status=self._or_none(self._number),
            bytes_received=self._number(),
            chunks=self._number(),
            frames=self._number(),
            age_ms=self._time(),
            idle_ms=self._time(),
            pending=self._data(),
        )

    def _small(self) -> AnyEvent:
        chance = self._chance
        makers: tuple[Callable[[], AnyEvent], ...] = (
            lambda: ev.StateChanged(state=chance.choice(list(ev.ConnectionState)), delay_ms=self._or_none(self._time)),
            lambda: ev.Connected(
                peer=self._word(),
                connect_ms=self._time(),
                tls_expires_at=self._or_none(self._time),
                resolve_ms=self._or_none(self._time),
                socket=self._number(),
            ),
            lambda: ev.Redirected(status=307, location=self._word(), followed=True, reason=""),
            lambda: ev.BodyReceived(content_type=self._word(), raw=self._data()),
            lambda: ev.ExchangeFailed(
                request_n=self._number(),
                method=self._word(),
                id=1,
                outcome=chance.choice(list(ev.Outcome)),
                reason=self._word(),
                elapsed_ms=self._time(),
            ),
            lambda: ev.SessionReady(
                transport=self._word(),
                protocol_version=self._word(),
                server_name=self._word(),
                server_version="",
                session_id=self._or_none(self._word),
            ),
            lambda: ev.Violation(rule=self._word(), severity=chance.choice(list(ev.Severity)), text=self._word()),
            lambda: ev.AttemptMade(transport=self._word(), verdict=self._word(), succeeded=chance.random() < 0.5),
            lambda: ev.LabActed(action=chance.choice((*ev.LabAction, self._word())), text=self._word()),
            lambda: ev.ToolStep(tool=self._word(), step=self._word(), request_n=self._number(), raw=self._data()),
        )
        return chance.choice(makers)()

    def _mutated(self) -> AnyEvent:
        """An event from before with the fields of another of its kind, or once more as it was."""
        if not self._known:
            return self._chunk()
        one, other = self._chance.choice(self._known), self._chance.choice(self._known)
        if type(one) is not type(other):
            return one
        names = [name for name in one.__struct_fields__ if self._chance.random() < 0.3]
        return msgspec.structs.replace(one, **{name: getattr(other, name) for name in names})
