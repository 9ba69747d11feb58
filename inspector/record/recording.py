"""A recording as it is read: the events of a file, one by one or in blocks, as an archive of a river."""

from __future__ import annotations

import sqlite3
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from inspector.record import schema
from inspector.record.chunk_bytes import put_together
from inspector.trace.clock import StoppedClock
from inspector.trace.events import AnyEvent
from inspector.trace.river import River

BLOCK_EVENTS = 256
MAX_BLOCK_BYTES = 4 * 1024 * 1024
MAX_CACHED_EVENTS = 8_192
MAX_CACHED_BYTES = 32 * 1024 * 1024
_BLOCK = f"{schema.SELECT} WHERE n >= ? AND n < ? ORDER BY n"
_RANGES = """
SELECT n, "offset", CASE WHEN length(raw) <= 65536 THEN raw END FROM event
WHERE n > ? AND n <= ? AND stream = ? AND kind != 'chunk' AND "offset" < ? AND "offset" + length(raw) > ? ORDER BY n
"""


class RecordingError(Exception):
    """A file cannot be opened as a recording; `sentence` says what it is and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def open_recording(path: Path) -> Recording:
    """Open a file to read; it is never changed. Raises `RecordingError`."""
    name = repr(str(path))
    if not path.is_file():
        raise RecordingError(f"There is no file {name}. Look at the name.")
    try:
        connection = _connect(path)
        application_id = connection.execute("PRAGMA application_id").fetchone()[0]
        version = connection.execute("PRAGMA user_version").fetchone()[0]
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorname", "") == "SQLITE_NOTADB":
            raise RecordingError(f"{name} is no recording. To read a HAR, .sse or log file, import it.") from error
        raise RecordingError(f"{name} cannot be read: {error}. It may be cut off or damaged.") from error
    if application_id != schema.APPLICATION_ID:
        connection.close()
        raise RecordingError(f"{name} is no recording of this program. To read a HAR, .sse or log file, import it.")
    if version > schema.SCHEMA_VERSION:
        connection.close()
        sentence = f"{name} was recorded by a newer version of this program (schema {version}, this one reads"
        raise RecordingError(f"{sentence} {schema.SCHEMA_VERSION}). Update the program.")
    return _checked(Recording(path, connection), name)


def river_of(recording: Recording) -> River:
    """A recording as a river that has ended, so that everything that reads a live one reads it."""
    last = recording[len(recording) - 1] if len(recording) else None
    river = River(StoppedClock(last.at, last.monotonic_ns) if last else StoppedClock(0.0, 0), recording)
    river.close()
    return river


def _checked(recording: Recording, name: str) -> Recording:
    try:
        recording.refresh()
        if len(recording):
            recording[len(recording) - 1]
    except (sqlite3.DatabaseError, ValueError) as error:
        recording.close()
        raise RecordingError(f"{name} is damaged: {error}. Only a copy of the whole file can be opened.") from error
    return recording


def _connect(path: Path) -> sqlite3.Connection:
    address = f"file:{quote(str(path))}?mode=ro"
    try:
        connection = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)
        connection.execute("SELECT count(*) FROM sqlite_master")
    except sqlite3.OperationalError:
        # A folder that cannot be written to, with a file that was not closed: without its journal, then.
        connection = sqlite3.connect(f"{address}&immutable=1", uri=True, isolation_level=None, check_same_thread=False)
        connection.execute("SELECT count(*) FROM sqlite_master")
    return connection


class Recording:
    """The events of a file, numbered from 0. Whatever is read is cached in bounded memory; one thread reads.

    While the file is still written, it grows by what has been committed.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection
        self._count = 0
        self._cache: OrderedDict[int, tuple[AnyEvent, int]] = OrderedDict()
        self._cached_bytes = 0
        self._last_raw = -1, b""

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, n: int) -> AnyEvent:
        if not 0 <= n < self._count:
            raise IndexError(n)
        found = self._cache.get(n)
        if found is None:
            self._read_around(n)
            found = self._cache[n]
        self._cache.move_to_end(n)
        return found[0]

    def refresh(self) -> None:
        """Count anew what the file holds; the events of a recording have no gaps."""
        self.grow_to(self._connection.execute("SELECT coalesce(max(n) + 1, 0) FROM event").fetchone()[0])

    def grow_to(self, count: int) -> None:
        """The writer says that so many events are there by now."""
        self._count = count

    def since(self, n: int, limit: int) -> list[AnyEvent]:
        """The events from number `n` on: at least one if there is one, at most `limit`, and not many big ones."""
        return [event for event, _ in self._read(n, min(n + limit, self._count))]

    def facts(self) -> dict[str, str]:
        """What was noted about the whole recording."""
        return dict(self._connection.execute("SELECT name, value FROM fact"))

    def marks(self) -> dict[int, str]:
        """The user's marks and comments by event number."""
        return dict(self._connection.execute("SELECT n, comment FROM mark"))

    def first_within(self, seconds: float) -> int:
        """The number of the first event that is at most so much older than the last one."""
        query = "SELECT min(n) FROM event WHERE monotonic_ns >= (SELECT max(monotonic_ns) FROM event) - ?"
        found = self._connection.execute(query, (round(seconds * 1e9),)).fetchone()[0]
        return int(found or 0)

    def numbers(self, query: str, values: Mapping[str, int]) -> list[int]:
        """The event numbers that an SQL query gives."""
        return [n for (n,) in self._connection.execute(query, values) if n < self._count]

    def close(self) -> None:
        self._connection.close()

    def reopen(self) -> None:
        """Read on after `close`."""
        self._connection = _connect(self.path)

    def _read_around(self, n: int) -> None:
        start = n - n % BLOCK_EVENTS
        for first in (start, n):  # big events before it may leave no room for the one that is wanted
            for event, size_bytes in self._read(first, min(start + BLOCK_EVENTS, self._count)):
                self._keep(event, size_bytes)
            if n in self._cache:
                return
        raise IndexError(n)

    def _keep(self, event: AnyEvent, size_bytes: int) -> None:
        before = self._cache.pop(event.n, None)
        self._cached_bytes += size_bytes - (before[1] if before else 0)
        self._cache[event.n] = event, size_bytes
        while len(self._cache) > MAX_CACHED_EVENTS or (self._cached_bytes > MAX_CACHED_BYTES and len(self._cache) > 1):
            self._cached_bytes -= self._cache.popitem(last=False)[1][1]

    def _read(self, start: int, end: int) -> list[tuple[AnyEvent, int]]:
        """The events with the bytes they hold, until these are many."""
        events, total_bytes = [], 0
        cursor = self._connection.execute(_BLOCK, (start, end))
        for columns in cursor:
            data = self._data(columns)
            size_bytes = len((columns[7] or b"") if data is None else data)
            events.append((schema.read(columns, data), size_bytes))
            total_bytes += size_bytes
            if total_bytes > MAX_BLOCK_BYTES:
                break
        cursor.close()
        return events

    def _data(self, columns: tuple[Any, ...]) -> bytes | None:
        """Bytes that do not stand in the row itself: those of a chunk, and the body of a request."""
        n, *_, offset, raw, _, kind, size_bytes, about_n = columns
        if about_n is None or (kind == "http.request" and raw is not None):
            return None
        if kind == "http.request":
            return self._raw(about_n)
        if kind != "chunk":
            return None
        ranges = self._connection.execute(_RANGES, (n, about_n, columns[4], offset + size_bytes, offset)).fetchall()
        pieces = ((start, self._raw(at) if piece is None else piece) for at, start, piece in ranges)
        return put_together(offset, size_bytes, raw or b"", pieces)

    def _raw(self, n: int) -> bytes:
        """The bytes of one event; the last one is kept, as the chunks of a big event ask for it one after the other."""
        if self._last_raw[0] != n:
            found = self._connection.execute("SELECT raw FROM event WHERE n = ?", (n,)).fetchone()
            self._last_raw = n, bytes(found[0] or b"") if found else b""
        return self._last_raw[1]
