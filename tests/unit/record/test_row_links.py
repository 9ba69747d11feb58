from __future__ import annotations

from itertools import islice

import pytest

from inspector.record.row_links import answer_of, finding_of, request_of, rows_with
from inspector.record.rows import ERROR
from inspector.record.timeline import Timeline
from inspector.trace.events import MessageType, Severity, Violation
from tests.support.rivers import Talk

SENT, ASKED, HEADERS, PROGRESS, ANSWER, END, FIRST, SECOND, STATE, LONELY = range(10)


@pytest.fixture
def talk() -> Talk:
    """One call over HTTP with progress and two violations, then a request that nobody answers."""
    river = Talk()
    river.send(1)
    asked = river.ask(1, id=1, raw=b"{}")
    river.headers(1)
    river.message(1, MessageType.NOTIFICATION, method="notifications/progress", raw=b"{}")
    answer = river.answer(1, asked, id=1, raw=b"{}", rtt_ms=1.0)
    river.end(1)
    for rule in ("a", "b"):
        river.tell(Violation, rule=rule, severity=Severity.ERROR, text="t", about_n=answer.n)
    river.send(2)
    river.ask(2, id=2, raw=b"{}")
    return river


def test_the_request_of_each_row(talk: Talk) -> None:
    timeline = talk.into(Timeline())
    found = [request_of(timeline, row) for row in range(len(timeline))]
    assert found[:STATE] == [None, None, SENT, SENT, ASKED, SENT, ASKED, ASKED]
    assert found[STATE:] == [None, None]


def test_the_answer_of_each_row(talk: Talk) -> None:
    timeline = talk.into(Timeline())
    assert answer_of(timeline, ASKED) == ANSWER
    assert answer_of(timeline, SENT) == HEADERS
    assert answer_of(timeline, FIRST) == ANSWER
    assert answer_of(timeline, PROGRESS) == HEADERS
    assert answer_of(timeline, ANSWER) is None
    assert answer_of(timeline, LONELY) is None


def test_findings_are_gone_through_and_lead_back(talk: Talk) -> None:
    timeline = talk.into(Timeline())
    assert [finding_of(timeline, row) for row in (ANSWER, FIRST, SECOND)] == [FIRST, SECOND, ANSWER]
    assert finding_of(timeline, ASKED) is None


def test_a_violation_about_nothing_leads_nowhere() -> None:
    river = Talk()
    river.tell(Violation, rule="a", severity=Severity.WARN, text="t")
    timeline = river.into(Timeline())
    assert (request_of(timeline, 0), answer_of(timeline, 0), finding_of(timeline, 0)) == (None, None, None)


def test_errors_are_gone_through_in_both_directions(talk: Talk) -> None:
    timeline = talk.into(Timeline())
    assert list(rows_with(timeline, ERROR, None, forward=True)) == [FIRST, SECOND]
    assert list(rows_with(timeline, ERROR, FIRST, forward=True)) == [SECOND, FIRST]
    assert list(rows_with(timeline, ERROR, None, forward=False)) == [SECOND, FIRST]
    assert list(islice(rows_with(timeline, ERROR, FIRST, forward=False), 1)) == [SECOND]
    assert list(rows_with(Timeline(), ERROR, None, forward=True)) == []
