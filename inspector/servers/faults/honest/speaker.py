"""What the server says, whichever transport carries it: every method small, so that a fault overrides exactly one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from inspector.servers.demo.messages import (
    INVALID_PARAMS,
    METHOD_NOT_FOUND,
    Json,
    RpcError,
    encode,
    result_message,
)
from inspector.servers.demo.revisions import HTTP_SSE_VERSIONS, fit, negotiate
from inspector.servers.faults.behaviour import Behaviour
from inspector.servers.faults.honest.calls import Call
from inspector.servers.faults.honest.line import Line
from inspector.servers.faults.wire import ClientGone, Wire
from inspector.servers.http import EVENT_STREAM_HEADERS, Headers, HttpRequest, heartbeat

JSON_HEADERS: Headers = (("content-type", "application/json"), ("cache-control", "no-store"))
TEXT_HEADERS: Headers = (("content-type", "text/plain; charset=utf-8"), ("cache-control", "no-store"))

SAY: Json = {
    "name": "say",
    "description": "Gives the text back at once.",
    "inputSchema": {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]},
}
WORK: Json = {
    "name": "work",
    "description": "Works in steps and reports its progress.",
    "inputSchema": {"type": "object", "properties": {"steps": {"type": "integer", "minimum": 0, "maximum": 100}}},
}
STRUCTURED: Json = {
    "name": "structured",
    "description": "Gives a structured result.",
    "inputSchema": {"type": "object", "additionalProperties": False},
    "outputSchema": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "degrees": {"type": "number"}},
        "required": ["city", "degrees"],
    },
}


class Speaker(Behaviour):
    """Initialize, lists and calls; times are seconds before scaling."""

    versions: tuple[str, ...] = HTTP_SSE_VERSIONS
    heartbeat_s = 15.0
    step_s = 0.5

    def server_info(self) -> Json:
        """Name and version."""
        return {"name": "fault-gallery", "version": "1.0.0"}

    def capabilities(self, version: str) -> Json:
        """What it declares."""
        return {"tools": {}}

    def initialize_result(self, params: Json) -> Json:
        """The answer to initialize."""
        version = negotiate(params.get("protocolVersion"), self.versions)
        return {
            "protocolVersion": version,
            "capabilities": self.capabilities(version),
            "serverInfo": self.server_info(),
        }

    def tools(self) -> Sequence[Json]:
        """The definitions of the tools."""
        return (SAY, WORK, STRUCTURED)

    def list_tools(self, params: Json, version: str) -> Json:
        """The answer to tools/list."""
        return {"tools": [fit(tool, version) for tool in self.tools()]}

    async def call(self, call: Call) -> Json:
        """The result of a tool call; raises `RpcError` for a tool that there is not."""
        match call.name:
            case "say":
                return text_result(str(call.arguments.get("text", "")))
            case "work":
                return await self.work(call)
            case "structured":
                return self.structured_result(call)
        raise RpcError(INVALID_PARAMS, f"Unknown tool: {call.name[:200]}")

    async def work(self, call: Call) -> Json:
        """The tool that takes its time: progress, a step apart, then the result."""
        steps = call.arguments.get("steps", 4)
        for step in range(1, steps + 1):
            await call.sleep(self.step_s)
            await call.progress(step, steps, f"step {step}")
        return text_result(f"{steps} steps done")

    def structured_result(self, call: Call) -> Json:
        """A result that its outputSchema describes, and the same as text."""
        value = {"city": "Vienna", "degrees": 21.5}
        return fit({**text_result(encode(value).decode()), "structuredContent": value}, call.line.version)

    async def result(self, message: Json, line: Line, http: HttpRequest) -> Json:
        """The result of any request; raises `RpcError` for what cannot be answered."""
        params: Json = message.get("params", {})
        match message["method"]:
            case "initialize":
                return self.initialize_result(params)
            case "ping":
                return {}
            case "tools/list":
                return self.list_tools(params, line.version)
            case "tools/call":
                return await self.call(_call_of(message, line, http))
        raise RpcError(METHOD_NOT_FOUND, f"Method not found: {message['method'][:200]}")

    async def response(self, message: Json, line: Line, http: HttpRequest) -> Json:
        """The JSON-RPC response to a request; errors are answers too."""
        try:
            return result_message(message["id"], await self.result(message, line, http))
        except RpcError as error:
            return error.to_message(message["id"])

    async def respond(self, message: Json, line: Line, http: HttpRequest) -> None:
        """Answer a request on a stream."""
        with suppress(ClientGone):
            await line.send(await self.response(message, line, http))

    def event(self, message: Json) -> bytes:
        """A message as an event."""
        return b"event: message\ndata: %s\n\n" % encode(message)

    def heartbeat(self) -> bytes:
        """What keeps a stream alive."""
        return heartbeat()

    def stream_headers(self) -> Headers:
        """The headers of an event stream."""
        return EVENT_STREAM_HEADERS

    async def open_line(self, wire: Wire, version: str, headers: Headers = (), *, ends_calls: bool = False) -> Line:
        """Begin an event stream: its head, and a comment so that its first byte is there too."""
        await wire.head(200, (*self.stream_headers(), *headers))
        await wire.chunk(b": connected\n\n")
        return Line(wire, self.event, version, ends_calls=ends_calls)

    async def hold(self, line: Line) -> None:
        """Keep a stream open until its client goes, with a heartbeat from time to time."""
        while True:
            await line.wire.sleep(self.heartbeat_s)
            await line.send_bytes(self.heartbeat())

    async def carry(self, running: asyncio.Task[None], line: Line) -> None:
        """Keep the stream of a call alive until the call is over, then end it."""
        try:
            while not running.done():
                await asyncio.wait({running}, timeout=self.heartbeat_s * self.scale)
                if not running.done():
                    await line.send_bytes(self.heartbeat())
        finally:
            if line.ends_calls:
                running.cancel()
        await line.wire.end()


def text_result(text: str, **more: Any) -> Json:
    """The result of a tool that says something."""
    return {"content": [{"type": "text", "text": text}], **more}


def _call_of(message: Json, line: Line, http: HttpRequest) -> Call:
    params = message.get("params", {})
    arguments, meta = params.get("arguments", {}), params.get("_meta", {})
    if not isinstance(params.get("name"), str) or not isinstance(arguments, dict) or not isinstance(meta, dict):
        raise RpcError(INVALID_PARAMS, "Invalid params: name must be a string, arguments and _meta objects")
    return Call(message["id"], params["name"], arguments, line, http, meta.get("progressToken"))
