"""The streamed text of one stream or of all, pulled from the river in small portions, with its figures. No Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter_ns

from inspector.record.streamed_text import StreamedText, candidates
from inspector.record.text import counted, duration
from inspector.trace.events import (
    AnyEvent,
    Direction,
    FrameReceived,
    Message,
    MessageType,
    RequestSent,
    ToolStep,
)
from inspector.trace.river import River

BATCH = 200
MAX_PATHS = 40
SAMPLED_FIRST = 100
SAMPLED_EVERY = 64
"""Paths are looked for in the first events of a stream and then in every 64th: it costs as much as reading them."""
MAX_STREAMS = 200


@dataclass(frozen=True, slots=True)
class Figures:
    """How much text came and how fast; None where there is nothing to measure."""

    length: int = 0
    first_text_ms: float | None = None
    per_second: float | None = None
    is_done: bool = False

    @property
    def words(self) -> str:
        """The figures in one line, empty without text."""
        if not self.length:
            return ""
        first = "" if self.first_text_ms is None else f"first text after {duration(self.first_text_ms)}"
        rate = "" if self.per_second is None else f"{self.per_second:,.0f} characters/s"
        parts = (counted(self.length, "character"), first, rate, "complete" if self.is_done else "")
        return " · ".join(filter(None, parts))


class LiveText:
    """Follows a river on a cursor of its own; `choose` says of which stream and along which path."""

    def __init__(self, river: River) -> None:
        self._river = river
        self._cursor = self._start = self._noted = 0
        self._sent_ns: dict[int, int] = {}
        self._purposes: dict[int, str] = {}
        self.stream: int | None = None
        self.path: str | None = None
        self.streams: dict[int, str] = {}
        """The exchanges that carried events, and what each was for; the newest of them last."""
        self.choose(None, None)

    def choose(self, stream: int | None, path: str | None) -> None:
        """Read anew: one stream or, for None, all; along a JSONPath or, for None, at the usual places.

        Raises `PathError`, and then everything stays as it was.
        """
        text = StreamedText(path, stream)
        if stream != self.stream:
            self._start = 0
        self.stream, self.path = stream, path
        self._restart(text)

    def clear(self) -> None:
        """Forget the text so far; what comes from now on is shown."""
        self._start = len(self._river)
        self._restart(StreamedText(self.path, self.stream))

    @property
    def behind(self) -> int:
        """How many events are not read yet."""
        return len(self._river) - self._cursor

    @property
    def text(self) -> str:
        """All of it, or the last millions of characters."""
        return self._text.text

    @property
    def figures(self) -> Figures:
        """How much and how fast."""
        sent_ns = self._sent_ns.get(self._first_stream or 0)
        first_ms = None if sent_ns is None or self._first_ns is None else (self._first_ns - sent_ns) / 1e6
        took_ns = self._last_ns - (self._first_ns or 0)
        rate = (self._text.length - self._first_length) * 1e9 / took_ns if self._first_ns and took_ns > 0 else None
        return Figures(self._text.length, first_ms, rate, self._text.is_done)

    def pull(self, budget_ns: int) -> str:
        """Read on for at most so long; the text that came to it."""
        deadline_ns = perf_counter_ns() + budget_ns
        while self.behind:
            events = self._river.since(self._cursor, BATCH)
            self._cursor += len(events)
            self._note(events)
            self._fold(events)
            if perf_counter_ns() >= deadline_ns:
                break
        return self._text.take()

    def _restart(self, text: StreamedText) -> None:
        self._text = text
        self._cursor = self._start
        self._first_ns: int | None = None
        self._first_stream: int | None = None
        self._first_length = self._last_ns = self._sampled = 0
        self.paths: dict[str, None] = {}

    def _note(self, events: Sequence[AnyEvent]) -> None:
        """The streams there are; each event is looked at once, however often the text is read anew."""
        for event in events:
            if event.n < self._noted or event.stream is None:
                continue
            if type(event) is RequestSent:
                self._sent_ns[event.stream] = event.monotonic_ns
                self._purposes[event.stream] = event.purpose
            elif event.stream not in self.streams and _may_carry_text(event):
                self.streams[event.stream] = self._purposes.get(event.stream, "")
                if len(self.streams) > MAX_STREAMS:
                    del self.streams[next(iter(self.streams))]
        if events:
            self._noted = max(self._noted, events[-1].n + 1)

    def _fold(self, events: Sequence[AnyEvent]) -> None:
        wanted = [
            event for event in events if (self.stream is None or event.stream == self.stream) and _may_carry_text(event)
        ]
        for event in wanted:
            self._sampled += 1
            if len(self.paths) < MAX_PATHS and (self._sampled <= SAMPLED_FIRST or self._sampled % SAMPLED_EVERY == 0):
                self.paths.update(dict.fromkeys(candidates(event)))
        while wanted and self._first_ns is None:
            self._fold_first(wanted.pop(0))
        before = self._text.length
        self._text.fold(wanted)
        if self._text.length > before:
            self._last_ns = wanted[-1].monotonic_ns

    def _fold_first(self, event: AnyEvent) -> None:
        """Until there is text, event by event: its time is to be exact."""
        self._text.fold((event,))
        if self._text.length:
            self._first_ns = self._last_ns = event.monotonic_ns
            self._first_stream, self._first_length = event.stream, self._text.length


def _may_carry_text(event: AnyEvent) -> bool:
    if isinstance(event, Message):
        return event.direction is Direction.INBOUND and event.message_type is MessageType.NOTIFICATION
    return isinstance(event, FrameReceived | ToolStep) and event.direction is Direction.INBOUND
