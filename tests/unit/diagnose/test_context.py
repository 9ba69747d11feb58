"""What all watches share of our requests."""

from __future__ import annotations

from inspector.diagnose.context import MAX_PENDING, Context
from inspector.diagnose.engine import Engine
from inspector.diagnose.thresholds import Thresholds
from inspector.trace.events import ConnectionState, Outcome
from tests.support.rivers import Talk


def context() -> Context:
    return Context(Thresholds(), Engine(rules={}))


def test_a_request_that_is_sent_again_is_answered_under_its_first_number() -> None:
    talk, known = Talk(), context()
    first = talk.ask(1, id=7)
    again = talk.ask(2, id=7)
    for request in (first, again):
        known.on_our_request(request)
    assert known.pending == {first.n: again}
    known.on_answer(talk.answer(2, first, id=7))
    assert known.pending == {}


def test_ids_of_other_requests_are_not_the_same_request() -> None:
    talk, known = Talk(), context()
    one = talk.ask(1, id=7)
    known.on_our_request(one)
    known.on_failed(talk.fail(one, Outcome.CANCELLED))
    later, other, elsewhere = talk.ask(2, id=7), talk.ask(3, "tools/list", id=7), talk.ask(4, id=7, connection=2)
    for request in (later, other, elsewhere):
        known.on_our_request(request)
    assert list(known.pending.values()) == [later, other, elsewhere]


def test_another_connection_forgets_them() -> None:
    talk, known = Talk(), context()
    known.on_our_request(talk.ask(1, id=7))
    known.on_state(talk.state(ConnectionState.CONNECTING, connection=2))
    assert known.pending == {}


def test_what_waits_is_bounded() -> None:
    talk, known = Talk(), context()
    for number in range(MAX_PENDING + 10):
        known.on_our_request(talk.ask(1, id=number))
    assert len(known.pending) == len(known._first_numbers) == MAX_PENDING
