"""Eight hours in a minute: a million heartbeats and a thousand reconnects through river, recorder and every fold.

Prints what memory grew by in ten steps; exit code 1 if the second half grew by 150 bytes a row or more.
`uv run python tests/benchmarks/bench_endurance.py [HEARTBEATS] [RECONNECTS]`.
"""

from __future__ import annotations

import gc
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from inspector.diagnose.engine import Engine
from inspector.record.log_lines import LogLines
from inspector.record.recorder import Recorder
from inspector.record.store import Store
from inspector.stats.counts import Counts
from inspector.stats.latency import LatencyStats
from inspector.stats.reconnects import ReconnectStats
from inspector.stats.streams import StreamStats
from inspector.trace.events import ConnectionState, EndCause
from inspector.trace.fold import Fold
from tests.support.rivers import Talk

HOURS = 8
MAX_BYTES_A_ROW = 150
STEPS = 10
HEARTBEAT = b": ping\n\n"


class LongDay:
    """A session of eight hours on a clock of its own, with all that the window keeps of it but the widgets."""

    def __init__(self, path: Path, heartbeats: int, reconnects: int) -> None:
        self.river = Talk()
        self.recorder = Recorder(self.river, Store(path))
        self.folds: list[Fold] = [Counts(), LatencyStats(), StreamStats(), ReconnectStats(), Engine(), LogLines()]
        self._reader = self.river.reader()
        self._per_stream = max(heartbeats // reconnects, 1)
        self._beat_ms = HOURS * 3_600_000 / heartbeats
        self._reconnects = reconnects

    def live(self) -> Iterator[int]:
        """Goes on by one stream at a time; gives the number of rows."""
        for _ in range(self._reconnects):
            self._stream()
            while self._reader.behind:
                events = self._reader.take(500)
                for fold in self.folds:
                    fold.fold(events)
            self.recorder.catch_up()
            yield len(self.recorder.timeline)

    def _stream(self) -> None:
        river, stream, size = self.river, self.river.next_stream(), len(HEARTBEAT)
        river.state(ConnectionState.CONNECTING)
        river.send(stream, method="GET", purpose="stream")
        river.headers(stream)
        river.state(ConnectionState.OPEN)
        for beat in range(self._per_stream):
            river.wait(self._beat_ms)
            river.chunk(stream, HEARTBEAT, beat * size)
            river.comment(stream)
        river.end(stream, EndCause.RESET)
        river.state(ConnectionState.RECONNECTING, delay_ms=1_000.0, attempt=1, reason="It was reset.")


def resident_bytes() -> int:
    gc.collect()
    return int(psutil.Process().memory_info().rss)


def main() -> int:
    heartbeats = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    reconnects = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000
    with tempfile.TemporaryDirectory() as folder:
        path, began_s = Path(folder) / "day.mcptrace", time.monotonic()
        day = LongDay(path, heartbeats, reconnects)
        steps = [(0, resident_bytes())]
        for done, rows in enumerate(day.live(), 1):
            if done % max(reconnects // STEPS, 1) == 0:
                assert day.recorder.store is not None and day.recorder.store.flush()
                steps.append((rows, resident_bytes()))
                print(f"{rows:>9,} rows: {(steps[-1][1] - steps[0][1]) / 1e6:6.1f} MB more than at the start")
        day.recorder.close()
        size_bytes, took_s = path.stat().st_size, time.monotonic() - began_s
    half, last = steps[len(steps) // 2], steps[-1]
    a_row = (last[1] - half[1]) / (last[0] - half[0])
    print(f"second half: {a_row:.0f} bytes a row (at most {MAX_BYTES_A_ROW})")
    print(f"{len(day.river):,} events in {took_s:.0f} s, file {size_bytes / 1e6:.0f} MB {day.recorder.failure}")
    return 0 if a_row < MAX_BYTES_A_ROW and not day.recorder.failure else 1


if __name__ == "__main__":
    sys.exit(main())
