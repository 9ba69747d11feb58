"""Which rows pass the filter: those on disk are found by SQL in a thread, the others tested one by one in slices."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from contextlib import suppress
from time import perf_counter_ns

from PySide6.QtCore import QObject, Signal, SignalInstance

from inspector.record.query_values import RowTest
from inspector.record.recorder import Recorder
from inspector.record.stored_search import StoredQuery, StoredSearch

LEAST_STORED_ROWS = 20_000
"""With fewer rows a thread is not worth its start."""
PATIENCE_NS = 50_000_000
"""How long the old rows stay in sight while the new ones are being found."""


class Admission(QObject):
    """`rows` are those shown, None for all. A new filter builds a new list, which `swap` puts in its place.

    That is due (`is_due`) when it has caught up, or after a while with what was found until then.
    """

    _found = Signal(int, object, int)
    _failed = Signal(int)

    def __init__(self, recorder: Recorder, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: array[int] | None = None
        self.tested = 0
        self._recorder = recorder
        self._test: RowTest | None = None
        self._building: array[int] | None = None
        self._search: StoredSearch | None = None
        self._generation = 0
        self._started_ns = 0
        self._rows_before = 0
        self._found.connect(self._take_found)
        self._failed.connect(self._go_on_alone)

    @property
    def is_behind(self) -> bool:
        """Whether rows are left to test."""
        return self._test is not None and self.tested < len(self._recorder.timeline)

    @property
    def is_building(self) -> bool:
        """Whether the rows of the present filter are not in sight yet, or not all of them."""
        return self._building is not None or self._search is not None or self.tested < self._rows_before

    @property
    def is_due(self) -> bool:
        """Whether `swap` should be called."""
        if self._building is None:
            return False
        return not self.is_behind or perf_counter_ns() - self._started_ns > PATIENCE_NS

    @property
    def progress(self) -> float:
        """The share of the rows that were tested."""
        total = len(self._recorder.timeline)
        return 1.0 if self._test is None or not total else self.tested / total

    def start(self, test: RowTest | None, stored: Callable[[], StoredQuery] | None = None) -> None:
        """Find other rows: `test` says which, None all; for rows on disk what `stored` makes says the same."""
        self.stop()
        self._test = test
        self.tested = 0
        self._rows_before = 0 if test is None else len(self._recorder.timeline)
        self._building = array("I")
        self._started_ns = perf_counter_ns()
        on_disk, generation = self._recorder.stored(), self._generation
        if test is not None and stored is not None and on_disk is not None and on_disk.rows >= LEAST_STORED_ROWS:
            self._search = StoredSearch(
                on_disk,
                stored(),
                self._recorder.timeline.numbers,
                lambda rows, end: self._tell(self._found, generation, rows, end),
                lambda _: self._tell(self._failed, generation),
            )

    def stop(self) -> None:
        """Search no more."""
        self._generation += 1
        if self._search is not None:
            self._search.stop()
            self._search = None

    def work(self, deadline_ns: int) -> None:
        """Test rows until `deadline_ns`; while the disk is searched, that goes first, as rows are in order."""
        target = self.rows if self._building is None else self._building
        test, end = self._test, len(self._recorder.timeline)
        if target is None or test is None or self._search is not None:
            return
        while self.tested < end:
            row = self.tested
            self.tested += 1
            if test(row):
                target.append(row)
            if not row % 16 and perf_counter_ns() > deadline_ns:
                return

    def swap(self) -> None:
        """Show the rows that were found."""
        self.rows = None if self._test is None else self._building
        self._building = None

    @staticmethod
    def _tell(signal: SignalInstance, *values: object) -> None:
        with suppress(RuntimeError):  # from the thread of the search, when the window has been closed
            signal.emit(*values)

    def _take_found(self, generation: int, rows: array[int], end: int) -> None:
        if generation != self._generation:
            return
        target = self.rows if self._building is None else self._building
        if target is not None:
            target.extend(rows)
        self.tested = end
        if self._search is not None and end >= self._search.rows:
            self._search = None

    def _go_on_alone(self, generation: int) -> None:
        """SQL gave up: the rest is tested here."""
        if generation == self._generation:
            self._search = None
