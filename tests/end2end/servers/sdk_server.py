"""The official Python SDK as a server: `sdk_server.py sse|streamable-http [json] [resumable] PORT`."""

from __future__ import annotations

import asyncio
import sys

from mcp.server.mcpserver import Context, MCPServer
from pydantic import BaseModel

server = MCPServer("sdk", instructions="For the tests.", log_level="ERROR")


class Name(BaseModel):
    name: str


@server.tool()
def echo(text: str) -> str:
    """Say it again."""
    return text


@server.tool()
def add(a: int, b: int) -> int:
    """The sum."""
    return a + b


@server.tool()
def crash() -> str:
    """Raises."""
    raise ValueError("on purpose")


@server.tool()
async def count(to: int, context: Context) -> str:
    """Progress from 1 to `to`, a log entry with each step."""
    for step in range(1, to + 1):
        await context.report_progress(step, to, f"step {step}")
        await context.info(f"entry {step}")
        await asyncio.sleep(0.02)
    return "counted"


@server.tool()
async def sleep(seconds: float) -> str:
    """Answers late."""
    await asyncio.sleep(seconds)
    return "slept"


@server.tool()
async def greet(context: Context) -> str:
    """Asks the user for a name."""
    answer = await context.elicit("Who are you?", Name)
    return f"Hello {answer.data.name}" if answer.action == "accept" else f"Nobody ({answer.action})"


@server.resource("memo://one")
def memo() -> str:
    """A text."""
    return "the memo"


@server.prompt()
def summary(topic: str) -> str:
    """A prompt with one argument."""
    return f"Summarise {topic}."


def main() -> None:
    transport, *flags, port = sys.argv[1:]
    if transport == "sse":
        asyncio.run(server.run_sse_async(port=int(port)))
    else:
        asyncio.run(server.run_streamable_http_async(port=int(port), json_response="json" in flags))


if __name__ == "__main__":
    main()
