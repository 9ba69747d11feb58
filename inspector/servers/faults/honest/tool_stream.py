"""An honest tool stream: a manifest of the tools, and one POST for each run, answered by its steps."""

from __future__ import annotations

from collections.abc import AsyncIterator

import orjson

from inspector.servers.demo.messages import Json, encode
from inspector.servers.faults.behaviour import Behaviour
from inspector.servers.faults.honest.speaker import JSON_HEADERS, SAY, TEXT_HEADERS, WORK
from inspector.servers.faults.wire import Wire
from inspector.servers.http import EVENT_STREAM_HEADERS, HttpRequest

RUNS = "/api/v1/mcp/sse"
MANIFEST = "/mcp.json"


class ToolStream(Behaviour):
    """Serves the manifest at `/mcp.json` and runs at `/api/v1/mcp/sse`, both below the base."""

    step_s = 0.5

    async def serve(self, request: HttpRequest, wire: Wire) -> None:
        """Answer one request."""
        match request.path, request.method:
            case "/mcp.json", "GET":
                await self.serve_manifest(wire)
            case "/api/v1/mcp/sse", "POST":
                await self.serve_run(request, wire)
            case "/mcp.json" | "/api/v1/mcp/sse", _:
                await wire.answer(405)
            case _:
                await wire.answer(404, TEXT_HEADERS, b"Not Found\n")

    def manifest(self) -> Json:
        """What the manifest says."""
        return {"name": "fault-gallery", "endpoint": f"{self.base}{RUNS}", "tools": [SAY, WORK]}

    async def serve_manifest(self, wire: Wire) -> None:
        """The manifest as JSON."""
        await wire.answer(200, JSON_HEADERS, encode(self.manifest()))

    async def serve_run(self, request: HttpRequest, wire: Wire) -> None:
        """Run a tool and tell its steps."""
        asked = orjson.loads(request.body)
        await wire.head(200, EVENT_STREAM_HEADERS)
        async for step in self.steps(asked["tool"], asked.get("params") or {}, wire):
            await wire.chunk(step)
        await wire.end()

    async def steps(self, tool: str, params: Json, wire: Wire) -> AsyncIterator[bytes]:
        """The steps of a run, each as an event."""
        yield self.step({"type": "started", "tool": tool})
        if tool == "work":
            for number in (1, 2):
                await wire.sleep(self.step_s)
                yield self.step({"type": "progress", "progress": number, "total": 2})
        yield self.complete(tool, params)

    def complete(self, tool: str, params: Json) -> bytes:
        """The last step."""
        return self.step({"type": "complete", "data": {"text": params.get("text", "done")}})

    def step(self, value: Json) -> bytes:
        """A step as an event."""
        return b"data: %s\n\n" % encode(value)
