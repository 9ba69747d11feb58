"""5,000 events/s for 10 s from `flood` into the open window: all shown, and the window stays smooth.

Prints the figures of the report beside those of an idle window in the same run; exit code 1 if an event is missing or
the 99th percentile of the frame gap is 33 ms or more. `uv run python tests/benchmarks/bench_flood.py [RATE] [COUNT]`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.support.demo import demo_server

MAX_GAP_P99_MS = 33.0


def window(report: Path, *options: str) -> dict[str, Any]:
    """Run the program to its end and read its report."""
    command = [sys.executable, "-m", "inspector", *options, "--report", str(report)]
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    subprocess.run(command, env=environment, check=True, timeout=300, capture_output=True)
    document: dict[str, Any] = json.loads(report.read_text())
    return document


def main() -> int:
    rate = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    count = int(sys.argv[2]) if len(sys.argv) > 2 else rate * 10
    arguments = json.dumps({"n": count, "rate_per_s": rate, "size_bytes": 200})
    with tempfile.TemporaryDirectory() as folder, demo_server() as url:
        report = Path(folder) / "report.json"
        idle = window(report, "--run-for", "5")
        busy = window(report, url, "--call", "flood", "--args", arguments, "--quit-when-done")
    call, events, gap = busy["calls"][0], busy["events"], busy["ui"]["frame_gap_ms"]
    print(f"idle window: frame gap {_spread(idle['ui']['frame_gap_ms'])}")
    print(f"flood of {count:,} at {rate:,}/s: frame gap {_spread(gap)}, loop lag {_spread(busy['ui']['loop_lag_ms'])}")
    print(f"  call {call['events']:,} events in {call['rtt_ms'] / 1000:.1f} s, received {events['received']:,},")
    memory = busy["memory"]
    grown = memory["rss_end_bytes"] - memory["rss_start_bytes"]
    print(f"  shown {events['shown']:,}, dropped {events['dropped']}, memory +{grown / 1e6:.0f} MB")
    complete = call["events"] >= count and events["shown"] == events["received"]
    return 0 if complete and gap["p99"] < MAX_GAP_P99_MS else 1


def _spread(gap: dict[str, float]) -> str:
    return f"p50 {gap['p50']:.1f} p99 {gap['p99']:.1f} max {gap['max']:.1f} ms"


if __name__ == "__main__":
    sys.exit(main())
