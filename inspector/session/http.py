"""The only module that knows httpx: opens exchanges, taps every chunk, and translates failures into causes."""

from __future__ import annotations

import errno
import re
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from time import perf_counter_ns
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from inspector.protocol.transports.answer import HttpRequest
from inspector.session.options import Options
from inspector.trace.events import EndCause, Phase
from inspector.wire.http import HeaderList

USER_AGENT = "sse-mcp-inspector"
MAX_REDIRECTS = 10


class HttpFailure(Exception):
    """An exchange that failed; `sentence` names cause and next step, `error` keeps the library's words."""

    def __init__(self, cause: EndCause, phase: Phase, sentence: str, error: str) -> None:
        super().__init__(sentence)
        self.cause = cause
        self.phase = phase
        self.sentence = sentence
        self.error = error


@dataclass(slots=True)
class Marks:
    """Times of one exchange from httpx's trace extension; nanoseconds of the monotonic clock, 0 where not reached."""

    sent_ns: int = 0
    tcp_started_ns: int = 0
    tcp_done_ns: int = 0
    tls_started_ns: int = 0
    tls_done_ns: int = 0
    network_stream: Any = None
    on_connected: Callable[[], None] = field(default=lambda: None)
    on_waiting: Callable[[], None] = field(default=lambda: None)

    async def trace(self, name: str, info: dict[str, Any]) -> None:
        match name:
            case "connection.connect_tcp.started":
                self.tcp_started_ns = perf_counter_ns()
            case "connection.connect_tcp.complete":
                self.tcp_done_ns = perf_counter_ns()
                self.network_stream = info.get("return_value")
            case "connection.start_tls.started":
                self.tls_started_ns = perf_counter_ns()
            case "connection.start_tls.complete":
                self.tls_done_ns = perf_counter_ns()
                self.network_stream = info.get("return_value")
            case "http11.send_request_headers.started" | "http2.send_request_headers.started":
                if self.tcp_done_ns:
                    self.on_connected()
            case "http11.receive_response_headers.started" | "http2.receive_response_headers.started":
                self.on_waiting()

    @property
    def connect_ms(self) -> float:
        return (self.tcp_done_ns - self.tcp_started_ns) / 1e6

    @property
    def tls_ms(self) -> float | None:
        return (self.tls_done_ns - self.tls_started_ns) / 1e6 if self.tls_done_ns else None

    def peer(self) -> str:
        address = self.network_stream and self.network_stream.get_extra_info("server_addr")
        if not address:
            return ""
        host = f"[{address[0]}]" if ":" in address[0] else address[0]
        return f"{host}:{address[1]}"

    def tls_version(self) -> str | None:
        tls = self.network_stream and self.network_stream.get_extra_info("ssl_object")
        return tls.version() if tls else None


class _Tap(httpx.AsyncByteStream):
    """Hands every chunk to `on_chunk` with its arrival time before anything decodes it (protocol part A7)."""

    def __init__(self, inner: httpx.AsyncByteStream, on_chunk: Callable[[int, bytes], None]) -> None:
        self._inner = inner
        self._on_chunk = on_chunk

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._inner:
            self._on_chunk(perf_counter_ns(), chunk)
            yield chunk

    async def aclose(self) -> None:
        await self._inner.aclose()


class Opened:
    """An answer whose headers are here and whose body is still to be read."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        self.status = response.status_code
        self.reason = response.reason_phrase
        self.http_version = response.http_version
        self.url = str(response.request.url)
        self.headers: HeaderList = _decode_headers(response.headers.raw)

    @property
    def network_stream(self) -> Any:
        """The socket underneath, for the watch on idle connections."""
        return self._response.extensions.get("network_stream")

    async def chunks(self, on_raw: Callable[[int, bytes], None]) -> AsyncIterator[bytes]:
        """The body after content decoding; `on_raw` gets each chunk as it came, with its time. Raises `HttpFailure`."""
        assert isinstance(self._response.stream, httpx.AsyncByteStream)  # noqa: S101 - we made an async request
        self._response.stream = _Tap(self._response.stream, on_raw)
        with translated(Phase.BODY, self.url):
            async for chunk in self._response.aiter_bytes():
                yield chunk


class HttpClient:
    """One pool of connections with the user's TLS choices; redirects are never followed here."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._client: httpx.AsyncClient | None = None

    def _get(self) -> httpx.AsyncClient:
        if self._client is None:
            self._client = httpx.AsyncClient(
                verify=tls_context(self._options),
                http2=True,
                timeout=httpx.Timeout(connect=self._options.connect_timeout_s, read=None, write=30.0, pool=None),
                limits=httpx.Limits(max_connections=None, max_keepalive_connections=20, keepalive_expiry=None),
                headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity"},
            )
        return self._client

    def build(self, request: HttpRequest) -> tuple[httpx.Request, HeaderList]:
        """The request as it will leave, with all its headers. Raises `HttpFailure` for what cannot be sent."""
        with translated(Phase.CONNECT, request.url):
            client = self._get()
            built = client.build_request(request.method, request.url, content=request.body or None)
            for name, value in request.headers:
                built.headers[name] = value
        return built, _decode_headers(built.headers.raw)

    @asynccontextmanager
    async def open(self, request: httpx.Request, marks: Marks) -> AsyncIterator[Opened]:
        """Send and wait for the headers. Raises `HttpFailure`; the answer is closed on leaving."""
        request.extensions["trace"] = marks.trace
        url = str(request.url)
        async with AsyncExitStack() as stack:
            marks.sent_ns = perf_counter_ns()
            with translated(Phase.HEADERS if marks.tcp_done_ns else Phase.CONNECT, url, marks):
                response = await self._get().send(request, stream=True)
            stack.push_async_callback(response.aclose)
            yield Opened(response)

    async def aclose(self) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None


@dataclass(frozen=True, slots=True)
class Redirect:
    """What a 3xx answer asks for, and what we do about it (R10)."""

    location: str
    follow: HttpRequest | None
    reason: str


def redirect_of(request: HttpRequest, status: int, location: str | None) -> Redirect | None:
    """None if the answer is no redirect.

    A POST follows 307 and 308 only (RFC 9110 section 15.4: the others turn it into a GET), and only to the same
    origin or from http to https of the same host: credentials and session ids go nowhere else.
    """
    if status not in (301, 302, 303, 307, 308):
        return None
    if not location:
        return Redirect("", None, f"The answer {status} has no Location.")
    target = urljoin(request.url, location)
    if request.method not in ("GET", "HEAD") and status not in (307, 308):
        return Redirect(target, None, f"{status} would turn the {request.method} into a GET; use 307 or 308.")
    if not _same_site(request.url, target):
        return Redirect(target, None, "It leads to another origin; connect to that address directly if you trust it.")
    followed = HttpRequest(request.method, target, request.headers, request.purpose, request.body)
    return Redirect(target, followed, "Same origin.")


def _same_site(here: str, there: str) -> bool:
    try:
        a, b = urlsplit(here), urlsplit(there)
        if a.hostname != b.hostname:
            return False
        return (a.scheme, a.port) == (b.scheme, b.port) or (a.scheme, b.scheme) == ("http", "https")
    except ValueError:
        return False


@lru_cache(maxsize=8)
def _system_context() -> ssl.SSLContext:
    import truststore  # noqa: PLC0415 - only where TLS is used

    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def tls_context(options: Options) -> ssl.SSLContext | bool:
    """The system's trust store, the user's own CA file, or no check at all if the user insisted."""
    if not options.url.lower().startswith("https"):
        return False
    if options.insecure:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    if options.ca_file is not None:
        return ssl.create_default_context(cafile=str(options.ca_file))
    return _system_context()


class translated:
    """Turns whatever httpx raises inside into `HttpFailure`; other exceptions pass."""

    def __init__(self, phase: Phase, url: str, marks: Marks | None = None) -> None:
        self._phase = phase
        self._url = url
        self._marks = marks

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(
            error, httpx.HTTPError | httpx.InvalidURL | httpx.StreamError | ssl.SSLError | OSError | ValueError
        ):
            phase = Phase.HEADERS if self._marks and self._is_connected(self._marks) else self._phase
            raise failure_of(error, phase, self._url) from error

    @staticmethod
    def _is_connected(marks: Marks) -> bool:
        return marks.tcp_started_ns == 0 or (
            marks.tcp_done_ns > 0 and bool(marks.tls_done_ns or not marks.tls_started_ns)
        )


def failure_of(error: BaseException, phase: Phase, url: str) -> HttpFailure:
    """Cause and sentence for an exception of httpx, found by looking through its chain of causes."""
    chain = list(_chain(error))
    words = " <- ".join(f"{type(e).__name__}: {e}" if str(e) else type(e).__name__ for e in chain)
    cause, sentence = _diagnose(chain, phase, url)
    return HttpFailure(cause, phase, sentence, words[:1000])


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    queue = [error]
    while queue:
        item = queue.pop(0)
        if item is None or id(item) in seen:
            continue
        seen.add(id(item))
        yield item
        if isinstance(item, BaseExceptionGroup):
            queue.extend(item.exceptions)
        queue.append(item.__cause__ or item.__context__)


def _diagnose(chain: list[BaseException], phase: Phase, url: str) -> tuple[EndCause, str]:
    place = _place(url)
    for error in chain:
        found = _from_os(error, place) or _from_httpx(error, place, phase)
        if found:
            return found
    return EndCause.PROTOCOL, f"The exchange with {place} failed: {chain[0]}."


def _from_os(error: BaseException, place: str) -> tuple[EndCause, str] | None:
    if isinstance(error, ssl.SSLCertVerificationError):
        return EndCause.TLS, (
            f"The certificate of {place} is not trusted: {error.verify_message}. "
            "Give its authority with --ca FILE, or --insecure to look without checking."
        )
    if isinstance(error, ssl.SSLError):
        return EndCause.TLS, _tls_sentence(error, place)
    if isinstance(error, socket.gaierror):
        return (
            EndCause.UNRESOLVED,
            f"The name {place.rsplit(':', 1)[0]} cannot be resolved. Check its spelling and the DNS.",
        )
    if isinstance(error, ConnectionRefusedError):
        return (
            EndCause.REFUSED,
            f"Nothing listens at {place}: the connection was refused. Start the server, or check the port.",
        )
    if isinstance(error, ConnectionResetError | BrokenPipeError):
        return EndCause.RESET, f"{place} reset the connection. The server or something before it crashed or cut it."
    if isinstance(error, OSError) and error.errno in (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN):
        return EndCause.UNREACHABLE, f"There is no route to {place}. Check the address, the network and the VPN."
    return None


def _tls_sentence(error: ssl.SSLError, place: str) -> str:
    reason = (error.reason or str(error)).replace("_", " ").lower()
    if error.reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG"):
        return f"{place} does not speak TLS ({reason}). Use http:// for this port."
    return f"The TLS handshake with {place} failed: {reason}."


_INCOMPLETE = re.compile(r"incomplete chunked read|received \d+ bytes, expected")


def _from_httpx(error: BaseException, place: str, phase: Phase) -> tuple[EndCause, str] | None:
    text = str(error)
    match error:
        case httpx.ConnectTimeout():
            return EndCause.CONNECT_TIMEOUT, (
                f"{place} did not accept the connection in time. It may be down, or a firewall drops the packets."
            )
        case httpx.RemoteProtocolError() if _INCOMPLETE.search(text):
            return EndCause.CUT_MID_BODY, f"{place} closed the connection in the middle of the answer."
        case httpx.RemoteProtocolError() if "without sending" in text:
            return EndCause.CUT_MID_HEADERS, (
                f"{place} closed the connection without a complete answer. Check that scheme and port fit; "
                "else the server crashed: look into its log."
            )
        case httpx.RemoteProtocolError():
            return EndCause.PROTOCOL, f"{place} does not speak proper HTTP: {text[:200]}."
        case httpx.LocalProtocolError():
            return EndCause.PROTOCOL, f"The request cannot be sent as it is: {text[:200]}. Check the headers you added."
        case httpx.DecodingError():
            return EndCause.DECODING, "The body does not decode as its Content-Encoding says."
        case httpx.UnsupportedProtocol() | httpx.InvalidURL():
            return EndCause.PROTOCOL, "The address is not usable: it needs http:// or https:// and a host name."
        case httpx.WriteTimeout():
            return EndCause.TIMED_OUT_BY_US, f"{place} did not take our request in time."
        case httpx.ReadError() | httpx.WriteError() | httpx.CloseError():
            return EndCause.RESET, f"{place} broke the connection off while we were {_doing(phase)}."
        case _:
            return None


def _doing(phase: Phase) -> str:
    return "reading the answer" if phase is Phase.BODY else "waiting for the headers"


def _place(url: str) -> str:
    try:
        parts = urlsplit(url)
        return f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
    except ValueError:
        return "the server"


def _decode_headers(raw: list[tuple[bytes, bytes]]) -> HeaderList:
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in raw)
