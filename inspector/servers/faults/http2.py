"""HTTP/2 for the gallery: the same behaviours over streams, which can be reset one by one, or told to go away."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from typing import Self

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    RemoteSettingsChanged,
    RequestReceived,
    StreamEnded,
    StreamReset,
    WindowUpdated,
)
from h2.exceptions import H2Error

from inspector.servers.faults.wire import ClientGone, Wire
from inspector.servers.http import MAX_BODY_BYTES, READ_BYTES, Headers, HttpRequest, split_target
from inspector.servers.tasks import OwnedTasks

MAX_STREAMS = 100


class Http2Wire(Wire):
    """The answer to one request on a stream of HTTP/2."""

    def __init__(self, connection: Http2Connection, stream: int, scale: float, number: int) -> None:
        super().__init__(connection.writer, scale, number)
        self._connection = connection
        self._stream = stream
        self._writing = asyncio.Lock()

    def leave(self) -> None:
        """The client has reset the stream, or gone."""
        self._gone.set()

    async def head(self, status: int, headers: Headers = (), version: str = "2", reason: str | None = None) -> None:
        """A status and headers; there is neither a version nor a reason in HTTP/2."""
        fields = [(":status", str(status)), *((name.lower(), value) for name, value in headers)]
        if not any(name == "date" for name, _ in fields):
            fields.append(("date", formatdate(usegmt=True)))
        self._check()
        self._connection.h2.send_headers(self._stream, fields)
        await self._connection.flush()

    async def chunk(self, data: bytes) -> None:
        """A piece of the body, as soon as the client has room for it; what comes meanwhile waits behind it."""
        async with self._writing:
            while data:
                self._check()
                room = self._connection.room(self._stream)
                if not room:
                    await self._connection.wait_for_room()
                    continue
                self._connection.h2.send_data(self._stream, data[:room])
                data = data[room:]
                await self._connection.flush()

    async def end(self) -> None:
        """END_STREAM."""
        self._check()
        self._connection.h2.end_stream(self._stream)
        await self._connection.flush()

    async def answer(self, status: int, headers: Headers = (), body: bytes = b"") -> None:
        """A whole answer."""
        await self.head(status, headers)
        await self.chunk(body)
        await self.end()

    async def reset_stream(self, code: int = ErrorCodes.INTERNAL_ERROR) -> None:
        """RST_STREAM: this answer breaks off, the connection goes on."""
        self._check()
        self._connection.h2.reset_stream(self._stream, code)
        self._gone.set()
        await self._connection.flush()

    async def go_away(self, code: int = ErrorCodes.NO_ERROR, last_stream: int | None = None) -> None:
        """GOAWAY: the whole connection comes to its end, with all its streams."""
        self._check()
        self._connection.h2.close_connection(code, last_stream_id=last_stream)
        self._connection.leave()
        await self._connection.flush()

    def _check(self) -> None:
        if self.gone:
            raise ClientGone


Serve = Callable[[HttpRequest, Http2Wire], Awaitable[None]]


class Http2Connection:
    """One connection: requests come in on streams, and each is served beside the others."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self.h2 = H2Connection(H2Configuration(client_side=False, header_encoding="latin-1"))
        self._reader = reader
        self._asked: dict[int, tuple[Headers, bytearray]] = {}
        self._wires: dict[int, Http2Wire] = {}
        self._tasks = OwnedTasks()
        self._moved = asyncio.Event()

    async def run(self, serve: Serve, scale: float, number: int) -> None:
        """Serve until the client has gone."""
        self.h2.initiate_connection()
        try:
            with contextlib.suppress(OSError, H2Error):
                await self.flush()
                while data := await self._reader.read(READ_BYTES):
                    for event in self.h2.receive_data(data):
                        self._take(event, serve, scale, number)
                    await self.flush()
        finally:
            self.leave()
            await self._tasks.close()

    async def flush(self) -> None:
        """Send what h2 has ready."""
        if data := self.h2.data_to_send():
            self.writer.write(data)
            await self.writer.drain()

    def room(self, stream: int) -> int:
        """How many bytes the client takes now in one frame."""
        return min(self.h2.local_flow_control_window(stream), self.h2.max_outbound_frame_size)

    async def wait_for_room(self) -> None:
        """Until the client may have room again; look anew whether it has."""
        self._moved.clear()
        await self._moved.wait()

    def _take(self, event: Event, serve: Serve, scale: float, number: int) -> None:
        match event:
            case RequestReceived() if len(self._asked) < MAX_STREAMS:
                self._asked[event.stream_id] = (tuple((str(n), str(v)) for n, v in event.headers), bytearray())
            case DataReceived() if event.stream_id in self._asked:
                body = self._asked[event.stream_id][1]
                if len(body) + len(event.data) <= MAX_BODY_BYTES:
                    body += event.data
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            case StreamEnded() if event.stream_id in self._asked:
                wire = self._wires[event.stream_id] = Http2Wire(self, event.stream_id, scale, number)
                self._tasks.start(
                    self._serve(serve, _request(*self._asked.pop(event.stream_id)), wire, event.stream_id)
                )
            case StreamReset() if event.stream_id in self._wires:
                self._wires[event.stream_id].leave()
                self._moved.set()
            case ConnectionTerminated():
                self.leave()
            case WindowUpdated() | RemoteSettingsChanged():
                self._moved.set()

    def leave(self) -> None:
        """No stream goes on."""
        for wire in self._wires.values():
            wire.leave()
        self._moved.set()

    async def _serve(self, serve: Serve, request: HttpRequest, wire: Http2Wire, stream: int) -> None:
        try:
            with contextlib.suppress(OSError, H2Error):
                await serve(request, wire)
        finally:
            self._wires.pop(stream, None)


class Http2Listener:
    """Accepts TLS connections on 127.0.0.1 that speak HTTP/2; an async context manager like `LoopbackListener`."""

    def __init__(self, serve: Serve, tls: ssl.SSLContext, scale: float) -> None:
        self._serve_request = serve
        self._tls = tls
        self._scale = scale
        self._tasks = OwnedTasks()
        self._server: asyncio.Server | None = None
        self._accepted = 0
        self.port = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
            await self._tasks.close()
            await self._server.wait_closed()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._accepted += 1
        serving = self._tasks.start(self._serve(reader, writer, self._accepted))
        serving.add_done_callback(lambda _: writer.close())

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        await Http2Connection(reader, writer).run(self._serve_request, self._scale, number)


def _request(headers: Headers, body: bytearray) -> HttpRequest:
    """The request as one over HTTP/1.1 would look."""
    pseudo = {name: value for name, value in headers if name.startswith(":")}
    fields = tuple((name, value) for name, value in headers if not name.startswith(":"))
    path, query = split_target(pseudo.get(":path", "/").encode("latin-1"))
    host = (("host", pseudo.get(":authority", "")),)
    return HttpRequest(pseudo.get(":method", ""), path, query, (*host, *fields), bytes(body))
