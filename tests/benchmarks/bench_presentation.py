"""A presentation while thousands of pieces of text a second stream in, beside the window without one.

The gaps between frames of the same flood, in the same run; exit code 1 if the 99th percentile with a presentation is
more than 33 ms, and also more than one and a half times that without.
`python -m tests.benchmarks.bench_presentation [PIECES] [PER_S]`.
"""

from __future__ import annotations

import asyncio
import os
import sys

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import qasync
from PySide6.QtWidgets import QApplication

from inspector.stats.histogram import Histogram
from inspector.ui import presentation, theme
from tests.support.demo import demo_server
from tests.support.desk import Desk, open_desk

PIECES, PER_S = 20_000, 5_000
MAX_GAP_MS, MAX_RATIO = 33.0, 1.5
SETTLE_S = 0.5


async def flood(desk: Desk, pieces: int, per_s: int) -> Histogram:
    """The gaps between frames while the text streams."""
    await asyncio.sleep(SETTLE_S)
    gap = desk.meter.gap = Histogram()
    desk.controller.caller.call_many("flood", {"n": pieces, "rate_per_s": per_s, "size_bytes": 120}, 1, 1)
    await desk.controller.caller.calls_done()
    return gap


async def compare(url: str, pieces: int, per_s: int) -> list[Histogram]:
    """Without a presentation and with one."""
    async with open_desk(url) as desk:
        await desk.connect()
        found = [await flood(desk, pieces, per_s)]
        view = presentation.present(desk.window, full_screen=False)
        view.resize(1920, 1080)
        found.append(await flood(desk, pieces, per_s))
        while view.is_behind:  # noqa: ASYNC110 - it reads on a timer of its own
            await asyncio.sleep(0.05)
        view.close()
        return found


def main() -> int:
    pieces, per_s = (*map(int, sys.argv[1:]), *(PIECES, PER_S)[len(sys.argv) - 1 :])
    application = QApplication([])
    application.setQuitOnLastWindowClosed(False)
    theme.apply(application, theme.DARK)
    with demo_server() as url, asyncio.Runner(loop_factory=lambda: qasync.QEventLoop(application)) as runner:
        gaps = runner.run(compare(url, pieces, per_s))
    p99_ms = []
    for name, gap in zip(("without", "with a presentation"), gaps, strict=True):
        p50, p99 = gap.percentiles(50, 99)
        p99_ms.append(p99 or 0.0)
        print(f"{name:20} {gap.count:,} frames, gap p50 {p50:.1f} ms, p99 {p99:.1f} ms, max {gap.max:.1f} ms")
    return 1 if p99_ms[1] > MAX_GAP_MS and p99_ms[1] > MAX_RATIO * p99_ms[0] else 0


if __name__ == "__main__":
    sys.exit(main())
