"""A filter asked of single events says what it says of the rows of a timeline."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.record import query, query_events
from inspector.record.query_events import ROW, EventTest, Slide, is_static, kinds_of
from inspector.record.rows import RowKind
from inspector.record.timeline import Timeline
from inspector.trace.events import ConnectionState, EndCause
from tests.support.queries import Asked, asked, rivers
from tests.support.rivers import Talk


def fitting(talk: Talk, text: str) -> list[int]:
    """The numbers of the events that fit, asked one by one."""
    slide = Slide()
    test = EventTest(query.parse(text), slide)
    return [event.n for event in talk.since(0) if slide.show(event) and test.fits()]


def shown(talk: Talk, text: str) -> list[int]:
    """The same of the rows of a timeline, each asked before the next was there."""
    timeline = Timeline()
    test = query.parse(text).test(query.Context(timeline, talk.__getitem__))
    found = []
    for event in talk.since(0):
        before = len(timeline)
        timeline.fold([event])
        found += [event.n for row in range(before, len(timeline)) if test(row)]
    return found


@given(rivers(), st.lists(asked, min_size=1, max_size=3))
def test_as_in_the_timeline(talk: Talk, wanted: list[Asked]) -> None:
    for each in wanted:
        assert fitting(talk, each.text) == shown(talk, each.text), each.text


@given(rivers(), asked)
def test_only_the_kinds_that_may_fit_do(talk: Talk, each: Asked) -> None:
    condition = query.parse(each.text).condition
    kinds, slide = kinds_of(condition), Slide()
    test = condition.test(slide.context)
    for event in talk.since(0):
        if slide.show(event) and test(ROW):
            assert kinds is None or slide.kinds[ROW] in kinds


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("kind:request", {RowKind.REQUEST}),
        ("kind:request or kind:comment", {RowKind.REQUEST, RowKind.COMMENT}),
        ("kind:message kind:request,comment", {RowKind.REQUEST}),
        ("kind:request or dir:in", None),
        ("-kind:request", None),
    ],
)
def test_kinds(text: str, kinds: set[RowKind] | None) -> None:
    assert kinds_of(query.parse(text).condition) == kinds


@pytest.mark.parametrize(
    ("text", "static"),
    [
        ("method:tools -event:ping (stream:get or severity>=warn)", True),
        ("status:error", True),
        ("dur>5ms", False),
        ("is:heartbeat or timeout", False),
        ("id:7", False),
        ("", True),
    ],
)
def test_what_alike_messages_cannot_differ_in(text: str, static: bool) -> None:
    assert is_static(query.parse(text).condition) is static


def test_the_end_says_how_grave_closing_is() -> None:
    talk = Talk()
    talk.send(1)
    talk.end(1, EndCause.RESET)
    closed = talk.state(ConnectionState.CLOSED)
    assert closed.n in fitting(talk, "status:error")


def test_an_answer_is_called_as_what_it_answers() -> None:
    talk = Talk()
    asked = talk.ask(1, "tools/call", name="echo")
    answer = talk.answer(1, asked)
    assert fitting(talk, "method=tools/call name:echo") == [asked.n, answer.n]


def test_streams_that_are_long_over_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query_events, "MAX_REMEMBERED", 50)
    slide = Slide()
    test = EventTest(query.parse("stream:get"), slide)
    talk = Talk()
    for stream in range(1, 110):
        slide.show(talk.send(stream, "GET"))
        assert test.fits()
    assert len(slide._methods) == 50
