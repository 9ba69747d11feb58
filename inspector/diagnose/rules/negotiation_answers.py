"""Watches of answers that come in another way than they say, or than the transport wants it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from inspector.diagnose.context import Context
from inspector.diagnose.exchange import Exchange
from inspector.diagnose.rule import Watch
from inspector.diagnose.rules.negotiation_handshake import HandshakeWatch, is_of_session
from inspector.diagnose.topics import Topic
from inspector.protocol.envelope import PROTOCOL_VERSION
from inspector.protocol.era import TransportName
from inspector.protocol.error_codes import HEADER_MISMATCH
from inspector.protocol.param_headers import encode_value
from inspector.protocol.peer import name_of
from inspector.protocol.transports.answer import EVENT_STREAM
from inspector.trace import events as ev
from inspector.trace.events import Framing
from inspector.wire import jsontext

_LOOK_BYTES = 512
_FIELDS = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*(?:(?::[^\r\n]*|(?:event|data|id|retry):[^\r\n]*)[\r\n]+)+")
_CONTENT = re.compile(rb"(?:\A|[\r\n\xbf])(?:data|event):")
_DOCUMENTS = {b"{": "JSON", b"[": "JSON", b"<": "a web page"}


class WrongContentType(Watch):
    """Compares what a body begins with and what its Content-Type says."""

    rules = ("wrong-stream-content-type",)

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {Topic.BODY: self._on_body, Topic.FRAME: self._on_frame}

    def _on_body(self, event: ev.BodyReceived) -> None:
        exchange = self.context.exchanges.get(event.stream)
        if exchange is None or not 200 <= (exchange.status or 0) < 300 or exchange.content_type == EVENT_STREAM:
            return
        head = event.raw[:_LOOK_BYTES]
        fields = _FIELDS.match(head)
        if fields is not None and _CONTENT.search(fields[0]):
            said = exchange.content_type[:80] or "no Content-Type"
            text = f"The answer to {exchange.purpose[:60]} is an event stream, but is sent as {said}."
            self.found(text, (*exchange.evidence, event.n))

    def _on_frame(self, event: ev.FrameReceived) -> None:
        if event.offset or event.dispatched or event.raw[:1] not in _DOCUMENTS:
            return
        exchange = self.context.exchanges.get(event.stream)
        if exchange is not None and exchange.content_type == EVENT_STREAM:
            what = _DOCUMENTS[event.raw[:1]]
            text = f"The answer to {exchange.purpose[:60]} says it is an event stream, but its body is {what}."
            self.found(text, (*exchange.evidence, event.n), fix="Send each kind of body with its own Content-Type.")


class AnswerInBody(Watch):
    """HTTP+SSE: the answer belongs on the stream, and stood in the body of the POST."""

    rules = ("legacy-post-has-response-body",)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._endpoint_of = 0
        """The connection that has named an endpoint: before its session is ready nothing else tells the transport."""

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {Topic.FRAME: self._on_frame, Topic.ANSWER: self._on_answer}

    def _on_frame(self, event: ev.FrameReceived) -> None:
        if event.event == "endpoint" and event.dispatched:
            self._endpoint_of = event.connection

    def _on_answer(self, event: ev.Message) -> None:
        if event.framing is Framing.SSE or event.request_n is None or self._endpoint_of != event.connection:
            return
        exchange = self.context.exchanges.get(event.stream)
        if self.context.transport not in (None, TransportName.HTTP_SSE) or exchange is None:
            return
        if exchange.status is not None and 200 <= exchange.status < 300:
            text = f"The answer to {exchange.purpose[:60]} came in the body of its POST, with status {exchange.status}."
            self.found(text, (*exchange.evidence, event.n))


class HeaderMismatch(HandshakeWatch):
    """2026-07-28: the server found headers and body of our request at odds; look whether they left us so."""

    rules = ("header-body-mismatch",)

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {**super().reactions(), Topic.ANSWER: self._on_answer}

    def _on_answer(self, event: ev.Message) -> None:
        if event.error_code != HEADER_MISMATCH:
            return
        exchange = self.context.exchanges.get(event.stream)
        if exchange is None or exchange.request is None or not is_of_session(exchange):
            return
        refused = f"{exchange.purpose[:60]} was refused with {HEADER_MISMATCH}"
        differences = _differences(exchange.request)
        if differences:
            self.tell(f"{refused}; we sent {'; '.join(differences)}.", (*exchange.evidence, event.n), fix=_OUR_FIX)
            return
        sent = ", ".join(_mcp_headers(exchange)) or "no Mcp header at all"
        text = f"{refused} although headers and body agreed when they left us ({sent}): something on the way"
        self.tell(f"{text} drops or rewrites a header.", (*exchange.evidence, event.n), grade="likely")


_OUR_FIX = "Remove the header of your own that overrides what the body says."


def _mcp_headers(exchange: Exchange) -> list[str]:
    headers = exchange.request.headers if exchange.request else ()
    return [f"{name}: {value[:80]}" for name, value in headers if name.lower().startswith("mcp-")][:12]


def _differences(request: ev.RequestSent) -> list[str]:
    """Where the headers of a request contradict its body, in words."""
    body = jsontext.parse(request.body).value
    if not isinstance(body, dict):
        return []
    method, params = body.get("method"), body.get("params")
    meta = params.get("_meta") if isinstance(params, dict) else None
    name = name_of(method, params) if isinstance(method, str) else None
    wanted = {
        "mcp-method": encode_value(method) if isinstance(method, str) else None,
        "mcp-name": None if name is None else encode_value(name),
        "mcp-protocol-version": meta.get(PROTOCOL_VERSION) if isinstance(meta, dict) else None,
    }
    sent = {key.lower(): value for key, value in request.headers}
    return [
        f"{key}: {sent.get(key, 'nothing')[:80]} for {value[:80]!r} in the body"
        for key, value in wanted.items()
        if isinstance(value, str) and sent.get(key) != value
    ]
