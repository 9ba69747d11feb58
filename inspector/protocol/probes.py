"""Active checks of a server, sans-IO: what each sends and what its answers show.

A probe is a generator: it yields the `Step` to make, is sent the `Reply`, and returns a sentence about what was seen.
Its exchanges carry the purpose `probe:<id>`, so that the rules of the diagnosis find them in the river.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from inspector.protocol.era import TransportName
from inspector.protocol.probe_calls import abandon, direct, live
from inspector.protocol.probe_steps import (
    PREFIX,
    Plan,
    Reply,
    Step,
    Target,
    farewell,
    named,
    own_session,
    status_words,
)
from inspector.protocol.transports.answer import HttpRequest
from inspector.wire.http import HeaderList

FOREIGN_ORIGIN = "http://evil.example"
"""An origin that no server of ours has reason to allow (RFC 2606 keeps the name for examples)."""
LOCAL_PAGE = "http://localhost:6274"
"""Where web clients for developers are served on one's own machine."""
NONSENSE_VERSION = "1900-01-01"
BROWSER_HEADERS = ("content-type", "mcp-protocol-version", "mcp-session-id", "authorization", "last-event-id")
STATELESS_HEADERS = (*BROWSER_HEADERS, "mcp-method", "mcp-name")
"""What a client in a browser has to be allowed to send."""
FRESH_SOCKETS = 10
RESUME_S = 2.0
NOTICE_TRIES, NOTICE_PAUSE_S = 11, 1.0
"""How often, and how far apart, a stream is asked for anew after we left one."""
_MOMENT_S = 0.3
_STREAMABLE = frozenset({TransportName.STREAMABLE_HTTP})
_POSTING = frozenset({TransportName.STREAMABLE_HTTP, TransportName.STATELESS})
_ALL = frozenset({TransportName.STREAMABLE_HTTP, TransportName.STATELESS, TransportName.HTTP_SSE})


@dataclass(frozen=True, slots=True)
class Probe:
    """One check, as it is offered: `sends` says in words what will be sent, before anything is."""

    id: str
    title: str
    sends: str
    plan: Callable[[Target], Plan]
    transports: frozenset[TransportName] = field(default=_POSTING)

    def obstacle(self, target: Target) -> str:
        """Why it cannot be made there, in a sentence; empty if it can."""
        if target.transport not in self.transports:
            return "Does not fit this transport."
        if self.id in _NEED_SESSION and target.session_id is None:
            return "This server names no session."
        if self.id in RUN_A_TOOL and not target.tool:
            return "Call a tool first; that call is then repeated."
        if self.id == "direct" and not target.direct_url:
            return "Say below where the server is without its proxy."
        return ""


def _ping(target: Target, message_id: str) -> HttpRequest:
    # 2026-07-28 has no ping; discovery is what any server of it answers without side effects.
    method = "server/discover" if target.transport is TransportName.STATELESS else "ping"
    return target.post(method, message_id)


def _preflight(target: Target) -> Plan:
    names = STATELESS_HEADERS if target.transport is TransportName.STATELESS else BROWSER_HEADERS
    headers: HeaderList = (
        ("Origin", LOCAL_PAGE),
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", ",".join(names)),
    )
    reply = yield Step(HttpRequest("OPTIONS", target.url, headers, f"{PREFIX}preflight", is_exact=True))
    allowed = reply.get("access-control-allow-origin")
    return f"The preflight was answered with {status_words(reply)}; allowed origin: {allowed or 'none'}."


def _origin(target: Target) -> Plan:
    host = _foreign_host(target.url)
    reply = yield Step(named(_ping(target, "probe-origin"), "origin", ("Origin", FOREIGN_ORIGIN), ("Host", host)))
    return f"A request in the name of a foreign page was answered with {status_words(reply)}."


def _cors(target: Target) -> Plan:
    reply = yield Step(named(_ping(target, "probe-cors"), "cors", ("Origin", LOCAL_PAGE)))
    exposed = reply.get("access-control-expose-headers")
    return f"The answer to a page in a browser exposes {exposed or 'no headers'} ({status_words(reply)})."


def _bad_session(target: Target) -> Plan:
    unknown = replace(target, session_id=str(uuid.uuid4()))
    reply = yield Step(named(_ping(unknown, "probe-badsession"), "badsession"))
    return f"An unknown session id was answered with {status_words(reply)}; 404 is right."


def _version(target: Target) -> Plan:
    request = named(_ping(target, "probe-version"), "version", ("MCP-Protocol-Version", NONSENSE_VERSION))
    reply = yield Step(request)
    return f"The protocol version {NONSENSE_VERSION} was answered with {status_words(reply)}; 400 is right."


def _fresh(target: Target) -> Plan:
    statuses: list[int] = []
    for number in range(FRESH_SOCKETS):
        reply = yield Step(named(_ping(target, f"probe-fresh-{number}"), "fresh"))
        statuses.append(reply.status)
    known = sum(1 for status in statuses if 200 <= status < 300)
    return f"{known} of {FRESH_SOCKETS} new connections knew the session."


def _identity(target: Target) -> Plan:
    answered: list[str] = []
    for coding in ("gzip, deflate, br", "identity"):
        reply = yield Step(named(_ping(target, "probe-identity"), "identity", ("Accept-Encoding", coding)))
        answered.append(reply.get("content-encoding") or "no compression")
    return f"Asked for compression the answer came with {answered[0]}, asked for none with {answered[1]}."


def _hold(target: Target) -> Plan:
    if target.transport is TransportName.HTTP_SSE:
        reply = yield Step(_get_stream(target), listen_s=target.hold_s)
        return _held(reply)
    own = yield from own_session(target, "hold")
    if own is None:
        return "No session of its own could be opened for it."
    reply = yield Step(named(own.streamable.listen(), "hold"), listen_s=target.hold_s)
    yield from farewell(own, "hold")
    return _held(reply)


def _get_stream(target: Target) -> HttpRequest:
    headers: HeaderList = (("Accept", "text/event-stream"), *target.headers)
    return HttpRequest("GET", target.url, headers, f"{PREFIX}hold", is_exact=True)


def _held(reply: Reply) -> str:
    if reply.status != 200:
        return f"There is no stream to hold: the GET was answered with {status_words(reply)}."
    if reply.ended_by_us:
        return f"The idle stream was still open after {reply.lasted_s:.1f} s."
    return f"The idle stream ended after {reply.lasted_s:.1f} s. {reply.sentence}"


def _resume(target: Target) -> Plan:
    own = yield from own_session(target, "resume")
    if own is None:
        return "No session of its own could be opened for it."
    reply = yield Step(named(own.post("tools/list", "probe-resume"), "resume"))
    if not reply.event_ids:
        yield from farewell(own, "resume")
        return "tools/list was answered without event ids: there is nothing to resume from."
    again = yield Step(named(own.streamable.listen(reply.event_ids[0]), "resume"), listen_s=RESUME_S)
    yield from farewell(own, "resume")
    if again.status != 200:
        return f"Resuming from the first event was answered with {status_words(again)}."
    return f"After the first of {len(reply.event_ids)} events {len(again.event_ids)} were sent again."


def _disconnect(target: Target) -> Plan:
    own = yield from own_session(target, "disconnect")
    if own is None:
        return "No session of its own could be opened for it."
    request = named(own.streamable.listen(), "disconnect")
    first = yield Step(request, listen_s=_MOMENT_S)
    again, tries = first, 0
    while first.status == 200 and tries < NOTICE_TRIES and (again.status == 409 or not tries):
        again = yield Step(request, listen_s=_MOMENT_S, pause_s=NOTICE_PAUSE_S if tries else 0.0)
        tries += 1
    yield from farewell(own, "disconnect")
    if first.status != 200:
        return f"There is no stream to leave: the GET was answered with {status_words(first)}."
    if again.status == 409:
        held_s = NOTICE_PAUSE_S * (tries - 1)
        return f"{held_s:.0f} s after we had left, the server still held our old stream and refused a new one (409)."
    return f"After we had left, try {tries} to open a new stream was answered with {status_words(again)}."


PROBES: tuple[Probe, ...] = (
    Probe(
        "preflight",
        "Ask as a browser does beforehand",
        f"One OPTIONS request from the origin {LOCAL_PAGE}.",
        _preflight,
        _ALL,
    ),
    Probe("cors", "See what a page in a browser may read", f"One ping from the origin {LOCAL_PAGE}.", _cors),
    Probe("origin", "See whether any website may talk to it", "One ping with foreign Origin and Host.", _origin),
    Probe(
        "badsession",
        "Ask with a session id that nobody has",
        "One ping with a random session id.",
        _bad_session,
        _STREAMABLE,
    ),
    Probe(
        "version",
        "Name a protocol version that does not exist",
        f"One ping as {NONSENSE_VERSION}.",
        _version,
        _STREAMABLE,
    ),
    Probe(
        "fresh",
        "See whether every worker knows the session",
        f"{FRESH_SOCKETS} pings, each on a new connection.",
        _fresh,
    ),
    Probe("identity", "Compare with and without compression", "Two pings with different Accept-Encoding.", _identity),
    Probe(
        "resume",
        "Have events sent again",
        "tools/list in a session of its own, then a GET with the id of its first event.",
        _resume,
        _STREAMABLE,
    ),
    Probe(
        "hold",
        "Leave a stream idle",
        "One GET in a session of its own, then nothing.",
        _hold,
        frozenset({TransportName.STREAMABLE_HTTP, TransportName.HTTP_SSE}),
    ),
    Probe(
        "disconnect",
        "Leave a stream and come back",
        "GETs in a session of its own, until one is accepted again.",
        _disconnect,
        _STREAMABLE,
    ),
    Probe("live", "Call the tool again and watch its events arrive", "Your latest tools/call, once more.", live),
    Probe(
        "abandon",
        "Leave in the middle of a call",
        "Your latest tools/call, left after a second, and a GET for the rest.",
        abandon,
    ),
    Probe(
        "direct",
        "Call the tool with and without the proxy",
        "Your latest tools/call, here and at the other address.",
        direct,
        _STREAMABLE,
    ),
)
"""In the order in which they are made, the harmless ones first."""
_NEED_SESSION = frozenset({"badsession", "fresh"})
RUN_A_TOOL = frozenset({"live", "abandon", "direct"})
"""Those that make a call again: not safe where the tool changes something."""


def _foreign_host(url: str) -> str:
    """The name of the foreign page with our port: what a name that was bound anew would bring (DNS rebinding)."""
    try:
        port = urlsplit(url).port
    except ValueError:
        port = None
    host = urlsplit(FOREIGN_ORIGIN).hostname or ""
    return f"{host}:{port}" if port else host
