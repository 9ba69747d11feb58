"""Attempts as conversations: the pause asked for, chosen and made, and the outcome."""

from __future__ import annotations

from typing import Any

from inspector.stats.attempts import ASKING, BACK, GIVEN_UP, MAX_ATTEMPTS, NO_SESSION, NOT_MADE, WAITING, Attempt
from inspector.stats.reconnects import ReconnectStats
from inspector.trace.events import ConnectionState, EndCause
from tests.support.rivers import Talk

OPEN, RECONNECTING, CLOSED = ConnectionState.OPEN, ConnectionState.RECONNECTING, ConnectionState.CLOSED


class Line(Talk):
    def pause(self, attempt: int, delay_ms: float, state: ConnectionState = RECONNECTING, **fields: Any) -> None:
        self.state(state, attempt=attempt, delay_ms=delay_ms, **fields)

    def get(self, cursor: str | None = None) -> int:
        stream = self.next_stream()
        headers = () if cursor is None else (("last-event-id", cursor),)
        self.send(stream, "GET", "resume" if cursor else "stream", headers=headers)
        return stream

    def attempts(self) -> list[Attempt]:
        return list(self.into(ReconnectStats()).attempts_made)


def test_each_attempt_has_its_pause_and_its_outcome() -> None:
    talk = Line()
    talk.state(OPEN)
    talk.state(RECONNECTING)
    talk.pause(1, 300.0, asked_ms=250)
    talk.wait(301)
    talk.end(talk.get(), EndCause.REFUSED)
    talk.pause(2, 600.0)
    talk.wait(602)
    talk.headers(talk.get(), 503)
    talk.pause(3, 1_200.0)
    talk.wait(1_200)
    talk.headers(talk.get())
    talk.state(OPEN)
    attempts = talk.attempts()
    assert [(each.attempt, each.delay_ms, each.asked_ms, each.used_ms) for each in attempts] == [
        (1, 300.0, 250, 301.0),
        (2, 600.0, None, 602.0),
        (3, 1_200.0, None, 1_200.0),
    ]
    assert [(each.outcome, each.succeeded) for each in attempts] == [
        ("connection refused", False),
        ("answered with 503", False),
        (BACK, True),
    ]
    assert [each.stream for each in attempts] == [1, 2, 3]


def test_an_attempt_before_its_outcome() -> None:
    talk = Line()
    talk.pause(1, 300.0)
    assert [(each.outcome, each.used_ms, each.succeeded) for each in talk.attempts()] == [(WAITING, None, None)]
    talk.wait(300)
    talk.get()
    assert [(each.outcome, each.used_ms, each.succeeded) for each in talk.attempts()] == [(ASKING, 300.0, None)]
    talk.state(CLOSED)
    assert talk.attempts()[0].outcome == ASKING
    talk.end(1, EndCause.CLOSED_BY_US)
    assert [(each.outcome, each.succeeded) for each in talk.attempts()] == [("closed by us", None)]


def test_leaving_in_the_pause_gives_up() -> None:
    talk = Line()
    talk.pause(1, 300.0)
    talk.state(CLOSED)
    assert [(each.outcome, each.succeeded) for each in talk.attempts()] == [(GIVEN_UP, None)]


def test_what_leaves_within_the_pause_is_not_the_attempt() -> None:
    talk = Line()
    talk.state(RECONNECTING)
    talk.pause(1, 1_000.0)
    talk.wait(500)
    talk.send(talk.next_stream(), purpose="ping")
    assert talk.attempts()[0].outcome == WAITING
    talk.state(OPEN)
    assert talk.attempts()[0].outcome == NOT_MADE


def test_two_streams_at_once_are_told_apart_by_their_ids() -> None:
    talk = Line()
    talk.state(OPEN)
    talk.pause(1, 100.0, OPEN, last_event_id="a")
    talk.pause(1, 100.0, OPEN, last_event_id="b")
    talk.wait(100)
    talk.headers(talk.get("b"), 404)
    talk.send(talk.next_stream(), purpose="ping")
    talk.wait(50)
    talk.headers(talk.get("a"))
    assert [(each.last_event_id, each.used_ms, each.outcome, each.is_up) for each in talk.attempts()] == [
        ("a", 150.0, BACK, True),
        ("b", 100.0, "answered with 404", True),
    ]


def test_an_answer_without_a_session_was_no_return() -> None:
    """HTTP+SSE: the stream opens, and the handshake on it fails."""
    talk = Line()
    talk.state(RECONNECTING)
    talk.pause(1, 10.0)
    talk.wait(10)
    talk.headers(talk.get())
    talk.pause(2, 20.0)
    assert [each.outcome for each in talk.attempts()] == [NO_SESSION, WAITING]


def test_a_server_that_is_found_but_has_forgotten_the_session() -> None:
    talk = Line()
    talk.state(RECONNECTING)
    talk.pause(1, 10.0)
    talk.wait(10)
    ping = talk.next_stream()
    talk.send(ping, purpose="ping")
    talk.headers(ping, 404)
    assert [(each.outcome, each.succeeded) for each in talk.attempts()] == [("answered with 404", False)]
    talk.send(talk.next_stream(), purpose="initialize")
    talk.state(OPEN)
    assert [(each.outcome, each.succeeded) for each in talk.attempts()] == [(BACK, True)]


def test_a_later_search_leaves_the_earlier_one_alone() -> None:
    talk = Line()
    for _ in range(2):
        talk.state(RECONNECTING)
        talk.pause(1, 10.0)
        talk.wait(10)
        talk.headers(talk.get())
        talk.state(OPEN)
    assert [each.outcome for each in talk.attempts()] == [BACK, BACK]


def test_the_curve_is_that_of_the_latest_search() -> None:
    talk = Line()
    assert talk.into(ReconnectStats()).backoff == ()
    for delays in ((500.0, 1_000.0), (400.0, 900.0, 1_800.0)):
        for attempt, delay_ms in enumerate(delays, 1):
            talk.pause(attempt, delay_ms)
            talk.wait(delay_ms)
            talk.end(talk.get(), EndCause.REFUSED)
    assert [each.delay_ms for each in talk.into(ReconnectStats()).backoff] == [400.0, 900.0, 1_800.0]


def test_only_the_newest_are_kept() -> None:
    talk = Line()
    for attempt in range(1, MAX_ATTEMPTS + 50):
        talk.pause(attempt, 1.0)
        talk.wait(1)
        talk.end(talk.get(), EndCause.REFUSED)
    attempts = talk.attempts()
    assert (len(attempts), attempts[-1].attempt) == (MAX_ATTEMPTS, MAX_ATTEMPTS + 49)
