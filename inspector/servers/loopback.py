"""A listener on 127.0.0.1 that serves only local clients: the ground on which the bundled servers stand."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable
from typing import Self
from urllib.parse import urlsplit

from inspector.servers.http import HttpConnection, HttpRequest, RequestRejected
from inspector.servers.tasks import OwnedTasks

MAX_CONNECTIONS = 256
WRITE_BUFFER_BYTES = 128 * 1024
LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})

Route = Callable[[HttpRequest, HttpConnection], Awaitable[None]]


class LoopbackListener:
    """Accepts connections on 127.0.0.1 and passes each request to `route`, only those of this machine if `guarded`.

    An async context manager: leaving it ends every connection. `port` 0 lets the system choose, and is the port
    chosen from then on; raises OSError if it is taken.
    """

    def __init__(self, route: Route, port: int = 0, *, guarded: bool = True, tls: ssl.SSLContext | None = None) -> None:
        self._route = route
        self._guarded = guarded
        self._tls = tls
        self.port = port
        self._connections = OwnedTasks()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
            await self._connections.close()
            await self._server.wait_closed()

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return len(self._connections)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._connections) >= MAX_CONNECTIONS:
            writer.transport.abort()
            return
        writer.transport.set_write_buffer_limits(high=WRITE_BUFFER_BYTES)
        serving = self._connections.start(self._serve(HttpConnection(reader, writer)))
        # A task that is cancelled before its first step never gets to close the socket itself.
        serving.add_done_callback(lambda _: writer.close())

    async def _serve(self, connection: HttpConnection) -> None:
        try:
            with contextlib.suppress(OSError):
                await self._serve_requests(connection)
        finally:
            await connection.close()

    async def _serve_requests(self, connection: HttpConnection) -> None:
        try:
            while (request := await connection.receive()) is not None:
                if self._guarded:
                    check_is_local(request)
                await self._route(request, connection)
                if not connection.start_next():
                    return
        except RequestRejected as error:
            await connection.reject(error.status, error.text)


def check_is_local(request: HttpRequest) -> None:
    """Raise `RequestRejected` unless Host, and Origin if there is one, name this machine.

    Otherwise a web page could reach a local server through DNS rebinding (2025-11-25, transports, security warning).
    """
    if _host_name(f"//{request.header('host') or ''}") not in LOOPBACK_NAMES:
        raise RequestRejected(403, "Forbidden: the Host header does not name this machine")
    origin = request.header("origin")
    if origin is not None and _host_name(origin) not in LOOPBACK_NAMES:
        raise RequestRejected(403, "Forbidden: the Origin header names another site")


def _host_name(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
