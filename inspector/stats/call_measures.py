"""What an event that belongs to a call says of where its time went."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Protocol

from inspector.stats.call_timing import ANSWERED, ERROR, Block, Call, sane_ms
from inspector.trace.events import (
    ChunkReceived,
    CommentReceived,
    Connected,
    ExchangeFailed,
    FrameReceived,
    HeadersReceived,
    Message,
    StreamEnded,
    ToolStep,
)


class Watcher(Protocol):
    """Who is told while calls are followed; `phase` is a field of `CallTiming` without its unit, or `gap`."""

    def on_sent(self, call: Call) -> None: ...

    def on_measured(self, call: Call, phase: str, at_ns: int, value_ms: float, count: int, n: int) -> None:
        """`count` alike durations that rest on event `n`; several where a flood brings gaps of zero."""
        ...

    def on_settled(self, call: Call) -> None: ...

    def on_closed(self, call: Call) -> None:
        """Nothing more will come of it: it is settled, and its streams have ended."""
        ...


class Unwatched:
    """The watcher of nobody."""

    def on_sent(self, call: Call) -> None: ...

    def on_measured(self, call: Call, phase: str, at_ns: int, value_ms: float, count: int, n: int) -> None: ...

    def on_settled(self, call: Call) -> None: ...

    def on_closed(self, call: Call) -> None: ...


class Measures:
    """Writes into a call what an event of it tells, and says so to the watcher."""

    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher

    def on_connected(self, call: Call, connected: Connected) -> None:
        """A socket was opened for the exchange that carries the call."""
        call.carried_by(connected)
        for phase, value_ms in (("resolve", call.resolve_ms), ("connect", call.connect_ms), ("tls", call.tls_ms)):
            self._tell(call, phase, connected.monotonic_ns, value_ms, connected.n)

    def on_headers(self, call: Call, headers: HeadersReceived) -> None:
        """The headers of the exchange that carries the call came."""
        call.answered_by(headers)
        self._tell(call, "headers", headers.monotonic_ns, sane_ms(headers.ttfb_ms), headers.n)
        self._tell(call, "sent", headers.monotonic_ns, call.sent_ms, headers.n)

    def on_chunk(self, call: Call, chunk: ChunkReceived) -> None:
        """Bytes came of the exchange that carries the call."""
        if call.awaits_bytes:
            self._on_first_byte(call, chunk.monotonic_ns, chunk.n)

    def on_comment(self, call: Call, comment: CommentReceived) -> None:
        """A comment is a sign of life, too."""
        self._arrived(call, comment.monotonic_ns, comment.n)

    def on_events(self, call: Call, events: Sequence[Block], stamps_ns: Sequence[int]) -> None:
        """Events of the call that name the same request, at least one, and when they came."""
        first = events[0]
        if call.first_byte_ms is None and call.sent_ns <= first.first_byte_ns <= first.monotonic_ns:
            self._on_first_byte(call, first.first_byte_ns, first.n)  # HTTP+SSE answers on the GET stream
        self.on_aside(call, events)
        if len(events) == 1:
            self._on_moment(call, stamps_ns[0], events)
        else:
            at = 0
            for stamp_ns, group in groupby(stamps_ns):
                count = len(list(group))
                self._on_moment(call, stamp_ns, events[at : at + count])
                at += count
        if call.settled_ns is None:
            call.look_for_stamp(events)
        call.last_event_stream = events[-1].stream
        ids = [event.event_id for event in events if event.event_id]
        if ids:
            call.last_event_id = ids[-1]

    def on_aside(self, call: Call, events: Sequence[Block]) -> None:
        """Events that are about the call; they may come on the stream of another, or in a batch."""
        first = events[0]
        if call.first_event_ms is None:
            self._arrived(call, first.monotonic_ns, first.n)
        if call.first_progress_ms is not None or isinstance(first, FrameReceived):
            return
        if first.request_n == call.request_n:
            found = next(filter(_is_progress, events), None)
            if found is not None:
                call.first_progress_ms = call.since_sent_ms(found.monotonic_ns)
                self._tell(call, "first_progress", found.monotonic_ns, call.first_progress_ms, found.n)

    def _on_moment(self, call: Call, stamp_ns: int, events: Sequence[Block]) -> None:
        """Events that came together."""
        if call.last_event_ns is not None:
            self._on_gap(call, stamp_ns, max(0, stamp_ns - call.last_event_ns) / 1e6, 1, events[0].n)
        if len(events) > 1:
            self._on_gap(call, stamp_ns, 0.0, len(events) - 1, events[1].n)
        call.last_event_ns = stamp_ns

    def on_answer(self, call: Call, answer: Message | ToolStep, *, failed: bool) -> None:
        """The call is settled, and this is its answer."""
        rtt_ms = call.since_sent_ms(answer.monotonic_ns) if answer.rtt_ms is None else answer.rtt_ms
        call.settle(answer.monotonic_ns, ERROR if failed else ANSWERED, rtt_ms, answer)
        for phase, value_ms in (("total", call.total_ms), ("server", call.server_ms), ("network", call.network_ms)):
            self._tell(call, phase, answer.monotonic_ns, value_ms, call.request_n)
        self._watcher.on_settled(call)

    def on_failed(self, call: Call, failed: ExchangeFailed) -> None:
        """The call is settled without an answer."""
        call.settle(failed.monotonic_ns, failed.outcome.value, failed.elapsed_ms, None)
        self._watcher.on_settled(call)

    def on_ended(self, call: Call, ended: StreamEnded) -> None:
        """A stream of the call ended."""
        if call.last_event_ns is not None and call.last_event_stream == ended.stream:
            call.last_event_to_end_ms = max(0, ended.monotonic_ns - call.last_event_ns) / 1e6
            self._tell(call, "last_event_to_end", ended.monotonic_ns, call.last_event_to_end_ms, ended.n)

    def _on_first_byte(self, call: Call, monotonic_ns: int, n: int) -> None:
        call.first_byte_ms = call.since_sent_ms(monotonic_ns)
        self._tell(call, "first_byte", monotonic_ns, call.first_byte_ms, n)

    def _arrived(self, call: Call, monotonic_ns: int, n: int) -> None:
        if call.first_event_ms is None and call.settled_ns is None:
            call.first_event_ms = call.since_sent_ms(monotonic_ns)
            self._tell(call, "first_event", monotonic_ns, call.first_event_ms, n)

    def _on_gap(self, call: Call, at_ns: int, gap_ms: float, count: int, n: int) -> None:
        call.add_gap(at_ns, gap_ms, count, n)
        self._watcher.on_measured(call, "gap", at_ns, gap_ms, count, n)

    def _tell(self, call: Call, phase: str, at_ns: int, value_ms: float | None, n: int) -> None:
        if value_ms is not None:
            self._watcher.on_measured(call, phase, at_ns, value_ms, 1, n)


def _is_progress(event: Block) -> bool:
    if isinstance(event, Message):
        return event.method == "notifications/progress"
    return isinstance(event, ToolStep) and event.step == "progress"
