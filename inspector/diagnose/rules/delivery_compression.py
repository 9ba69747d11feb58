"""Compressed event streams: whether the compressor lets each event out."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inspector.diagnose.rule import Watch
from inspector.diagnose.rules.delivery_groups import Block, Group, group_from
from inspector.diagnose.topics import BLOCKS, Topic
from inspector.trace.events import HeadersReceived, Severity, StreamEnded, Violation

if TYPE_CHECKING:
    from inspector.diagnose.context import Context
    from inspector.diagnose.exchange import Exchange

MAX_STREAMS = 256
DECODABLE = frozenset({"gzip", "x-gzip", "deflate"})
"""What the session decodes; of other codings no event can be seen at all."""


@dataclass(slots=True)
class Held:
    """A compressed stream: since when it is open, and what last came of it."""

    since_ns: int
    group: Group | None = None


class Compression(Watch):
    """Compares when compressed bytes came with when they decoded to events."""

    rules = ("gzip-stalls-stream",)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._gap_ns = int(self.thresholds.arrival_gap_ms * 1e6)
        self._held: OrderedDict[int, Held] = OrderedDict()
        self._stalls = 0

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {
            Topic.HTTP_RESPONSE: self._on_response,
            Topic.END: self._on_end,
            Topic.VIOLATION: self._on_violation,
        }

    def run_reactions(self) -> Mapping[Topic, Callable[[list[Any]], None]]:
        return dict.fromkeys((*BLOCKS, Topic.COMMENT), self._on_blocks)

    def _on_response(self, event: HeadersReceived) -> None:
        exchange = self.context.exchanges.get(event.stream)
        if exchange is None or not exchange.is_event_stream:
            return
        if exchange.headers.get("content-encoding", "").strip().lower() in DECODABLE:
            self._held[exchange.stream] = Held(event.monotonic_ns)
            if len(self._held) > MAX_STREAMS:
                self._held.popitem(last=False)

    def _on_blocks(self, events: list[Block]) -> None:
        if not self._held:
            return
        for event in events:
            held = self._held.get(event.stream or 0)
            if held is not None:
                self._add(held, event)

    def _add(self, held: Held, event: Block) -> None:
        group = held.group
        if group is not None and event.monotonic_ns - group.end_ns <= self._gap_ns:
            group.add(event)
        else:
            held.group = group_from(event, group, held.since_ns)

    def _on_end(self, event: StreamEnded) -> None:
        """Only in the end it is sure that a compressor held back: then it must let go of all it has."""
        held = self._held.pop(event.stream or 0, None)
        exchange = self.context.exchanges.get(event.stream)
        if held is None or held.group is None or exchange is None or exchange.ended_by_us:
            return
        if event.monotonic_ns - held.group.end_ns <= self.thresholds.batch_width_ms * 1e6:
            self._judge(exchange, held.group)

    def _on_violation(self, event: Violation) -> None:
        """HTTP+SSE begins with an endpoint at once; where bytes came and none can be read of them, it is in there."""
        held, exchange = self._held.get(event.stream or 0), self.context.exchanges.get(event.stream)
        if event.rule != "endpoint-event-missing" or held is None or held.group is not None or exchange is None:
            return
        if exchange.bytes_received:
            text = (
                f"The stream is compressed ({_coding(exchange)}). {exchange.bytes_received:,} bytes of it came, "
                "but not one event could be read of them, not even the endpoint."
            )
            self.found(text, (*exchange.evidence, event.n), grade="likely")

    def _judge(self, exchange: Exchange, group: Group) -> None:
        limits = self.thresholds
        had_bytes = 0 < exchange.first_byte_ns < group.start_ns - self._gap_ns
        is_burst = group.blocks >= limits.batch_blocks and group.silence_s >= limits.stall_s
        if not had_bytes or not is_burst or self.context.timers.mistimed_since(group.start_ns - group.silence_ns):
            return
        span_s = group.span_s
        if span_s is None or span_s >= limits.batch_span_s:  # else the server wrote all of it in the end
            self._tell(exchange, group, is_stamped=span_s is not None)

    def _tell(self, exchange: Exchange, group: Group, *, is_stamped: bool) -> None:
        self._stalls += 1
        text = (
            f"The stream is compressed ({_coding(exchange)}). Its first bytes came early, "
            f"but for {group.silence_s:.1f} s no event could be read of them; "
            f"then {group.blocks} came at once with the end."
        )
        is_sure = is_stamped or self._stalls >= self.thresholds.batch_repeats
        is_grave = is_sure or self._stalls >= self.thresholds.batch_calls
        self.found(
            text,
            (*exchange.evidence, group.first_n, group.last_n),
            grade="proven" if is_sure else "likely",
            severity=None if is_grave else Severity.WARN,
        )


def _coding(exchange: Exchange) -> str:
    return exchange.headers.get("content-encoding", "")[:40]
