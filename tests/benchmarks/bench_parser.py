"""How fast the event-stream parser is beside httpx-sse on the same bytes in the same run.

    python tests/benchmarks/bench_parser.py

Ends with status 1 if a bound is missed. Ratios count; absolute figures vary by a factor of two with the machine.
"""

from __future__ import annotations

import codecs
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from httpx_sse._decoders import SSEDecoder, SSELineDecoder

sys.path.insert(0, str(Path(__file__).parents[2]))

from inspector.wire.sse import SseParser

EVENTS = 50_000
CHUNK_BYTES = 64 * 1024
ROUNDS = 5
MIN_EVENTS_PER_S = 500_000
MIN_RATIO = 1.5
MAX_SLOWDOWN = 4.0
"""How much slower per byte a line may be that is five times as long: linear is 1, quadratic would be 5 and more."""

MESSAGE = (
    '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":7,"progress":%06d,"message":"%s"}}'
)
SHAPES = {
    "data": ("data: {message}\n\n", True),
    "event, data": ("event: message\ndata: {message}\n\n", True),
    "event, data, CRLF": ("event: message\r\ndata: {message}\r\n\r\n", False),
    "id, event, data": ("id: {n}\nevent: message\ndata: {message}\n\n", False),
    "two data lines": ("data: [\ndata: {message}]\n\n", False),
    "data, CR": ("data: {message}\r\r", False),
}


def in_chunks(stream: bytes) -> list[bytes]:
    return [stream[at : at + CHUNK_BYTES] for at in range(0, len(stream), CHUNK_BYTES)]


def parse_ours(chunks: list[bytes]) -> int:
    parser = SseParser()
    return sum(len(parser.feed(chunk)) for chunk in chunks)


def parse_theirs(chunks: list[bytes]) -> int:
    """What `EventSource.iter_sse` does with a response body."""
    text, lines, events = codecs.getincrementaldecoder("utf-8")("replace"), SSELineDecoder(), SSEDecoder()
    count = 0
    for chunk in chunks:
        for line in lines.decode(text.decode(chunk)):
            count += events.decode(line.rstrip("\n")) is not None
    return count


def seconds(parse: Callable[[list[bytes]], int], chunks: list[bytes], expected: int) -> float:
    """The best of some rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.perf_counter()
        count = parse(chunks)
        best = min(best, time.perf_counter() - start)
        if abs(count - expected) > 1:  # httpx-sse holds a last CR back
            raise SystemExit(f"{parse.__name__} saw {count} events, not {expected}")
    return best


def measure_shapes() -> Iterator[str]:
    """Prints a row per shape of event, and yields the bounds missed."""
    print(f"{EVENTS} events in chunks of {CHUNK_BYTES // 1024} KiB   bytes      ours  httpx-sse  ratio")
    for name, (template, is_bound) in SHAPES.items():
        padding = "x" * (200 - len(template.format(n=0, message=MESSAGE % (0, ""))))
        blocks = [template.format(n=n, message=MESSAGE % (n, padding)) for n in range(EVENTS)]
        chunks = in_chunks("".join(blocks).encode())
        ours = EVENTS / seconds(parse_ours, chunks, EVENTS)
        theirs = EVENTS / seconds(parse_theirs, chunks, EVENTS)
        row = f"{len(blocks[0]):10d} {ours / 1e6:7.2f} M/s {theirs / 1e6:6.2f} M/s {ours / theirs:6.2f}"
        print(f"  {name:31s} {row}{'' if is_bound else '   (no bound)'}")
        if is_bound and ours < MIN_EVENTS_PER_S:
            yield f"{name}: {ours:.0f} events/s, wanted {MIN_EVENTS_PER_S}"
        if is_bound and ours < theirs * MIN_RATIO:
            yield f"{name}: {ours / theirs:.2f} times httpx-sse, wanted {MIN_RATIO}"


def measure_long_lines() -> Iterator[str]:
    """Prints a row per length of line, and yields the bound missed."""
    print("one line in chunks of 64 KiB         ours  httpx-sse")
    speeds = []
    for mebibytes in (10, 50):
        chunks = in_chunks(b"data: " + b"x" * (mebibytes << 20) + b"\n\n")
        ours, theirs = (mebibytes / seconds(parse, chunks, 1) for parse in (parse_ours, parse_theirs))
        speeds.append(ours)
        print(f"  {mebibytes} MiB                      {ours:6.0f} MiB/s {theirs:4.0f} MiB/s")
    if speeds[0] > speeds[1] * MAX_SLOWDOWN:
        yield f"a line of 50 MiB goes at {speeds[1]:.0f} MiB/s, one of 10 MiB at {speeds[0]:.0f}: not linear"


def main() -> int:
    missed = [*measure_shapes(), *measure_long_lines()]
    for text in missed:
        print(f"missed: {text}")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
