"""What a row of the timeline sent: its HTTP request, and the message in it that the row is about. No Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from inspector.protocol.era import TransportName
from inspector.record.message_text import payload
from inspector.record.redaction import Redactor
from inspector.record.rows import RowKind
from inspector.record.timeline import Timeline
from inspector.trace.events import AttemptMade, Direction, Message, RequestSent, SessionReady, ToolStep
from inspector.trace.river import River
from inspector.wire import jsontext

MAX_LOOKED_AT = 200
"""How many attempts and handshakes are asked for a transport."""


@dataclass(frozen=True, slots=True)
class SentRequest:
    """A request that left, and the message of ours in it that is meant; None for the request as a whole."""

    request: RequestSent
    message: Message | ToolStep | None = None

    @property
    def body(self) -> bytes:
        """What is to be sent again."""
        return self.request.body if self.message is None else payload(self.message)

    def masked(self, redactor: Redactor) -> SentRequest:
        """As it may leave."""
        request = cast("RequestSent", redactor.event(self.request))
        message = self.message and cast("Message | ToolStep", redactor.event(self.message))
        return SentRequest(request, message)

    def tool_call(self) -> tuple[str, dict[str, Any], dict[str, Any]] | None:
        """Tool, arguments and `_meta` if this is one call of a tool that a form can hold."""
        value = jsontext.parse(self.body).value
        if not isinstance(value, dict):
            return None
        if isinstance(value.get("tool"), str) and "jsonrpc" not in value:
            tool, arguments, meta = value["tool"], value.get("params", {}), {}
        else:
            params = value.get("params")
            if value.get("method") != "tools/call" or not isinstance(params, dict):
                return None
            tool, arguments, meta = params.get("name"), params.get("arguments", {}), params.get("_meta", {})
        if not isinstance(tool, str) or not isinstance(arguments, dict):
            return None
        return tool, arguments, meta if isinstance(meta, dict) else {}


def request_of(timeline: Timeline, river: River, row: int) -> SentRequest | None:
    """What the row sent, None if it is none that left."""
    event = river[timeline.numbers[row]]
    if isinstance(event, RequestSent):
        return SentRequest(event)
    if not isinstance(event, Message | ToolStep) or event.direction is not Direction.OUTBOUND:
        return None
    rows = timeline.http_rows(event.stream or 0)
    request = river[timeline.numbers[rows[0]]] if rows else None
    return SentRequest(request, event) if isinstance(request, RequestSent) else None


def transport_of(timeline: Timeline, river: River, row: int) -> str:
    """What the connection of a row speaks, as far as the record says."""
    connection = river[timeline.numbers[row]].connection
    kinds = timeline.kinds.tobytes()
    for code in (RowKind.SESSION, RowKind.ATTEMPT):
        at, wanted = len(kinds), bytes([code])
        for _ in range(MAX_LOOKED_AT):
            at = kinds.rfind(wanted, 0, at)
            if at < 0:
                break
            event = river[timeline.numbers[at]]
            is_told = isinstance(event, SessionReady) or (isinstance(event, AttemptMade) and event.succeeded)
            if is_told and event.connection == connection:
                return cast("SessionReady | AttemptMade", event).transport
    return TransportName.STREAMABLE_HTTP
