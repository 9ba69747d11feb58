"""A thousand calls one after the other and a hundred at once: are the figures complete, and is memory flat?

Against the official Python SDK's server. Without a window: every fold takes part and a recording is written, and the
memory of the last thousand calls of three is what counts. Then the program itself, as a user would start it, with its
own report. Exit code 1 if a figure is missing, a call failed, or a call costs more memory than it may.
`python -m tests.benchmarks.bench_calls [CALLS] [AT_ONCE]`.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from inspector.record.recorder import Recorder
from inspector.record.store import Store
from tests.end2end.conftest import Program, free_port
from tests.support.figures import SETTLE_S, watched
from tests.support.many_calls import ARGUMENTS, TOOL, at_once, missing, one_by_one

CALLS, AT_ONCE, ROUNDS = 1_000, 100, 3
MAX_BYTES_A_CALL, MAX_WINDOW_BYTES_A_CALL = 10_000, 10_000
"""The newest 10,000 calls are kept taken apart, and all rows of the timeline."""
SDK_SERVER = Path(__file__).parents[1] / "end2end" / "servers" / "sdk_server.py"


async def without_window(url: str, calls: int, concurrent: int, folder: Path) -> list[str]:
    """What is wrong, in words."""
    rss_bytes: list[int] = []
    async with watched(url, "streamable-http") as (session, figures):
        recorder = Recorder(session.river)
        recorder.record_to(Store(folder / "calls.mcptrace"))
        for _ in range(ROUNDS):
            began = time.perf_counter()
            await one_by_one(session, calls)
            seconds = time.perf_counter() - began
            figures.take()
            recorder.catch_up()
            gc.collect()
            rss_bytes.append(psutil.Process().memory_info().rss)
            print(f"  {calls:,} calls in {seconds:.1f} s, {rss_bytes[-1] / 1e6:.1f} MB")
        await at_once(session, concurrent)
        await asyncio.sleep(SETTLE_S)
    recorder.close()
    found = missing(figures.latency, ROUNDS * calls + concurrent)
    row = figures.latency.total()
    print(f"  p50 {row.p50_ms:.2f} ms, p95 {row.p95_ms:.2f} ms, p99 {row.p99_ms:.2f} ms, max {row.max_ms:.2f} ms")
    growth_bytes = (rss_bytes[-1] - rss_bytes[-2]) / calls
    print(f"  {growth_bytes:,.0f} bytes a call (at most {MAX_BYTES_A_CALL:,})")
    if growth_bytes > MAX_BYTES_A_CALL:
        found.append("memory grows")
    return found


def in_window(url: str, times: int, concurrency: int, folder: Path) -> tuple[list[str], dict[str, Any]]:
    """What is wrong with a run of the program, and its report."""
    report = folder / f"{times}.json"
    command = [sys.executable, "-m", "inspector", url, "--transport", "streamable-http", "--call", TOOL]
    command += ["--args", json.dumps(ARGUMENTS), "--times", str(times), "--concurrency", str(concurrency)]
    command += ["--report", str(report), "--record", str(folder / f"{times}.mcptrace"), "--quit-when-done"]
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "XDG_CONFIG_HOME": str(folder)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=900, check=False)
    if done.returncode:
        return [f"the program ended with {done.returncode}: {done.stderr[-500:]}"], {}
    said: dict[str, Any] = json.loads(report.read_text())
    good = sum(call["ok"] and call["rtt_ms"] is not None for call in said["calls"])
    found = [] if good == len(said["calls"]) == times else [f"{good} of {times} calls are in the report"]
    if said["events"]["dropped"] or said["events"]["recorded"] != said["events"]["received"]:
        found.append(f"not every event was recorded: {said['events']}")
    frames, memory = said["ui"]["frame_gap_ms"], said["memory"]
    print(
        f"  {times:,} calls, {concurrency} at once: frame gap p99 {frames['p99']:.1f} ms, "
        f"{memory['rss_end_bytes'] / 1e6:.1f} MB"
    )
    return found, said


def main() -> int:
    numbers = [int(text) for text in sys.argv[1:]]
    calls, concurrent = (*numbers, *(CALLS, AT_ONCE)[len(numbers) :])
    server = Program([sys.executable, str(SDK_SERVER), "streamable-http"], free_port())
    server.start()
    try:
        with tempfile.TemporaryDirectory() as name:
            folder, url = Path(name), server.url("/mcp")
            print("without a window")
            found = asyncio.run(without_window(url, calls, concurrent, folder))
            print("in the window")
            few, few_said = in_window(url, 2 * calls, 1, folder)
            many, many_said = in_window(url, 4 * calls, 1, folder)
            found += few + many + in_window(url, concurrent, concurrent, folder)[0]
            if few_said and many_said:
                ends = [said["memory"]["rss_end_bytes"] for said in (few_said, many_said)]
                growth_bytes = (ends[1] - ends[0]) / (2 * calls)
                print(f"  {growth_bytes:,.0f} bytes a call (at most {MAX_WINDOW_BYTES_A_CALL:,})")
                found += ["memory of the window grows"] if growth_bytes > MAX_WINDOW_BYTES_A_CALL else []
    finally:
        server.kill()
    print("\n".join(found) or "complete, and no call costs more memory than it may")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
