"""Which call an audience is shown: the latest one, followed on the river from its request to its answer. No Qt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter_ns
from typing import Any, Protocol

from inspector.stats.token_rate import TokenFigures
from inspector.trace.events import (
    AnyEvent,
    Direction,
    ExchangeFailed,
    FrameReceived,
    Message,
    MessageType,
    Outcome,
    RequestSent,
    SessionReady,
    StreamEnded,
    ToolStep,
)
from inspector.ui.presented_run import Phase, Run

BATCH = 50
MAX_SENT = 1_000
"""So many requests are remembered until their stream brings something."""
_NO_REQUEST = -1
_FEED_TRANSPORT, _SHARED_TRANSPORT = "raw-sse", "http+sse"
"""An event stream without calls; and the transport whose answers come on a stream that all calls share."""


class Told(Protocol):
    """What has happened: a river, or a recording that is told once more."""

    def __len__(self) -> int: ...

    def since(self, n: int, limit: int) -> Sequence[AnyEvent]: ...


class Presented:
    """Follows a river on a cursor of its own from event `start` on; a new call takes the place of the one before."""

    def __init__(self, river: Told, start: int = 0, transport: str = "") -> None:
        self._river = river
        self._cursor = start
        self._transport = transport
        self._sent: dict[int, RequestSent] = {}
        self.run: Run | None = None
        self.runs = 0
        """How many calls began so far: once this changes, another text begins."""
        self.ready: SessionReady | None = None
        self.read_ns = 0
        """When the last event came that was read."""
        self._reactions: dict[type[Any], Callable[[Any], None]] = {
            SessionReady: self._on_ready,
            RequestSent: self._on_request,
            Message: self._on_message,
            ToolStep: self._on_step,
            FrameReceived: self._on_frame,
            ExchangeFailed: self._on_failed,
            StreamEnded: self._on_ended,
        }

    @property
    def behind(self) -> int:
        """How many events are not read yet."""
        return len(self._river) - self._cursor

    @property
    def text(self) -> str:
        """All of the text so far, or the last millions of characters."""
        return "" if self.run is None else self.run.text.text

    @property
    def figures(self) -> TokenFigures:
        """How fast the text comes."""
        return TokenFigures() if self.run is None else self.run.rate.figures

    def skip_to(self, n: int, ready: SessionReady | None) -> None:
        """Leave out what came before event `n`, a call that takes the place of all before; `ready` is its session."""
        if n > self._cursor:
            self._cursor, self.ready = n, ready

    def go_back(self, n: int) -> None:
        """Begin anew with event `n`."""
        self._cursor, self.run = n, None
        self._sent.clear()

    def pull(self, budget_ns: int) -> str:
        """Read on for at most so long; the text of the latest call that came to it."""
        deadline_ns = perf_counter_ns() + budget_ns
        while self.behind:
            events = self._river.since(self._cursor, BATCH)
            self._cursor += len(events)
            for event in events:
                react = self._reactions.get(type(event))
                if react is not None:
                    react(event)
            self.read_ns = events[-1].monotonic_ns
            if perf_counter_ns() >= deadline_ns:
                break
        return "" if self.run is None else self.run.text.take()

    def _begin(self, run: Run) -> None:
        self.run = run
        self.runs += 1

    def _on_ready(self, ready: SessionReady) -> None:
        self.ready, self._transport = ready, ready.transport

    def _on_request(self, request: RequestSent) -> None:
        if request.stream is None:
            return
        self._sent[request.stream] = request
        if len(self._sent) > MAX_SENT:
            del self._sent[next(iter(self._sent))]
        run = self.run
        if run is not None and run.is_feed and request.purpose == "resume" and request.connection == run.connection:
            run.resume(request.stream)

    def _on_message(self, message: Message) -> None:
        run = self.run
        if message.direction is Direction.OUTBOUND:
            if message.message_type is MessageType.REQUEST and message.method == "tools/call":
                self._on_call(message)
        elif run is not None and not run.is_over and _is_of(run, message):
            run.hear(message)

    def _on_call(self, call: Message) -> None:
        """An id that still waits is that of a call which is sent again: after a sign-in, or in a new session."""
        run, streams = self.run, set[int]() if call.stream is None else {call.stream}
        is_waiting = run is not None and not run.is_over and call.id is not None
        if run is not None and is_waiting and (run.connection, run.id) == (call.connection, call.id):
            run.streams |= streams
            return
        run = Run(call.n, call.name or "tools/call", call.monotonic_ns, call.connection, call.id, streams)
        run.is_elsewhere = self._transport == _SHARED_TRANSPORT
        self._begin(run)

    def _on_step(self, step: ToolStep) -> None:
        is_call = step.direction is Direction.OUTBOUND
        if is_call and step.request_n is None:
            self._begin(Run(step.n, step.tool, step.monotonic_ns, step.connection))
        elif not is_call and self.run is not None and step.request_n == self.run.n and not self.run.is_over:
            self.run.hear_step(step)

    def _on_frame(self, frame: FrameReceived) -> None:
        if frame.stream is None or not (frame.dispatched and frame.complete):
            return
        if self.run is None or frame.stream not in self.run.streams:
            feed = self._feed_of(frame.stream)
            if feed is None:
                return
            self._begin(feed)
        if self.run is not None and self.run.is_feed:
            self.run.hear_frame(frame)

    def _feed_of(self, stream: int) -> Run | None:
        """What an event stream without calls is presented as; None for the streams of MCP."""
        sent = self._sent.get(stream)
        if sent is None or (self.run is not None and sent.monotonic_ns < self.run.sent_ns):
            return None
        if self._transport != _FEED_TRANSPORT and not sent.purpose.startswith("raw "):
            return None
        name = "Event stream" if sent.purpose in ("stream", "resume") else sent.purpose
        return Run(_NO_REQUEST, name, sent.monotonic_ns, sent.connection, streams={stream}, is_feed=True)

    def _on_failed(self, failed: ExchangeFailed) -> None:
        run = self.run
        if run is not None and failed.request_n == run.n and not run.is_over:
            why = "It was cancelled." if failed.outcome is Outcome.CANCELLED else failed.reason
            run.end(failed.monotonic_ns, Phase.FAILED, why)

    def _on_ended(self, ended: StreamEnded) -> None:
        if ended.stream is not None:
            self._sent.pop(ended.stream, None)
        run = self.run
        if run is None or ended.stream not in run.streams or run.is_over:
            return
        if run.is_feed:
            run.end(ended.monotonic_ns, Phase.DONE, ended.sentence)
        else:
            run.is_elsewhere = True  # the rest comes on the stream of the session, or on a resumed one


def _is_of(run: Run, message: Message) -> bool:
    """Whether a message of the server's belongs to the call: it says so, or comes where only this call's can."""
    if message.request_n is not None:
        return message.request_n == run.n
    is_elsewhere = run.is_elsewhere and message.connection == run.connection
    return message.message_type is not MessageType.REQUEST and (is_elsewhere or message.stream in run.streams)
