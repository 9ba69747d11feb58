"""Log entries as one value: SQLite makes the same rows of it as of each entry alone."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from inspector.record import bulk_insert
from inspector.record.log_run import LogRun, log_run
from inspector.record.schema import CREATE, Columns, event_columns
from inspector.record.timeline import Timeline
from inspector.trace.events import Message
from tests.support.rivers import Talk

IDS = st.none() | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)


def entries(raws: Sequence[bytes], ids: Sequence[str | None] = (), offset: int = 0) -> list[Message]:
    talk = Talk()
    talk.log_entries(1, raws, ids, offset)
    return cast("list[Message]", talk.since(1))


def rows_of(said: Sequence[Message]) -> list[Columns]:
    timeline = Timeline()
    timeline.fold(said)
    return event_columns(said, timeline, 0)


def run_of(said: Sequence[Message]) -> LogRun | None:
    return log_run(said, rows_of(said)[0])


def stored(rows: list[Any]) -> list[Any]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(CREATE)
        bulk_insert.insert(connection, rows)
        return connection.execute("SELECT * FROM event ORDER BY n").fetchall()


@given(st.lists(st.tuples(st.binary(min_size=1, max_size=60), IDS), min_size=1, max_size=40), st.integers(0, 2**40))
def test_the_rows_are_those_of_each_entry(said: list[tuple[bytes, str | None]], offset: int) -> None:
    raws, ids = zip(*said, strict=True)
    given_entries = entries(raws, ids, offset)
    run = run_of(given_entries)
    assert run is not None and run.offset == offset
    assert stored([run]) == stored(list(rows_of(given_entries))) == rows_of(given_entries)


def test_rows_before_and_behind_keep_their_places() -> None:
    said = entries([b"data: %d\n\n" % number for number in range(30)])
    rows = rows_of(said)
    run = log_run(said[10:20], rows[10])
    assert stored([*rows[:10], run, *rows[20:]]) == rows


@pytest.mark.parametrize("change", [{"offset": 3}, {"n": 77}, {"event_id": "\ud800"}, {"raw": b""}])
def test_what_has_gaps_or_no_text_is_no_run(change: dict[str, Any]) -> None:
    said = entries([b"data: 1\n\n"] * 9)
    assert run_of(said) is not None
    said[-1] = replace(said[-1], **change)
    assert log_run(said, rows_of(said[:-1])[0]) is None
