"""The round trip we record for `echo` against bare httpx, call by call against the same server in the same run.

Both send the same body with the same headers and stop when the answer's event is there; exit code 1 if the medians
differ by more than 0.5 ms. `uv run python -m tests.benchmarks.bench_rtt [CALLS]`.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time
from typing import Any

import httpx

import inspector
from inspector.trace.events import Message, RequestSent
from tests.support.demo import demo_server

MAX_DIFFERENCE_MS = 0.5
WARM_UP = 20
ARGUMENTS: dict[str, Any] = {"text": "hello"}


async def bare_call(client: httpx.AsyncClient, url: str, headers: dict[str, str], body: bytes) -> float:
    """One POST; milliseconds until the event with the answer has come."""
    started = time.perf_counter_ns()
    seen, elapsed_ms = b"", 0.0
    async with client.stream("POST", url, headers=headers, content=body) as response:
        async for chunk in response.aiter_bytes():
            seen += chunk
            if not elapsed_ms and b'"result"' in seen and seen.endswith(b"\n\n"):
                elapsed_ms = (time.perf_counter_ns() - started) / 1e6
    assert elapsed_ms, seen
    return elapsed_ms


def what_we_sent(session: inspector.Session, answer: inspector.Answer) -> tuple[dict[str, str], bytes]:
    """Headers and body of a call of ours, as they left."""
    message = session.river[answer.request_n]
    assert isinstance(message, Message)
    request = next(e for e in session.river.since(0) if isinstance(e, RequestSent) and e.stream == message.stream)
    own = ("host", "content-length", "connection")
    return {name: value for name, value in request.headers if name.lower() not in own}, request.body


async def compare(url: str, calls: int) -> tuple[list[float], list[float]]:
    """Milliseconds of our calls and of bare ones, taken in turns."""
    ours, bare = [], []
    async with inspector.connect(url) as session, httpx.AsyncClient(timeout=None) as client:  # noqa: S113
        first = await session.call_tool("echo", ARGUMENTS)
        headers, body = what_we_sent(session, first)
        for number in range(WARM_UP + calls):
            answer = await session.call_tool("echo", ARGUMENTS)
            assert answer.ok and answer.rtt_ms is not None, answer.sentence
            fresh = json.dumps({**json.loads(body), "id": 1_000_000 + number}, separators=(",", ":")).encode()
            elapsed_ms = await bare_call(client, url, headers, fresh)
            if number >= WARM_UP:
                ours.append(answer.rtt_ms)
                bare.append(elapsed_ms)
    return ours, bare


def main() -> int:
    calls = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with demo_server() as url:
        ours, bare = asyncio.run(compare(url, calls))
    for name, times in (("recorded", ours), ("bare httpx", bare)):
        print(f"{name:10} median {statistics.median(times):.3f} ms  p90 {sorted(times)[int(calls * 0.9)]:.3f} ms")
    difference_ms = statistics.median(ours) - statistics.median(bare)
    print(f"difference {difference_ms:+.3f} ms (at most {MAX_DIFFERENCE_MS} ms)")
    return 0 if abs(difference_ms) <= MAX_DIFFERENCE_MS else 1


if __name__ == "__main__":
    sys.exit(main())
