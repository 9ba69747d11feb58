"""The demo's tools over a tool stream: one POST for each run, answered by its steps, and a manifest of the tools."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import orjson

from inspector.servers.demo.call import Call, SessionState
from inspector.servers.demo.catalogue import DEFINITIONS
from inspector.servers.demo.event_stream import EventStream
from inspector.servers.demo.messages import INTERNAL_ERROR, Json, RpcError, encode
from inspector.servers.demo.revisions import STREAMABLE_VERSIONS, V_2025_11
from inspector.servers.demo.session import MAX_CALLS
from inspector.servers.demo.streamable import JSON_HEADERS, send_blocks
from inspector.servers.demo.tools import run_tool
from inspector.servers.http import HttpConnection, HttpRequest
from inspector.servers.tasks import OwnedTasks

logger = logging.getLogger(__name__)

PATH = "/api/v1/mcp/sse"
MANIFEST_PATH = "/mcp.json"
_SPEAKS_JSON_RPC = frozenset({"flood"})
"""Tools that write ready-made MCP notifications to their stream."""


@dataclass
class StreamedCall(Call):
    """A call whose notifications are steps of its run."""

    async def _notify(self, method: str, params: Json, *, cut: bool = False) -> None:
        params = {key: value for key, value in params.items() if key not in ("progressToken", "level", "logger")}
        kind = "progress" if method == "notifications/progress" else "data"
        self.stream.push(encode({"type": kind, **params}), cut=cut)
        await self.stream.room()


class ToolStreams:
    """Serves `/api/v1/mcp/sse` and `/mcp.json`. A run is stopped when its client leaves."""

    def __init__(self, heartbeat_s: float) -> None:
        self._heartbeat_s = heartbeat_s
        self._tasks = OwnedTasks()

    @property
    def calls(self) -> int:
        """How many tools are running."""
        return len(self._tasks)

    async def close(self) -> None:
        """Stop every run."""
        await self._tasks.close()

    async def serve_manifest(self, request: HttpRequest, connection: HttpConnection) -> None:
        """Say where runs are POSTed and which tools there are."""
        if request.method not in ("GET", "HEAD"):
            await connection.respond(405, (("allow", "GET, HEAD"),))
            return
        names = ("name", "title", "description", "inputSchema")
        tools = [{key: tool[key] for key in names} for tool in DEFINITIONS.values() if _is_offered(tool["name"])]
        manifest = {"name": "demo", "endpoint": PATH, "heartbeat_s": self._heartbeat_s, "tools": tools}
        await connection.respond(200, JSON_HEADERS, encode(manifest))

    async def serve(self, request: HttpRequest, connection: HttpConnection) -> None:
        """Run the tool that the POST names; in one piece for who does not take event streams."""
        if request.method != "POST":
            await connection.respond(405, (("allow", "POST"),))
            return
        tool, params, problem = _read(request.body)
        if problem or self.calls >= MAX_CALLS:
            status = 422 if problem else 503
            await connection.respond(status, JSON_HEADERS, encode({"detail": problem or "too many runs at once"}))
        elif "text/event-stream" not in (request.header("accept") or "text/event-stream, */*"):
            end = await _run(EventStream(replay_bytes=0), tool, params)
            await connection.respond(200, JSON_HEADERS, encode(end))
        else:
            await connection.stream((), lambda: self._pump(connection, tool, params), self._heartbeat_s)

    async def _pump(self, connection: HttpConnection, tool: str, params: Json) -> None:
        stream = EventStream(replay_bytes=0)
        stream.push(encode({"type": "started", "tool": tool}))
        running = self._tasks.start(_run_to_end(stream, tool, params))
        try:
            await send_blocks(stream, connection)
        finally:
            running.cancel()


async def _run_to_end(stream: EventStream, tool: str, params: Json) -> None:
    stream.push(encode(await _run(stream, tool, params)))
    stream.finish()


async def _run(stream: EventStream, tool: str, params: Json) -> Json:
    """The last step of a run: `complete` with the tool's result, or `error`."""
    call = StreamedCall(SessionState(STREAMABLE_VERSIONS, V_2025_11), stream, progress_token=tool)
    try:
        result = await run_tool(call, tool, params)
    except RpcError as error:
        return {"type": "error", "code": error.code, "message": error.message}
    except Exception:
        logger.exception("a tool of the demo server failed")
        return {"type": "error", "code": INTERNAL_ERROR, "message": "Internal error"}
    if result.get("isError"):
        return {"type": "error", "message": result["content"][0]["text"]}
    return {"type": "complete", "data": result}


def _read(body: bytes) -> tuple[str, Json, str]:
    """The tool and its params, and what is wrong with the body."""
    try:
        value: Any = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        return "", {}, f"the body is no JSON: {error}"
    if not isinstance(value, dict) or not isinstance(value.get("tool"), str):
        return "", {}, 'the body must be an object like {"tool": "echo", "params": {"text": "hello"}}'
    tool, params = value["tool"], value.get("params") or {}
    if not isinstance(params, dict):
        return "", {}, "params must be an object"
    return (tool, params, "") if _is_offered(tool) else ("", {}, f"unknown tool: {tool}")


def _is_offered(tool: str) -> bool:
    return tool in DEFINITIONS and tool not in _SPEAKS_JSON_RPC
