"""The silences of the streams that listen: between events, between heartbeats, and between anything at all."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field

from inspector.stats.points import Points
from inspector.stats.reconnects import LISTENING
from inspector.stats.slots import SLOT_NS
from inspector.trace.events import (
    CommentReceived,
    Direction,
    FrameReceived,
    HeadersReceived,
    Message,
    RequestSent,
    StreamEnded,
)
from inspector.trace.fold import Fold

MAX_GAPS = 30_000


class Beat(enum.IntEnum):
    """What ended a silence of a listening stream: the next of its kind, or the next of any kind."""

    EVENT = 0
    HEARTBEAT = 1
    ANYTHING = 2


@dataclass(slots=True)
class _Listening:
    """A stream that only listens: when something of each kind last came, and slot and row of its latest gap.

    Before the first of a kind its silence began with the headers.
    """

    last_ns: dict[Beat, int] = field(default_factory=dict)
    rows: dict[Beat, tuple[int, int]] = field(default_factory=dict)


class Gaps(Fold):
    """A fold over the river: the newest 30,000 silences by the moment they ended.

    Of those of a stream and kind that end in one slot of a tenth of a second only the longest is kept.
    """

    def __init__(self) -> None:
        self.points = Points({"at_ns": "q", "ms": "d", "n": "q", "stream": "q", "beat": "b"}, MAX_GAPS)
        self._listening: dict[int, _Listening] = {}
        super().__init__(
            {RequestSent: self._on_request, HeadersReceived: self._on_headers, StreamEnded: self._on_ended},
            {Message: self._on_events, FrameReceived: self._on_events, CommentReceived: self._on_comments},
        )

    @property
    def silent_since(self) -> dict[int, int]:
        """Since when each open listening stream has brought neither event nor heartbeat."""
        listening = self._listening.items()
        return {stream: each.last_ns[Beat.ANYTHING] for stream, each in listening if Beat.ANYTHING in each.last_ns}

    def _on_request(self, event: RequestSent) -> None:
        if event.stream is not None and event.purpose in LISTENING:
            self._listening[event.stream] = _Listening()

    def _on_headers(self, event: HeadersReceived) -> None:
        listening = self._listening.get(event.stream or 0)
        if listening is not None:
            listening.last_ns = dict.fromkeys(Beat, event.monotonic_ns)

    def _on_ended(self, event: StreamEnded) -> None:
        self._listening.pop(event.stream or 0, None)

    def _on_events(self, events: Sequence[Message | FrameReceived]) -> None:
        """Of those that one read brought only the first can end a silence."""
        if not self._listening:
            return
        listening, stream, at_ns = self._listening, None, 0
        for event in events:
            if event.monotonic_ns == at_ns and event.stream == stream:
                continue
            if event.stream in listening and event.direction is Direction.INBOUND:
                stream, at_ns = event.stream, event.monotonic_ns
                self._beat(listening[stream], event, Beat.EVENT)
                self._beat(listening[stream], event, Beat.ANYTHING)

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
            row = self.points.append(at_ns, gap_ms, event.n, event.stream or 0, beat)
            listening.rows[beat] = at_ns // SLOT_NS, row
        elif gap_ms > (self.points.value("ms", row) or 0.0):
            for name, value in (("at_ns", at_ns), ("ms", gap_ms), ("n", event.n)):
                self.points.replace(name, row, value)
