"""Rules about TLS, its absence, and walls in front of the server."""

from __future__ import annotations

import ipaddress
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from inspector.diagnose.context import LOOPBACK, Context
from inspector.diagnose.exchange import Exchange
from inspector.diagnose.rule import Group, Rule, Watch
from inspector.diagnose.stack import PROXIES, Product
from inspector.diagnose.topics import Topic
from inspector.trace import events as ev
from inspector.trace.events import Severity

MAX_HOSTS = 64
_S_PER_DAY = 86_400
_EXPIRED = re.compile(r"certificate has expired|certificate is not yet valid|mismatch, certificate is not valid", re.I)
_UNTRUSTED = re.compile(r"CERTIFICATE_VERIFY_FAILED|certificate .{0,200} is not trusted", re.IGNORECASE)
_TLS_PORT_WORDS = b"plain HTTP request was sent to HTTPS port"
_BINARY = "most likely TLS"


class Tls(Watch):
    """Handshakes that failed, by the words of the error; and certificates that will not last."""

    rules = ("tls-untrusted", "tls-expired-or-wrong-host")

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._told: OrderedDict[str, None] = OrderedDict()

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {Topic.END: self._on_end, Topic.CONNECTED: self._on_connected, Topic.BODY: self._on_body}

    def _on_end(self, event: ev.StreamEnded) -> None:
        exchange = self.context.exchanges.get(event.stream)
        if exchange is None or exchange.request is None:  # nothing was sent: our own settings are at fault
            return
        words = f"{event.sentence} {event.error or ''}"
        evidence = (exchange.request.n, event.n)
        if event.cause is ev.EndCause.PROTOCOL and _BINARY in event.sentence:
            self.found(event.sentence, evidence, rule=self.rules[1])
        elif event.cause is ev.EndCause.TLS:
            is_trust = _UNTRUSTED.search(words) and not _EXPIRED.search(words)
            self.found(event.sentence, evidence, rule=self.rules[0 if is_trust else 1])

    def _on_connected(self, event: ev.Connected) -> None:
        if event.tls_expires_at is None or event.peer in self._told:
            return
        days = (event.tls_expires_at - event.at) / _S_PER_DAY
        if 0 <= days < self.thresholds.certificate_days:
            self._told[event.peer] = None
            if len(self._told) > MAX_HOSTS:
                self._told.popitem(last=False)
            text = f"The certificate of {event.peer} is valid for another {days:.1f} days only."
            self.found(text, (event.n,), rule=self.rules[1], severity=Severity.WARN)

    def _on_body(self, event: ev.BodyReceived) -> None:
        exchange = self.context.exchanges.get(event.stream)
        if exchange is not None and exchange.status == 400 and _TLS_PORT_WORDS in event.raw[:4_096]:
            text = "The server says that it got plain HTTP on a port for TLS."
            self.found(text, (*exchange.evidence, event.n), rule=self.rules[1])


class PlaintextRemote(Watch):
    """http to another machine."""

    rules = ("plaintext-remote",)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._told: OrderedDict[tuple[str, bool], None] = OrderedDict()
        self._peers: OrderedDict[str, str] = OrderedDict()
        """To which address the connections to a host went."""

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {Topic.CONNECTED: self._on_connected, Topic.HTTP_RESPONSE: self._on_response}

    def _on_connected(self, event: ev.Connected) -> None:
        exchange = self.context.exchanges.get(event.stream)
        if exchange is not None and exchange.request is not None:
            self._peers[_place_of(exchange.request.url)] = event.peer
            if len(self._peers) > MAX_HOSTS:
                self._peers.popitem(last=False)

    def _on_response(self, event: ev.HeadersReceived) -> None:
        exchange = self.context.exchanges.get(event.stream)
        if exchange is None or exchange.request is None or not exchange.request.url.lower().startswith("http://"):
            return
        request = exchange.request
        host = _host_of(request.url)
        peer = self._peers.get(_place_of(request.url), "")
        if not host or _is_loopback(host) or _is_loopback(_host_of(f"//{peer}")):
            return
        credentials = [name for name, value in request.headers if "••••" in value and name.lower() != "referer"]
        key = (host, bool(credentials))
        if key in self._told:
            return
        self._told[key] = None
        if len(self._told) > MAX_HOSTS:
            self._told.popitem(last=False)
        self._report(host, _host_of(f"//{peer}") or host, credentials, request.n)

    def _report(self, host: str, address: str, credentials: list[str], n: int) -> None:
        text = f"What we say to {host} and what it answers goes over the network unencrypted."
        if credentials:
            text += f" The secret in the header {credentials[0]} goes with it."
        is_grave = bool(credentials) and not _is_private(address)
        self.found(text, (n,), severity=Severity.ERROR if is_grave else None)


class BlockedBeforeServer(Watch):
    """A page for people where the MCP server would have answered."""

    rules = ("auth-blocked-before-server",)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._metadata_n: int | None = None
        """The answer that gave the server's own OAuth metadata."""

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {Topic.HTTP_RESPONSE: self._on_response}

    def _on_response(self, event: ev.HeadersReceived) -> None:
        exchange = self.context.exchanges.get(event.stream)
        if exchange is None:
            return
        if exchange.purpose.startswith("oauth: protected resource"):
            if event.status == 200 and exchange.content_type == "application/json":
                self._metadata_n = event.n
            return
        is_page = event.status in (401, 403) and exchange.content_type == "text/html"
        if not is_page or exchange.purpose.startswith(("oauth", "probe:")) or _asks_for_token(exchange):
            return
        proxy = self._proxy_of(event)
        if proxy is None and self._metadata_n is None:
            return
        text = f"{exchange.method} was answered {event.status} with an HTML page" + (f" by {proxy}." if proxy else ".")
        if self._metadata_n is not None:
            text += " The OAuth metadata of the server can be read all the same."
        others = () if self._metadata_n is None else (self._metadata_n,)
        self.found(text, (*exchange.evidence, *others), grade="likely")

    def _proxy_of(self, event: ev.HeadersReceived) -> Product | None:
        """The proxy that this very answer gives away: others may stand behind a wall of another maker."""
        products = self.context.stack.products
        return next((product for product, n in products.items() if product in PROXIES and n <= event.n), None)


def _asks_for_token(exchange: Exchange) -> bool:
    return exchange.headers.get("www-authenticate", "").lower().startswith(("bearer", "dpop"))


def _host_of(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def _place_of(url: str) -> str:
    try:
        return urlsplit(url).netloc.rpartition("@")[2].lower()
    except ValueError:
        return ""


def _is_loopback(host: str) -> bool:
    address = _address(host)
    return host in LOOPBACK or host.endswith(".localhost") or (address is not None and address.is_loopback)


def _is_private(host: str) -> bool:
    address = _address(host)
    return address is not None and (address.is_private or address.is_link_local)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


RULES: tuple[Rule, ...] = (
    Rule(
        id="tls-untrusted",
        group=Group.SECURITY,
        title="Certificate not trusted",
        severity=Severity.ERROR,
        symptom="The TLS handshake ends because no known authority has signed the certificate.",
        cause="The certificate is signed by itself or by a private authority, the server does not send the whole "
        "chain, or a company's proxy opens the connection and signs with an authority of its own.",
        fix="Send the full chain; give the private authority to clients: here as CA file of the connection, with "
        "`SSL_CERT_FILE` for Python and `NODE_EXTRA_CA_CERTS` for Node clients. Never switch checking off for good.",
        fixes={
            Product.NGINX: "let `ssl_certificate` point to the file with the full chain (`fullchain.pem`).",
            Product.UVICORN: "let `--ssl-certfile` point to the file with the full chain.",
        },
        source="RFC 5280 section 6; inspector#584, mcp-proxy#44",
        link="https://github.com/modelcontextprotocol/inspector/issues/584",
        watch=Tls,
    ),
    Rule(
        id="tls-expired-or-wrong-host",
        group=Group.SECURITY,
        title="Certificate expired / wrong host / not TLS",
        severity=Severity.ERROR,
        symptom="The certificate is out of date, soon will be, or names another host; or one side speaks TLS and the "
        "other does not.",
        cause="The renewal did not run or the server was not reloaded after it; the host has another name in the "
        "certificate; or scheme and port of the URL do not fit.",
        fix="Renew the certificate and reload the server, put the host into its subject alternative names, or correct "
        "scheme and port.",
        fixes={
            Product.NGINX: "renew, then `nginx -s reload`: it reads certificates only when it starts.",
            Product.CADDY: "look into its log for the failed ACME challenge.",
        },
        source="RFC 9110 section 4.3.4",
        link="https://www.rfc-editor.org/rfc/rfc9110#section-4.3.4",
        watch=Tls,
    ),
    Rule(
        id="plaintext-remote",
        group=Group.SECURITY,
        title="Unencrypted connection to a remote host",
        severity=Severity.WARN,
        symptom="The URL begins with http:// and leads to another machine.",
        cause="TLS was left out. Everybody on the way can read and change all messages, tokens included.",
        fix="Serve https; where that is impossible, go through a tunnel such as `ssh -L`.",
        source="MCP authorization: communication security",
        link="https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization",
        watch=PlaintextRemote,
    ),
    Rule(
        id="auth-blocked-before-server",
        group=Group.SECURITY,
        title="Authentication wall in front of the server",
        severity=Severity.WARN,
        symptom="A proxy answers 401 or 403 with an HTML page, before the request reaches the MCP server.",
        cause="A login for people (single sign-on, basic authentication, a firewall) also covers the path of the "
        "server, and no MCP client can pass it.",
        fix="Exempt the MCP path and `/.well-known/` from the outer login; the server checks tokens itself.",
        fixes={
            Product.NGINX: "set `auth_basic off;` (or `auth_request off;`) in the location of the server.",
            Product.CLOUDFLARE: "add an Access policy with the action Bypass for the MCP path and /.well-known.",
        },
        source="claude-ai-mcp#63",
        link="https://github.com/anthropics/claude-ai-mcp/issues/63",
        explains=("not-an-mcp-endpoint",),
        watch=BlockedBeforeServer,
    ),
)
