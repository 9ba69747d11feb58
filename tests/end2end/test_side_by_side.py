"""Two addresses called alike: what differs is found with its confidence, and what does not is not."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from inspector.exports.side_by_side import Comparing, SidesReport, as_markdown
from inspector.protocol.era import TransportName
from inspector.session.failure import ConnectError
from inspector.session.options import Options
from inspector.session.side_by_side import SidePlan
from tests.end2end.conftest import free_port
from tests.end2end.servers.faults import Connection, FaultServer, Json, Request, StreamableMcp, text_of

PLAN = SidePlan("steps", times=8)
ORDER: list[str] = []


class Steps:
    """A tool of three steps `apart_s` from each other; `holds` sends them together in the end, as a buffer does."""

    def __init__(self, apart_s: float, *, holds: bool = False, name: str = "") -> None:
        self.apart_s, self.holds, self.name = apart_s, holds, name

    async def __call__(self, connection: Connection, request: Request, message: Json) -> None:
        ORDER.append(self.name)
        token = message["params"].get("_meta", {}).get("progressToken")
        await connection.stream()
        for number in range(3):
            await asyncio.sleep(0 if self.holds else self.apart_s)
            if self.holds and number == 0:
                await asyncio.sleep(3 * self.apart_s)
            params = {"progressToken": token, "progress": number}
            await connection.event({"jsonrpc": "2.0", "method": "notifications/progress", "params": params})
        await connection.event(text_of(message))
        await connection.end()


def options(server: FaultServer, path: str) -> Options:
    return Options(server.url(path), transport=TransportName.STREAMABLE_HTTP, listen=False)


async def compared(server: FaultServer, one: Any, other: Any, plan: SidePlan = PLAN) -> SidesReport:
    ORDER.clear()
    for path, behaviour in (("/one", one), ("/other", other)):
        server.routes[path] = StreamableMcp(on={"tools/call": behaviour})
    comparing = Comparing(options(server, "/one"), options(server, "/other"), plan)
    await comparing.run()
    return comparing.report()


async def test_a_slower_address_is_found(server: FaultServer) -> None:
    report = await compared(server, Steps(0.01, name="a"), Steps(0.1, name="b"))
    assert (report.rounds, len(report.first.calls), len(report.second.calls)) == (8, 8, 8)
    round_trip, first_event = report.deltas["Round trip p50"], report.deltas["First event p50"]
    assert round_trip.is_sure and round_trip.delta_ms is not None and 135 < round_trip.delta_ms < 2_000
    assert first_event.is_sure and first_event.delta_ms is not None and first_event.delta_ms > 45
    assert "Round trip p50 slower by" in report.words and not report.is_burst
    assert not report.deltas["Round trip p95"].is_sure, "72 calls are needed for that"
    assert "".join(ORDER) == "ab" + "abba" * 4, "by turns, after one to warm up"


async def test_what_is_alike_is_not_called_different(server: FaultServer) -> None:
    report = await compared(server, Steps(0.01), Steps(0.01), replace(PLAN, times=6))
    assert not report.is_burst and report.first.failed == report.second.failed == 0
    assert [row[:3] for row in report.rows()][:2] == [("Calls", "6", "6"), ("Failed", "0", "0")]


async def test_a_buffer_on_the_way_is_named(server: FaultServer) -> None:
    report = await compared(server, Steps(0.06), Steps(0.06, holds=True), replace(PLAN, times=6))
    assert report.is_burst and "something holds them back" in report.words
    assert report.deltas["First event p50"].is_sure


async def test_failures_are_counted_and_not_timed(server: FaultServer) -> None:
    async def fail(connection: Connection, request: Request, message: Json) -> None:
        await connection.stream()
        error = {"jsonrpc": "2.0", "id": message["id"], "error": {"code": -32000, "message": "no"}}
        await connection.event(error)
        await connection.end()

    report = await compared(server, Steps(0.001), fail, replace(PLAN, times=6))
    assert report.second.failed == 6 and "6 calls failed at the second address." in report.words
    assert report.deltas["Round trip p50"].after_ms is None
    markdown = as_markdown(report, PLAN)
    assert "6 calls failed" in markdown and "| Failed | 0 | 6 |" in markdown


async def test_nobody_at_the_second_address(server: FaultServer) -> None:
    server.routes["/one"] = StreamableMcp()
    nobody = Options(f"http://127.0.0.1:{free_port()}/mcp", transport=TransportName.STREAMABLE_HTTP)
    comparing = Comparing(options(server, "/one"), nobody, PLAN)
    with pytest.raises(ConnectError, match="Nothing listens"):
        await comparing.run()
    report = comparing.report()
    assert report.words == "No round was finished, so there is nothing to compare." and report.rounds == 0
    assert "tools/call" not in server.methods()


async def test_stopping_keeps_the_rounds_that_were_made(server: FaultServer) -> None:
    for path in ("/one", "/other"):
        server.routes[path] = StreamableMcp(on={"tools/call": Steps(0.005)})
    comparing = Comparing(options(server, "/one"), options(server, "/other"), replace(PLAN, times=500))
    ticks = 0

    def look() -> None:
        nonlocal ticks
        ticks += 1
        if comparing.rounds >= 2:
            task.cancel()

    async with asyncio.TaskGroup() as group:
        task = group.create_task(comparing.run(look))
        await asyncio.wait({task})
    report = comparing.report()
    assert 2 <= report.rounds < 500 and ticks > 0
    assert len(report.first.calls) >= report.rounds
