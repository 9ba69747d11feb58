"""One HTTP/1.1 connection of a loopback server: h11 says what the bytes mean, asyncio streams move them.

Nothing a client sends raises out of here: what is not HTTP is answered with a 4xx and the connection is closed.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import formatdate
from http import HTTPStatus
from typing import cast
from urllib.parse import parse_qsl, urlsplit

import h11

from inspector.servers.tasks import race

MAX_BODY_BYTES = 16 * 1024 * 1024
READ_BYTES = 64 * 1024
RECEIVE_TIMEOUT_S = 30.0
IDLE_TIMEOUT_S = 75.0
LINGER_S = 2.0
MAX_PIPELINED_BYTES = 64 * 1024

Headers = tuple[tuple[str, str], ...]
EVENT_STREAM_HEADERS: Headers = (
    ("content-type", "text/event-stream"),
    ("cache-control", "no-cache, no-transform"),
    ("x-accel-buffering", "no"),
)


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A complete request; header names are in lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: Headers
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """All values of the header, joined as RFC 9110 section 5.3 allows; None if it is absent."""
        values = [value for key, value in self.headers if key == name]
        return ", ".join(values) if values else None


class RequestRejected(Exception):
    """The request cannot be served; `status` and `text` are what the client is told."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


class HttpConnection:
    """Receives requests and sends answers, one after the other, until either side has enough."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._h11 = h11.Connection(h11.SERVER)
        self._is_head = False

    async def receive(self) -> HttpRequest | None:
        """The next request, or None when the client has gone or stays silent.

        Raises `RequestRejected` for what is not HTTP, too large or too slow.
        """
        try:
            return await self._receive()
        except h11.RemoteProtocolError as error:
            raise RequestRejected(error.error_status_hint, f"Bad Request: {error}") from error
        except TimeoutError as error:
            raise RequestRejected(408, "Request Timeout: the request did not arrive in time") from error

    async def _receive(self) -> HttpRequest | None:
        if not self._h11.trailing_data[0] and not await self._wait_for_first_bytes():
            return None
        async with asyncio.timeout(RECEIVE_TIMEOUT_S):
            head = await self._next_event()
            return await self._complete(head) if isinstance(head, h11.Request) else None

    async def _wait_for_first_bytes(self) -> bool:
        try:
            async with asyncio.timeout(IDLE_TIMEOUT_S):
                return await self._read_more()
        except TimeoutError:
            return False

    async def _complete(self, head: h11.Request) -> HttpRequest | None:
        headers = tuple((name.decode("ascii"), value.decode("latin-1")) for name, value in head.headers)
        request = HttpRequest(head.method.decode("ascii"), *split_target(head.target), headers)
        self._is_head = request.method == "HEAD"
        if int(request.header("content-length") or 0) > MAX_BODY_BYTES:
            raise RequestRejected(413, f"Content Too Large: the limit is {MAX_BODY_BYTES} bytes")
        body = bytearray()
        while not isinstance(event := await self._next_event(), h11.EndOfMessage):
            if not isinstance(event, h11.Data):
                return None
            body += event.data
            if len(body) > MAX_BODY_BYTES:
                raise RequestRejected(413, f"Content Too Large: the limit is {MAX_BODY_BYTES} bytes")
        return replace(request, body=bytes(body))

    async def _next_event(self) -> h11.Event | type[h11.PAUSED]:
        while (event := self._h11.next_event()) is h11.NEED_DATA:
            if self._h11.they_are_waiting_for_100_continue:
                await self._write(h11.InformationalResponse(status_code=100, headers=[]))
            await self._read_more()
        return cast("h11.Event | type[h11.PAUSED]", event)

    async def _read_more(self) -> bool:
        """Hand h11 what the socket has; False at its end."""
        try:
            data = await self._reader.read(READ_BYTES)
        except OSError:
            data = b""
        self._h11.receive_data(data)
        return bool(data)

    async def respond(self, status: int, headers: Headers = (), body: bytes = b"") -> None:
        """Send a whole answer; a HEAD request gets the headers only."""
        await self._write(self._head(status, (*headers, ("content-length", str(len(body))))))
        if body and not self._is_head:
            await self._write(h11.Data(data=body))
        await self._write(h11.EndOfMessage())

    async def stream(self, headers: Headers, pump: Callable[[], Awaitable[None]], heartbeat_s: float) -> None:
        """Send an event stream: `pump` sends its events until it returns, is cut, or the client has gone.

        The headers leave at once, and a comment every `heartbeat_s` seconds shows that the line is alive.
        """
        await self._write(self._head(200, (*EVENT_STREAM_HEADERS, *headers)))
        await race(self._run(pump), self._beat(heartbeat_s), self.wait_until_gone())

    async def send(self, data: bytes) -> None:
        """Bytes of the event stream; returns when the socket has room for more."""
        if self._h11.our_state is h11.SEND_BODY:
            await self._write(h11.Data(data=data))

    async def cut(self, data: bytes) -> None:
        """Send `data` and then break off: no end of the body, just a closed socket."""
        await self.send(data)
        self._writer.close()

    async def _run(self, pump: Callable[[], Awaitable[None]]) -> None:
        with contextlib.suppress(OSError):
            await pump()
            if not self._writer.is_closing():
                await self._write(h11.EndOfMessage())

    async def _beat(self, heartbeat_s: float) -> None:
        with contextlib.suppress(OSError):
            while True:
                await asyncio.sleep(heartbeat_s)
                await self.send(heartbeat())

    def take_over(self) -> asyncio.StreamWriter:
        """The socket itself, for an answer that is written byte by byte.

        Whoever takes it writes a whole answer or closes it: what comes next on it is another request.
        """
        received, _ = self._h11.trailing_data
        self._h11 = h11.Connection(h11.SERVER)
        if received:
            self._h11.receive_data(received)
        return self._writer

    async def wait_until_gone(self) -> None:
        """Return when the client closes its side, or when it pipelines more than anyone needs."""
        while len(self._h11.trailing_data[0]) <= MAX_PIPELINED_BYTES and await self._read_more():
            pass

    async def _write(self, event: h11.Event) -> None:
        if data := self._h11.send(event):
            self._writer.write(data)
            await self._writer.drain()

    def _head(self, status: int, headers: Headers) -> h11.Response:
        return h11.Response(
            status_code=status,
            reason=HTTPStatus(status).phrase.encode(),
            headers=[("date", formatdate(usegmt=True)), *headers],
        )

    def start_next(self) -> bool:
        """Make ready for another request; False if the connection has to be closed."""
        if self._h11.states != {h11.CLIENT: h11.IDLE, h11.SERVER: h11.IDLE}:
            if self._h11.our_state is not h11.DONE or self._h11.their_state is not h11.DONE:
                return False
            self._h11.start_next_cycle()
        return not self._writer.is_closing()

    async def reject(self, status: int, text: str) -> None:
        """Answer what could not be read, as far as that is still possible, and read on for a moment.

        Closing a socket with unread bytes in it resets it, and the client would never see the answer.
        """
        if self._h11.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            return
        headers = (("content-type", "text/plain; charset=utf-8"), ("connection", "close"))
        await self.respond(status, headers, f"{text}\n".encode())
        self._writer.write_eof()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LINGER_S):
                while await self._reader.read(READ_BYTES):
                    pass

    async def close(self) -> None:
        """Close the socket; what the client does not take within a moment is thrown away."""
        self._writer.close()
        try:
            async with asyncio.timeout(LINGER_S):
                await self._writer.wait_closed()
        except OSError:
            self._writer.transport.abort()


def heartbeat() -> bytes:
    """The comment that keeps a stream alive, with the time at which it was made."""
    return f": ping - {datetime.now(UTC).isoformat(timespec='microseconds')}\n\n".encode()


def split_target(target: bytes) -> tuple[str, dict[str, str]]:
    """Path and query of a request target; one that is not a valid URL has a path that no route knows."""
    try:
        parts = urlsplit(target.decode("ascii"))
        return parts.path, dict(parse_qsl(parts.query, max_num_fields=100))
    except ValueError:
        return target.decode("latin-1"), {}
