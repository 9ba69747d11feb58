"""A million events through the open window to disk and view, and what can be done with them afterwards.

Prints, beside the baseline of the same run (httpx, hand split, orjson: no storage, no window): the rate from the first
byte until every event is on disk and shown, frame gaps, memory; the same for events of 2 KiB; one event of 50 MiB; the
stamps of arrival against the server's own, idle and under load; opening the recording; filtering it. Exit code 1 if a
bound of the issue is missed. `python -m tests.benchmarks.bench_million [COUNT]`; it needs no display.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.bench_session import baseline
from tests.support.demo import demo_server

COUNT = 1_000_000
LARGE_BYTES = 2_048
HUGE_BYTES = 50 * 1024 * 1024
STAMPED = 50_000
IDLE_RATE, BUSY_RATE = 100, 5_000
ENVIRONMENT = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}


@dataclass(frozen=True)
class Bound:
    """What a figure must not exceed, or must reach if `is_least`."""

    name: str
    value: float
    limit: float
    is_least: bool = False

    @property
    def is_kept(self) -> bool:
        return self.value >= self.limit if self.is_least else self.value <= self.limit

    def __str__(self) -> str:
        verdict, sign = "ok  " if self.is_kept else "MISS", ">=" if self.is_least else "<="
        return f"  {verdict} {self.name}: {self.value:,.2f} (bound {sign} {self.limit:g})"


def in_window(url: str, folder: Path, tool: str, *options: str, **arguments: int) -> dict[str, Any]:
    """Run the program until everything is shown and on disk: its report, with what `timed_window` adds to it.

    The option `without-rules` leaves the rules of the diagnosis out.
    """
    report, recording = folder / "report.json", folder / f"{tool}-{time.monotonic_ns()}.mcptrace"
    command = [sys.executable, "-m", "tests.benchmarks.timed_window", url, tool, json.dumps(arguments)]
    command += [str(recording), str(report), *options]
    subprocess.run(command, env=ENVIRONMENT, check=True, timeout=900)
    document: dict[str, Any] = json.loads(report.read_text())
    return document | {"recording": str(recording)}


def in_recording(*arguments: str) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.benchmarks.timed_recording", *arguments]
    done = subprocess.run(command, env=ENVIRONMENT, check=True, timeout=900, stdout=subprocess.PIPE)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def flood(url: str, folder: Path, count: int, size_bytes: int, least: float) -> tuple[list[Bound], str]:
    """One flood as fast as it goes, between two baselines: the speed of this machine changes within a minute."""
    floors = [asyncio.run(baseline(url, count, size_bytes))]
    ours = in_window(url, folder, "flood", n=count, rate_per_s=0, size_bytes=size_bytes)
    floors.append(asyncio.run(baseline(url, count, size_bytes)))
    rate, floor_rate = count / ours["seconds"], count * len(floors) / sum(floor.seconds for floor in floors)
    events, gap = ours["events"], ours["ui"]["frame_gap_ms"]
    grown = (ours["memory"]["rss_peak_bytes"] - ours["rss_before_bytes"]) / 1e6
    print(f"{count:,} events of {size_bytes:,} bytes: baseline {floor_rate:,.0f}/s, window {rate:,.0f}/s")
    cpu_us = ours["window_thread_cpu_s"] / count * 1e6
    print(f"  the window's thread used {cpu_us:.1f} µs of processor time an event")
    file_mb = Path(ours["recording"]).stat().st_size / 1e6
    print(f"  {json.dumps(events)}, paints {ours['paints']:,}, file {file_mb:,.0f} MB")
    missing = max(count - ours["calls"][0]["events"], events["received"] - events["recorded"], events["dropped"])
    bounds = [
        Bound("share of the baseline's rate", rate / floor_rate, least, is_least=True),
        Bound("events not recorded or not shown", missing, 0),
        Bound("frame gap p99, ms", gap["p99"], 33),
        Bound("frame gap max, ms", gap["max"], 150),
        Bound("memory growth, MB", grown, 150),
    ]
    return bounds, ours["recording"]


def huge(url: str, folder: Path) -> list[Bound]:
    """One event of 50 MiB."""
    ours = in_window(url, folder, "big", bytes=HUGE_BYTES)
    print(f"one event of 50 MiB: {ours['seconds']:.2f} s, {json.dumps(ours['events'])}")
    return [
        Bound("frame gap max, ms", ours["ui"]["frame_gap_ms"]["max"], 1_000),
        Bound("events not shown", ours["events"]["dropped"], 0),
    ]


def stamps(url: str, folder: Path) -> list[Bound]:
    """Recorded arrival against the server's stamp: the same clock, as both are on this machine."""
    spreads = {}
    for rate, count in ((IDLE_RATE, IDLE_RATE * 5), (BUSY_RATE, STAMPED)):
        ours = in_window(url, folder, "flood", n=count, rate_per_s=rate, size_bytes=200)
        spreads[rate] = _offsets_ms(Path(ours["recording"]))
    idle, busy = (sorted(spreads[rate]) for rate in (IDLE_RATE, BUSY_RATE))
    print(f"stamps: idle p50 {_at(idle, 0.5):.2f} p99 {_at(idle, 0.99):.2f} ms")
    print(f"  at {BUSY_RATE:,}/s p50 {_at(busy, 0.5):.2f} p99 {_at(busy, 0.99):.2f} max {busy[-1]:.2f} ms")
    return [Bound("p99 at load above idle p50, ms", _at(busy, 0.99) - _at(idle, 0.5), 10)]


def _offsets_ms(recording: Path) -> list[float]:
    query = """
        SELECT at, json_extract(substr(CAST(raw AS TEXT), instr(raw, '{')), '$.params.data.sent_ns')
        FROM event WHERE label = 'notifications/message'"""
    with sqlite3.connect(recording) as connection:
        return [at * 1e3 - sent / 1e6 for at, sent in connection.execute(query) if sent is not None]


def _at(values: list[float], share: float) -> float:
    return values[min(len(values) - 1, int(len(values) * share))]


def afterwards(recording: str) -> list[Bound]:
    """Opening and filtering what the first flood left behind."""
    figures = in_recording(recording)
    print(f"the recording: {json.dumps({name: round(value, 1) for name, value in figures.items()})}")
    bounds = [Bound("open to first painted rows, ms", figures["first_rows_ms"], 1_000)]
    for name in ("column", "text", "mixed"):
        bounds += [
            Bound(f"filter {name}: first rows, ms", figures[f"{name}_first_ms"], 100),
            Bound(f"filter {name}: all rows, ms", figures[f"{name}_all_ms"], 1_000),
            Bound(f"filter {name}: longest frame gap, ms", figures[f"{name}_gap_ms"], 50),
        ]
    return bounds


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("count", nargs="?", type=int, default=COUNT)
    count = parser.parse_args().count
    bounds: list[Bound] = []
    with tempfile.TemporaryDirectory() as name, demo_server() as url:
        folder = Path(name)
        found, recording = flood(url, folder, count, 200, 0.08)
        for part in (found, afterwards(recording)):
            _print(part, bounds)
        _print(flood(url, folder, count // 5, LARGE_BYTES, 0.13)[0], bounds)
        _print(huge(url, folder), bounds)
        _print(stamps(url, folder), bounds)
    missed = [bound for bound in bounds if not bound.is_kept]
    print(f"{len(bounds) - len(missed)} of {len(bounds)} bounds kept")
    return 1 if missed else 0


def _print(part: list[Bound], bounds: list[Bound]) -> None:
    for bound in part:
        print(bound, flush=True)
    bounds += part


if __name__ == "__main__":
    sys.exit(main())
