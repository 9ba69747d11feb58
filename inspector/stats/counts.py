"""How much came, and how fast: the figures of the status bar and of the report."""

from __future__ import annotations

from collections.abc import Sequence

from inspector.trace.events import (
    ChunkReceived,
    CommentReceived,
    Direction,
    FrameReceived,
    Framing,
    Message,
    ToolStep,
)
from inspector.trace.fold import Fold, Run

_SLOT_NS = 100_000_000
_SLOTS = 128
MAX_WINDOW_S = 12.0


class _Rate:
    """Sums per tenth of a second over the last 12.8 s."""

    __slots__ = ("_slots", "_sums")

    def __init__(self) -> None:
        self._slots = [-1] * _SLOTS
        self._sums = [0] * _SLOTS

    def add(self, monotonic_ns: int, amount: int) -> None:
        slot = monotonic_ns // _SLOT_NS
        at = slot % _SLOTS
        if self._slots[at] == slot:
            self._sums[at] += amount
        elif self._slots[at] < slot:
            self._slots[at] = slot
            self._sums[at] = amount

    def add_events(self, stamps_ns: Sequence[int]) -> None:
        """Count one for each stamp, in their order."""
        if min(stamps_ns) // _SLOT_NS == max(stamps_ns) // _SLOT_NS:
            self.add(stamps_ns[0], len(stamps_ns))
            return
        for stamp_ns in stamps_ns:
            self.add(stamp_ns, 1)

    def per_second(self, now_ns: int, seconds: float) -> float:
        newest = now_ns // _SLOT_NS
        oldest = newest - round(seconds * 1e9 / _SLOT_NS)
        total = sum(amount for slot, amount in zip(self._slots, self._sums, strict=True) if oldest < slot <= newest)
        return total / seconds


class Counts(Fold):
    """A fold over the river that only counts.

    `received` are the events that make a timeline row; `bytes_received` the bytes of all chunks; `frames` the blocks
    of event streams that came in (a JSON-RPC batch is one); `comments` the comment lines; `messages` the JSON-RPC
    messages of both directions.
    """

    def __init__(self) -> None:
        self.received = 0
        self.bytes_received = 0
        self.frames = 0
        self.comments = 0
        self.messages_inbound = 0
        self.messages_outbound = 0
        self._event_rate = _Rate()
        self._byte_rate = _Rate()
        super().__init__(
            {ChunkReceived: self._on_chunk, ToolStep: self._on_step},
            {Message: self._on_messages, FrameReceived: self._on_frames, CommentReceived: self._on_comments},
        )

    @property
    def messages(self) -> int:
        return self.messages_inbound + self.messages_outbound

    def take(self, pieces: Sequence[Run]) -> None:
        """Take in the next events of the river, already cut into `runs`."""
        for kind, run in pieces:
            if kind is not ChunkReceived:
                self.received += len(run)
                self._event_rate.add_events([event.monotonic_ns for event in run])
        super().take(pieces)

    def events_per_second(self, now_ns: int, seconds: float = 1.0) -> float:
        """The mean rate over the last `seconds` (at most `MAX_WINDOW_S`), to a tenth of a second."""
        return self._event_rate.per_second(now_ns, min(seconds, MAX_WINDOW_S))

    def bytes_per_second(self, now_ns: int, seconds: float = 1.0) -> float:
        """The mean rate over the last `seconds` (at most `MAX_WINDOW_S`), to a tenth of a second."""
        return self._byte_rate.per_second(now_ns, min(seconds, MAX_WINDOW_S))

    def _on_chunk(self, chunk: ChunkReceived) -> None:
        self.bytes_received += len(chunk.data)
        self._byte_rate.add(chunk.monotonic_ns, len(chunk.data))

    def _on_messages(self, messages: list[Message]) -> None:
        outbound = Direction.OUTBOUND
        framings = [message.framing for message in messages if message.direction is not outbound]
        self.messages_outbound += len(messages) - len(framings)
        self.messages_inbound += len(framings)
        self.frames += framings.count(Framing.SSE)

    def _on_frames(self, frames: list[FrameReceived]) -> None:
        self.frames += len(frames)

    def _on_step(self, step: ToolStep) -> None:
        if step.direction is Direction.INBOUND and step.framing is Framing.SSE:
            self.frames += 1

    def _on_comments(self, comments: list[CommentReceived]) -> None:
        self.comments += len(comments)
