"""HTTP+SSE of 2024-11-05, sans-IO: a GET stream that names the address for POSTs (protocol part A2)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit, urlunsplit

from inspector.protocol.breach import Breach, Severity
from inspector.protocol.jsonrpc import shown
from inspector.protocol.transports import answer
from inspector.protocol.transports.answer import EVENT_STREAM, JSON, Head, HttpRequest, Meaning, Verdict
from inspector.wire import http
from inspector.wire.http import HeaderList

SECTION = "HTTP with SSE transport (2024-11-05)"
MAX_ENDPOINT_CHARACTERS = 8192
MAX_HOST_CHARACTERS = 253
_DEFAULT_PORTS = {"http": 80, "https": 443}
_PATH = re.compile(r"(?:https?://[^\s/]+)?/\S*(?:session|message)\S*\Z", re.IGNORECASE)
"""What endpoints look like."""
_SCHEME = re.compile(r"[a-z][a-z0-9+.\-]*:|[a-z]+%3a|//", re.IGNORECASE)


@dataclass(slots=True)
class HttpSse:
    """Knows the requests of the transport and what their answers mean; holds the endpoint for POSTs."""

    url: str
    headers: HeaderList = ()
    endpoint: str | None = None
    _given: str = field(default="", init=False)
    """The endpoint as the server wrote it."""

    def open(self) -> HttpRequest:
        """The GET that is the session."""
        headers = (("Accept", EVENT_STREAM), ("Cache-Control", "no-cache"), *self.headers)
        self.endpoint = None
        return HttpRequest("GET", self.url, headers, "stream")

    def has_endpoint(self) -> bool:
        """Whether the server has said where messages go."""
        return self.endpoint is not None

    def post(self, body: bytes, purpose: str) -> HttpRequest:
        """A message of ours to the endpoint; only after the endpoint is known."""
        assert self.endpoint is not None, "post before endpoint"  # noqa: S101 - our own misuse
        headers = (("Accept", "*/*"), ("Content-Type", JSON), *self.headers)
        return HttpRequest("POST", self.endpoint, headers, purpose, body)

    def on_endpoint(self, data: str, base_url: str) -> Breach | None:
        """Take the `endpoint` event; `base_url` is the address that answered (after redirects).

        Another origin is refused: following it would send the user's credentials wherever the server points.
        """
        if self.endpoint is not None:
            text = f"A second endpoint event came ({shown(data)}); messages still go to the first."
            return _breach("endpoint-event-repeated", Severity.WARN, text, "Send endpoint once, first of all.")
        target = _resolve(base_url, data)
        if target is None:
            text = f"The endpoint event carries {shown(data)}, which is no address."
            return _breach(
                "endpoint-url-mangled",
                Severity.ERROR,
                text,
                "Send the plain relative path, such as /messages?session_id=..., without quotes or encoding.",
            )
        if origin(target) != origin(base_url):
            return _other_origin(base_url, target)
        self.endpoint, self._given = _at_base(base_url, target), data
        return None

    def forgotten_session(self) -> Breach | None:
        """Why the endpoint may refuse a message: its query was begun and names no session."""
        if self.endpoint is None or not self._given.rstrip().endswith(("?", "=")):
            return None
        text = f"The endpoint {shown(self._given)} ends where the session should be named, and refuses messages."
        return _breach("endpoint-url-mangled", Severity.ERROR, text, "Put the id of the session into the query.")

    def forgotten_prefix(self) -> Breach | None:
        """Why nothing may be at the endpoint: the path that leads to the stream's own folder is not part of it."""
        folder = urlsplit(self.url).path.rpartition("/")[0]
        path = urlsplit(self.endpoint or "").path
        if not folder or not self.endpoint or path.startswith(f"{folder}/"):
            return None
        text = f"The endpoint {shown(path)} lacks the prefix {shown(folder)} of the stream, and nothing is there."
        fix = "Tell the server its prefix (root_path, or X-Forwarded-Prefix from the proxy), or send a relative path."
        return _breach("endpoint-prefix-lost", Severity.ERROR, text, fix)

    def missing_endpoint(self, text: str) -> Breach:
        """The stream does not begin as it must."""
        return _breach(
            "endpoint-event-missing",
            Severity.ERROR,
            text,
            "Send `event: endpoint` with the path for POSTs first of all; or connect over Streamable HTTP.",
        )

    def nameless_endpoint(self, data: str) -> Breach | None:
        """Whether what came as an ordinary event is the endpoint, whose name the server left out."""
        if len(data) > MAX_ENDPOINT_CHARACTERS or _PATH.match(data) is None:
            return None
        text = f"The first event carries an address ({shown(data)}) but is not named `endpoint`, so clients ignore it."
        return self.missing_endpoint(text)

    def judge_open(self, head: Head, now: float) -> Verdict:
        if not head.is_success:
            return answer.explain(head, "GET", now)
        if http.is_event_stream(head.get("content-type")):
            return Verdict(Meaning.EVENT_STREAM)
        return Verdict(Meaning.FAILED, answer.wrong_content_type(head, EVENT_STREAM))

    def judge_post(self, head: Head, now: float) -> Verdict:
        """Any 2xx is an acceptance; the answer itself comes on the GET stream."""
        if head.is_success:
            return Verdict(Meaning.ACCEPTED)
        if head.status in (404, 410):
            return Verdict(Meaning.SESSION_GONE, f"The server no longer knows this session ({head.status}).")
        return answer.explain(head, "POST", now)


def origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port (RFC 6454)."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = -1
    return parts.scheme, (parts.hostname or "").lower(), _DEFAULT_PORTS.get(parts.scheme) if port is None else port


def _resolve(base_url: str, data: str) -> str | None:
    """The absolute address, None for what readers of URLs understand differently: it might leave the origin in one."""
    data = data.strip(" ")
    if not 0 < len(data) <= MAX_ENDPOINT_CHARACTERS:
        return None
    if any(not char.isprintable() or char in ' "<>\\^`{|}' for char in data):
        return None
    try:
        given = urlsplit(data)
        if _SCHEME.match(data) and not (given.hostname and given.scheme in ("", *_DEFAULT_PORTS)):
            return None
        return urljoin(base_url, data)
    except ValueError:
        return None


def _at_base(base_url: str, target: str) -> str:
    """Path and query of `target` at the very place that answered: no other spelling of it, nor other credentials."""
    base, parts = urlsplit(base_url), urlsplit(target)
    return urlunsplit((base.scheme, base.netloc, parts.path, parts.query, ""))


def _other_origin(base_url: str, target: str) -> Breach:
    here, there = origin(base_url), origin(target)
    text = f"The endpoint is on another origin: {_origin_text(there)} instead of {_origin_text(here)}."
    fix = "Send a relative path, or set the server's public base URL. We do not follow it: it could leak tokens."
    if (here[0], there[0]) == ("https", "http") and here[1] == there[1]:
        fix = "Send a relative path, or trust X-Forwarded-Proto behind the proxy. We do not follow it unencrypted."
        return _breach("endpoint-scheme-downgrade", Severity.ERROR, text, fix)
    return _breach("endpoint-origin-mismatch", Severity.ERROR, text, fix)


def _origin_text(place: tuple[str, str, int | None]) -> str:
    scheme, host, port = place
    return f"{scheme}://{f'[{host}]' if ':' in host else host[:MAX_HOST_CHARACTERS]}:{port}"


def _breach(rule: str, severity: Severity, text: str, fix: str) -> Breach:
    return Breach(rule, severity, text, fix, SECTION)
