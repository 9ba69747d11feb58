"""Reconnects as conversations: the connection falls, waits and comes back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from inspector.stats.reconnects import MAX_STEPS, ReconnectStats, ReconnectSummary
from inspector.trace.events import ConnectionState, EndCause, FrameReceived
from tests.support.floods import CHUNKS, CUTS, flood, folded
from tests.support.rivers import Talk


class Line(Talk):
    """A river about one connection, and what became of it."""

    def turn(self, state: ConnectionState, after_s: float = 0.0, **fields: Any) -> None:
        self.clock.advance(after_s)
        self.state(state, **fields)

    def exchange(self, stream: int, purpose: str, cause: EndCause, age_ms: float = 0.0) -> None:
        self.send(stream, "GET", purpose)
        self.end(stream, cause, age_ms=age_ms)

    def stats(self) -> ReconnectStats:
        return self.into(ReconnectStats())

    def summary(self) -> ReconnectSummary:
        summary = self.stats().summary(self.clock.monotonic_ns())
        assert summary is not None
        return summary


def opened(talk: Line) -> None:
    talk.turn(ConnectionState.CONNECTING)
    talk.turn(ConnectionState.WAITING_FOR_HEADERS, 1)
    talk.turn(ConnectionState.OPEN, 1)


def test_a_drop_and_two_attempts() -> None:
    talk = Line()
    opened(talk)
    talk.clock.advance(30)
    talk.exchange(1, "stream", EndCause.RESET, age_ms=30_000.0)
    talk.turn(ConnectionState.RECONNECTING, attempt=1, delay_ms=1_000.0, asked_ms=900, last_event_id="7")
    talk.exchange(2, "resume", EndCause.REFUSED)
    talk.turn(ConnectionState.RECONNECTING, 1, attempt=2, delay_ms=2_000.0, asked_ms=900, last_event_id="7")
    talk.turn(ConnectionState.OPEN, 2)
    talk.clock.advance(27)

    now = talk.summary()
    assert (now.state, now.attempts, now.reconnects) == (ConnectionState.OPEN, 2, 1)
    assert (now.uptime_ms, now.open_ms) == (57_000.0, 27_000.0)
    assert (now.downtime_ms, now.last_downtime_ms, now.down_ms) == (3_000.0, 3_000.0, None)
    assert now.availability == pytest.approx(0.95)
    assert (now.asked_ms, now.last_event_id) == (900, "7")
    assert dict(now.ends) == {EndCause.RESET: 1, EndCause.REFUSED: 1}

    steps = [(step.state or step.cause, step.attempt, step.delay_ms) for step in talk.stats().steps]
    assert steps == [
        (ConnectionState.OPEN, 0, None),
        (EndCause.RESET, 0, None),
        (ConnectionState.RECONNECTING, 1, 1_000.0),
        (EndCause.REFUSED, 0, None),
        (ConnectionState.RECONNECTING, 2, 2_000.0),
        (ConnectionState.OPEN, 0, None),
    ]


def test_the_first_connecting_is_neither_up_nor_down() -> None:
    talk = Line()
    talk.turn(ConnectionState.CONNECTING)
    talk.clock.advance(10)
    now = talk.summary()
    assert (now.uptime_ms, now.downtime_ms, now.availability, now.reconnects) == (0.0, 0.0, None, 0)


def test_a_downtime_that_lasts_grows_with_now() -> None:
    talk = Line()
    opened(talk)
    talk.turn(ConnectionState.RECONNECTING, 5, attempt=1)
    talk.clock.advance(15)
    now = talk.summary()
    assert (now.uptime_ms, now.open_ms, now.down_ms, now.last_downtime_ms) == (5_000.0, None, 15_000.0, None)
    assert now.availability == 0.25
    assert talk.stats().downtime_ms(talk.clock.monotonic_ns()) == 15_000.0
    assert talk.stats().downtime_ms() == 0.0  # as of the last event


def test_after_closing_nothing_grows() -> None:
    talk = Line()
    opened(talk)
    talk.turn(ConnectionState.CLOSED, 5, reason="Closed by us.")
    talk.clock.advance(100)
    now = talk.summary()
    assert (now.uptime_ms, now.downtime_ms, now.down_ms, now.availability) == (5_000.0, 0.0, None, 1.0)


def test_giving_up_ends_the_downtime() -> None:
    talk = Line()
    opened(talk)
    talk.turn(ConnectionState.RECONNECTING, 5, attempt=1)
    talk.turn(ConnectionState.CLOSED, 5)
    talk.clock.advance(100)
    now = talk.summary()
    assert (now.downtime_ms, now.last_downtime_ms, now.reconnects) == (5_000.0, 5_000.0, 0)


def test_the_normal_end_of_a_call_is_no_loss_of_the_connection() -> None:
    talk = Line()
    opened(talk)
    talk.exchange(2, "tools/call", EndCause.COMPLETE)
    talk.exchange(3, "tools/call", EndCause.CANCELLED_BY_US)
    talk.exchange(4, "tools/call", EndCause.CUT_MID_BODY)
    talk.exchange(5, "stream", EndCause.END_OF_STREAM)
    assert [step.cause for step in talk.stats().steps if step.cause] == [
        EndCause.CUT_MID_BODY,
        EndCause.END_OF_STREAM,
    ]


def test_ids_and_retry_of_the_stream_are_followed() -> None:
    talk = Line()
    opened(talk)
    talk.hear(FrameReceived, 1, event_id="41", retry_ms=3_000)
    talk.hear(FrameReceived, 1, event_id="42")
    now = talk.summary()
    assert (now.last_event_id, now.asked_ms) == ("42", 3_000)


def test_a_new_connect_starts_anew_and_the_sums_remain() -> None:
    talk = Line()
    opened(talk)
    talk.turn(ConnectionState.RECONNECTING, 1, attempt=1)
    talk.turn(ConnectionState.OPEN, 1)
    talk.turn(ConnectionState.CLOSED, 1)
    talk.turn(ConnectionState.CONNECTING, 1, connection=2)

    stats = talk.stats()
    now = talk.summary()
    assert (now.connection, now.reconnects) == (2, 0)
    assert (stats.reconnects, stats.attempts, stats.downtime_ms()) == (1, 1, 1_000.0)
    first = stats.summary(connection=1)
    assert first is not None
    assert (first.reconnects, first.state) == (1, ConnectionState.CLOSED)


def test_losing_the_connection_is_no_attempt() -> None:
    talk = Line()
    opened(talk)
    talk.turn(ConnectionState.RECONNECTING, 1, reason="The server is gone.")
    talk.turn(ConnectionState.RECONNECTING, attempt=1, delay_ms=10.0)
    assert talk.summary().attempts == 1


def test_nothing_folded_has_no_summary() -> None:
    assert ReconnectStats().summary() is None


def test_a_storm_keeps_the_newest_steps() -> None:
    talk = Line()
    for attempt in range(1, MAX_STEPS + 100):
        talk.turn(ConnectionState.RECONNECTING, 0.01, attempt=attempt)
    stats = talk.stats()
    assert len(stats.steps) == MAX_STEPS
    assert stats.attempts == MAX_STEPS + 99
    assert stats.steps[-1].attempt == MAX_STEPS + 99


@given(CHUNKS, CUTS)
def test_the_latest_id_of_a_flood_is_the_same_in_any_pieces(chunks: Any, cuts: list[int]) -> None:
    talk = Talk()
    talk.state(ConnectionState.CONNECTING)
    events = flood(talk, chunks)
    found = [folded(ReconnectStats(), events, sizes).summary() for sizes in ([1], cuts, [10_000])]
    assert found[0] == found[1] == found[2]
