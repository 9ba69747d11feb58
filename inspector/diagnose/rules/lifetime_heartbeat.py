"""Heartbeats: none at all, as events instead of comments, and such that stopped."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from statistics import fmean, median, pstdev
from typing import Any

from inspector.diagnose.context import Context
from inspector.diagnose.exchange import Exchange
from inspector.diagnose.rule import Watch
from inspector.diagnose.rules.lifetime_ends import place_of
from inspector.diagnose.timeouts import coming
from inspector.diagnose.topics import Topic
from inspector.trace.events import CommentReceived, FrameReceived, HeadersReceived, Message, Severity, StreamEnded

MAX_PULSES = 256
MAX_PAYLOADS = 128
MAX_PAYLOAD_BYTES = 256
SEEN_BEATS = 2
_NS = 1_000_000_000


@dataclass(slots=True)
class Pulse:
    """The comments on one stream. `lost_since_ns` is set once they stopped."""

    beats: deque[int] = field(default_factory=lambda: deque(maxlen=8))
    is_watched: bool = False
    is_missed: bool = False
    lost_since_ns: int = 0

    @property
    def gaps_ns(self) -> list[int]:
        return [later - sooner for sooner, later in pairwise(self.beats)]

    @property
    def period_ns(self) -> float:
        return median(self.gaps_ns)

    def is_steady(self, variation: float) -> bool:
        """Whether the beats keep a pace: comments of another kind do not."""
        return pstdev(self.gaps_ns) <= variation * fmean(self.gaps_ns)


class Heartbeats(Watch):
    """Looks at silent streams: at those that never had a heartbeat, and at those whose heartbeat stopped."""

    rules = ("heartbeat-missing", "half-open-silence")

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._pulses: OrderedDict[int, Pulse] = OrderedDict()
        self._suspects: set[int] = set()
        """The streams that fell silent, while nobody has shown yet that the server is still there."""

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {Topic.HTTP_RESPONSE: self._on_response, Topic.COMMENT: self._on_comment, Topic.END: self._on_end}

    def _on_response(self, event: HeadersReceived) -> None:
        exchange = self.context.exchanges.get(event.stream)
        if exchange is None:
            return
        for stream in sorted(self._suspects):
            self._prove(stream, exchange)
        if exchange.is_event_stream:
            look = partial(self._look_for_any, exchange.stream)
            self.context.timers.after(event, self.thresholds.heartbeat_silence_s, look)

    def _on_end(self, event: StreamEnded) -> None:
        if event.stream is not None:
            self._forget(event.stream)

    def _on_comment(self, event: CommentReceived) -> None:
        if event.stream is None:
            return
        pulse = self._pulses.get(event.stream)
        if pulse is None:
            pulse = self._pulse(event.stream)
        if pulse.lost_since_ns:
            self._revive(event.stream, pulse)
        if pulse.beats and event.monotonic_ns - pulse.beats[-1] < self.thresholds.beat_least_s * _NS:
            return
        pulse.beats.append(event.monotonic_ns)
        if pulse.is_missed and self._is_alive(pulse):
            pulse.is_missed = False
            if not any(each.is_missed for each in self._pulses.values()):
                self.over(self.rules[0])
        if not pulse.is_watched and len(pulse.beats) > self.thresholds.beat_gaps:
            pulse.is_watched = True
            self.context.timers.at(self._due_ns(pulse, event.monotonic_ns), partial(self._look_again, event.stream))

    def _pulse(self, stream: int) -> Pulse:
        pulse = self._pulses[stream] = Pulse()
        if len(self._pulses) > MAX_PULSES:
            self._forget(next(iter(self._pulses)))
        return pulse

    def _forget(self, stream: int) -> None:
        self._pulses.pop(stream, None)
        self._suspects.discard(stream)

    def _revive(self, stream: int, pulse: Pulse) -> None:
        pulse.lost_since_ns = 0
        self._suspects.discard(stream)
        if not any(each.lost_since_ns for each in self._pulses.values()):
            self.over(self.rules[1])

    def _is_alive(self, pulse: Pulse) -> bool:
        """Whether its heartbeats come often enough for what is common on the way."""
        return len(pulse.beats) >= SEEN_BEATS and pulse.period_ns <= self.thresholds.heartbeat_slowest_s * _NS

    def _look_for_any(self, stream: int) -> None:
        exchange = self.context.exchanges.get(stream)
        if exchange is None or not exchange.is_open:
            return
        timers = self.context.timers
        limit_ns = int(self.thresholds.heartbeat_silence_s * _NS)
        since_ns = max(exchange.last_byte_ns, exchange.headers_ns, timers.undisturbed_ns, self._latest_request_ns())
        if timers.now_ns - since_ns < limit_ns:
            timers.at(since_ns + limit_ns, partial(self._look_for_any, stream))
        elif stream not in self._pulses or not self._is_alive(self._pulses[stream]):
            self._miss(exchange)

    def _latest_request_ns(self) -> int:
        """When the newest request left that is still unanswered: the server may be at work on it."""
        newest = next(reversed(self.context.pending.values()), None)
        return newest.monotonic_ns if newest is not None else 0

    def _miss(self, exchange: Exchange) -> None:
        pulse = self._pulses.get(exchange.stream) or self._pulse(exchange.stream)
        pulse.is_missed = True
        since_ns = max(exchange.last_byte_ns, exchange.headers_ns)
        silence_s = (self.context.timers.now_ns - since_ns) / _NS
        ahead = "; ".join(
            f"after {seconds:g} s by {' or '.join(row.who for row in rows)}"
            for seconds, rows in coming(silence_s, self.context.stack.products, self.thresholds)
        )
        text = f"No byte has come for {silence_s:.0f} s, not even a comment. This stream would be cut {ahead}."
        severity = Severity.NOTE if self.context.is_loopback else None
        self.found(text, exchange.evidence, rule=self.rules[0], severity=severity, connection=exchange.connection)

    def _due_ns(self, pulse: Pulse, since_ns: int) -> int:
        wait_ns = max(pulse.period_ns * self.thresholds.half_open_periods, self.thresholds.half_open_least_s * _NS)
        return since_ns + int(wait_ns)

    def _look_again(self, stream: int) -> None:
        exchange, pulse = self.context.exchanges.get(stream), self._pulses.get(stream)
        if exchange is None or pulse is None or not exchange.is_open or len(pulse.beats) < SEEN_BEATS:
            return  # among thousands of streams a pulse may have been forgotten, and begun anew
        timers = self.context.timers
        since_ns = max(exchange.last_byte_ns, pulse.beats[-1], timers.undisturbed_ns)
        due_ns = self._due_ns(pulse, since_ns)
        if timers.now_ns < due_ns:
            timers.at(due_ns, partial(self._look_again, stream))
            return
        pulse.is_watched = False
        if not pulse.is_steady(self.thresholds.beat_variation):
            return
        pulse.lost_since_ns = since_ns
        self._suspects.add(stream)
        for each in self._others():
            self._prove(stream, each)
        if stream in self._suspects:
            self.found(
                self._lost_text(pulse),
                exchange.evidence,
                rule=self.rules[1],
                grade="likely",
                severity=Severity.WARN,
                connection=exchange.connection,
            )

    def _others(self) -> list[Exchange]:
        return [*self.context.exchanges.ended(), *self.context.exchanges.open()]

    def _prove(self, stream: int, witness: Exchange) -> None:
        """The server answers others, so it is this connection that is dead."""
        exchange, pulse = self.context.exchanges.get(stream), self._pulses.get(stream)
        if stream not in self._suspects or exchange is None or pulse is None:
            return
        if not self._is_witness(witness, exchange, pulse.lost_since_ns):
            return
        self._suspects.discard(stream)
        text = f"{self._lost_text(pulse)} Meanwhile the server answered another request."
        evidence = (*exchange.evidence, *witness.evidence)
        self.found(text, evidence, rule=self.rules[1], connection=exchange.connection)

    def _is_witness(self, other: Exchange, exchange: Exchange, since_ns: int) -> bool:
        return (
            other is not exchange
            and other.connection == exchange.connection
            and other.headers_ns > since_ns
            and place_of(other) == place_of(exchange)
        )

    def _lost_text(self, pulse: Pulse) -> str:
        silence_s = (self.context.timers.now_ns - pulse.beats[-1]) / _NS
        return (
            f"A heartbeat came every {pulse.period_ns / _NS:.1f} s, and for {silence_s:.1f} s now none has come, "
            "though nobody closed the connection."
        )


class EventHeartbeat(Watch):
    """The same block again and again, at the same pace: a heartbeat that every client has to handle as an event."""

    rules = ("heartbeat-not-a-comment",)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._times: OrderedDict[tuple[int | None, str, bytes], deque[FrameReceived | Message]] = OrderedDict()

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {Topic.FRAME: self._on_block, Topic.INVALID: self._on_block}

    def _on_block(self, block: FrameReceived | Message) -> None:
        payload = _payload(block.raw)
        if self.context.era is None or block.event == "endpoint" or not payload or len(payload) > MAX_PAYLOAD_BYTES:
            return
        key = (block.stream, block.event, payload)
        times = self._times.get(key)
        if times is None:
            times = self._times[key] = deque(maxlen=self.thresholds.beat_gaps + 1)
            if len(self._times) > MAX_PAYLOADS:
                self._times.popitem(last=False)
        times.append(block)
        gaps_s = [(later.monotonic_ns - sooner.monotonic_ns) / _NS for sooner, later in pairwise(times)]
        if len(gaps_s) < self.thresholds.beat_gaps or min(gaps_s) < self.thresholds.beat_least_s:
            return
        period_s = fmean(gaps_s)
        if pstdev(gaps_s) < self.thresholds.beat_variation * period_s:
            shown = payload.decode("utf-8", "replace")[:60]
            text = f"The same event comes every {period_s:.1f} s: {shown!r}. Every client has to handle it."
            self.found(text, [each.n for each in times])
            times.clear()


def _payload(raw: bytes) -> bytes:
    """What a block says, without the fields that no listener sees."""
    lines = raw.splitlines()
    return b"\n".join(line for line in lines if line and not line.startswith((b":", b"id", b"retry")))
