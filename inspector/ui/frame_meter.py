"""How smoothly the window runs: the gaps between ticks of a 16 ms timer, and how late the event loop comes."""

from __future__ import annotations

import asyncio
from time import perf_counter_ns

from PySide6.QtCore import QObject, Qt, QTimer

from inspector.stats.histogram import Histogram

TICK_MS = 16


class FrameMeter(QObject):
    """Ticks on the UI thread; `gap` and `lag` are histograms in milliseconds."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.gap = Histogram()
        self.lag = Histogram()
        self.latest_lag_ms = 0.0
        self._last_ns = 0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)

    def start(self) -> None:
        self._last_ns = perf_counter_ns()
        self._timer.start(TICK_MS)

    def stop(self) -> None:
        self._timer.stop()

    def _tick(self) -> None:
        now_ns = perf_counter_ns()
        self.gap.add((now_ns - self._last_ns) / 1e6)
        self._last_ns = now_ns
        asyncio.get_running_loop().call_soon(self._arrived, now_ns)

    def _arrived(self, asked_ns: int) -> None:
        self.latest_lag_ms = (perf_counter_ns() - asked_ns) / 1e6
        self.lag.add(self.latest_lag_ms)
