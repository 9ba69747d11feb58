"""The rows of the latency pane, worked out without holding up the window."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import perf_counter_ns

from PySide6.QtCore import QObject, QTimer, Signal

from inspector.stats.latency import LatencyStats
from inspector.ui.comparison import Comparison
from inspector.ui.slices import Slices
from inspector.ui.views.latency_columns import KeyFigures

AT_ONCE = 50
"""The rows of so many methods take less than a frame."""
_REST, _LONG_NS = 10, 25_000_000
"""So many times as long as the rows took none follow if it was long: a thousand methods must not stop the window."""
_LEAST_REST_MS = 50


class LatencyRows(QObject):
    """`done` carries the rows, and since when their figures are; of a thousand methods they come in slices.

    `due` is emitted when somebody asked too early, once it is not any more.
    """

    done = Signal(object, object)
    due = Signal()

    def __init__(
        self, latency: LatencyStats, comparison: Callable[[], Comparison | None], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._latency, self._comparison = latency, comparison
        self._slices: Slices | None = None
        self._rest_until_ns = 0
        self._later = QTimer(self, singleShot=True)
        self._later.timeout.connect(self.due)

    def is_due(self) -> bool:
        """False while rows are worked out, and for a while after that took long."""
        rest_ns = self._rest_until_ns - perf_counter_ns()
        if self._slices is None and rest_ns <= 0:
            return True
        if not self._later.isActive():
            self._later.start(max(_LEAST_REST_MS, round(rest_ns / 1e6)))
        return False

    def work_out(self, since_ns: int | None) -> None:
        """Begin now; what is under way is for something older."""
        self._drop()
        began_ns = perf_counter_ns()
        if len(self._latency.keys) <= AT_ONCE:
            self._tell(list(self._figures(since_ns)), since_ns, began_ns)
            return
        self._slices = Slices(self._figures(since_ns), self)
        self._slices.done.connect(lambda figures: self._tell(figures, since_ns, began_ns))
        self._slices.start()

    def _tell(self, figures: list[KeyFigures], since_ns: int | None, began_ns: int) -> None:
        self._drop()
        self.done.emit(figures, since_ns)
        now_ns = perf_counter_ns()
        took_ns = now_ns - began_ns
        self._rest_until_ns = now_ns + _REST * took_ns if took_ns > _LONG_NS else 0

    def _drop(self) -> None:
        if self._slices is not None:
            self._slices.done.disconnect()
            self._slices.deleteLater()
            self._slices = None

    def _figures(self, since_ns: int | None) -> Iterator[KeyFigures]:
        comparison = self._comparison()
        for key in self._latency.keys:
            row = self._latency.row(key, since_ns)
            if row is not None:
                yield KeyFigures(row, *(comparison.deltas(self._latency, row, since_ns) if comparison else ()))
