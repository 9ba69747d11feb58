from __future__ import annotations

from inspector.stats.reconnects import ReconnectStats
from inspector.stats.series import Series
from inspector.trace.clock import Clock, StoppedClock
from inspector.ui.charts.source import LATE_NS, Source
from tests.support.rivers import Talk

S = 10**9


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
