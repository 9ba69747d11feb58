"""Lanes: a fold over the rows of a timeline that knows of every stream how far it came, and when something was on it.

Lane 0 is the connection, to which belongs what has no stream; the others are numbered in the order in which their
streams began. Times of a lane never run backwards here: a row stamped before the one before it counts as that late.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from inspector.record.lanes_bins import Columns, Ticks, united
from inspector.record.rows import CONNECTION_KINDS, ERROR, HTTP_KINDS, KIND_WORDS, NONE, WARN, RowKind
from inspector.record.timeline import INBOUND, OUTBOUND, Timeline
from inspector.trace.states import ConnectionState

CONNECTION = 0
"""The lane of what belongs to no stream."""
SENT, HEADERS, EVENTS = 1, 2, 3
"""How far a stream had come: the lowest two bits of a column's flags."""
PHASES = SENT | HEADERS | EVENTS
IN, OUT, BEAT, WARNING, FAULT, FINDING = 4, 8, 16, 32, 64, 128
"""What happened within a column: something came, left, a heartbeat, a row to be warned of, an error, a violation."""
NEVER = -(1 << 63)
"""Stands in a column of times for what has not happened."""

_DENSE = 64
"""From so many ticks on a lane keeps arrays and bins; the others are chains through one column."""
_MOST_ENDED = 20_000
_DISORDER_NS = 10**9
"""Rows are in the order of the river; a stamp may be that much earlier than the one before it."""
_NOTABLE = 1
_SLOW = _NOTABLE | WARNING | FAULT | FINDING
_NO_ROW = -1
_BEGUN = (NEVER, NEVER, NEVER, NONE, NONE, 0)
_CONTENT_KINDS = frozenset(
    {
        RowKind.REQUEST,
        RowKind.NOTIFICATION,
        RowKind.RESPONSE,
        RowKind.ERROR,
        RowKind.INVALID,
        RowKind.FRAME,
        RowKind.BODY,
        RowKind.TOOL_STEP,
    }
)
_STATE_PHASES: dict[str, int] = {
    ConnectionState.CONNECTING: SENT,
    ConnectionState.RECONNECTING: SENT,
    ConnectionState.WAITING_FOR_HEADERS: HEADERS,
    ConnectionState.OPEN: EVENTS,
}


def _kind_flags(kind: int) -> int:
    if kind in HTTP_KINDS:
        return _NOTABLE
    if kind in CONNECTION_KINDS:
        return _NOTABLE | IN
    if kind in _CONTENT_KINDS:
        return IN | OUT  # one of them is left by the direction
    return {RowKind.COMMENT: BEAT, RowKind.VIOLATION: FINDING, RowKind.LAB: IN}.get(RowKind(kind), 0)


def _table(flags: dict[int, int], other: int = 0) -> bytes:
    return bytes(flags.get(code, other) for code in range(256))


_BY_KIND = _table({kind: _kind_flags(kind) for kind in range(len(KIND_WORDS))})
_BY_SEVERITY = _table({WARN: WARNING, ERROR: FAULT})
_BY_DIRECTION = _table({INBOUND: 0xFF ^ OUT, OUTBOUND: 0xFF ^ IN}, 0xFF ^ OUT)
_NO_HEARTBEAT = _table({0: 0xFF, 1: 0xFF ^ IN ^ OUT})
_HEARTBEAT = _table({1: BEAT})
_QUICK = bytes(code for code in range(256) if not code & _SLOW)
_SHOWN = bytes(code & ~PHASES for code in range(256))


class LaneFacts(NamedTuple):
    """What is known of one lane; times are `NEVER` for what has not happened, rows -1.

    `row_count` is how many rows it has, `severity` the worst of them, `end_severity` that of the stream's end.
    """

    stream: int
    sent_ns: int
    headers_ns: int
    first_ns: int
    end_ns: int
    end_severity: int
    severity: int
    row_count: int
    first_row: int
    end_row: int


class Lanes:
    """`fold` takes in rows as the timeline grows; one piece or many gives the same lanes."""

    def __init__(self, timeline: Timeline) -> None:
        self.timeline = timeline
        self.folded = 0
        """So many rows are in."""
        self.last_ns = NEVER
        self.open: dict[int, None] = {}
        """The lanes of streams that have not ended, in the order in which they began."""
        self.findings = 0
        self._lanes: dict[int, int] = {}
        self._dense: dict[int, Ticks] = {}
        self._ticks: dict[int, Ticks] = {}
        self._flags = bytearray()
        self._before = array("i")
        self._columns: tuple[array[int], ...] = tuple(array(code) for code in "qqqqqBBIiii")
        (
            self._streams,
            self._sent_ns,
            self._headers_ns,
            self._first_ns,
            self._end_ns,
            self._end_severities,
            self._severities,
            self._counts,
            self._first_rows,
            self._end_rows,
            self._newest,
        ) = self._columns
        self._adders = tuple(column.append for column in self._columns)
        self._states = array("I")
        self._ended = array("I")
        self._ended_ns = array("q")
        self._begin(0, NEVER, _NO_ROW)

    def __len__(self) -> int:
        return len(self._streams)

    def fold(self, limit: int | None = None) -> int:
        """Take in the next rows of the timeline, at most `limit`; says how many there were."""
        timeline, start = self.timeline, self.folded
        end = len(timeline) if limit is None else min(len(timeline), start + limit)
        if start >= end:
            return 0
        stamps = timeline.monotonic_ns[start:end]
        flags = _flags_of(timeline, start, end)
        self._before.extend(array("i", [_NO_ROW]) * (end - start))
        self._flags += flags.translate(_SHOWN)
        streams = _streams_of(timeline, start, end)
        slow: list[int] = []
        for stream, places in _grouped(streams).items():
            ticks = self._dense.get(stream)
            if ticks is None:
                slow += places
                continue
            part = flags if len(places) == len(flags) else bytes(map(flags.__getitem__, places))
            if part.translate(None, _QUICK):
                slow += places
            elif part is flags:
                ticks.extend(range(start, end), stamps.tolist(), flags)
            else:
                ticks.extend([start + place for place in places], [stamps[place] for place in places], part)
        slow.sort()
        for place in slow:
            self._note(start + place, streams[place], flags[place], stamps[place])
        self.folded = end
        latest_ns = max(stamps)
        self.last_ns = max(self.last_ns, latest_ns)
        return end - start

    def lane_of(self, stream: int) -> int | None:
        """The lane of a stream, None for one that is not known."""
        return self._lanes.get(stream)

    def facts(self, lane: int) -> LaneFacts:
        """What is known of a lane."""
        values = [column[lane] for column in self._columns[:-1]]
        if (ticks := self._ticks.get(lane)) is not None:
            values[7] = len(ticks.rows)
        return LaneFacts(*values)

    def severity(self, lane: int) -> int:
        """The worst of all rows of a lane."""
        return self._severities[lane]

    def rows(self, lane: int) -> Sequence[int]:
        """The timeline rows of a lane, ascending."""
        ticks = self._ticks.get(lane)
        return self._chain(lane) if ticks is None else ticks.rows

    def nearest(self, lane: int, at_ns: int) -> int | None:
        """The row of a lane whose time is nearest, the earlier of two; None for a lane without rows."""
        ticks = self._ticks.get(lane)
        rows, times_ns = (ticks.rows, ticks.times_ns) if ticks is not None else self._timed_chain(lane)
        if not rows:
            return None
        place = bisect_left(times_ns, at_ns)
        if place == len(rows):
            place = bisect_left(times_ns, times_ns[-1])
        elif place and at_ns - times_ns[place - 1] <= times_ns[place] - at_ns:
            place = bisect_left(times_ns, times_ns[place - 1])
        return rows[place]

    def between(self, start_ns: int, end_ns: int) -> list[int]:
        """The lanes of streams that were under way at any time of a span: open ones first, the newest first.

        Of very many that have ended, those of the newest 20,000 before the end of the span.
        """
        sent_ns, end_times = self._sent_ns, self._end_ns
        is_open = [lane for lane in reversed(self.open) if sent_ns[lane] < end_ns]
        ended = (
            lane
            for lane in self._ended_candidates(start_ns, end_ns)
            if sent_ns[lane] < end_ns and end_times[lane] >= start_ns and lane not in self.open
        )
        return is_open + sorted(ended, reverse=True)

    def _ended_candidates(self, start_ns: int, end_ns: int) -> Iterable[int]:
        """Lanes that may have been under way in a span: those that ended late enough or those that began early enough.

        Whichever are fewer; a paused recording of all day has many of one kind and few of the other.
        """
        late = bisect_left(self._ended_ns, start_ns)
        begun_row = bisect_left(self.timeline.monotonic_ns, end_ns + _DISORDER_NS)
        begun = bisect_left(self._first_rows, begun_row, 1)
        if len(self._ended) - late <= begun:
            return set(self._ended[max(late, len(self._ended) - _MOST_ENDED) :])
        return range(max(1, begun - _MOST_ENDED), begun)

    def column_bins(self, lane: int, columns: Columns, now_ns: int) -> bytes:
        """What is there in each column: how far the stream had come, and the flags of what happened within.

        A stream that has not ended runs to `now_ns`.
        """
        return united((self._phases(lane, columns, now_ns), self._tick_columns(lane, columns)), columns.count)

    def _begin(self, stream: int, at_ns: int, row: int) -> int:
        lane = len(self._streams)
        self._lanes[stream] = lane
        if stream:
            self.open[lane] = None
        for add, value in zip(self._adders, (stream, at_ns, *_BEGUN, row, _NO_ROW, _NO_ROW), strict=True):
            add(value)
        return lane

    def _note(self, row: int, stream: int, flag: int, at_ns: int) -> None:
        """One row of a lane that is not dense, or that changes what is known of its lane."""
        lane = self._lanes.get(stream)
        if lane is None:
            lane = self._begin(stream, at_ns, row)
        severity = self.timeline.severities[row]
        if severity > self._severities[lane]:  # noqa: PLR1730 - most rows have none
            self._severities[lane] = severity
        if flag & _NOTABLE:
            self._note_progress(lane, row, at_ns)
        elif flag & FINDING:
            self.findings += 1
        elif self._first_ns[lane] == NEVER and _is_event(self.timeline, row):
            self._first_ns[lane] = at_ns
        ticks = self._ticks.get(lane)
        if ticks is not None:
            ticks.extend((row,), [at_ns], bytes((flag & ~PHASES,)))
        else:
            self._before[row] = self._newest[lane]
            self._newest[lane] = row
            self._counts[lane] += 1
            if self._counts[lane] >= _DENSE:
                ticks = self._thicken(lane)
        if ticks is not None and lane != CONNECTION and self._first_ns[lane] != NEVER:
            self._dense[stream] = ticks

    def _thicken(self, lane: int) -> Ticks:
        rows, times_ns = self._timed_chain(lane)
        ticks = self._ticks[lane] = Ticks(rows, times_ns, bytes(self._flags[row] for row in rows))
        return ticks

    def _note_progress(self, lane: int, row: int, at_ns: int) -> None:
        kind = self.timeline.kinds[row]
        if kind == RowKind.STATE:
            self._states.append(row)
        elif kind == RowKind.HTTP_RESPONSE:
            if self._headers_ns[lane] == NEVER:
                self._headers_ns[lane] = at_ns
        elif kind == RowKind.HTTP_END and lane != CONNECTION:
            self._end_ns[lane] = at_ns
            self._end_rows[lane] = row
            self._end_severities[lane] = self.timeline.severities[row]
            self.open.pop(lane, None)
            self._ended.append(lane)
            self._ended_ns.append(max(at_ns, self._ended_ns[-1]) if self._ended_ns else at_ns)

    def _chain(self, lane: int) -> list[int]:
        rows, row = [], self._newest[lane]
        while row != _NO_ROW:
            rows.append(row)
            row = self._before[row]
        rows.reverse()
        return rows

    def _timed_chain(self, lane: int) -> tuple[list[int], list[int]]:
        rows = self._chain(lane)
        times_ns, latest, stamps = [], NEVER, self.timeline.monotonic_ns
        for row in rows:
            latest = max(latest, stamps[row])
            times_ns.append(latest)
        return rows, times_ns

    def _tick_columns(self, lane: int, columns: Columns) -> bytes:
        ticks = self._ticks.get(lane)
        if ticks is not None:
            return ticks.column_flags(columns)
        found = bytearray(columns.count)
        for row, at_ns in zip(*self._timed_chain(lane), strict=True):
            column = columns.column(at_ns)
            if 0 <= column < columns.count:
                found[column] |= self._flags[row]
        return bytes(found)

    def _phases(self, lane: int, columns: Columns, now_ns: int) -> bytes:
        if lane == CONNECTION:
            return _bar(columns, self._state_steps(columns, now_ns))
        facts = self.facts(lane)
        end_ns = now_ns if facts.end_ns == NEVER else facts.end_ns
        steps = [(facts.sent_ns, SENT), (facts.headers_ns, HEADERS), (facts.first_ns, EVENTS), (end_ns, 0)]
        return _bar(columns, (step for step in steps if step[0] != NEVER))

    def _state_steps(self, columns: Columns, now_ns: int) -> Iterator[tuple[int, int]]:
        """When the state changed, as far as columns can tell it apart."""
        timeline, states = self.timeline, self._states
        stamps = timeline.monotonic_ns
        first = max(0, bisect_left(states, columns.start_ns, key=stamps.__getitem__) - 1)
        end = bisect_left(states, columns.end_ns, key=stamps.__getitem__)
        for place in range(first, end, max(1, (end - first) // (4 * columns.count))):
            row = states[place]
            yield stamps[row], _STATE_PHASES.get(timeline.label(row), 0)
        yield now_ns, 0


def _flags_of(timeline: Timeline, start: int, end: int) -> bytes:
    """The flags of rows, made by tables: a look at each row by itself would take as long as all the rest."""
    kinds, directions = timeline.kinds[start:end].tobytes(), timeline.directions[start:end].tobytes()
    severities = timeline.severities[start:end].tobytes()
    beats = timeline.named_heartbeats(start, end)
    flags = _number(kinds, _BY_KIND) & _number(directions, _BY_DIRECTION) & _number(beats, _NO_HEARTBEAT)
    flags |= _number(beats, _HEARTBEAT) | _number(severities, _BY_SEVERITY)
    return flags.to_bytes(end - start, "little")


def _streams_of(timeline: Timeline, start: int, end: int) -> array[int]:
    """The streams of rows; what has none belongs to the stream of what it is about."""
    streams = timeline.streams[start:end]
    if 0 in streams:
        for place, stream in enumerate(streams):
            row = start + place
            if not stream and timeline.kinds[row] not in CONNECTION_KINDS:
                root = timeline.root(row)
                streams[place] = 0 if root is None else timeline.streams[root]
    return streams


def _is_event(timeline: Timeline, row: int) -> bool:
    return timeline.kinds[row] in _CONTENT_KINDS and timeline.directions[row] != OUTBOUND


def _grouped(streams: array[int]) -> dict[int, Sequence[int]]:
    """The places of each stream among some rows, the streams in the order of their first."""
    if streams.count(streams[0]) == len(streams):
        return {streams[0]: range(len(streams))}
    places: defaultdict[int, list[int]] = defaultdict(list)
    for place, stream in enumerate(streams):
        places[stream].append(place)
    return {**places}


def _number(codes: bytes, table: bytes) -> int:
    return int.from_bytes(codes.translate(table), "little")


def _bar(columns: Columns, steps: Iterable[tuple[int, int]]) -> bytes:
    """For each column the furthest phase that was in force within it; `steps` say from when on a phase was."""
    bar, phase, since_ns = bytearray(columns.count), 0, NEVER
    for at_ns, following in steps:
        until_ns = max(at_ns, since_ns)
        if phase and until_ns >= columns.start_ns:
            first = max(0, columns.column(since_ns))
            end = min(columns.count, columns.column(max(since_ns, until_ns - 1)) + 1)
            if first < end:
                bar[first:end] = bytes((max(phase, bar[first]),)) + bytes((phase,)) * (end - first - 1)
        phase, since_ns = following, until_ns
    return bytes(bar)
