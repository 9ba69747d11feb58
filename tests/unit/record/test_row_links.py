from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.record.row_links import (
    MOST_WARNINGS,
    answer_of,
    failure_place,
    finding_of,
    place_of,
    request_of,
    row_showing,
)
from inspector.record.rows import ERROR, NONE, WARN
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


@pytest.mark.parametrize(
    ("start", "next_place", "place_before"), [(None, 1, 3), (0, 1, 3), (1, 3, 3), (2, 3, 1), (3, 1, 1)]
)
def test_places_are_gone_through_in_both_directions(start: int | None, next_place: int, place_before: int) -> None:
    codes = bytes((0, ERROR, 2, ERROR))
    assert place_of(codes, ERROR, start, forward=True) == next_place
    assert place_of(codes, ERROR, start, forward=False) == place_before


@given(st.lists(st.sampled_from((NONE, WARN, ERROR)), max_size=9), st.data())
def test_a_warning_may_be_a_failure(codes: list[int], data: st.DataObject) -> None:
    start = data.draw(st.none() | st.integers(0, max(0, len(codes) - 1)) if codes else st.none())
    failed = data.draw(st.sets(st.integers(0, 8)))
    wanted = [code == ERROR or (code == WARN and place in failed) for place, code in enumerate(codes)]
    for forward in (True, False):
        first = (-1 if forward else len(codes)) if start is None else start
        around = [(first + (step if forward else -step)) % len(codes) for step in range(1, len(codes) + 1)]
        expected = next((place for place in around if wanted[place]), None)
        assert failure_place(bytes(codes), start, failed.__contains__, forward=forward) == expected


def test_only_the_nearest_warnings_are_asked_about() -> None:
    asked: list[int] = []

    def is_failure(place: int) -> bool:
        asked.append(place)
        return False

    codes = bytes((WARN,)) * 3 * MOST_WARNINGS + bytes((ERROR,))
    assert failure_place(codes, None, is_failure, forward=True) == len(codes) - 1
    assert len(asked) == MOST_WARNINGS


def test_what_is_nowhere_has_no_place() -> None:
    assert place_of(b"", ERROR, None, forward=True) is None
    assert place_of(b"\0\0", ERROR, 1, forward=False) is None


def test_an_event_without_a_row_is_shown_by_the_next_that_has_one() -> None:
    talk = Talk()
    talk.send(1)
    chunk = talk.chunk(1)
    headers = talk.headers(1)
    last = talk.chunk(1)
    timeline = talk.into(Timeline())
    shown = [row_showing(timeline, n) for n in (0, chunk.n, headers.n, last.n, 10_000)]
    assert shown == [0, 1, 1, None, None]
