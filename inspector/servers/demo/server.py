"""The demo server as a whole: a loopback listener with two MCP transports, tool streams and a page of text."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Self

from inspector.servers.demo.http_sse import TEXT_HEADERS, HttpSse
from inspector.servers.demo.session import Sessions
from inspector.servers.demo.streamable import StreamableHttp
from inspector.servers.demo.tool_stream import MANIFEST_PATH, PATH, ToolStreams
from inspector.servers.http import HttpConnection, HttpRequest
from inspector.servers.loopback import LoopbackListener

HEARTBEAT_S = 5.0
RESUME_GRACE_S = 10.0


class DemoServer:
    """An MCP server on 127.0.0.1 for as long as it is entered.

    `port` 0 lets the system choose; a taken port raises OSError. A comment is sent every `heartbeat_s` seconds on each
    stream, and a call whose stream broke is cancelled unless the client resumes it within `resume_grace_s` seconds.
    """

    def __init__(self, port: int = 0, heartbeat_s: float = HEARTBEAT_S, resume_grace_s: float = RESUME_GRACE_S) -> None:
        self._sessions = Sessions()
        self._listener = LoopbackListener(self._route, port)
        self._streamable = StreamableHttp(self._sessions, heartbeat_s, resume_grace_s)
        self._http_sse = HttpSse(self._sessions, heartbeat_s)
        self._tool_streams = ToolStreams(heartbeat_s)
        self._cleanup = AsyncExitStack()

    async def __aenter__(self) -> Self:
        self._cleanup.push_async_callback(self._sessions.close_all)
        self._cleanup.push_async_callback(self._tool_streams.close)
        await self._cleanup.enter_async_context(self._listener)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._cleanup.aclose()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._listener.port

    @property
    def url(self) -> str:
        """The URL for Streamable HTTP."""
        return f"http://127.0.0.1:{self.port}/mcp"

    @property
    def sse_url(self) -> str:
        """The URL for HTTP+SSE (2024-11-05)."""
        return f"http://127.0.0.1:{self.port}/sse"

    @property
    def tool_stream_url(self) -> str:
        """The URL for tool streams; their manifest is at `/mcp.json`."""
        return f"http://127.0.0.1:{self.port}{PATH}"

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return self._listener.connections

    @property
    def calls(self) -> int:
        """How many tool calls are running."""
        return self._sessions.calls + self._tool_streams.calls

    async def _route(self, request: HttpRequest, connection: HttpConnection) -> None:
        match request.path:
            case "/mcp":
                await self._streamable.serve(request, connection)
            case "/sse":
                await self._http_sse.serve_stream(request, connection)
            case "/messages":
                await self._http_sse.serve_message(request, connection)
            case path if path == PATH:
                await self._tool_streams.serve(request, connection)
            case path if path == MANIFEST_PATH:
                await self._tool_streams.serve_manifest(request, connection)
            case "/":
                await self._welcome(request, connection)
            case _:
                await connection.respond(404, TEXT_HEADERS, b"Not Found: see / for what is here\n")

    async def _welcome(self, request: HttpRequest, connection: HttpConnection) -> None:
        if request.method not in ("GET", "HEAD"):
            await connection.respond(405, (("allow", "GET, HEAD"),))
            return
        text = (
            "This is the demo server of the SSE MCP Inspector. It speaks the Model Context Protocol:\n\n"
            f"  Streamable HTTP (2025-03-26 to 2025-11-25)  {self.url}\n"
            f"  HTTP+SSE (2024-11-05)                       {self.sse_url}\n"
            f"\nand the same tools as tool streams:\n\n"
            f"  POST {{tool, params}}                         {self.tool_stream_url}\n"
        )
        await connection.respond(200, TEXT_HEADERS, text.encode())


async def serve_demo(port: int, heartbeat_s: float, ready: Callable[[DemoServer], None]) -> None:
    """Run the demo server until cancelled; `ready` is called once it listens. Raises OSError if the port is taken."""
    async with DemoServer(port, heartbeat_s) as server:
        ready(server)
        await asyncio.Event().wait()
