"""The report of `--report`: the figures that scripts rely on. What was not measured is null, never invented."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from inspector.diagnose.finding import Finding
from inspector.exports.memory import rss_bytes as rss_bytes  # noqa: PLC0414 - part of what a report knows
from inspector.exports.memory import rss_peak_bytes as rss_peak_bytes  # noqa: PLC0414
from inspector.stats.counts import Counts
from inspector.stats.histogram import Histogram
from inspector.stats.reconnects import ReconnectStats
from inspector.trace.events import SessionReady
from inspector.wire import jsontext
from inspector.wire.http import mask_url

OF_THE_PROCESS = frozenset({"startup_ms", "ui", "memory"})
"""What of a report is not about a session."""


@dataclass(slots=True)
class Startup:
    """Milliseconds from one step of the start to the next, None for a step that was not reached."""

    process_to_window: float | None = None
    connect: float | None = None
    connect_to_tools: float | None = None


@dataclass(slots=True)
class Figures:
    """Everything that a report is made of."""

    url: str | None
    counts: Counts
    reconnects: ReconnectStats
    ready: SessionReady | None = None
    transport: str | None = None
    error: str | None = None
    startup: Startup = field(default_factory=Startup)
    shown: int = 0
    recorded: int | None = None
    calls: Sequence[dict[str, Any]] = ()
    findings: Sequence[Finding] = ()
    frame_gap: Histogram = field(default_factory=Histogram)
    loop_lag: Histogram = field(default_factory=Histogram)
    rss_start_bytes: int | None = None


def build(figures: Figures) -> dict[str, Any]:
    """The report as a JSON object, in the order of the interface."""
    counts, ready = figures.counts, figures.ready
    return {
        "url": mask_url(figures.url) if figures.url else None,
        "transport": ready.transport if ready else figures.transport,
        "protocol_version": ready.protocol_version if ready else None,
        "connected": ready is not None or figures.transport is not None,
        "error": figures.error,
        "startup_ms": {
            "process_to_window": figures.startup.process_to_window,
            "connect": figures.startup.connect,
            "connect_to_tools": figures.startup.connect_to_tools,
        },
        "events": {
            "received": counts.received,
            "recorded": figures.recorded,
            "shown": figures.shown,
            "dropped": counts.received - figures.shown,
        },
        "bytes_received": counts.bytes_received,
        "frames": counts.frames,
        "comments": counts.comments,
        "messages": counts.messages,
        "calls": list(figures.calls),
        "ui": {
            "frame_gap_ms": _spread(figures.frame_gap),
            "loop_lag_ms": _spread(figures.loop_lag),
            "frames": figures.frame_gap.count,
        },
        "memory": {
            "rss_start_bytes": figures.rss_start_bytes,
            "rss_end_bytes": rss_bytes(),
            "rss_peak_bytes": rss_peak_bytes(),
        },
        "reconnects": {
            "count": figures.reconnects.reconnects,
            "attempts": figures.reconnects.attempts,
            "downtime_ms": figures.reconnects.downtime_ms(),
        },
        "findings": [
            {"rule": finding.rule, "severity": finding.severity.value, "grade": finding.grade}
            for finding in figures.findings
        ],
    }


def build_offline(recordings: Sequence[tuple[Path, Figures]]) -> dict[str, Any]:
    """The report on recordings that are open in one window: on the first, and under `beside` on the others.

    What is of this process alone is told once.
    """
    (path, figures), *others = recordings
    return {**build(figures), "recording": str(path), "beside": [_of_recording(*other) for other in others]}


def _of_recording(path: Path, figures: Figures) -> dict[str, Any]:
    told = {name: value for name, value in build(figures).items() if name not in OF_THE_PROCESS}
    return {**told, "recording": str(path)}


def write(path: Path, document: dict[str, Any]) -> None:
    """Write the report. Raises `OSError`."""
    path.write_text(jsontext.pretty(document) + "\n", encoding="utf-8")


def _spread(histogram: Histogram) -> dict[str, float | None]:
    if not histogram.count:
        return {"p50": None, "p99": None, "max": None}
    p50, p99 = histogram.percentiles(50, 99)
    return {"p50": p50, "p99": p99, "max": histogram.max}


def process_age_ms(at_s: float) -> float | None:
    """How old this process was at `at_s` on the monotonic clock, where the system notes its start (to 10 ms)."""
    try:
        fields = Path("/proc/self/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        started_s = int(fields[19]) / os.sysconf("SC_CLK_TCK")
        asleep_s = time.clock_gettime(time.CLOCK_BOOTTIME) - time.monotonic()
        return (at_s + asleep_s - started_s) * 1000
    except (OSError, ValueError, IndexError, AttributeError):
        return None
