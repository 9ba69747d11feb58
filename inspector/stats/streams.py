"""What every HTTP exchange of the river was, carried, and how it ended."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from statistics import median
from typing import Any, TypeVar

from inspector.stats.event_gaps import EventGaps
from inspector.stats.percentiles import NOTHING, Distribution
from inspector.trace.events import (
    ChunkReceived,
    CommentReceived,
    Connected,
    Direction,
    EndCause,
    FrameReceived,
    Framing,
    HeadersReceived,
    Message,
    RequestSent,
    StreamEnded,
    ToolStep,
    TraceEvent,
)
from inspector.trace.fold import Fold

E = TypeVar("E", bound=TraceEvent)
MAX_FINISHED = 1_000
_CADENCE_SAMPLES = 64
_MAX_CONTENT_TYPE = 200
_MAX_HTTP_VERSION = 20


@dataclass(frozen=True, slots=True)
class Cadence:
    """The beat of heartbeats: the median gap, and the median distance from it, of the last 64 gaps."""

    median_ms: float
    deviation_ms: float


@dataclass(frozen=True, slots=True)
class StreamRow:
    """One HTTP exchange; `ended` is None while it is open, `status` None while the headers are awaited.

    `events` are event-stream blocks, `comments` comment lines. `longest_silence_ms` is the longest time without a
    byte since the headers came, a silence that still lasts included. `first_n` is the number of its first event. `gaps`
    are between its event-stream blocks. `socket` numbers the sockets of a connection: exchanges with the same number
    shared it. It `is_reused` if it was open before.
    """

    stream: int
    connection: int
    first_n: int
    purpose: str
    method: str
    status: int | None
    content_type: str
    bytes_received: int
    chunks: int
    events: int
    comments: int
    heartbeat: Cadence | None
    longest_silence_ms: float | None
    age_ms: float
    ended: EndCause | None
    sentence: str
    gaps: Distribution = NOTHING
    http_version: str | None = None
    socket: int | None = None
    is_reused: bool | None = None


@dataclass(frozen=True, slots=True)
class OlderStreams:
    """The sum of the finished streams that are not kept one by one any more."""

    streams: int = 0
    bytes_received: int = 0
    events: int = 0
    comments: int = 0


@dataclass(slots=True)
class _Stream:
    stream: int
    connection: int
    first_n: int
    started_ns: int
    purpose: str = ""
    method: str = ""
    status: int | None = None
    content_type: str = ""
    bytes_received: int = 0
    chunks: int = 0
    events: int = 0
    comments: int = 0
    last_byte_ns: int | None = None
    silence_ns: int = 0
    last_comment_ns: int | None = None
    comment_gaps_ns: deque[int] = field(default_factory=lambda: deque(maxlen=_CADENCE_SAMPLES))
    gaps: EventGaps = field(default_factory=EventGaps)
    http_version: str | None = None
    socket: int | None = None
    has_opened_socket: bool = False
    ended_ns: int = 0
    ended: EndCause | None = None
    sentence: str = ""

    def row(self, now_ns: int) -> StreamRow:
        until_ns = now_ns if self.ended is None else self.ended_ns
        silence_ms = None
        if self.last_byte_ns is not None:
            silence_ms = max(self.silence_ns, until_ns - self.last_byte_ns) / 1e6
        return StreamRow(
            stream=self.stream,
            connection=self.connection,
            first_n=self.first_n,
            purpose=self.purpose,
            method=self.method,
            status=self.status,
            content_type=self.content_type,
            bytes_received=self.bytes_received,
            chunks=self.chunks,
            events=self.events,
            comments=self.comments,
            heartbeat=_cadence(self.comment_gaps_ns),
            longest_silence_ms=silence_ms,
            age_ms=max(0, until_ns - self.started_ns) / 1e6,
            ended=self.ended,
            sentence=self.sentence,
            gaps=self.gaps.distribution(),
            http_version=self.http_version,
            socket=self.socket,
            is_reused=None if self.status is None else not self.has_opened_socket,
        )


def _cadence(gaps_ns: deque[int]) -> Cadence | None:
    if len(gaps_ns) < 2:
        return None
    beat_ns = median(gaps_ns)
    return Cadence(beat_ns / 1e6, median(abs(gap - beat_ns) for gap in gaps_ns) / 1e6)


class StreamStats(Fold):
    """A fold over the river: one row per HTTP exchange, the newest 1,000 finished ones and all open ones."""

    def __init__(self) -> None:
        self._open: dict[int, _Stream] = {}
        self._finished: deque[_Stream] = deque()
        self.older = OlderStreams()
        on_its_stream: dict[type[TraceEvent], Callable[[Any, _Stream], None]] = {
            RequestSent: self._on_request,
            Connected: self._on_connected,
            HeadersReceived: self._on_headers,
            ChunkReceived: self._on_chunk,
            ToolStep: self._on_message,
            FrameReceived: self._on_frame,
            CommentReceived: self._on_comment,
            StreamEnded: self._on_ended,
        }
        super().__init__(
            {kind: partial(self._react, react) for kind, react in on_its_stream.items()}, {Message: self._on_messages}
        )

    def rows(self, now_ns: int | None = None) -> list[StreamRow]:
        """The streams by number; without `now_ns` the open ones are as old as the last event folded."""
        now_ns = self._now_ns if now_ns is None else now_ns
        rows = [stream.row(now_ns) for stream in (*self._finished, *self._open.values())]
        return sorted(rows, key=lambda row: row.stream)

    def _react(self, react: Callable[[E, _Stream], None], event: E) -> None:
        if event.stream is not None:
            react(event, self._stream_of(event, event.stream))

    def _stream_of(self, event: TraceEvent, number: int) -> _Stream:
        stream = self._open.get(number)
        if stream is None:
            # a recording that starts in the middle lacks the request
            stream = self._open[number] = _Stream(number, event.connection, event.n, event.monotonic_ns)
        return stream

    def _on_messages(self, messages: list[Message]) -> None:
        """A run on one stream is counted at once."""
        number = messages[0].stream
        if number is None or [message.stream for message in messages].count(number) < len(messages):
            for message in messages:
                self._react(self._on_message, message)
            return
        inbound, sse = Direction.INBOUND, Framing.SSE
        stamps_ns = [event.monotonic_ns for event in messages if event.direction is inbound and event.framing is sse]
        stream = self._stream_of(messages[0], number)
        stream.events += len(stamps_ns)
        stream.gaps.add(stamps_ns)

    def _on_request(self, event: RequestSent, stream: _Stream) -> None:
        stream.purpose = event.purpose
        stream.method = event.method

    def _on_connected(self, event: Connected, stream: _Stream) -> None:
        stream.has_opened_socket = True
        stream.socket = event.socket or None

    def _on_headers(self, event: HeadersReceived, stream: _Stream) -> None:
        stream.status = event.status
        stream.http_version = event.http_version[:_MAX_HTTP_VERSION]
        stream.socket = event.socket or stream.socket
        stream.last_byte_ns = event.monotonic_ns
        for name, value in event.headers:
            if name.lower() == "content-type":
                stream.content_type = value[:_MAX_CONTENT_TYPE]

    def _on_chunk(self, event: ChunkReceived, stream: _Stream) -> None:
        stream.chunks += 1
        stream.bytes_received += len(event.data)
        if stream.last_byte_ns is not None:
            stream.silence_ns = max(stream.silence_ns, event.monotonic_ns - stream.last_byte_ns)
        stream.last_byte_ns = event.monotonic_ns

    def _on_message(self, event: Message | ToolStep, stream: _Stream) -> None:
        if event.direction is Direction.INBOUND and event.framing is Framing.SSE:
            stream.events += 1
            stream.gaps.add((event.monotonic_ns,))

    def _on_frame(self, event: FrameReceived, stream: _Stream) -> None:
        stream.events += 1
        stream.gaps.add((event.monotonic_ns,))

    def _on_comment(self, event: CommentReceived, stream: _Stream) -> None:
        stream.comments += 1
        before_ns = stream.last_comment_ns
        # lines of one comment come at one time; they are one beat
        if before_ns is not None and event.monotonic_ns > before_ns:
            stream.comment_gaps_ns.append(event.monotonic_ns - before_ns)
        stream.last_comment_ns = event.monotonic_ns

    def _on_ended(self, event: StreamEnded, stream: _Stream) -> None:
        stream.ended = event.cause
        stream.sentence = event.sentence
        stream.ended_ns = event.monotonic_ns
        stream.gaps.close()
        self._finished.append(self._open.pop(stream.stream))
        if len(self._finished) > MAX_FINISHED:
            self._forget(self._finished.popleft())

    def _forget(self, stream: _Stream) -> None:
        older = self.older
        self.older = OlderStreams(
            older.streams + 1,
            older.bytes_received + stream.bytes_received,
            older.events + stream.events,
            older.comments + stream.comments,
        )
