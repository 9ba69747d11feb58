from __future__ import annotations

import pytest

from inspector.trace.clock import FakeClock
from inspector.ui.frame_pace import FLOOD_EVENTS, FramePace

FLOOD = FLOOD_EVENTS + 1


def frames(pace: FramePace, clock: FakeClock, new_events: int, paint_us: int) -> int:
    """How many frames are shown in a second of ticks 10 ms apart."""
    shown = 0
    for _ in range(100):
        clock.advance(0.01)
        if pace.is_due(new_events):
            pace.painted(paint_us)
            shown += 1
    return shown


@pytest.mark.parametrize(
    ("new_events", "paint_us", "expected"),
    [
        (0, 3_000, 100),
        (FLOOD_EVENTS, 30_000, 100),
        (FLOOD, 0, 20),
        (FLOOD, 3_000, 20),
        (FLOOD, 7_000, 14),
        (FLOOD, 500_000, 10),
    ],
)
def test_a_flood_is_shown_as_often_as_painting_allows(new_events: int, paint_us: int, expected: int) -> None:
    clock = FakeClock()
    pace = FramePace(clock.monotonic_ns)
    frames(pace, clock, new_events, paint_us)
    assert abs(frames(pace, clock, new_events, paint_us) - expected) <= 1


def test_what_came_last_is_shown_at_once_when_the_flood_ends() -> None:
    clock = FakeClock()
    pace = FramePace(clock.monotonic_ns)
    assert pace.is_due(FLOOD)
    assert not pace.is_due(FLOOD)
    assert pace.is_due(0)


def test_one_slow_frame_does_not_slow_all_that_follow() -> None:
    clock = FakeClock()
    pace = FramePace(clock.monotonic_ns)
    pace.painted(80_000)
    slow_ns = pace.interval_ns
    for _ in range(20):
        pace.painted(2_000)
    assert pace.interval_ns <= slow_ns / 2
