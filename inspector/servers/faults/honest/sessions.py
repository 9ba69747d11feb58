"""What a server remembers of a client."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from inspector.servers.demo.messages import RequestId
from inspector.servers.faults.honest.line import Line


@dataclass
class Session:
    """One client; `line` is its open GET stream, `running` are its calls by the id of their request."""

    id: str
    version: str = ""
    initialized: bool = False
    line: Line | None = None
    running: dict[RequestId, asyncio.Task[None]] = field(default_factory=dict)
