"""Search for text in the label, the name and the bytes of a row: as a test of events, and as SQL over stored ones.

The meaning is that of `Timeline.matcher`: in label and name without regard to case; in bytes without regard to the
case of ASCII, for a text beyond ASCII without regard to any case, and also as JSON writes it with `\\u` escapes.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from functools import lru_cache

from inspector.record.query_values import RowTest, Sql, like
from inspector.record.text import searchable
from inspector.record.timeline import EventOf, Timeline
from inspector.trace.events import BodyReceived, CommentReceived, SseEvent

WordTest = Callable[[str], bool]

_WITH_BYTES = (SseEvent, CommentReceived, BodyReceived)
"""The events of which a search reads the bytes as they were on the wire."""
_KNOWN_LIMIT = 4_096
_MAX_WORDS = 256
"""How many words SQL names one by one."""
EVENT_NAME = "inspector_event"
"""The SQL function that reads the event name in the facts of a message; SQLite's own would cut it at a NUL."""
_SAID = "coalesce(said, raw)"
_HOLDS = "inspector_holds"
_READS = "inspector_reads"


class Needle:
    """A text to search for."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.folded = text.casefold()
        self.is_ascii = self.folded.isascii()
        escaped = json.dumps(self.folded)[1:-1]
        self.forms = (self.folded,) if escaped == self.folded else (self.folded, escaped)
        self._bytes = tuple(form.encode() for form in self.forms)

    def in_word(self, word: str) -> bool:
        """Whether a label or name holds the text."""
        return self.folded in word.casefold()

    def in_bytes(self, raw: bytes) -> bool:
        """Whether what was on the wire, or is said about it, holds the text."""
        only_ascii = self.is_ascii or raw.isascii()
        raw = raw.lower() if only_ascii else raw.decode("utf-8", "replace").casefold().encode()
        return any(form in raw for form in self._bytes)


class Known(dict[str, bool]):
    """What a test said about the few words that rows share; forgets all when there are too many."""

    def __init__(self, test: WordTest) -> None:
        super().__init__()
        self._test = test

    def __missing__(self, word: str) -> bool:
        if len(self) >= _KNOWN_LIMIT:
            self.clear()
        found = self[word] = self._test(stored(word))
        return found


def row_test(text: str, timeline: Timeline, event_of: EventOf) -> RowTest:
    """Whether a row of the timeline holds `text`."""
    needle = Needle(text)
    known = Known(needle.in_word)
    label, name, numbers = timeline.label, timeline.name, timeline.numbers

    def holds(row: int) -> bool:
        if known[label(row)] or known[name(row)]:
            return True
        event = event_of(numbers[row])
        said = searchable(event)
        if not said.isascii() and not isinstance(event, _WITH_BYTES):
            said = said.decode("utf-8", "backslashreplace").encode()
        return needle.in_bytes(said)

    return holds


def where(text: str, timeline: Timeline) -> Sql:
    """SQL for the same over table `event`; needs the functions of `prepare`."""
    needle = Needle(text)
    tests = [_ascii_where(needle) if needle.is_ascii else _unicode_where(needle)]
    for column in ("label", "name"):
        tests.append(among_words(column, needle.in_word, timeline) or _word_where(column, needle))
    return f"({' OR '.join(sql for sql, _ in tests)})", [item for _, items in tests for item in items]


def among_words(column: str, test: WordTest, timeline: Timeline) -> Sql | None:
    """SQL that names those of the timeline's words that fit, which is the fastest; None if there are too many."""
    words = timeline.labels.distinct
    if words is None or len(words) > _MAX_WORDS:
        return None
    fitting = [word for word in dict.fromkeys(map(stored, words)) if test(word)]
    if not fitting:
        return "0", []
    return f"{column} IN ({', '.join('?' * len(fitting))})", [*fitting]


def prepare(connection: sqlite3.Connection) -> None:
    """Register the functions that the SQL of a search calls."""
    connection.create_function(_HOLDS, 2, _holds, deterministic=True)
    connection.create_function(_READS, 2, _reads, deterministic=True)
    connection.create_function(EVENT_NAME, 1, _event_name, deterministic=True)


def stored(word: str) -> str:
    """A word as it is stored: half surrogate pairs written out."""
    return word if word.isascii() else word.encode("utf-8", "backslashreplace").decode()


def _word_where(column: str, needle: Needle) -> Sql:
    # As many characters as bytes: ASCII without a NUL, which is what LIKE folds and reads to the end.
    may_hold = needle.is_ascii and "\0" not in needle.folded
    plain = f"{column} LIKE ? ESCAPE '\\'" if may_hold else "0"
    parameters: list[object] = [f"%{like(needle.folded)}%"] if may_hold else []
    sql = (
        f"CASE WHEN {column} = '' THEN {int(not needle.text)} "
        f"WHEN length({column}) = length(CAST({column} AS BLOB)) THEN {plain} ELSE {_READS}({column}, ?) END"
    )
    return sql, [*parameters, needle.text]


def _ascii_where(needle: Needle) -> Sql:
    # LIKE is by far the fastest, but reads to the first NUL only, and need not take a blob.
    patterns: list[object] = [f"%{like(form)}%" for form in needle.forms if "\0" not in form]
    found = " OR ".join([f"CAST({_SAID} AS TEXT) LIKE ? ESCAPE '\\'"] * len(patterns)) or "0"
    behind = " OR ".join([f"instr(lower(CAST({_SAID} AS TEXT)), ?)"] * len(needle.forms))
    return f"({found} OR (instr({_SAID}, x'00') AND ({behind})))", [*patterns, *needle.forms]


def _unicode_where(needle: Needle) -> Sql:
    function = f"{_HOLDS}({_SAID}, ?)"
    if "\ufffd" in needle.folded:  # what stands for a broken byte, of which SQLite knows nothing
        return function, [needle.text]
    # As many characters as bytes: no letter beyond ASCII, so only the escapes of JSON can hold the text.
    plain = f"length(CAST({_SAID} AS TEXT)) = length(CAST({_SAID} AS BLOB))"
    sql = f"CASE WHEN {plain} THEN CAST({_SAID} AS TEXT) LIKE ? ESCAPE '\\' ELSE {function} END"
    return sql, [f"%{like(needle.forms[-1])}%", needle.text]


_needle = lru_cache(maxsize=64)(Needle)


def _holds(data: bytes | str | None, text: str) -> bool:
    return _needle(text).in_bytes(data if isinstance(data, bytes) else (data or "").encode())


def _reads(word: str | None, text: str) -> bool:
    return _needle(text).in_word(word or "")


def _event_name(facts: str) -> str:
    return stored(str(json.loads(facts).get("event", "message")))
