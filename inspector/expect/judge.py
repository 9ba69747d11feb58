"""The judge: a pure fold over the river that tells of each expectation whether it is met.

The same events give the same verdicts, live, in a recording and without a window. No clock is read: what has to come
within a time is found missing once the river has passed that time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any

from inspector.diagnose.finding import Finding
from inspector.expect.calls import CallBook
from inspector.expect.deadlines import NEVER_NS
from inspector.expect.expectation import Expectation
from inspector.expect.filters import Filters
from inspector.expect.streams import StreamBook
from inspector.expect.verdict import Verdict
from inspector.expect.watch import Watch
from inspector.expect.watches import Surroundings, watch_of
from inspector.stats.availability import Availability, AvailabilityReport
from inspector.trace.events import (
    CommentReceived,
    Direction,
    ExchangeFailed,
    FrameReceived,
    Framing,
    HeadersReceived,
    Message,
    MessageType,
    StateChanged,
    StreamEnded,
    ToolStep,
)
from inspector.trace.fold import Fold, Run

_LONGEST_S = 1e9
"""A recording may hold any time; this is more than any session has."""
_LIKENESS: dict[type[Any], Callable[[Any], Any]] = {
    Message: attrgetter("stream", "message_type", "direction", "request_n", "framing", "method"),
    FrameReceived: attrgetter("stream"),
    CommentReceived: attrgetter("stream"),
}
"""What events of a kind have to share to be told together."""


class Judge(Fold):
    """Folds events into verdicts; `findings` gives those of the diagnosis that runs beside it."""

    def __init__(self, expectations: Sequence[Expectation], findings: Callable[[], Sequence[Finding]] = tuple) -> None:
        self._availability = Availability()
        self._origin: tuple[int, float] | None = None
        self._since_ns: int | None = None
        around = Surroundings(self._report, findings, self._ns_of, lambda: self.began_ns)
        self._watches = [(each, watch_of(each, around)) for each in expectations]
        watches = [watch for _, watch in self._watches]
        self._timed = [watch for watch in watches if type(watch).due is not Watch.due]
        self._streams = StreamBook([watch for watch in watches if watch.wants_streams])
        self._on_state = [watch for watch in watches if watch.wants_availability]
        self._book = CallBook([(watch.names, watch) for watch in watches if watch.names is not None])
        self._filters = Filters([watch for watch in watches if watch.filter], self._book)
        self._span_ns = min((watch.span_ns for watch in watches), default=NEVER_NS)
        super().__init__(
            {
                ToolStep: self._on_step,
                ExchangeFailed: self._book.on_failed,
                StreamEnded: self._on_ended,
                HeadersReceived: self._streams.on_headers,
                StateChanged: self._on_moved,
            },
            {Message: self._on_messages, FrameReceived: self._on_events, CommentReceived: self._on_events},
        )

    @property
    def expectations(self) -> tuple[Expectation, ...]:
        """What is judged, in the order given."""
        return tuple(expectation for expectation, _ in self._watches)

    @property
    def now_ns(self) -> int:
        """The time that the river has come to."""
        return self._now_ns

    @property
    def began_ns(self) -> int | None:
        """The time of the first event, or since when it was judged anew."""
        return self._since_ns if self._since_ns is not None or self._origin is None else self._origin[0]

    def verdicts(self, *, is_over: bool = False) -> tuple[Verdict, ...]:
        """How things stand, in the order of the expectations; `is_over`: nothing will follow to be waited for."""
        return tuple(watch.verdict(expectation, is_over) for expectation, watch in self._watches)

    def begin_anew(self) -> None:
        """Forget the verdicts: what comes from now on counts, and what is under way goes on."""
        self._since_ns = self._now_ns
        for _, watch in self._watches:
            watch.begin_anew()

    def take(self, pieces: Sequence[Run]) -> None:
        """Take in the next events of the river, already cut into `runs`."""
        if not self._watches:
            return
        for run in pieces:
            if self._origin is None:
                first = run[1][0]
                self._origin = first.monotonic_ns, first.at
            self._take_run(run)

    def advance(self, now_ns: int) -> None:
        """Nothing happened until now, by the monotonic clock of the river; only for a river that is still live."""
        if self._origin is not None and now_ns > self._now_ns:
            self._now_ns = now_ns
            self._let_expire(now_ns)

    def _take_run(self, run: Run) -> None:
        kind, events = run
        is_asked = self._filters.ask_for(kind)
        if not is_asked and kind not in self._reactions and kind not in self._run_reactions:
            self._take_group(kind, events, is_asked=False)
        else:
            for group in self._groups(kind, events):
                self._let_expire(group[0].monotonic_ns)
                self._take_group(kind, group, is_asked)
        self._now_ns = max(self._now_ns, events[-1].monotonic_ns)
        self._let_expire(events[-1].monotonic_ns)

    def _take_group(self, kind: type[Any], group: list[Any], is_asked: bool) -> None:
        if self._on_state:
            self._availability.take([(kind, group)])
        if is_asked:
            self._filters.ask(kind, group)
        super().take([(kind, group)])

    def _groups(self, kind: type[Any], run: list[Any]) -> Iterator[list[Any]]:
        """The run in pieces between which nothing can fall due, one by one where it could."""
        likeness = _LIKENESS.get(kind)
        if likeness is None or len(run) == 1:
            yield from ([event] for event in run)
            return
        pieces = [run] if _are_alike(kind, run) else [list(alike) for _, alike in groupby(run, likeness)]
        for piece in pieces:
            last_ns = piece[-1].monotonic_ns
            is_short = last_ns - piece[0].monotonic_ns <= self._span_ns and self._next_ns() >= last_ns
            if is_short and (kind is not Message or _is_plain(piece[0])):
                yield piece
            else:
                yield from ([event] for event in piece)

    def _next_ns(self) -> int:
        return min((watch.next_ns for watch in self._timed), default=NEVER_NS)

    def _let_expire(self, before_ns: int) -> None:
        for watch in self._timed:
            if watch.next_ns < before_ns:
                watch.due(before_ns)

    def _on_messages(self, messages: list[Message]) -> None:
        self._book.on_messages(messages)
        first = messages[0]
        if first.framing is Framing.SSE and first.direction is Direction.INBOUND:
            self._streams.stir(messages)

    def _on_events(self, events: list[Any]) -> None:
        self._book.on_events(events)
        self._streams.stir(events)

    def _on_step(self, step: ToolStep) -> None:
        self._book.on_step(step)
        if step.framing is Framing.SSE and step.direction is Direction.INBOUND:
            self._streams.stir([step])

    def _on_ended(self, ended: StreamEnded) -> None:
        self._book.on_ended(ended)
        self._streams.on_ended(ended)

    def _on_moved(self, event: StateChanged) -> None:
        if self._on_state:
            share = self._availability.uptime_share(event.monotonic_ns, self._since_ns)
            for watch in self._on_state:
                watch.available(share, event)

    def _report(self) -> AvailabilityReport:
        return self._availability.report(self._now_ns, self._since_ns)

    def _ns_of(self, at: float) -> int:
        """The time of the river at a Unix time, not before its beginning."""
        origin_ns, origin_at = self._origin or (0, 0.0)
        return origin_ns + int(min(max(0.0, at - origin_at), _LONGEST_S) * 1e9)


def _are_alike(kind: type[Any], run: list[Any]) -> bool:
    """Whether all have the same likeness, as in a flood: to compare each with the first is the quickest way to know."""
    first = run[0]
    stream = first.stream
    if kind is not Message:
        return not [1 for event in run if event.stream != stream]
    request_n, method, framing = first.request_n, first.method, first.framing
    message_type, direction = first.message_type, first.direction
    return not [
        1
        for message in run
        if message.stream != stream
        or message.request_n != request_n
        or message.method != method
        or message.message_type is not message_type
        or message.direction is not direction
        or message.framing is not framing
    ]


def _is_plain(message: Message) -> bool:
    """Whether several like it may be told together: nothing is begun or settled by them."""
    return message.message_type is MessageType.NOTIFICATION and message.direction is Direction.INBOUND
