"""What charts cost while events flood in: all of them open in a window of their own, against the same flood without.

The flood comes at 50,000 events a second, or as fast as this machine takes it; runs with and without charts alternate.
Prints rates, frame gaps and how often the charts were painted. Exit code 1 if the frame gap p99 with charts exceeds
33 ms, or the rate with charts is less than 85 % of that without.
`python -m tests.benchmarks.bench_charts [COUNT] [--rounds N]`; it needs no display.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.benchmarks.bench_million import Bound, in_window
from tests.support.demo import demo_server

COUNT = 250_000
RATE_PER_S = 50_000
MAX_GAP_MS = 33
MIN_SHARE = 0.85
ROUNDS = 3
WITH = "with-charts"


def run(url: str, folder: Path, count: int, *options: str) -> dict[str, Any]:
    """One flood; what it took is printed."""
    report = in_window(url, folder, "flood", *options, n=count, rate_per_s=RATE_PER_S, size_bytes=200)
    rate, gap = count / report["seconds"], report["ui"]["frame_gap_ms"]
    name = "all charts" if options else "no charts"
    painted = report["chart_paints"] / report["seconds"]
    cpu_us = report["window_thread_cpu_s"] / count * 1e6
    print(
        f"  {name}: {rate:,.0f} events/s, frame gap p50 {gap['p50']:.1f} p99 {gap['p99']:.1f} max {gap['max']:.1f} ms, "
        f"{cpu_us:.1f} µs of processor an event, {painted:.0f} chart paintings/s",
        flush=True,
    )
    if options:
        drawing = report["drawing_ms"]
        print(f"    one drawing of a chart takes p50 {drawing['p50']:.1f} p99 {drawing['p99']:.1f} ms", flush=True)
    return report | {"rate": rate, "gap_p99": gap["p99"]}


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("count", nargs="?", type=int, default=COUNT)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    wanted = parser.parse_args()
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    runs: dict[str, list[dict[str, Any]]] = {"": [], WITH: []}
    with tempfile.TemporaryDirectory() as name, demo_server() as url:
        for _ in range(wanted.rounds):
            for option, reports in runs.items():
                reports.append(run(url, Path(name), wanted.count, *filter(None, (option,))))
    rates = {option: statistics.median(report["rate"] for report in reports) for option, reports in runs.items()}
    gaps = {option: statistics.median(report["gap_p99"] for report in reports) for option, reports in runs.items()}
    bounds = [
        Bound("frame gap p99 with all charts, ms", gaps[WITH], MAX_GAP_MS),
        Bound("share of the rate without charts", rates[WITH] / rates[""], MIN_SHARE, is_least=True),
    ]
    print(f"without charts the frame gap p99 is {gaps['']:.1f} ms; load average {os.getloadavg()[0]:.1f}")
    for bound in bounds:
        print(bound)
    return 0 if all(bound.is_kept for bound in bounds) else 1


if __name__ == "__main__":
    sys.exit(main())
