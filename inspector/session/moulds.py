"""The events of a connection that servers send many of: a copy of a mould costs a third of one made anew."""

from __future__ import annotations

from msgspec.structs import replace

from inspector.trace.events import (
    CommentReceived,
    Direction,
    FrameReceived,
    Framing,
    Message,
    MessageType,
    ToolStep,
)
from inspector.trace.log_entries import LOG_ENTRY

_INBOUND = Direction.INBOUND


class Moulds:
    """What all that comes in on one connection has in common; a copy needs number, times and stream."""

    def __init__(self, connection: int) -> None:
        self.comment = CommentReceived(connection=connection, direction=_INBOUND, text="", offset=0, raw=b"")
        self.frame = FrameReceived(connection=connection, direction=_INBOUND)
        self.tool_step = ToolStep(connection=connection, direction=_INBOUND, tool="", step="")
        self.message = Message(
            connection=connection,
            direction=_INBOUND,
            message_type=MessageType.NOTIFICATION,
            framing=Framing.SSE,
        )
        self.log_entry = replace(LOG_ENTRY, connection=connection)
