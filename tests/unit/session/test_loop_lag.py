"""Whether we are the slow part, by the ticks of our own."""

from __future__ import annotations

import pytest

from inspector.protocol.breach import Severity
from inspector.session.loop_lag import AGAIN_TICKS, RULE, SLOW_MS, STALL_MS, WINDOW_TICKS, LoopLag


def reports(late_ms: list[float], held: list[bool] | None = None) -> list[str]:
    """What is said at which ticks."""
    lag = LoopLag()
    held = held or [False] * len(late_ms)
    breaches = [lag.tick(late, is_held_up=is_held) for late, is_held in zip(late_ms, held, strict=True)]
    assert all(breach.rule == RULE for breach in breaches if breach)
    return [breach.text for breach in breaches if breach]


def test_a_loop_that_lags_for_a_whole_window_is_slow() -> None:
    (said,) = reports([SLOW_MS + 20] * WINDOW_TICKS)
    assert "120 ms" in said


def test_while_it_lasts_it_is_told_again_now_and_then() -> None:
    assert len(reports([SLOW_MS + 20] * (WINDOW_TICKS + 2 * AGAIN_TICKS))) == 3


@pytest.mark.parametrize(
    ("events", "says"),
    [([5, 9, 9, 9], 1), ([5, 5, 9, 9], 1), ([5, 5, 5, 9], 0), ([5, 9, 12, 15], 1)],
    ids=["before the late tick", "behind it", "long after it", "more and more"],
)
def test_one_very_late_tick_matters_if_something_came_with_it(events: list[int], says: int) -> None:
    lag = LoopLag()
    ticks = zip([1.0, STALL_MS + 200, 1.0, 1.0], events, strict=True)
    told = [breach for late, count in ticks if (breach := lag.tick(late, is_held_up=False, events=count))]
    assert [breach.severity for breach in told] == [Severity.NOTE] * says
    assert all("stood still for 1.2 s" in breach.text for breach in told)


def test_a_river_that_is_held_up_for_a_whole_window_makes_the_server_wait() -> None:
    (said,) = reports([1.0] * WINDOW_TICKS, [True] * WINDOW_TICKS)
    assert "had to wait" in said


@pytest.mark.parametrize(
    "late_ms",
    [
        [SLOW_MS + 20] * (WINDOW_TICKS - 1),
        [1.0] * WINDOW_TICKS * 3,
        [3.6e6] + [1.0] * WINDOW_TICKS,
        [500.0 if number % 3 == 0 else 2.0 for number in range(WINDOW_TICKS * 2)],
    ],
    ids=["short", "idle", "one sleep of the machine", "hiccups"],
)
def test_what_passes_is_not_slow(late_ms: list[float]) -> None:
    assert reports(late_ms) == []


def test_a_flood_that_is_slowed_down_now_and_then_is_not_slow() -> None:
    assert reports([1.0] * 60, [number % 4 != 0 for number in range(60)]) == []
