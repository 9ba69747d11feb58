"""The fields of the filter language: what each takes, what it means, and examples, for the parser and for the help."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from inspector.record import query_conditions as conditions
from inspector.record import query_values as values
from inspector.record.query_logic import Condition, Not, Some
from inspector.record.query_syntax import Term, Value
from inspector.record.query_values import Interval
from inspector.record.rows import (
    ANSWER_KINDS,
    CHAT,
    CONNECTION_KINDS,
    ERROR,
    HTTP_KINDS,
    KIND_WORDS,
    NONE,
    NOTE,
    WARN,
    RowKind,
)
from inspector.record.timeline import INBOUND, OUTBOUND

T = TypeVar("T")
Build = Callable[["Field", str, Value], Condition]


@dataclass(frozen=True, slots=True)
class Field:
    """One field: `takes` says in words what stands behind it, `words` are its fixed values, if it has some."""

    name: str
    takes: str
    examples: tuple[str, ...]
    build: Build
    aliases: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    compares: bool = False

    def condition(self, term: Term) -> Condition:
        """What a term of this field asks for; raises QueryError."""
        if not term.values:
            raise term.error(
                f'A value is missing behind "{term.field}{term.operator}"; write one as in {self.example}.'
            )
        negated, sign = term.operator == "!=", "=" if term.operator == "!=" else term.operator
        if sign not in (":", "=") and not self.compares:
            raise term.error(f'"{term.field}" cannot be compared with "{sign}"; write ":" or "=" as in {self.example}.')
        parts = tuple(self.build(self, sign, value) for value in term.values)
        found = parts[0] if len(parts) == 1 else Some(parts)
        return Not(found) if negated else found

    @property
    def example(self) -> str:
        return self.examples[0]


def field_of(term: Term) -> Field:
    """The field that a term names; raises QueryError with the nearest one."""
    found = _BY_NAME.get(term.field.lower())
    if found is None:
        near = difflib.get_close_matches(term.field.lower(), _BY_NAME, 1, 0.6)
        hint = f'did you mean "{near[0]}"?' if near else f"fields are {', '.join(each.name for each in FIELDS)}."
        raise term.error(f'There is no field "{term.field[:30]}"; {hint} To search for it as text, put it in quotes.')
    return found


def named(name: str) -> Field | None:
    """The field of a name or an alias."""
    return _BY_NAME.get(name.lower())


def _choice(table: Mapping[str, T], value: Value, example: str) -> T:
    key = value.text.lower().replace("_", "-").replace(" ", "-")
    if key in table:
        return table[key]
    near = difflib.get_close_matches(key, table, 1, 0.6)
    hint = f'did you mean "{near[0]}"?' if near else f"possible: {', '.join(table)}."
    raise value.error(f'"{value.text[:30]}" is no value here as "{example}" is; {hint}')


_KINDS: dict[str, frozenset[int]] = {
    **{word.lower().replace(" ", "-"): frozenset({code}) for code, word in enumerate(KIND_WORDS)},
    "http": HTTP_KINDS,
    "message": conditions.MESSAGE_KINDS,
    "answer": ANSWER_KINDS,
    "connection": CONNECTION_KINDS,
    "event": frozenset({RowKind.FRAME}),
    "sse": frozenset({RowKind.FRAME}),
    "step": frozenset({RowKind.TOOL_STEP}),
    "lab": frozenset({RowKind.LAB}),
}
_SEVERITIES = {"none": NONE, "chat": CHAT, "note": NOTE, "warn": WARN, "warning": WARN, "error": ERROR}
_DIRECTIONS = {
    "in": INBOUND,
    "out": OUTBOUND,
    "received": INBOUND,
    "sent": OUTBOUND,
    "inbound": INBOUND,
    "outbound": OUTBOUND,
    "←": INBOUND,
    "→": OUTBOUND,
    "none": 0,
}
_STREAM = "CASE WHEN stream BETWEEN 1 AND 4294967295 THEN stream END"
"""As the timeline has it: what only a file can say is no stream."""
_HTTP_METHODS = ("get", "post", "delete", "put", "patch", "head", "options")


def _severity_is(sign: str, code: int) -> Condition:
    return conditions.NumberIn("severities", "severity", values.compared(sign, values.Span(code, code, code)))


_STATUSES: dict[str, Condition] = {
    "error": Some((_severity_is("=", ERROR), conditions.ToolFailed())),
    "warn": _severity_is("=", WARN),
    "warning": _severity_is("=", WARN),
    "note": _severity_is("=", NOTE),
    "ok": _severity_is("<", NOTE),
    "failed": conditions.KindIs(frozenset({RowKind.FAILED})),
    "invalid": conditions.KindIs(frozenset({RowKind.INVALID})),
}
_BEING: dict[str, Condition] = {
    **{word: conditions.KindIs(kinds) for word, kinds in _KINDS.items()},
    **_STATUSES,
    "marked": conditions.Marked(),
    "heartbeat": conditions.Heartbeat(),
    "received": conditions.DirectionIs(INBOUND),
    "sent": conditions.DirectionIs(OUTBOUND),
}


def _word_in(column: str, *kinds: int) -> Build:
    return lambda field, sign, value: conditions.WordIs(column, values.word(sign, value.text), frozenset(kinds))


def _number_in(
    column: str, expression: str, units: Mapping[str, str], unit: str = "", floor: int | None = None
) -> Build:
    def build(field: Field, sign: str, value: Value) -> Condition:
        interval = values.measured(sign, value, units, unit, field.example)
        return conditions.NumberIn(column, expression, interval if floor is None else interval.at_least(floor))

    return build


def _event_name(field: Field, sign: str, value: Value) -> Condition:
    return conditions.EventNameIs(values.word(sign, value.text))


def _kind(field: Field, sign: str, value: Value) -> Condition:
    return conditions.KindIs(_choice(_KINDS, value, field.example))


def _severity(field: Field, sign: str, value: Value) -> Condition:
    return _severity_is(sign, _choice(_SEVERITIES, value, field.example))


def _status(field: Field, sign: str, value: Value) -> Condition:
    text = value.text.lower()
    if len(text) == 3 and text[0].isdecimal() and text.endswith("xx"):
        hundred = 100 * int(text[0])
        span = values.Span(hundred, hundred, hundred + 100)
        return conditions.StatusIn(values.compared(sign, span))
    if text[:1].isdecimal() or text.startswith(".."):
        return conditions.StatusIn(values.measured(sign, value, values.COUNTS, "", "status:404"))
    if sign not in (":", "="):
        raise value.error(f'Only codes compare with "{sign}"; write one as in status>=400, or use severity>=warn.')
    return _choice(_STATUSES, value, field.example)


def _direction(field: Field, sign: str, value: Value) -> Condition:
    return conditions.DirectionIs(_choice(_DIRECTIONS, value, field.example))


def _stream(field: Field, sign: str, value: Value) -> Condition:
    text = value.text.lower()
    if sign in (":", "=") and text in _HTTP_METHODS:
        return conditions.StreamOpenedBy(text.upper())
    if sign in (":", "=") and text == "none":
        return Not(conditions.NumberIn("streams", _STREAM, Interval(low=1)))
    interval = values.measured(sign, value, values.COUNTS, "", "stream:4 or stream:get")
    return conditions.NumberIn("streams", _STREAM, interval.at_least(1))


def _connection(field: Field, sign: str, value: Value) -> Condition:
    return conditions.ConnectionIn(values.measured(sign, value, values.COUNTS, "", field.example))


def _id(field: Field, sign: str, value: Value) -> Condition:
    quoted = json.dumps(value.text, ensure_ascii=False)
    return conditions.IdIs(tuple(values.word("=", text) for text in (value.text, quoted)))


def _at(field: Field, sign: str, value: Value) -> Condition:
    return conditions.At(values.clock(sign, value, "12:03"))


def _since_start(field: Field, sign: str, value: Value) -> Condition:
    return conditions.SinceStart(values.measured(sign, value, values.STAMPS, "s", field.example))


def _being(field: Field, sign: str, value: Value) -> Condition:
    return _choice(_BEING, value, field.example)


def _finding(field: Field, sign: str, value: Value) -> Condition:
    if value.text.lower() in ("any", "none"):
        return conditions.EvidenceOf() if value.text.lower() == "any" else Not(conditions.EvidenceOf())
    return conditions.EvidenceOf(values.word(sign, value.text))


def _text(field: Field, sign: str, value: Value) -> Condition:
    return conditions.Holds(value.text)


_METHOD_KINDS = (*conditions.MESSAGE_KINDS, RowKind.FAILED, RowKind.HTTP_REQUEST)

FIELDS: tuple[Field, ...] = (
    Field(
        "method",
        "JSON-RPC method of a message (of an answer, what it answers), HTTP method of a request",
        ("method:tools/call", "method:tools", "method=ping", "method:*list*"),
        _word_in("label", *_METHOD_KINDS),
    ),
    Field("name", "tool, prompt, URI or purpose", ("name:echo", "name:file:///*"), _word_in("name"), ("tool",)),
    Field("event", "event name in the event stream", ("event:message", "-event:ping"), _event_name),
    Field(
        "kind",
        "what the row is",
        ("kind:notification", "kind:http", "kind:request,answer"),
        _kind,
        ("type",),
        tuple(_KINDS),
    ),
    Field(
        "status",
        "how it went: a word, or the code of an HTTP response; error also finds results of tools with isError",
        ("status:error", "status:404", "status:4xx", "status>=400", "status:failed"),
        _status,
        words=tuple(_STATUSES),
        compares=True,
    ),
    Field("severity", "how bad", ("severity>=warn",), _severity, ("sev", "level"), tuple(_SEVERITIES), compares=True),
    Field(
        "dur",
        "round trip, time to headers or age: us, ms, s, min, h",
        ("dur>500ms", "dur<=1.5s", "dur:10ms..1s"),
        _number_in("latencies_ms", "latency_ms", values.DURATIONS, "ms"),
        ("latency", "duration"),
        compares=True,
    ),
    Field(
        "stream",
        "number of the HTTP exchange, the HTTP method that opened it, or none",
        ("stream:get", "stream:4", "stream:4..7", "stream:none"),
        _stream,
        words=(*_HTTP_METHODS, "none"),
        compares=True,
    ),
    Field("conn", "number of the connection", ("conn:2",), _connection, ("connection",), compares=True),
    Field("dir", "direction", ("dir:in", "dir:out"), _direction, ("direction",), tuple(_DIRECTIONS)),
    Field(
        "size",
        "bytes of the message, block or body: b, kb, mb, gb, kib, mib",
        ("size>10kb", "size:1kb..1mb"),
        _number_in("sizes_bytes", "size_bytes", values.SIZES, "b", floor=0),
        compares=True,
    ),
    Field("id", "JSON-RPC id, or the id of an event", ("id:7", "id:evt-*"), _id),
    Field(
        "n", "number of the event", ("n:1204", "n:100..200"), _number_in("numbers", "n", values.COUNTS), compares=True
    ),
    Field(
        "at",
        "time of the day of the first event, or a full date",
        ("at>12:03", "at:12:03:04.5", "at:12:03..12:05", "at>=2026-11-20T12:03"),
        _at,
        ("time",),
        compares=True,
    ),
    Field("t", "time since the first event: us, ms, s, min, h", ("t>5s", "t:1min..2min"), _since_start, compares=True),
    Field("is", "what else the row may be", ("is:marked", "is:heartbeat", "is:answer"), _being, (), tuple(_BEING)),
    Field("rule", "the diagnosis that a violation names", ("rule:*",), _word_in("label", RowKind.VIOLATION)),
    Field(
        "finding",
        "a finding rests on the row: the id of its rule, any, or none",
        ("finding:any", "finding:sse-bom", "finding:*timeout*"),
        _finding,
        words=("any", "none"),
    ),
    Field("text", "text in label, name or bytes; a bare word is the same", ('text:"timed out"', "timeout"), _text),
)
"""All fields, in the order of the help."""
_BY_NAME = {name: each for each in FIELDS for name in (each.name, *each.aliases)}
