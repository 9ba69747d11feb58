"""Filtering what is on disk: SQL in a thread, in spans, so that the first rows are there at once."""

from __future__ import annotations

import os
import sqlite3
import threading
from array import array
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from urllib.parse import quote

from inspector.record.recorder import Stored

FIRST_SPAN, SPAN = 4_096, 65_536
"""Rows searched at once: few at first, as somebody waits for them."""

Found = Callable[["array[int]", int], None]


@dataclass(frozen=True, slots=True)
class StoredQuery:
    """An SQL condition over the table `event`; `prepare` adds the functions it uses to a connection."""

    condition: str
    values: Sequence[object]
    prepare: Callable[[sqlite3.Connection], None]


class StoredSearch:
    """Searches the rows of a recording that are on disk. `found(rows, end)` is called from the thread after each span.

    `end` is the row behind the last one that was searched. `failed` is called with the reason if SQL gives up.
    """

    def __init__(
        self, stored: Stored, query: StoredQuery, numbers: Sequence[int], found: Found, failed: Callable[[str], None]
    ) -> None:
        """`numbers` are the event numbers by row."""
        self.rows = stored.rows
        self._path, self._query, self._found, self._failed = stored.path, query, found, failed
        self._spans = _spans(numbers, stored.rows)
        self._stopped = threading.Event()
        self._connection: sqlite3.Connection | None = None
        self._thread = threading.Thread(target=self._run, name="filter", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Nothing more is wanted; what was found just now may still be told."""
        self._stopped.set()
        connection = self._connection
        if connection is not None:
            with suppress(sqlite3.ProgrammingError):  # it was done
                connection.interrupt()

    def _run(self) -> None:
        try:
            address = f"file:{quote(os.fsencode(self._path))}?mode=ro"
            with closing(sqlite3.connect(address, uri=True, check_same_thread=False)) as connection:
                self._connection = connection
                self._query.prepare(connection)
                start = 0
                for first_n, last_n, end in self._spans:
                    rows = self._search(connection, first_n, last_n)
                    if self._stopped.is_set():
                        return
                    if rows and not start <= min(rows) <= max(rows) < end:
                        raise ValueError("the rows of this recording are numbered wrongly")
                    self._found(rows, end)
                    start = end
        except (sqlite3.Error, ValueError, OverflowError) as error:
            if not self._stopped.is_set():
                self._failed(str(error))

    def _search(self, connection: sqlite3.Connection, first_n: int, last_n: int) -> array[int]:
        # One answer for the whole span: between two rows the thread would have to win back the interpreter.
        query = f"""
            SELECT group_concat(row) FROM (
              SELECT row FROM event WHERE n BETWEEN ? AND ? AND row IS NOT NULL AND ({self._query.condition}) ORDER BY n
            )"""  # noqa: S608 - the condition is our own, its values are bound
        rows = connection.execute(query, (first_n, last_n, *self._query.values)).fetchone()[0]
        return array("I", map(int, rows.split(",")) if rows else ())


def _spans(numbers: Sequence[int], rows: int) -> list[tuple[int, int, int]]:
    """First and last event number of each span, and the row behind it."""
    spans, start = [], 0
    while start < rows:
        end = min(start + (SPAN if start else FIRST_SPAN), rows)
        spans.append((numbers[start], numbers[end - 1], end))
        start = end
    return spans
