"""The official Python SDK with an event store, as a server that knows only revisions with a handshake.

`legacy_server.py RETRY_MS PORT`. It refuses the stateless revision in the words of the SDK of that time.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn
from mcp.server.lowlevel import Server
from mcp.server.streamable_http import EventCallback, EventMessage, EventStore
from mcp.shared.exceptions import UrlElicitationRequiredError
from mcp_types import (
    CallToolRequestParams,
    CallToolResult,
    ElicitRequestURLParams,
    JSONRPCMessage,
    ListPromptsResult,
    ListResourcesResult,
    ListToolsResult,
    PaginatedRequestParams,
    Prompt,
    Resource,
    TextContent,
    Tool,
)
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS
from starlette.types import ASGIApp, Receive, Scope, Send

PAGES, PAGE_SIZE = 40, 5
LINK = ElicitRequestURLParams(message="Sign in first.", url="https://example.com/sign-in", elicitation_id="link-1")


class MemoryStore(EventStore):
    """Keeps all events; their ids say the stream, so that no other stream is replayed."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._events: list[tuple[int, str, JSONRPCMessage | None]] = []

    async def store_event(self, stream_id: str, message: JSONRPCMessage | None) -> str:
        number = next(self._numbers)
        self._events.append((number, stream_id, message))
        return f"{stream_id}/{number}"

    async def replay_events_after(self, last_event_id: str, send_callback: EventCallback) -> str | None:
        stream_id, _, last = last_event_id.rpartition("/")
        for number, stream, message in tuple(self._events):
            if stream == stream_id and number > int(last) and message is not None:
                await send_callback(EventMessage(message, f"{stream}/{number}"))
        return stream_id


became: dict[str, str] = {}


async def work(context: Any, name: str, steps: int, pause_s: float) -> str:
    """Progress after each pause; notes how it ended."""
    try:
        for step in range(1, steps + 1):
            await asyncio.sleep(pause_s)
            await context.session.report_progress(step, steps, f"{name}: step {step}")
    except asyncio.CancelledError:
        became[name] = "cancelled"
        raise
    became[name] = "done"
    return f"{name} is done"


async def become(context: Any, name: str) -> str:
    return became.get(name, "unknown")


async def poll(context: Any, times: int, pause_s: float) -> str:
    """Closes its own stream again and again: the client is to ask again after `retry`."""
    for number in range(1, times + 1):
        await context.close_sse_stream()
        await asyncio.sleep(pause_s)
        await context.session.report_progress(number, times)
    return "polled"


async def announce(context: Any) -> str:
    """Two notifications and a question on the stream that belongs to no request."""
    await context.session.send_tool_list_changed()
    await context.session.send_resource_updated("memo://one")
    await context.session.send_ping()
    return "announced"


async def hang_up(context: Any) -> str:
    """Closes the stream that belongs to no request."""
    await context.close_standalone_sse_stream()
    return "closed"


async def consent(context: Any) -> str:
    """Wants a link to be opened, and says when that is done (R33)."""
    answer = await context.session.elicit_url(LINK.message, LINK.url, LINK.elicitation_id, context.request_id)
    await context.session.send_elicit_complete(LINK.elicitation_id, context.request_id)
    return str(answer.action)


async def guarded(context: Any, key: str) -> str:
    """Answers with error -32042 the first time."""
    if became.setdefault(f"key {key}", "closed") == "closed":
        became[f"key {key}"] = "open"
        raise UrlElicitationRequiredError([LINK])
    return "come in"


TOOLS: dict[str, Callable[..., Awaitable[str]]] = {
    tool.__name__: tool for tool in (work, become, poll, announce, hang_up, consent, guarded)
}
NAMES = [*TOOLS, *(f"filler_{number}" for number in range(PAGES * PAGE_SIZE - len(TOOLS)))]


async def list_tools(context: Any, params: PaginatedRequestParams | None) -> ListToolsResult:
    start = int(params.cursor) if params and params.cursor else 0
    end = start + PAGE_SIZE
    tools = [Tool(name=name, input_schema={"type": "object"}) for name in NAMES[start:end]]
    return ListToolsResult(tools=tools, next_cursor=str(end) if end < len(NAMES) else None)


async def list_resources(context: Any, params: PaginatedRequestParams | None) -> ListResourcesResult:
    """Its third page leads back to the second."""
    following = {None: "second", "second": "third", "third": "second"}
    cursor = params.cursor if params else None
    resource = Resource(uri=f"memo://{cursor or 'first'}", name=cursor or "first")
    return ListResourcesResult(resources=[resource], next_cursor=following[cursor])


async def list_prompts(context: Any, params: PaginatedRequestParams | None) -> ListPromptsResult:
    """A page without items, then one with."""
    is_second = bool(params and params.cursor)
    return ListPromptsResult(
        prompts=[Prompt(name="only")] if is_second else [], next_cursor=None if is_second else "more"
    )


async def call_tool(context: Any, params: CallToolRequestParams) -> CallToolResult:
    text = await TOOLS[params.name](context, **(params.arguments or {}))
    return CallToolResult(content=[TextContent(type="text", text=text)])


class HandshakeOnly:
    """In front of the app: any revision without a handshake is refused as the SDK did before it knew one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope.get("headers", ()))
        version = headers.get(b"mcp-protocol-version", b"").decode()
        if not version or version in HANDSHAKE_PROTOCOL_VERSIONS:
            await self._app(scope, receive, send)
            return
        supported = ", ".join(HANDSHAKE_PROTOCOL_VERSIONS)
        text = f"Bad Request: Unsupported protocol version: {version}. Supported versions: {supported}"
        error = {"jsonrpc": "2.0", "id": "server-error", "error": {"code": -32600, "message": text}}
        body = json.dumps(error).encode()
        head = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 400, "headers": head})
        await send({"type": "http.response.body", "body": body})


def main() -> None:
    retry_ms, port = sys.argv[1:]
    server = Server(
        "legacy",
        version="1",
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        on_list_resources=list_resources,
        on_list_prompts=list_prompts,
    )
    app = server.streamable_http_app(event_store=MemoryStore(), retry_interval=int(retry_ms))
    uvicorn.run(HandshakeOnly(app), host="127.0.0.1", port=int(port), log_level="error")


if __name__ == "__main__":
    main()
