"""A recording in its window with a stop watch: `python -m tests.benchmarks.timed_recording FILE` prints JSON.

`first_rows_ms` from the begin of opening to the first painted rows, `loaded_ms` until all is in the timeline and the
statistics; for each filter when its first rows were shown, when all, and the longest gap of a 16 ms timer meanwhile.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from PySide6.QtCore import QEvent, QEventLoop, QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication

from inspector.record.query import parse
from inspector.record.recording import open_recording
from inspector.ui import theme
from inspector.ui.recording_window import RecordingWindow

FILTERS = {
    "column": "size>10kb or status:error or dur>1ms",
    "text": "77777,",
    "mixed": "method:notifications/message dir:in text:9999 -is:heartbeat",
}


class Gaps:
    """The longest time between two ticks of a 16 ms timer."""

    def __init__(self) -> None:
        self.longest_ms = 0.0
        self._last = time.perf_counter()
        self._timer = QTimer(timerType=Qt.TimerType.PreciseTimer, interval=16)
        self._timer.timeout.connect(self._tick)
        self._timer.start()

    def _tick(self) -> None:
        now = time.perf_counter()
        self.longest_ms = max(self.longest_ms, (now - self._last) * 1000)
        self._last = now

    def restart(self) -> None:
        self.longest_ms, self._last = 0.0, time.perf_counter()


class FirstPaint(QObject):
    """When rows were first painted."""

    def __init__(self, window: RecordingWindow) -> None:
        super().__init__()
        self.at: float | None = None
        self._view = window.view.timeline
        self._view.view.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint and self.at is None and self._view.rows_shown():
            QTimer.singleShot(0, self._note)
        return False

    def _note(self) -> None:
        self.at = self.at or time.perf_counter()


def until(done: QEventLoop, condition: object, limit_s: float = 300.0) -> None:
    """Let the window live until a condition holds."""
    assert callable(condition)
    end = time.perf_counter() + limit_s
    timer = QTimer(interval=1)
    timer.timeout.connect(lambda: done.quit() if condition() or time.perf_counter() > end else None)
    timer.start()
    done.exec()
    assert condition(), "took too long"


def main() -> None:
    application = QApplication([])
    theme.apply(application)
    started = time.perf_counter()
    window = RecordingWindow(open_recording(Path(sys.argv[1])))
    painted = FirstPaint(window)
    window.show()
    gaps, loop, view = Gaps(), QEventLoop(), window.view
    until(loop, lambda: painted.at is not None)
    figures = {"first_rows_ms": ((painted.at or 0.0) - started) * 1000}
    gaps.restart()
    until(loop, lambda: view.is_loaded)
    figures |= {"loaded_ms": (time.perf_counter() - started) * 1000, "load_gap_ms": gaps.longest_ms}
    model = view.timeline.model
    for name, text in FILTERS.items():
        gaps.restart()
        begun = time.perf_counter()
        first: list[float] = []
        model.modelReset.connect(lambda first=first: first.append(time.perf_counter()))
        model.set_query(parse(text))
        until(loop, lambda: not model.filtering)
        figures[f"{name}_all_ms"] = (time.perf_counter() - begun) * 1000
        figures[f"{name}_first_ms"] = (first[0] - begun) * 1000
        figures[f"{name}_gap_ms"] = gaps.longest_ms
        figures[f"{name}_rows"] = model.rowCount()
        model.set_query(None)
        until(loop, lambda: not model.filtering)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
