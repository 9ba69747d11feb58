"""Work on the window's thread in slices that are shorter than a frame."""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter_ns
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

BUDGET_NS = 6_000_000


class Slices(QObject):
    """Takes all that `items` yields; `done` carries them as a list. The first slice is taken at once by `start`."""

    done = Signal(object)

    def __init__(self, items: Iterator[Any], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._items = items
        self._taken: list[Any] = []
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._work)

    def start(self) -> None:
        self._timer.start(0)
        self._work()

    def _work(self) -> None:
        deadline_ns = perf_counter_ns() + BUDGET_NS
        for item in self._items:
            self._taken.append(item)
            if perf_counter_ns() > deadline_ns:
                return
        self._timer.stop()
        self.done.emit(self._taken)
