"""What the diagnosis costs: all rules over 200,000 plain notifications, and a million random events that must not hurt.

The baseline is a bare loop over the same events; in the window, a flood without the rules. Exit code 1 if an event of
the flood costs more than 3 µs or the rules more than 15 % of the rate, if anything raises, or if the memory of the
engine grows without end. `uv run python -m tests.benchmarks.bench_diagnosis [COUNT] [--window COUNT] [--fuzz COUNT]`.
"""

from __future__ import annotations

import argparse
import gc
import random
import statistics
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Sequence
from pathlib import Path

from inspector.diagnose.engine import Engine
from inspector.trace.events import AnyEvent, MessageType
from tests.benchmarks.bench_million import in_window
from tests.support.demo import demo_server
from tests.support.disorder import Disorder
from tests.support.rivers import Talk

BATCH = 500
"""So many events the window hands over at once in a flood."""
RATE_PER_S = 20_000
PER_CHUNK = 200
_BLOCK = (
    b'event: message\ndata: {"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":'
    b'{"n":%d,"filler":"the quick brown fox jumps the quick brown fox jumps the quick brown fox jumps"}}}\n\n'
)
MAX_US = 3.0
MIN_SHARE = 0.85
WITHOUT = "without-rules"
ROUNDS = 3
FUZZ_BLOCK = 20_000
MAX_GROWTH = 1.5
"""The second half of the random events may leave the engine so much larger than the first did."""


def flood(count: int) -> list[AnyEvent]:
    """One listening stream full of log entries, many to a chunk as sockets bring them in a flood."""
    talk = Talk()
    talk.send(1, "GET", "stream")
    talk.headers(1)
    blocks = [_BLOCK % number for number in range(count)]
    offset = 0
    for start in range(0, count, PER_CHUNK):
        data = b"".join(blocks[start : start + PER_CHUNK])
        talk.chunk(1, data, offset)
        for raw in blocks[start : start + PER_CHUNK]:
            talk.wait(1_000 / RATE_PER_S)
            talk.message(1, MessageType.NOTIFICATION, method="notifications/message", raw=raw, offset=offset)
            offset += len(raw)
    return talk.since(0)


def engine_s(events: Sequence[AnyEvent], rules: bool) -> float:
    engine = Engine() if rules else Engine(rules={})
    gc.collect()
    started = time.process_time()
    for at in range(0, len(events), BATCH):
        engine.fold(events[at : at + BATCH])
    return time.process_time() - started


def bare_s(events: Sequence[AnyEvent]) -> float:
    started = time.process_time()
    for event in events:
        event.n  # noqa: B018 - the baseline touches each event and does nothing
    return time.process_time() - started


def bench_flood(count: int) -> bool:
    events = flood(count)
    bare = min(bare_s(events) for _ in range(ROUNDS))
    none = min(engine_s(events, rules=False) for _ in range(ROUNDS))
    full = min(engine_s(events, rules=True) for _ in range(ROUNDS))
    for name, seconds in (("bare loop", bare), ("engine without rules", none), ("engine with all rules", full)):
        print(f"{name:22} {seconds / len(events) * 1e9:8,.0f} ns an event  {seconds / bare:8.1f} times the bare loop")
    return full / len(events) * 1e6 <= MAX_US


def bench_fuzz(count: int) -> bool:
    """Bounded: what a second half of as many events adds is little beside what the first left behind."""
    disorder, engine = Disorder(random.Random(7)), Engine()
    sizes: list[int] = []
    tracemalloc.start()
    started = time.process_time()
    for done in range(0, count, FUZZ_BLOCK):
        engine.fold(disorder.events(min(FUZZ_BLOCK, count - done)))
        engine.findings()
        gc.collect()
        sizes.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    half, full = sizes[len(sizes) // 2], sizes[-1]
    print(f"{count:,} random events: {time.process_time() - started:.0f} s, {engine.count} rules fired,", end=" ")
    print(f"{half / 1e6:.1f} MB after half of them, {full / 1e6:.1f} MB after all")
    return full <= half * MAX_GROWTH


def bench_window(count: int) -> bool:
    """Events a second through the open window with the rules and without, in turns: the machine's speed changes."""
    rates: dict[str, list[float]] = {"": [], WITHOUT: []}
    with tempfile.TemporaryDirectory() as name, demo_server() as url:
        for option in ("", WITHOUT) * ROUNDS:
            options = (option,) if option else ()
            ours = in_window(url, Path(name), "flood", *options, n=count, rate_per_s=0, size_bytes=200)
            rates[option].append(count / ours["seconds"])
    on, off = (statistics.median(rates[option]) for option in ("", WITHOUT))
    print(f"{count:,} events in the window: {on:,.0f}/s with the rules, {off:,.0f}/s without, share {on / off:.2f}")
    return on / off >= MIN_SHARE


def main() -> int:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("count", nargs="?", type=int, default=200_000)
    arguments.add_argument("--fuzz", type=int, default=1_000_000)
    arguments.add_argument("--window", type=int, default=200_000)
    given = arguments.parse_args()
    kept = [bench_flood(given.count), bench_window(given.window), bench_fuzz(given.fuzz)]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
