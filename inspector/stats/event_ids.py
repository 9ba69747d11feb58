"""Event ids as they came: which there were, and whether they count."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from inspector.trace.events import Message, SseEvent

MAX_IDS = 10_000
MAX_ID_CHARACTERS = 200
SURE_STEPS = 2
"""So many steps of one, and none of another size, make numbers a counter of their stream."""
LOW = 1
"""A counter of a stream's own begins with 0 or 1; what begins higher may count for others, too."""
MAX_SPAN = 50_000
MAX_DIGITS = 18
PROGRESS = "notifications/progress"
_NUMBER_BACKWARDS = re.compile(r"([^0-9]*)([0-9]{1,18})")
"""The last number of a text that is read from its end, so that an id of many numbers costs no more than another."""
_MOST = 10**MAX_DIGITS - 1
_PROGRESS = re.compile(rb'"progress"\s*:\s*(\d{1,18})\s*[,}]')


def key_of(event_id: str) -> str:
    """What stands for an id in memory, however long it is."""
    return event_id if len(event_id) <= MAX_ID_CHARACTERS else f"{event_id[:MAX_ID_CHARACTERS]} {hash(event_id)}"


class Number(NamedTuple):
    """A number and what stands around it; numbers of the same surroundings may be one counter."""

    head: str
    value: int
    tail: str = ""
    width: int = 0
    """How many digits there are where leading zeros fill them up."""

    def is_like(self, other: Number) -> bool:
        return self.head == other.head and self.tail == other.tail

    def text(self, value: int) -> str:
        """The id of another number of the same counter."""
        return f"{self.head}{value:0{self.width}d}{self.tail}"

    def texts(self, values: Iterable[int]) -> list[str]:
        """The ids of other numbers of the same counter."""
        head, tail, width = self.head, self.tail, self.width
        return [f"{head}{value:0{width}d}{tail}" for value in values] if width else [f"{head}{v}{tail}" for v in values]


def number_in(key: str) -> Number | None:
    """The last number in an id, None if it holds none."""
    if key.isdecimal() and key.isascii() and key[0] != "0" and len(key) <= MAX_DIGITS:
        return Number("", int(key))
    match = _NUMBER_BACKWARDS.match(key[::-1])
    if match is None:
        return None
    digits = match[2][::-1]
    width = len(digits) if digits[0] == "0" else 0
    return Number(key[: len(key) - match.end()], int(digits), match[1][::-1], width)


def progress_in(event: SseEvent) -> Number | None:
    """The whole number of a progress notification, which many servers count up by one."""
    if not isinstance(event, Message) or event.method != PROGRESS:
        return None
    match = _PROGRESS.search(event.raw)
    return Number(f"progress {event.progress_token} ", int(match[1])) if match else None


class Counter:
    """Numbers in the order in which they came: whether each was one more than the one before."""

    __slots__ = ("_is_bare", "_last", "_value", "jumps", "starts_low", "steps")

    def __init__(self) -> None:
        self.steps = self.jumps = 0
        self.starts_low = False
        self._last: Number | None = None
        self._value = -1  # of the last number, which is made anew only where it is asked for
        self._is_bare = False

    @property
    def last(self) -> Number | None:
        """The number that came last, None if what came last was none."""
        return None if self._last is None else self._last._replace(value=self._value)

    def add_key(self, key: str) -> None:
        """Take in the number in an id; nothing is read of it where it is the next one, or where they jump anyway."""
        if self.jumps:
            return
        last, value = self._last, self._value + 1
        if last is not None and value <= _MOST and key == (str(value) if self._is_bare else last.text(value)):
            self.steps += 1
            self._value = value
        else:
            self.add(number_in(key))

    def following(self, count: int) -> list[str]:
        """The ids that come next if each is one more; none where that is not known to be."""
        last, start = self._last, self._value + 1
        if self.jumps or last is None or start + count > _MOST:
            return []
        numbers = range(start, start + count)
        return list(map(str, numbers)) if self._is_bare else last.texts(numbers)

    def skip(self, count: int) -> None:
        """Take in as many ids as were `following`."""
        self.steps += count
        self._value += count

    def add(self, number: Number | None) -> None:
        """Take in the next number."""
        if number is None or (self._last is not None and not number.is_like(self._last)):
            self.jumps += self._last is not None
        elif self._last is not None:
            is_step = number.value == self._value + 1
            self.steps += is_step
            self.jumps += not is_step
        else:
            self.starts_low = number.value <= LOW
        self._keep(number)

    def follow(self, number: Number | None) -> None:
        """Go on behind a resume, where a jump may be a loss and says nothing against the counter."""
        if number is None or self._last is None or not number.is_like(self._last):
            return
        if number.value > self._value:
            self.steps += number.value == self._value + 1
            self._keep(number)

    def _keep(self, number: Number | None) -> None:
        self._last = number
        if number is not None:
            self._value, self._is_bare = number.value, not (number.head or number.tail or number.width)

    @property
    def is_sure(self) -> bool:
        return self._last is not None and self.steps >= SURE_STEPS and not self.jumps


class ProgressCounter(Counter):
    """The progress that a call tells of, event by event."""

    __slots__ = ("_token",)

    def __init__(self) -> None:
        super().__init__()
        self._token: object = None

    def add_event(self, event: SseEvent) -> None:
        """Take in an event; what is no progress says nothing, nor does progress in other than whole numbers."""
        if self.jumps or not isinstance(event, Message) or event.method != PROGRESS:
            return
        match = _PROGRESS.search(event.raw)
        if match is None:
            return
        value, token = int(match[1]), event.progress_token
        if value == self._value + 1 and self._last is not None and token == self._token:
            self.steps += 1
            self._value = value
        else:
            self.add(Number(f"progress {token} ", value))
            self._token = token


@dataclass(slots=True, eq=False)
class Line:
    """One stream over all its resumptions: its newest 10,000 ids, and `count` of them in all."""

    keys: list[str] = field(default_factory=list)
    forgotten: int = 0
    """How many of the first of `keys` are known no more; there are many lines, and an empty deque is large."""
    count: int = 0
    by_id: Counter = field(default_factory=Counter)
    by_progress: ProgressCounter = field(default_factory=ProgressCounter)
    opening: list[int] = field(default_factory=list)
    """Hashes of the first two events without their ids, which may be large: a stream that begins anew has the same."""

    def opens_with(self, event: SseEvent) -> bool:
        """Whether an event says what the first one of this stream said; two that are alike tell nothing."""
        return len(self.opening) > 1 and self.opening[0] != self.opening[1] and _said(event) == self.opening[0]

    def add(self, key: str, event: SseEvent) -> None:
        """Count an event that has a new id."""
        self.keys.append(key)
        self.count += 1
        if len(self.opening) < 2:
            self.opening.append(_said(event))

    def goes_on_with(self, keys: Sequence[str], events: Sequence[SseEvent]) -> bool:
        """Whether the ids count on by one each, and there is nothing else to learn from the events."""
        if len(self.opening) < 2 or len(keys[-1]) > MAX_ID_CHARACTERS or keys != self.by_id.following(len(keys)):
            return False
        return bool(self.by_progress.jumps) or PROGRESS not in [getattr(event, "method", None) for event in events]

    def add_next(self, keys: Sequence[str]) -> None:
        """Count events that the line `goes_on_with`."""
        self.keys += keys
        self.count += len(keys)
        self.by_id.skip(len(keys))

    def surplus(self) -> list[str]:
        """The oldest ids that there is no room for any more; they are forgotten with this."""
        start, self.forgotten = self.forgotten, max(self.forgotten, len(self.keys) - MAX_IDS)
        surplus = self.keys[start : self.forgotten]
        if self.forgotten >= MAX_IDS:
            del self.keys[: self.forgotten]
            self.forgotten = 0
        return surplus


def _said(event: SseEvent) -> int:
    """What tells a block from another, its id aside."""
    return hash(b"\n".join(line for line in event.raw.splitlines() if not line.startswith(b"id")))


class Gap:
    """The numbers that come after a resume, from `base` on: which were passed over, and which are out of order."""

    def __init__(self, base: Number | None) -> None:
        self._base = base
        self._got: set[int] = set()
        self._top = base.value if base else 0
        self.reordered = 0

    @property
    def is_known(self) -> bool:
        """Whether the numbers tell anything."""
        return self._base is not None and self._top - self._base.value <= MAX_SPAN

    def has_had(self, number: Number | None) -> bool:
        """Whether that number came before the resume."""
        return bool(self._base and number and number.is_like(self._base) and number.value <= self._base.value)

    def is_before(self, number: Number | None) -> bool:
        """Whether that number is from before the one after which we resumed."""
        return self.has_had(number) and bool(number and self._base and number.value < self._base.value)

    def add(self, number: Number | None) -> None:
        """Take in the next number; after the first 10,000 nothing is learnt any more."""
        base = self._base
        if base is None or number is None or not number.is_like(base) or number.value <= base.value:
            return
        if number.value in self._got or len(self._got) >= MAX_IDS:
            return
        self._got.add(number.value)
        self.reordered += number.value < self._top
        self._top = max(self._top, number.value)

    def missing(self) -> list[str]:
        """The ids that were passed over, as far as they can be told."""
        if self._base is None or not self.is_known:
            return []
        span = range(self._base.value + 1, self._top)
        return [self._base.text(value) for value in span if value not in self._got]
