"""What the machine and the laboratory do to time."""

from __future__ import annotations

import pytest

from inspector.diagnose.engine import Engine
from inspector.diagnose.timers import Timers
from inspector.trace.events import (
    AttemptMade,
    ConnectionState,
    EndCause,
    HeadersReceived,
    LabActed,
    LabAction,
    StateChanged,
)
from tests.support.diagnosed import S, Watched
from tests.support.rivers import Talk


def act(talk: Talk, action: LabAction) -> LabActed:
    return talk.tell(LabActed, action=action, text="It acts.")


@pytest.mark.parametrize("action", [LabAction.SLOW, LabAction.DELAY])
def test_while_the_laboratory_bends_nobody_is_to_blame_for_time(action: LabAction) -> None:
    talk, timers = Talk(), Timers(5.0)
    before = talk.state(ConnectionState.OPEN).monotonic_ns
    assert not timers.disturbed_since(before) and timers.undisturbed_ns == 0
    talk.wait(100)
    timers.note_bend(act(talk, action), is_bent=True)
    talk.wait(100)
    timers.move_to(talk.state(ConnectionState.OPEN))
    assert timers.disturbed_since(timers.now_ns) and timers.undisturbed_ns == timers.now_ns
    end = act(talk, LabAction.CLEAR)
    timers.note_bend(end, is_bent=False)
    assert timers.disturbed_since(before), "what began before it ended was bent"
    assert not timers.disturbed_since(end.monotonic_ns + 1) and timers.undisturbed_ns == end.monotonic_ns
    assert not timers.slept_since(0), "the machine did not sleep"


def silent_call(action: LabAction | None, then: LabAction | None = None) -> list[str]:
    """What is found in a call that is accepted and hears nothing for long."""
    talk = Watched([], "streamable-http")
    if action is not None:
        act(talk, action)
    if then is not None:
        talk.wait(1 * S)
        act(talk, then)
    talk.wait(1 * S)
    talk.post(1)
    talk.quiet(60 * S)
    return [finding.rule for finding in talk.into(Engine()).findings()]


def test_the_engine_takes_notice_of_the_laboratory() -> None:
    assert "request-unanswered" in silent_call(None)
    assert "request-unanswered" not in silent_call(LabAction.DELAY)
    assert "request-unanswered" in silent_call(LabAction.DELAY, LabAction.CLEAR)
    assert "request-unanswered" in silent_call(LabAction.DROP_AFTER), "a rule that waits bends nothing"


def test_another_connection_is_not_bent() -> None:
    talk = Watched([], "streamable-http")
    act(talk, LabAction.DELAY)
    talk.tell(StateChanged, connection=2, state=ConnectionState.CONNECTING)
    talk.wait(1 * S)
    talk.tell(AttemptMade, connection=2, transport="streamable-http", verdict="", succeeded=True)
    talk.send(1, connection=2)
    talk.ask(1, id=1, connection=2)
    head = {
        "reason": "",
        "http_version": "HTTP/1.1",
        "ttfb_ms": 1.0,
        "headers": (("Content-Type", "text/event-stream"),),
    }
    talk.hear(HeadersReceived, 1, connection=2, status=200, **head)
    talk.wait(60 * S)
    talk.tell(StateChanged, connection=2, state=ConnectionState.OPEN)
    assert "request-unanswered" in [finding.rule for finding in talk.into(Engine()).findings()]


def test_a_call_whose_stream_was_cut_by_the_laboratory_is_not_unanswered() -> None:
    talk = Watched([], "streamable-http")
    talk.post(1)
    talk.end(1, EndCause.DROPPED_BY_US)
    talk.quiet(60 * S)
    assert "request-unanswered" not in [finding.rule for finding in talk.into(Engine()).findings()]


def test_times_are_to_be_trusted_until_we_are_slow_and_again_afterwards() -> None:
    timers, talk = Timers(5.0), Talk()
    assert not timers.mistimed_since(0)
    talk.wait(1_000)
    timers.note_slow(talk.comment(1), 2.0)
    assert timers.mistimed_since(0)
    for after_ms, is_mistimed in ((1_999, True), (1, False)):
        talk.wait(after_ms)
        timers.move_to(talk.comment(1))
        assert timers.mistimed_since(timers.now_ns) is is_mistimed
    assert timers.mistimed_since(10**9) and not timers.disturbed_since(10**9)
