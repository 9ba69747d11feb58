"""Event ids as they came: which there were, and whether they count."""

from __future__ import annotations

import re
from collections import deque
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
_NUMBER = re.compile(r"(.*?)([0-9]{1,18})([^0-9]*)", re.DOTALL)
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


def number_in(key: str) -> Number | None:
    """The last number in an id, None if it holds none."""
    if key.isdecimal() and key.isascii() and key[0] != "0" and len(key) <= MAX_DIGITS:
        return Number("", int(key))
    match = _NUMBER.fullmatch(key)
    if match is None:
        return None
    width = len(match[2]) if match[2][0] == "0" else 0
    return Number(match[1], int(match[2]), match[3], width)


def progress_in(event: SseEvent) -> Number | None:
    """The whole number of a progress notification, which many servers count up by one."""
    if not isinstance(event, Message) or event.method != "notifications/progress":
        return None
    match = _PROGRESS.search(event.raw)
    return Number(f"progress {event.progress_token} ", int(match[1])) if match else None


@dataclass(slots=True)
class Counter:
    """Numbers in the order in which they came: whether each was one more than the one before."""

    last: Number | None = None
    steps: int = 0
    jumps: int = 0
    starts_low: bool = False

    def add(self, number: Number | None) -> None:
        if number is None or (self.last is not None and not number.is_like(self.last)):
            self.jumps += self.last is not None
        elif self.last is not None:
            is_step = number.value == self.last.value + 1
            self.steps += is_step
            self.jumps += not is_step
        else:
            self.starts_low = number.value <= LOW
        self.last = number

    def follow(self, number: Number | None) -> None:
        """Go on behind a resume, where a jump may be a loss and says nothing against the counter."""
        if number is None or self.last is None or not number.is_like(self.last):
            return
        if number.value > self.last.value:
            self.steps += number.value == self.last.value + 1
            self.last = number

    @property
    def is_sure(self) -> bool:
        return self.last is not None and self.steps >= SURE_STEPS and not self.jumps


@dataclass(slots=True, eq=False)
class Line:
    """One stream over all its resumptions: its newest 10,000 ids, and `count` of them in all."""

    keys: deque[str] = field(default_factory=deque)
    count: int = 0
    by_id: Counter = field(default_factory=Counter)
    by_progress: Counter = field(default_factory=Counter)
    opening: list[bytes] = field(default_factory=list)
    """The first two events without their ids: a stream that begins anew begins with them."""

    def opens_with(self, event: SseEvent) -> bool:
        """Whether an event says what the first one of this stream said; two that are alike tell nothing."""
        return len(self.opening) > 1 and self.opening[0] != self.opening[1] and _said(event) == self.opening[0]

    def add(self, key: str, event: SseEvent) -> None:
        """Count an event that has a new id."""
        self.keys.append(key)
        self.count += 1
        if len(self.opening) < 2:
            self.opening.append(_said(event))


def _said(event: SseEvent) -> bytes:
    """A block without its id."""
    return b"\n".join(line for line in event.raw.splitlines() if not line.startswith(b"id"))


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
