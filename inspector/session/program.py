"""Who we are to a server."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version

NAME = "sse-mcp-inspector"
TITLE = "SSE MCP Inspector"


@cache
def client_version() -> str:
    try:
        return version(NAME)
    except PackageNotFoundError:
        return "0"
