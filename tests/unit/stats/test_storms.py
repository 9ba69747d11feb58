"""Storms: streams opened again and again, and what only looks like one."""

from __future__ import annotations

from inspector.stats.storms import OPENS, Storms
from inspector.trace.events import ConnectionState, EndCause
from tests.support.rivers import Talk


def opens(talk: Talk, count: int, every_s: float) -> None:
    for _ in range(count):
        stream = talk.next_stream()
        talk.send(stream, "GET", "stream")
        talk.headers(stream)
        talk.clock.advance(every_s)


def test_ten_streams_in_ten_seconds_are_a_storm() -> None:
    talk = Talk()
    opens(talk, OPENS, 0.5)
    storms = talk.into(Storms())
    now_ns = talk.clock.monotonic_ns()
    storm = storms.now(now_ns)
    assert storm is not None
    assert (storm.opens, storm.since_ns, storm.n, storm.per_second) == (10, 0, 0, 1.0)
    assert storms.now(now_ns + 4_000_000_000) == storm
    assert storms.now(now_ns + 9_000_000_000) is None
    assert storms.storms() == (storm,)


def test_nine_streams_are_none() -> None:
    talk = Talk()
    opens(talk, OPENS - 1, 0.1)
    assert talk.into(Storms()).storms() == ()


def test_ten_streams_in_more_than_ten_seconds_are_none() -> None:
    talk = Talk()
    opens(talk, 3 * OPENS, 1.2)
    assert talk.into(Storms()).storms() == ()


def test_a_storm_that_goes_on_is_one_and_a_pause_ends_it() -> None:
    talk = Talk()
    opens(talk, 30, 0.5)
    talk.clock.advance(60)
    opens(talk, 1, 0)
    since_ns = talk.clock.monotonic_ns()
    talk.clock.advance(60)
    opens(talk, 12, 0.1)
    storms = talk.into(Storms())
    assert [(storm.opens, storm.most) for storm in storms.storms()] == [(30, 21), (12, 12)]
    assert [storm.opens for storm in storms.storms(since_ns)] == [12]


def test_coming_back_when_the_server_says_so_is_none() -> None:
    talk = Talk()
    for _ in range(20):
        talk.state(ConnectionState.OPEN, attempt=1, delay_ms=300.0, asked_ms=300)
        opens(talk, 1, 0.3)
    assert talk.into(Storms()).storms() == ()


def test_a_short_retry_makes_no_polling() -> None:
    talk = Talk()
    for _ in range(20):
        talk.state(ConnectionState.OPEN, attempt=1, delay_ms=10.0, asked_ms=10)
        opens(talk, 1, 0.01)
    assert [storm.opens for storm in talk.into(Storms()).storms()] == [20]


def test_calls_are_none_and_leaving_ends_one() -> None:
    talk = Talk()
    for _ in range(50):
        stream = talk.next_stream()
        talk.send(stream)
        talk.headers(stream)
    assert talk.into(Storms()).storms() == ()
    opens(talk, OPENS, 0.1)
    talk.state(ConnectionState.CLOSED)
    storms = talk.into(Storms())
    assert storms.now(talk.clock.monotonic_ns()) is None
    assert len(storms.storms()) == 1


def test_to_knock_at_a_server_that_is_down_is_none() -> None:
    talk = Talk()
    for _ in range(50):
        stream = talk.next_stream()
        talk.send(stream, "GET", "stream")
        talk.end(stream, EndCause.REFUSED)
        talk.headers(stream)  # of a recording that is damaged: nothing is answered any more
    assert talk.into(Storms()).storms() == ()
