"""Spans in which connections were open, and their share of a window."""

from __future__ import annotations

from inspector.stats import up_time
from inspector.stats.up_time import UpTime
from inspector.trace.events import ConnectionState
from tests.support.rivers import Talk

NS = 1_000_000_000


def flap(talk: Talk, up_s: float, down_s: float) -> None:
    talk.state(ConnectionState.OPEN)
    talk.clock.advance(up_s)
    talk.state(ConnectionState.RECONNECTING)
    talk.clock.advance(down_s)


def test_spans_are_cut_to_the_window() -> None:
    talk = Talk()
    flap(talk, 10, 2)
    flap(talk, 5, 3)
    talk.state(ConnectionState.OPEN)
    talk.state(ConnectionState.OPEN)  # told again, as when one of its streams is reopened
    talk.clock.advance(4)
    spans, now_ns = talk.into(UpTime()), talk.clock.monotonic_ns()
    assert spans.up_ns(now_ns) == 19 * NS
    assert [spans.up_ns(now_ns, now_ns - seconds * NS) for seconds in (1, 6, 9, 12, 100)] == [
        1 * NS,
        4 * NS,
        6 * NS,
        9 * NS,
        19 * NS,
    ]


def test_two_connections_add_up() -> None:
    talk = Talk()
    talk.state(ConnectionState.OPEN)
    talk.state(ConnectionState.OPEN, connection=2)
    talk.clock.advance(3)
    talk.state(ConnectionState.CLOSED)
    assert talk.into(UpTime()).up_ns(talk.clock.monotonic_ns()) == 6 * NS


def test_older_spans_are_summed_up() -> None:
    talk = Talk()
    for _ in range(up_time.MAX_SPANS + 5):
        flap(talk, 0.001, 0.001)
    spans, now_ns = talk.into(UpTime()), talk.clock.monotonic_ns()
    assert spans.up_ns(now_ns) == (up_time.MAX_SPANS + 5) * 1_000_000
    assert spans.up_ns(now_ns, 0) == up_time.MAX_SPANS * 1_000_000


def test_time_that_runs_backwards_is_no_time() -> None:
    talk = Talk()
    flap(talk, 4, 0)
    flap(talk, -3, 0)
    assert talk.into(UpTime()).up_ns(talk.clock.monotonic_ns()) == 4 * NS
