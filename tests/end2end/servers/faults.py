"""A raw HTTP/1.1 server without a framework, on loopback: every byte and every way to end a connection is scripted."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self

Json = dict[str, Any]
SSE, JSON = "text/event-stream", "application/json"
REVISION = "2025-11-25"
Header = tuple[str, str]


@dataclass
class Request:
    """What the client sent; header names are in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes = b""
    at: float = 0.0

    @property
    def message(self) -> Json:
        value: Json = json.loads(self.body)
        return value


class Connection:
    """One TCP connection; the behaviour of a path says what goes out on it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.is_over = False

    async def send(self, data: bytes) -> None:
        """Bytes as they are."""
        self.writer.write(data)
        await self.writer.drain()

    async def head(self, status: int, kind: str | None = None, headers: Iterable[Header] = ()) -> None:
        lines = [f"HTTP/1.1 {status} Whatever", *(f"{name}: {value}" for name, value in headers)]
        if kind is not None:
            lines.append(f"content-type: {kind}")
        await self.send(("\r\n".join(lines) + "\r\n\r\n").encode())

    async def answer(
        self, status: int, kind: str | None = None, body: bytes = b"", headers: Iterable[Header] = ()
    ) -> None:
        """A whole answer with its length."""
        await self.head(status, kind, [*headers, ("content-length", str(len(body)))])
        await self.send(body)

    async def stream(self, headers: Iterable[Header] = ()) -> None:
        """The head of an event stream in chunks."""
        await self.head(200, SSE, [*headers, ("transfer-encoding", "chunked"), ("cache-control", "no-store")])

    async def chunk(self, data: bytes) -> None:
        await self.send(b"%x\r\n%s\r\n" % (len(data), data))

    async def event(self, message: Any, event_id: str | None = None, retry_ms: int | None = None) -> None:
        """One event in a chunk of its own; `message` is bytes, or a value to be written as JSON."""
        data = message if isinstance(message, bytes) else json.dumps(message).encode()
        await self.chunk(block(data, event_id, retry_ms))

    async def end(self) -> None:
        """The orderly end of a chunked body."""
        await self.send(b"0\r\n\r\n")

    async def cut(self) -> None:
        """FIN, whatever was promised."""
        self.is_over = True
        self.writer.close()
        with suppress(OSError):
            await self.writer.wait_closed()

    async def reset(self) -> None:
        """RST, as after a crash."""
        peer: socket.socket = self.writer.get_extra_info("socket")
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        await self.cut()

    async def hang(self) -> None:
        """Nothing more, until the client goes or the server ends."""
        await self.reader.read(1)
        self.is_over = True


def block(data: bytes, event_id: str | None = None, retry_ms: int | None = None, event: str | None = None) -> bytes:
    """The bytes of one event."""
    lines = [f"event: {event}".encode()] if event is not None else []
    lines += [f"id: {event_id}".encode()] if event_id is not None else []
    lines += [f"retry: {retry_ms}".encode()] if retry_ms is not None else []
    return b"\n".join([*lines, b"data: " + data]) + b"\n\n"


Behaviour = Callable[[Connection, Request], Awaitable[None]]


@dataclass
class FaultServer:
    """Serves `routes` on a port of 127.0.0.1; `seen` are all requests in order, `opened` all connections."""

    routes: dict[str, Behaviour] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    seen: list[Request] = field(default_factory=list)
    opened: int = 0
    port: int = 0
    _server: asyncio.Server | None = None
    _connections: set[asyncio.Task[Any]] = field(default_factory=set)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.die()

    async def start(self) -> None:
        """Listen; a second time on the same port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def die(self) -> None:
        """As if it were killed: nothing listens, and all connections are gone."""
        assert self._server is not None
        self._server.close()
        for task in tuple(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def url(self, path: str = "/mcp") -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}{path}"

    def methods(self) -> list[str]:
        """The JSON-RPC methods that were POSTed, in order; answers have none."""
        return [request.message.get("method", "(answer)") for request in self.seen if request.method == "POST"]

    def gets(self) -> list[Request]:
        return [request for request in self.seen if request.method == "GET"]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        self.opened += 1
        connection = Connection(reader, writer)
        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                while not connection.is_over and (request := await _read_request(reader)):
                    self.seen.append(request)
                    await self.routes.get(request.path.partition("?")[0], nothing_here)(connection, request)
        finally:
            self._connections.discard(task)
            writer.transport.abort()


async def _read_request(reader: asyncio.StreamReader) -> Request | None:
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")[:-2]
    method, path, _ = first.split(" ", 2)
    pairs = (line.partition(":") for line in lines)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(method, path, headers, body, asyncio.get_running_loop().time())


async def nothing_here(connection: Connection, request: Request) -> None:
    await connection.answer(404, "text/plain", b"nothing here")


def answering(status: int, kind: str | None = None, body: bytes = b"", *headers: Header) -> Behaviour:
    """A path that always gives the same answer."""

    async def answer(connection: Connection, request: Request) -> None:
        await connection.answer(status, kind, body, headers)

    return answer


def sending(data: bytes, *, then: str = "cut") -> Behaviour:
    """A path that sends these bytes and then breaks off: `cut`, `reset` or `hang`."""

    async def send(connection: Connection, request: Request) -> None:
        await connection.send(data)
        await getattr(connection, then)()

    return send


MethodBehaviour = Callable[[Connection, Request, Json], Awaitable[None]]
"""What to do with one JSON-RPC message that came in a POST."""


def result_of(message: Json, value: Any) -> Json:
    return {"jsonrpc": "2.0", "id": message["id"], "result": value}


def text_of(message: Json, text: str = "done") -> Json:
    return result_of(message, {"content": [{"type": "text", "text": text}]})


def initialize_result(revision: str = REVISION, **capabilities: Json) -> Json:
    return {
        "protocolVersion": revision,
        "capabilities": {"tools": {}, **capabilities},
        "serverInfo": {"name": "faults", "version": "1"},
    }


@dataclass
class StreamableMcp:
    """A small MCP server on one path of Streamable HTTP; `on[method]` replaces what it does, `listen` answers GET.

    `sessions` are the ids it knows; requests with another id get a 404.
    """

    on: dict[str, MethodBehaviour] = field(default_factory=dict)
    listen: Behaviour | None = None
    revision: str = REVISION
    sessions: list[str] = field(default_factory=list)
    with_sessions: bool = True
    gone_status: int = 404
    begun: int = 0

    async def __call__(self, connection: Connection, request: Request) -> None:
        message = request.message if request.method == "POST" else {}
        method = message.get("method", "")
        if method == "initialize" and method not in self.on:
            await self._initialize(connection, message)
        elif (
            self.with_sessions and method != "initialize" and request.headers.get("mcp-session-id") not in self.sessions
        ):
            await connection.answer(self.gone_status, "text/plain", b"no such session")
        elif request.method == "GET":
            await (self.listen or answering(405))(connection, request)
        elif request.method == "DELETE":
            self.sessions.remove(request.headers.get("mcp-session-id", ""))
            await connection.answer(200)
        else:
            await self.on.get(method, self._default)(connection, request, message)

    async def _initialize(self, connection: Connection, message: Json) -> None:
        self.begun += 1
        headers: list[Header] = []
        if self.with_sessions:
            self.sessions.append(f"session-number-{self.begun}")
            headers = [("mcp-session-id", self.sessions[-1])]
        body = json.dumps(result_of(message, initialize_result(self.revision))).encode()
        await connection.answer(200, JSON, body, headers)

    async def _default(self, connection: Connection, request: Request, message: Json) -> None:
        if "id" not in message or "method" not in message:
            await connection.answer(202)
            return
        results: Json = {"tools/list": {"tools": [{"name": "echo", "inputSchema": {"type": "object"}}]}, "ping": {}}
        result = results.get(message["method"], {"content": [{"type": "text", "text": "done"}]})
        await connection.answer(200, JSON, json.dumps(result_of(message, result)).encode())


@dataclass
class HttpSseMcp:
    """A small MCP server of HTTP+SSE: `stream` on one path, `post` on another; a new endpoint for every stream.

    `on[method]` gets the stream's connection (not the POST's) and the message, and may do anything with it.
    """

    messages_path: str = "/messages"
    endpoint: str | None = None
    on: dict[str, Callable[[Connection, Json], Awaitable[None]]] = field(default_factory=dict)
    retry_ms: int | None = None
    streams: dict[str, Connection] = field(default_factory=dict)
    begun: int = 0

    async def stream(self, connection: Connection, request: Request) -> None:
        if request.method != "GET":
            await connection.answer(405)
            return
        self.begun += 1
        name = f"s{self.begun}"
        self.streams[name] = connection
        await connection.stream()
        endpoint = self.endpoint or f"{self.messages_path}?session={name}"
        await connection.chunk(block(endpoint.encode(), None, self.retry_ms, "endpoint"))
        await connection.hang()

    async def post(self, connection: Connection, request: Request) -> None:
        stream = self.streams.get(request.path.partition("session=")[2])
        if stream is None:
            await connection.answer(404, "text/plain", b"Could not find session")
            return
        await connection.answer(202, "text/plain", b"Accepted")
        message = request.message
        method = message.get("method", "")
        if method in self.on:
            await self.on[method](stream, message)
        elif "id" in message and method:
            known: Json = {"initialize": initialize_result("2024-11-05"), "tools/list": {"tools": []}, "ping": {}}
            result = known.get(method, {"content": [{"type": "text", "text": "done"}]})
            await stream.chunk(block(json.dumps(result_of(message, result)).encode(), event="message"))
