"""The requests of ours that expectations are about: which events belong to which, and how each ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from inspector.record.query_values import word
from inspector.trace.events import (
    AnyEvent,
    CommentReceived,
    Direction,
    ExchangeFailed,
    FrameReceived,
    Framing,
    Message,
    MessageType,
    Outcome,
    RequestId,
    StreamEnded,
    ToolStep,
)

MAX_CALLS = 10_000
TOOLS_CALL = "tools/call"
_PROGRESS_STEPS = ("progress", "data")

Told = Message | ToolStep | FrameReceived | CommentReceived


class Names:
    """Which calls a name means: a tool or a method, with `*` for anything; an empty one means every tool."""

    def __init__(self, of: str) -> None:
        self._word = word("=", of) if of else None

    def fit(self, call: Call) -> bool:
        """Whether the call is meant."""
        if self._word is None:
            return call.method == TOOLS_CALL
        return self._word.test(call.method) or (call.method == TOOLS_CALL and self._word.test(call.name))


@dataclass(slots=True, eq=False)
class Call:
    """A request of ours: event `n`, sent at `sent_ns`, at Unix time `at`."""

    n: int
    at: float
    sent_ns: int
    method: str
    name: str
    id: tuple[int, RequestId] | None = None
    is_open: bool = True

    def at_of(self, at_ns: int) -> float:
        """The Unix time of a moment of this call."""
        return self.at + (at_ns - self.sent_ns) / 1e9

    def since_ms(self, at_ns: int) -> float:
        """How long after it was sent something happened."""
        return max(0, at_ns - self.sent_ns) / 1e6


@dataclass(frozen=True, slots=True)
class Settled:
    """How a call ended, at event `n`: `failure` says what was wrong, empty if nothing.

    `rtt_ms` is None without an answer.
    """

    n: int
    at_ns: int
    rtt_ms: float | None
    failure: str = ""
    is_cancelled: bool = False


class Listener(Protocol):
    """Who wants to know of calls."""

    def started(self, call: Call) -> None: ...

    def came(self, call: Call, events: Sequence[Told]) -> None:
        """Events on its stream, or about it, the one that answers it included."""
        ...

    def progressed(self, call: Call, events: Sequence[Told]) -> None: ...

    def settled(self, call: Call, end: Settled) -> None: ...


class CallBook:
    """Follows the requests that were sent, each until it is settled, and tells those who listen."""

    def __init__(self, listeners: list[tuple[Names, Listener]]) -> None:
        self._listeners = listeners
        self._pending: dict[int, Call] = {}
        self._ids: dict[tuple[int, RequestId], Call] = {}
        self._streams: dict[int, Call] = {}
        self._of: dict[int, tuple[Listener, ...]] = {}

    def owner(self, event: Told) -> Call | None:
        """The call that an event belongs to, if it belongs to one that is under way or whose stream is open."""
        n = getattr(event, "request_n", None)
        found = self._pending.get(n) if n is not None else None
        return found or (self._streams.get(event.stream) if event.stream is not None else None)

    def owner_n(self, event: AnyEvent) -> int | None:
        """The number of the request that an event is about, or whose stream it came on."""
        n: int | None = getattr(event, "request_n", None)
        if n is not None:
            return n
        call = self._streams.get(event.stream) if event.stream is not None else None
        return call.n if call is not None else None

    def on_messages(self, messages: Sequence[Message]) -> None:
        """One message, or several notifications of one stream that are about the same request, if about any."""
        first = messages[0]
        if first.direction is not Direction.INBOUND:
            if first.message_type is MessageType.REQUEST:
                self._on_request(first, first.method or "", first.name or "", first.id)
            return
        call = self.owner(first)
        if call is None or not call.is_open:
            return
        if first.framing is Framing.SSE or first.request_n is not None:
            self._tell_came(call, messages)
        if first.request_n != call.n:
            return
        if first.message_type in (MessageType.RESPONSE, MessageType.ERROR):
            self._on_answer(call, first)
        elif first.method == "notifications/progress":
            for listener in self._of.get(call.n, ()):
                listener.progressed(call, messages)

    def on_step(self, step: ToolStep) -> None:
        """A step of a tool stream's run."""
        if step.direction is not Direction.INBOUND:
            if step.request_n is None:
                self._on_request(step, TOOLS_CALL, step.tool, None)
            elif step.request_n in self._pending:
                self._join(step.stream, self._pending[step.request_n])
            return
        call = self.owner(step)
        if call is None or not call.is_open:
            return
        self._tell_came(call, [step])
        if step.step in _PROGRESS_STEPS:
            for listener in self._of.get(call.n, ()):
                listener.progressed(call, [step])
        if step.rtt_ms is not None and step.request_n == call.n:
            failure = "the tool failed" if step.step == "error" else ""
            self._settle(call, Settled(step.n, step.monotonic_ns, step.rtt_ms, failure))

    def on_events(self, events: Sequence[FrameReceived | CommentReceived]) -> None:
        """Blocks without a message, or comments, of one stream."""
        call = self.owner(events[0])
        if call is not None and call.is_open:
            self._tell_came(call, events)

    def on_failed(self, failed: ExchangeFailed) -> None:
        """A call will not be answered."""
        call = self._pending.get(failed.request_n)
        if call is not None:
            is_cancelled = failed.outcome is Outcome.CANCELLED
            self._settle(call, Settled(failed.n, failed.monotonic_ns, None, str(failed.outcome), is_cancelled))

    def on_ended(self, ended: StreamEnded) -> None:
        """Nothing more comes on a stream."""
        if ended.stream is not None:
            self._streams.pop(ended.stream, None)

    def _on_request(self, request: Message | ToolStep, method: str, name: str, id_: RequestId) -> None:
        """An id that still waits is that of a request which is sent again."""
        key = None if id_ is None else (request.connection, id_)
        waiting = self._ids.get(key) if key is not None else None
        if waiting is not None:
            self._join(request.stream, waiting)
            return
        call = Call(request.n, request.at, request.monotonic_ns, method, name, key)
        if len(self._pending) >= MAX_CALLS:
            forgotten = Settled(request.n, request.monotonic_ns, None, "forgotten", is_cancelled=True)
            self._settle(next(iter(self._pending.values())), forgotten)
        self._pending[call.n] = call
        if key is not None:
            self._ids[key] = call
        self._join(request.stream, call)
        heard_by = tuple(listener for names, listener in self._listeners if names.fit(call))
        if heard_by:
            self._of[call.n] = heard_by
        for listener in heard_by:
            listener.started(call)

    def _join(self, stream: int | None, call: Call) -> None:
        if stream is None:
            return
        if len(self._streams) >= MAX_CALLS:
            del self._streams[next(iter(self._streams))]
        self._streams.setdefault(stream, call)

    def _on_answer(self, call: Call, answer: Message) -> None:
        failure = ""
        if answer.message_type is MessageType.ERROR:
            failure = "it was answered with an error" + (f" {answer.error_code}" if answer.error_code else "")
        elif answer.is_tool_error:
            failure = "the tool failed"
        rtt_ms = call.since_ms(answer.monotonic_ns) if answer.rtt_ms is None else answer.rtt_ms
        self._settle(call, Settled(answer.n, answer.monotonic_ns, rtt_ms, failure))

    def _tell_came(self, call: Call, events: Sequence[Told]) -> None:
        for listener in self._of.get(call.n, ()):
            listener.came(call, events)

    def _settle(self, call: Call, end: Settled) -> None:
        heard_by = self._take(call)
        for listener in heard_by:
            listener.settled(call, end)

    def _take(self, call: Call) -> tuple[Listener, ...]:
        call.is_open = False
        self._pending.pop(call.n, None)
        if call.id is not None:
            self._ids.pop(call.id, None)
        return self._of.pop(call.n, ())
