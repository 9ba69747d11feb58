"""Watches over what a server makes of the names Host and Origin."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from inspector.diagnose.exchange import Exchange
from inspector.diagnose.rule import Watch
from inspector.diagnose.topics import Topic
from inspector.trace.events import BodyReceived, HeadersReceived, Message
from inspector.wire import http

LOOKED_AT_BYTES = 1_024
MAX_SHOWN = 100
_NOT_THIS_HOST = re.compile(
    rb"invalid host|disallowed ?host|unknown host|host(?: header)?(?: is)? not (?:allowed|permitted|valid)|blocked host"
    rb"|host[ _]validation",
    re.IGNORECASE,
)
_NOT_THIS_ORIGIN = re.compile(
    rb"invalid origin|origin(?: header)?(?: is)? not (?:allowed|permitted|valid)|disallowed origin", re.IGNORECASE
)
_NOBODYS = (".example", ".invalid", ".test")
"""Names that nobody can own (RFC 2606), so that no list of allowed origins has them."""


class RefusedNames(Watch):
    """Servers that answer only to some names, and say so."""

    rules = ("invalid-host-header", "origin-rejected")

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {Topic.BODY: self._on_words, Topic.ANSWER: self._on_answer}

    def _on_answer(self, event: Message) -> None:
        if event.error_code is not None:
            self._on_words(event)

    def _on_words(self, event: BodyReceived | Message) -> None:
        exchange = self.context.exchanges.get(event.stream)
        if exchange is None or exchange.status not in (400, 403, 421) or exchange.purpose == "probe:origin":
            return
        words = event.raw[:LOOKED_AT_BYTES]
        if _NOT_THIS_ORIGIN.search(words):
            self._on_origin(exchange, event)
        elif _NOT_THIS_HOST.search(words):
            self._on_host(exchange, event)

    def _on_host(self, exchange: Exchange, event: BodyReceived | Message) -> None:
        host = _sent(exchange, "host") or self.context.host or "this name"
        text = f"The server refuses every request for the host {host[:MAX_SHOWN]} ({exchange.status})."
        bare = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
        fix = f"The host to allow is `{bare[:MAX_SHOWN]}`, and with any port `{bare[:MAX_SHOWN]}:*`."
        self.found(text, (*exchange.evidence, event.n), fix=fix)

    def _on_origin(self, exchange: Exchange, event: BodyReceived | Message) -> None:
        origin = _sent(exchange, "origin")
        if not origin or _is_nobodys(origin):  # to refuse such a page is right
            return
        text = f"The server refuses requests of the origin {origin[:MAX_SHOWN]} ({exchange.status})."
        fix = f'Allow "{origin[:MAX_SHOWN]}" in the server, or take the Origin header out of the connection.'
        self.found(text, (*exchange.evidence, event.n), rule="origin-rejected", fix=fix)


class AnyOrigin(Watch):
    """Local servers that take requests of a page that nobody has allowed."""

    rules = ("origin-not-validated",)

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {Topic.HTTP_RESPONSE: self._on_response}

    def _on_response(self, event: HeadersReceived) -> None:
        exchange = self.context.exchanges.get(event.stream)
        if exchange is None or exchange.request is None or exchange.method != "POST" or not 200 <= event.status < 300:
            return
        origin = http.get(exchange.request.headers, "origin")
        if origin is None or not _is_nobodys(origin) or not _is_local(exchange.request.url):
            return
        host = _sent(exchange, "host")
        text = (
            f"A POST of the foreign origin {origin[:MAX_SHOWN]} (Host: {host[:MAX_SHOWN]}) was taken ({event.status})."
        )
        self.found(text, exchange.evidence)


def _sent(exchange: Exchange, name: str) -> str:
    return (http.get(exchange.request.headers, name) or "") if exchange.request is not None else ""


def _is_nobodys(origin: str) -> bool:
    return _host_of(origin).endswith(_NOBODYS)


def _is_local(url: str) -> bool:
    """This machine, or a private network: what the browsers of others cannot reach, but those of its users can."""
    host = _host_of(url)
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal")):
        return True
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return False


def _host_of(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""
