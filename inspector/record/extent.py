"""How much of a river leaves with an export: all of it, one HTTP exchange, or the rows that somebody wants."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from inspector.record.query import Query
from inspector.record.query_logic import Context
from inspector.record.timeline import Timeline
from inspector.trace.events import AnyEvent
from inspector.trace.river import River


class Extent(Protocol):
    """What stays and what is left out; a format that knows whole exchanges only asks for these."""

    def holds(self, event: AnyEvent) -> bool:
        """Whether the event itself is in it."""
        ...

    def holds_exchange(self, stream: int) -> bool:
        """Whether anything of this HTTP exchange is in it."""
        ...


@dataclass(frozen=True, slots=True)
class Everything:
    """The whole river."""

    def holds(self, event: AnyEvent) -> bool:
        return True

    def holds_exchange(self, stream: int) -> bool:
        return True


EVERYTHING = Everything()


@dataclass(frozen=True, slots=True)
class OneStream:
    """One HTTP exchange with its stream."""

    stream: int

    def holds(self, event: AnyEvent) -> bool:
        return event.stream == self.stream

    def holds_exchange(self, stream: int) -> bool:
        return stream == self.stream


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows of a timeline: the numbers of their events in ascending order, and the streams these belong to.

    `words` say which rows they are, as in "which pass the filter dir:in".
    """

    numbers: array[int]
    streams: frozenset[int]
    words: str = ""

    def __len__(self) -> int:
        return len(self.numbers)

    def holds(self, event: AnyEvent) -> bool:
        place = bisect_left(self.numbers, event.n)
        return place < len(self.numbers) and self.numbers[place] == event.n

    def holds_exchange(self, stream: int) -> bool:
        return stream in self.streams


def rows_of(timeline: Timeline, rows: Iterable[int], words: str = "") -> Rows:
    """The rows of a timeline that have these places in it."""
    places = sorted(rows)
    streams = frozenset(map(timeline.streams.__getitem__, places)) - {0}
    return Rows(array("I", map(timeline.numbers.__getitem__, places)), streams, words)


def rows_passing(
    river: River,
    query: Query,
    marked: Collection[int] = frozenset(),
    evidence: Mapping[int, Collection[str]] | None = None,
) -> Rows:
    """The rows that a filter lets through.

    `marked` are the numbers of the events that the user marked, `evidence` has the rules of what rests on an event.
    """
    timeline, found, block = Timeline(river.__getitem__), array("I"), list[AnyEvent]()
    test = query.test(Context(timeline, lambda n: block[n - block[0].n], marked, evidence or {}))
    for block in river.blocks():
        first = len(timeline)
        timeline.fold(block)
        found.extend(filter(test, range(first, len(timeline))))
    return rows_of(timeline, found, f"which pass the filter {query.text.strip()}")
