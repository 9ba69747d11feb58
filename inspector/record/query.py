"""The filter language of the timeline: one text, read once, is both a test of rows and SQL over stored ones.

`method:tools/call status:error dur>500ms -event:ping "timed out"`: terms side by side must all hold; `or`, `not`,
`-term` and parentheses join them; bare words search the text. `fields()` tells what there is, `GRAMMAR` how to
write it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from inspector.record import query_text
from inspector.record.query_completion import Completion as Completion  # noqa: PLC0414 - this is the door to all of it
from inspector.record.query_completion import complete as complete  # noqa: PLC0414
from inspector.record.query_conditions import NEAR_EVENTS as NEAR_EVENTS  # noqa: PLC0414
from inspector.record.query_conditions import EvidenceOf, Holds
from inspector.record.query_fields import FIELDS, field_of
from inspector.record.query_fields import Field as Field  # noqa: PLC0414
from inspector.record.query_logic import Always, Condition, Every, Not, Some
from inspector.record.query_logic import Context as Context  # noqa: PLC0414
from inspector.record.query_syntax import AllOf, Negation, Term, Tree, tree_of
from inspector.record.query_syntax import QueryError as QueryError  # noqa: PLC0414

GRAMMAR: tuple[tuple[str, str], ...] = (
    ("timeout", "holds the text, in any case, in its label, name or bytes"),
    ('"timed out"', "holds the text with its space; single quotes do as well"),
    ("a b", "both; the same as: a and b"),
    ("a or b", "one of them; binds weaker than side by side"),
    ("-a", "not; the same as: not a"),
    ("(a or b) c", "parentheses group"),
    ("kind:request,error", "one of several values; the same as: kind:(request, error)"),
    ("method:tools", "a word that begins so, at its start or behind a slash"),
    ("method=tools/call", "exactly this word"),
    ("method:*list*", "the whole word, with * for anything"),
    ("dur>500ms", "compares with < <= > >= and != ; a number behind : fits what rounds to it"),
    ("dur:10ms..1s", "from one to the other; either may be left out"),
)
"""How a filter is written: examples and what they mean, for the help."""


@dataclass(frozen=True, slots=True)
class Query:
    """A filter that was understood."""

    text: str
    condition: Condition

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked for, so that every row fits."""
        return isinstance(self.condition, Always)

    @property
    def asks_for_findings(self) -> bool:
        """Whether the answer is another where there are other findings."""
        return _asks_for_findings(self.condition)

    def test(self, context: Context) -> Callable[[int], bool]:
        """Whether a row of the timeline fits, also for rows that come later; cheap tests come first."""
        return self.condition.test(context)

    def where(self, context: Context) -> tuple[str, list[object]]:
        """A condition over table `event` and its parameters, for rows that the timeline has now.

        It is 1 or 0 and holds for the rows of the timeline only (`row` is not NULL). The connection that runs it
        must have gone through `prepare`.
        """
        return self.condition.where(context)


def parse(text: str) -> Query:
    """Read a filter; raises QueryError with a sentence and a place. An empty text fits every row."""
    tree = tree_of(text)
    return Query(text, Always() if tree is None else _condition(tree))


def prepare(connection: sqlite3.Connection) -> None:
    """Make a connection able to run the SQL of queries; once is enough."""
    query_text.prepare(connection)


def fields() -> tuple[Field, ...]:
    """Every field with its aliases, what it takes and examples, for completion and help."""
    return FIELDS


def _asks_for_findings(condition: Condition) -> bool:
    if isinstance(condition, Every | Some):
        return any(map(_asks_for_findings, condition.parts))
    return _asks_for_findings(condition.part) if isinstance(condition, Not) else isinstance(condition, EvidenceOf)


def _condition(tree: Tree) -> Condition:
    if isinstance(tree, Term):
        return field_of(tree).condition(tree) if tree.operator else Holds(tree.values[0].text)
    if isinstance(tree, Negation):
        return Not(_condition(tree.part))
    parts = tuple(map(_condition, tree.parts))
    return Every(parts) if isinstance(tree, AllOf) else Some(parts)
