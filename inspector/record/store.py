"""The flight recorder's file: events go to one SQLite database as they happen, written by a thread of its own.

`put` turns events into rows and queues them; the thread commits every tenth of a second, with the disk's confirmation,
so a crash or a power cut costs at most what came since. What cannot be written is counted and said, never raised.
The user's disk is not filled to the last byte: recording stops while some is left.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from time import monotonic
from typing import cast

from inspector.record import bulk_insert, schema
from inspector.record.chunk_bytes import Covering
from inspector.record.log_run import LogRun, log_run
from inspector.record.schema import Columns
from inspector.record.timeline import Timeline
from inspector.trace.events import AnyEvent, ChunkReceived, Direction, Message, RequestSent, StreamEnded
from inspector.trace.log_entries import parts

COMMIT_EVERY_S = 0.1
MAX_BACKLOG_EVENTS = 25_000
MAX_BACKLOG_BYTES = 16 * 1024 * 1024
"""How much may wait for the disk before `has_room` says no."""
RESERVE_BYTES = 256 * 1024 * 1024
"""What is left to the user of a disk that gets full."""
LOOK_EVERY_S = 1.0
BUSY_TIMEOUT_S = 1.0
BUSY_PATIENCE_S, LAST_PATIENCE_S = 60.0, 5.0
"""How long another program may hold the file: while recording, and when all that is left to do is to close it."""
_REWRITE = "UPDATE event SET raw = ?, about_n = ? WHERE n = ?"
_FACT = "INSERT INTO fact VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
_MARK = "INSERT INTO mark VALUES (?, ?) ON CONFLICT (n) DO UPDATE SET comment = excluded.comment"
_NEXT = "What comes from now on is not recorded, only kept in memory."
_FAILURES = {
    "SQLITE_FULL": f"The disk is full. {_NEXT} Free some space, then start again.",
    "SQLITE_READONLY": f"The recording cannot be written to any more. {_NEXT} Look at the rights of its folder.",
    "SQLITE_IOERR": f"The disk takes no more of the recording. {_NEXT} See whether it is full or gone.",
    "SQLITE_BUSY": f"Another program holds the recording. {_NEXT} Close that program, then start again.",
}
"""By the beginning of the name of SQLite's error."""

Statement = tuple[str, tuple[object, ...]]


class StoreError(Exception):
    """A recording cannot be begun; `sentence` says why and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class _ReserveReached(Exception):
    """The disk is nearly full."""


@dataclass(slots=True)
class _Portion:
    """What is written in one go."""

    rows: list[Columns | LogRun] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    events: int = 0
    size_bytes: int = 0


class Store:
    """Writes one recording. Use it from one thread; `close` waits until all is on disk.

    `committed` counts the events that are safe on disk, always the first ones of the river; `lost` those that could
    not be kept, once `failure` says why.
    """

    def __init__(self, path: Path, reserve_bytes: int = RESERVE_BYTES) -> None:
        """Begin a recording in a new file. Raises `StoreError`, also if there is a file already.

        Recording stops when less than `reserve_bytes` are left on the disk.
        """
        self.path = path
        self.committed = 0
        self.lost = 0
        self.failure = ""
        self._covering = Covering()
        self._sent: dict[int, tuple[int, bytes]] = {}
        self._queue: deque[_Portion] = deque()
        self._waiting_events = 0
        self._waiting_bytes = 0
        self._wake = threading.Condition()
        self._is_urgent = self._is_closing = False
        self._began_s = 0.0
        self._reserve_bytes = reserve_bytes
        self._look_at_s = 0.0
        self._connection = _create(path)
        self._thread = threading.Thread(target=self._run, name="flight recorder", daemon=True)
        self._thread.start()

    @property
    def has_room(self) -> bool:
        """Whether more may be put; False while the disk is slower than what comes."""
        return self._waiting_events < MAX_BACKLOG_EVENTS and self._waiting_bytes < MAX_BACKLOG_BYTES

    def put(self, events: Sequence[AnyEvent], timeline: Timeline, row: int) -> int:
        """Store the next events of the river; they are in the timeline, the first of their rows is `row`.

        Returns the number of bytes that came in with them.
        """
        if self.failure:
            with self._wake:
                self.lost += len(events)
            return 0
        rows: list[Columns | LogRun] = []
        size_bytes = 0
        for are_log_entries, part in parts(events):
            run = self._log_run(cast("Sequence[Message]", part), timeline, row) if are_log_entries else None
            if run is not None:
                rows.append(run)
                row += run.rows
                continue
            told = [event for event in part if type(event) is not ChunkReceived]
            columns = schema.event_columns(told, timeline, row) if told else []
            size_bytes += self._cover(part, columns)
            rows += columns
            row += len(told)
        chunks, rewrites = self._covering.take()
        if chunks:
            rows = sorted([*rows, *chunks], key=itemgetter(schema.N))
        statements: list[Statement] = [(_REWRITE, (rewrite.raw, rewrite.last_n, rewrite.n)) for rewrite in rewrites]
        self._queue_up(_Portion(rows, statements, len(events), size_bytes))
        return size_bytes

    def note(self, **facts: str) -> None:
        """Keep facts about the whole recording, such as the URL."""
        self._queue_up(_Portion(statements=[(_FACT, (name, schema.sound(fact))) for name, fact in facts.items()]))

    def mark(self, n: int, comment: str | None) -> None:
        """Keep the user's mark and comment on event `n`; None takes it away."""
        statement: Statement = "DELETE FROM mark WHERE n = ?", (n,)
        if comment is not None:
            statement = _MARK, (n, schema.sound(comment))
        self._queue_up(_Portion(statements=[statement]))

    def flush(self, timeout_s: float = 30.0) -> bool:
        """Wait until what was put is on disk; False if it is not by then, or never will be."""
        with self._wake:
            self._is_urgent = self._thread.is_alive()
            self._wake.notify_all()
            done = self._wake.wait_for(lambda: bool(self.failure) or not self._is_urgent, timeout_s)
        return done and not self.failure

    def close(self) -> None:
        """Write what is left and turn the database into one plain file."""
        with self._wake:
            self._is_closing = True
            self._wake.notify_all()
        self._thread.join()

    def _log_run(self, entries: Sequence[Message], timeline: Timeline, row: int) -> LogRun | None:
        run = log_run(entries, schema.event_columns(entries[:1], timeline, row)[0])
        stream = entries[0].stream
        if run is not None and stream is not None:
            self._covering.add_bytes(stream, run.n + run.rows - 1, run.offset, run.raw)
        return run

    def _cover(self, events: Sequence[AnyEvent], rows: list[Columns]) -> int:
        """Note which bytes stand where; `rows` are those of all events but the chunks. Returns the bytes that came."""
        covering, size_bytes, place = self._covering, 0, 0
        for event in events:
            if type(event) is ChunkReceived:
                covering.add_chunk(event)
                size_bytes += len(event.data)
                continue
            offset, stream = rows[place][schema.OFFSET], event.stream
            if stream is not None and offset is not None:
                covering.add_bytes(stream, event.n, offset, rows[place][schema.RAW])
            elif stream is not None:
                rows[place] = self._shared(event, stream, rows[place])
            place += 1
        return size_bytes

    def _shared(self, event: AnyEvent, stream: int, columns: Columns) -> Columns:
        """A request's body is the message it carries: it stands there once."""
        if type(event) is Message and event.direction is Direction.OUTBOUND:
            self._sent[stream] = event.n, event.raw
        elif type(event) is RequestSent:
            n, raw = self._sent.get(stream, (0, b""))
            if raw and raw == event.body:
                head, rest = columns[: schema.ABOUT_N], columns[schema.RAW + 1 :]
                return (*head, n, columns[schema.OFFSET], None, *rest)
        elif type(event) is StreamEnded:
            self._sent.pop(stream, None)
            self._covering.end_stream(stream)
        return columns

    def _queue_up(self, portion: _Portion) -> None:
        # The thread looks by itself ten times a second: waking it for each portion costs more than the portion.
        with self._wake:
            if self.failure:
                self.lost += portion.events
                return
            self._queue.append(portion)
            self._waiting_events += portion.events
            self._waiting_bytes += portion.size_bytes

    def _run(self) -> None:
        """The thread: writes what waits, a tenth of a second's worth at a time."""
        while portions := self._next_portions():
            try:
                self._look_at_disk()
                self._write_patiently(portions)
            except Exception as error:  # whatever it is, it is said, and the session goes on
                self._fail(error, portions)
            else:
                self._settle(portions)
        _end(self._connection)

    def _look_at_disk(self) -> None:
        now_s = monotonic()
        if now_s < self._look_at_s:
            return
        self._look_at_s = now_s + LOOK_EVERY_S
        with suppress(OSError):
            if shutil.disk_usage(self.path.parent).free < self._reserve_bytes:
                raise _ReserveReached

    def _write_patiently(self, portions: list[_Portion]) -> None:
        """What waits is kept while another program holds the file, such as one that looks at it with SQL."""
        began_s = monotonic()
        while True:
            try:
                self._write(portions)
            except sqlite3.OperationalError as error:
                with suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                patience_s = LAST_PATIENCE_S if self._is_closing else BUSY_PATIENCE_S
                if not error.sqlite_errorname.startswith("SQLITE_BUSY") or monotonic() - began_s > patience_s:
                    raise
            else:
                return

    def _next_portions(self) -> list[_Portion]:
        with self._wake:
            pause_s = max(0.0, self._began_s + COMMIT_EVERY_S - monotonic())  # writing may have taken all of it
            self._wake.wait_for(lambda: self._is_closing or self._is_urgent, pause_s)
            while not (self._queue or self._is_closing or self._is_urgent):
                self._wake.wait(COMMIT_EVERY_S)
            self._began_s = monotonic()
            portions = list(self._queue) or ([] if self._is_closing else [_Portion()])
            self._queue.clear()
        return portions

    def _write(self, portions: list[_Portion]) -> None:
        connection = self._connection
        connection.execute("BEGIN")
        bulk_insert.insert(connection, [columns for portion in portions for columns in portion.rows])
        for portion in portions:
            for statement, values in portion.statements:
                connection.execute(statement, values)
        connection.execute("COMMIT")

    def _settle(self, portions: list[_Portion]) -> None:
        with self._wake:
            events = sum(portion.events for portion in portions)
            self.committed += events
            self._waiting_events -= events
            self._waiting_bytes -= sum(portion.size_bytes for portion in portions)
            self._is_urgent = bool(self._queue) and self._is_urgent
            self._wake.notify_all()

    def _fail(self, error: Exception, portions: list[_Portion]) -> None:
        with suppress(sqlite3.Error):
            self._connection.execute("ROLLBACK")
        with self._wake:
            portions += self._queue
            self._queue.clear()
            self.failure = self.failure or self._sentence(error)
            self.lost += sum(portion.events for portion in portions)
            self._waiting_events = self._waiting_bytes = 0
            self._is_urgent = False
            self._wake.notify_all()

    def _sentence(self, error: Exception) -> str:
        if isinstance(error, _ReserveReached):
            left = f"Less than {self._reserve_bytes // 1024**2} MB are left on the disk"
            return f"{left}, so recording stopped. {_NEXT} Free some space, then start again."
        name = getattr(error, "sqlite_errorname", "")
        found = (sentence for beginning, sentence in _FAILURES.items() if name.startswith(beginning))
        return next(found, f"Recording failed: {error}. {_NEXT}")


def _create(path: Path) -> sqlite3.Connection:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Not for others to read: a server's answers stand in it. Nothing that exists is ever written over.
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError as error:
        if path.exists():
            raise StoreError(f"{str(path)!r} exists already and is left as it is. Choose another name.") from error
        raise _unwritable(path, error.strerror) from error
    try:
        return _prepared(path)
    except sqlite3.Error as error:
        for suffix in schema.COMPANIONS:
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        raise _unwritable(path, str(error)) from error


def _prepared(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA page_size = 8192")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        # In one transaction: after a crash the file is a recording, or nothing yet.
        kind = f"PRAGMA application_id = {schema.APPLICATION_ID};PRAGMA user_version = {schema.SCHEMA_VERSION};"
        connection.executescript(f"BEGIN;{kind}{schema.CREATE}COMMIT;")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _unwritable(path: Path, why: str | None) -> StoreError:
    return StoreError(f"No recording can be written to {str(path)!r}: {why}. Choose another place.")


def _end(connection: sqlite3.Connection) -> None:
    """One plain file without companions, if nobody reads it just now."""
    with suppress(sqlite3.Error):
        connection.execute("PRAGMA journal_mode = DELETE")
    connection.close()
