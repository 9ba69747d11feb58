"""Prints what lanes cost: time per row folded, bytes per row, and a painting of 100 lanes over a million ticks.

Run as `python tests/benchmarks/bench_lanes.py`; it needs no display.
"""

from __future__ import annotations

import os
import time
import tracemalloc
from functools import partial

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication

from inspector.record.lanes import Lanes
from inspector.record.lanes_bins import Columns
from inspector.record.timeline import Timeline
from inspector.trace.clock import FakeClock
from inspector.trace.events import Direction, FrameReceived, RequestSent
from inspector.trace.river import River
from inspector.ui import theme
from inspector.ui.views.lanes_painter import LanesPainter
from inspector.ui.views.lanes_scene import Scene

ROWS = 1_000_000
GAP_S = 20e-6
TICK_ROWS = 2_000
"""What comes between two ticks of the window at 50,000 events a second."""
WIDTH = 1_200
ZOOMS = (1, 2, 4, 8, 16, 64, 1_000, 100_000)


def timeline_of(streams: int, rows: int = ROWS) -> Timeline:
    """So many streams that bring frames in turn."""
    clock, timeline = FakeClock(), Timeline()
    river = River(clock)
    for stream in range(1, streams + 1):
        river.emit(RequestSent, stream=stream, direction=Direction.OUTBOUND, method="GET", url="", purpose="stream")
    timeline.fold(river.since(0))
    frame = river.emit(FrameReceived, stream=1, direction=Direction.INBOUND, raw=b"data: 1\n\n")
    for start in range(0, rows, 10_000):
        part = []
        for number in range(start, min(start + 10_000, rows)):
            clock.advance(GAP_S)
            made = partial(FrameReceived, at=clock.time(), direction=Direction.INBOUND, raw=frame.raw)
            part.append(made(n=frame.n + number, monotonic_ns=clock.monotonic_ns(), stream=number * 7 % streams + 1))
        timeline.fold(part)
    return timeline


def bench_fold(name: str, timeline: Timeline) -> None:
    lanes = Lanes(timeline)
    start = time.process_time()
    while lanes.fold(TICK_ROWS):
        pass
    took = time.process_time() - start
    start = time.process_time()
    for _ in zip(range(len(timeline)), timeline.streams, timeline.monotonic_ns, strict=True):
        pass
    baseline = time.process_time() - start
    print(f"fold, {name}: {took / len(timeline) * 1e6:.2f} us/row, {took / baseline:.1f} times a bare loop")


def bench_memory(name: str, timeline: Timeline) -> None:
    tracemalloc.start()
    lanes = Lanes(timeline)
    while lanes.fold(TICK_ROWS):
        pass
    for lane in range(min(100, len(lanes))):
        lanes.column_bins(lane, Columns.over(0, lanes.last_ns + 1, WIDTH), lanes.last_ns)
    print(f"memory, {name}: {tracemalloc.get_traced_memory()[0] / len(timeline):.0f} bytes/row")
    tracemalloc.stop()


def bench_paint(name: str, timeline: Timeline) -> None:
    scene = Scene(timeline, None)
    scene.width, scene.height = WIDTH + 230, 102 * scene.lane_px
    while scene.lanes.fold(TICK_ROWS):
        pass
    picture = QImage(scene.width, scene.height, QImage.Format.Format_ARGB32_Premultiplied)
    span_ns = scene.lanes.last_ns
    for zoom in ZOOMS:
        scene.arrange()
        if zoom > 1:
            scene.span.show(span_ns // 3, span_ns // 3 + span_ns // zoom)
        scene.arrange()
        columns = scene.span.columns
        bins = at_best(lambda columns=columns: [scene.lanes.column_bins(lane, columns, 0) for lane in scene.shown])
        whole = at_best(lambda: paint(picture, scene))
        print(f"{name}, zoom {zoom:,}: bins {bins:.1f} ms, painting {whole:.1f} ms")


def paint(picture: QImage, scene: Scene) -> None:
    painter = QPainter(picture)
    LanesPainter(painter, scene, QApplication.font()).paint()
    painter.end()


def at_best(work: object, times: int = 5) -> float:
    assert callable(work)
    found = []
    for _ in range(times):
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return min(found) * 1e3


def main() -> None:
    app = QApplication([])
    theme.apply(app, theme.DARK)
    flood = timeline_of(1)
    bench_fold("one stream", flood)
    bench_memory("one stream", timeline_of(1, ROWS // 10))
    calls = timeline_of(ROWS // 50, ROWS // 10)
    bench_fold("six rows a stream", calls)
    bench_memory("six rows a stream", calls)
    many = timeline_of(100)
    bench_fold("100 streams in turn", many)
    bench_paint("100 lanes", many)
    bench_paint("1 lane", flood)


if __name__ == "__main__":
    main()
