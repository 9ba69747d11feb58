"""From the click on Call to the painted result, for `echo` on the bundled server: the median of 60.

The baseline of the same run is the call's own round trip as recorded. Exit code 1 if the median is 25 ms or more.
`uv run python tests/benchmarks/bench_click.py`.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
from time import perf_counter_ns

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import qasync
from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from inspector.record.recorder import Recorder
from inspector.trace.river import River
from inspector.ui import theme
from inspector.ui.controller import Controller
from inspector.ui.folds import Folds
from inspector.ui.frame_meter import FrameMeter
from inspector.ui.main_window import MainWindow
from inspector.ui.raw_sender import RawSender
from inspector.ui.tasks import TaskScope
from inspector.ui.views.call_pane import CallView
from tests.support.demo import demo_server

RUNS = 60
MAX_MEDIAN_MS = 25.0


class PaintWatch(QObject):
    """Completes a future once the window has painted what was changed before `expect`."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._painted: asyncio.Future[int] | None = None
        window.installEventFilter(self)

    def expect(self, future: asyncio.Future[int]) -> None:
        self._painted = future

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.UpdateRequest and self._painted is not None:
            QTimer.singleShot(0, self._done)
        return False

    def _done(self) -> None:
        if self._painted is not None:
            self._painted.set_result(perf_counter_ns())
            self._painted = None


async def measure(url: str) -> tuple[float, float]:
    """Median milliseconds of click to paint, and of the round trip alone."""
    river, scope = River(), TaskScope()
    controller, window = Controller(river, scope), MainWindow()
    window.furnish(Recorder(river), controller, Folds(river), FrameMeter(), RawSender(controller, river, scope))
    window.show()
    connected = asyncio.get_running_loop().create_future()
    controller.connected.connect(lambda: connected.set_result(None))
    window.bar.set_url(url)
    window.connect_now()
    await asyncio.wait_for(connected, 20)
    window.tools.select("echo")
    button = window.calls.findChild(QPushButton, "callButton")
    assert button is not None
    watch, clicks, trips = PaintWatch(window), [], []
    for _ in range(RUNS):
        painted: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def finished(view: CallView, painted: asyncio.Future[int] = painted) -> None:
            trips.append(view.rtt_ms or 0.0)
            watch.expect(painted)

        controller.caller.call_finished.connect(finished)
        started_ns = perf_counter_ns()
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        clicks.append((await asyncio.wait_for(painted, 20) - started_ns) / 1e6)
        controller.caller.call_finished.disconnect(finished)
        await asyncio.sleep(0.05)
    await scope.close()
    window.close()
    return statistics.median(clicks), statistics.median(trips)


def main() -> int:
    application = QApplication([])
    theme.apply(application)
    with demo_server() as url, asyncio.Runner(loop_factory=lambda: qasync.QEventLoop(application)) as runner:
        click_ms, trip_ms = runner.run(measure(url))
    print(f"click to painted result {click_ms:.1f} ms (bound {MAX_MEDIAN_MS:g} ms), round trip {trip_ms:.1f} ms")
    return 0 if click_ms < MAX_MEDIAN_MS else 1


if __name__ == "__main__":
    sys.exit(main())
