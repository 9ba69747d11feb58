"""Plain text search over the rows of the timeline, in slices, keeping up with new rows."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from time import perf_counter_ns

from PySide6.QtCore import QObject, QTimer, Signal

from inspector.record.query_values import RowTest
from inspector.ui.models.timeline_model import BUDGET_NS, TimelineModel

_BREATH_MS = 4


class FindText(QObject):
    """The timeline rows among those shown that hold a text; `matches` grows while the search goes on."""

    progressed = Signal()

    def __init__(self, model: TimelineModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.matches = array("I")
        self.text = ""
        self._model = model
        self._test: RowTest | None = None
        self._position = 0
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._search)
        model.published.connect(self._more_rows)
        model.modelReset.connect(self._restart)

    def set_text(self, text: str) -> None:
        """Search for another text; an empty one finds nothing."""
        self.text = text
        timeline, river = self._model.timeline, self._model.river
        self._test = timeline.matcher(text, river.__getitem__) if text else None
        self._restart()

    @property
    def running(self) -> bool:
        """Whether rows are left to search."""
        return self._test is not None and self._position < self._model.rowCount()

    def rank(self, row: int | None) -> int | None:
        """Which match, counted from 1, a timeline row is."""
        return bisect_right(self.matches, row) if row is not None and self.holds(row) else None

    def holds(self, row: int) -> bool:
        """Whether a timeline row is a match."""
        place = bisect_left(self.matches, row)
        return place < len(self.matches) and self.matches[place] == row

    def step(self, row: int | None, *, forward: bool) -> int | None:
        """The next match behind (or before) a timeline row, around the end; None if there is none."""
        if not self.matches:
            return None
        if row is None:
            return self.matches[0 if forward else -1]
        place = bisect_right(self.matches, row) if forward else bisect_left(self.matches, row) - 1
        return self.matches[place % len(self.matches)]

    def _restart(self) -> None:
        del self.matches[:]
        self._position = 0
        self._search()

    def _more_rows(self) -> None:
        if self._test is not None and not self._timer.isActive():
            self._timer.start(0)

    def _search(self) -> None:
        deadline = perf_counter_ns() + BUDGET_NS
        test, end = self._test, self._model.rowCount()
        while test is not None and self._position < end:
            row = self._model.row_at(self._position)
            self._position += 1
            if test(row):
                self.matches.append(row)
            if perf_counter_ns() > deadline:
                self._timer.start(_BREATH_MS)
                break
        self.progressed.emit()
