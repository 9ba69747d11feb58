"""GET streams that are asked for again and again, refused, or named an odd time to come back after."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any

from inspector.diagnose.context import Context
from inspector.diagnose.exchange import Exchange
from inspector.diagnose.rule import Era, Watch
from inspector.diagnose.topics import Topic
from inspector.trace.events import (
    BodyReceived,
    EndCause,
    FrameReceived,
    HeadersReceived,
    Message,
    SessionReady,
    Severity,
    StateChanged,
    StreamEnded,
)

MAX_SHORT = 64
LISTENING = frozenset({"stream", "resume"})
_REFUSED = frozenset({400, 401, 403, 404})
_TAKEN = (b"Only one SSE stream", b"already exists", b"already has a stream")
_HEAD_BYTES = 4_096
_NS = 1e9


def is_listening_get(exchange: Exchange | None) -> bool:
    """A GET of the session's own, not one of a probe."""
    return exchange is not None and exchange.method == "GET" and exchange.purpose in LISTENING


@dataclass(frozen=True, slots=True)
class Short:
    """A stream that was over soon: when it began and ended."""

    sent_ns: int
    ended_ns: int
    evidence: tuple[int, ...]


class ShortStreams(Watch):
    """Counts the streams that ended soon after they began, unless the server asked for that pace."""

    rules = ("reconnect-storm", "get-200-not-a-stream")

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._short: deque[Short] = deque(maxlen=MAX_SHORT)
        self._empty: deque[Exchange] = deque(maxlen=self.thresholds.empty_streams)
        self._retry_ms: int | None = None
        self._connection = 0
        self._told = 0
        self._ended_ns = 0
        """When the latest short stream ended, 0 if there was none."""

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {Topic.STATE: self._on_state, Topic.FRAME: self._on_frame, Topic.END: self._on_end}

    def _on_state(self, event: StateChanged) -> None:
        if event.connection != self._connection:
            self._connection, self._retry_ms, self._told, self._ended_ns = event.connection, None, 0, 0
            self._short.clear()
            self._empty.clear()
        elif event.asked_ms is not None:
            self._retry_ms = event.asked_ms

    def _on_frame(self, event: FrameReceived) -> None:
        if event.retry_ms is not None:
            self._retry_ms = event.retry_ms

    def _on_end(self, event: StreamEnded) -> None:
        exchange = self.context.exchanges.get(event.stream)
        if exchange is None or not is_listening_get(exchange) or not exchange.is_event_stream or exchange.ended_by_us:
            return
        life_s = (event.monotonic_ns - exchange.sent_ns) / _NS
        if life_s >= self.thresholds.storm_life_s:
            return
        if life_s < self.thresholds.empty_stream_s and not event.frames and event.cause is EndCause.END_OF_STREAM:
            self._count_empty(exchange)
        short = Short(exchange.sent_ns, event.monotonic_ns, exchange.evidence)
        was_asked_for = self._was_asked_for(short)
        self._ended_ns = short.ended_ns
        if not was_asked_for:
            self._count_short(short)

    def _count_empty(self, exchange: Exchange) -> None:
        self._empty.append(exchange)
        if len(self._empty) == self._empty.maxlen:
            text = f"{len(self._empty)} times GET was answered with an event stream that ended at once, empty."
            self.found(text, [n for each in self._empty for n in each.evidence], rule=self.rules[1])
            self._empty.clear()

    def _was_asked_for(self, short: Short) -> bool:
        """Whether the client came back no sooner than the server's `retry:`: that is polling (2025-11-25)."""
        if self._retry_ms is None or self._retry_ms < self.thresholds.polling_retry_ms:
            return False
        pause_ms = (short.sent_ns - self._ended_ns) / 1e6
        return not self._ended_ns or pause_ms >= self.thresholds.retry_respected * self._retry_ms

    def _count_short(self, short: Short) -> None:
        window_ns = self.thresholds.storm_window_s * _NS
        self._short.append(short)
        while short.ended_ns - self._short[0].sent_ns > window_ns:
            self._short.popleft()
        count = len(self._short)
        if count < self.thresholds.storm_warn:
            self._told = 0
            return
        pause_s = median(later.sent_ns - sooner.ended_ns for sooner, later in pairwise(self._short)) / _NS
        level = self.thresholds.storm_error if count >= self.thresholds.storm_error else self.thresholds.storm_warn
        if pause_s >= self.thresholds.storm_gap_s or level <= self._told:
            return
        self._told = level
        spent_s = (short.ended_ns - self._short[0].sent_ns) / _NS
        asked = "no `retry:` was named" if self._retry_ms is None else f"`retry: {self._retry_ms}` is in force"
        text = f"{count} streams were opened and over within {spent_s:.1f} s, {pause_s:.2f} s apart; {asked}."
        severity = Severity.ERROR if level == self.thresholds.storm_error else Severity.WARN
        self.found(text, [n for each in self._short for n in each.evidence], rule=self.rules[0], severity=severity)


class RetryHint(Watch):
    """The `retry:` that a server names."""

    rules = ("retry-hint-odd",)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._told: deque[tuple[int, int | None]] = deque(maxlen=16)

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {Topic.FRAME: self._on_frame, Topic.ANSWER: self._on_message, Topic.REQUEST: self._on_message}

    def _on_message(self, message: Message) -> None:
        if message.retry_ms is not None:
            self._judge(message, message.retry_ms)

    def _on_frame(self, frame: FrameReceived) -> None:
        if frame.retry_ms is not None:
            self._judge(frame, frame.retry_ms)
        elif b"retry:" in frame.raw and frame.complete:
            odd = next((line for line in frame.raw.splitlines() if line.startswith(b"retry:")), None)
            value = odd.partition(b":")[2].strip()[:40].decode("utf-8", "replace") if odd is not None else ""
            if odd is not None and self._is_new(frame, None):
                text = f"`retry: {value}` is no whole number of milliseconds: clients ignore it."
                self.found(text, (frame.n,))

    def _judge(self, event: FrameReceived | Message, retry_ms: int) -> None:
        if retry_ms < self.thresholds.retry_short_ms:
            text, severity = "clients come back at once, again and again", Severity.WARN
        elif retry_ms > self.thresholds.retry_long_ms:
            text, severity = "clients are without a stream for so long", Severity.NOTE
        else:
            return
        if self._is_new(event, retry_ms):
            self.found(f"`retry: {retry_ms}` (ms): {text}.", (event.n,), severity=severity)

    def _is_new(self, event: FrameReceived | Message, retry_ms: int | None) -> bool:
        key = event.connection, retry_ms
        if key in self._told:
            return False
        self._told.append(key)
        return True


class RefusedGet(Watch):
    """What a server without a GET stream says instead of 405, or one that still holds the old stream."""

    rules = ("get-404-or-401-instead-of-405", "stream-conflict-409")

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._was_open = False
        self._is_told = False
        self._last_end: StreamEnded | None = None
        self._conflicts: list[int] = []

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {
            Topic.READY: self._on_ready,
            Topic.HTTP_RESPONSE: self._on_response,
            Topic.BODY: self._on_body,
            Topic.ANSWER: self._on_body,
            Topic.END: self._on_end,
        }

    def _on_ready(self, event: SessionReady) -> None:
        self._was_open = self._is_told = False
        self._last_end = None
        self._conflicts = []

    def _on_end(self, event: StreamEnded) -> None:
        exchange = self.context.exchanges.get(event.stream)
        if exchange is not None and is_listening_get(exchange) and exchange.is_event_stream:
            self._last_end = event

    def _on_response(self, event: HeadersReceived) -> None:
        exchange = self.context.exchanges.get(event.stream)
        if exchange is None or not is_listening_get(exchange) or self.context.era is not Era.STREAMABLE:
            return
        if exchange.is_event_stream:
            self._was_open = True
            self._end_conflict()
        elif event.status == 409:
            self._conflict(exchange, event)
        elif event.status in _REFUSED and exchange.purpose == "stream" and self.context.ready is not None:
            self._refused(exchange, event)

    def _refused(self, exchange: Exchange, event: HeadersReceived) -> None:
        if self._was_open or self._is_told:
            return  # a stream that there was before: its session is over, and that is another matter
        self._is_told = True
        text = f"GET was answered with {event.status}, while POST works on the same address with the same headers."
        self.found(text, exchange.evidence, rule=self.rules[0], grade="likely")

    def _on_body(self, event: BodyReceived | Message) -> None:
        exchange = self.context.exchanges.get(event.stream)
        if exchange is None or exchange.status != 400 or not is_listening_get(exchange) or exchange.response is None:
            return
        if any(words in event.raw[:_HEAD_BYTES] for words in _TAKEN):
            self._conflict(exchange, exchange.response)

    def _conflict(self, exchange: Exchange, event: HeadersReceived) -> None:
        live = [each for each in self.context.exchanges.open() if self._is_live(each, exchange)]
        if live:
            text = "A second GET stream was refused while ours is open: a session has one, and this one has it."
            evidence = (*exchange.evidence, *live[0].evidence)
            self.found(text, evidence, rule=self.rules[1], severity=Severity.NOTE)
            return
        if self._last_end is None:
            return
        self._conflicts.append(event.n)
        count = len(self._conflicts)
        since_s = (event.monotonic_ns - self._last_end.monotonic_ns) / _NS
        text = f"GET was refused with {event.status}, {since_s:.1f} s after the last stream of the session had ended."
        if count > 1:
            text = f"{text} That was the {count}. refusal."
        is_sure = count >= self.thresholds.conflicts
        self.found(
            text,
            (self._last_end.n, *exchange.evidence),
            rule=self.rules[1],
            grade="proven" if is_sure else "likely",
            severity=Severity.ERROR if is_sure else Severity.WARN,
        )

    def _is_live(self, other: Exchange, exchange: Exchange) -> bool:
        return other is not exchange and other.connection == exchange.connection and _is_open_stream(other)

    def _end_conflict(self) -> None:
        if self._conflicts:
            self._conflicts = []
            self.over(self.rules[1])


def _is_open_stream(exchange: Exchange) -> bool:
    return is_listening_get(exchange) and exchange.is_event_stream and exchange.purpose == "stream"
