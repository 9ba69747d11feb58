"""What an event costs between socket and river: `flood` through a session, against the least that reads it at all.

The baseline reads the same flood with httpx, splits at blank lines and parses the JSON with orjson. Processor time is
what counts, as the server shares the machine; exit code 1 if an event is missing or an event costs more than 6 µs.
`uv run python -m tests.benchmarks.bench_session [COUNT] [--profile]`.
"""

from __future__ import annotations

import asyncio
import cProfile
import gc
import pstats
import sys
import time
from dataclasses import dataclass
from typing import Any

import httpx
import orjson

import inspector
from inspector.trace.events import Message
from tests.support.demo import demo_server

SIZE_BYTES = 200
MAX_US = 6.0
ROUNDS = 3
HEADERS = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}


@dataclass
class Cost:
    """One flood, read to its end."""

    events: int
    seconds: float
    cpu_seconds: float

    def line(self, name: str) -> str:
        per_event_us = self.cpu_seconds / self.events * 1e6
        rate = self.events / self.seconds
        return f"{name:9} {rate:9,.0f} events/s  {per_event_us:6.2f} µs of processor time an event"


def flood_params(count: int, size_bytes: int = SIZE_BYTES) -> dict[str, Any]:
    return {"name": "flood", "arguments": {"n": count, "rate_per_s": 0, "size_bytes": size_bytes}}


async def through_session(url: str, count: int, profile: cProfile.Profile | None) -> Cost:
    async with inspector.connect(url) as session:
        gc.collect()
        started, cpu = time.perf_counter(), time.process_time()
        if profile:
            profile.enable()
        answer = await session.call_tool("flood", flood_params(count)["arguments"])
        if profile:
            profile.disable()
        cost = Cost(count, time.perf_counter() - started, time.process_time() - cpu)
        assert answer.ok, answer.sentence
        river = session.river.since(0)
    entries = [e for e in river if isinstance(e, Message) and e.method == "notifications/message"]
    assert len(entries) == count, f"{count - len(entries)} events are missing"
    return cost


async def baseline(url: str, count: int, size_bytes: int = SIZE_BYTES) -> Cost:
    """The least that a client can do: it neither keeps nor shows anything."""
    async with httpx.AsyncClient(headers=HEADERS, timeout=None) as client:  # noqa: S113 - the flood takes its time
        await _shake_hands(client, url)
        body = {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": flood_params(count, size_bytes)}
        gc.collect()
        started, cpu = time.perf_counter(), time.process_time()
        seen, rest = 0, b""
        async with client.stream("POST", url, json=body) as response:
            async for chunk in response.aiter_bytes():
                *blocks, rest = (rest + chunk).split(b"\n\n")
                for block in blocks:
                    data = block.partition(b"data: ")[2]
                    if data:
                        orjson.loads(data)
                        seen += 1
        assert seen >= count
        return Cost(count, time.perf_counter() - started, time.process_time() - cpu)


async def _shake_hands(client: httpx.AsyncClient, url: str) -> None:
    params = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}}
    answer = await client.post(url, json={"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params})
    client.headers["Mcp-Session-Id"] = answer.headers["mcp-session-id"]
    client.headers["MCP-Protocol-Version"] = "2025-11-25"
    await client.post(url, json={"jsonrpc": "2.0", "method": "notifications/initialized"})


def main() -> int:
    numbers = [int(text) for text in sys.argv[1:] if text.isdigit()]
    count = numbers[0] if numbers else 200_000
    profile = cProfile.Profile() if "--profile" in sys.argv else None
    ours, least = [], []
    with demo_server() as url:
        for _ in range(1 if profile else ROUNDS):
            least.append(asyncio.run(baseline(url, count)))
            ours.append(asyncio.run(through_session(url, count, profile)))
    best, floor = min(ours, key=lambda c: c.cpu_seconds), min(least, key=lambda c: c.cpu_seconds)
    print(floor.line("baseline"))
    print(best.line("session"))
    print(f"ratio {best.cpu_seconds / floor.cpu_seconds:.2f} of processor time, no event lost")
    if profile:
        pstats.Stats(profile).sort_stats("tottime").print_stats(25)
        return 0
    return 0 if best.cpu_seconds / count * 1e6 < MAX_US else 1


if __name__ == "__main__":
    sys.exit(main())
