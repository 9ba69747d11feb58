"""What stands behind an operator: numbers with units, ranges, times of the day, words with `*`. All become conditions.

Each condition has two faces that must agree: a Python test of a value, and SQL over the same value as it is stored.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from inspector.record.query_syntax import Value

Sql = tuple[str, list[object]]
RowTest = Callable[[int], bool]

DURATIONS = {"us": "0.001", "µs": "0.001", "μs": "0.001", "ms": "1", "s": "1000", "min": "60000", "h": "3600000"}
"""Units of time in milliseconds."""
STAMPS = {unit: f"{scale}e6" for unit, scale in DURATIONS.items()}
"""The same in nanoseconds."""
SIZES = {"b": "1", "kb": "1e3", "mb": "1e6", "gb": "1e9", "kib": "1024", "mib": "1048576", "gib": "1073741824"}
COUNTS: Mapping[str, str] = {}

_NUMBER = re.compile(r"(\d{1,15}(?:\.(\d{1,9}))?|\.(\d{1,9}))\s*([a-zµμ]*)", re.IGNORECASE | re.ASCII)
_CLOCK = re.compile(
    r"(?:(\d{4})-(\d\d?)-(\d\d?))?(?:(?:^|(?<=\d)[T ])(\d\d?):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?)?$", re.ASCII
)
_ANY_DAY = datetime(2000, 1, 1)  # noqa: DTZ001 - stands for the day that is not known yet
_INT64 = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Interval:
    """Numbers from `low` to `high`; None where it is open. NaN and NULL lie in none."""

    low: float | None = None
    high: float | None = None
    low_included: bool = True
    high_included: bool = True

    def test(self, column: Sequence[float]) -> RowTest:
        """Whether the number in a row of `column` lies inside."""
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high is None else self.high
        if self.low_included:
            if self.high_included:
                return lambda row: low <= column[row] <= high
            return lambda row: low <= column[row] < high
        if self.high_included:
            return lambda row: low < column[row] <= high
        return lambda row: low < column[row] < high

    def holds(self, number: float) -> bool:
        """Whether `number` lies inside."""
        above = operator.le if self.low_included else operator.lt
        below = operator.le if self.high_included else operator.lt
        return (self.low is None or above(self.low, number)) and (self.high is None or below(number, self.high))

    def where(self, expression: str) -> Sql:
        """SQL for the same; never NULL."""
        parts, parameters = [f"({expression}) IS NOT NULL"], list[object]()
        if self.low is not None:
            parts.append(f"({expression}) {'>=' if self.low_included else '>'} ?")
            parameters.append(self.low)
        if self.high is not None:
            parts.append(f"({expression}) {'<=' if self.high_included else '<'} ?")
            parameters.append(self.high)
        return f"({' AND '.join(parts)})", parameters

    def at_least(self, floor: int) -> Interval:
        """The part from `floor` on: what lies below stands for "none"."""
        if self.low is not None and self.low >= floor:
            return self
        return Interval(floor, self.high, True, self.high_included)

    def moved(self, by: float) -> Interval:
        """The interval `by` further up."""
        low, high = (None if end is None else end + by for end in (self.low, self.high))
        return Interval(low, high, self.low_included, self.high_included)


@dataclass(frozen=True, slots=True)
class Span:
    """What a written number stands for: itself when compared, all that rounds to it when asked for as such."""

    exact: float
    low: float
    high: float


def compared(sign: str, span: Span) -> Interval:
    """The numbers that are `sign` the written one."""
    if sign in (":", "="):
        return Interval(span.low, span.high, True, span.low == span.high)
    if sign[0] == ">":
        return Interval(low=span.exact, low_included=sign == ">=")
    return Interval(high=span.exact, high_included=sign == "<=")


def measured(sign: str, value: Value, units: Mapping[str, str], unit: str, example: str) -> Interval:
    """The interval of `10ms`, `<= 1s` or `10ms..1s`; `unit` counts where none is written."""
    first, dots, last = value.text.partition("..")
    if not dots:
        return compared(sign, _span(value, value.text, units, unit, example))
    _only_as_range(sign, value)
    low = _span(value, first, units, unit, example).exact if first else None
    high = _span(value, last, units, unit, example).exact if last else None
    return _range(value, low, high, example)


def _range(value: Value, low: float | None, high: float | None, example: str) -> Interval:
    if low is None and high is None:
        raise value.error(f'The range has no ends; write one, such as "{example}".')
    if low is not None and high is not None and low > high:
        raise value.error("The range ends before it begins; swap its ends.")
    return Interval(low, high)


def _only_as_range(sign: str, value: Value) -> None:
    if sign not in (":", "="):
        raise value.error(f'A range cannot stand behind "{sign}"; write ":" or give one number.')


def _span(value: Value, text: str, units: Mapping[str, str], unit: str, example: str) -> Span:
    found = _NUMBER.fullmatch(text)
    if found is None:
        raise value.error(f'"{_short(text)}" is no number here; write it such as "{example}".')
    written = found[4].lower()
    scale = units.get(written or unit, "1" if not written else None)
    if scale is None:
        known = ", ".join(units) or "none"
        raise value.error(f'The unit "{_short(found[4])}" is not known here; possible: {known}.')
    number, digits = Decimal(found[1]), len(found[2] or found[3] or "")
    half = Decimal(5).scaleb(-digits - 1)
    exact = number * Decimal(scale)
    low, high = (number - half) * Decimal(scale), (number + half) * Decimal(scale)
    return Span(*map(_number, (exact, low, high)))


def _number(number: Decimal) -> float:
    """An integer where it is one that SQLite can hold, so that large ones are compared exactly."""
    return int(number) if number == number.to_integral_value() and abs(number) < _INT64 else float(number)


@dataclass(frozen=True, slots=True)
class Moment:
    """A time of the day, or of a given day; `width` is how long what is written lasts."""

    when: datetime
    width: timedelta
    has_date: bool

    def span(self, first_at: float) -> Span | None:
        """In Unix seconds, on the day of `first_at` if no day was written; None if no calendar has it."""
        try:
            when = self.when
            if not self.has_date:
                when = datetime.combine(datetime.fromtimestamp(first_at).date(), when.time())  # noqa: DTZ006
            low = when.timestamp()
            return Span(low, low, (when + self.width).timestamp())
        except (OverflowError, OSError, ValueError):
            return None


@dataclass(frozen=True, slots=True)
class Clock:
    """An interval of times that is known once the day of the first event is."""

    sign: str
    low: Moment | None
    high: Moment | None

    def interval(self, first_at: float) -> Interval | None:
        """In Unix seconds; None if nothing can lie in it."""
        ends = [None if moment is None else moment.span(first_at) for moment in (self.low, self.high)]
        if (self.low and ends[0] is None) or (self.high and ends[1] is None):
            return None
        if self.sign != "..":
            return compared(self.sign, ends[0]) if ends[0] else None
        return Interval(ends[0].exact if ends[0] else None, ends[1].exact if ends[1] else None)


def clock(sign: str, value: Value, example: str) -> Clock:
    """The times of `12:03`, `2026-11-20T12:03:04.5` or `12:03..12:05`, where the user is."""
    first, dots, last = value.text.partition("..")
    if not dots:
        return Clock(sign, _moment(value, first, example), None)
    _only_as_range(sign, value)
    low = _moment(value, first, example) if first else None
    high = _moment(value, last, example) if last else None
    if low is None and high is None:
        raise value.error(f'The range has no ends; write one, such as "{example}".')
    return Clock("..", low, high)


def _moment(value: Value, text: str, example: str) -> Moment:
    found = _CLOCK.match(text)
    if found is None or not text:
        raise value.error(f'"{_short(text)}" is no time; write it such as "{example}", or with its date in quotes.')
    year, month, day, hour, minute, second, fraction = found.groups()
    try:
        when = datetime(int(year), int(month), int(day)) if year else _ANY_DAY  # noqa: DTZ001 - local, as it is shown
        when = when.replace(hour=int(hour or 0), minute=int(minute or 0), second=int(second or 0))
        when = when.replace(microsecond=int((fraction or "0").ljust(6, "0")))
        when.timestamp()
    except (OverflowError, OSError, ValueError):
        sentence = f'No calendar has "{_short(text)}"; hours go to 23, minutes and seconds to 59.'
        raise value.error(sentence) from None
    if fraction:
        width = timedelta(microseconds=10 ** (6 - len(fraction)))
    elif hour:
        width = timedelta(seconds=1) if second else timedelta(minutes=1)
    else:
        width = timedelta(days=1)
    return Moment(when, width, bool(year))


@dataclass(frozen=True, slots=True)
class Word:
    """How a word must read, without regard to the case of ASCII letters.

    `parts` are what stands between the `*`; one part alone must be the whole word, or if `begins`, stand at the
    beginning of the word or behind one of its slashes.
    """

    parts: tuple[str, ...]
    begins: bool = False

    def test(self, word: str) -> bool:
        """Whether `word` reads so."""
        word = folded(word)
        if len(self.parts) == 1:
            return f"/{self.parts[0]}" in f"/{word}" if self.begins else word == self.parts[0]
        first, *middle, last = self.parts
        word = _as_like_reads(word)
        if not word.startswith(first) or not word[len(first) :].endswith(last):
            return False
        at, end = len(first), len(word) - len(last)
        for part in middle:
            found = word.find(part, at, end)
            if found < 0:
                return False
            at = found + len(part)
        return True

    def where(self, expression: str) -> Sql:
        """SQL for the same over a text that is not NULL."""
        if len(self.parts) == 1:
            if self.begins:
                return f"instr('/' || lower({expression}), ?) > 0", [f"/{self.parts[0]}"]
            return f"lower({expression}) = ?", [self.parts[0]]
        return f"{expression} LIKE ? ESCAPE '\\'", ["%".join(map(like, self.parts))]


def word(sign: str, text: str) -> Word:
    """The word of `:text` (how one of its parts begins), `=text` (exactly) or with `*` (the whole word)."""
    parts = folded(text).split("*")
    return Word(tuple(map(_as_like_reads, parts)) if len(parts) > 1 else tuple(parts), begins=sign == ":")


def _as_like_reads(text: str) -> str:
    """SQLite's LIKE reads to the first NUL and takes U+FFFE and U+FFFF for U+FFFD."""
    return text.partition("\0")[0].replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd")


def folded(text: str) -> str:
    """As SQLite's `lower` and LIKE: only the letters of ASCII; half surrogate pairs written out, as they are stored."""
    if text.isascii():
        return text.lower()
    return text.encode("utf-8", "backslashreplace").lower().decode()


def like(text: str) -> str:
    """`text` inside a pattern of LIKE with `\\` to escape."""
    return re.sub(r"([%_\\])", r"\\\1", text)


def _short(text: str) -> str:
    return text if len(text) <= 30 else f"{text[:29]}…"
