"""What the figures say of scripted streams: their beat, their rates, their drops, beside what the server did."""

from __future__ import annotations

import asyncio
from collections import Counter
from itertools import accumulate
from time import perf_counter_ns
from typing import Any

import numpy

from inspector.stats.gaps import Beat
from inspector.stats.resumption import Resumption
from inspector.stats.series import MarkKind
from inspector.stats.slots import SLOT_NS
from inspector.stats.streams import StreamRow
from inspector.trace.clock import SystemClock
from inspector.trace.events import EndCause
from inspector.ui.charts.source import Source
from tests.support.figures import SETTLE_S, Figures, call, flooded, watched
from tests.support.scripted import Compared, Log, Scripted, scripted_server

RETRY_MS = 120
SILENCE_MS = 450
"""Longer than the one behind it, which lasts until the session is closed."""
_PAUSES_MS = (40, 45, 40, 60, 40, 150, 42, 40)
BEATING: list[list[Any]] = [
    ["headers"],
    *(step for pause_ms in _PAUSES_MS for step in (["wait", pause_ms], ["comment", "ping"])),
    ["wait", SILENCE_MS],
    ["event", "b-1", "one"],
    ["hold"],
]
"""Heartbeats with a steady beat and one that is late, then a long silence."""
ROWS_BESIDES = 40
"""A session has rows besides what comes on the stream of a call: connection, handshake, request, headers, end."""
DROPPING: list[list[list[Any]]] = [
    [
        ["headers"],
        ["retry", RETRY_MS],
        ["event", "e-1", "a"],
        ["wait", 150],
        ["event", "e-2", "b"],
        ["wait", 60],
        ["fin"],
    ],
    [["headers"], ["event", "e-3", "c"], ["wait", 200], ["rst"]],
    [["headers"], ["event", "e-3", "c"], ["event", "e-4", "d"], ["wait", 130], ["end"]],
    [["headers"], ["event", "e-5", "e"], ["hold"]],
]
"""A stream that breaks off three times: in a chunk, by reset, in good order; and once it sends an event twice."""
CAUSES = {EndCause.CUT_MID_BODY.value: 1, EndCause.RESET.value: 1, EndCause.END_OF_STREAM.value: 1}


async def beating(*, is_flooded: bool) -> list[Compared]:
    """Cadence and silences of a listening stream."""
    with scripted_server([BEATING]) as server:
        return await _beating(server, is_flooded=is_flooded)


async def _beating(server: Scripted, *, is_flooded: bool) -> list[Compared]:
    seconds = (sum(_PAUSES_MS) + SILENCE_MS) / 1e3 + 0.1
    async with watched(server.url, "streamable-http") as (session, figures):
        if is_flooded:
            async with flooded(session, seconds):
                await asyncio.sleep(seconds)
        else:
            await asyncio.sleep(seconds)
        await asyncio.sleep(SETTLE_S)
    row = next(row for row in figures.streams.rows() if row.method == "GET" and row.events)
    return _compare_beat(row, figures, server.log().of("get-1"))


def _compare_beat(row: StreamRow, figures: Figures, log: Log) -> list[Compared]:
    comments, events = log.all("comment"), log.all("event")
    assert (row.comments, row.events) == (len(comments), len(events))
    assert row.bytes_received == sum(entry["size"] for entry in comments + events)
    beats_ms, silences_ms = log.gaps_ms("comment"), log.gaps_ms("headers", "comment", "event")
    median_ms = float(numpy.median(beats_ms))
    deviation_ms = float(numpy.median([abs(gap_ms - median_ms) for gap_ms in beats_ms]))
    assert row.heartbeat is not None
    found = [
        Compared("cadence", row.heartbeat.median_ms, median_ms),
        Compared("deviation", row.heartbeat.deviation_ms, deviation_ms),
        Compared("longest silence", row.longest_silence_ms, max(silences_ms)),
        Compared("worst silence", figures.availability.report().worst_silence_ms, max(silences_ms)),
    ]
    gaps = figures.series.gaps.points
    ours = [
        gaps.value("ms", place) or 0.0
        for place in range(len(gaps))
        if (gaps.value("stream", place), gaps.value("beat", place)) == (row.stream, Beat.HEARTBEAT)
    ]
    found.append(Compared("longest gap of heartbeats in the chart", max(ours), max(log.gaps_ms("headers", "comment"))))
    return found


async def flooding(server: Scripted, count: int, per_s: int) -> tuple[float, int]:
    """A flood alone, all of which is counted, and nothing before it was sent.

    By how much a tenth of a second is off at most, as a share; and by how many of them an event is late at most.
    """
    steps = (["headers"], ["flood", count, per_s], ["answer"], ["end"])
    label = f"flood-{len(server.log().entries)}"
    async with watched(server.url, "streamable-http") as (session, figures):
        await call(session, label, steps)
        await asyncio.sleep(SETTLE_S)
    log = server.log().of(label)
    bursts = log.all("burst")
    row = next(row for row in figures.streams.rows() if row.events > count)
    assert row.events == sum(burst["count"] for burst in bursts) + 1
    assert row.bytes_received == sum(entry["size"] for entry in log.all("burst", "event"))
    truth = Counter[int]()
    for burst in bursts:
        truth[burst["ns"] // SLOT_NS] += burst["count"]
    slots = figures.series.events.read(min(truth) * SLOT_NS, (max(truth) + 5) * SLOT_NS)
    first = slots.start_ns // SLOT_NS
    ours = {slot: slots.values[slot - first] for slot in range(min(truth), max(truth) + 1)}
    share = max(abs(ours[slot] - truth[slot]) for slot in list(truth)[1:-1]) / (per_s * SLOT_NS / 1e9)
    late = [
        slot - reached
        for (slot, sent), (_, came) in zip(_sums(truth), _sums(ours), strict=True)
        for reached in [_reached(truth, came)]
        if came <= sent + ROWS_BESIDES
    ]
    assert len(late) == len(ours), "an event was counted before it was sent"
    return share, max(late)


async def dropping() -> tuple[list[Compared], tuple[Resumption, ...]]:
    """Uptime, drops, downtime and the delays of a stream that breaks off three times."""
    with scripted_server(DROPPING) as server:
        return await _dropping(server)


async def _dropping(server: Scripted) -> tuple[list[Compared], tuple[Resumption, ...]]:
    async with watched(server.feed, "raw-sse") as (_, figures):
        while not server.log().all("event", id="e-5"):  # noqa: ASYNC110 - it happens in another process
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.2)
        figures.take()
        now_ns = perf_counter_ns()
        report = figures.availability.report(now_ns)
        summary = figures.reconnects.summary(now_ns)
    log = server.log()
    assert (report.drops, dict(report.drops_by_cause), report.is_down, report.storm_now) == (3, CAUSES, False, None)
    assert summary is not None and (summary.reconnects, summary.asked_ms) == (3, RETRY_MS)
    down_ms = [
        (log.of(f"get-{number + 1}").ns("headers") - log.of(f"get-{number}").ns("end")) / 1e6 for number in (1, 2, 3)
    ]
    whole_ms = (now_ns - log.of("get-1").ns("headers")) / 1e6
    up_ms = whole_ms - sum(down_ms)
    found = [
        Compared("up", report.up_ms, up_ms),
        Compared("down", report.down_ms, sum(down_ms)),
        Compared("mean downtime", report.mean_downtime_ms, sum(down_ms) / 3),
        Compared("longest downtime", report.longest_downtime_ms, max(down_ms)),
        Compared("mean time between drops", report.mean_time_between_drops_ms, up_ms / 3),
        Compared(
            "share of uptime, in tenths of a per cent", (report.uptime_share or 0.0) * 1e3, up_ms / whole_ms * 1e3
        ),
        Compared("downtime of the reconnects", summary.downtime_ms, sum(down_ms)),
    ]
    attempts = figures.reconnects.attempts_made
    assert [attempt.asked_ms for attempt in attempts] == [RETRY_MS] * 3
    for number, attempt in enumerate(attempts, 1):
        seen_ms = (_left_ns(log, number + 1) - log.of(f"get-{number}").ns("end")) / 1e6
        truth_ms = min(max(attempt.used_ms or 0.0, RETRY_MS), seen_ms)  # the server also sees how we notice and connect
        found.append(Compared(f"delay used by attempt {number}", attempt.used_ms, truth_ms))
    charted = Source(figures.series, figures.reconnects, SystemClock(), figures.availability.drops)
    marks = charted.marks(0, now_ns)
    assert sum(mark.count for mark in marks if mark.kind is MarkKind.DROP) == report.drops == 3
    return found, tuple(figures.resumptions.resumptions)


def _left_ns(log: Log, number: int) -> int:
    """When a GET left us: when its socket was opened for it, or it came on one that was open already."""
    request = log.of(f"get-{number}").all("request")[0]
    accepted_ns = log.ns("accepted", connection=request["connection"])
    return accepted_ns if accepted_ns > log.of(f"get-{number - 1}").ns("end") else int(request["ns"])


def _sums(counts: dict[int, int]) -> list[tuple[int, int]]:
    """How many until the end of each slot."""
    slots = range(min(counts), max(counts) + 1)
    return list(zip(slots, accumulate(counts.get(slot, 0) for slot in slots), strict=True))


def _reached(truth: dict[int, int], came: int) -> int:
    """The last slot of which all that was sent had come."""
    return max((slot for slot, sent in _sums(truth) if sent <= came), default=min(truth) - 1)
