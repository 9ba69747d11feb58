"""A recording as it is read: the events of a file, one by one or in blocks, as an archive of a river."""

from __future__ import annotations

import os
import sqlite3
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

from inspector.record import schema
from inspector.record.chunk_bytes import put_together
from inspector.trace.clock import StoppedClock
from inspector.trace.events import AnyEvent, Severity, Violation
from inspector.trace.river import River

DAMAGED = "recording-damaged"
"""The rule of the violation that stands for an event that cannot be read."""
BLOCK_EVENTS = 256
MAX_BLOCK_BYTES = 4 * 1024 * 1024
MAX_CACHED_EVENTS = 8_192
MAX_CACHED_BYTES = 32 * 1024 * 1024
_LEAST_EVENT_BYTES = 32
_DAMAGE = (sqlite3.DatabaseError, ValueError, TypeError, KeyError, OverflowError, OSError)
_BLOCK = f"{schema.SELECT} WHERE n >= ? AND n < ? ORDER BY n"
_IMPORT = "To read a HAR, .sse or log file, import it."
_RANGES = """
SELECT n, "offset", CASE WHEN length(raw) <= 65536 THEN raw END FROM event
WHERE n > ? AND n <= ? AND stream = ? AND kind != 'chunk' AND "offset" < ? AND "offset" + length(raw) > ?
ORDER BY "offset", n
"""


class RecordingError(Exception):
    """A file cannot be opened as a recording; `sentence` says what it is and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def open_recording(path: Path) -> Recording:
    """Open a file to read; it is never changed. Raises `RecordingError`."""
    name = repr(str(path))
    _check_file(path, name)
    connection = None
    try:
        connection = _connect(path)
        _check_kind(connection, name)
        connection.execute(f"{schema.SELECT} LIMIT 0")  # every column is there
        recording = Recording(path, connection)
        recording.refresh()
        if not recording.is_plausible():
            raise sqlite3.DatabaseError("events are missing")
    except (RecordingError, *_DAMAGE) as error:
        if connection is not None:
            connection.close()
        if isinstance(error, RecordingError):
            raise
        if getattr(error, "sqlite_errorname", "") == "SQLITE_NOTADB":
            raise RecordingError(f"{name} is no recording. {_IMPORT}") from error
        raise RecordingError(f"{name} is damaged: {error}. Only a copy of the whole file can be opened.") from error
    return recording


def river_of(recording: Recording) -> River:
    """A recording as a river that has ended, so that everything that reads a live one reads it."""
    last = recording[len(recording) - 1] if len(recording) else None
    river = River(StoppedClock(last.at, last.monotonic_ns) if last else StoppedClock(0.0, 0), recording)
    river.close()
    return river


def _check_file(path: Path, name: str) -> None:
    """That it is a file with something in it, and may be read."""
    try:
        if path.is_dir():
            raise RecordingError(f"{name} is a folder. Name a file in it.")
        with path.open("rb") as file:
            if not file.read(1) and not path.with_name(path.name + "-wal").exists():
                raise RecordingError(f"{name} is empty. Look at the name.")
    except FileNotFoundError as error:
        raise RecordingError(f"There is no file {name}. Look at the name.") from error
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise RecordingError(f"{name} cannot be read: {why}. Look at its rights.") from error


def _check_kind(connection: sqlite3.Connection, name: str) -> None:
    """That it is a recording of ours, of a version that we know."""
    application_id = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if application_id != schema.APPLICATION_ID:
        if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            raise RecordingError(f"{name} holds nothing: it was cut off, or left before anything was recorded.")
        raise RecordingError(f"{name} is no recording of this program. {_IMPORT}")
    if version > schema.SCHEMA_VERSION:
        sentence = f"{name} was recorded by a newer version of this program (schema {version}, this one reads"
        raise RecordingError(f"{sentence} {schema.SCHEMA_VERSION}). Update the program.")


def _connect(path: Path) -> sqlite3.Connection:
    address = f"file:{quote(os.fsencode(path))}?mode=ro"
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

    While the file is still written, it grows by what has been committed. An event that damage has made unreadable is
    told as a violation in its place.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection
        self._count = 0
        self._cache: OrderedDict[int, tuple[AnyEvent, int]] = OrderedDict()
        self._cached_bytes = 0
        self._last_raw = -1, b""
        self._last_seen = 0.0, 0
        self.unreadable: set[int] = set()
        """The numbers of the events that were asked for and could not be read."""

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

    def is_plausible(self) -> bool:
        """Whether the file has whole pages, enough for its events; else they are missing, and nobody wants to wait."""
        pages, page_bytes = (self._connection.execute(f"PRAGMA page_{of}").fetchone()[0] for of in ("count", "size"))
        journal = self.path.with_name(self.path.name + schema.COMPANIONS[1])
        if self.path.stat().st_size % page_bytes and not journal.exists():  # SQLite takes the rest of a page for zeros
            return False
        return bool(self._count <= pages * page_bytes // _LEAST_EVENT_BYTES)

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
        """The events with the bytes they hold, until these are many, or one cannot be read."""
        events: list[tuple[AnyEvent, int]] = []
        if start >= end:
            return events
        try:
            self._read_into(events, start, end)
        except sqlite3.ProgrammingError:
            raise  # our own misuse
        except _DAMAGE as error:
            return events or [(self._unreadable(start, str(error)), 0)]
        return events or [(self._unreadable(start, "it is missing"), 0)]

    def _read_into(self, events: list[tuple[AnyEvent, int]], start: int, end: int) -> None:
        total_bytes = 0
        with closing(self._connection.execute(_BLOCK, (start, end))) as cursor:
            for columns in cursor:
                if columns[0] != start + len(events):
                    break
                data = self._data(columns)
                event = schema.read(columns, data)
                size_bytes = len((columns[7] or b"") if data is None else data)
                events.append((event, size_bytes))
                self._last_seen = event.at, event.monotonic_ns
                total_bytes += size_bytes
                if total_bytes > MAX_BLOCK_BYTES:
                    break

    def _unreadable(self, n: int, why: str) -> AnyEvent:
        at, monotonic_ns = self._last_seen
        self.unreadable.add(n)
        return Violation(
            n=n,
            at=at,
            monotonic_ns=monotonic_ns,
            rule=DAMAGED,
            severity=Severity.ERROR,
            text=f"Event {n} of this recording cannot be read: {why}.",
            fix="Open another copy of the file, if there is one.",
        )

    def _data(self, columns: tuple[Any, ...]) -> bytes | None:
        """Bytes that do not stand in the row itself: those of a chunk, and the body of a request."""
        n, *_, offset, raw, _, kind, size_bytes, about_n, _ = columns
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
