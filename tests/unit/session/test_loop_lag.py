"""Whether we are the slow part, by the ticks of our own."""

from __future__ import annotations

import pytest

from inspector.session.loop_lag import RULE, SLOW_MS, WINDOW_TICKS, LoopLag


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
