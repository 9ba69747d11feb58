"""How conditions are joined, and what they need to be asked.

The two forms of a condition must agree on every row, so no SQL of one may be NULL. `cost` orders the parts of a
conjunction: columns first, then words, then what has to read the event, then its bytes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from inspector.record.query_values import RowTest, Sql
from inspector.record.timeline import EventOf, Timeline

COLUMN, WORD, EVENT, BYTES = range(4)
"""What a test costs, ascending."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a filter needs beside its text: `event_of` gives the event of a number, `marked` the marked numbers.

    `marked` is looked at again for each row, so the owner may change it in place. `evidence` has the rules of the
    findings that rest on an event, by its number; it stays as it is, and with other findings one asks anew.
    """

    timeline: Timeline
    event_of: EventOf
    marked: Collection[int] = frozenset()
    evidence: Mapping[int, Collection[str]] = field(default_factory=dict)

    @property
    def first_at(self) -> float | None:
        """When the first event was, in Unix seconds; its day is meant where a time has none."""
        return self.timeline.at[0] if len(self.timeline) else None


class Condition(Protocol):
    """One test in its two forms."""

    @property
    def cost(self) -> int: ...

    def test(self, context: Context) -> RowTest:
        """Whether a row of the timeline fits; rows may come later than this call."""
        ...

    def where(self, context: Context) -> Sql:
        """SQL over table `event` that is 1 or 0 for every row the timeline has now."""
        ...


@dataclass(frozen=True, slots=True)
class Always:
    """Every row fits, or none."""

    fits: bool = True
    cost: int = COLUMN

    def test(self, context: Context) -> RowTest:
        fits = self.fits
        return lambda row: fits

    def where(self, context: Context) -> Sql:
        return str(int(self.fits)), []


@dataclass(frozen=True, slots=True)
class Every:
    """All parts must fit; the cheap ones are asked first."""

    parts: tuple[Condition, ...]

    @property
    def cost(self) -> int:
        return max(part.cost for part in self.parts)

    def test(self, context: Context) -> RowTest:
        first, second, *others = (part.test(context) for part in sorted(self.parts, key=_cost))
        if not others:
            return lambda row: first(row) and second(row)

        def fits(row: int) -> bool:
            if not (first(row) and second(row)):
                return False
            for test in others:  # noqa: SIM110 - `all` would make a generator for each row
                if not test(row):
                    return False
            return True

        return fits

    def where(self, context: Context) -> Sql:
        return joined(" AND ", [part.where(context) for part in sorted(self.parts, key=_cost)])


@dataclass(frozen=True, slots=True)
class Some:
    """One part must fit; the cheap ones are asked first."""

    parts: tuple[Condition, ...]

    @property
    def cost(self) -> int:
        return max(part.cost for part in self.parts)

    def test(self, context: Context) -> RowTest:
        first, second, *others = (part.test(context) for part in sorted(self.parts, key=_cost))
        if not others:
            return lambda row: first(row) or second(row)

        def fits(row: int) -> bool:
            if first(row) or second(row):
                return True
            for test in others:  # noqa: SIM110 - `any` would make a generator for each row
                if test(row):
                    return True
            return False

        return fits

    def where(self, context: Context) -> Sql:
        return joined(" OR ", [part.where(context) for part in sorted(self.parts, key=_cost)])


@dataclass(frozen=True, slots=True)
class Not:
    """The part must not fit."""

    part: Condition

    @property
    def cost(self) -> int:
        return self.part.cost

    def test(self, context: Context) -> RowTest:
        test = self.part.test(context)
        return lambda row: not test(row)

    def where(self, context: Context) -> Sql:
        sql, parameters = self.part.where(context)
        return f"NOT ({sql})", parameters


def joined(word: str, parts: list[Sql]) -> Sql:
    """One piece of SQL with `word` between the parts."""
    return f"({word.join(sql for sql, _ in parts)})", [item for _, items in parts for item in items]


def _cost(condition: Condition) -> int:
    return condition.cost
