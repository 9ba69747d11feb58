"""Many rows in few statements: the same rows as one by one, whatever they have in common."""

from __future__ import annotations

import sqlite3
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from inspector.record import bulk_insert
from inspector.record.schema import COLUMNS, CREATE

WORDS = st.sampled_from(["in", "notification", None])


def database() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.executescript(CREATE)
    return connection


def row(n: int, word: str | None) -> tuple[Any, ...]:
    """A row in which the columns of their own differ from row to row, the others with `word`."""
    given = {"n": n, "row": n, "at": n / 7, "monotonic_ns": n * 1000, "size_bytes": n, "offset": -n, "raw": b"%d" % n}
    return tuple(given.get(column, f"{column} {word}" if word else _empty(column)) for column in COLUMNS)


def _empty(column: str) -> Any:
    return 0 if column == "connection" else "" if column in ("kind", "facts") else None


@given(st.lists(st.tuples(WORDS, st.integers(1, 300)), max_size=8))
def test_rows_come_back_as_they_were(runs: list[tuple[str | None, int]]) -> None:
    words = [word for word, count in runs for _ in range(count)]
    rows = [row(n, word) for n, word in enumerate(words)]
    connection = database()
    bulk_insert.insert(connection, rows)
    assert connection.execute("SELECT * FROM event ORDER BY n").fetchall() == rows


def test_what_rows_have_in_common_is_handed_over_once() -> None:
    connection = database()
    statements: list[str] = []
    connection.set_trace_callback(statements.append)
    bulk_insert.insert(connection, [row(n, "in") for n in range(128)])
    assert len(statements) == 2  # BEGIN is Python's own
    assert connection.execute("SELECT count(*), count(DISTINCT facts) FROM event").fetchone() == (128, 1)


def test_an_old_library_gets_as_many_values_as_it_takes() -> None:
    connection = database()
    connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 999)
    rows = [row(n, "in" if n % 3 else None) for n in range(1_500)] + [row(n, "in") for n in range(1_500, 2_000)]
    bulk_insert.insert(connection, rows)
    assert connection.execute("SELECT * FROM event ORDER BY n").fetchall() == rows
