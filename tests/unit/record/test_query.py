from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.record import query
from inspector.record.timeline import Timeline
from inspector.trace.events import FrameReceived, Framing, Message, MessageType, Outcome, Severity, Violation
from tests.support.queries import LEAVES, Asked, Stored, asked, rivers
from tests.support.rivers import Talk


@pytest.fixture(scope="module")
def stored() -> Stored:
    """Two streams: a POST with a call that fails late, and a GET with notifications and heartbeats.

    Rows: 0 POST, 1 request 7, 2 200 OK, 3 ping event, 4 comment, 5 error 7, 6 GET, 7 404, 8 notification,
    9 request "abc", 10 its failure, 11 violation, 12 an answer to nothing, of connection 2.
    """
    talk = Talk()
    talk.send(1, body=b"{}")
    called = talk.ask(1, "tools/call", name="echo", id=7, raw=b"x" * 20_000)
    talk.headers(1, ttfb_ms=12.0)
    talk.hear(FrameReceived, 1, event="ping", raw=b"event: ping\n\n", event_id="e-9")
    talk.comment(1)
    talk.wait(2_000)
    talk.message(1, MessageType.ERROR, called, id=7, rtt_ms=812.4, raw=b'data: {"error":{"message":"Timed out"}}\n\n')
    talk.wait(60_000)
    talk.send(2, "GET", "stream")
    talk.headers(2, 404)
    talk.message(
        2, MessageType.NOTIFICATION, method="notifications/tools/list_changed", event="update", raw=b"data: {}\n\n"
    )
    listed = talk.ask(None, "tools/list", id="abc", raw=b"{}")
    talk.fail(listed, Outcome.LOST, elapsed_ms=3.0)
    talk.tell(Violation, rule="R12", severity=Severity.WARN, text="It is wrong.", about_n=called.n)
    talk.hear(Message, 2, connection=2, message_type=MessageType.RESPONSE, framing=Framing.BODY, raw=b"{}")
    return Stored(talk, marked={1, 4}, evidence={3: ("sse-bom", "tcp-reset"), 5: ("tcp-reset",)})


FOUND: dict[str, list[int]] = {
    "": list(range(13)),
    "   ": list(range(13)),
    "method:tools": [1, 5, 8, 9, 10],
    "method:tools/call": [1, 5],
    "METHOD:Tools/Call": [1, 5],
    "method=tools": [],
    "method:*list*": [8, 9, 10],
    "method:(tools/call, tools/list)": [1, 5, 8, 9, 10],
    "method:post": [0],
    "name:echo": [1, 5],
    "tool:ec": [1, 5],
    "name:stream": [6],
    "event:ping": [3],
    "event:update": [8],
    "event:message": [5],
    "kind:notification": [8],
    "kind:sse-event": [3],
    'kind:"SSE event"': [3],
    "type:http": [0, 2, 6, 7],
    "kind:answer": [5, 10, 12],
    "status:error": [5, 10],
    "status:note": [7],
    "status:404": [7],
    "status:4xx": [7],
    "status:200..399": [2],
    "status>=400": [7],
    "status:failed": [10],
    "severity>=warn": [5, 10, 11],
    "level>=warn": [5, 10, 11],
    "dur>500ms": [5],
    "dur > 500": [5],
    "duration:>500ms": [5],
    "dur:812ms": [5],
    "dur:812.0ms": [],
    "dur:0.81s": [5],
    "dur:10ms..1s": [2, 5],
    "dur<=3000us": [7, 10],
    "stream:get": [6, 7, 8, 12],
    "stream:post": [0, 1, 2, 3, 4, 5],
    "stream:delete": [],
    "stream:2": [6, 7, 8, 12],
    "stream:2..": [6, 7, 8, 12],
    "stream:none": [9, 10, 11],
    "conn:2": [12],
    "dir:out": [0, 1, 6, 9],
    "dir:outbound": [0, 1, 6, 9],
    "dir:none": [10, 11],
    "size>10kb": [1],
    "size:20kb": [1],
    "size=2": [0, 9, 12],
    "size<1": [6],
    "id:7": [1, 5],
    "id:abc": [9, 10],
    "id:e-*": [3],
    "n:3": [3],
    "n<2": [0, 1],
    "t>=2s": [5, 6, 7, 8, 9, 10, 11, 12],
    "t:1min..2min": [6, 7, 8, 9, 10, 11, 12],
    "t:0.5s..": [5, 6, 7, 8, 9, 10, 11, 12],
    "is:marked": [1, 4],
    "is:heartbeat": [3, 4],
    "is:http": [0, 2, 6, 7],
    "is:sent": [0, 1, 6, 9],
    "rule:*": [11],
    "rule:r12": [11],
    "finding:any": [3, 5],
    "finding:none kind:http": [0, 2, 6, 7],
    "finding:sse-bom": [3],
    "finding:TCP": [3, 5],
    "finding=tcp": [],
    "finding:*-b*": [3],
    "finding!=sse-bom finding:any": [5],
    "timed": [5],
    '"TIMED out"': [5],
    "text:'timed out'": [5],
    "text:timed,wrong": [5, 11],
    "-event:ping stream:1": [0, 1, 2, 4, 5],
    "not kind:http status:ok dir:in": [3, 4, 8, 12],
    "id:7 dir:in or is:marked -n:1": [4, 5],
    "(id:7 or is:marked) dir:in": [4, 5],
    "method!=tools/call kind:message": [8, 9, 12],
    "is:http and -(status:404 or dir:out)": [2],
}


@pytest.mark.parametrize("text", FOUND)
def test_each_field_finds_its_rows(stored: Stored, text: str) -> None:
    assert stored.found(text) == FOUND[text]


def test_a_time_means_the_day_of_the_first_event(stored: Stored) -> None:
    from datetime import datetime

    first = datetime.fromtimestamp(stored.timeline.at[0])  # noqa: DTZ006 - local, as it is shown
    later = datetime.fromtimestamp(stored.timeline.at[6])  # noqa: DTZ006
    assert stored.found(f"at>={later:%H:%M:%S}") == list(range(6, 13))
    assert stored.found(f"at:{first:%H:%M}")[:5] == [0, 1, 2, 3, 4]
    assert stored.found(f"at:{first:%H:%M:%S}..{first:%H:%M:%S}") == [0, 1, 2, 3, 4]
    assert stored.found(f"at<={first:%Y-%m-%dT%H:%M:%S}") == [0, 1, 2, 3, 4]
    assert stored.found(f'at:"{first:%Y-%m-%d %H:%M:%S.0}"') == [0, 1, 2, 3, 4]
    assert stored.found(f"at<{first:%Y-%m-%d}") == []


def test_a_result_with_is_error_is_an_error() -> None:
    talk = Talk()
    for is_tool_error in (False, True):
        asked = talk.ask(1, name="echo")
        talk.answer(1, asked, is_tool_error=is_tool_error, raw=b'{"result":{"isError":true}}')
    talk.answer(1, talk.ask(1), problems=("Two ids.",))
    stored = Stored(talk)
    assert [stored.found(text) for text in ("status:error", "is:error", "status!=error kind:response")] == [
        [3],
        [3],
        [1, 5],
    ]
    assert stored.found("status:warn") == [3, 5]  # that is how grave it is


def test_only_an_empty_text_is_empty() -> None:
    assert query.parse(" ").is_empty
    assert not query.parse("a").is_empty


def test_a_test_sees_what_came_after_it_was_made() -> None:
    talk, timeline, marked = Talk(), Timeline(), set[int]()
    context = query.Context(timeline, talk.__getitem__, marked)
    texts = ("stream:get", "t<1s", "at>=2023-01-01", "at>=00:00", "is:marked", "name:late")
    tests = [query.parse(text).test(context) for text in texts]
    talk.comment(1)
    timeline.fold(talk.since(0))
    assert [test(0) for test in tests] == [False, True, True, True, False, False]
    talk.wait(5_000)
    talk.send(1, "GET", "late")
    timeline.fold(talk.since(1))
    marked.add(0)
    assert [test(0) for test in tests] == [True, True, True, True, True, False]
    assert [test(1) for test in tests] == [True, False, True, True, False, True]


def test_a_finding_about_chunks_is_on_the_row_behind_them() -> None:
    talk = Talk()
    talk.send(1)
    for _ in range(3):
        talk.chunk(1)
    talk.comment(1)
    for _ in range(20):
        talk.chunk(1)
    talk.comment(1)
    stored = Stored(talk, evidence={2: ("sse-bom",), 7: ("tcp-reset",)})
    assert stored.found("finding:any") == [1]


@pytest.mark.parametrize(
    ("text", "asks"), [("finding:any", True), ("a or -(b finding!=x)", True), ("rule:x", False), ("", False)]
)
def test_it_is_known_whether_findings_matter(text: str, asks: bool) -> None:
    assert query.parse(text).asks_for_findings is asks


def test_cheap_tests_spare_the_reading_of_events(stored: Stored) -> None:
    read: list[int] = []

    def event_of(n: int) -> Any:
        read.append(n)
        return stored.river[n]

    context = query.Context(stored.timeline, event_of)
    fits = query.parse("wrong id:7 event:x kind:violation dir:in method:zzz").test(context)
    assert not any(map(fits, range(13)))
    assert read == []


def test_a_timeline_without_rows_asks_for_nothing() -> None:
    empty = Stored(Talk())
    assert empty.found("t>1s at>12:03 stream:get is:marked x") == []


@settings(max_examples=400, deadline=None)
@given(
    rivers(),
    asked,
    st.sets(st.integers(0, 20)),
    st.dictionaries(st.integers(0, 20), st.sampled_from((("sse-bom",), ("tcp-reset",), ("tcp-reset", "sse-bom")))),
)
def test_both_forms_agree_with_a_slow_oracle(
    river: Talk, asked: Asked, marked: set[int], evidence: dict[int, tuple[str, ...]]
) -> None:
    stored = Stored(river, marked, evidence)
    expected = [row for row, facts in enumerate(stored.rows()) if asked.fits(facts)]
    assert stored.tested(asked.text) == expected
    assert stored.selected(asked.text) == expected


@settings(max_examples=300, deadline=None)
@given(rivers(), st.one_of(LEAVES["text"], LEAVES["method"], LEAVES["name"], LEAVES["event"]))
def test_words_and_texts_agree_in_both_forms(river: Talk, asked: Asked) -> None:
    stored = Stored(river)
    assert stored.found(asked.text) == [row for row, facts in enumerate(stored.rows()) if asked.fits(facts)]


@settings(max_examples=200, deadline=None)
@given(rivers(), LEAVES["status"])
def test_how_it_went_agrees_in_both_forms(river: Talk, asked: Asked) -> None:
    stored = Stored(river)
    assert stored.found(asked.text) == [row for row, facts in enumerate(stored.rows()) if asked.fits(facts)]


FIELDS = ["method", "dur", "at", "size", "stream", "status", "is", "id", "text"]
SIGNS = [":", ">", "<=", "!=", "..", ",", "(", ")", '"', "'", "\\", "-", "!", " ", " or ", "and ", "not "]
VALUES = ["12:03", "5", "ms", "4xx", "*", "2026-02-30", "\ud800", "²"]
PIECES = st.sampled_from(FIELDS + SIGNS + VALUES)


@settings(max_examples=500, deadline=None)
@given(st.one_of(st.text(), st.lists(PIECES, max_size=14).map("".join)))
def test_any_text_is_a_query_or_one_sentence_with_a_place(text: str) -> None:
    try:
        found = query.parse(text)
    except query.QueryError as error:
        assert 0 <= error.position <= len(text)
        assert error.length >= 1
        assert str(error) == error.sentence
        assert error.sentence.endswith((".", "?"))
        return
    talk = Talk()
    talk.ask(1, raw=b"{}")
    stored = Stored(talk)
    assert stored.found(found.text) in ([], [0])


def test_the_examples_of_the_help_are_queries() -> None:
    for field in query.fields():
        assert field.takes
        assert field.examples
        for example in field.examples:
            query.parse(example)
    for example, meaning in query.GRAMMAR:
        assert meaning
        query.parse(example)
