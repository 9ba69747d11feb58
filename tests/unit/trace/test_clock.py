"""The clocks."""

from __future__ import annotations

import time

from inspector.trace.clock import Clock, FakeClock, SystemClock


def test_a_fake_clock_moves_only_when_told() -> None:
    clock: Clock = FakeClock(at=100.0)
    assert (clock.monotonic_ns(), clock.time()) == (0, 100.0)
    assert (clock.monotonic_ns(), clock.time()) == (0, 100.0)


def test_both_readings_of_a_fake_clock_move_together() -> None:
    clock = FakeClock(at=100.0)
    clock.advance(1.5)
    clock.advance(0.000_000_001)
    assert clock.monotonic_ns() == 1_500_000_001
    assert abs(clock.time() - 101.5) < 1e-6


def test_the_system_clock_never_runs_backwards() -> None:
    clock: Clock = SystemClock()
    readings = [clock.monotonic_ns() for _ in range(1000)]
    assert readings == sorted(readings)
    assert abs(clock.time() - time.time()) < 60
