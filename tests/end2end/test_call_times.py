"""Calls taken apart against a server that says where its time went, and whose clock is not ours."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import formatdate
from typing import Any

import pytest

from inspector.servers.demo import DemoServer
from inspector.servers.http import HttpConnection, HttpRequest
from inspector.servers.loopback import LoopbackListener
from inspector.stats.clock_offset import ClockOffsets
from inspector.stats.latency import LatencyStats
from tests.end2end.conftest import SERVERS, Program, free_port, streamable

AHEAD_S = 90.5
LOOK_UP_S, WORK_S = 0.01, 0.03
TIMING = 'db;dur=3;desc="look, up", app;dur=1.5'


def server_clock() -> float:
    return time.time() + AHEAD_S


class StampingServer:
    """A Streamable HTTP server with a clock of its own, which it shows in `Date`, in log entries and in `_meta`."""

    async def route(self, request: HttpRequest, connection: HttpConnection) -> None:
        date = ("date", formatdate(server_clock(), usegmt=True))
        if request.method != "POST":
            await connection.respond(405, (date,))
            return
        message = json.loads(request.body)
        if "id" not in message:
            await connection.respond(202, (date,))
        elif message["method"] == "initialize":
            result = {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}, "logging": {}}}
            result["serverInfo"] = {"name": "stamping", "version": "1"}
            body = json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}).encode()
            await connection.respond(200, (date, ("content-type", "application/json")), body)
        else:
            await self._call(connection, message, date)

    async def _call(self, connection: HttpConnection, message: dict[str, Any], date: tuple[str, str]) -> None:
        async def send(**fields: Any) -> None:
            data = json.dumps({"jsonrpc": "2.0", **fields})
            await connection.send(f"event: message\ndata: {data}\n\n".encode())

        async def pump() -> None:
            for _ in range(2):
                stamp = datetime.fromtimestamp(server_clock(), UTC).isoformat(timespec="microseconds")
                await send(method="notifications/message", params={"level": "info", "data": f"{stamp} working"})
                await asyncio.sleep(WORK_S)
            meta = {"example.org/sentAt": datetime.fromtimestamp(server_clock(), UTC).isoformat()}
            await send(id=message["id"], result={"content": [], "_meta": meta})

        await asyncio.sleep(LOOK_UP_S)
        extra = (("server-timing", TIMING),) if message["params"]["name"] == "timed" else ()
        await connection.stream((date, *extra), pump, 60.0)


@asynccontextmanager
async def stamping() -> AsyncIterator[str]:
    async with LoopbackListener(StampingServer().route) as listener:
        yield f"http://127.0.0.1:{listener.port}/mcp"


async def test_the_servers_share_and_its_clock() -> None:
    async with stamping() as url, streamable(url, listen=False) as session:
        timed = await session.call_tool("timed", {})
        stamped = [await session.call_tool("stamped", {}) for _ in range(3)]
    assert timed.ok and all(answer.ok for answer in stamped)
    latency, offsets = LatencyStats(), ClockOffsets()
    latency.fold(session.river.since(0))
    offsets.fold(session.river.since(0))

    by_header, *by_stamps = (latency.calls.timing(answer.request_n or -1) for answer in (timed, *stamped))
    assert by_header is not None and by_header.headers_ms is not None and by_header.network_ms is not None
    assert (by_header.server_ms, by_header.server_source) == (4.5, "Server-Timing")
    assert by_header.network_ms == pytest.approx(by_header.headers_ms - 4.5)
    for timing in by_stamps:
        assert timing is not None and timing.server_ms is not None and timing.total_ms is not None
        assert timing.server_source == "stamps"
        assert 2 * WORK_S * 1e3 - 1 <= timing.server_ms <= timing.total_ms
        assert timing.network_ms == pytest.approx(timing.total_ms - timing.server_ms)

    offset = offsets.offset()
    assert offset is not None
    assert abs(offset.ahead_ms - AHEAD_S * 1e3) <= offset.uncertainty_ms < 500
    for timing in (by_header, *by_stamps):
        assert timing is not None and timing.one_way_ms is not None and timing.total_ms is not None
        assert timing.one_way_ms < -80_000, "raw: by two clocks"
        assert -offset.uncertainty_ms <= offset.corrected_ms(timing.one_way_ms) <= timing.total_ms + 500


async def test_sockets_their_reuse_and_the_order_of_phases() -> None:
    async with stamping() as url, streamable(url, listen=False) as session:
        for _ in range(3):
            assert (await session.call_tool("timed", {})).ok
    latency = LatencyStats()
    latency.fold(session.river.since(0))
    first, *calls = latency.calls.timings()
    assert (first.key, first.is_reused, first.connect_ms is not None) == ("initialize", False, True)
    assert [call.is_reused for call in calls] == [True] * 3
    assert len({call.socket for call in (first, *calls)}) == 1 and first.socket is not None
    for call in calls:
        marks = (call.sent_ms, call.headers_ms, call.first_byte_ms, call.first_event_ms, call.total_ms)
        known = [mark for mark in marks if mark is not None]
        assert len(known) == 5 and known == sorted(known)
        assert (call.http_version, call.connect_ms, call.gaps.count) == ("HTTP/1.1", None, 2)
        assert call.gaps.max_ms is not None and call.gaps.max_ms >= WORK_S * 1e3 * 0.3
        assert call.last_event_to_end_ms is not None


async def test_a_call_that_the_server_lets_us_poll_for_stays_one_call() -> None:
    program = Program([sys.executable, str(SERVERS / "legacy_server.py"), "100"], free_port())
    program.start()
    try:
        async with streamable(program.url("/mcp"), listen=False) as session:
            answer = await session.call_tool("poll", {"times": 2, "pause_s": 0.3}, on_progress=lambda _: None)
    finally:
        program.kill()
    assert answer.ok
    latency = LatencyStats()
    latency.fold(session.river.since(0))
    row = latency.row("tools/call poll")
    assert row is not None and (row.count, row.in_flight, row.lost) == (1, 0, 0)
    timing = latency.calls.timing(answer.request_n or -1)
    assert timing is not None and timing.resumed >= 1 and timing.outcome == "answered"
    assert timing.gaps.max_ms is not None and timing.gaps.max_ms >= 100, "the pause that the server asked for"
    assert timing.last_event_to_end_ms is not None and timing.total_ms is not None


_FIRST_REQUEST = """
import asyncio, sys
from inspector.session.options import Options
from inspector.session.session import Session
from inspector.trace.river import River

seen = {}

class Watched(River):
    def append(self, event):
        super().append(event)
        seen.setdefault(event.kind, set(sys.modules))

async def main():
    async with Session(Options(sys.argv[1]), Watched()):
        pass
    print(sorted(seen["http.response"] - seen["http.request"]))

asyncio.run(main())
"""


async def test_no_library_is_loaded_while_the_first_request_is_timed() -> None:
    async with DemoServer() as demo:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _FIRST_REQUEST, demo.url, stdout=asyncio.subprocess.PIPE
        )
        out, _ = await process.communicate()
    assert out.decode().strip() == "[]"
