"""What the latency pane costs with very many methods and calls: how long the window stands still for a refresh.

Calls of `--keys` tools are folded, some more come before each refresh, and each time the pane works out what it shows:
all rows, then also the calls of one, then against a baseline. In processor time, so that a busy machine matters little.
Exit code 1 if a refresh holds the window up for longer than two frames at a time, in the median of its refreshes.
`QT_QPA_PLATFORM=offscreen uv run python -m tests.benchmarks.bench_latency_pane [CALLS] [--keys COUNT]`.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from PySide6.QtWidgets import QApplication

from inspector.stats.clock_offset import ClockOffsets
from inspector.stats.latency import LatencyStats
from inspector.stats.windows import Window
from inspector.trace.events import MessageType
from inspector.ui import slices, theme
from inspector.ui.kept_baselines import KeptBaselines
from inspector.ui.views.latency_pane import LatencyPane
from tests.support.rivers import Talk

MAX_HOLD_MS = 33.0
BLOCK_CALLS, MORE_CALLS = 1_000, 20
REFRESHES = 9


class Calls(Talk):
    """Calls of many tools, folded block by block."""

    def __init__(self, keys: int) -> None:
        super().__init__()
        self.latency = LatencyStats()
        self._keys, self._made, self._chance = keys, 0, random.Random(3)

    def make(self, count: int) -> None:
        for start in range(0, count, BLOCK_CALLS):
            first = len(self)
            for _ in range(min(BLOCK_CALLS, count - start)):
                asked = self.ask(None, name=f"tool {self._made % self._keys}")
                self.wait(self._chance.lognormvariate(1, 1))
                self.message(None, MessageType.NOTIFICATION, asked, method="notifications/progress")
                self.answer(None, asked)
                self._made += 1
            self.latency.fold(self.since(first))


class Holds:
    """How long each piece of work of a refresh takes."""

    def __init__(self, pane: LatencyPane) -> None:
        self.ms: list[float] = []
        self._pane = pane
        slices.Slices._work = self._timed(slices.Slices._work)  # type: ignore[method-assign, assignment]

    def _timed(self, work: Callable[[slices.Slices], None]) -> Callable[[slices.Slices], None]:
        def timed(itself: slices.Slices) -> None:
            started = time.process_time()
            work(itself)
            self.ms.append((time.process_time() - started) * 1e3)

        return timed

    def of_refresh(self) -> tuple[float, float]:
        """The longest piece, and all of them together."""
        self.ms.clear()
        done: list[object] = []
        told = self._pane.rows.done.connect(lambda rows, _: done.append(rows))
        self._pane.bar.window_chosen.emit(self._pane.bar.window_shown)
        while not done:
            QApplication.processEvents()
        self._pane.rows.done.disconnect(told)
        started = time.process_time()
        QApplication.processEvents()
        self.ms.append((time.process_time() - started) * 1e3)
        return max(self.ms), sum(self.ms)


def bench(calls: Calls, folder: Path) -> bool:
    pane = LatencyPane(calls.latency, ClockOffsets(), calls, lambda: "http://h/mcp", kept=KeptBaselines(folder))
    pane.resize(1_200, 300)
    pane.show()
    holds, is_kept = Holds(pane), True

    def compare() -> None:
        pane.baselines.keep("before")
        pane.baselines.compare_with("before")

    steps: tuple[tuple[str, Callable[[], None]], ...] = (
        ("all rows", lambda: None),
        ("and the calls of one", lambda: pane.show_tool("tool 7")),
        ("of the last minute", lambda: pane.bar.choose(Window.MINUTE)),
        ("against a baseline", compare),
    )
    for words, step in steps:
        step()
        holds.of_refresh()
        found = []
        for _ in range(REFRESHES):
            calls.make(MORE_CALLS)
            found.append(holds.of_refresh())
        longest_ms, whole_ms = median(hold for hold, _ in found), median(whole for _, whole in found)
        is_kept = is_kept and longest_ms <= MAX_HOLD_MS
        print(f"{words}: the longest hold of a refresh {longest_ms:.1f} ms, all of it {whole_ms:.1f} ms")
    return is_kept


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("calls", nargs="?", type=int, default=100_000)
    parser.add_argument("--keys", type=int, default=1_000)
    given = parser.parse_args()
    app = QApplication([])
    theme.apply(app, theme.DARK)
    calls = Calls(given.keys)
    calls.make(given.calls)
    with tempfile.TemporaryDirectory() as folder:
        return 0 if bench(calls, Path(folder)) else 1


if __name__ == "__main__":
    sys.exit(main())
