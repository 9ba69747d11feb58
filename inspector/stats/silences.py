"""The longest time in which a listening stream brought no byte."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from inspector.stats.purposes import LISTENING
from inspector.stats.sleeps import Sleeps
from inspector.trace.events import ChunkReceived, HeadersReceived, RequestSent, StreamEnded
from inspector.trace.fold import Fold

MAX_SILENCES = 1_000
_SHORTEST_NS = 1_000_000


@dataclass(frozen=True, slots=True)
class Silence:
    """No byte on `stream` from `begin_ns` to `end_ns`."""

    stream: int
    begin_ns: int
    end_ns: int

    @property
    def ms(self) -> float:
        return (self.end_ns - self.begin_ns) / 1e6


class Silences(Fold):
    """A fold over the river: the silences of listening streams that no later and longer one hides.

    So the worst one since any time is known, of the newest 1,000 candidates. Silence is from the headers to the end;
    under a millisecond it is none, nor is one in which this machine slept.
    """

    def __init__(self, sleeps: Sleeps) -> None:
        self._sleeps = sleeps
        self._open: dict[int, int | None] = {}
        """When the last byte came on each listening stream; None while its headers are awaited."""
        self._worst: Silence | None = None
        self._kept: deque[Silence] = deque(maxlen=MAX_SILENCES)
        super().__init__(
            {RequestSent: self._on_request, HeadersReceived: self._on_headers, StreamEnded: self._on_ended},
            {ChunkReceived: self._on_chunks},
        )

    def worst(self, now_ns: int, since_ns: int | None = None) -> Silence | None:
        """The longest one that reached beyond `since_ns`, one that still lasts included; None if none was seen."""
        lasting = [Silence(stream, last_ns, now_ns) for stream, last_ns in self._open.items() if last_ns is not None]
        found = [each for each in lasting if not self._sleeps.between(each.begin_ns, now_ns)]
        if since_ns is None:
            found += [self._worst] if self._worst else []
        else:
            found += [each for each in self._kept if each.end_ns >= since_ns]
        return max(found, key=lambda silence: silence.ms, default=None)

    def _on_request(self, event: RequestSent) -> None:
        if event.purpose in LISTENING and event.stream is not None:
            self._open[event.stream] = None

    def _on_headers(self, event: HeadersReceived) -> None:
        if event.stream in self._open and event.status == 200:
            self._open[event.stream] = event.monotonic_ns

    def _on_chunks(self, chunks: list[ChunkReceived]) -> None:
        if not self._open:
            return
        for chunk in chunks:
            last_ns = self._open.get(chunk.stream or 0)
            if last_ns is not None:
                self._end(chunk.stream or 0, last_ns, chunk.monotonic_ns)
                self._open[chunk.stream or 0] = chunk.monotonic_ns

    def _on_ended(self, event: StreamEnded) -> None:
        last_ns = self._open.pop(event.stream or 0, None)
        if last_ns is not None:
            self._end(event.stream or 0, last_ns, event.monotonic_ns)

    def _end(self, stream: int, begin_ns: int, end_ns: int) -> None:
        silence_ns = end_ns - begin_ns
        if silence_ns < _SHORTEST_NS or self._sleeps.between(begin_ns, end_ns):
            return
        while self._kept and self._kept[-1].end_ns - self._kept[-1].begin_ns <= silence_ns:
            self._kept.pop()
        silence = Silence(stream, begin_ns, end_ns)
        self._kept.append(silence)
        if self._worst is None or silence_ns > self._worst.end_ns - self._worst.begin_ns:
            self._worst = silence
