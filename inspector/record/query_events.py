"""A filter asked of single events as they come, without a timeline to look things up in.

It is the same condition that tests the rows of the timeline: a `Slide` holds one row at a time in columns of the same
names. What a row takes over from the row it is about is remembered for the newest requests only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from inspector.record import query_conditions as conditions
from inspector.record.labels import TEXT_LIMIT
from inspector.record.query import Query
from inspector.record.query_logic import Always, Condition, Context, Every, Not, Some
from inspector.record.rows import HEARTBEAT_LABELS, NONE, ROW_MAKERS, RowKind
from inspector.record.timeline import DIRECTIONS, LARGEST_STREAM, Timeline
from inspector.trace.events import AnyEvent, ConnectionState, StateChanged

_FIRST, ROW = 0, 1
_LARGEST_NUMBER = 2**32 - 1
MAX_REMEMBERED = 10_000
_STATIC_COLUMNS = ("severities", "streams")

V = TypeVar("V")


class Slide(Timeline):
    """Two rows: the first event that was ever shown, which times of the day and since the start need, and the latest.

    `show` puts an event into the second; every test of a filter is then asked about row `ROW`.
    """

    def __init__(self) -> None:
        super().__init__()
        self._event: AnyEvent | None = None
        self._label = self._name = ""
        self._methods: dict[int, str] = {}
        self._asked: dict[int, tuple[str, str]] = {}
        self._last_end = NONE
        for column in (self.numbers, self.monotonic_ns, self.streams, self.directions, self.kinds, self.severities):
            column.extend((0, 0))
        for times in (self.at, self.latencies_ms):
            times.extend((0.0, 0.0))
        self.sizes_bytes = [0, 0]  # type: ignore[assignment]  # two numbers need no sparing column
        self.context = Context(self, self._shown)

    def show(self, event: AnyEvent) -> bool:
        """Put an event on the slide; False if it makes no row, as a chunk."""
        make = ROW_MAKERS.get(type(event))
        if make is None:
            return False
        kind, label, name, size_bytes, latency_ms, severity, about_n = make(event)
        if self._event is None:
            self.monotonic_ns[_FIRST], self.at[_FIRST] = event.monotonic_ns, event.at
        self._event = event
        stream = event.stream or 0
        self.numbers[ROW] = min(event.n, _LARGEST_NUMBER)
        self.monotonic_ns[ROW], self.at[ROW] = event.monotonic_ns, event.at
        self.streams[ROW] = stream if 0 <= stream <= LARGEST_STREAM else 0
        self.directions[ROW], self.kinds[ROW] = DIRECTIONS[event.direction], kind
        self.latencies_ms[ROW], self.severities[ROW] = latency_ms, self._severity(event, kind, severity)
        self.sizes_bytes[ROW] = size_bytes  # type: ignore[index]
        self._label, self._name = label[:TEXT_LIMIT], name[:TEXT_LIMIT]
        self._remember(event.n, kind, about_n)
        return True

    def label(self, row: int) -> str:
        """What the event on the slide is called."""
        return self._label

    def name(self, row: int) -> str:
        """The tool, prompt, URI or purpose of the event on the slide."""
        return self._name

    def is_heartbeat(self, row: int) -> bool:
        """Whether the event only says that the other side is alive."""
        return self.kinds[ROW] == RowKind.COMMENT or self._label in HEARTBEAT_LABELS

    def lane_name(self, stream: int) -> str:
        """The HTTP method that opened a stream, and its number."""
        return f"{self._methods.get(stream, 'stream')} {stream}" if stream else ""

    def http_rows(self, stream: int) -> list[int]:
        """None: of a stream that was not opened yet, nothing is final."""
        return []

    def _shown(self, n: int) -> AnyEvent:
        if self._event is None:
            raise LookupError(n)
        return self._event

    def _remember(self, n: int, kind: int, about_n: int | None) -> None:
        """What later rows take over: the HTTP method of their stream, the name of the request they answer."""
        if kind == RowKind.HTTP_REQUEST:
            _add(self._methods, self.streams[ROW], self._label)
        elif kind == RowKind.REQUEST:
            _add(self._asked, n, (self._label, self._name))
        elif not self._label and about_n is not None:
            label, name = self._asked.get(about_n, ("", ""))
            self._label, self._name = label, self._name or name

    def _severity(self, event: AnyEvent, kind: int, severity: int) -> int:
        if kind == RowKind.HTTP_END:
            self._last_end = severity
        elif type(event) is StateChanged and event.state is ConnectionState.CLOSED:
            return self._last_end  # "closed" is as grave as what closed it
        return severity


class EventTest:
    """Whether an event fits a filter.

    `kinds` are the kinds of row that may fit at all, None for any. A `is_static` filter asks nothing of an event that
    two messages of one method, name and stream could differ in.
    """

    def __init__(self, query: Query, slide: Slide) -> None:
        self.kinds = kinds_of(query.condition)
        self.is_static = is_static(query.condition)
        self._slide = slide
        self._make: Callable[[], Callable[[int], bool]] = lambda: query.condition.test(slide.context)
        self._test = self._make()
        self._asked = 0

    def fits(self) -> bool:
        """Whether the event on the slide fits."""
        slide = self._slide
        if self.kinds is not None and slide.kinds[ROW] not in self.kinds:
            return False
        self._asked += 1
        if self._asked % MAX_REMEMBERED == 0:
            self._test = self._make()  # a test remembers streams, also those that are long over
        return self._test(ROW)


def kinds_of(condition: Condition) -> frozenset[int] | None:
    """The kinds of row that may fit; None: any."""
    if isinstance(condition, conditions.KindIs):
        return condition.kinds
    if isinstance(condition, conditions.WordIs):
        return condition.kinds or None
    if isinstance(condition, conditions.StatusIn):
        return frozenset(conditions.STATUS_KINDS)
    if isinstance(condition, conditions.ToolFailed):
        return frozenset({RowKind.RESPONSE})
    if isinstance(condition, conditions.EventNameIs):
        return frozenset(conditions.MESSAGE_KINDS | {RowKind.FRAME})
    if isinstance(condition, Every):
        known = [kinds for kinds in map(kinds_of, condition.parts) if kinds is not None]
        return frozenset.intersection(*known) if known else None
    if isinstance(condition, Some):
        parts = [kinds_of(part) for part in condition.parts]
        return None if None in parts else frozenset().union(*(part for part in parts if part is not None))
    return None


def is_static(condition: Condition) -> bool:
    """Whether it asks only for kind, direction, severity, stream, label, name and the name of the event."""
    if isinstance(condition, Every | Some):
        return all(map(is_static, condition.parts))
    if isinstance(condition, Not):
        return is_static(condition.part)
    if isinstance(condition, conditions.NumberIn):
        return condition.column in _STATIC_COLUMNS
    return isinstance(
        condition,
        Always
        | conditions.KindIs
        | conditions.DirectionIs
        | conditions.StreamOpenedBy
        | conditions.WordIs
        | conditions.StatusIn
        | conditions.ToolFailed
        | conditions.EventNameIs
        | conditions.Heartbeat
        | conditions.Marked,
    )


def _add(remembered: dict[int, V], key: int, value: V) -> None:
    if len(remembered) >= MAX_REMEMBERED:
        del remembered[next(iter(remembered))]
    remembered[key] = value
