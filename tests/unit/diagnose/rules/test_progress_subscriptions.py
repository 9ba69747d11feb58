"""Subscriptions that end without a result."""

from __future__ import annotations

import pytest

from inspector.diagnose.rules.progress import RULES
from inspector.trace.events import EndCause, Message, Severity
from tests.support.diagnosed import S, Watched

LISTEN = "subscriptions/listen"


def listening() -> tuple[Watched, Message]:
    session = Watched(RULES, "stateless")
    session.send(1, purpose=LISTEN)
    asked = session.ask(1, LISTEN, id=1)
    session.accept(1)
    session.notify(1, "notifications/subscriptions/acknowledged")
    session.wait(3 * S)
    return session, asked


def test_an_orderly_end_without_a_result_is_worth_a_note() -> None:
    session, asked = listening()
    end = session.end(1, age_ms=3_000.0)
    finding = session.found("subscription-not-acknowledged")
    assert finding.severity is Severity.NOTE and finding.evidence == (asked.n, end.n)
    assert "3.0 s after it began" in finding.text


def test_an_end_after_the_result_is_right() -> None:
    session, asked = listening()
    session.answer(1, asked)
    session.end(1)
    assert session.is_silent()


@pytest.mark.parametrize("cause", [EndCause.CLOSED_BY_US, EndCause.CANCELLED_BY_US, EndCause.RESET])
def test_ends_of_another_kind_are_told_elsewhere(cause: EndCause) -> None:
    session, _ = listening()
    session.end(1, cause)
    assert session.is_silent()


def test_an_end_after_a_sleep_is_nobodys_fault() -> None:
    session, _ = listening()
    session.sleep(600)
    session.end(1)
    assert session.is_silent()


def test_other_streams_may_end() -> None:
    session = Watched(RULES, "stateless")
    session.post(1)
    session.end(1)
    assert session.is_silent()
