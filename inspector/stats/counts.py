"""How much came, and how fast: the figures of the status bar and of the report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from inspector.trace.events import (
    AnyEvent,
    ChunkReceived,
    CommentReceived,
    Direction,
    FrameReceived,
    Framing,
    Message,
    ToolStep,
)

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

    def per_second(self, now_ns: int, seconds: float) -> float:
        newest = now_ns // _SLOT_NS
        oldest = newest - round(seconds * 1e9 / _SLOT_NS)
        total = sum(amount for slot, amount in zip(self._slots, self._sums, strict=True) if oldest < slot <= newest)
        return total / seconds


class Counts:
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
        self._dispatch: dict[type, Callable[[Any], None]] = {
            Message: self._on_message,
            FrameReceived: self._on_frame,
            ToolStep: self._on_step,
            CommentReceived: self._on_comment,
        }

    @property
    def messages(self) -> int:
        return self.messages_inbound + self.messages_outbound

    def fold(self, events: Sequence[AnyEvent]) -> None:
        """Take in the next events of the river; one piece or many gives the same figures."""
        dispatch = self._dispatch
        for event in events:
            if type(event) is ChunkReceived:
                size = len(event.data)
                self.bytes_received += size
                self._byte_rate.add(event.monotonic_ns, size)
                continue
            self.received += 1
            self._event_rate.add(event.monotonic_ns, 1)
            handle = dispatch.get(type(event))
            if handle is not None:
                handle(event)

    def events_per_second(self, now_ns: int, seconds: float = 1.0) -> float:
        """The mean rate over the last `seconds` (at most `MAX_WINDOW_S`), to a tenth of a second."""
        return self._event_rate.per_second(now_ns, min(seconds, MAX_WINDOW_S))

    def bytes_per_second(self, now_ns: int, seconds: float = 1.0) -> float:
        """The mean rate over the last `seconds` (at most `MAX_WINDOW_S`), to a tenth of a second."""
        return self._byte_rate.per_second(now_ns, min(seconds, MAX_WINDOW_S))

    def _on_message(self, message: Message) -> None:
        if message.direction is Direction.OUTBOUND:
            self.messages_outbound += 1
            return
        self.messages_inbound += 1
        if message.framing is Framing.SSE:
            self.frames += 1

    def _on_frame(self, _: FrameReceived) -> None:
        self.frames += 1

    def _on_step(self, step: ToolStep) -> None:
        if step.direction is Direction.INBOUND and step.framing is Framing.SSE:
            self.frames += 1

    def _on_comment(self, _: CommentReceived) -> None:
        self.comments += 1
