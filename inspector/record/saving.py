"""Keeping a recording: a whole copy, the last minutes alone, or events from elsewhere as a recording of their own.

Everything is written to a file beside the target first, so that a target is whole or untouched.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

from msgspec.structs import replace

from inspector.record.recording import Recording
from inspector.record.schema import COMPANIONS
from inspector.record.store import Store, StoreError
from inspector.record.timeline import Timeline
from inspector.trace.events import AnyEvent, ExchangeFailed

_BATCH = 512
_CONTEXT = """
SELECT n FROM event WHERE n < :first AND (
  (kind IN ('http.request', 'http.connect', 'http.response', 'http.redirect')
    AND stream IN (SELECT DISTINCT stream FROM event WHERE n >= :first))
  OR n IN (SELECT about_n FROM event WHERE n >= :first AND kind != 'chunk')
  OR n IN (SELECT max(n) FROM event WHERE n < :first AND kind IN ('session.ready', 'state') GROUP BY connection, kind)
) ORDER BY n
"""
_REFERENCES = ("request_n", "about_n")
Renumber = Callable[[int], int | None]
_NOT_KEPT = -1
"""What an event refers to that must refer to something, when that was not kept."""


def save_copy(source: Path, target: Path) -> None:
    """Copy a recording, also one that is still being written, into one file. Raises `StoreError`."""
    with _beside(target) as draft, _reading(source, target) as connection:
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))  # what stands in it is for nobody else
        connection.execute("VACUUM INTO ?", (str(draft),))


def save_events(
    events: Iterable[AnyEvent],
    target: Path,
    facts: Mapping[str, str] | None = None,
    marks: Mapping[int, str] | None = None,
) -> int:
    """Write events, numbered from 0 without gaps, as a recording; returns how many. Raises `StoreError`."""
    with _beside(target) as draft:
        timeline, store, count = Timeline(), Store(draft, reserve_bytes=0), 0
        try:
            store.note(**(facts or {}))
            for batch in _batches(events):
                row = len(timeline)
                timeline.fold(batch)
                store.put(batch, timeline, row)
                count += len(batch)
                if not store.has_room:
                    store.flush()
            for n, comment in (marks or {}).items():
                store.mark(n, comment)
        finally:
            store.close()
        if store.failure:
            raise StoreError(store.failure)
    return count


def save_last(recording: Recording, seconds: float, target: Path) -> int:
    """Keep what happened in the last `seconds` of a recording, and what is needed to understand it.

    That are the heads of the exchanges, the requests that were answered and the states of the connections from before.
    The events are numbered anew. Returns how many there are. Raises `StoreError`.
    """
    first = recording.first_within(seconds)
    numbers = recording.numbers(_CONTEXT, {"first": first})
    kept_before = {n: place for place, n in enumerate(numbers)}

    def renumbered(n: int) -> int | None:
        return n - first + len(numbers) if n >= first else kept_before.get(n)

    moved = ((renumbered(n), comment) for n, comment in recording.marks().items())
    marks = {n: comment for n, comment in moved if n is not None}
    return save_events(_renumbered(recording, numbers, first, renumbered), target, recording.facts(), marks)


def _renumbered(recording: Recording, numbers: Iterable[int], first: int, renumbered: Renumber) -> Iterator[AnyEvent]:
    for n in numbers:
        yield _moved(recording[n], renumbered)
    while first < len(recording):
        events = recording.since(first, _BATCH)
        first += len(events)
        for event in events:
            yield _moved(event, renumbered)


def _moved(event: AnyEvent, renumbered: Renumber) -> AnyEvent:
    """The event under its new number, its references too; what it refers to may not have been kept."""
    changes: dict[str, Any] = {"n": renumbered(event.n)}
    for name in _REFERENCES:
        n = getattr(event, name, None)
        if n is not None:
            kept = renumbered(n)
            changes[name] = _NOT_KEPT if kept is None and type(event) is ExchangeFailed else kept
    moved: AnyEvent = replace(event, **changes)
    return moved


def _batches(events: Iterable[AnyEvent]) -> Iterator[list[AnyEvent]]:
    batch: list[AnyEvent] = []
    for event in events:
        batch.append(event)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


@contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """A name in a folder of its own beside `target`, which takes the target's place if all went well."""
    journal = target.with_name(target.name + COMPANIONS[1])
    if journal.exists():
        raise StoreError(f"{str(target)!r} is being recorded just now. Choose another name.")
    try:
        with TemporaryDirectory(prefix=".saving-", dir=target.parent) as folder:
            draft = Path(folder) / target.name
            yield draft
            _sync(draft)
            draft.replace(target)
    except OSError as error:
        raise StoreError(f"{str(target)!r} cannot be written: {error.strerror}. Choose another place.") from error


def _sync(path: Path) -> None:
    """Have it on the disk before it takes the place of another file."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


@contextmanager
def _reading(source: Path, target: Path) -> Iterator[sqlite3.Connection]:
    connection = None
    try:
        connection = sqlite3.connect(f"file:{quote(os.fsencode(source))}?mode=ro", uri=True, isolation_level=None)
        yield connection
    except sqlite3.Error as error:
        raise StoreError(f"{str(target)!r} cannot be written: {error}. Choose another place.") from error
    finally:
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()
