"""SQL in a thread: spans in order, stopped at once, and giving up in words."""

from __future__ import annotations

import sqlite3
import threading
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from inspector.record import stored_search as module
from inspector.record.recorder import Stored
from inspector.record.stored_search import StoredQuery, StoredSearch
from inspector.record.timeline import Timeline
from tests.support.rivers import Talk
from tests.support.stored import ask, record

LIMIT_S = 30.0


@dataclass
class Told:
    """What a search told."""

    spans: list[tuple[list[int], int]] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    def found(self, rows: array[int], end: int) -> None:
        self.spans.append((list(rows), end))


@pytest.fixture
def timeline(river: Talk, path: Path, monkeypatch: pytest.MonkeyPatch) -> Timeline:
    """40 rows, with chunks between them, searched a few at once."""
    monkeypatch.setattr(module, "FIRST_SPAN", 10)
    monkeypatch.setattr(module, "SPAN", 25)
    for _ in range(10):
        river.calls(1)
        river.chunk(1)
    record(path, river.since(0))
    return river.into(Timeline())


def search(path: Path, timeline: Timeline, condition: str, *values: object, **more: Callable[..., object]) -> Told:
    told = Told()
    query = StoredQuery(condition, values, more.get("prepare", lambda _: None))
    stored = Stored(path, len(timeline))
    found = StoredSearch(stored, query, timeline.numbers, more.get("found", told.found), told.reasons.append)  # type: ignore[arg-type]
    assert found.rows == len(timeline)
    found._thread.join(LIMIT_S)
    assert not found._thread.is_alive()
    return told


def test_rows_come_span_by_span_in_order(timeline: Timeline, path: Path) -> None:
    told = search(path, timeline, "kind = ? AND direction = 'in'", "message")
    assert [end for _, end in told.spans] == [10, 35, 40]
    assert [row for rows, _ in told.spans for row in rows] == list(range(3, 40, 4)) and told.reasons == []


def test_spans_without_a_row_are_told_too(timeline: Timeline, path: Path) -> None:
    assert search(path, timeline, "0").spans == [([], 10), ([], 35), ([], 40)]


def test_a_query_brings_its_functions(timeline: Timeline, path: Path) -> None:
    def prepare(connection: sqlite3.Connection) -> None:
        connection.create_function("is_seventh", 1, lambda n: n % 7 == 0)

    told = search(path, timeline, "is_seventh(row)", prepare=prepare)
    assert [row for rows, _ in told.spans for row in rows] == list(range(0, 40, 7))


def test_sql_that_gives_up_is_told(timeline: Timeline, path: Path) -> None:
    assert search(path, timeline, "nonsense").reasons == ["no such column: nonsense"]
    assert len(search(path.with_name("none"), timeline, "1").reasons) == 1


@pytest.mark.parametrize("row", ["many", 4_000_000_000_000, -1, 39])
def test_a_file_with_wrong_rows_is_not_believed(timeline: Timeline, path: Path, row: object) -> None:
    connection = sqlite3.connect(path)
    connection.execute("UPDATE event SET row = ? WHERE n = 0", (row,))
    connection.commit()
    connection.close()
    told = search(path, timeline, "1")
    assert told.spans == [] and len(told.reasons) == 1


def test_a_stopped_search_tells_nothing_more(timeline: Timeline, path: Path) -> None:
    told, began, go = Told(), threading.Event(), threading.Event()

    def slow(_: object) -> bool:
        began.set()
        return go.wait(LIMIT_S)

    def prepare(connection: sqlite3.Connection) -> None:
        connection.create_function("slow", 1, slow)

    query = StoredQuery("slow(n)", (), prepare)
    found = StoredSearch(Stored(path, 40), query, timeline.numbers, told.found, told.reasons.append)
    assert began.wait(LIMIT_S)
    found.stop()
    go.set()
    found._thread.join(LIMIT_S)
    assert (told.spans, told.reasons) == ([], []) and not found._thread.is_alive()
    found.stop()


def test_nothing_is_searched_in_an_empty_recording(path: Path) -> None:
    record(path, [])
    assert search(path, Timeline(), "1") == Told()
    assert ask(path, "SELECT count(*) FROM event") == [(0,)]
