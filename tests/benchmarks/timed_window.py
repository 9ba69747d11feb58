"""The program itself with a stop watch: a call in the open window, timed until all of it is on disk and shown.

`python -m tests.benchmarks.timed_window URL TOOL ARGS RECORDING REPORT [without-rules] [with-charts]` adds to the
report: `seconds` from the first byte of the stream on, `paints` of the timeline and of the charts, processor time of
the window's thread, and the memory before. With charts all of them are open in a window of their own.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication

from inspector import arguments, report
from inspector.diagnose.engine import Engine
from inspector.stats.histogram import Histogram
from inspector.trace.events import ChunkReceived
from inspector.ui import folds, theme
from inspector.ui.main_window import MainWindow
from inspector.ui.views.lazy_tab import LazyTab
from inspector.workbench import Workbench

if TYPE_CHECKING:
    from inspector.ui.charts.board import ChartBoard

SETTLE_S = 1.0


class Paints(QObject):
    """Counts the paint events of what it is installed on."""

    count = 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.count += event.type() == QEvent.Type.Paint
        return False


class Timed(Workbench):
    """Notes when everything that came is on disk and shown."""

    finished_ns = 0
    board: ChartBoard | None = None
    with_charts = False
    chart_paints_before = 0
    drawing: Histogram
    cpu_before_s = cpu_s = 0.0
    rss_before_bytes = 0
    paints: Paints

    def _on_connected(self) -> None:
        self.paints = Paints()
        self._window.timeline.view.viewport().installEventFilter(self.paints)
        if self.with_charts:
            self._open_charts()
        asyncio.get_running_loop().call_later(SETTLE_S, self._call)

    def _open_charts(self) -> None:
        from inspector.ui.charts.pane import ChartsPane

        window = self._window
        tabs = [window.tabs.widget(place) for place in range(window.tabs.count())]
        pane = next(pane for tab in tabs if isinstance(tab, LazyTab) and isinstance(pane := tab.built(), ChartsPane))
        pane.open_window()

    def _all_charts(self) -> ChartBoard | None:
        """The board of the window that the charts have of their own, once they are loaded."""
        from inspector.ui.charts.window import ChartsWindow

        found = self._window.findChild(ChartsWindow)
        return found.pane.board if found else None

    def _call(self) -> None:
        if self.with_charts:
            self.board = self._all_charts()
            if self.board is None:
                asyncio.get_running_loop().call_later(SETTLE_S, self._call)
                return
            self.chart_paints_before = self.chart_paints()
            self._time_drawings(self.board)
        self._meter.gap.__init__()  # type: ignore[misc]  # the start of the program is measured elsewhere
        self.rss_before_bytes = report.rss_bytes() or 0
        self.cpu_before_s = time.thread_time()
        super()._on_connected()

    def _time_drawings(self, board: ChartBoard) -> None:
        """Note what each drawing of a chart costs, its painting included."""
        pace = board._pace
        spent = pace.spent

        def note(cost_ns: int) -> None:
            self.drawing.add(cost_ns / 1e6)
            spent(cost_ns)

        vars(pace)["spent"] = note

    async def _finish_work(self) -> None:
        await self._controller.caller.calls_done()
        store = self._recorder.store
        assert store is not None
        while self._is_behind() or self._recorder.behind or store.committed < len(self._river):  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        self.finished_ns = time.perf_counter_ns()
        self.cpu_s = time.thread_time() - self.cpu_before_s
        await super()._finish_work()

    def chart_paints(self) -> int:
        return sum(chart.paints for chart in self.board.charts.values()) if self.board else 0

    def first_byte_ns(self) -> int:
        """When the first byte came of the exchange that brought most."""
        sizes: dict[int, int] = {}
        first: dict[int, int] = {}
        n = 0
        while n < len(self._river):
            events = self._river.since(n, 1_000)
            n += len(events)
            for event in events:
                if type(event) is ChunkReceived and event.stream is not None:
                    sizes[event.stream] = sizes.get(event.stream, 0) + len(event.data)
                    first.setdefault(event.stream, event.monotonic_ns)
        return first[max(sizes, key=lambda stream: sizes[stream])]


def main() -> int:
    import qasync

    url, tool, given, recording, path, *options = sys.argv[1:]
    if "without-rules" in options:
        vars(folds)["Engine"] = partial(Engine, rules={})
    wanted = arguments.parse_window(
        [url, "--call", tool, "--args", given, "--record", recording, "--report", path, "--quit-when-done"]
    )
    application = QApplication([arguments.PROGRAM])
    application.setQuitOnLastWindowClosed(False)
    theme.apply(application)
    window = MainWindow()
    window.show()
    with asyncio.Runner(loop_factory=lambda: qasync.QEventLoop(application)) as runner:
        bench: Timed | None = None

        async def run() -> int:
            nonlocal bench
            bench = Timed(window, wanted, time.monotonic())
            bench.with_charts, bench.drawing = "with-charts" in options, Histogram()
            return await bench.run()

        code = runner.run(run())
    assert bench is not None
    report_path = Path(path)
    document: dict[str, Any] = json.loads(report_path.read_text())
    document["seconds"] = (bench.finished_ns - bench.first_byte_ns()) / 1e9
    document["window_thread_cpu_s"] = bench.cpu_s
    document["paints"], document["rss_before_bytes"] = bench.paints.count, bench.rss_before_bytes
    document["chart_paints"] = bench.chart_paints() - bench.chart_paints_before
    document["drawing_ms"] = dict(zip(("p50", "p99"), bench.drawing.percentiles(50, 99), strict=True))
    report_path.write_text(json.dumps(document))
    return code


if __name__ == "__main__":
    sys.exit(main())
