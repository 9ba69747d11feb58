"""Events that came together differ in little: each is a copy of a mould, which costs a third of making it anew."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from msgspec.structs import replace

from inspector.protocol import log_entry
from inspector.session.link import Link
from inspector.session.reader import Arrival
from inspector.trace.events import (
    CommentReceived,
    Direction,
    FrameReceived,
    Framing,
    Message,
    MessageType,
    ToolStep,
)


class Moulds:
    """What the events of one arrival have in common; a copy needs its number and what is its own."""

    def __init__(self, link: Link, arrival: Arrival) -> None:
        self.arrival = arrival
        self._fields: dict[str, Any] = {
            "at": link.river.at(arrival.last_ns),
            "monotonic_ns": arrival.last_ns,
            "connection": link.number,
            "stream": arrival.stream,
            "direction": Direction.INBOUND,
        }

    @cached_property
    def comment(self) -> CommentReceived:
        return CommentReceived(text="", offset=0, raw=b"", **self._fields)

    @cached_property
    def frame(self) -> FrameReceived:
        return FrameReceived(first_byte_ns=self.arrival.first_ns, **self._fields)

    @cached_property
    def message(self) -> Message:
        """A notification in a block of an event stream."""
        kind, framing = MessageType.NOTIFICATION, Framing.SSE
        return Message(message_type=kind, framing=framing, first_byte_ns=self.arrival.first_ns, **self._fields)

    @cached_property
    def log_entry(self) -> Message:
        return replace(self.message, method=log_entry.METHOD)

    @cached_property
    def tool_step(self) -> ToolStep:
        return ToolStep(tool="", step="", first_byte_ns=self.arrival.first_ns, **self._fields)
