"""What every watch needs to know of an HTTP exchange: folded once, with a bounded memory."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from inspector.trace import events as ev

MAX_OPEN = 4_096
MAX_ENDED = 256
MAX_GROUPS = 64
_NS_PER_MS = 1_000_000


@dataclass(slots=True)
class Arrival:
    """Chunks that came within a few milliseconds: what one write, or one flush of a buffer, brought.

    Offsets are those of the body as it was on the wire.
    """

    start_ns: int
    end_ns: int
    first_offset: int
    end_offset: int
    chunks: int = 1


@dataclass(slots=True)
class Exchange:
    """One HTTP exchange so far; times are of the monotonic clock, 0 where it has not happened."""

    stream: int
    connection: int
    request: ev.RequestSent | None = None
    response: ev.HeadersReceived | None = None
    end: ev.StreamEnded | None = None
    opened_socket: ev.Connected | None = None
    """The new TCP connection it was sent on; None if it shared one."""
    first_byte_ns: int = 0
    last_byte_ns: int = 0
    bytes_received: int = 0
    arrivals: deque[Arrival] = field(default_factory=lambda: deque(maxlen=MAX_GROUPS))
    """The latest groups of chunks."""
    groups: int = 0
    """How many groups there were, those not kept included."""
    headers: dict[str, str] = field(default_factory=dict)
    """Of the response: names in lower case, values of one name joined."""

    @property
    def sent_ns(self) -> int:
        return self.request.monotonic_ns if self.request else 0

    @property
    def purpose(self) -> str:
        return self.request.purpose if self.request else ""

    @property
    def method(self) -> str:
        return self.request.method if self.request else ""

    @property
    def headers_ns(self) -> int:
        return self.response.monotonic_ns if self.response else 0

    @property
    def status(self) -> int | None:
        return self.response.status if self.response else None

    @property
    def content_type(self) -> str:
        """The media type without its parameters, in lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def is_event_stream(self) -> bool:
        return self.content_type == "text/event-stream" and self.status == 200

    @property
    def is_listening(self) -> bool:
        """An event stream that stays open for whatever the server has to say, and answers no call."""
        return self.is_event_stream and (self.method == "GET" or self.purpose == "subscriptions/listen")

    @property
    def is_open(self) -> bool:
        return self.end is None

    @property
    def ended_by_us(self) -> bool:
        return self.end is not None and self.end.cause in ev.OWN_ENDS

    @property
    def evidence(self) -> tuple[int, ...]:
        """Request, response and end, as far as they are there."""
        return tuple(event.n for event in (self.request, self.response, self.end) if event is not None)


class Exchanges:
    """The exchanges by their stream numbers: all that are open, and the last 256 that ended."""

    def __init__(self, gap_ms: float) -> None:
        self._gap_ns = int(gap_ms * _NS_PER_MS)
        self._open: dict[int, Exchange] = {}
        self._ended: OrderedDict[int, Exchange] = OrderedDict()

    def get(self, stream: int | None) -> Exchange | None:
        """The exchange of a stream; None if it is none, or long over."""
        return None if stream is None else self._open.get(stream) or self._ended.get(stream)

    def open(self) -> Iterator[Exchange]:
        """Those that have not ended, the oldest first."""
        yield from list(self._open.values())

    def ended(self) -> Iterator[Exchange]:
        """The latest that ended, in the order of their ends."""
        yield from list(self._ended.values())

    def of(self, event: ev.TraceEvent) -> Exchange | None:
        """The exchange of an event, made if it is new; None for an event of no stream."""
        stream = event.stream
        if stream is None:
            return None
        found = self._open.get(stream) or self._ended.get(stream)
        if found is None:
            found = self._open[stream] = Exchange(stream, event.connection)
            if len(self._open) > MAX_OPEN:  # of a recording that lost its ends
                self._retire(next(iter(self._open.values())))
        return found

    def on_request(self, event: ev.RequestSent) -> None:
        exchange = self.of(event)
        if exchange is not None:
            exchange.request = event

    def on_connected(self, event: ev.Connected) -> None:
        exchange = self.of(event)
        if exchange is not None:
            exchange.opened_socket = event

    def on_response(self, event: ev.HeadersReceived) -> None:
        exchange = self.of(event)
        if exchange is None:
            return
        exchange.response = event
        exchange.headers = {}
        for name, value in event.headers:
            before = exchange.headers.get(name.lower())
            exchange.headers[name.lower()] = value if before is None else f"{before}, {value}"

    def on_chunk(self, event: ev.ChunkReceived) -> None:
        exchange = self.of(event)
        if exchange is None:
            return
        now_ns, size = event.monotonic_ns, len(event.data)
        latest = exchange.arrivals[-1] if exchange.arrivals else None
        if latest is not None and now_ns - latest.end_ns <= self._gap_ns:
            latest.end_ns, latest.end_offset, latest.chunks = now_ns, event.offset + size, latest.chunks + 1
        else:
            exchange.arrivals.append(Arrival(now_ns, now_ns, event.offset, event.offset + size))
            exchange.groups += 1
        exchange.first_byte_ns = exchange.first_byte_ns or now_ns
        exchange.last_byte_ns = now_ns
        exchange.bytes_received += size

    def on_end(self, event: ev.StreamEnded) -> None:
        exchange = self.of(event)
        if exchange is None:
            return
        exchange.end = event
        self._retire(exchange)

    def _retire(self, exchange: Exchange) -> None:
        self._open.pop(exchange.stream, None)
        self._ended[exchange.stream] = exchange
        if len(self._ended) > MAX_ENDED:
            self._ended.popitem(last=False)
