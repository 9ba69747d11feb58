from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from inspector import report
from inspector.diagnose.finding import Finding
from inspector.stats.counts import Counts
from inspector.stats.histogram import Histogram
from inspector.stats.reconnects import ReconnectStats
from inspector.trace.clock import FakeClock
from inspector.trace.events import (
    ChunkReceived,
    CommentReceived,
    ConnectionState,
    SessionReady,
    Severity,
    StateChanged,
)
from inspector.trace.river import River

SPREAD = {"p50": None, "p99": None, "max": None}
NOTHING_MEASURED: dict[str, Any] = {
    "url": None,
    "transport": None,
    "protocol_version": None,
    "connected": False,
    "error": None,
    "startup_ms": {"process_to_window": None, "connect": None, "connect_to_tools": None},
    "events": {"received": 0, "recorded": None, "shown": 0, "dropped": 0},
    "bytes_received": 0,
    "frames": 0,
    "comments": 0,
    "messages": 0,
    "calls": [],
    "ui": {"frame_gap_ms": SPREAD, "loop_lag_ms": SPREAD, "frames": 0},
    "memory": {"rss_start_bytes": None, "rss_end_bytes": None, "rss_peak_bytes": None},
    "reconnects": {"count": 0, "attempts": 0, "downtime_ms": 0.0},
    "findings": [],
}


@pytest.fixture
def no_memory_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "rss_bytes", lambda: None)
    monkeypatch.setattr(report, "rss_peak_bytes", lambda: None)


@pytest.mark.usefixtures("no_memory_figures")
def test_what_was_not_measured_is_null() -> None:
    built = report.build(report.Figures(url=None, counts=Counts(), reconnects=ReconnectStats()))
    assert built == NOTHING_MEASURED
    assert list(built) == list(NOTHING_MEASURED)


@pytest.mark.usefixtures("no_memory_figures")
def test_recordings_side_by_side_are_told_apart() -> None:
    def figures(shown: int) -> report.Figures:
        return report.Figures(url=None, counts=Counts(), reconnects=ReconnectStats(), shown=shown)

    alone = report.build_offline([(Path("a"), figures(1))])
    assert alone == {**report.build(figures(1)), "recording": "a", "beside": []}
    assert list(alone) == [*NOTHING_MEASURED, "recording", "beside"]
    built = report.build_offline([(Path("a"), figures(1)), (Path("b"), figures(2))])
    (beside,) = built["beside"]
    assert (built["recording"], built["events"]["shown"]) == ("a", 1)
    assert (beside["recording"], beside["events"]["shown"]) == ("b", 2)
    assert set(built) - set(beside) == {"startup_ms", "ui", "memory", "beside"}


@pytest.mark.usefixtures("no_memory_figures")
def test_everything_measured_is_in_its_place() -> None:
    river = River(FakeClock())
    ready = river.emit(
        SessionReady, transport="http+sse", protocol_version="2024-11-05", server_name="s", server_version="1"
    )
    river.emit(ChunkReceived, offset=0, data=b": hi\n\n")
    river.emit(CommentReceived, text="hi", offset=0, raw=b": hi\n\n")
    counts, gap = Counts(), Histogram()
    counts.fold(river.since(0))
    gap.add(16.0)
    finding = Finding("some-rule", Severity.WARN, "likely", "Title", "Text", "", "", (1,), 1)
    call = {"tool": "echo", "ok": True, "rtt_ms": 1.5, "events": 1, "error": None}
    figures = report.Figures(
        url="http://host/mcp?token=abc",
        counts=counts,
        reconnects=ReconnectStats(),
        ready=ready,
        transport="auto",
        error="It failed.",
        startup=report.Startup(1.0, 2.0, 3.0),
        shown=1,
        calls=[call],
        findings=[finding],
        frame_gap=gap,
        rss_start_bytes=7,
    )
    assert report.build(figures) == NOTHING_MEASURED | {
        "url": "http://host/mcp?token=••••",
        "transport": "http+sse",
        "protocol_version": "2024-11-05",
        "connected": True,
        "error": "It failed.",
        "startup_ms": {"process_to_window": 1.0, "connect": 2.0, "connect_to_tools": 3.0},
        "events": {"received": 2, "recorded": None, "shown": 1, "dropped": 1},
        "bytes_received": 6,
        "comments": 1,
        "calls": [call],
        "ui": {
            "frame_gap_ms": {"p50": 16.0, "p99": 16.0, "max": 16.0},
            "loop_lag_ms": SPREAD,
            "frames": 1,
        },
        "memory": {"rss_start_bytes": 7, "rss_end_bytes": None, "rss_peak_bytes": None},
        "findings": [{"rule": "some-rule", "severity": "warn", "grade": "likely"}],
    }


def test_a_raw_stream_is_connected_without_a_handshake() -> None:
    built = report.build(
        report.Figures(url="http://host/", counts=Counts(), reconnects=ReconnectStats(), transport="raw-sse")
    )
    assert (built["connected"], built["transport"], built["protocol_version"]) == (True, "raw-sse", None)


def test_reconnects_are_those_of_the_statistics() -> None:
    clock = FakeClock()
    river, stats = River(clock), ReconnectStats()
    moves = (ConnectionState.CONNECTING, ConnectionState.OPEN, ConnectionState.RECONNECTING, ConnectionState.OPEN)
    for state in moves:
        river.emit(StateChanged, connection=1, state=state, attempt=int(state is ConnectionState.RECONNECTING))
        clock.advance(2)
    stats.fold(river.since(0))
    built = report.build(report.Figures(url=None, counts=Counts(), reconnects=stats))
    assert built["reconnects"] == {"count": 1, "attempts": 1, "downtime_ms": 2000.0}


def test_the_report_is_written_as_json(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    report.write(path, NOTHING_MEASURED)
    assert json.loads(path.read_text(encoding="utf-8")) == NOTHING_MEASURED
    with pytest.raises(OSError, match="folder"):
        report.write(tmp_path / "no folder" / "report.json", NOTHING_MEASURED)


def test_memory_is_measured_where_the_system_tells() -> None:
    held, peak = report.rss_bytes(), report.rss_peak_bytes()
    if held is not None and peak is not None:
        assert 1_000_000 < held < 100_000_000_000
        assert peak > 1_000_000
    else:
        assert not Path("/proc/self/statm").exists()
