"""An event stream's bytes to frames with arrival times, and what a client built on httpx-sse would see of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from inspector.wire.lens import ClientLens, Difference
from inspector.wire.sse import Comment, Frame, SseParser

LENS_BUDGET_BYTES = 256 * 1024
"""How much of each stream the client lens reads."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where and when something arrived: the stream, and the times of its first and its last byte."""

    stream: int
    first_ns: int
    last_ns: int


class EventReader:
    """Reads one stream; `feed` it each decoded chunk with the time at which its bytes came."""

    def __init__(self, stream: int, limit_bytes: int, content_type: str | None) -> None:
        self.parser = SseParser(limit_bytes)
        self._stream = stream
        self._lens: ClientLens | None = ClientLens(LENS_BUDGET_BYTES, content_type)
        self._decoded_bytes = 0
        self._chunk_starts: deque[tuple[int, int]] = deque()

    def feed(self, chunk: bytes, now_ns: int) -> tuple[list[Frame | Comment], list[Difference]]:
        """The items that this chunk completes, and what the lens has to say about them."""
        self._chunk_starts.append((self._decoded_bytes, now_ns))
        self._decoded_bytes += len(chunk)
        items = self.parser.feed(chunk)
        if self._lens is None:
            return items, []
        differences = self._lens.feed(chunk, [item for item in items if isinstance(item, Frame)])
        if self._lens.exhausted:
            self._lens = None
        return items, differences

    def runs(self, items: list[Frame | Comment], now_ns: int) -> Iterator[tuple[list[Frame | Comment], Arrival]]:
        """The items in order, in runs that share the times of their first and last byte: seldom more than two."""
        starts = self._chunk_starts
        begin, count = 0, len(items)
        while begin < count:
            while len(starts) > 1 and starts[1][0] <= items[begin].offset:
                starts.popleft()
            end = begin + 1 if len(starts) > 1 else count
            while end < count and items[end].offset < starts[1][0]:
                end += 1
            yield items if end - begin == count else items[begin:end], Arrival(self._stream, starts[0][1], now_ns)
            begin = end

    def finish(self) -> Frame | None:
        """What the end of the stream cut off."""
        return self.parser.finish()
