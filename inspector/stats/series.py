"""What happened over time, as the charts draw it: rates, durations of calls, silences, open streams, drops."""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

from inspector.stats.call_points import CallPoints
from inspector.stats.gaps import Gaps
from inspector.stats.slots import SLOT_NS, Firsts, Levels, Sums
from inspector.trace.events import (
    ChunkReceived,
    ConnectionState,
    Message,
    RequestSent,
    Severity,
    StateChanged,
    StreamEnded,
    Violation,
)
from inspector.trace.fold import Fold, Run

MAX_MARKS = 2_000
_MAX_TEXT = 200


class MarkKind(enum.StrEnum):
    """What a mark on the time axis stands for."""

    DROP = "drop"
    OPEN = "open"
    FINDING = "finding"


@dataclass(frozen=True, slots=True)
class Mark:
    """Something worth a line through all charts: event `n`, and how many of its kind came in the same slot."""

    at_ns: int
    n: int
    kind: MarkKind
    text: str
    count: int = 1


class Series(Fold):
    """A fold over the river that keeps what is drawn over time; all of it bounded.

    `events` counts what makes a timeline row, `bytes_received` the bytes of all chunks, `streams` is how many HTTP
    exchanges are open, `firsts` leads from a time to an event. `marks` are returns and broken rules; what a drop is,
    `Availability` says.
    """

    def __init__(self) -> None:
        self.events, self.bytes_received = Sums(), Sums()
        self.streams = Levels()
        self.firsts = Firsts()
        self.calls, self.gaps = CallPoints(), Gaps()
        self.marks: deque[Mark] = deque(maxlen=MAX_MARKS)
        self.first_ns: int | None = None
        self.first_at = 0.0
        self.count = 0
        """How many events were taken in."""
        self._open: set[int] = set()
        self._up: set[int] = set()
        super().__init__(
            {
                RequestSent: self._on_request,
                StateChanged: self._on_state,
                Violation: self._on_violation,
                StreamEnded: self._on_ended,
                ChunkReceived: self._on_chunk,
            }
        )

    @property
    def now_ns(self) -> int:
        """When the last event folded was."""
        return self._now_ns

    def wall_of(self, at_ns: int) -> float:
        """A time as Unix seconds."""
        return self.first_at + (at_ns - (self.first_ns or 0)) / 1e9

    def take(self, pieces: Sequence[Run]) -> None:
        """Take in the next events of the river, already cut into `runs`."""
        if pieces and self.first_ns is None:
            first = pieces[0][1][0]
            self.first_ns, self.first_at = first.monotonic_ns, first.at
        for kind, run in pieces:
            self.count += len(run)
            if kind is not ChunkReceived:
                self.events.add_events([event.monotonic_ns for event in run])
                self._add_firsts(run)
        super().take(pieces)
        self.calls.take(pieces)
        self.gaps.take(pieces)

    def _add_firsts(self, run: list[Message]) -> None:
        first, last = run[0].monotonic_ns, run[-1].monotonic_ns
        self.firsts.add(first, run[0].n)
        if first // SLOT_NS != last // SLOT_NS:
            for event in run:
                self.firsts.add(event.monotonic_ns, event.n)

    def _on_chunk(self, chunk: ChunkReceived) -> None:
        self.bytes_received.add(chunk.monotonic_ns, len(chunk.data))

    def _on_request(self, event: RequestSent) -> None:
        if event.stream is not None:
            self._open.add(event.stream)
            self.streams.set(event.monotonic_ns, len(self._open))

    def _on_ended(self, event: StreamEnded) -> None:
        if event.stream is not None and event.stream in self._open:
            self._open.discard(event.stream)
            self.streams.set(event.monotonic_ns, len(self._open))

    def _on_state(self, event: StateChanged) -> None:
        was_up, is_up = event.connection in self._up, event.state is ConnectionState.OPEN
        if is_up and not was_up:  # else it says what becomes of one of its streams
            self._mark(event, MarkKind.OPEN, event.reason)
        if is_up:
            self._up.add(event.connection)
        else:
            self._up.discard(event.connection)

    def _on_violation(self, event: Violation) -> None:
        if event.severity in (Severity.WARN, Severity.ERROR):
            self._mark(event, MarkKind.FINDING, event.text)

    def _mark(self, event: StateChanged | Violation, kind: MarkKind, text: str) -> None:
        last = self.marks[-1] if self.marks else None
        if last is not None and last.kind is kind and last.at_ns // SLOT_NS == event.monotonic_ns // SLOT_NS:
            self.marks[-1] = replace(last, count=last.count + 1)
        else:
            self.marks.append(Mark(event.monotonic_ns, event.n, kind, text[:_MAX_TEXT]))
