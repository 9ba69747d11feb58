"""The conditions that a filter is made of: each as a test of a timeline row, and as SQL over the stored rows."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Callable, Collection, Container
from dataclasses import dataclass

from inspector.record import query_text
from inspector.record.query_logic import BYTES, COLUMN, EVENT, WORD, Always, Context, joined
from inspector.record.query_values import Clock, Interval, RowTest, Sql, Word
from inspector.record.rows import HEARTBEAT_LABELS, KIND_WORDS, WARN, RowKind
from inspector.record.schema import shown_id
from inspector.record.timeline import INBOUND, OUTBOUND, Timeline
from inspector.trace.events import AnyEvent, FrameReceived, Framing, Message, ToolStep

MESSAGE_KINDS = frozenset(
    {RowKind.REQUEST, RowKind.NOTIFICATION, RowKind.RESPONSE, RowKind.ERROR, RowKind.INVALID, RowKind.TOOL_STEP}
)
"""The rows that stand for a message, or for a step of a tool's run."""
STATUS_KINDS = frozenset({RowKind.HTTP_RESPONSE, RowKind.REDIRECT})
"""The rows whose label begins with an HTTP status code."""
NEAR_EVENTS = 8
"""So many events without a row, as chunks are, belong to the row behind them."""


@dataclass(frozen=True, slots=True)
class KindIs:
    """The row is of one of these kinds."""

    kinds: frozenset[int]
    cost: int = COLUMN

    def test(self, context: Context) -> RowTest:
        kinds, wanted = context.timeline.kinds, self.kinds
        return lambda row: kinds[row] in wanted

    def where(self, context: Context) -> Sql:
        return _kinds_where(self.kinds), []


@dataclass(frozen=True, slots=True)
class DirectionIs:
    """The row went this way: INBOUND, OUTBOUND or 0 for neither."""

    code: int
    cost: int = COLUMN

    def test(self, context: Context) -> RowTest:
        directions, code = context.timeline.directions, self.code
        return lambda row: directions[row] == code

    def where(self, context: Context) -> Sql:
        return {INBOUND: "direction IS 'in'", OUTBOUND: "direction IS 'out'"}.get(self.code, "direction IS NULL"), []


@dataclass(frozen=True, slots=True)
class NumberIn:
    """A number of the row lies in an interval: `column` is the timeline's, `expression` the stored one."""

    column: str
    expression: str
    interval: Interval
    cost: int = COLUMN

    def test(self, context: Context) -> RowTest:
        return self.interval.test(getattr(context.timeline, self.column))

    def where(self, context: Context) -> Sql:
        return self.interval.where(self.expression)


@dataclass(frozen=True, slots=True)
class ConnectionIn:
    """The event belongs to one of these connections; no column of the timeline knows them."""

    interval: Interval
    cost: int = EVENT

    def test(self, context: Context) -> RowTest:
        event_of, numbers, holds = context.event_of, context.timeline.numbers, self.interval.holds
        return lambda row: holds(event_of(numbers[row]).connection)

    def where(self, context: Context) -> Sql:
        return self.interval.where("connection")


@dataclass(frozen=True, slots=True)
class SinceStart:
    """The row came so many nanoseconds after the first."""

    interval: Interval
    cost: int = COLUMN

    def test(self, context: Context) -> RowTest:
        stamps = context.timeline.monotonic_ns
        return _late(lambda: self.interval.moved(stamps[0]).test(stamps))

    def where(self, context: Context) -> Sql:
        stamps = context.timeline.monotonic_ns
        return self.interval.moved(stamps[0]).where("monotonic_ns") if len(stamps) else ("0", [])


@dataclass(frozen=True, slots=True)
class At:
    """The row came at such a time of the day."""

    clock: Clock
    cost: int = COLUMN

    def test(self, context: Context) -> RowTest:
        column = context.timeline.at

        def resolved() -> RowTest:
            interval = self.clock.interval(column[0])
            return Always(False).test(context) if interval is None else interval.test(column)

        return _late(resolved)

    def where(self, context: Context) -> Sql:
        interval = None if context.first_at is None else self.clock.interval(context.first_at)
        return ("0", []) if interval is None else interval.where('"at"')


@dataclass(frozen=True, slots=True)
class StreamOpenedBy:
    """The row's stream began with this HTTP method (in capitals); which do is looked up for each row."""

    method: str
    cost: int = WORD

    def test(self, context: Context) -> RowTest:
        timeline, streams = context.timeline, context.timeline.streams
        known: dict[int, bool] = {}

        def fits(row: int) -> bool:
            stream = streams[row]
            if stream in known:
                return known[stream]
            found = self._has(timeline, stream)
            if found or timeline.http_rows(stream):  # else its request may still come
                known[stream] = found
            return found

        return fits

    def where(self, context: Context) -> Sql:
        timeline = context.timeline
        streams = [stream for stream in set(timeline.streams) if self._has(timeline, stream)]
        if not streams:
            return "0", []
        return "ifnull(stream IN (SELECT value FROM json_each(?)), 0)", [json.dumps(streams)]

    def _has(self, timeline: Timeline, stream: int) -> bool:
        return timeline.lane_name(stream).partition(" ")[0].upper() == self.method


@dataclass(frozen=True, slots=True)
class WordIs:
    """The label or the name of a row reads like `word`; only rows of `kinds` if there are some."""

    column: str
    word: Word
    kinds: frozenset[int] = frozenset()
    cost: int = WORD

    def test(self, context: Context) -> RowTest:
        timeline, kinds, wanted = context.timeline, context.timeline.kinds, self.kinds
        read = timeline.label if self.column == "label" else timeline.name
        known = query_text.Known(self.word.test)
        if wanted:
            return lambda row: kinds[row] in wanted and known[read(row)]
        return lambda row: known[read(row)]

    def where(self, context: Context) -> Sql:
        known = query_text.among_words(self.column, self.word.test, context.timeline)
        sql, parameters = known or self.word.where(self.column)
        return (f"({sql} AND {_kinds_where(self.kinds)})" if self.kinds else f"({sql})"), parameters


@dataclass(frozen=True, slots=True)
class StatusIn:
    """An HTTP response, or a redirect, has a status code in the interval."""

    interval: Interval
    cost: int = WORD

    def test(self, context: Context) -> RowTest:
        kinds, label = context.timeline.kinds, context.timeline.label
        known = query_text.Known(self._fits)
        return lambda row: kinds[row] in STATUS_KINDS and known[label(row)]

    def where(self, context: Context) -> Sql:
        sql, parameters = self.interval.where("CAST(label AS INTEGER)")
        return f"({_kinds_where(STATUS_KINDS)} AND {sql})", parameters

    def _fits(self, label: str) -> bool:
        code = label.partition(" ")[0]
        return code.isdecimal() and self.interval.holds(int(code))


@dataclass(frozen=True, slots=True)
class ToolFailed:
    """The answer to a call is a result that says `isError`; only answers with something to remark are read."""

    cost: int = EVENT

    def test(self, context: Context) -> RowTest:
        timeline, event_of = context.timeline, context.event_of
        kinds, severities, numbers = timeline.kinds, timeline.severities, timeline.numbers

        def fits(row: int) -> bool:
            if kinds[row] != RowKind.RESPONSE or severities[row] != WARN:
                return False
            event = event_of(numbers[row])
            return isinstance(event, Message) and event.is_tool_error

        return fits

    def where(self, context: Context) -> Sql:
        # A fact is written only if it is not the default, and the quotes of a peer's text are escaped.
        said = """instr(facts, '"is_tool_error":true') > 0"""
        return f"({_kinds_where({RowKind.RESPONSE})} AND severity = {WARN} AND {said})", []


@dataclass(frozen=True, slots=True)
class EventNameIs:
    """The block of an event stream that carried the row has this event name."""

    word: Word
    cost: int = EVENT

    def test(self, context: Context) -> RowTest:
        timeline, event_of = context.timeline, context.event_of
        kinds, numbers, label = timeline.kinds, timeline.numbers, timeline.label
        known = query_text.Known(self.word.test)

        def fits(row: int) -> bool:
            if kinds[row] == RowKind.FRAME:
                return known[label(row)]
            if kinds[row] not in MESSAGE_KINDS:
                return False
            name = _event_name(event_of(numbers[row]))
            return name is not None and known[name]

        return fits

    def where(self, context: Context) -> Sql:
        by_label, label_parameters = self.word.where("label")
        by_fact, fact_parameters = self.word.where(f"{query_text.EVENT_NAME}(facts)")
        # A fact is written only if it is not the default: `message` as event name, `sse` as framing of a step.
        framed = """(facts LIKE '%"framing":"sse"%' OR kind = 'tool.step' AND facts NOT LIKE '%"framing":%')"""
        usual = framed if self.word.test("message") else "0"
        sql = (
            f"CASE WHEN type = '{KIND_WORDS[RowKind.FRAME]}' THEN {by_label} "
            "WHEN kind NOT IN ('message', 'tool.step') THEN 0 "
            f"""WHEN facts LIKE '%"event":%' THEN {framed} AND {by_fact} ELSE {usual} END"""
        )
        return sql, [*label_parameters, *fact_parameters]


@dataclass(frozen=True, slots=True)
class IdIs:
    """The JSON-RPC id, or the id of an event without a message, reads like one of `words`."""

    words: tuple[Word, ...]
    cost: int = EVENT

    def test(self, context: Context) -> RowTest:
        event_of, numbers, words = context.event_of, context.timeline.numbers, self.words

        def fits(row: int) -> bool:
            shown = shown_id(event_of(numbers[row]))
            return shown is not None and any(word.test(shown) for word in words)

        return fits

    def where(self, context: Context) -> Sql:
        sql, parameters = joined(" OR ", [word.where("id") for word in self.words])
        return f"(id IS NOT NULL AND {sql})", parameters


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The row only says that the other side is alive."""

    cost: int = COLUMN

    def test(self, context: Context) -> RowTest:
        return context.timeline.is_heartbeat

    def where(self, context: Context) -> Sql:
        labels = ", ".join(f"'{label}'" for label in HEARTBEAT_LABELS)
        return f"({_kinds_where({RowKind.COMMENT})} OR label IN ({labels}))", []


@dataclass(frozen=True, slots=True)
class Marked:
    """The user marked the row."""

    cost: int = COLUMN

    def test(self, context: Context) -> RowTest:
        numbers, marked = context.timeline.numbers, context.marked
        return lambda row: numbers[row] in marked

    def where(self, context: Context) -> Sql:
        return "n IN (SELECT value FROM json_each(?))", [json.dumps(list(context.marked))]


@dataclass(frozen=True, slots=True)
class EvidenceOf:
    """A finding rests on the row, or on what came just before it without a row; `word` names the rule, None any."""

    word: Word | None = None
    cost: int = COLUMN

    def test(self, context: Context) -> RowTest:
        numbers, wanted = context.timeline.numbers, self._wanted(context)
        if not wanted:
            return lambda row: False

        def fits(row: int) -> bool:
            before = numbers[row - 1] if row else -1
            return _is_near(wanted, numbers[row], before)

        return fits

    def where(self, context: Context) -> Sql:
        numbers, found = context.timeline.numbers, set[int]()
        for n in self._wanted(context):
            row = bisect_left(numbers, n)
            if row < len(numbers) and numbers[row] - n <= NEAR_EVENTS:
                found.add(numbers[row])
        return "n IN (SELECT value FROM json_each(?))", [json.dumps(sorted(found))]

    def _wanted(self, context: Context) -> frozenset[int]:
        if self.word is None:
            return frozenset(context.evidence)
        fits = self.word.test
        return frozenset(n for n, rules in context.evidence.items() if any(map(fits, rules)))


def _is_near(wanted: Container[int], n: int, before: int) -> bool:
    """Whether event `n`, or one of the few since event `before`, is wanted."""
    return any(m in wanted for m in range(max(before + 1, n - NEAR_EVENTS), n + 1))


@dataclass(frozen=True, slots=True)
class Holds:
    """The row holds a text in its label, its name or its bytes."""

    text: str
    cost: int = BYTES

    def test(self, context: Context) -> RowTest:
        return query_text.row_test(self.text, context.timeline, context.event_of)

    def where(self, context: Context) -> Sql:
        return query_text.where(self.text, context.timeline)


def _kinds_where(kinds: Collection[int]) -> str:
    words = ", ".join(f"'{KIND_WORDS[kind]}'" for kind in sorted(kinds))
    return f"type IN ({words})"


def _event_name(event: AnyEvent) -> str | None:
    if isinstance(event, FrameReceived):
        return event.event
    if isinstance(event, Message | ToolStep) and event.framing is Framing.SSE:
        return event.event
    return None


def _late(resolve: Callable[[], RowTest]) -> RowTest:
    """A test that is made with the first row it sees: before that nothing is known of the first event."""
    found: RowTest | None = None

    def test(row: int) -> bool:
        nonlocal found
        if found is None:
            found = resolve()
        return found(row)

    return test
