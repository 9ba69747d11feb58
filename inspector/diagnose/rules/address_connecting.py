"""Watches over connections that could not be made: nobody there, no MCP there, or the other transport."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from inspector.diagnose.context import LOOPBACK, Context
from inspector.diagnose.exchange import Exchange
from inspector.diagnose.finding import Grade
from inspector.diagnose.rule import Watch
from inspector.diagnose.rules.address_pages import Page, is_page
from inspector.diagnose.topics import Topic
from inspector.protocol.era import TransportName
from inspector.trace.events import (
    AttemptMade,
    BodyReceived,
    ConnectionState,
    EndCause,
    Message,
    Phase,
    SessionReady,
    StateChanged,
    StreamEnded,
)

MAX_CONNECTIONS = 16
MAX_TRIED = 16
MAX_PLACES = 64
LOOKED_AT_BYTES = 16_384
_OTHER_PURPOSES = ("raw ", "probe:", "oauth", "manifest")
"""Exchanges that are no attempt to speak MCP with this address."""
_NOBODY = frozenset({EndCause.REFUSED, EndCause.UNRESOLVED, EndCause.UNREACHABLE, EndCause.CONNECT_TIMEOUT})
_GATEWAY_ERRORS = frozenset({502, 503, 504})
_POSTING = frozenset({TransportName.STREAMABLE_HTTP.value, TransportName.STATELESS.value})
_LEGACY = frozenset({TransportName.HTTP_SSE.value})
_NO_SESSION = re.compile(
    rb"(?:missing|required|invalid|no valid)[^<]{0,40}session|session[^<]{0,40}required", re.IGNORECASE
)
_BLOCKED = frozenset({200, 403, 406})
"""How a page comes in the middle of a session, where a firewall did not like what a request says."""


@dataclass(slots=True)
class _Tried:
    """One exchange of a connection that is being made."""

    method: str
    purpose: str
    url: str
    status: int
    allow: str
    server: str
    content_type: str
    is_challenge: bool
    wants_credentials: bool
    evidence: tuple[int, ...]
    words: bytes = b""

    @property
    def page(self) -> Page | None:
        """The web page that came in place of an answer, if one did."""
        if self.wants_credentials or not is_page(self.content_type, self.words):
            return None
        page = Page(self.status, self.words, is_challenge=self.is_challenge)
        # What a gateway says of a server that is down is no page of that server's.
        return page if self.status < 500 or page.is_wall else None


@dataclass(slots=True)
class _Attempt:
    """What a connection has seen before its handshake was complete."""

    tried: list[_Tried] = field(default_factory=list)
    transports: set[str] = field(default_factory=set)
    speaks_mcp: bool = False
    was_cancelled: bool = False


class Connecting(Watch):
    """Judges a connection that came to nothing once it is given up, for until then it may still be made."""

    rules = ("not-an-mcp-endpoint", "wrong-transport-for-url", "mounted-app-lifespan-missing")

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._attempts: OrderedDict[int, _Attempt] = OrderedDict()
        self._words: OrderedDict[int, bytes] = OrderedDict()
        self._spoken: OrderedDict[str, str] = OrderedDict()
        """The transports that addresses have spoken on earlier connections."""

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {
            Topic.STATE: self._on_state,
            Topic.ATTEMPT: self._on_attempt,
            Topic.READY: self._on_ready,
            Topic.BODY: self._on_body,
            Topic.ANSWER: self._on_answer,
            Topic.END: self._on_end,
        }

    def _on_state(self, event: StateChanged) -> None:
        if event.state is ConnectionState.CONNECTING:
            self._attempts.setdefault(event.connection, _Attempt())
            if len(self._attempts) > MAX_CONNECTIONS:
                self._attempts.popitem(last=False)
        elif event.state is ConnectionState.CLOSED:
            attempt = self._attempts.pop(event.connection, None)
            if attempt is not None and not attempt.was_cancelled:
                self._judge(attempt)

    def _on_attempt(self, event: AttemptMade) -> None:
        attempt = self._attempts.get(event.connection)
        if attempt is not None:
            attempt.transports.add(event.transport)

    def _on_ready(self, event: SessionReady) -> None:
        attempt = self._attempts.pop(event.connection, None)
        if attempt is None or not attempt.tried:
            return
        self._spoken[attempt.tried[0].url] = event.transport
        if len(self._spoken) > MAX_PLACES:
            self._spoken.popitem(last=False)

    def _on_answer(self, event: Message) -> None:
        attempt = self._attempts.get(event.connection)
        if attempt is not None and event.request_n is not None and event.error_code is None:
            attempt.speaks_mcp = True

    def _on_body(self, event: BodyReceived) -> None:
        if event.stream is None:
            return
        self._words[event.stream] = event.raw[:LOOKED_AT_BYTES]
        if len(self._words) > MAX_TRIED:
            self._words.popitem(last=False)

    def _on_end(self, event: StreamEnded) -> None:
        words = self._words.pop(event.stream or 0, b"")
        exchange = self.context.exchanges.get(event.stream)
        if exchange is None or exchange.request is None or exchange.purpose.startswith(_OTHER_PURPOSES):
            return
        attempt = self._attempts.get(event.connection)
        if attempt is None:
            self._judge_blocked(_tried(exchange, words))
            return
        attempt.was_cancelled = attempt.was_cancelled or event.cause is EndCause.CANCELLED_BY_US
        attempt.speaks_mcp = attempt.speaks_mcp or exchange.is_event_stream
        if exchange.status is not None and len(attempt.tried) < MAX_TRIED:
            attempt.tried.append(_tried(exchange, words))

    def _judge(self, attempt: _Attempt) -> None:
        if attempt.speaks_mcp or not attempt.tried:
            return
        pages = [tried for tried in attempt.tried if tried.page is not None]
        if pages:
            self._on_page(pages[0])
        elif not self._on_other_transport(attempt):
            self._on_failing_application(attempt.tried)

    def _judge_blocked(self, tried: _Tried) -> None:
        page = tried.page
        if self.context.ready is None or tried.method != "POST" or tried.status not in _BLOCKED or page is None:
            return
        text = f"{tried.purpose} was answered with {page.described}, in the middle of a session that works."
        fix = "If only some arguments are answered so, a firewall reads them: repeat the call with harmless ones."
        self.found(text, tried.evidence, fix=f"{fix} {page.fix}")

    def _on_page(self, tried: _Tried) -> None:
        page = tried.page
        if page is not None:
            text = f"{tried.method} {_path(tried.url)} was answered with {page.described}."
            self.found(text, tried.evidence, fix=page.fix)

    def _on_other_transport(self, attempt: _Attempt) -> bool:
        """Only where one transport was chosen by hand: the search tries them all."""
        if attempt.transports and attempt.transports <= _POSTING:
            refusals = [tried for tried in attempt.tried if tried.method == "POST" and _is_legacy(tried)]
            right = TransportName.HTTP_SSE
        elif attempt.transports == _LEGACY:
            refusals = [tried for tried in attempt.tried if tried.method == "GET" and _is_streamable(tried)]
            right = TransportName.STREAMABLE_HTTP
        else:
            return False
        if not refusals:
            return False
        refusal = refusals[-1]
        has_spoken = self._spoken.get(refusal.url) not in (None, *attempt.transports)
        grade: Grade = "proven" if has_spoken else "likely"
        text = f"{refusal.method} {_path(refusal.url)} was answered with {refusal.status}{_why(refusal)}."
        if has_spoken:
            right = TransportName(self._spoken[refusal.url])
            text += f" It has spoken {right.label} before."
        fix = f"Set the transport to {right.label}."
        if right is TransportName.HTTP_SSE and not _path(refusal.url).rstrip("/").endswith("/sse"):
            fix += " Should this be the address for its messages, connect to that of its stream, often /sse."
        self.found(text, refusal.evidence, rule="wrong-transport-for-url", grade=grade, fix=fix)
        return True

    def _on_failing_application(self, tried: list[_Tried]) -> None:
        posts = [each for each in tried if each.method == "POST"]
        if not posts or any(not _is_crash(each) for each in posts):
            return
        text = f"Every POST was answered with 500 Internal Server Error by {posts[0].server[:40]}."
        self.found(text, posts[0].evidence, rule="mounted-app-lifespan-missing", grade="hint")


class Nobody(Watch):
    """Addresses at which nothing takes a connection, as long as there was none."""

    rules = ("nothing-listening",)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._places: OrderedDict[str, None] = OrderedDict()

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {Topic.END: self._on_end, Topic.READY: self._on_ready}

    def _on_end(self, event: StreamEnded) -> None:
        exchange = self.context.exchanges.get(event.stream)
        if exchange is None or exchange.request is None or self.context.ready is not None:
            return
        if exchange.purpose.startswith(_OTHER_PURPOSES) or self.context.timers.disturbed_since(exchange.sent_ns):
            return
        place, url = _place(exchange.request.url), exchange.request.url
        if event.cause in _NOBODY and event.phase is Phase.CONNECT:
            self._remember(place)
            self.found(event.sentence, exchange.evidence, fix=" ".join(_steps(event.cause, url)))
        elif exchange.status in _GATEWAY_ERRORS and _went_astray(exchange, url):
            self._remember(place)
            peer = exchange.opened_socket.peer if exchange.opened_socket else ""
            text = f"The request to {place} went to {peer} instead, a proxy that answered {exchange.status}."
            fix = "Take this machine out of the system proxy: `NO_PROXY=localhost,127.0.0.1`."
            self.found(text, exchange.evidence, grade="likely", fix=fix)

    def _remember(self, place: str) -> None:
        self._places[place] = None
        if len(self._places) > MAX_PLACES:
            self._places.popitem(last=False)

    def _on_ready(self, event: SessionReady) -> None:
        if _place(self.context.url) in self._places:
            del self._places[_place(self.context.url)]
            self.over()


def _tried(exchange: Exchange, words: bytes) -> _Tried:
    headers = exchange.headers
    return _Tried(
        exchange.method,
        exchange.purpose,
        exchange.request.url if exchange.request else "",
        exchange.status or 0,
        headers.get("allow", ""),
        headers.get("server", ""),
        exchange.content_type,
        headers.get("cf-mitigated", "").lower() == "challenge",
        exchange.status == 401 and "www-authenticate" in headers,
        exchange.evidence,
        words,
    )


def _is_legacy(tried: _Tried) -> bool:
    """A POST that was refused as by a URL that is the GET stream of HTTP+SSE."""
    is_named_so = tried.status in (400, 404) and _path(tried.url).rstrip("/").endswith("/sse")
    return tried.status == 405 or is_named_so or (tried.status == 400 and _NO_SESSION.search(tried.words) is not None)


def _is_streamable(tried: _Tried) -> bool:
    """A GET that was refused as by an endpoint of Streamable HTTP."""
    is_named_so = tried.status == 404 and _path(tried.url).rstrip("/").endswith("/mcp")
    wants_session = tried.status == 400 and _NO_SESSION.search(tried.words) is not None
    return tried.status in (405, 406) or is_named_so or wants_session


def _is_crash(tried: _Tried) -> bool:
    is_plain = tried.words.lstrip().startswith(b"Internal Server Error")
    return tried.status == 500 and is_plain and "uvicorn" in tried.server.lower()


def _why(tried: _Tried) -> str:
    if tried.status == 405 and tried.allow:
        return f": it takes {tried.allow[:60]} only"
    said = " ".join(tried.words[:120].decode("utf-8", "replace").split())
    return f": {said}" if said else ""


def _steps(cause: EndCause, url: str) -> Iterator[str]:
    host = _host(url)
    if cause is EndCause.UNRESOLVED:
        yield "Check the spelling of the name, the DNS, and the VPN that may be needed for it."
    if host == "localhost":
        yield "Both meanings of localhost were tried, ::1 and 127.0.0.1."
    if host in ("127.0.0.1", "::1"):
        yield "Try localhost, which is ::1 and 127.0.0.1: the server may listen on one of them only."
    if host == "host.docker.internal":
        yield "The server on the host has to listen on 0.0.0.0, not on 127.0.0.1."
    if cause in (EndCause.CONNECT_TIMEOUT, EndCause.UNREACHABLE):
        yield "Check whether a firewall or a VPN stands between."


def _went_astray(exchange: Exchange, url: str) -> bool:
    """Whether a request to this machine was sent on a connection to another address, as system proxies have it."""
    if exchange.opened_socket is None or _host(url) not in LOOPBACK:
        return False
    peer, _, port = exchange.opened_socket.peer.rpartition(":")
    return bool(peer) and (peer.strip("[]") not in LOOPBACK or _port(url) not in ("", port))


def _port(url: str) -> str:
    try:
        parts = urlsplit(url)
        return str(parts.port or (443 if parts.scheme == "https" else 80))
    except ValueError:
        return ""


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def _place(url: str) -> str:
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""


def _path(url: str) -> str:
    try:
        return urlsplit(url).path[:100] or "/"
    except ValueError:
        return "/"
