"""A FastAPI service with tool streams, as many developers write it: `tool_stream_app.py PORT`.

Started with `--bare` it has no manifest. What it noticed of its clients is at `/noticed`.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from typing import Any

import uvicorn
from fastapi import FastAPI, HTTPException
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import BaseModel

app = FastAPI()
noticed: list[str] = []

TEXT = "Streams carry every word as it is made: äöü, 漢字, 🙂."


class ToolCall(BaseModel):
    tool: str
    params: dict[str, Any]


def event(value: Any) -> str:
    return f"data: {value if isinstance(value, str) else json.dumps(value)}\n\n"


async def report(params: dict[str, Any]) -> AsyncIterator[str]:
    """Started, some progress with heartbeats in between, complete."""
    yield event({"type": "started", "tool": "report"})
    for step in range(1, int(params["steps"]) + 1):
        yield ": heartbeat\n\n"
        yield event({"type": "progress", "data": {"progress": step, "total": params["steps"]}})
        await asyncio.sleep(0.01)
    yield event({"type": "progress", "data": {"note": "almost"}})
    yield event({"type": "complete", "data": {"steps": params["steps"]}})


async def fail(params: dict[str, Any]) -> AsyncIterator[str]:
    yield event({"type": "started", "tool": "fail"})
    yield event({"type": "error", "message": "the disk is full", "code": 28})


async def write(params: dict[str, Any]) -> AsyncIterator[str]:
    """Text in deltas as model servers send it, with the type in the event field and a [DONE]."""
    yield "event: started\ndata: {}\n\n"
    for piece in TEXT.split(" "):
        yield event({"choices": [{"delta": {"content": piece + " "}}]})
    yield event("[DONE]")


async def slow(params: dict[str, Any]) -> AsyncIterator[str]:
    """Works for a minute, and notes when its client leaves."""
    try:
        yield event({"type": "started", "tool": "slow"})
        for _ in range(600):
            await asyncio.sleep(0.1)
            yield ": heartbeat\n\n"
        yield event({"type": "complete"})
    finally:
        noticed.append("slow was left")


async def unordered(params: dict[str, Any]) -> AsyncIterator[str]:
    for kind in ("progress", "started", "complete", "progress", "complete"):
        yield event({"type": kind})


STREAMS = {"report": report, "fail": fail, "write": write, "slow": slow, "unordered": unordered}

MANIFEST = {
    "name": "reports",
    "version": "1.2",
    "sse": {"endpoint": "/api/v1/mcp/sse", "heartbeat_interval": 15},
    "timeout": 120,
    "tools": [
        {
            "name": "report",
            "description": "Makes a report.",
            "parameters": {"steps": {"type": "int", "required": True}},
        },
        {"name": "fail", "description": "Always fails."},
        {"name": "add", "inputSchema": {"type": "object", "properties": {"a": {"type": "number"}}}},
        {"name": "write"},
        {"name": "slow"},
    ],
}


@app.post("/api/v1/mcp/sse")
async def call(body: ToolCall) -> Response:
    if body.tool == "add":
        return JSONResponse({"result": {"sum": body.params["a"] + body.params["b"]}})
    stream = STREAMS.get(body.tool)
    if stream is None:
        raise HTTPException(400, f"there is no tool {body.tool}")
    return StreamingResponse(stream(body.params), media_type="text/event-stream")


@app.get("/noticed")
async def what_was_noticed() -> list[str]:
    return noticed


async def manifest() -> dict[str, Any]:
    return MANIFEST


if __name__ == "__main__":
    if "--bare" not in sys.argv:
        app.get("/mcp.json")(manifest)
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[-1]), log_level="error")
