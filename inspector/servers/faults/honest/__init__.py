"""A small MCP server that does everything right, in three eras: what a fault breaks one thing of."""

from inspector.servers.faults.honest.calls import Call
from inspector.servers.faults.honest.line import Line
from inspector.servers.faults.honest.server import Honest
from inspector.servers.faults.honest.sessions import Session

__all__ = ["Call", "Honest", "Line", "Session"]
