"""Blocks and comments of an event stream as trace events, with what many clients stumble over in them."""

from __future__ import annotations

from msgspec.structs import replace

from inspector.session.link import Link
from inspector.session.moulds import Moulds
from inspector.session.reader import Arrival
from inspector.trace.facts import bom_breach, frame_breaches
from inspector.wire.block import BOM
from inspector.wire.sse import Comment, Frame

_PLAIN_ENDS = (("\n",), ("\r\n",), ())


class Frames:
    """Tells the river of everything that is no JSON-RPC message; what the blocks mean is for others to say."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self.moulds = Moulds(link.number)
        self._arrival: Arrival | None = None
        self._at = 0.0

    def at(self, arrival: Arrival) -> float:
        """The wall-clock time of an arrival, read once for all that it brought."""
        if arrival is not self._arrival:
            self._arrival, self._at = arrival, self._link.river.at(arrival.last_ns)
        return self._at

    def comment(self, comment: Comment, arrival: Arrival) -> None:
        river = self._link.river
        n = len(river)
        river.append(
            replace(
                self.moulds.comment,
                n=n,
                at=self.at(arrival),
                monotonic_ns=arrival.last_ns,
                stream=arrival.stream,
                text=comment.text,
                offset=comment.offset,
                raw=comment.raw,
            )
        )
        if not comment.offset and comment.raw.startswith(BOM):
            self._link.report_once(bom_breach(), arrival.stream, n)

    def frame(self, frame: Frame, arrival: Arrival, note: str) -> int:
        """Show a block that is no JSON-RPC message; returns the number of its event."""
        river = self._link.river
        n = len(river)
        river.append(
            replace(
                self.moulds.frame,
                n=n,
                at=self.at(arrival),
                monotonic_ns=arrival.last_ns,
                stream=arrival.stream,
                first_byte_ns=arrival.first_ns,
                note=note,
                dispatched=frame.dispatched,
                complete=frame.complete,
                raw=frame.raw,
                offset=frame.offset,
                event_id=frame.id,
                event=frame.event,
                retry_ms=frame.retry_ms,
                truncated=frame.truncated,
            )
        )
        self.check_frame(frame, arrival, n)
        return n

    def tool_step(
        self, frame: Frame, arrival: Arrival, *, tool: str, step: str, request_n: int, rtt_ms: float | None
    ) -> int:
        """Show a block that is a step of a tool's run; returns the number of its event."""
        river = self._link.river
        n = len(river)
        river.append(
            replace(
                self.moulds.tool_step,
                n=n,
                at=self.at(arrival),
                monotonic_ns=arrival.last_ns,
                stream=arrival.stream,
                first_byte_ns=arrival.first_ns,
                tool=tool,
                step=step,
                request_n=request_n,
                rtt_ms=rtt_ms,
                raw=frame.raw,
                offset=frame.offset,
                event_id=frame.id,
                event=frame.event,
                retry_ms=frame.retry_ms,
                truncated=frame.truncated,
            )
        )
        self.check_frame(frame, arrival, n)
        return n

    def check_frame(self, frame: Frame, arrival: Arrival, n: int) -> None:
        """Report what the block has that many clients stumble over, once a stream."""
        if not is_odd(frame):
            return
        for breach in frame_breaches(frame, self._link.options.event_limit_bytes):
            self._link.report_once(breach, arrival.stream, n)


def is_ordinary(frame: Frame) -> bool:
    """Whether a block is whole and has nothing but data, an id, and no name of its own."""
    return frame.complete and frame.event == "message" and frame.retry_ms is None and not is_odd(frame)


def is_odd(frame: Frame) -> bool:
    """Whether a block has anything that is worth a closer look; asked of every one, so it must cost little."""
    return (
        frame.truncated
        or frame.invalid_utf8
        or frame.bom
        or frame.data_lines > 1
        or bool(frame.unknown_lines)
        or frame.line_ends not in _PLAIN_ENDS
    )
