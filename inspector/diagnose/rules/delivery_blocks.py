"""A stream that comes in blocks of a fixed size, because something in between waits until a buffer is full."""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import gcd
from typing import TYPE_CHECKING, Any

from inspector.diagnose.rule import Watch
from inspector.diagnose.topics import Topic
from inspector.trace.events import ChunkReceived, StreamEnded

if TYPE_CHECKING:
    from inspector.diagnose.context import Context

MAX_STREAMS = 1_024
MAX_PAUSES = 32
_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Pause:
    """A silence in a stream: behind which byte, whether in the middle of a line, and the chunk that ended it."""

    offset: int
    is_in_line: bool
    n: int


@dataclass(slots=True)
class Flow:
    """The bytes of one stream so far."""

    last: ChunkReceived
    pauses: deque[Pause] = field(default_factory=lambda: deque(maxlen=MAX_PAUSES))


class Blocks(Watch):
    """Looks where the pauses of a stream lie: a server pauses between events, a full buffer anywhere."""

    rules = ("proxy-buffer-quantised",)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._pause_ns = int(self.thresholds.block_pause_s * _NS)
        self._flows: OrderedDict[int, Flow] = OrderedDict()

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {Topic.END: self._on_end}

    def run_reactions(self) -> Mapping[Topic, Callable[[list[Any]], None]]:
        return {Topic.CHUNK: self._on_chunks}

    def _on_chunks(self, events: list[ChunkReceived]) -> None:
        for event in events:
            stream = event.stream or 0
            flow = self._flows.get(stream)
            if flow is None:
                self._begin(stream, event)
                continue
            last, flow.last = flow.last, event
            paused = event.monotonic_ns - last.monotonic_ns > self._pause_ns
            if paused and not self.context.timers.mistimed_since(last.monotonic_ns):
                self.context.timers.move_to(event)
                flow.pauses.append(Pause(event.offset, last.data[-1:] not in b"\r\n", event.n))
                self._judge(stream, flow)

    def _begin(self, stream: int, event: ChunkReceived) -> None:
        self._flows[stream] = Flow(event)
        if len(self._flows) > MAX_STREAMS:
            self._flows.popitem(last=False)

    def _on_end(self, event: StreamEnded) -> None:
        self._flows.pop(event.stream or 0, None)

    def _judge(self, stream: int, flow: Flow) -> None:
        limits = self.thresholds
        if len(flow.pauses) < limits.block_pauses:
            return
        exchange = self.context.exchanges.get(stream)
        if exchange is None or not exchange.is_event_stream or exchange.headers.get("content-encoding"):
            return  # where a line ends cannot be seen in compressed bytes
        # Not the offsets themselves: the first block may have carried the headers as well.
        places = Counter(pause.offset % limits.block_bytes for pause in flow.pauses if pause.is_in_line)
        place, count = places.most_common(1)[0] if places else (0, 0)
        if count < limits.block_pauses or count < limits.block_share * len(flow.pauses):
            return
        fitting = [p for p in flow.pauses if p.is_in_line and p.offset % limits.block_bytes == place]
        size = gcd(*(pause.offset - fitting[0].offset for pause in fitting[1:]))
        text = (
            f"{count} of {len(flow.pauses)} pauses lie in the middle of a line, "
            f"always a multiple of {size:,} bytes apart: something releases the stream in blocks of that size."
        )
        self.found(text, (*exchange.evidence, *(pause.n for pause in fitting[-8:])))
