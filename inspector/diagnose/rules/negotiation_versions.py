"""Watches of protocol versions: refused, not looked at, changed on the way; and of the era itself."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

from inspector.diagnose.context import Context
from inspector.diagnose.exchange import Exchange
from inspector.diagnose.rule import Era, Watch
from inspector.diagnose.rules.negotiation_handshake import (
    PROBE,
    RAW,
    HandshakeWatch,
    is_of_session,
    sent_header,
)
from inspector.diagnose.topics import Topic
from inspector.protocol import era
from inspector.protocol.era import TransportName
from inspector.protocol.error_codes import HEADER_MISMATCH, MISSING_CAPABILITY, UNSUPPORTED_VERSION
from inspector.protocol.jsonrpc import METHOD_NOT_FOUND
from inspector.trace import events as ev
from inspector.trace.events import ConnectionState
from inspector.wire import http

HEADER = "mcp-protocol-version"
VERSION_PROBE = f"{PROBE}version"
_UNSUPPORTED = re.compile(rb"unsupported (?:mcp[- ])?protocol[- ]version", re.IGNORECASE)
_VERSION = re.compile(rb"\b20\d\d-\d\d-\d\d\b")
_NEEDS_SESSION = re.compile(rb"not initialized|session", re.IGNORECASE)
_LOOK_BYTES = 4096
_MAX_NAMED = 8
_MAX_OPEN = 64


class VersionRejected(HandshakeWatch):
    """A version that was refused, by code or by words; before a session only if nothing else succeeds."""

    rules = ("protocol-version-rejected",)

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {**super().reactions(), Topic.ANSWER: self._on_answer, Topic.BODY: self._on_body}

    def _on_answer(self, event: ev.Message) -> None:
        if event.message_type is not ev.MessageType.ERROR:
            return
        exchange = self.context.exchanges.get(event.stream)
        if event.error_code == UNSUPPORTED_VERSION or _refuses_version(exchange, event.raw):
            self._tell(event.raw, event.n, exchange)

    def _on_body(self, event: ev.BodyReceived) -> None:
        exchange = self.context.exchanges.get(event.stream)
        if _refuses_version(exchange, event.raw):
            self._tell(event.raw, event.n, exchange)

    def _tell(self, raw: bytes, n: int, exchange: Exchange | None) -> None:
        if exchange is None or not is_of_session(exchange):
            return
        asked, named = _asked_version(exchange), _named_versions(raw)
        text = f"{exchange.purpose[:60]} was refused for its protocol version"
        text += f" {asked}." if asked else "."
        if exchange.purpose == "initialize":
            text += " On initialize the server is to answer with a version of its own instead."
        elif self.context.ready and asked == self.context.ready.protocol_version:
            text += " That is the version which the server itself had settled on."
        others = [version for version in named if version != asked]
        if others:
            text += f" It names {', '.join(others)}."
        fix = f"Connect again with {others[-1]}, or upgrade one side." if others else ""
        self.tell(text, (*exchange.evidence, n), fix=fix)


class VersionNotValidated(Watch):
    """A version that does not exist was sent on purpose, by a probe or by hand, and taken."""

    rules = ("protocol-version-not-validated",)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._taken: OrderedDict[int, str] = OrderedDict()

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {
            Topic.HTTP_RESPONSE: self._on_response,
            Topic.BODY: self._on_block,
            Topic.FRAME: self._on_block,
            Topic.END: self._on_end,
        }

    def _on_response(self, event: ev.HeadersReceived) -> None:
        exchange = self.context.exchanges.get(event.stream)
        if exchange is None or not (exchange.purpose == VERSION_PROBE or exchange.purpose.startswith(RAW)):
            return
        version = sent_header(exchange, HEADER)
        if version and not era.is_known(version) and 200 <= event.status < 300 and exchange.method == "POST":
            self._taken[exchange.stream] = version
            if len(self._taken) > _MAX_OPEN:
                self._taken.popitem(last=False)

    def _on_block(self, event: ev.BodyReceived | ev.FrameReceived) -> None:
        if event.stream is not None and b'"error"' in event.raw[:_LOOK_BYTES]:
            self._taken.pop(event.stream, None)

    def _on_end(self, event: ev.StreamEnded) -> None:
        version = self._taken.pop(event.stream, None) if event.stream is not None else None
        exchange = self.context.exchanges.get(event.stream)
        if version is not None and exchange is not None:
            text = f"A request with MCP-Protocol-Version: {version[:60]} was answered with {exchange.status}, not 400."
            self.found(text, exchange.evidence)


class VersionChanged(Watch):
    """A response that says another version than the handshake; what initialize settles, the protocol judges."""

    rules = ("protocol-version-mismatch",)

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {Topic.HTTP_RESPONSE: self._on_response}

    def _on_response(self, event: ev.HeadersReceived) -> None:
        exchange = self.context.exchanges.get(event.stream)
        ready = self.context.ready
        if exchange is None or ready is None or not is_of_session(exchange) or exchange.purpose == "initialize":
            return
        said = http.get(event.headers, HEADER)
        if said is not None and said != ready.protocol_version:
            text = f"A response says MCP-Protocol-Version: {said[:60]}; {ready.protocol_version} was settled."
            self.found(text, exchange.evidence)


class EraMismatch(Watch):
    """An era that was chosen by hand and that the server does not speak."""

    rules = ("era-mismatch",)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._connection = 0
        self._attempted: set[str] = set()
        self._refusal: tuple[str, tuple[int, ...]] | None = None

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {
            Topic.STATE: self._on_state,
            Topic.ATTEMPT: self._on_attempt,
            Topic.ANSWER: self._on_answer,
            Topic.BODY: self._on_body,
        }

    def _on_attempt(self, event: ev.AttemptMade) -> None:
        self._attempted.add(event.transport)

    def _on_answer(self, event: ev.Message) -> None:
        exchange = self.context.exchanges.get(event.stream)
        if exchange is None or event.message_type is not ev.MessageType.ERROR:
            return
        if self.context.transport is not None:
            self._look_at_session(event, exchange)
        elif exchange.purpose == "server/discover" and _is_no_modern_refusal(exchange, event.error_code):
            text = f"server/discover was refused with {exchange.status} and error {event.error_code}"
            self._refusal = f"{text}, which is no error of 2026-07-28", (*exchange.evidence, event.n)
        elif exchange.purpose == "initialize" and event.error_code in (UNSUPPORTED_VERSION, METHOD_NOT_FOUND):
            text = f"initialize was refused with error {event.error_code}: the server knows no handshake"
            self._refusal = text, (*exchange.evidence, event.n)

    def _on_body(self, event: ev.BodyReceived) -> None:
        exchange = self.context.exchanges.get(event.stream)
        if exchange is None or self.context.transport is not None or exchange.purpose != "server/discover":
            return
        if exchange.status == 400 and _NEEDS_SESSION.search(event.raw[:_LOOK_BYTES]):
            text = "server/discover was refused with 400 for want of a session, which 2026-07-28 does not have"
            self._refusal = text, (*exchange.evidence, event.n)

    def _look_at_session(self, event: ev.Message, exchange: Exchange) -> None:
        """A session without handshake that was begun at the user's word."""
        if self.context.era is not Era.STATELESS or exchange.status != 400 or not is_of_session(exchange):
            return
        if event.error_code not in _MODERN and _NEEDS_SESSION.search(event.raw[:_LOOK_BYTES]):
            text = (
                f"{exchange.purpose[:60]} was refused with 400 for want of a session, which 2026-07-28 does not have."
            )
            self.found(text, (*exchange.evidence, event.n))

    def _on_state(self, event: ev.StateChanged) -> None:
        if event.connection != self._connection:
            self._connection, self._refusal = event.connection, None
            self._attempted.clear()
        if event.state is not ConnectionState.CLOSED or self._refusal is None:
            return
        text, evidence = self._refusal
        self._refusal = None
        if self.context.transport is None and self._attempted in _BY_HAND:
            self.found(f"{text}. Only this era was tried, as it was chosen by hand.", evidence)


_MODERN = frozenset({HEADER_MISMATCH, MISSING_CAPABILITY, UNSUPPORTED_VERSION})
_BY_HAND = ({TransportName.STATELESS.value}, {TransportName.STREAMABLE_HTTP.value})


def _is_no_modern_refusal(exchange: Exchange, code: int | None) -> bool:
    status = exchange.status or 0
    return (status == 200 or 400 <= status < 500) and status not in (401, 403, 421, 429) and code not in _MODERN


def _refuses_version(exchange: Exchange | None, raw: bytes) -> bool:
    return exchange is not None and exchange.status == 400 and _UNSUPPORTED.search(raw[:_LOOK_BYTES]) is not None


def _asked_version(exchange: Exchange) -> str:
    if exchange.purpose == "initialize" and exchange.request is not None:
        asked = _VERSION.search(exchange.request.body[:_LOOK_BYTES])
        return asked[0].decode() if asked else ""
    return sent_header(exchange, HEADER)[:60]


def _named_versions(raw: bytes) -> list[str]:
    named = {found.decode() for found in _VERSION.findall(raw[:_LOOK_BYTES])}
    return sorted(named)[-_MAX_NAMED:]
