"""A recording tells what the live session told: timeline, statistics, findings, event by event."""

from __future__ import annotations

import tracemalloc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

import inspector
from inspector.diagnose.engine import Engine
from inspector.record.log_lines import LogLines
from inspector.record.recorder import Recorder
from inspector.record.recording import open_recording, river_of
from inspector.record.store import Store
from inspector.record.timeline import Timeline
from inspector.session.options import Options
from inspector.session.session import Session
from inspector.stats.availability import Availability
from inspector.stats.clock_offset import ClockOffsets
from inspector.stats.counts import Counts
from inspector.stats.latency import LatencyStats
from inspector.stats.reconnects import ReconnectStats
from inspector.stats.resumption import Resumptions
from inspector.stats.streams import StreamStats
from inspector.trace.events import AnyEvent
from inspector.trace.fold import Fold
from inspector.trace.river import River
from tests.benchmarks.bench_endurance import MAX_BYTES_A_ROW, LongDay
from tests.end2end.conftest import Program
from tests.end2end.river_check import check_river

Run = Callable[..., Program]
SLICE = 37


def plain(value: object, depth: int = 12) -> object:
    """Whatever a fold has gathered, as values that can be compared."""
    if depth == 0 or callable(value):
        return type(value).__name__
    if isinstance(value, dict):
        return {str(plain(key, depth - 1)): plain(item, depth - 1) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(str(plain(item, depth - 1)) for item in value)
    if isinstance(value, str | bytes | int | float | complex | type(None)):
        return value
    if hasattr(value, "__dict__"):
        return plain(vars(value), depth - 1)
    slots = [name for cls in type(value).__mro__ for name in getattr(cls, "__slots__", ())]
    if slots:
        return {name: plain(getattr(value, name, None), depth - 1) for name in slots}
    if hasattr(value, "__iter__"):
        return [plain(item, depth - 1) for item in value]
    return repr(value) if " at 0x" not in repr(value) else type(value).__name__


def told(river: River) -> dict[str, Any]:
    """Timeline, statistics and findings of a river."""
    folds: list[Fold] = [
        Counts(),
        LatencyStats(),
        StreamStats(),
        ReconnectStats(),
        Engine(),
        LogLines(),
        ClockOffsets(),
        Availability(),
        Resumptions(),
    ]
    timeline, position = Timeline(), 0
    while events := river.since(position, SLICE):
        position += len(events)
        timeline.fold(events)
        for fold in folds:
            fold.fold(events)
    columns = (timeline.numbers, timeline.at, timeline.kinds, timeline.sizes_bytes, timeline.streams)
    rows = [
        (
            *(column[row] for column in (*columns, timeline.severities, timeline.directions)),
            *(ask(row) for ask in (timeline.label, timeline.name, timeline.root)),
            repr(timeline.latencies_ms[row]),
        )
        for row in range(len(timeline))
    ]
    engine = folds[4]
    assert isinstance(engine, Engine)
    folds.remove(engine)  # its watches all know one context: a web, in which no path is ever at its end
    said: dict[str, Any] = {type(fold).__name__: fold.report() for fold in folds if isinstance(fold, Availability)}
    said |= {type(fold).__name__: fold.resumptions for fold in folds if isinstance(fold, Resumptions)}
    return {"rows": rows, "findings": engine.findings()} | {type(fold).__name__: plain(fold) for fold in folds} | said


@asynccontextmanager
async def recorded(url: str, path: Path, **more: Any) -> AsyncIterator[Session]:
    """A session whose recording, read back, tells the same as its river."""
    river = River()
    recorder = Recorder(river, Store(path))
    live: list[AnyEvent] = []
    async with Session(Options(url, **more), river) as session:
        yield session
    check_river(river)
    live = river.since(0)
    figures = told(river)
    recorder.close()
    recording = open_recording(path)
    read = river_of(recording)
    assert len(read) == len(live) and [event for event in read.since(0) if event != live[event.n]] == []
    again = told(read)
    for what in figures:
        assert again[what] == figures[what], what
    assert len(figures["rows"]) > 10
    recording.close()


async def test_a_session_with_the_demo_server(demo_url: str, tmp_path: Path) -> None:
    async with recorded(demo_url, tmp_path / "demo.mcptrace") as session:
        await session.list_tools()
        for tool, arguments in (
            ("echo", {"text": "héllo ✓ \ud83d"}),
            ("stream_text", {}),
            ("flood", {"n": 3_000, "rate_per_s": 100_000, "size_bytes": 300}),
            ("nonsense", {}),
        ):
            await session.call_tool(tool, arguments)
        await session.request("no/such/method")


@pytest.mark.parametrize(("mode", "path"), [("sse", "/sse"), ("streamable-http", "/mcp")])
async def test_a_session_with_the_sdk_server(run: Run, tmp_path: Path, mode: str, path: str) -> None:
    program = run("sdk_server.py", mode)
    async with recorded(program.url(path), tmp_path / "sdk.mcptrace") as session:
        await session.list_tools()
        assert (await session.call_tool("add", {"a": 2, "b": 3})).ok
        await session.call_tool("count", {"to": 20})
        await session.call_tool("crash")
        await session.read_resource("memo://one")


async def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    river = River()
    recorder = Recorder(river, Store(tmp_path / "none.mcptrace"))
    with pytest.raises(inspector.ConnectError):
        async with Session(Options("http://127.0.0.1:9/mcp"), river):
            raise AssertionError
    figures = told(river)
    recorder.close()
    recording = open_recording(tmp_path / "none.mcptrace")
    assert told(river_of(recording)) == figures
    recording.close()


def test_a_long_day_leaves_memory_flat(tmp_path: Path) -> None:
    """The small version of `tests/benchmarks/bench_endurance.py`."""
    day = LongDay(tmp_path / "day.mcptrace", heartbeats=20_000, reconnects=30)
    sizes: list[tuple[int, int]] = []
    tracemalloc.start()
    for done, rows in enumerate(day.live(), 1):
        if done in (15, 30):
            assert day.recorder.store is not None and day.recorder.store.flush()
            day.recorder.pull(0)
            sizes.append((rows, tracemalloc.get_traced_memory()[0]))
    tracemalloc.stop()
    day.recorder.close()
    (half, half_bytes), (whole, whole_bytes) = sizes
    assert (whole_bytes - half_bytes) / (whole - half) < MAX_BYTES_A_ROW
    assert day.recorder.failure == "" and day.recorder.recorded == whole
