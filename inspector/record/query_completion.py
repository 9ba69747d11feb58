"""Completion of a filter while it is typed: fields, then their fixed words and what the timeline has seen."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from inspector.record.query_conditions import MESSAGE_KINDS
from inspector.record.query_fields import FIELDS, Field, named
from inspector.record.query_logic import Context
from inspector.record.query_syntax import open_term
from inspector.record.rows import RowKind
from inspector.record.schema import shown_id

_SAMPLE_ROWS = 10_000
"""How many rows are looked at for values, evenly over the timeline: a keystroke must not wait for a million."""
_NEWEST_ROWS = 2_000
_NEWEST_EVENTS = 100
_SHOWN = 50
_VALUE_CHARS = 120
_NEEDS_QUOTES = re.compile(r"[\s(),\"']|\.\.|[^\x21-\x7e]")


@dataclass(frozen=True, slots=True)
class Completion:
    """`text` may stand in place of what is between `start` and `end`; `note` says what it is."""

    text: str
    start: int
    end: int
    note: str


def complete(text: str, cursor: int, context: Context) -> list[Completion]:
    """What may stand at the cursor, best first; a field ends with its operator, so that its values come next."""
    cursor = max(0, min(cursor, len(text)))
    name, operator, start = open_term(text[:cursor])
    if name == '"':
        return []
    typed = text[start:cursor].lstrip("\"'").lower()
    if not name:
        return [Completion(word, start, cursor, note) for word, note in _fields() if word.startswith(typed)]
    field = named(name)
    if field is None:
        return []
    end = cursor if text[start : start + 1] in ('"', "'") else _end_of_value(text, cursor)
    found = [(word, note) for word, note in _values(field, operator, context) if typed in word.lower()]
    found.sort(key=lambda pair: not pair[0].lower().startswith(typed))
    return [Completion(_quoted(word), start, end, note) for word, note in found[:_SHOWN]]


def _fields() -> Iterator[tuple[str, str]]:
    for field in FIELDS:
        example = field.example.removeprefix(field.name)
        sign = ">=" if example.startswith(">=") else example[:1]
        yield f"{field.name}{sign}", f"{field.takes}; such as {field.example}"


def _end_of_value(text: str, cursor: int) -> int:
    found = re.compile(r"[^\s(),]*").match(text, cursor)
    return found.end() if found else cursor


def _values(field: Field, operator: str, context: Context) -> list[tuple[str, str]]:
    """Fixed words, then seen values by how often they were seen, then what the examples show."""
    fixed = [(word, field.takes) for word in field.words]
    if field.name == "status" and operator not in (":", "=", "!="):
        fixed = []
    seen = [(word, "seen") for word, _ in Counter(_seen(field, context)).most_common() if len(word) <= _VALUE_CHARS]
    head = f"{field.name}{operator}"
    shown = (each.removeprefix(head).strip('"') for each in field.examples if each.startswith(head))
    examples = [(each, "example") for each in shown if "," not in each and ".." not in each]
    found: dict[str, str] = {}
    for word, note in (*fixed, *seen, *examples):
        found.setdefault(word, note)
    return list(found.items())


def _seen(field: Field, context: Context) -> Iterator[str]:
    """The values of a field in a sample of the rows, again for each row that has them."""
    timeline = context.timeline
    if field.name == "id":
        for row in range(max(0, len(timeline) - _NEWEST_EVENTS), len(timeline)):
            yield (shown_id(context.event_of(timeline.numbers[row])) or "").strip('"')
        return
    if field.name == "finding":
        for rules in context.evidence.values():
            yield from rules
        return
    read = _READ.get(field.name)
    if read is None:
        return
    column, kinds = read
    word_of = timeline.label if column == "label" else timeline.name
    for row in _sample(len(timeline)):
        if not kinds or timeline.kinds[row] in kinds:
            word = word_of(row)
            if field.name == "status":
                word = word.partition(" ")[0]
            if word:
                yield word


def _sample(rows: int) -> Iterator[int]:
    """All rows of a small timeline; of a large one some, evenly, and the newest."""
    newest = max(0, rows - _NEWEST_ROWS)
    yield from range(0, newest, max(1, newest // _SAMPLE_ROWS))
    yield from range(newest, rows)


_READ: dict[str, tuple[str, frozenset[int]]] = {
    "method": ("label", MESSAGE_KINDS - {RowKind.TOOL_STEP}),
    "name": ("name", frozenset()),
    "event": ("label", frozenset({RowKind.FRAME})),
    "status": ("label", frozenset({RowKind.HTTP_RESPONSE})),
    "rule": ("label", frozenset({RowKind.VIOLATION})),
}


def _quoted(word: str) -> str:
    if not _NEEDS_QUOTES.search(word) and word:
        return word
    escaped = re.sub(r"([\\\"])", r"\\\1", word)
    return f'"{escaped}"'
