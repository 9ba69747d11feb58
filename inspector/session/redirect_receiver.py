"""Where the browser comes back to after a sign-in: a listener on this machine for one redirect (RFC 8252, 7.3)."""

from __future__ import annotations

import asyncio
import hmac
from contextlib import suppress
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

LOOPBACK = "127.0.0.1"
LOOPBACK_NAMES = frozenset({LOOPBACK, "localhost"})
MAX_HEAD_BYTES = 32 * 1024
REQUEST_TIMEOUT_S = 10.0
_HEADERS = (
    "Content-Type: text/html; charset=utf-8\r\nCache-Control: no-store\r\nReferrer-Policy: no-referrer\r\n"
    "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\nConnection: close\r\n"
)
_PAGE = (
    "<!doctype html><html lang=en><meta charset=utf-8><title>SSE MCP Inspector</title>"
    "<style>:root{{color-scheme:light dark}}body{{font:16px system-ui;margin:20vh auto;max-width:34em;padding:0 1em}}"
    "</style><h1>{title}</h1><p>{text}</p></html>\n"
)
SIGNED_IN = ("You can close this tab", "The answer has reached the SSE MCP Inspector; it goes on by itself.")
NOT_SIGNED_IN = ("You can close this tab", "The sign-in was not granted. The SSE MCP Inspector says why.")
STRANGER = ("This is not the answer we wait for", "It belongs to another sign-in. Go back to the latest tab.")
NOTHING_HERE = ("Nothing is here", "The SSE MCP Inspector waits for the end of a sign-in at another path.")
NOT_A_GET = ("That is not how it goes", "The end of a sign-in comes as a GET.")


class RedirectReceiver:
    """Listens while it is entered; entering raises `OSError` if the port is taken. Port 0 lets the system choose.

    `host` is the name in `redirect_uri`; whatever it is, only this machine can reach the listener. Requests for other
    paths, or with another `state`, are told so and change nothing.
    """

    def __init__(self, host: str = LOOPBACK, port: int = 0, path: str = "/callback") -> None:
        self.port = port
        self._host = host
        self._path = path
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._state = ""
        self._arrived: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    @classmethod
    def at(cls, redirect_uri: str) -> RedirectReceiver | None:
        """The one for a given address; None if that is not on this machine, or not plain HTTP."""
        try:
            parts = urlsplit(redirect_uri)
            port = parts.port or 80
        except ValueError:
            return None
        if parts.scheme != "http" or parts.hostname not in LOOPBACK_NAMES or parts.username is not None:
            return None
        return cls(parts.hostname, port, parts.path or "/")

    @property
    def redirect_uri(self) -> str:
        return f"http://{self._host}:{self.port}{self._path}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, LOOPBACK, self.port, limit=MAX_HEAD_BYTES)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._arrived.cancel()
        if self._server is not None:
            self._server.close()
        for writer in tuple(self._writers):
            writer.transport.abort()

    def arrival(self, state: str) -> asyncio.Future[str]:
        """The redirect with this `state`, taken from now on: its full URL, whether it grants or refuses."""
        self._state = state
        return self._arrived

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            with suppress(OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                async with asyncio.timeout(REQUEST_TIMEOUT_S):
                    head = await reader.readuntil(b"\r\n\r\n")
                    writer.write(self.take(head.partition(b"\r\n")[0].decode("ascii")))
                    await writer.drain()
        finally:
            self._writers.discard(writer)
            writer.close()

    def take(self, request_line: str) -> bytes:
        """The answer to a request; it may be the one we wait for. Raises `ValueError` for what is not HTTP."""
        method, target, _ = request_line.split(" ")
        path, _, query = target.partition("?")
        if path != self._path:
            return _response("404 Not Found", NOTHING_HERE)
        if method != "GET":
            return _response("405 Method Not Allowed", NOT_A_GET, "Allow: GET\r\n")
        params = parse_qs(query, keep_blank_values=True)
        state = params.get("state", [""])
        if not self._state or len(state) != 1 or not hmac.compare_digest(state[0].encode(), self._state.encode()):
            return _response("400 Bad Request", STRANGER)
        if not self._arrived.done():
            self._arrived.set_result(f"{self.redirect_uri}?{query}")
        return _response("200 OK", SIGNED_IN if "code" in params else NOT_SIGNED_IN)


def _response(status: str, page: tuple[str, str], more: str = "") -> bytes:
    body = _PAGE.format(title=page[0], text=page[1]).encode()
    return f"HTTP/1.1 {status}\r\n{_HEADERS}{more}Content-Length: {len(body)}\r\n\r\n".encode() + body
