"""What happened over time, as the charts draw it: rates, durations of calls, silences, open streams, drops."""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from inspector.stats.points import Points
from inspector.stats.reconnects import LISTENING, NO_LOSS
from inspector.stats.slots import SLOT_NS, Firsts, Levels, Sums
from inspector.trace.events import (
    ChunkReceived,
    CommentReceived,
    ConnectionState,
    Direction,
    ExchangeFailed,
    FrameReceived,
    HeadersReceived,
    Message,
    MessageType,
    Outcome,
    RequestSent,
    Severity,
    StateChanged,
    StreamEnded,
    ToolStep,
    Violation,
)
from inspector.trace.fold import Fold, Run

MAX_CALLS = 100_000
MAX_GAPS = 30_000
MAX_MARKS = 2_000
MAX_KEYS = 1_000
OTHER_KEY = "(other methods)"
_MAX_NAME = 200


class CallOutcome(enum.IntEnum):
    """How a request of ours ended."""

    ANSWERED = 0
    FAILED = 1
    LOST = 2
    TIMED_OUT = 3
    CANCELLED = 4
    REFUSED = 5


_OUTCOMES = {
    Outcome.LOST: CallOutcome.LOST,
    Outcome.TIMED_OUT: CallOutcome.TIMED_OUT,
    Outcome.CANCELLED: CallOutcome.CANCELLED,
    Outcome.REFUSED: CallOutcome.REFUSED,
}


class Beat(enum.IntEnum):
    """What ended a silence of a listening stream: the next of its kind, or the next of any kind."""

    EVENT = 0
    HEARTBEAT = 1
    ANYTHING = 2


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


@dataclass(slots=True)
class _Listening:
    """A stream that only listens: when an event and a heartbeat last came, and slot and row of the latest gap of each.

    Before the first of a kind its silence began with the headers.
    """

    last_ns: dict[Beat, int] = field(default_factory=dict)
    rows: dict[Beat, tuple[int, int]] = field(default_factory=dict)


class Series(Fold):
    """A fold over the river that keeps what is drawn over time; all of it bounded.

    `events` counts what makes a timeline row, `bytes_received` the bytes of all chunks, `streams` is how many HTTP
    exchanges are open. `calls` has a row per request that ended (`ms` is the round trip, or how long it was waited
    for), `gaps` one per silence on a listening stream: of those that end in one slot of a stream the longest.
    """

    def __init__(self) -> None:
        self.events, self.bytes_received = Sums(), Sums()
        self.streams = Levels()
        self.firsts = Firsts()
        self.calls = Points({"at_ns": "q", "ms": "d", "n": "q", "key": "i", "outcome": "b"}, MAX_CALLS)
        self.gaps = Points({"at_ns": "q", "ms": "d", "n": "q", "stream": "q", "beat": "b"}, MAX_GAPS)
        self.marks: deque[Mark] = deque(maxlen=MAX_MARKS)
        self.keys: list[str] = []
        """What calls are of, by the number in their row: `tools/call echo`, or the method."""
        self.first_ns: int | None = None
        self.first_at = 0.0
        self.count = 0
        """How many events were taken in."""
        self._key_numbers: dict[str, int] = {}
        self._open: set[int] = set()
        self._listening: dict[int, _Listening] = {}
        super().__init__(
            {
                RequestSent: self._on_request,
                HeadersReceived: self._on_headers,
                ToolStep: self._on_step,
                ExchangeFailed: self._on_failed,
                StateChanged: self._on_state,
                Violation: self._on_violation,
                StreamEnded: self._on_ended,
            },
            {
                ChunkReceived: self._on_chunks,
                Message: self._on_messages,
                FrameReceived: self._on_frames,
                CommentReceived: self._on_comments,
            },
        )

    @property
    def now_ns(self) -> int:
        """When the last event folded was."""
        return self._now_ns

    def wall_of(self, at_ns: int) -> float:
        """A time as Unix seconds."""
        return self.first_at + (at_ns - (self.first_ns or 0)) / 1e9

    @property
    def silent_since(self) -> dict[int, int]:
        """Since when each open listening stream has brought neither event nor heartbeat."""
        listening = self._listening.items()
        return {stream: each.last_ns[Beat.ANYTHING] for stream, each in listening if Beat.ANYTHING in each.last_ns}

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

    def _add_firsts(self, run: list[Message]) -> None:
        first, last = run[0].monotonic_ns, run[-1].monotonic_ns
        self.firsts.add(first, run[0].n)
        if first // SLOT_NS != last // SLOT_NS:
            for event in run:
                self.firsts.add(event.monotonic_ns, event.n)

    def _on_chunks(self, chunks: list[ChunkReceived]) -> None:
        for chunk in chunks:
            self.bytes_received.add(chunk.monotonic_ns, len(chunk.data))

    def _on_request(self, event: RequestSent) -> None:
        if event.stream is None:
            return
        self._open.add(event.stream)
        self.streams.set(event.monotonic_ns, len(self._open))
        if event.purpose in LISTENING:
            self._listening[event.stream] = _Listening()

    def _on_headers(self, event: HeadersReceived) -> None:
        listening = self._listening.get(event.stream or 0)
        if listening is not None:
            listening.last_ns = dict.fromkeys(Beat, event.monotonic_ns)

    def _on_ended(self, event: StreamEnded) -> None:
        if event.stream is not None and event.stream in self._open:
            self._open.discard(event.stream)
            self.streams.set(event.monotonic_ns, len(self._open))
        self._listening.pop(event.stream or 0, None)
        if event.cause not in NO_LOSS:
            self._mark(event, MarkKind.DROP, event.sentence)

    def _on_state(self, event: StateChanged) -> None:
        if event.state is ConnectionState.OPEN:
            self._mark(event, MarkKind.OPEN, event.reason)

    def _on_violation(self, event: Violation) -> None:
        if event.severity in (Severity.WARN, Severity.ERROR):
            self._mark(event, MarkKind.FINDING, event.text)

    def _mark(self, event: StreamEnded | StateChanged | Violation, kind: MarkKind, text: str) -> None:
        last = self.marks[-1] if self.marks else None
        if last is not None and last.kind is kind and last.at_ns // SLOT_NS == event.monotonic_ns // SLOT_NS:
            self.marks[-1] = replace(last, count=last.count + 1)
        else:
            self.marks.append(Mark(event.monotonic_ns, event.n, kind, text[:_MAX_NAME]))

    def _on_messages(self, messages: list[Message]) -> None:
        if self._listening:
            self._on_events(messages)
        for message in messages:
            if message.rtt_ms is not None and message.request_n is not None:
                self._on_answer(message, message.request_n, message.rtt_ms)

    def _on_answer(self, answer: Message, request_n: int, rtt_ms: float) -> None:
        failed = answer.message_type is MessageType.ERROR or answer.is_tool_error
        outcome = CallOutcome.FAILED if failed else CallOutcome.ANSWERED
        self._add_call(answer.monotonic_ns, rtt_ms, request_n, self._key(answer.method, answer.name), outcome)

    def _on_step(self, step: ToolStep) -> None:
        if step.rtt_ms is not None and step.request_n is not None:
            outcome = CallOutcome.FAILED if step.step == "error" else CallOutcome.ANSWERED
            self._add_call(step.monotonic_ns, step.rtt_ms, step.request_n, self._key("tools/call", step.tool), outcome)

    def _on_failed(self, event: ExchangeFailed) -> None:
        key, outcome = self._key(event.method, event.name), _OUTCOMES[event.outcome]
        self._add_call(event.monotonic_ns, event.elapsed_ms, event.request_n, key, outcome)

    def _add_call(self, at_ns: int, ms: float, request_n: int, key: int, outcome: CallOutcome) -> None:
        self.calls.append(at_ns, ms, request_n, key, outcome)

    def _key(self, method: str | None, name: str | None) -> int:
        key = f"{method} {name[:_MAX_NAME]}" if method == "tools/call" and name else (method or "")[:_MAX_NAME]
        number = self._key_numbers.get(key)
        if number is None:
            if len(self.keys) >= MAX_KEYS:
                key = OTHER_KEY
            number = self._key_numbers.setdefault(key, len(self.keys))
            if number == len(self.keys):
                self.keys.append(key)
        return number

    def _on_events(self, events: Sequence[Message | FrameReceived]) -> None:
        """Of those that one read brought only the first can end a silence."""
        listening, stream, at_ns = self._listening, None, 0
        for event in events:
            if event.monotonic_ns == at_ns and event.stream == stream:
                continue
            if event.stream in listening and event.direction is Direction.INBOUND:
                stream, at_ns = event.stream, event.monotonic_ns
                self._beat(listening[stream], event, Beat.EVENT)
                self._beat(listening[stream], event, Beat.ANYTHING)

    def _on_frames(self, frames: list[FrameReceived]) -> None:
        self._on_events(frames)

    def _on_comments(self, comments: list[CommentReceived]) -> None:
        for comment in comments:
            listening = self._listening.get(comment.stream or 0)
            if listening is not None:
                self._beat(listening, comment, Beat.HEARTBEAT)
                self._beat(listening, comment, Beat.ANYTHING)

    def _beat(self, listening: _Listening, event: Message | FrameReceived | CommentReceived, beat: Beat) -> None:
        """What comes at the same time as the one before ends no silence."""
        at_ns = event.monotonic_ns
        before_ns = listening.last_ns.setdefault(beat, at_ns)
        if at_ns <= before_ns:
            return
        gap_ms = (at_ns - before_ns) / 1e6
        listening.last_ns[beat] = at_ns
        slot, row = listening.rows.get(beat, (None, 0))
        if slot != at_ns // SLOT_NS:
            row = self.gaps.append(at_ns, gap_ms, event.n, event.stream or 0, beat)
            listening.rows[beat] = at_ns // SLOT_NS, row
        elif gap_ms > (self.gaps.value("ms", row) or 0.0):
            for name, value in (("at_ns", at_ns), ("ms", gap_ms), ("n", event.n)):
                self.gaps.replace(name, row, value)
