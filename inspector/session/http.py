"""The only module that knows httpx: opens exchanges, taps every chunk, and translates failures into causes."""

from __future__ import annotations

import re
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from time import perf_counter_ns
from typing import Any, Protocol

import anyio
import h11
import httpx

from inspector.protocol.transports.answer import HttpRequest
from inspector.session.causes import Dropped, cause_of, chain_of, place_of
from inspector.session.marks import Marks
from inspector.session.options import Options
from inspector.session.sockets import Sockets
from inspector.session.tcp_socket import EXCHANGE, Spawn
from inspector.session.tls import UnusableCa, context_of
from inspector.trace.events import EndCause, Phase
from inspector.wire.http import HeaderList

USER_AGENT = "sse-mcp-inspector"
MAX_REDIRECTS = 10
KEEP_ALIVE_S = 4.0
"""Shorter than the 5 s after which common servers close an idle connection: reusing one then would be a race."""


class HttpFailure(Exception):
    """An exchange that failed; `sentence` names cause and next step, `error` keeps the library's words."""

    def __init__(self, cause: EndCause, phase: Phase, sentence: str, error: str) -> None:
        super().__init__(sentence)
        self.cause = cause
        self.phase = phase
        self.sentence = sentence
        self.error = error


class Shears(Protocol):
    """May cut a body short: `pass_on` gives what is left of a chunk, `cut` raises behind it if it is the last one."""

    def pass_on(self, chunk: bytes) -> bytes: ...

    def cut(self) -> None: ...


def _cut(shears: Shears) -> Dropped | None:
    """Cut the connection if the place has come."""
    try:
        shears.cut()
    except Dropped as dropped:
        return dropped
    return None


class _Tap(httpx.AsyncByteStream):
    """Hands every chunk to `on_chunk` with its arrival time before anything decodes it (protocol part A7)."""

    def __init__(
        self, inner: httpx.AsyncByteStream, on_chunk: Callable[[int, bytes], None], shears: Shears | None
    ) -> None:
        self._inner = inner
        self._on_chunk = on_chunk
        self._shears = shears

    async def __aiter__(self) -> AsyncIterator[bytes]:
        shears, dropped = self._shears, None
        async for chunk in self._inner:
            if dropped is not None:  # to the end, where reading fails: what is left half-read cannot be closed in Qt
                continue
            now_ns = perf_counter_ns()
            if shears is None:
                self._on_chunk(now_ns, chunk)
                yield chunk
                continue
            kept = shears.pass_on(chunk)
            if kept:
                self._on_chunk(now_ns, kept)
                yield kept
            dropped = _cut(shears)
        if dropped is not None:
            raise dropped

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

    @property
    def socket_number(self) -> int:
        """Which of the session's sockets brought this; 0 if nobody counted."""
        return getattr(self.network_stream, "number", 0)

    async def chunks(
        self, on_raw: Callable[[int, bytes], None], shears: Shears | None = None
    ) -> AsyncGenerator[bytes, None]:
        """The body after content decoding; `on_raw` gets each chunk as it came, with its time. Raises `HttpFailure`.

        `shears` cut where events can be seen: before the decoding if there is none to be done, else behind it.
        """
        assert isinstance(self._response.stream, httpx.AsyncByteStream)  # noqa: S101 - we made an async request
        is_plain = self._response.headers.get("content-encoding", "identity").strip().lower() == "identity"
        self._response.stream = _Tap(self._response.stream, on_raw, shears if is_plain else None)
        with translated(Phase.BODY, self.url):
            dropped = None
            async for chunk in self._response.aiter_bytes():
                if is_plain or shears is None:
                    yield chunk
                elif dropped is None:
                    yield shears.pass_on(chunk)
                    dropped = _cut(shears)
            if dropped is not None:
                raise dropped


class HttpClient:
    """One pool of connections for each scheme, with the user's TLS choices; redirects are never followed here."""

    def __init__(self, options: Options, spawn: Spawn) -> None:
        self.sockets = Sockets(spawn)
        self._options = options
        self._clients: dict[bool, httpx.AsyncClient] = {}

    def _get(self, url: str) -> httpx.AsyncClient:
        """The pool for an URL; certificates are always checked over TLS, also where a redirect led there."""
        is_tls = url.lower().startswith("https:")
        if is_tls not in self._clients:
            _load_late_parts()
            self._clients[is_tls] = httpx.AsyncClient(
                verify=self._tls(url) if is_tls else False,
                http2=True,
                timeout=httpx.Timeout(connect=self._options.connect_timeout_s, read=None, write=30.0, pool=None),
                limits=httpx.Limits(max_connections=None, max_keepalive_connections=20, keepalive_expiry=KEEP_ALIVE_S),
                headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity"},
                event_hooks={"response": [_note_response]},
            )
            _dial_with(self.sockets, self._clients[is_tls])
        return self._clients[is_tls]

    def _tls(self, url: str) -> ssl.SSLContext:
        try:
            return context_of(self._options)
        except UnusableCa as error:
            raise HttpFailure(EndCause.TLS, Phase.CONNECT, str(error), repr(error.__cause__)) from error

    def build(self, request: HttpRequest) -> tuple[httpx.Request, HeaderList]:
        """The request as it will leave, with all its headers. Raises `HttpFailure` for what cannot be sent."""
        with translated(Phase.CONNECT, request.url):
            client = self._get(request.url)
            if request.is_exact:
                built = _exact(request)
                return built, _decode_headers(built.headers.raw)
            built = client.build_request(request.method, request.url, content=request.body or None)
            for name, value in request.headers:
                built.headers[name] = value
        return built, _decode_headers(built.headers.raw)

    @asynccontextmanager
    async def open(self, request: httpx.Request, marks: Marks) -> AsyncIterator[Opened]:
        """Send and wait for the headers. Raises `HttpFailure`; the answer is closed on leaving."""
        request.extensions["trace"] = marks.trace
        request.extensions["marks"] = marks
        url = str(request.url)
        async with AsyncExitStack() as stack:
            stack.callback(EXCHANGE.reset, EXCHANGE.set(marks))
            stack.callback(marks.let_go)
            marks.sent_ns = perf_counter_ns()
            with translated(Phase.HEADERS if marks.tcp_done_ns else Phase.CONNECT, url, marks):
                try:
                    response = await self._get(url).send(request, stream=True)
                except httpx.RemoteProtocolError:  # httpx reads Location also where it shall not follow it
                    if marks.response is None:
                        raise
                    response = marks.response
            stack.push_async_callback(response.aclose)
            yield Opened(response)

    async def aclose(self) -> None:
        for client in self._clients.values():
            await client.aclose()
        self._clients.clear()


def _load_late_parts() -> None:
    """What the libraries load with the first request of a program would count as the server's time: tens of ms."""
    anyio.Event()  # what anyio needs for the running loop
    "h".encode("idna")  # names of hosts


def _dial_with(backend: Sockets, client: httpx.AsyncClient) -> None:
    """Have our own sockets below httpx, also on the way to a proxy that the environment names.

    httpx has no public place for a network backend of httpcore's: a transport of our own would be one, but then httpx
    no longer looks for proxies. So the pools that it has made are given ours.
    """
    for transport in (client._transport, *client._mounts.values()):
        if isinstance(transport, httpx.AsyncHTTPTransport):
            transport._pool._network_backend = backend


def _exact(request: HttpRequest) -> httpx.Request:
    """Without what the client would add. Headers go out in UTF-8: what a server makes of that is what is tried."""
    headers = [(name.encode(), value.encode()) for name, value in request.headers]
    return httpx.Request(request.method, request.url, headers=headers, content=request.body)


async def _note_response(response: httpx.Response) -> None:
    response.request.extensions["marks"].response = response


_FAILURES = (
    httpx.HTTPError,
    httpx.InvalidURL,
    httpx.StreamError,
    h11.LocalProtocolError,  # httpcore lets it through where the body does not fit its Content-Length
    ssl.SSLError,
    OSError,
    ValueError,
)


class translated:
    """Turns whatever httpx raises inside into `HttpFailure`; other exceptions pass."""

    def __init__(self, phase: Phase, url: str, marks: Marks | None = None) -> None:
        self._phase = phase
        self._url = url
        self._marks = marks

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, _FAILURES):
            phase = Phase.HEADERS if self._marks and self._is_connected(self._marks) else self._phase
            raise failure_of(error, phase, self._url, is_in_tls=bool(self._marks and self._marks.is_in_tls)) from error

    @staticmethod
    def _is_connected(marks: Marks) -> bool:
        return marks.tcp_started_ns == 0 or (marks.tcp_done_ns > 0 and not marks.is_in_tls)


def failure_of(error: BaseException, phase: Phase, url: str, *, is_in_tls: bool = False) -> HttpFailure:
    """Cause and sentence for an exception of httpx, found by looking through its chain of causes."""
    chain = list(chain_of(error))
    words = " <- ".join(f"{type(e).__name__}: {e}" if str(e) else type(e).__name__ for e in chain)
    cause, sentence = _diagnose(chain, phase, place_of(url))
    if is_in_tls and cause is EndCause.CONNECT_TIMEOUT:
        cause, sentence = (
            EndCause.TLS,
            (
                f"{place_of(url)} took the connection, but the TLS handshake did not come to an end. "
                "Check that this port speaks TLS."
            ),
        )
    if cause is EndCause.RESET and phase is Phase.HEADERS:  # so a TLS port takes plain HTTP, now with FIN, now with RST
        sentence += " Check that scheme and port fit, too."
    return HttpFailure(cause, phase, sentence, words[:1000])


def _diagnose(chain: list[BaseException], phase: Phase, place: str) -> tuple[EndCause, str]:
    """The operating system knows best; where it is silent, the HTTP library's words count."""
    by_system = (cause_of(error, place) for error in chain)
    by_library = (_from_httpx(error, place, phase) for error in chain)
    found = next((it for it in by_system if it), None) or next((it for it in by_library if it), None)
    return found or (EndCause.PROTOCOL, f"The exchange with {place} failed: {str(chain[0])[:200]}.")


_INCOMPLETE = re.compile(r"incomplete chunked read|received \d+ bytes, expected")


def _from_httpx(error: BaseException, place: str, phase: Phase) -> tuple[EndCause, str] | None:
    match error:
        case httpx.ConnectTimeout():
            return EndCause.CONNECT_TIMEOUT, (
                f"{place} did not accept the connection in time. It may be down, or a firewall drops the packets."
            )
        case httpx.ConnectError():
            return EndCause.UNREACHABLE, f"{place} cannot be reached: {str(error)[:200]}. Check the address."
        case httpx.RemoteProtocolError():
            return _broken_http(str(error), place)
        case httpx.LocalProtocolError() | h11.LocalProtocolError() | UnicodeError():
            return EndCause.PROTOCOL, (
                f"The request cannot be sent as it is: {str(error)[:200]}. Check the address and the headers you added."
            )
        case httpx.DecodingError():
            return EndCause.DECODING, (
                f"The body does not decode as its Content-Encoding says: {str(error)[:200]}. "
                "Switch compression off on the server, or in the proxy before it."
            )
        case httpx.UnsupportedProtocol() | httpx.InvalidURL():
            return EndCause.PROTOCOL, "The address is not usable: it needs http:// or https:// and a host name."
        case httpx.WriteTimeout():
            return EndCause.TIMED_OUT_BY_US, f"{place} did not take our request in time."
        case httpx.ReadError() | httpx.WriteError() | httpx.CloseError():
            doing = "reading the answer" if phase is Phase.BODY else "waiting for the headers"
            return EndCause.RESET, f"{place} broke the connection off while we were {doing}. Look into its log."
        case _:
            return None


def _broken_http(text: str, place: str) -> tuple[EndCause, str]:
    """What httpx tells of a peer only in words."""
    if _INCOMPLETE.search(text):
        return EndCause.CUT_MID_BODY, (
            f"{place} closed the connection in the middle of the answer. Look into its log at this second."
        )
    if "without sending" in text:
        return EndCause.CUT_MID_HEADERS, (
            f"{place} closed the connection without a complete answer. Check that scheme and port fit; "
            "else the server crashed: look into its log."
        )
    if text.startswith(("<StreamReset", "<ConnectionTerminated")):
        return EndCause.RESET, f"{place} reset the HTTP/2 stream: {text[1:-1][:200]}. Look into its log."
    if text == "illegal request line":  # so h11 says when the first byte is none of a text
        return EndCause.PROTOCOL, f"{place} answers with binary data, most likely TLS. Use https:// for this port."
    return EndCause.PROTOCOL, f"{place} does not speak proper HTTP: {text[:200]}. Check that the port is the right one."


def _decode_headers(raw: list[tuple[bytes, bytes]]) -> HeaderList:
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in raw)
