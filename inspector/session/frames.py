"""Blocks and comments of an event stream as trace events, with what many clients stumble over in them."""

from __future__ import annotations

from inspector.session.link import Link
from inspector.session.reader import Arrival
from inspector.trace.events import CommentReceived, Direction, FrameReceived, ToolStep
from inspector.trace.facts import frame_breaches, sse_facts
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
        for breach in frame_breaches(frame, self._link.options.event_limit_bytes):
            self._link.report_once(breach, arrival.stream, n)
