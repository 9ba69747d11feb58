"""Writing many rows with few statements and few values.

Between two statements the writer's thread has to win back the interpreter, and while it hands over values it holds up
the window. So rows go many at a time, and what rows that follow each other have in common is handed over once.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import chain, groupby
from operator import itemgetter
from typing import Any, cast

from inspector.record import log_run
from inspector.record.log_run import LogRun
from inspector.record.schema import COLUMNS, Columns

_OWN = tuple(map(COLUMNS.index, ("n", "row", "at", "monotonic_ns", "size_bytes", "offset", "raw", "event_id")))
"""The columns in which the rows of a flood differ."""
_COMMON = tuple(place for place in range(len(COLUMNS)) if place not in _OWN)
_own_of, _common_of = itemgetter(*_OWN), itemgetter(*_COMMON)
_LEAST_RUN = 8
_STEPS = (512, 128, 32, 8, 1)
"""How many rows a statement takes."""


def insert(connection: sqlite3.Connection, rows: Sequence[Columns | LogRun]) -> None:
    """Add rows to the table of events, in their order."""
    for kind, group in groupby(rows, type):
        if kind is not LogRun:
            _insert_rows(connection, cast("list[Columns]", list(group)))
            continue
        for run in cast("Iterator[LogRun]", group):
            connection.execute(log_run.INSERT, run.values())


def _insert_rows(connection: sqlite3.Connection, rows: Sequence[Columns]) -> None:
    mixed: list[Columns] = []
    for common, group in groupby(rows, _common_of):
        run = list(group)
        if len(run) < _LEAST_RUN:
            mixed += run
            continue
        _insert_mixed(connection, mixed)
        mixed.clear()
        for part in _parts(connection, run):
            own = chain.from_iterable(map(_own_of, part))
            connection.execute(_run_statement(len(part)), [*common, *own])
    _insert_mixed(connection, mixed)


def _insert_mixed(connection: sqlite3.Connection, rows: Sequence[Columns]) -> None:
    for part in _parts(connection, rows):
        connection.execute(_mixed_statement(len(part)), list(chain.from_iterable(part)))


def _parts(connection: sqlite3.Connection, rows: Sequence[Columns]) -> Iterator[Sequence[Columns]]:
    start, most = 0, connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER) // len(COLUMNS)
    for step in _STEPS:
        while step <= most and len(rows) - start >= step:
            yield rows[start : start + step]
            start += step


@cache
def _mixed_statement(count: int) -> str:
    values = f"({','.join('?' * len(COLUMNS))})"
    return f"INSERT INTO event VALUES {','.join([values] * count)}"  # noqa: S608 - made of question marks


@cache
def _run_statement(count: int) -> str:
    """The values in common are the first ones, then come those of each row."""
    values = ",".join(_run_values(len(_COMMON) + row * len(_OWN)) for row in range(count))
    return f"INSERT INTO event VALUES {values}"  # noqa: S608 - made of question marks


def _run_values(before: int) -> str:
    own = iter(range(before + 1, before + 1 + len(_OWN)))
    numbers: list[Any] = [next(own) if place in _OWN else _COMMON.index(place) + 1 for place in range(len(COLUMNS))]
    return f"({','.join(f'?{number}' for number in numbers)})"
