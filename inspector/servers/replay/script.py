"""A recording as the exchanges it is made of: what was asked, and when which bytes came back. Pure.

Only numbers and times are kept of what came; the bytes stay in the recording until they are served.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit

from inspector.protocol.era import TransportName
from inspector.servers.replay.asked import Asked, Kind, read
from inspector.trace.events import (
    AnyEvent,
    BodyReceived,
    ChunkReceived,
    CommentReceived,
    Connected,
    Direction,
    EndCause,
    ExchangeFailed,
    FrameReceived,
    Framing,
    HeadersReceived,
    Message,
    MessageType,
    Phase,
    RequestSent,
    SessionReady,
    StreamEnded,
    ToolStep,
)
from inspector.trace.fold import Fold
from inspector.wire import http

BLOCK = 500
OPENERS = frozenset({"initialize", "server/discover"})
"""The methods with which a client begins a conversation."""


class Events(Protocol):
    """What a river and a recording have in common."""

    def __len__(self) -> int: ...

    def __getitem__(self, n: int) -> AnyEvent: ...

    def since(self, n: int, limit: int) -> list[AnyEvent]: ...


@dataclass(frozen=True, slots=True)
class Head:
    """The status line and the headers of an answer, and when they came."""

    status: int
    reason: str
    http_version: str
    headers: http.HeaderList
    at_ns: int


@dataclass(frozen=True, slots=True)
class End:
    """How an exchange ended and when; `error` are the words of the HTTP library, None where it had none."""

    cause: EndCause
    phase: Phase
    error: str | None
    at_ns: int


@dataclass(frozen=True, slots=True)
class Reply:
    """Where in the body of a stream something stands that answers a request of another exchange, `after` it."""

    offset: int
    size_bytes: int
    after: int


@dataclass(slots=True)
class Exchange:
    """One HTTP request with its answer. `number` is its place in the script, `stream` its number in the recording.
    Times are of the recording's clock.

    `chunks` are the numbers of the events that hold its body. `gates` are chunks (by their index) before which an
    answer of the client's has to come, by the number of the exchange that brought it. `lost` is the last request that
    was not answered any more when this stream broke.
    """

    number: int
    stream: int
    connection: int
    method: str
    url: str
    asked: Asked
    sent_ns: int
    head: Head | None = None
    chunks: array[int] = field(default_factory=lambda: array("q"))
    items: array[int] = field(default_factory=lambda: array("q"))
    replies: list[Reply] = field(default_factory=list)
    gates: list[tuple[int, int]] = field(default_factory=list)
    end: End | None = None
    lost: int | None = None
    is_session: bool = False

    @property
    def path(self) -> str:
        return _split(self.url)[1] or "/"

    @property
    def query(self) -> str:
        return _split(self.url)[2]

    @property
    def is_event_stream(self) -> bool:
        return self.head is not None and http.is_event_stream(http.get(self.head.headers, "content-type"))

    @property
    def begins(self) -> bool:
        """Whether a conversation begins with it."""
        return self.is_session or self.asked.method in OPENERS


@dataclass(slots=True)
class Script:
    """All exchanges in the order in which they began, and what is known about the server as a whole.

    `origins` are the places where it stood; `transports` the transport of each connection that came to stand.
    `server_ids` are the ids of the server's own requests, by connection.
    """

    exchanges: list[Exchange] = field(default_factory=list)
    origins: list[str] = field(default_factory=list)
    transports: dict[int, str] = field(default_factory=dict)
    server_ids: dict[int, set[Any]] = field(default_factory=dict)

    def followers(self) -> dict[int, list[int]]:
        """By the number of an exchange, the others on whose streams something waits for it."""
        found: dict[int, list[int]] = {}
        for exchange in self.exchanges:
            awaited = {reply.after for reply in exchange.replies} | {after for _, after in exchange.gates}
            for number in awaited | ({exchange.lost} if exchange.lost is not None else set()):
                if number > exchange.number:
                    found.setdefault(number, []).append(exchange.number)
        return found

    def entrances(self) -> dict[str, str]:
        """The paths that a client connects to, each with the name of what is spoken there."""
        found: dict[str, str] = {}
        posts = {exchange.path for exchange in self.exchanges if exchange.method == "POST"}
        for exchange in self.exchanges:
            label = self._entrance(exchange, posts)
            if label is not None:
                found.setdefault(exchange.path, label)
        if not found and self.exchanges:
            found[self.exchanges[0].path] = "as recorded"
        return found

    def _entrance(self, exchange: Exchange, posts: set[str]) -> str | None:
        if exchange.head is None or exchange.head.status >= 300:
            return None
        if exchange.is_session:
            return TransportName.HTTP_SSE.label
        if exchange.asked.method in OPENERS:
            known = self.transports.get(exchange.connection, "")
            label = TransportName(known).label if known in set(TransportName) else "MCP over POST"
            return label if exchange.head.status != 202 else None
        if exchange.asked.kind is Kind.TOOL:
            return TransportName.TOOL_STREAM.label
        if exchange.is_event_stream and exchange.path not in posts and exchange.method == "GET":
            return TransportName.RAW_SSE.label
        return None


def read_script(events: Events) -> Script:
    """Read a whole recording, a block at a time."""
    reader = _Reader()
    n = 0
    while block := events.since(n, BLOCK):
        reader.fold(block)
        n += len(block)
    return reader.script


class _Reader(Fold):
    """Follows each stream hop by hop: a redirect ends one exchange and begins the next."""

    def __init__(self) -> None:
        reactions: dict[Any, Callable[[Any], None]] = {
            RequestSent: self._sent,
            Connected: self._connected,
            HeadersReceived: self._headers,
            ChunkReceived: self._chunk,
            FrameReceived: self._frame,
            CommentReceived: self._item,
            ToolStep: self._item,
            BodyReceived: self._item,
            Message: self._message,
            StreamEnded: self._ended,
            ExchangeFailed: self._failed,
            SessionReady: self._ready,
        }
        super().__init__(reactions)
        self.script = Script()
        self._open: dict[int, Exchange] = {}
        self._carriers: dict[int, int] = {}
        self._last_of: dict[int, int] = {}
        self._unanswered: dict[int, int] = {}
        self._asked_us: dict[int, int] = {}
        self._answers: dict[int, int] = {}

    def _sent(self, event: RequestSent) -> None:
        exchanges = self.script.exchanges
        last_event_id = http.get(event.headers, "last-event-id")
        asked = read(event.method, event.body, last_event_id)
        stream = event.stream or 0
        made = Exchange(len(exchanges), stream, event.connection, event.method, event.url, asked, event.monotonic_ns)
        exchanges.append(made)
        self._open[stream] = made
        self._last_of[stream] = made.number
        origin = origin_of(event.url)
        if origin and origin not in self.script.origins:
            self.script.origins.append(origin)
        waiting = self._open.get(self._answers.pop(stream, -1))
        if waiting is not None:
            waiting.gates.append((len(waiting.chunks or waiting.items), made.number))

    def _connected(self, event: Connected) -> None:
        """Name look-up and connecting are the client's own time."""
        exchange = self._open.get(event.stream or 0)
        if exchange is not None:
            exchange.sent_ns = event.monotonic_ns

    def _headers(self, event: HeadersReceived) -> None:
        exchange = self._open.get(event.stream or 0)
        if exchange is not None:
            exchange.head = Head(event.status, event.reason, event.http_version, event.headers, event.monotonic_ns)

    def _chunk(self, event: ChunkReceived) -> None:
        exchange = self._open.get(event.stream or 0)
        if exchange is not None:
            exchange.chunks.append(event.n)

    def _item(self, event: AnyEvent) -> None:
        """What a recording without chunks has in their place, as one that was imported."""
        exchange = self._open.get(event.stream or 0)
        if exchange is not None and not exchange.chunks and event.direction is not Direction.OUTBOUND:
            exchange.items.append(event.n)

    def _frame(self, event: FrameReceived) -> None:
        self._item(event)
        exchange = self._open.get(event.stream or 0)
        if exchange is not None and event.event == "endpoint":
            exchange.is_session = True

    def _message(self, event: Message) -> None:
        if event.direction is Direction.OUTBOUND:
            self._said(event)
            return
        self._item(event)
        if event.message_type is MessageType.REQUEST and event.stream is not None:
            self._asked_us[event.n] = event.stream
            self.script.server_ids.setdefault(event.connection, set()).add(event.id)
        if event.request_n is None:
            return
        if event.message_type in (MessageType.RESPONSE, MessageType.ERROR):
            self._unanswered.pop(event.request_n, None)
        exchange = self._open.get(event.stream or 0)
        carrier = self._carriers.get(event.request_n)
        if exchange is None or carrier is None or carrier == event.stream or event.framing is not Framing.SSE:
            return
        after = max([self._last_of.get(carrier, -1), *(number for _, number in exchange.gates)])
        if after > exchange.number:
            exchange.replies.append(Reply(event.offset, len(event.raw), after))

    def _said(self, event: Message) -> None:
        """A message of the client's; the request that carries it comes right behind it."""
        if event.stream is None:
            return
        if event.message_type is MessageType.REQUEST:
            self._carriers[event.n] = event.stream
            self._unanswered[event.n] = event.stream
        elif event.request_n in self._asked_us:
            self._answers[event.stream] = self._asked_us[event.request_n]

    def _ended(self, event: StreamEnded) -> None:
        exchange = self._open.pop(event.stream or 0, None)
        if exchange is None:
            return
        exchange.end = End(event.cause, event.phase, event.error, event.monotonic_ns)
        if exchange.is_session:
            lost = (self._last_of.get(stream, -1) for stream in self._unanswered.values())
            exchanges = self.script.exchanges
            own = [n for n in lost if n > exchange.number and exchanges[n].connection == exchange.connection]
            exchange.lost = max(own, default=None)

    def _failed(self, event: ExchangeFailed) -> None:
        self._unanswered.pop(event.request_n, None)

    def _ready(self, event: SessionReady) -> None:
        self.script.transports[event.connection] = event.transport


def origin_of(url: str) -> str:
    """Scheme and place of an URL as they stand in it, without credentials; empty if it has none."""
    scheme, _, _, netloc = _split(url)
    return f"{scheme}://{netloc.rpartition('@')[2]}" if scheme and netloc else ""


def _split(url: str) -> tuple[str, str, str, str]:
    try:
        parts = urlsplit(url)
    except ValueError:
        return "", url, "", ""
    return parts.scheme, parts.path, parts.query, parts.netloc


def read_events(events: Events, numbers: Sequence[int]) -> Iterator[AnyEvent]:
    """The events of these numbers, which ascend; neighbours are read at once."""
    index = 0
    while index < len(numbers):
        first = numbers[index]
        last = numbers[min(bisect_left(numbers, first + BLOCK), len(numbers)) - 1]
        for event in events.since(first, last - first + 1):
            if event.n == numbers[index]:
                yield event
                index += 1
                if index == len(numbers):
                    return
        if numbers[index] == first:
            return  # the recording ends before it
