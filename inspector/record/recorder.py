"""Takes the river's events in order: into the timeline, and to the file if there is one.

It is the reader that decides how long events stay in memory: until they are on disk, and a little longer, as most of
what people look at has just come.
"""

from __future__ import annotations

import sqlite3
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter_ns

from inspector.record.recording import Recording, RecordingError, open_recording
from inspector.record.schema import COMPANIONS
from inspector.record.store import Store
from inspector.record.timeline import Timeline
from inspector.trace.events import AnyEvent
from inspector.trace.river import River

KEPT_EVENTS = 8_192
KEPT_BYTES = 16 * 1024 * 1024
"""How much of the newest stays in memory."""
BATCH = 512


@dataclass(frozen=True, slots=True)
class Stored:
    """The first `rows` of a timeline are in the recording at `path`."""

    path: Path
    rows: int


class Recorder:
    """Folds a river into `timeline` and stores it; `pull` is called many times a second by whoever owns the loop.

    `store` is None for what needs no recording: a river that is read from the file `source`, or a run that keeps
    nothing.
    """

    def __init__(self, river: River, store: Store | None = None, source: Path | None = None) -> None:
        self.river = river
        self.timeline = Timeline(river.__getitem__)
        self.store: Store | None = None
        self.watchers: list[Callable[[Sequence[AnyEvent]], None]] = []
        """They are given what was taken, in order."""
        self._source = source
        self._reader = river.reader()
        self._kept: deque[tuple[int, int]] = deque()
        self._kept_events = self._kept_bytes = 0
        self._archive: Recording | None = None
        if store is not None:
            self.record_to(store)

    def record_to(self, store: Store) -> None:
        """Store from here on; nothing may have been pulled yet, as a recording has no gaps."""
        self.store = store
        try:
            self._archive = open_recording(store.path)
        except RecordingError:  # then everything stays in memory
            return
        self.river.keep_in(self._archive)

    @property
    def behind(self) -> int:
        """How many events are in the river and not in the timeline."""
        return self._reader.behind

    def stored(self) -> Stored | None:
        """Which rows can be read with SQL, and where."""
        if self._source is not None:
            return Stored(self._source, len(self.timeline))
        return None if self.store is None else Stored(self.store.path, self.recorded or 0)

    @property
    def recorded(self) -> int | None:
        """How many rows of the timeline are safe on disk, None if nothing is recorded."""
        return bisect_left(self.timeline.numbers, self.store.committed) if self.store else None

    @property
    def failure(self) -> str:
        """Why recording stopped, empty while it goes on."""
        return self.store.failure if self.store else ""

    @property
    def file_bytes(self) -> int:
        """How large the recording is on disk by now, with what still stands in the journal beside it."""
        if self.store is None:
            return 0
        path, size_bytes = self.store.path, 0
        for companion in COMPANIONS[:2]:  # the third is shared memory
            with suppress(OSError):  # somebody removed it
                size_bytes += path.with_name(path.name + companion).stat().st_size
        return size_bytes

    def mark(self, n: int, comment: str | None) -> None:
        """Keep the user's mark and comment on event `n` with the recording; None takes it away."""
        if self.store is not None:
            self.store.mark(n, comment)

    def pull(self, budget_ns: int) -> int:
        """Take what is new for at most so long; says how many events that were. None while the disk is behind."""
        deadline_ns = perf_counter_ns() + budget_ns
        taken = 0
        while self._reader.behind and (self.store is None or self.store.has_room):
            events = self._reader.take(BATCH)
            row = len(self.timeline)
            self.timeline.fold(events)
            if self.store is not None:
                self._keep(len(events), self.store.put(events, self.timeline, row))
            for watch in self.watchers:
                watch(events)
            taken += len(events)
            if perf_counter_ns() > deadline_ns:
                break
        return taken

    def catch_up(self) -> None:
        """Take everything there is, however long it takes."""
        while self._reader.behind:
            if not self.pull(1_000_000_000) and self.store is not None:
                self.store.flush()

    def close(self) -> None:
        """Take and store everything, and let go of the file; the river goes on reading it as a recording."""
        self.catch_up()
        self._reader.close()
        if self.store is None:
            return
        if self._archive is not None:
            self._archive.close()  # with nobody else reading, the database becomes one plain file
        self.store.close()
        if self._archive is not None:
            self._archive.grow_to(self.store.committed)
            with suppress(sqlite3.Error):  # somebody removed it: then nobody can read it any more
                self._archive.reopen()

    def _keep(self, events: int, size_bytes: int) -> None:
        """Let the river forget the oldest of what it holds."""
        self._kept.append((events, size_bytes))
        self._kept_events += events
        self._kept_bytes += size_bytes
        while len(self._kept) > 1 and (self._kept_events > KEPT_EVENTS or self._kept_bytes > KEPT_BYTES):
            count, size = self._kept.popleft()
            self._kept_events -= count
            self._kept_bytes -= size
        if self._archive is not None and self.store is not None and not self.store.failure:
            self._archive.grow_to(self.store.committed)
            self.river.forget(self._reader.position - self._kept_events)
