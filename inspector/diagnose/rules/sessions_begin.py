"""Watches over how sessions begin: their ids, the handshake, and servers that take no more."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from inspector.diagnose.context import Context
from inspector.diagnose.exchange import Exchange
from inspector.diagnose.finding import Grade
from inspector.diagnose.rule import Watch
from inspector.diagnose.rules.sessions_known import EARLY, LOOKED_AT_BYTES, names_a_session, shown
from inspector.diagnose.topics import Topic
from inspector.protocol.era import TransportName
from inspector.trace.events import (
    BodyReceived,
    ConnectionState,
    HeadersReceived,
    Message,
    RequestSent,
    SessionReady,
    StateChanged,
    StreamEnded,
)

MAX_IDS = 8
MAX_ID_CHARACTERS = 128
"""What is longer is not guessed, and not worth the search for its number."""
MAX_CONNECTIONS = 64
_SEQUENTIAL = re.compile(r"(.*?)([0-9a-fA-F]+)")
_STAMP = re.compile(r"\D*(\d{10}|\d{13}|\d{16}|\d{19})\D*")
_STAMP_DIGITS = 10
"""So many digits Unix time has in seconds."""
_FULL = re.compile(rb"too many[^.\"<]{0,20}sessions|session[_ ]limit|max(?:imum)?[^.\"<]{0,20}sessions", re.IGNORECASE)
_REFUSALS = frozenset({429, 503})
_EARLY_CODES = frozenset({-32602, -32600, -32002, -32000})
_BEFORE_SESSIONS = frozenset({"initialize", "server/discover"})
"""What a client asks first of all, also of a server of the other era."""


class WeakIds(Watch):
    """Ids of sessions that somebody else could guess; illegal ones are a violation of the protocol already."""

    rules = ("session-id-weak",)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._seen: deque[str] = deque(maxlen=MAX_IDS)

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {Topic.HTTP_RESPONSE: self._on_response}

    def _on_response(self, event: HeadersReceived) -> None:
        exchange = self.context.exchanges.get(event.stream)
        if exchange is None or exchange.purpose != "initialize":
            return
        session_id = exchange.headers.get("mcp-session-id", "")
        if (
            not (session_id and session_id.isascii() and session_id.isprintable())
            or len(session_id) > MAX_ID_CHARACTERS
        ):
            return
        reason = self._why_weak(session_id, event.at)
        if reason:
            self.found(f"The session id can be guessed: {reason}.", exchange.evidence)
        if session_id not in self._seen:
            self._seen.append(session_id)

    def _why_weak(self, session_id: str, at_s: float) -> str:
        reasons = []
        if len(session_id) < self.thresholds.session_id_characters:
            reasons.append(f"it has {len(session_id)} characters")
        before = next((seen for seen in self._seen if self._is_next_to(seen, session_id)), None)
        if before is not None:
            reasons.append("it follows the id of an earlier session")
        if self._is_stamp(session_id, at_s):
            reasons.append("it is the time at which it was made")
        return ", and ".join(reasons)

    def _is_next_to(self, before: str, after: str) -> bool:
        """Whether two ids differ by a small step of their last number."""
        one, other = _SEQUENTIAL.fullmatch(before), _SEQUENTIAL.fullmatch(after)
        if one is None or other is None or one[1] != other[1]:
            return False
        step = abs(int(str(other[2]), 16) - int(str(one[2]), 16))
        return 0 < step <= self.thresholds.session_id_step

    def _is_stamp(self, session_id: str, at_s: float) -> bool:
        match = _STAMP.fullmatch(session_id)
        if match is None:
            return False
        made_s = float(f"{match[1]}e{_STAMP_DIGITS - len(match[1])}")
        return abs(made_s - at_s) < self.thresholds.session_id_stamp_s


class FullServer(Watch):
    """A server that takes no new session while it serves others."""

    rules = ("session-cap-reached",)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._open: dict[int, str] = {}
        """Hosts of the connections that have a session, by number."""

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {
            Topic.READY: self._on_ready,
            Topic.STATE: self._on_state,
            Topic.BODY: self._on_words,
            Topic.ANSWER: self._on_answer,
        }

    def _on_ready(self, event: SessionReady) -> None:
        if len(self._open) < MAX_CONNECTIONS:
            self._open[event.connection] = self.context.host

    def _on_state(self, event: StateChanged) -> None:
        if event.state is ConnectionState.CLOSED:
            self._open.pop(event.connection, None)

    def _on_answer(self, event: Message) -> None:
        if event.error_code is not None:
            self._on_words(event)

    def _on_words(self, event: BodyReceived | Message) -> None:
        exchange = self.context.exchanges.get(event.stream)
        if exchange is None or exchange.status not in _REFUSALS or not _begins_a_session(exchange):
            return
        words = event.raw[:LOOKED_AT_BYTES]
        here = self.context.host
        others = sum(1 for number, host in self._open.items() if number != event.connection and host == here)
        if not _FULL.search(words) and not others:
            return
        grade: Grade = "proven" if _FULL.search(words) else "likely"
        beside = f" while {others} of our own are open there" if others else ""
        text = f"A new session was refused with {exchange.status}{beside}. The server says: {shown(words)}"
        self.found(text, exchange.evidence, grade=grade)


class EarlyRequests(Watch):
    """Requests for which the server had seen no handshake, by its own word or by ours."""

    rules = ("request-before-initialized",)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._initialized_ns: int | None = None
        """When the server had taken notifications/initialized, on the present stream or session."""
        self._is_begun = True
        self._was_reported = False

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {
            Topic.HTTP_REQUEST: self._on_sent,
            Topic.END: self._on_end,
            Topic.OUR_REQUEST: self._on_our_request,
            Topic.ANSWER: self._on_answer,
        }

    def _on_sent(self, event: RequestSent) -> None:
        if event.purpose == "stream" and self.context.transport is TransportName.HTTP_SSE:
            self._initialized_ns, self._is_begun, self._was_reported = None, False, False
        elif event.purpose == "initialize":
            self._initialized_ns = None

    def _on_end(self, event: StreamEnded) -> None:
        exchange = self.context.exchanges.get(event.stream)
        if exchange is None or exchange.purpose != "notifications/initialized":
            return
        if 200 <= (exchange.status or 0) < 300:
            self._initialized_ns = exchange.headers_ns

    def _on_our_request(self, event: Message) -> None:
        """On a new stream of HTTP+SSE the first request is initialize, or the answer never comes."""
        if event.method == "initialize" or self.context.transport is not TransportName.HTTP_SSE:
            self._is_begun = True
        elif not self._is_begun and not self._was_reported and event.method != "ping":
            self._was_reported = True
            text = f"{event.method} was sent on a new stream before any initialize: the client reused an old session."
            self.found(text, (event.n,), grade="likely")

    def _on_answer(self, event: Message) -> None:
        if event.error_code not in _EARLY_CODES or event.method in _BEFORE_SESSIONS:
            return
        words = event.raw[:LOOKED_AT_BYTES]
        exchange = self.context.exchanges.get(event.stream)
        if not EARLY.search(words) or (exchange is not None and _is_about_the_session(exchange)):
            return
        request = self.context.pending.get(event.request_n) if event.request_n is not None else None
        evidence = (event.n,) if request is None else (request.n, event.n)
        named = event.method or "A request"
        if request is not None and (self._initialized_ns is None or request.monotonic_ns < self._initialized_ns):
            text = f"{named} was sent before the server had taken notifications/initialized: the client did not wait."
        else:
            text = f"{named} was refused as too early, but the handshake was complete: the server has forgotten it."
        self.found(text, evidence)


class RefusedState(Watch):
    """The state that a server gave along with a question, and refused when it came back (2026-07-28)."""

    rules = ("request-state-rejected",)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._taken = self._refused = 0

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {Topic.ANSWER: self._on_answer}

    def _on_answer(self, event: Message) -> None:
        if self.context.transport is not TransportName.STATELESS or event.request_n is None:
            return
        request = self.context.pending.get(event.request_n)
        if request is None or b'"requestState"' not in request.raw:
            return
        if event.error_code is None:
            self._taken += 1
        elif b"invalid_request_state" in event.raw[:LOOKED_AT_BYTES]:
            self._refused += 1
            self._on_refused(request, event)

    def _on_refused(self, request: Message, event: Message) -> None:
        total = self._taken + self._refused
        text = f"The server refused the requestState that it had given us itself ({self._refused} of {total} times)."
        if self._taken:
            text += " It takes others: its workers have different keys or names."
        is_proven = self._taken or self._refused >= self.thresholds.session_repeats
        self.found(text, (request.n, event.n), grade="proven" if is_proven else "likely")


def _begins_a_session(exchange: Exchange) -> bool:
    """An initialize, or the GET that is the session of HTTP+SSE; a listening stream names its session."""
    return exchange.purpose == "initialize" or (
        exchange.purpose == "stream" and exchange.request is not None and not names_a_session(exchange.request)
    )


def _is_about_the_session(exchange: Exchange) -> bool:
    """Whether the refusal tells of an unknown session rather than of a missing handshake."""
    is_refused = not 200 <= (exchange.status or 0) < 300
    return is_refused and exchange.request is not None and names_a_session(exchange.request)
