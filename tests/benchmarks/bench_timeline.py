"""Prints what the timeline costs: time per event folded, bytes per row, frame gaps under a flood.

Run as `python tests/benchmarks/bench_timeline.py`; it needs no display.
"""

from __future__ import annotations

import os
import time
import tracemalloc
from collections.abc import Callable
from functools import partial
from itertools import pairwise

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent, QEventLoop, QObject, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from inspector.record.timeline import Timeline
from inspector.trace.events import (
    Direction,
    FrameReceived,
    Framing,
    HeadersReceived,
    Message,
    MessageType,
    RequestSent,
)
from inspector.trace.river import River
from inspector.ui import theme
from inspector.ui.views.timeline_pane import TimelinePane

ROWS = 200_000
RATE_PER_S = 5_000
SECONDS = 3


class Paints(QObject):
    """Counts the paint events of what it is installed on."""

    count = 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.count += event.type() == QEvent.Type.Paint
        return False


def call(river: River, number: int) -> None:
    """Five events: an HTTP exchange with a request, a progress notification and an answer."""
    stream = river.next_stream()
    emit = partial(river.emit, connection=1, stream=stream)
    body = b'{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"echo"}}' % number
    answer = b'event: message\ndata: {"jsonrpc":"2.0","id":%d,"result":{"content":[]}}\n\n' % number
    emit(RequestSent, direction=Direction.OUTBOUND, method="POST", url="http://127.0.0.1/mcp", purpose="tools/call")
    message = partial(Message, framing=Framing.SSE, id=number)
    request = emit(
        partial(message, message_type=MessageType.REQUEST, method="tools/call", name="echo", raw=body),
        direction=Direction.OUTBOUND,
    )
    inbound = partial(emit, direction=Direction.INBOUND)
    inbound(HeadersReceived, status=200, reason="OK", http_version="HTTP/1.1", headers=(), ttfb_ms=1.0)
    inbound(partial(FrameReceived, event="ping", raw=b"event: ping\ndata: 1\n\n"))
    inbound(partial(message, message_type=MessageType.RESPONSE, raw=answer, request_n=request.n, rtt_ms=2.5))


def flooded_river(rows: int) -> River:
    river = River()
    for number in range(rows // 5):
        call(river, number)
    return river


def bench_fold(river: River) -> None:
    events = river.since(0)
    timeline = Timeline()
    start = time.perf_counter()
    timeline.fold(events)
    took = time.perf_counter() - start
    plain = time.perf_counter()
    for event in events:
        event.n  # noqa: B018 - the baseline: a bare loop over the same events
    baseline = time.perf_counter() - plain
    print(f"fold: {took / len(events) * 1e6:.2f} us/event, {took / baseline:.0f} times a bare loop")
    tracemalloc.start()
    again = Timeline()
    again.fold(events)
    print(f"memory: {tracemalloc.get_traced_memory()[0] / len(again):.0f} bytes/row")
    tracemalloc.stop()


def bench_search(river: River) -> None:
    timeline = Timeline()
    timeline.fold(river.since(0))
    start = time.perf_counter()
    found = sum(map(timeline.matcher('"id":777', river.__getitem__), range(len(timeline))))
    print(f"search: {(time.perf_counter() - start) / len(timeline) * 1e6:.2f} us/row, {found} found")


def bench_flood(app: QApplication, river: River) -> None:
    pane = TimelinePane(river)
    pane.resize(1280, 800)
    pane.show()
    while pane.rows_shown() < len(river):
        QTest.qWait(20)
    idle = frame_gaps(lambda: None)
    start, sent = time.perf_counter(), 0
    paints = Paints(pane)

    def feed() -> None:
        nonlocal sent
        due = int((time.perf_counter() - start) * RATE_PER_S / 5)
        for number in range(sent, due):
            call(river, number)
        sent = max(sent, due)

    pane.view.viewport().installEventFilter(paints)
    gaps = frame_gaps(feed)
    print(f"idle timer gap: p50 {_at(idle, 0.5):.1f} ms, p99 {_at(idle, 0.99):.1f} ms")
    print(
        f"{RATE_PER_S}/s on {ROWS:,} rows: gap p50 {_at(gaps, 0.5):.1f} ms, p99 {_at(gaps, 0.99):.1f} ms, "
        f"max {gaps[-1]:.1f} ms, {paints.count / SECONDS:.0f} paints/s, {pane.rows_shown():,} rows shown"
    )
    start = time.perf_counter()
    for _ in range(50):
        pane.view.viewport().repaint()
        app.processEvents()
    print(f"paint: {(time.perf_counter() - start) / 50 * 1000:.1f} ms a frame")


def frame_gaps(work: Callable[[], None]) -> list[float]:
    """Sorted gaps in ms between the ticks of a 16 ms timer that does `work`."""
    ticks: list[float] = []
    timer = QTimer(timerType=Qt.TimerType.PreciseTimer)
    timer.timeout.connect(lambda: ticks.append(time.perf_counter()))
    timer.timeout.connect(work)
    timer.start(16)
    loop = QEventLoop()
    QTimer.singleShot(SECONDS * 1000, loop.quit)
    loop.exec()
    timer.stop()
    return sorted((later - earlier) * 1000 for earlier, later in pairwise(ticks))


def _at(values: list[float], share: float) -> float:
    return values[min(len(values) - 1, int(len(values) * share))]


def main() -> None:
    app = QApplication([])
    theme.apply(app, theme.DARK)
    river = flooded_river(ROWS)
    bench_fold(river)
    bench_search(river)
    bench_flood(app, river)


if __name__ == "__main__":
    main()
