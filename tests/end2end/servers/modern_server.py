"""The official Python SDK's server in the stateless era, with everything that era has: `modern_server.py PORT`."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated, Any

from mcp.server.caching import CacheHint
from mcp.server.mcpserver import Context, MCPServer
from mcp_types import (
    CreateMessageRequest,
    CreateMessageRequestParams,
    ElicitRequest,
    ElicitRequestFormParams,
    InputRequiredResult,
    ListRootsRequest,
    SamplingMessage,
    TextContent,
)
from pydantic import Field

server = MCPServer(
    "modern",
    version="1",
    instructions="For the tests.",
    log_level="ERROR",
    cache_hints={"tools/list": CacheHint(ttl_ms=60_000), "resources/read": CacheHint(ttl_ms=1_000, scope="private")},
)
running: dict[str, str] = {}


@server.tool()
def echo(text: str) -> str:
    """Say it again."""
    return text


@server.tool()
def regional(
    region: Annotated[str, Field(json_schema_extra={"x-mcp-header": "Region"})],
    level: Annotated[int, Field(json_schema_extra={"x-mcp-header": "Level"})],
    plain: str = "",
) -> str:
    """Two of its arguments travel as headers too."""
    return f"{region} {level} {plain}"


@server.tool()
async def count(to: int, context: Context) -> str:
    """Progress from 1 to `to`, a log entry with each step."""
    for step in range(1, to + 1):
        await context.report_progress(step, to, f"step {step}")
        await context.info(f"entry {step}")
        await asyncio.sleep(0.02)
    return "counted"


@server.tool()
async def sleep(seconds: float, name: str = "") -> str:
    """Answers late, and notes how it ended."""
    running[name] = "running"
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        running[name] = "cancelled"
        raise
    running[name] = "done"
    return "slept"


@server.tool()
def state_of(name: str) -> str:
    """What became of a `sleep` of that name."""
    return running.get(name, "unknown")


@server.tool()
def interview(context: Context) -> str | InputRequiredResult:
    """Asks for everything a server may ask for, then once more, keeping state between the rounds."""
    answers: dict[str, Any] = dict(context.input_responses or {})
    if context.request_state is None:
        return InputRequiredResult(
            input_requests={
                "who": ElicitRequest(
                    params=ElicitRequestFormParams(
                        message="Who are you?",
                        requested_schema={"type": "object", "properties": {"name": {"type": "string"}}},
                    )
                ),
                "where": ListRootsRequest(),
                "what": CreateMessageRequest(
                    params=CreateMessageRequestParams(
                        messages=[SamplingMessage(role="user", content=TextContent(type="text", text="What?"))],
                        max_tokens=10,
                    )
                ),
            },
            request_state="round=1 é",
        )
    if context.request_state == "round=1 é":
        name = answers["who"].content["name"]
        root = answers["where"].roots[0].uri
        said = answers["what"].content.text
        return InputRequiredResult(
            input_requests={
                "sure": ElicitRequest(
                    params=ElicitRequestFormParams(
                        message=f"{name}, {root}, {said}: sure?",
                        requested_schema={"type": "object", "properties": {"yes": {"type": "boolean"}}},
                    )
                )
            },
            request_state=f"{name}|{root}|{said}",
        )
    return f"{context.request_state}|{answers['sure'].action}"


@server.tool()
async def change(context: Context) -> str:
    """Tells everybody who listens."""
    await context.notify_tools_changed()
    await context.notify_resource_updated("memo://one")
    await context.notify_resource_updated("memo://two")
    return "changed"


@server.resource("memo://one")
def memo() -> str:
    """A text."""
    return "the memo"


@server.resource("memo://{name}/page/{number}")
def page(name: str, number: str) -> str:
    """A page of a memo."""
    return f"{name} {number}"


@server.prompt()
def summary(topic: str) -> str:
    """A prompt with one argument."""
    return f"Summarise {topic}."


def main() -> None:
    asyncio.run(server.run_streamable_http_async(port=int(sys.argv[1])))


if __name__ == "__main__":
    main()
