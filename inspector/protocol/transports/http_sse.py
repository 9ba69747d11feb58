"""HTTP+SSE of 2024-11-05, sans-IO: a GET stream that names the address for POSTs (protocol part A2)."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from inspector.protocol.breach import Breach, Severity
from inspector.protocol.transports import answer
from inspector.protocol.transports.answer import EVENT_STREAM, JSON, Head, HttpRequest, Meaning, Verdict
from inspector.wire import http
from inspector.wire.http import HeaderList

SECTION = "HTTP with SSE transport (2024-11-05)"
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(slots=True)
class HttpSse:
    """Knows the requests of the transport and what their answers mean; holds the endpoint for POSTs."""

    url: str
    headers: HeaderList = ()
    endpoint: str | None = None

    def open(self) -> HttpRequest:
        """The GET that is the session."""
        headers = (("Accept", EVENT_STREAM), ("Cache-Control", "no-cache"), *self.headers)
        self.endpoint = None
        return HttpRequest("GET", self.url, headers, "stream")

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
            text = f"A second endpoint event came ({data!r}); messages still go to the first."
            return _breach("endpoint-event-repeated", Severity.WARN, text, "Send endpoint once, first of all.")
        target = _resolve(base_url, data)
        if target is None:
            text = f"The endpoint event carries {data[:200]!r}, which is no address."
            return _breach("endpoint-url-mangled", Severity.ERROR, text, "Send the plain relative path.")
        if origin(target) != origin(base_url):
            text = f"The endpoint is on another origin: {_origin_text(target)} instead of {_origin_text(base_url)}."
            fix = (
                "Send a relative path, or set the server's public base URL. We do not follow it: it could leak tokens."
            )
            return _breach("endpoint-origin-mismatch", Severity.ERROR, text, fix)
        self.endpoint = target
        return None

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
    return parts.scheme, (parts.hostname or "").lower(), port or _DEFAULT_PORTS.get(parts.scheme)


def _resolve(base_url: str, data: str) -> str | None:
    data = data.strip()
    if not data or any(ord(char) < 0x21 or char in '"<>\\^`{|}' for char in data):
        return None
    try:
        target = urljoin(base_url, data)
        parts = urlsplit(target)
    except ValueError:
        return None
    return target if parts.scheme in _DEFAULT_PORTS and parts.hostname else None


def _origin_text(url: str) -> str:
    scheme, host, port = origin(url)
    return f"{scheme}://{host}:{port}"


def _breach(rule: str, severity: Severity, text: str, fix: str) -> Breach:
    return Breach(rule, severity, text, fix, SECTION)
