"""Rivers of real events, told line by line as a conversation between us and a server."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import Any, Protocol, TypeVar

from msgspec.structs import replace

from inspector.trace.clock import FakeClock
from inspector.trace.events import (
    AnyEvent,
    ChunkReceived,
    CommentReceived,
    ConnectionState,
    Direction,
    EndCause,
    ExchangeFailed,
    Framing,
    HeadersReceived,
    Message,
    MessageType,
    Outcome,
    Phase,
    RequestSent,
    StateChanged,
    StreamEnded,
    ToolStep,
    TraceEvent,
)
from inspector.trace.log_entries import LOG_ENTRY
from inspector.trace.river import River


class Folding(Protocol):
    def fold(self, events: Sequence[AnyEvent]) -> None: ...


E = TypeVar("E", bound=TraceEvent)
F = TypeVar("F", bound=Folding)


class Talk(River):
    """A river on a clock that only the test moves. Further fields of an event are given by name."""

    clock: FakeClock

    def __init__(self) -> None:
        super().__init__(FakeClock())

    def wait(self, ms: float) -> None:
        self.clock.advance(ms / 1e3)

    def into(self, fold: F) -> F:
        """The fold, once it has taken in the whole river."""
        fold.fold(self.since(0))
        return fold

    def tell(self, make: Callable[..., E], **fields: Any) -> E:
        """Anything that happened on the first connection."""
        return self.emit(make, **{"connection": 1, **fields})

    def hear(self, make: Callable[..., E], stream: int | None, **fields: Any) -> E:
        """Anything that came from the server."""
        return self.tell(make, stream=stream, direction=Direction.INBOUND, **fields)

    def state(self, state: ConnectionState, **fields: Any) -> StateChanged:
        return self.tell(StateChanged, state=state, **fields)

    def send(self, stream: int, method: str = "POST", purpose: str = "tools/call", **fields: Any) -> RequestSent:
        """An HTTP request of ours leaves."""
        fields = {"url": "http://h/mcp", "method": method, "purpose": purpose, **fields}
        return self.tell(RequestSent, stream=stream, direction=Direction.OUTBOUND, **fields)

    def headers(self, stream: int, status: int = 200, ttfb_ms: float = 1.0) -> HeadersReceived:
        """The answer to an HTTP request begins, as an event stream."""
        headers = (("Content-Type", "text/event-stream"),)
        fields = {"reason": "OK", "http_version": "HTTP/1.1", "headers": headers, "ttfb_ms": ttfb_ms}
        return self.hear(HeadersReceived, stream, status=status, **fields)

    def chunk(self, stream: int, data: bytes = b"0123456789", offset: int = 0) -> ChunkReceived:
        return self.hear(ChunkReceived, stream, offset=offset, data=data)

    def log_entries(self, stream: int, raws: Sequence[bytes], ids: Sequence[str | None] = (), offset: int = 0) -> None:
        """A chunk of the server's with log entries, as the session tells them."""
        self.chunk(stream, b"".join(raws), offset)
        stamps = {"at": self.clock.time(), "monotonic_ns": self.clock.monotonic_ns()}
        stamps |= {"first_byte_ns": stamps["monotonic_ns"], "connection": 1, "stream": stream}
        for raw, event_id in zip_longest(raws, ids):
            self.append(replace(LOG_ENTRY, n=len(self), raw=raw, offset=offset, event_id=event_id, **stamps))
            offset += len(raw)

    def comment(self, stream: int | None, text: str = "ping") -> CommentReceived:
        return self.hear(CommentReceived, stream, text=text, offset=0, raw=f": {text}\n".encode())

    def ask(self, stream: int | None, method: str = "tools/call", **fields: Any) -> Message:
        """A JSON-RPC request of ours."""
        fields = {"message_type": MessageType.REQUEST, "framing": Framing.BODY, "method": method, **fields}
        return self.tell(Message, stream=stream, direction=Direction.OUTBOUND, **fields)

    def message(self, stream: int | None, kind: MessageType, to: Message | None = None, **fields: Any) -> Message:
        """A JSON-RPC message of the server's, `to` a request of ours."""
        if to is not None:
            fields["request_n"] = to.n
        return self.hear(Message, stream, **{"message_type": kind, "framing": Framing.SSE, **fields})

    def answer(self, stream: int | None, to: Message | None, **fields: Any) -> Message:
        return self.message(stream, MessageType.RESPONSE, to, **fields)

    def call_stream(self, stream: int, tool: str = "echo", **fields: Any) -> ToolStep:
        """A call of ours over a tool stream."""
        fields = {"raw": b'{"tool":"echo","params":{"a":1}}', "framing": Framing.BODY, **fields}
        return self.tell(ToolStep, stream=stream, direction=Direction.OUTBOUND, tool=tool, step="call", **fields)

    def step(self, stream: int, step: str, to: ToolStep, data: bytes = b"{}", **fields: Any) -> ToolStep:
        """One step of the run that `to` began."""
        fields = {"raw": b"data: %s\n\n" % data, **fields}
        return self.hear(ToolStep, stream, tool=to.tool, step=step, request_n=to.n, **fields)

    def fail(self, request: Message | ToolStep, outcome: Outcome, elapsed_ms: float = 1.0) -> ExchangeFailed:
        """A request of ours will not be answered any more."""
        fields: dict[str, Any] = {"request_n": request.n, "elapsed_ms": elapsed_ms}
        fields["method"] = request.method if isinstance(request, Message) else "tools/call"
        fields["id"] = request.id if isinstance(request, Message) else request.n
        return self.tell(ExchangeFailed, outcome=outcome, reason="It ended.", **fields)

    def end(
        self, stream: int, cause: EndCause = EndCause.COMPLETE, sentence: str = "It ended.", **fields: Any
    ) -> StreamEnded:
        return self.tell(StreamEnded, stream=stream, cause=cause, phase=Phase.BODY, sentence=sentence, **fields)

    def calls(self, count: int) -> None:
        """For each call one HTTP request, one request, one comment and one answer."""
        for number in range(count):
            stream = self.next_stream()
            self.send(stream)
            asked = self.ask(stream, name="echo", id=number, raw=b'{"n":%d}' % number)
            self.comment(stream)
            self.answer(stream, asked, framing=Framing.BODY, id=number, raw=b"{}", rtt_ms=3.2)
