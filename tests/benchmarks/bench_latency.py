"""What following calls costs: an event of a flood, a call from end to end, memory after a million calls.

A flood is many events to one read (with one time), as sockets bring it, on the stream of a call and on a listening one;
the baseline is a bare loop over the same events. Exit code 1 if an event of a flood costs more than 0.3 µs, if memory
still grows in the second half of the calls, or if a figure of a window is not numpy's.
`uv run python -m tests.benchmarks.bench_latency [CALLS] [--flood COUNT]`.
"""

from __future__ import annotations

import argparse
import gc
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence

import numpy
import psutil

from inspector.stats.clock_offset import ClockOffsets
from inspector.stats.latency import LatencyStats
from inspector.trace.events import AnyEvent, MessageType
from inspector.trace.fold import Fold, Run, runs
from tests.support.rivers import Talk

BATCH = 500
PER_CHUNK = 200
ROUNDS = 5
MAX_FLOOD_US = 0.3
BLOCK_CALLS = 2_000
MAX_GROWTH_BYTES = 10_000_000
KEYS = 20


def flood(count: int, *, is_call: bool) -> list[AnyEvent]:
    """Notifications on the stream of a call, or on a listening stream."""
    talk = Talk()
    talk.send(1, "POST" if is_call else "GET", "tools/call" if is_call else "stream")
    if is_call:
        talk.ask(1, name="flood")
    talk.headers(1)
    for start in range(0, count, PER_CHUNK):
        talk.wait(4)
        talk.chunk(1)
        for _ in range(min(PER_CHUNK, count - start)):
            talk.message(1, MessageType.NOTIFICATION, method="notifications/message", raw=b"data: {}\n\n")
    return talk.since(0)


class Nowhere:
    """An archive that claims to hold everything, so that a river lets go of what was read."""

    def __len__(self) -> int:
        return sys.maxsize

    def __getitem__(self, n: int) -> AnyEvent:
        raise IndexError(n)

    def since(self, n: int, limit: int) -> list[AnyEvent]:
        return []


def calls(count: int) -> Iterator[tuple[list[AnyEvent], list[float]]]:
    """Calls of several tools in blocks, with their true round trips; the river forgets what was read."""
    talk, chance = Talk(), random.Random(3)
    talk.keep_in(Nowhere())
    for start in range(0, count, BLOCK_CALLS):
        first, times_ms = len(talk), []
        for number in range(start, min(start + BLOCK_CALLS, count)):
            stream = talk.next_stream()
            asked = talk.ask(stream, name=f"tool {number % KEYS}", id=number)
            talk.headers(stream)
            talk.chunk(stream)
            talk.message(stream, MessageType.NOTIFICATION, asked, method="notifications/progress")
            times_ms.append(chance.lognormvariate(3, 1))
            talk.answer(stream, asked, rtt_ms=times_ms[-1])
            talk.wait(1)
            talk.end(stream)
        yield talk.since(first), times_ms
        talk.forget(len(talk))


def cost_us(make: Callable[[], Fold] | None, events: list[AnyEvent]) -> float:
    """An event of the best round, in batches as the window hands them over."""
    pieces: list[list[Run]] = [runs(events[at : at + BATCH]) for at in range(0, len(events), BATCH)]
    best = float("inf")
    for _ in range(ROUNDS):
        take = _touch if make is None else make().take
        gc.collect()
        started = time.process_time()
        for piece in pieces:
            take(piece)
        best = min(best, time.process_time() - started)
    return best / len(events) * 1e6


def _touch(pieces: Sequence[Run]) -> None:
    for _, run in pieces:
        for event in run:
            event.n  # noqa: B018 - the baseline touches each event and does nothing


def bench_flood(count: int) -> bool:
    kept = True
    for words, is_call in (("the stream of a call", True), ("a listening stream", False)):
        events = flood(count, is_call=is_call)
        bare_us = cost_us(None, events)
        for name, make in (("latency", LatencyStats), ("clock offset", ClockOffsets)):
            us = cost_us(make, events)
            kept = kept and us <= MAX_FLOOD_US
            print(f"{count:,} events on {words}: {name} {us:.3f} µs an event, {us / bare_us:.1f} times a bare loop")
    return kept


def bench_calls(count: int) -> bool:
    latency, taken_s, sizes = LatencyStats(), 0.0, []
    newest_ms: list[float] = []
    for events, times_ms in calls(count):
        started = time.process_time()
        latency.fold(events)
        taken_s += time.process_time() - started
        newest_ms = (newest_ms + times_ms)[-BLOCK_CALLS:]
        sizes.append(psutil.Process().memory_info().rss)
    grown = max(sizes[-len(sizes) // 4 :]) - max(sizes[: -len(sizes) // 2])
    row = latency.total()
    print(
        f"{row.count:,} calls: {taken_s / count * 1e6:.1f} µs a call of 6 events, {sizes[-1] / 1e6:.0f} MB in the end,"
    )
    print(f"  {grown / 1e6:+.1f} MB since half of them, {row.in_flight} in flight, exact: {row.is_exact}")
    for words, since_ns in (("all", None), ("the newest 2,000", (count - BLOCK_CALLS) * 1_000_000)):
        started = time.process_time()
        rows = latency.rows(since_ns)
        print(f"  {len(rows)} rows of {words} in {(time.process_time() - started) * 1e3:.0f} ms")
    found = latency.total((count - BLOCK_CALLS) * 1_000_000)
    exact = [float(numpy.percentile(newest_ms, p)) for p in (50, 95, 99)]
    is_right = found.is_exact and [found.p50_ms, found.p95_ms, found.p99_ms] == exact
    print(f"  p50, p95, p99 of the newest {len(newest_ms):,} are numpy's: {is_right}")
    return grown <= MAX_GROWTH_BYTES and row.count == count and row.in_flight == 0 and is_right


def main() -> int:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("calls", nargs="?", type=int, default=1_000_000)
    arguments.add_argument("--flood", type=int, default=200_000)
    given = arguments.parse_args()
    kept = [bench_flood(given.flood), bench_calls(given.calls)]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
