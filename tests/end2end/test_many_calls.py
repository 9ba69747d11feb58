"""Many calls one after the other and many at once, against the official Python SDK's server."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from pathlib import Path

import psutil

from inspector.record.recorder import Recorder
from inspector.record.store import Store
from tests.end2end.conftest import Program
from tests.end2end.river_check import check_river
from tests.support.figures import SETTLE_S, Figures, watched
from tests.support.many_calls import KEY, at_once, missing, one_by_one

SEQUENTIAL, AT_ONCE, ROUND = 80, 30, 50
MAX_GROWTH_BYTES = 80_000
"""What a call may cost in memory; the benchmark has the exact figure."""


async def test_figures_of_calls_in_turn_and_at_once_are_complete(run: Callable[..., Program]) -> None:
    program = run("sdk_server.py", "streamable-http")
    async with watched(program.url("/mcp"), "streamable-http") as (session, figures):
        await one_by_one(session, SEQUENTIAL)
        await at_once(session, AT_ONCE)
        await asyncio.sleep(SETTLE_S)  # the last answer is there before its stream has ended
    assert missing(figures.latency, SEQUENTIAL + AT_ONCE) == []
    check_river(session.river)
    row = next(row for row in figures.latency.rows() if row.key == KEY)
    slowest = figures.latency.calls.timing(row.slowest_n or 0)
    assert slowest is not None
    assert slowest.total_ms == row.max_ms
    assert figures.availability.report().calls_lost_count == 0
    assert [key for key in drawn(figures) if key == KEY] == [KEY] * (SEQUENTIAL + AT_ONCE)


def drawn(figures: Figures) -> list[str]:
    """What each point of the chart of calls is of."""
    calls = figures.series.calls
    return [calls.keys[int(calls.points.value("key", place) or 0)] for place in range(len(calls.points))]


async def test_calls_leave_little_in_memory(run: Callable[..., Program], tmp_path: Path) -> None:
    program = run("sdk_server.py", "streamable-http")
    async with watched(program.url("/mcp"), "streamable-http") as (session, figures):
        recorder = Recorder(session.river)
        recorder.record_to(Store(tmp_path / "calls.mcptrace"))
        rss_bytes = []
        for _ in range(3):
            await one_by_one(session, ROUND)
            figures.take()
            recorder.catch_up()
            gc.collect()
            rss_bytes.append(psutil.Process().memory_info().rss)
    recorder.close()
    assert (rss_bytes[2] - rss_bytes[1]) / ROUND < MAX_GROWTH_BYTES, rss_bytes


async def test_what_is_missing_is_said(run: Callable[..., Program]) -> None:
    program = run("sdk_server.py", "streamable-http")
    async with watched(program.url("/mcp"), "streamable-http") as (session, figures):
        await one_by_one(session, 2)
        await asyncio.sleep(SETTLE_S)
    assert [bool(missing(figures.latency, count)) for count in (1, 2, 3)] == [True, False, True]
