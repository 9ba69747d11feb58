"""Every call of ours, taken apart: a fold that hands each event to the call it belongs to."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from heapq import nlargest
from operator import attrgetter

from inspector.stats.call_book import CallBook
from inspector.stats.call_measures import Measures, Unwatched, Watcher
from inspector.stats.call_timing import Call, CallTiming
from inspector.trace.events import (
    ChunkReceived,
    CommentReceived,
    Connected,
    Direction,
    ExchangeFailed,
    FrameReceived,
    Framing,
    HeadersReceived,
    Message,
    MessageType,
    RequestSent,
    StreamEnded,
    ToolStep,
)
from inspector.trace.fold import Fold

MAX_CALLS = 10_000
"""So many of the newest settled calls are kept."""
_ANSWERS = (MessageType.RESPONSE, MessageType.ERROR)


class CallTimes(Fold):
    """A fold over the river: the newest calls of ours, taken apart.

    A call goes on under its number where it is sent again (after a sign-in, in a new session) or resumed on another
    stream. The server's own requests (`sampling/createMessage` ...) are not in it: how fast we answer is not its merit.
    """

    def __init__(self, watcher: Watcher | None = None, limit: int = MAX_CALLS) -> None:
        self._watcher = watcher or Unwatched()
        self._measures = Measures(self._watcher)
        self._book = CallBook()
        self._settled: deque[Call] = deque()
        self._limit = limit
        self._by_n: dict[int, Call] = {}
        super().__init__(
            {
                RequestSent: self._book.resume,
                Connected: self._on_connected,
                HeadersReceived: self._on_headers,
                ChunkReceived: self._on_chunk,
                ToolStep: self._on_step,
                FrameReceived: self._on_event,
                CommentReceived: self._on_comment,
                ExchangeFailed: self._on_failed,
                StreamEnded: self._on_ended,
            },
            {Message: self._on_messages},
        )

    def timings(self, since_ns: int | None = None) -> list[CallTiming]:
        """The newest calls that were settled since then, in the order of their answers, then those under way."""
        settled = (call for call in self._settled if since_ns is None or _is_since(call, since_ns))
        return [call.timing() for call in (*settled, *self._book.pending.values())]

    def newest(
        self, belongs: Callable[[Call], bool], limit: int, since_ns: int | None = None
    ) -> tuple[list[CallTiming], int]:
        """The newest requests that belong to what is asked for, the last one first, and how many there are in all."""
        known = (*self._settled, *self._book.pending.values())
        found = [call for call in known if belongs(call) and (since_ns is None or _is_since(call, since_ns))]
        newest = nlargest(limit, found, key=attrgetter("request_n"))
        return [call.timing() for call in newest], len(found)

    def timing(self, request_n: int) -> CallTiming | None:
        """The call whose request is event `request_n`; None if there is none, or if it is too old."""
        call = self._by_n.get(request_n)
        return None if call is None else call.timing()

    def finish(self) -> None:
        """The river ends here: nothing more will come of any call."""
        open_calls = dict.fromkeys((*self._book.streams.values(), *self._book.pending.values()))
        for call in open_calls:
            self._close(call)

    def _on_messages(self, messages: list[Message]) -> None:
        """Of alike notifications only the times count, so a flood of them is taken at once."""
        if len(messages) == 1:
            self._on_message(messages[0])
            return
        first = messages[0]
        stream, request_n = first.stream, first.request_n
        inbound, notification, sse = Direction.INBOUND, MessageType.NOTIFICATION, Framing.SSE
        stamps_ns = [
            message.monotonic_ns
            for message in messages
            if message.stream == stream
            and message.request_n == request_n
            and message.message_type is notification
            and message.framing is sse
            and message.direction is inbound
        ]
        if len(stamps_ns) < len(messages):
            for message in messages:
                self._on_message(message)
            return
        related = self._book.related(request_n)
        call = self._book.streams.get(stream) or related
        if call is not None:
            self._measures.on_events(call, messages, stamps_ns)
        if related is not None and related is not call:
            self._measures.on_aside(related, messages)

    def _on_message(self, message: Message) -> None:
        if message.direction is not Direction.INBOUND:
            if message.message_type is MessageType.REQUEST:
                self._on_request(message)
            return
        related = self._book.related(message.request_n)
        call = None
        if message.framing is Framing.SSE:
            call = self._book.streams.get(message.stream) or related
            if call is not None:
                self._measures.on_events(call, (message,), (message.monotonic_ns,))
        if related is None:
            return
        if message.framing is not Framing.BODY and related is not call:
            self._measures.on_aside(related, (message,))
        if message.message_type in _ANSWERS:
            failed = message.message_type is MessageType.ERROR or message.is_tool_error
            self._on_answer(related, message, failed=failed)

    def _on_step(self, step: ToolStep) -> None:
        if step.direction is not Direction.INBOUND:
            self._on_request(step)
            return
        if step.framing is Framing.SSE:
            self._on_event(step)
        call = self._book.related(step.request_n)
        if call is not None and step.rtt_ms is not None:
            self._on_answer(call, step, failed=step.step == "error")

    def _on_request(self, request: Message | ToolStep) -> None:
        call = self._book.enter(request)
        if call is None:
            return
        self._by_n[call.request_n] = call
        given_up = self._book.overflow()
        if given_up is not None:
            self._by_n.pop(given_up.request_n, None)
            self._close(given_up)
        self._watcher.on_sent(call)

    def _on_connected(self, connected: Connected) -> None:
        call = self._book.carried(connected.stream)
        if call is not None:
            self._measures.on_connected(call, connected)

    def _on_headers(self, headers: HeadersReceived) -> None:
        call = self._book.carried(headers.stream)
        if call is not None:
            self._measures.on_headers(call, headers)

    def _on_chunk(self, chunk: ChunkReceived) -> None:
        call = self._book.carried(chunk.stream)
        if call is not None:
            self._measures.on_chunk(call, chunk)

    def _on_event(self, event: FrameReceived | ToolStep) -> None:
        call = self._book.streams.get(event.stream)
        if call is not None:
            self._measures.on_events(call, (event,), (event.monotonic_ns,))

    def _on_comment(self, comment: CommentReceived) -> None:
        call = self._book.streams.get(comment.stream)
        if call is not None:
            self._measures.on_comment(call, comment)

    def _on_answer(self, call: Call, answer: Message | ToolStep, *, failed: bool) -> None:
        self._book.settle(call)
        self._measures.on_answer(call, answer, failed=failed)
        self._keep(call)

    def _on_failed(self, failed: ExchangeFailed) -> None:
        call = self._book.related(failed.request_n)
        if call is not None:
            self._book.settle(call)
            self._measures.on_failed(call, failed)
            self._keep(call)

    def _keep(self, call: Call) -> None:
        self._settled.append(call)
        if len(self._settled) > self._limit:
            self._by_n.pop(self._settled.popleft().request_n, None)
        if not call.open_streams:
            self._close(call)

    def _on_ended(self, ended: StreamEnded) -> None:
        call = self._book.end(ended.stream)
        if call is None:
            return
        self._measures.on_ended(call, ended)
        if call.settled_ns is not None and not call.open_streams:
            self._close(call)

    def _close(self, call: Call) -> None:
        if not call.is_closed:
            call.close()
            self._watcher.on_closed(call)


def _is_since(call: Call, since_ns: int) -> bool:
    """Whether it was settled since then, or is not settled yet."""
    return call.settled_ns is None or call.settled_ns >= since_ns
