"""Many calls of one tool, and whether the figures of them are complete."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import inspector
from inspector.stats.call_timing import ANSWERED, CallTiming
from inspector.stats.latency import LatencyRow, LatencyStats

TOOL = "echo"
KEY = f"tools/call {TOOL}"
ARGUMENTS: dict[str, Any] = {"text": "hello"}
_PHASES = ("sent_ms", "headers_ms", "first_byte_ms", "first_event_ms", "last_event_to_end_ms", "total_ms")
"""What every call that is answered by an event stream has."""
_PERCENTILES = (
    *("last_ms", "min_ms", "mean_ms", "p50_ms", "p95_ms", "p99_ms", "max_ms", "jitter_ms", "ttfb_p50_ms"),
    *("ttfe_p50_ms", "sent_p50_ms", "first_byte_p50_ms", "last_event_to_end_p50_ms"),
)


async def one_by_one(session: inspector.Session, count: int) -> None:
    """Call the tool, each time when the answer of the last call is there."""
    for _ in range(count):
        answer = await session.call_tool(TOOL, ARGUMENTS)
        assert answer.ok, answer.sentence


async def at_once(session: inspector.Session, count: int) -> None:
    """Call the tool so many times without waiting in between."""
    answers = await asyncio.gather(*(session.call_tool(TOOL, ARGUMENTS) for _ in range(count)))
    assert [answer.sentence for answer in answers if not answer.ok] == []


def missing(latency: LatencyStats, count: int) -> list[str]:
    """What the figures of so many calls lack, in words."""
    rows = {row.key: row for row in latency.rows()}
    if KEY not in rows:
        return [f"no row {KEY}"]
    timings = [timing for timing in latency.calls.timings() if timing.key == KEY]
    found = [*_wrong_in(rows[KEY], count), *(words for timing in timings for words in _absent(timing))]
    if len(timings) != count:
        found.append(f"{len(timings)} calls are taken apart, not {count}")
    if len({timing.request_n for timing in timings}) != len(timings):
        found.append("a call is told twice")
    return found


def _wrong_in(row: LatencyRow, count: int) -> Iterator[str]:
    counts = {"count": count, "in_flight": 0, "errors": 0, "lost": 0, "timed_out": 0, "cancelled": 0}
    for name, wanted in counts.items():
        if getattr(row, name) != wanted:
            yield f"{name} is {getattr(row, name)}, not {wanted}"
    known = {field.name for field in fields(row)}
    values = [(name, getattr(row, name)) for name in _PERCENTILES if name in known]
    yield from (f"{name} is missing" for name, value in values if value is None)
    if not (row.min_ms or 0) <= (row.p50_ms or 0) <= (row.p95_ms or 0) <= (row.p99_ms or 0) <= (row.max_ms or 0):
        yield f"the percentiles are in no order: {row}"
    if not row.is_exact:
        yield "the percentiles are not exact"


def _absent(timing: CallTiming) -> Iterator[str]:
    number = timing.request_n
    if timing.outcome != ANSWERED:
        yield f"call {number} is {timing.outcome}"
    yield from (f"{phase} of call {number} is missing" for phase in _PHASES if getattr(timing, phase) is None)
    if timing.socket is None or timing.http_version is None or timing.is_reused is None:
        yield f"of call {number} nobody knows the socket"
    if timing.is_reused is (timing.connect_ms is not None):
        yield f"call {number} has a time to connect although its socket was there, or none although it was not"
