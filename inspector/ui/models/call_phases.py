"""Where the time of a call went, as pieces of one bar. No Qt."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from inspector.record.text import duration

if TYPE_CHECKING:
    from inspector.stats.call_timing import CallTiming


class Phase(enum.Enum):
    """A piece of a call, in the order of time: its name, the role of its colour, and what it is in a sentence."""

    RESOLVE = "name", "muted", "name look-up"
    CONNECT = "TCP", "http", "TCP"
    TLS = "TLS", "heartbeat", "TLS"
    SEND = "sent", "text", "sending"
    HEADERS = "headers", "warn", "to the headers"
    FIRST_BYTE = "first byte", "bad", "to the first byte"
    FIRST_EVENT = "first event", "accent", "to the first event"
    ANSWER = "answer", "good", "to the answer"
    END = "end", "lifecycle", "to the end of the stream"

    def __init__(self, title: str, role: str, words: str) -> None:
        self.title, self.role, self.words = title, role, words


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of the bar, in milliseconds after the call was made."""

    phase: Phase
    start_ms: float
    end_ms: float


def segments(timing: CallTiming) -> tuple[Segment, ...]:
    """The pieces without gaps between them; a step that was not measured belongs to the next that was."""
    pieces: list[Segment] = []
    reached = 0.0
    for phase, end_ms in _steps(timing):
        if end_ms is not None and end_ms > reached:
            pieces.append(Segment(phase, reached, end_ms))
            reached = end_ms
    if timing.last_event_to_end_ms:
        pieces.append(Segment(Phase.END, reached, reached + timing.last_event_to_end_ms))
    return tuple(pieces)


def length_ms(timing: CallTiming) -> float:
    """How long the bar is: to the answer, or as far as the call has come."""
    return max((end_ms for _, end_ms in _steps(timing) if end_ms is not None), default=0.0) + (
        timing.last_event_to_end_ms or 0.0
    )


def in_words(timing: CallTiming) -> str:
    """The bar as a sentence, for those who cannot see it, and for a closer look."""
    pieces = (f"{piece.phase.words} {duration(piece.end_ms - piece.start_ms)}" for piece in segments(timing))
    progress_ms = timing.first_progress_ms
    progress = () if progress_ms is None else (f"first progress after {duration(progress_ms)}",)
    return ", ".join(chain(pieces, progress)) or "nothing was measured yet"


def _steps(timing: CallTiming) -> Iterator[tuple[Phase, float | None]]:
    """When each step was over."""
    opened_ms: float | None = None
    for phase, took_ms in (
        (Phase.RESOLVE, timing.resolve_ms),
        (Phase.CONNECT, timing.connect_ms),
        (Phase.TLS, timing.tls_ms),
    ):
        if took_ms is not None:
            opened_ms = (opened_ms or 0.0) + took_ms
            yield phase, opened_ms
    yield Phase.SEND, timing.sent_ms
    yield Phase.HEADERS, timing.headers_ms
    yield Phase.FIRST_BYTE, timing.first_byte_ms
    yield Phase.FIRST_EVENT, timing.first_event_ms
    yield Phase.ANSWER, timing.total_ms
