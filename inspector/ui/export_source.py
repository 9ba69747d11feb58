"""What is exported: a recording, or a live session as it stands now, read by a thread of its own."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from inspector.record.recorder import Recorder
from inspector.record.recording import Recording, RecordingError, open_recording
from inspector.record.saving import save_events
from inspector.record.schema import SUFFIX
from inspector.record.store import Store
from inspector.trace.clock import StoppedClock
from inspector.trace.events import AnyEvent
from inspector.trace.river import River

_PULL_NS = 20_000_000
_BREATH_S = 0.001
"""After each block the other threads get their turn: the window goes on painting."""


class Stopped(Exception):
    """Nobody wants what is being read any more."""


@dataclass(frozen=True)
class Source:
    """The first `count` events of a session: those of the file at `path`, then `tail`, which are in memory.

    `store` is what still writes to the file.
    """

    path: Path | None
    count: int
    tail: Sequence[AnyEvent] = ()
    store: Store | None = None

    def is_at(self, path: Path) -> bool:
        """Whether writing to `path` would take the place of the recording itself."""
        try:
            return self.path is not None and path.samefile(self.path)
        except OSError:  # one of the two is not there
            return False

    def served(self, folder: Path) -> Path:
        """A file that holds all of it, made in `folder` if there is none. Called in a thread."""
        if self.path is not None and (self.store is None or (self.store.flush() and not self.store.failure)):
            return self.path
        made = folder / f"session{SUFFIX}"
        with Reading(self).river() as river:
            save_events((event for block in river.blocks() for event in block), made)
        return made


def of_recording(recording: Recording) -> Source:
    """All of a recording."""
    return Source(recording.path, len(recording))


def of_live(recorder: Recorder) -> Source:
    """What has happened so far; what the file lacks is taken from memory."""
    recorder.pull(_PULL_NS)
    river, store = recorder.river, recorder.store
    if store is None:
        return Source(None, len(river), river.since(0))
    return Source(store.path, len(river), river.since(min(store.committed, len(river))), store)


class Reading:
    """A pass over a source, or some, as an archive that can be stopped; `share` says how far it is."""

    def __init__(self, source: Source, passes: int = 1) -> None:
        self._source = source
        self._passes, self._done = passes, 0
        self._recording: Recording | None = None
        self._first = 0
        self._position = 0
        self._gate = threading.Event()

    @property
    def share(self) -> float:
        """How much has been read, 0 to 1."""
        position = self._position / self._source.count if self._source.count else 1.0
        return (self._done + position) / self._passes

    def stop(self) -> None:
        """Have whoever reads get `Stopped`."""
        self._gate.set()

    @contextmanager
    def river(self) -> Iterator[River]:
        """The events as a river that has ended. Raises `RecordingError`, and so does reading it."""
        tail = self._source.tail
        self._first = self._source.count - len(tail)
        try:
            if self._first:
                assert self._source.path is not None  # noqa: S101 - what is not in memory is in a file
                self._recording = open_recording(self._source.path)
                self._recording.grow_to(self._first)
            last = self[len(self) - 1] if len(self) else None
            river = River(StoppedClock(last.at, last.monotonic_ns) if last else StoppedClock(0.0, 0), self)
            river.close()
            yield river
        except sqlite3.DatabaseError as error:
            raise RecordingError(f"The recording cannot be read: {error}. Save a copy and try again.") from error
        finally:
            if self._recording is not None:
                self._recording.close()
                self._recording = None

    def __len__(self) -> int:
        return self._source.count

    def __getitem__(self, n: int) -> AnyEvent:
        if n >= self._first:
            return self._source.tail[n - self._first]
        assert self._recording is not None  # noqa: S101 - opened by `river`
        return self._recording[n]

    def since(self, n: int, limit: int) -> list[AnyEvent]:
        """The events from number `n` on, as an archive gives them."""
        if self._gate.wait(_BREATH_S):
            raise Stopped
        if n < self._position and self._done + 1 < self._passes:
            self._done, self._position = self._done + 1, n
        self._position = max(self._position, n)
        if n >= self._first or self._recording is None:
            start = n - self._first
            return list(self._source.tail[start : start + limit])
        return self._recording.since(n, min(limit, self._first - n))
