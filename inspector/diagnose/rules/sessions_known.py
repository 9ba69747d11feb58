"""Watches over which sessions the server still knows, request by request."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from inspector.diagnose.context import Context
from inspector.diagnose.exchange import Exchange
from inspector.diagnose.finding import Grade
from inspector.diagnose.rule import Watch
from inspector.diagnose.topics import Topic
from inspector.trace.events import BodyReceived, HeadersReceived, Message, RequestSent, Severity, StreamEnded
from inspector.wire import http

MAX_SESSIONS = 64
MAX_REFUSALS = 256
MAX_STATUSES = 5
LOOKED_AT_BYTES = 4_096
MASK = "•"
EARLY = re.compile(rb"before initiali[sz]ation|not (?:yet )?initiali[sz]ed|initiali[sz]e first", re.IGNORECASE)
"""What servers say to a request for which they have seen no handshake."""
_UNKNOWN = re.compile(
    rb"session[^.\"<]{0,40}?(?:not found|not valid|not exist|invalid|unknown|expired|terminated|closed|gone)"
    rb"|(?:could not find|no valid|no such|invalid|unknown|expired)[^.\"<]{0,20}session"
    rb"|no transport found",
    re.IGNORECASE,
)
_NOT_OF_SESSIONS = re.compile(rb"-32601|<!doctype|<html", re.IGNORECASE)
_PARAMETERS = frozenset({"session_id", "sessionid"})
_OF_THE_APPLICATION = frozenset({"tools/call", "resources/read", "prompts/get"})
"""Their errors may speak of sessions that are none of MCP's."""
_NO_USE = frozenset({"close", "probe:badsession"})
"""What ends the session, or names another on purpose."""
_S = 1e9


@dataclass(slots=True)
class _Session:
    """What became of the requests that named one session; times of the monotonic clock, 0 where it has not happened."""

    begun_ns: int
    taken: int = 0
    refused: int = 0
    last_taken_ns: int = 0
    first_refused_ns: int = 0
    refusal: tuple[int, ...] = ()
    statuses: list[int] = field(default_factory=list)
    is_closed: bool = False
    """We have ended it: what still waited then is refused as a matter of course."""


class KnownSessions(Watch):
    """Compares what became of the requests that named the same session."""

    rules = ("session-not-sticky", "session-expired", "session-lost-wrong-status")

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._sessions: OrderedDict[str, _Session] = OrderedDict()
        self._refusals: OrderedDict[int, bytes] = OrderedDict()
        """The words with which a request was refused, by its stream, until its end."""
        self._lost_early = 0

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {
            Topic.HTTP_REQUEST: self._on_request,
            Topic.HTTP_RESPONSE: self._on_response,
            Topic.BODY: self._on_body,
            Topic.ANSWER: self._on_answer,
            Topic.END: self._on_end,
        }

    def _on_request(self, event: RequestSent) -> None:
        if event.purpose == "close" and (session := self._sessions.get(session_of(event))) is not None:
            session.is_closed = True

    def _on_response(self, event: HeadersReceived) -> None:
        exchange = self.context.exchanges.get(event.stream)
        if exchange is not None and exchange.is_listening and exchange.request is not None:
            self._judge(exchange, exchange.request, event)

    def _on_body(self, event: BodyReceived) -> None:
        self._keep(event.stream, event.raw[:LOOKED_AT_BYTES])

    def _on_answer(self, event: Message) -> None:
        if event.error_code is not None:
            self._keep(event.stream, event.raw[:LOOKED_AT_BYTES])

    def _keep(self, stream: int | None, words: bytes) -> None:
        if stream is None:
            return
        self._refusals[stream] = words
        if len(self._refusals) > MAX_REFUSALS:
            self._refusals.popitem(last=False)

    def _on_end(self, event: StreamEnded) -> None:
        exchange = self.context.exchanges.get(event.stream)
        if exchange is not None and exchange.request is not None and not exchange.is_listening:
            self._judge(exchange, exchange.request, event)

    def _judge(self, exchange: Exchange, request: RequestSent, event: HeadersReceived | StreamEnded) -> None:
        words = self._refusals.pop(exchange.stream, b"")
        if request.purpose == "probe:badsession":
            self._judge_probe(exchange, words)
        key = "" if request.purpose in _NO_USE else session_of(request)
        if not key or exchange.status is None:
            return
        is_refused = _is_refused(exchange, words)
        if not (is_refused or 200 <= exchange.status < 300):
            return
        session = self._session(key, exchange)
        if session.is_closed:
            return
        if is_refused:
            self._on_refused(session, exchange, words)
        else:
            self._on_taken(session, exchange, event)

    def _session(self, key: str, exchange: Exchange) -> _Session:
        session = self._sessions.setdefault(key, _Session(exchange.sent_ns))
        self._sessions.move_to_end(key)
        if len(self._sessions) > MAX_SESSIONS:
            self._sessions.popitem(last=False)
        return session

    def _on_taken(self, session: _Session, exchange: Exchange, event: HeadersReceived | StreamEnded) -> None:
        session.taken += 1
        session.last_taken_ns = event.monotonic_ns
        if session.first_refused_ns and exchange.sent_ns > session.first_refused_ns:
            text = (
                f"The same session was taken after it had been refused: {_times(session.refused)} refused "
                f"({_listed(session.statuses)}), {_times(session.taken)} taken. A session that is gone does not "
                "come back, so not every worker behind this address knows it."
            )
            self.found(text, (*session.refusal, *exchange.evidence))
            session.first_refused_ns = event.monotonic_ns  # the next contradiction is another one

    def _on_refused(self, session: _Session, exchange: Exchange, words: bytes) -> None:
        now_ns = exchange.headers_ns
        is_used_again = bool(session.first_refused_ns) and exchange.sent_ns > session.first_refused_ns
        session.refused += 1
        session.statuses = [*session.statuses, exchange.status or 0][-MAX_STATUSES:]
        if exchange.status != 404 and session_header(exchange.request):
            self._on_wrong_status(exchange, words)
        if is_used_again:
            self._on_used_again(session, exchange)
        elif not session.first_refused_ns:
            session.first_refused_ns, session.refusal = now_ns, exchange.evidence
            self._on_lost(session, exchange, words)

    def _on_lost(self, session: _Session, exchange: Exchange, words: bytes) -> None:
        """The first refusal of a session."""
        since_ns = session.last_taken_ns or session.begun_ns
        if self.context.timers.disturbed_since(since_ns):
            return
        silence_s = max(exchange.sent_ns - since_ns, 0) / _S
        is_early = silence_s < self.thresholds.session_early_s and _says_unknown(words)
        self._lost_early = self._lost_early + 1 if is_early else 0
        if is_early and (not session.taken or self._lost_early > 1):
            self._on_early(session, exchange)
        if session.taken:
            self._on_gone(session, exchange, silence_s)

    def _on_early(self, session: _Session, exchange: Exchange) -> None:
        """Nobody forgets a session at once: the request reached somebody who never knew it."""
        how = "with its very first request" if not session.taken else "while it was in use, as the one before"
        text = f"A session was refused ({exchange.status}) {how}."
        grade: Grade = "proven" if self._lost_early >= self.thresholds.session_repeats else "likely"
        self.found(text, exchange.evidence, grade=grade)

    def _on_gone(self, session: _Session, exchange: Exchange, silence_s: float) -> None:
        lived_s = (exchange.sent_ns - session.begun_ns) / _S
        text = (
            f"A session that had been taken {_times(session.taken)} in {lived_s:.1f} s was refused with "
            f"{exchange.status}, {silence_s:.1f} s after the last time."
        )
        if silence_s >= self.thresholds.session_idle_s:
            text += " The Python SDK forgets a session after half an hour without one."
        self.found(text, exchange.evidence, rule="session-expired")

    def _on_used_again(self, session: _Session, exchange: Exchange) -> None:
        if not session.taken:
            return
        text = f"The client goes on with a session that is gone: it was refused {_times(session.refused)} by now."
        self.found(text, exchange.evidence, rule="session-expired", severity=Severity.ERROR)

    def _on_wrong_status(self, exchange: Exchange, words: bytes) -> None:
        said = shown(words)
        text = f"A session that the server does not know was answered with {exchange.status}, not 404: {said}"
        self.found(text, exchange.evidence, rule="session-lost-wrong-status")

    def _judge_probe(self, exchange: Exchange, words: bytes) -> None:
        """The answer to an id that nobody has; a server without sessions takes it, and may."""
        status = exchange.status or 0
        if status in (400, 500) or (200 <= status < 300 and _says_unknown(words)):
            self._on_wrong_status(exchange, words)


def session_header(request: RequestSent | None) -> str:
    """The session that a request names in its header, as Streamable HTTP has it."""
    return (http.get(request.headers, "mcp-session-id") or "") if request is not None else ""


def session_of(request: RequestSent) -> str:
    """The session that a request names, in its header or as the endpoints of HTTP+SSE do; empty if it is masked."""
    named = session_header(request) or _session_parameter(request)
    # In a redacted recording all sessions look alike.
    return "" if MASK in named or not named.strip("*") else named


def names_a_session(request: RequestSent) -> bool:
    """Whether it names one at all, masked or not."""
    return bool(session_header(request) or _session_parameter(request))


def _session_parameter(request: RequestSent) -> str:
    if request.method != "POST":
        return ""
    try:
        query = parse_qsl(urlsplit(request.url).query, max_num_fields=100)
    except ValueError:
        return ""
    return next((value for name, value in query if name.lower() in _PARAMETERS), "")


def shown(words: bytes) -> str:
    """What a server said, short enough for a sentence."""
    return " ".join(words[:200].decode("utf-8", "replace").split()) or "it said nothing."


def _is_refused(exchange: Exchange, words: bytes) -> bool:
    """Whether the server said that it does not know the session."""
    status = exchange.status or 0
    if 200 <= status < 300:
        return exchange.purpose not in _OF_THE_APPLICATION and _UNKNOWN.search(words) is not None
    if _NOT_OF_SESSIONS.search(words):
        return False
    if status == 404 and exchange.method == "POST" and session_header(exchange.request):
        return True
    # A GET may be answered so by a server that has no such stream, so there it takes the words.
    return status in (400, 404, 410, 422, 500) and _says_unknown(words)


def _says_unknown(words: bytes) -> bool:
    return _UNKNOWN.search(words) is not None or EARLY.search(words) is not None


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def _listed(statuses: list[int]) -> str:
    return ", ".join(str(status) for status in statuses)
