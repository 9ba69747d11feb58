"""Blocks and comments of an event stream as trace events, with what many clients stumble over in them."""

from __future__ import annotations

from typing import Any

from inspector.protocol.breach import Breach, Severity
from inspector.session.link import Link
from inspector.session.reader import Arrival
from inspector.trace.events import CommentReceived, Direction, FrameReceived, ToolStep
from inspector.wire.sse import Comment, Frame


class Frames:
    """Tells the river of everything that is no JSON-RPC message; what the blocks mean is for others to say."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def comment(self, comment: Comment, arrival: Arrival) -> None:
        self._link.river.emit(
            CommentReceived,
            monotonic_ns=arrival.last_ns,
            connection=self._link.number,
            stream=arrival.stream,
            direction=Direction.INBOUND,
            text=comment.text,
            offset=comment.offset,
            raw=comment.raw,
        )

    def frame(self, frame: Frame, arrival: Arrival, note: str) -> int:
        """Show a block that is no JSON-RPC message; returns the number of its event."""
        event = self._link.river.emit(
            FrameReceived,
            monotonic_ns=arrival.last_ns,
            connection=self._link.number,
            direction=Direction.INBOUND,
            note=note,
            stream=arrival.stream,
            first_byte_ns=arrival.first_ns,
            dispatched=frame.dispatched,
            complete=frame.complete,
            **sse_facts(frame),
        )
        self.check_frame(frame, arrival, event.n)
        return event.n

    def tool_step(
        self, frame: Frame, arrival: Arrival, *, tool: str, step: str, request_n: int, rtt_ms: float | None
    ) -> int:
        """Show a block that is a step of a tool's run; returns the number of its event."""
        event = self._link.river.emit(
            ToolStep,
            monotonic_ns=arrival.last_ns,
            connection=self._link.number,
            direction=Direction.INBOUND,
            stream=arrival.stream,
            first_byte_ns=arrival.first_ns,
            tool=tool,
            step=step,
            request_n=request_n,
            rtt_ms=rtt_ms,
            **sse_facts(frame),
        )
        self.check_frame(frame, arrival, event.n)
        return event.n

    def check_frame(self, frame: Frame, arrival: Arrival, n: int) -> None:
        """Report what the block has that many clients stumble over, once a stream."""
        if not (frame.truncated or frame.invalid_utf8 or frame.bom or frame.unknown_lines):
            return
        for breach in _frame_breaches(frame, self._link.options.event_limit_bytes):
            self._link.report_once(breach, arrival.stream, n)


def sse_facts(frame: Frame) -> dict[str, Any]:
    """What an event takes over from its block; only what is not the default."""
    fields: dict[str, Any] = {"raw": frame.raw, "offset": frame.offset}
    if frame.id is not None:
        fields["event_id"] = frame.id
    if frame.event != "message":
        fields["event"] = frame.event
    if frame.retry_ms is not None:
        fields["retry_ms"] = frame.retry_ms
    if frame.truncated:
        fields["truncated"] = True
    return fields


def why_no_event(frame: Frame) -> str:
    """What a block is that carries nothing (R26)."""
    if not frame.complete:
        return "The stream ended inside this block; it is not dispatched."
    if not frame.dispatched:
        return "A block without data; nothing is dispatched."
    return "A priming event: an id to resume from." if frame.id is not None else "An event with empty data."


def _frame_breaches(frame: Frame, limit_bytes: int) -> list[Breach]:
    found = []
    if frame.truncated:
        text = (
            f"An event is larger than our limit of {limit_bytes:,} bytes; its beginning is kept, the rest is dropped."
        )
        found.append(
            Breach("sse-event-too-large", Severity.ERROR, text, "Paginate, or link to the data as a resource.")
        )
    if frame.invalid_utf8:
        text = "The event has bytes that are no UTF-8; they are shown as U+FFFD."
        found.append(Breach("sse-charset", Severity.ERROR, text, "Encode the stream as UTF-8.", "WHATWG HTML 9.2.5"))
    if frame.bom:
        text = "The stream starts with a byte order mark; several clients lose the first event to it."
        found.append(Breach("sse-bom", Severity.WARN, text, "Encode as plain UTF-8, not as UTF-8 with signature."))
    if frame.unknown_lines:
        line = frame.unknown_lines[0][:60]
        text = f"A line is no SSE field and is ignored: {line!r}."
        found.append(Breach("sse-unknown-field", Severity.WARN, text, "Put `data: ` before every line of data."))
    return found
