"""What the head of a response says about delivery: how late it is, and which fields do not belong there."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from inspector.diagnose.rule import Watch
from inspector.diagnose.stack import Product
from inspector.diagnose.topics import Topic
from inspector.trace.events import FrameReceived, HeadersReceived, Severity, StreamEnded

if TYPE_CHECKING:
    from inspector.diagnose.context import Context

MAX_URLS = 64
_HIT = re.compile(r"\b(?:HIT|REVALIDATED)\b", re.IGNORECASE)
_SESSION = re.compile(rb"session[\w-]{0,32}=([\w.%~-]{8,128})", re.IGNORECASE)


class Http10(Watch):
    """HTTP/1.0 cannot say that a body without a length was cut off."""

    rules = ("http10-hop",)

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {Topic.HTTP_RESPONSE: self._on_response}

    def _on_response(self, event: HeadersReceived) -> None:
        exchange = self.context.exchanges.get(event.stream)
        via = exchange.headers.get("via", "") if exchange else ""
        if event.http_version == "HTTP/1.0":
            is_toy = Product.HTTP_SERVER in self.context.stack
            text = "The answer came over HTTP/1.0: its end looks the same whether it is complete or cut off."
            self.found(text, (event.n,), severity=Severity.NOTE if is_toy else None)
        elif any(hop.strip().startswith("1.0 ") for hop in via.split(",")):
            self.found(f"A hop on the way speaks HTTP/1.0 (Via: {via[:80]}).", (event.n,), grade="likely")


class Length(Watch):
    """Whoever knows the length of an event stream has waited until it was complete."""

    rules = ("sse-content-length",)

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {Topic.HTTP_RESPONSE: self._on_response, Topic.END: self._on_end}

    def _on_response(self, event: HeadersReceived) -> None:
        exchange = self.context.exchanges.get(event.stream)
        if exchange is None or not exchange.is_event_stream or exchange.method != "GET":
            return
        length = exchange.headers.get("content-length")
        if length is not None:
            text = f"The answer to GET is an event stream, and says that it ends after {length[:20]} bytes."
            self.found(text, exchange.evidence)

    def _on_end(self, event: StreamEnded) -> None:
        exchange = self.context.exchanges.get(event.stream)
        if exchange is None or not exchange.is_event_stream or "content-length" not in exchange.headers:
            return
        took_s = (event.monotonic_ns - exchange.sent_ns) / 1e9
        text = f"An event stream of {event.frames} events came with Content-Length, complete after {took_s:.1f} s."
        if event.frames < self.thresholds.batch_progress:
            if exchange.method != "GET":  # a single event in one piece is a legal answer
                self.found(text, exchange.evidence, severity=Severity.NOTE)
        elif exchange.groups == 1 and took_s >= self.thresholds.batch_silence_s:
            self.found(text, exchange.evidence, severity=Severity.ERROR)
        elif exchange.method != "GET":
            self.found(text, exchange.evidence)


class Cached(Watch):
    """An event stream from a cache is somebody else's, or one's own of yesterday."""

    rules = ("sse-cached",)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._sessions: OrderedDict[str, tuple[bytes, int | None, int]] = OrderedDict()

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {Topic.HTTP_RESPONSE: self._on_response, Topic.FRAME: self._on_frame}

    def _on_response(self, event: HeadersReceived) -> None:
        exchange = self.context.exchanges.get(event.stream)
        if exchange is None or not exchange.is_event_stream:
            return
        age = exchange.headers.get("age", "").strip()
        if age.isdecimal() and age.strip("0"):
            self.found(f"A cache has kept this event stream for {age[:12]} s (Age).", exchange.evidence)
            return
        for name in ("x-cache", "cf-cache-status", "x-cache-status"):
            value = exchange.headers.get(name, "")
            if _HIT.search(value):
                self.found(f"A cache answered with an event stream ({name}: {value[:60]}).", exchange.evidence)
                return

    def _on_frame(self, event: FrameReceived) -> None:
        """The session of HTTP+SSE is born with its stream: no two streams have the same."""
        exchange = self.context.exchanges.get(event.stream)
        session = _SESSION.search(event.raw) if event.event == "endpoint" else None
        if session is None or exchange is None or exchange.request is None:
            return
        names = {name.lower() for name, _ in exchange.request.headers}
        if names & {"last-event-id", "cookie"}:  # a server may know us by them, and go on with our session
            return
        url = exchange.request.url
        before = self._sessions.get(url)
        if before is not None and before[0] == session[1] and before[1] != event.stream:
            text = "Two streams were opened and both were given the same session id: a cache answered the second."
            self.found(text, (before[2], *exchange.evidence, event.n), grade="likely")
        self._sessions[url] = session[1], event.stream, event.n
        if len(self._sessions) > MAX_URLS:
            self._sessions.popitem(last=False)


class NoHint(Watch):
    """A stream that does not ask proxies to leave it alone."""

    rules = ("anti-buffer-headers-missing",)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._told_for = 0

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {Topic.HTTP_RESPONSE: self._on_response}

    def _on_response(self, event: HeadersReceived) -> None:
        exchange = self.context.exchanges.get(event.stream)
        if exchange is None or not exchange.is_event_stream or self.context.is_loopback:
            return
        says_no = exchange.headers.get("x-accel-buffering", "").strip().lower() == "no"
        if says_no or "no-transform" in exchange.headers.get("cache-control", "").lower():
            return
        if self._told_for == exchange.connection:
            return
        self._told_for = exchange.connection
        text = "The event stream has neither `X-Accel-Buffering: no` nor `Cache-Control: no-transform`."
        proxies = self.context.stack.proxies
        if Product.NGINX in proxies:  # it obeys X-Accel-Buffering and does not pass it on
            self.found(f"{text} nginx may have taken the first away.", exchange.evidence, grade="hint")
        elif proxies:
            names = " and ".join(proxies[:3])
            self.found(f"{text} There is {names} on the way.", exchange.evidence, severity=Severity.WARN)
        else:
            self.found(text, exchange.evidence)
