"""What came of every attempt to go on where a stream had broken off."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice, repeat
from operator import attrgetter
from typing import TypeVar

from inspector.protocol.probe_steps import PREFIX
from inspector.stats.event_ids import LOW, MAX_ID_CHARACTERS, MAX_IDS, Line, key_of, number_in, progress_in
from inspector.stats.purposes import LISTENING, last_event_id
from inspector.stats.resuming import Resume, ResumeOutcome, Resumption
from inspector.trace.events import (
    OWN_ENDS,
    ConnectionState,
    Direction,
    EndCause,
    FrameReceived,
    HeadersReceived,
    Message,
    RequestSent,
    SseEvent,
    StateChanged,
    StreamEnded,
    ToolStep,
)
from inspector.trace.fold import Fold

T = TypeVar("T")

__all__ = ["ResumeOutcome", "Resumption", "Resumptions"]

MAX_RESUMPTIONS = 1_000
MAX_IDS_IN_ALL = 100_000
_MAX_STREAMS = 1_000
_FORGOTTEN_AT_ONCE = 1_000
_PLACE = attrgetter("connection", "stream")


@dataclass(slots=True)
class _Connection:
    """The ids of one session: on which line each came, and how many had come there before it."""

    ids: dict[str, tuple[Line, int]] = field(default_factory=dict)
    lines: dict[int, Line] = field(default_factory=dict)
    """The line that each open stream belongs to."""
    has_listened: bool = False
    """Whether a listening stream was open, and ended otherwise than by us."""
    has_session: bool = False
    is_shared: bool = False
    """Whether the ids are numbers of one counter for all streams: then a gap is no loss."""

    def line(self, stream: int) -> Line:
        found = self.lines.get(stream)
        if found is None:
            found = self.lines[stream] = Line()
            if len(self.lines) > _MAX_STREAMS:
                del self.lines[next(iter(self.lines))]
        return found

    def counts(self, line: Line) -> bool:
        """Whether a gap in the ids of a line is a loss.

        Where there is a session, others may use up numbers too, unless the line has a counter of its own: from 0 or 1.
        """
        return line.by_id.is_sure and (not self.has_session or (line.by_id.starts_low and not self.is_shared))

    def add_all(self, line: Line, events: Sequence[SseEvent]) -> None:
        """Take in what comes on a stream as it is, and is no resume: what has a new id gets its place on the line."""
        keys = [event.event_id or "" for event in events]
        has_room = len(self.ids) + len(keys) <= MAX_IDS_IN_ALL
        if has_room and line.goes_on_with(keys, events) and self.ids.keys().isdisjoint(keys):
            places = range(line.count, line.count + len(keys))
            self.ids |= zip(keys, zip(repeat(line, len(keys)), places, strict=True), strict=True)
            line.add_next(keys)
            self._forget(line)
        else:
            self._add_each(line, events)

    def _add_each(self, line: Line, events: Iterable[SseEvent]) -> None:
        ids, by_id, by_progress = self.ids, line.by_id, line.by_progress
        for event in events:
            key = event.event_id or ""
            if len(key) > MAX_ID_CHARACTERS:
                key = key_of(key)
            if key in ids:
                continue
            if not line.count:
                self._begin(key)
            by_id.add_key(key)
            by_progress.add_event(event)
            self.add(line, key, event)

    def _begin(self, key: str) -> None:
        """The first id of a line: a counter that begins late, while others count, is one for all of them."""
        number = number_in(key)
        is_late = number is not None and number.value > LOW
        self.is_shared = self.is_shared or (is_late and bool(self.ids))

    def add(self, line: Line, key: str, event: SseEvent) -> None:
        self.ids[key] = line, line.count
        line.add(key, event)
        self._forget(line)

    def _forget(self, line: Line) -> None:
        if line.count > MAX_IDS:
            for oldest in line.surplus():
                self.ids.pop(oldest, None)
        if len(self.ids) > MAX_IDS_IN_ALL:
            for oldest in list(islice(self.ids, _FORGOTTEN_AT_ONCE)):  # a look for one costs as much as for many
                del self.ids[oldest]

    def start_over(self) -> None:
        """Ids are unique within a session, and a new one begins."""
        self.ids.clear()
        self.lines.clear()
        self.has_listened = self.is_shared = False
        self.has_session = True


class Resumptions(Fold):
    """A fold over the river: the newest 1,000 resumes that were answered, and what they brought.

    Per stream the newest 10,000 ids are known. A loss is only claimed where it is certain: where events that we had
    already were asked for again, where the ids of the stream count up by one each time and nobody else can use up
    numbers, or where the progress of the call does.
    """

    def __init__(self) -> None:
        self._connections: dict[int, _Connection] = {}
        self._asked: dict[int, Resume] = {}
        self._open: dict[int, Resume] = {}
        self._resumptions: deque[Resume | Resumption] = deque(maxlen=MAX_RESUMPTIONS)
        self._promised: dict[int, bool] = {}
        """The listening streams under way, and whether their headers promised events."""
        super().__init__(
            {
                StateChanged: self._on_state,
                RequestSent: self._on_request,
                HeadersReceived: self._on_headers,
                StreamEnded: self._on_ended,
            },
            dict.fromkeys((Message, FrameReceived, ToolStep), self._on_events),
        )

    @property
    def resumptions(self) -> Sequence[Resumption]:
        """The resumes in the order in which they were answered."""
        return tuple(
            each if isinstance(each, Resumption) else each.resumption(self._ids(each)) for each in self._resumptions
        )

    def _connection(self, number: int) -> _Connection:
        found = self._connections.get(number)
        return self._connections.setdefault(number, _Connection()) if found is None else found

    def _ids(self, resume: Resume) -> dict[str, tuple[Line, int]]:
        connection = self._connections.get(resume.request.connection)
        return {} if connection is None else connection.ids

    def _on_state(self, event: StateChanged) -> None:
        if event.state is not ConnectionState.CLOSED:
            return
        for stream, resume in list(self._open.items()):
            if resume.request.connection == event.connection:
                self._end(stream, is_refused=False)
        self._connections.pop(event.connection, None)

    def _on_request(self, event: RequestSent) -> None:
        if event.stream is None or event.purpose.startswith(PREFIX):
            return
        connection = self._connection(event.connection)
        if event.purpose == "initialize":
            connection.start_over()
        if event.purpose in LISTENING:
            _keep(self._promised, event.stream, False)
        cursor = last_event_id(event)
        if cursor is None:
            if event.purpose == "stream" and connection.has_listened:
                _keep(self._asked, event.stream, Resume(event, None, None, None))
            return
        line, place = connection.ids.get(key_of(cursor), (None, None))
        if line is not None:
            connection.lines[event.stream] = line
        is_counted = line is not None and connection.counts(line)
        _keep(self._asked, event.stream, Resume(event, cursor, line, place, is_counted=is_counted))

    def _on_headers(self, event: HeadersReceived) -> None:
        stream = event.stream or 0
        if 300 <= event.status < 400:
            return
        if stream in self._promised:
            self._promised[stream] = event.status == 200
        resume = self._asked.pop(stream, None)
        if resume is None:
            return
        resume.answered(event.status, event.monotonic_ns)
        _keep(self._open, stream, resume)
        self._resumptions.append(resume)

    def _on_ended(self, event: StreamEnded) -> None:
        stream = event.stream or 0
        connection = self._connections.get(event.connection)
        self._asked.pop(stream, None)
        was_promised = self._promised.pop(stream, False)
        if connection is None:
            return
        connection.lines.pop(stream, None)
        if was_promised and (event.cause is EndCause.DROPPED_BY_US or event.cause not in OWN_ENDS):
            connection.has_listened = True
        self._end(stream, is_refused=event.cause is EndCause.REJECTED)

    def _end(self, stream: int, *, is_refused: bool) -> None:
        """What a resume has brought is known now for good."""
        resume = self._open.pop(stream, None)
        if resume is None:
            return
        resume.ended(is_refused=is_refused)
        for place in range(len(self._resumptions) - 1, -1, -1):
            if self._resumptions[place] is resume:
                self._resumptions[place] = resume.resumption(self._ids(resume))
                break

    def _on_events(self, events: list[SseEvent]) -> None:
        inbound = Direction.INBOUND
        named = [each for each in events if each.event_id and each.direction is inbound and each.stream is not None]
        for (number, stream), run in _by_place(named):
            connection = self._connection(number)
            resume = self._open.get(stream)
            if resume is None:
                connection.add_all(connection.line(stream), run)
                continue
            for event in run:
                _take(resume, connection, connection.line(stream), event)


def _by_place(events: list[SseEvent]) -> Iterable[tuple[tuple[int, int], list[SseEvent]]]:
    """What came on one stream behind another; in a flood that is one stream for all."""
    if not events:
        return ()
    place = _PLACE(events[0])
    if list(map(_PLACE, events)).count(place) == len(events):
        return ((place, events),)
    return ((place, list(run)) for place, run in groupby(events, _PLACE))


def _take(resume: Resume, connection: _Connection, line: Line, event: SseEvent) -> None:
    """An event with an id on a stream that goes on with another."""
    key = key_of(event.event_id or "")
    known, place = connection.ids.get(key, (None, None))
    is_here = known is line
    number, progress = number_in(key), progress_in(event)
    resume.take(event, key, place if is_here else None, is_elsewhere=known is not None and not is_here)
    if known is None:
        line.by_id.follow(number)
        line.by_progress.follow(progress)
        connection.add(line, key, event)


def _keep(kept: dict[int, T], key: int, value: T) -> None:
    kept[key] = value
    if len(kept) > _MAX_STREAMS:
        del kept[next(iter(kept))]
