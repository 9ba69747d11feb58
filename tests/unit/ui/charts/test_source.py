from __future__ import annotations

from dataclasses import replace
from typing import Any

from inspector.diagnose.finding import Finding
from inspector.stats.availability import Availability
from inspector.stats.reconnects import ReconnectStats
from inspector.stats.series import MarkKind, Series
from inspector.trace.clock import Clock, FakeClock, StoppedClock
from inspector.trace.events import ConnectionState, EndCause, Severity
from inspector.ui.charts.source import LATE_NS, Source
from tests.support.rivers import Talk

S = 10**9
GAP: dict[str, Any] = {
    "rule": "gzip-stalls-stream",
    "severity": Severity.ERROR,
    "grade": "proven",
    "title": "It stalls",
    "text": "It stalls.",
    "fix": "Flush.",
    "requirement": "",
    "evidence": (3, 7),
    "count": 1,
    "first_at_s": FakeClock().time() + 3,
}


def source(talk: Talk, clock: Clock | None = None) -> Source:
    return Source(talk.into(Series()), ReconnectStats(), clock or talk.clock)


def test_times_count_from_the_first_event() -> None:
    talk = Talk()
    talk.wait(2_000)
    talk.calls(1)
    found = source(talk)
    assert found.origin_ns == 2 * S
    assert found.seconds(3 * S) == 1.0
    assert found.time_of(1.0) == 3 * S
    assert found.words(3 * S + 250_000_000).endswith(" (1.250 s)")


def test_while_it_is_live_time_goes_on_and_the_newest_may_be_incomplete() -> None:
    talk = Talk()
    talk.calls(1)
    talk.wait(3_000)
    found = source(talk)
    assert found.is_live
    assert found.now_ns() == 3 * S
    assert found.complete_ns() == 3 * S - LATE_NS


def test_a_recording_ends_with_its_last_event() -> None:
    talk = Talk()
    talk.calls(1)
    talk.wait(3_000)
    talk.calls(1)
    found = source(talk, StoppedClock(talk.clock.time(), talk.clock.monotonic_ns()))
    assert not found.is_live
    assert found.now_ns() == 3 * S
    assert found.complete_ns() > 3 * S


def test_before_the_first_event_there_is_no_time() -> None:
    found = source(Talk())
    assert not found.has_any
    assert (found.now_ns(), found.origin_ns) == (0, 0)


def test_what_the_figures_call_a_drop_is_one_in_the_charts() -> None:
    talk = Talk()
    talk.state(ConnectionState.OPEN)
    for stream in (1, 2):
        talk.send(stream, "GET", "stream")
        talk.headers(stream)
        talk.wait(60_000)
        talk.end(stream, EndCause.END_OF_STREAM)
        talk.state(ConnectionState.OPEN, attempt=1, delay_ms=100.0)
        talk.wait(1_000)
    talk.send(3)
    talk.end(3, EndCause.REFUSED)
    availability = talk.into(Availability())
    found = Source(talk.into(Series()), ReconnectStats(), talk.clock, availability.drops)
    marks = [mark for mark in found.marks(0, found.now_ns()) if mark.kind is MarkKind.DROP]
    assert availability.report().drops == 2
    assert [mark.n for mark in marks] == [drop.n for drop in availability.drops()]
    assert marks[0].text == "notification stream (end of stream, end of the body)"
    returns = [(mark.at_ns, mark.n, mark.text) for mark in found.marks(S, 90 * S) if mark.kind is MarkKind.OPEN]
    assert returns == [(61 * S, 5, "The notification stream is back.")]
    assert [mark.n for mark in found.marks(61 * S, found.now_ns()) if mark.kind is MarkKind.DROP] == [marks[1].n]


def test_a_finding_is_a_mark_where_it_was_first_seen_and_the_light_ones_are_none() -> None:
    talk = Talk()
    talk.state(ConnectionState.OPEN)
    talk.wait(5_000)
    talk.state(ConnectionState.OPEN)
    bom, small, own = Finding(**GAP), Finding(**{**GAP, "severity": Severity.NOTE}), Finding(**{**GAP, "rule": "none"})
    series = talk.into(Series())
    found = Source(series, ReconnectStats(), talk.clock, findings=lambda: (replace(bom, dependants=(bom,)), small, own))
    marks = [mark for mark in found.marks(0, found.now_ns()) if mark.kind is MarkKind.FINDING]
    assert [(mark.at_ns, mark.n, mark.text, mark.count) for mark in marks] == [(3 * S, 7, "It stalls", 2)]
    assert not found.marks(4 * S, found.now_ns())[:-1]
