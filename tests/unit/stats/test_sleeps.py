"""Sleeps of the machine, told from a wall clock that runs ahead."""

from __future__ import annotations

from inspector.stats.sleeps import Sleeps
from tests.support.rivers import Talk

NS = 1_000_000_000


def test_a_jump_of_the_wall_clock_is_a_sleep() -> None:
    talk = Talk()
    talk.chunk(1)
    talk.clock.advance(10)
    talk.chunk(1)
    talk.clock.advance(5)
    talk.clock._start += 3_600
    talk.chunk(1)
    talk.clock.advance(10)
    talk.chunk(1)
    sleeps = talk.into(Sleeps())
    assert sleeps.between(0, 20 * NS)
    assert sleeps.between(12 * NS, 13 * NS)
    assert not sleeps.between(0, 10 * NS)
    assert not sleeps.between(15 * NS, 25 * NS)


def test_a_clock_that_is_set_a_little_is_none() -> None:
    talk = Talk()
    for shift_s in (0.0, 4.0, -3_600.0, 1.0):
        talk.clock._start += shift_s
        talk.clock.advance(1)
        talk.chunk(1)
    assert not talk.into(Sleeps()).between(0, 100 * NS)
