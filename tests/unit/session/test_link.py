"""The state machine of a connection."""

from __future__ import annotations

import pytest

from inspector.protocol.breach import Breach, Severity
from inspector.session.link import TRANSITIONS, Link
from inspector.session.options import Options
from inspector.trace.clock import FakeClock
from inspector.trace.events import ConnectionState, StateChanged, Violation
from inspector.trace.river import River


@pytest.fixture
def link() -> Link:
    return Link(River(FakeClock()), 3, Options("http://a"))


def test_every_state_can_be_left_but_the_last_one() -> None:
    assert set(TRANSITIONS) == set(ConnectionState)
    assert all(ConnectionState.CLOSED in after for state, after in TRANSITIONS.items() if state != "closed")
    assert TRANSITIONS[ConnectionState.CLOSED] == frozenset()


def test_a_move_is_told(link: Link) -> None:
    link.move(ConnectionState.CONNECTING, "Now.", attempt=2, delay_ms=5.0, asked_ms=7, last_event_id="x")
    event = link.river[0]
    assert isinstance(event, StateChanged) and event.connection == 3
    assert (event.state, event.reason, event.attempt, event.delay_ms) == ("connecting", "Now.", 2, 5.0)


def test_what_is_closed_stays_closed(link: Link) -> None:
    link.move(ConnectionState.CLOSED, "Over.")
    link.move(ConnectionState.OPEN, "No.")
    assert link.state is ConnectionState.CLOSED and link.closed.is_set() and len(link.river) == 1


def test_an_impossible_move_is_our_own_mistake(link: Link) -> None:
    with pytest.raises(AssertionError, match="idle cannot become open"):
        link.move(ConnectionState.OPEN, "No.")


def test_only_the_first_of_a_kind_on_each_stream(link: Link) -> None:
    breach = Breach("rule", Severity.WARN, "Text.")
    for stream in (1, 1, 2, None, None):
        link.report_once(breach, stream)
    assert [event.stream for event in link.river.since(0) if isinstance(event, Violation)] == [1, 2, None]
