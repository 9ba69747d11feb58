from __future__ import annotations

import math
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.record.labels import Labels
from inspector.record.rows import ERROR as ERROR_CODE
from inspector.record.rows import NONE, WARN
from inspector.record.timeline import INBOUND, OUTBOUND, Timeline
from inspector.trace.events import (
    ROW_KINDS,
    AttemptMade,
    BodyReceived,
    ChunkReceived,
    Connected,
    ConnectionState,
    EndCause,
    FrameReceived,
    LabActed,
    Message,
    MessageType,
    Outcome,
    Redirected,
    SessionReady,
    Severity,
    Violation,
)
from tests.support.rivers import Talk


@pytest.fixture
def talk() -> Talk:
    return Talk()


def request(talk: Talk, method: str = "tools/call", name: str | None = "echo", **fields: Any) -> Message:
    return talk.ask(1, method, name=name, raw=b'{"jsonrpc":"2.0","id":1}', **fields)


def one_of_each(talk: Talk) -> None:
    talk.state(ConnectionState.CONNECTING)
    talk.tell(AttemptMade, transport="streamable-http", verdict="404", succeeded=False)
    talk.tell(SessionReady, transport="t", protocol_version="2025-11-25", server_name="demo", server_version="1")
    talk.send(1)
    talk.tell(Connected, stream=1, peer="127.0.0.1:80", connect_ms=0.5, tls_ms=1.5)
    talk.headers(1)
    talk.tell(Redirected, stream=1, status=307, location="/b", followed=True, reason="same origin")
    talk.chunk(1)
    asked = request(talk)
    talk.call_stream(1)
    talk.tell(FrameReceived, stream=1, raw=b"data: x\n\n")
    talk.comment(1)
    talk.tell(BodyReceived, stream=1, content_type="text/html", raw=b"<html>")
    talk.end(1)
    talk.fail(asked, Outcome.LOST)
    talk.tell(Violation, rule="r", severity=Severity.NOTE, text="t")
    talk.tell(LabActed, action="drop", text="We reset the connection.")


def test_every_row_kind_makes_one_row_and_a_chunk_makes_none(talk: Talk) -> None:
    one_of_each(talk)
    timeline = talk.into(Timeline())
    with_rows = [event.n for event in talk.since(0) if event.kind in ROW_KINDS]
    assert list(timeline.numbers) == with_rows
    assert len(timeline) == len(ROW_KINDS)
    assert {event.kind for event in talk.since(0)} == {*ROW_KINDS, "chunk"}


def test_columns_hold_what_the_event_says(talk: Talk) -> None:
    request(talk)
    timeline = talk.into(Timeline())
    assert (timeline.label(0), timeline.name(0), timeline.kind_word(0)) == ("tools/call", "echo", "request")
    assert timeline.directions[0] == OUTBOUND
    assert timeline.sizes_bytes[0] == len(b'{"jsonrpc":"2.0","id":1}')
    assert math.isnan(timeline.latencies_ms[0])
    assert timeline.at[0] == 1_700_000_000.0


def test_numbers_and_rows_map_both_ways(talk: Talk) -> None:
    one_of_each(talk)
    timeline = talk.into(Timeline())
    chunk_n = next(event.n for event in talk.since(0) if isinstance(event, ChunkReceived))
    assert timeline.row_of(chunk_n) is None
    assert timeline.row_of(10**6) is None
    assert [timeline.row_of(n) for n in timeline.numbers] == list(range(len(timeline)))


def test_answer_takes_method_and_name_of_its_request(talk: Talk) -> None:
    asked = request(talk)
    talk.answer(1, asked, rtt_ms=3.2)
    timeline = talk.into(Timeline())
    assert (timeline.label(1), timeline.name(1)) == ("tools/call", "echo")
    assert timeline.latencies_ms[1] == 3.2
    assert timeline.directions[1] == INBOUND


def test_request_and_answer_are_partners_past_progress(talk: Talk) -> None:
    asked = request(talk)
    for _ in range(3):
        talk.message(1, MessageType.NOTIFICATION, asked, method="notifications/progress")
    talk.answer(1, asked, rtt_ms=3.2)
    timeline = talk.into(Timeline())
    assert timeline.partner(0) == 4
    assert timeline.partner(4) == 0
    assert timeline.partner(2) == 0
    assert timeline.followers(0) == [1, 2, 3, 4]


def test_failure_is_the_partner_of_a_request_without_answer(talk: Talk) -> None:
    asked = request(talk)
    talk.fail(asked, Outcome.LOST, elapsed_ms=5.0)
    timeline = talk.into(Timeline())
    assert timeline.partner(0) == 1
    assert timeline.latencies_ms[1] == 5.0
    assert timeline.severities[1] == ERROR_CODE


def test_interleaved_streams_keep_their_own_http_rows(talk: Talk) -> None:
    for stream in (1, 2):
        talk.send(stream, "POST" if stream == 1 else "GET")
    for stream in (2, 1):
        talk.headers(stream)
    for stream in (1, 2):
        talk.end(stream)
    timeline = talk.into(Timeline())
    assert timeline.http_rows(1) == [0, 3, 4]
    assert timeline.http_rows(2) == [1, 2, 5]
    assert timeline.http_rows(3) == []
    assert timeline.partner(0) == 3
    assert timeline.partner(5) == 1
    assert [timeline.lane_name(stream) for stream in (0, 1, 2, 9)] == ["", "POST 1", "GET 2", "stream 9"]


def test_violation_points_at_its_event_without_becoming_its_answer(talk: Talk) -> None:
    asked = request(talk)
    talk.tell(Violation, rule="r", severity=Severity.WARN, text="t", about_n=asked.n)
    timeline = talk.into(Timeline())
    assert timeline.root(1) == 0
    assert timeline.partner(0) is None
    assert timeline.severities[1] == WARN


def test_links_to_events_that_are_not_there_are_no_links(talk: Talk) -> None:
    talk.answer(1, None, request_n=12_345)
    talk.answer(1, None)
    talk.headers(7)
    timeline = talk.into(Timeline())
    assert [timeline.partner(row) for row in range(3)] == [None, None, None]


@pytest.mark.parametrize(
    ("cause", "severity"),
    [
        (EndCause.COMPLETE, NONE),
        (EndCause.CLOSED_BY_US, NONE),
        (EndCause.TIMED_OUT_BY_US, WARN),
        (EndCause.RESET, ERROR_CODE),
    ],
)
def test_closed_is_as_grave_as_the_end_before_it(talk: Talk, cause: EndCause, severity: int) -> None:
    talk.end(1, cause)
    talk.state(ConnectionState.CLOSED)
    assert list(talk.into(Timeline()).severities) == [severity, severity]


def test_heartbeats_are_comments_and_pings(talk: Talk) -> None:
    talk.comment(None, "")
    asked = request(talk, method="ping", name=None)
    talk.answer(1, asked, rtt_ms=3.2)
    request(talk, method="tools/list", name="ping")
    timeline = talk.into(Timeline())
    assert [timeline.is_heartbeat(row) for row in range(4)] == [True, True, True, False]
    assert timeline.named_heartbeats(0, 4) == bytes([0, 1, 1, 0])
    assert timeline.named_heartbeats(2, 4) == bytes([1, 0])


def test_search_looks_into_labels_names_and_bytes_without_case(talk: Talk) -> None:
    request(talk, name="Echo")
    talk.tell(FrameReceived, raw='data: {"text":"GRÜSSE"}\n\n'.encode())
    talk.tell(FrameReceived, raw=b'data: {"text":"gr\\u00fcsse"}\n\n')
    talk.tell(BodyReceived, content_type="text/html", raw=b"\xff\xfe <H1>Bad Gateway\x00</H1>")
    talk.send(1)
    timeline = talk.into(Timeline())

    def found(text: str) -> list[int]:
        return list(filter(timeline.matcher(text, talk.__getitem__), range(len(timeline))))

    assert found("ECHO") == [0]
    assert found("grüsse") == [1, 2]
    assert found("bad gateway") == [3]
    assert found("http://h") == [4]
    assert found("nowhere to be found") == []


def test_folding_in_portions_gives_the_same_as_at_once(talk: Talk) -> None:
    one_of_each(talk)
    portions = Timeline()
    for event in talk.since(0):
        portions.fold([event])
    whole = talk.into(Timeline())
    for column in ("numbers", "monotonic_ns", "at", "kinds", "severities", "streams", "sizes_bytes", "directions"):
        assert list(getattr(portions, column)) == list(getattr(whole, column))
    assert list(map(repr, portions.latencies_ms)) == list(map(repr, whole.latencies_ms))
    for read in (Timeline.label, Timeline.name, Timeline.partner, Timeline.followers):
        assert [read(portions, row) for row in range(len(portions))] == [read(whole, row) for row in range(len(whole))]


def test_a_row_is_never_about_a_later_one_in_whatever_portions(talk: Talk) -> None:
    for about_n in (0, 1, 3, 0):
        talk.answer(1, None, request_n=about_n)
    portions = Timeline()
    for event in talk.since(0):
        portions.fold([event])
    for timeline in (portions, talk.into(Timeline())):
        assert [timeline.root(row) for row in range(4)] == [None, None, None, 0]


def test_a_river_of_other_streams_than_ours_has_rows_too(talk: Talk) -> None:
    for stream in (-1, 2**40, 7):
        talk.send(stream)
        talk.headers(stream)
    timeline = talk.into(Timeline())
    assert list(timeline.streams) == [0, 0, 0, 0, 7, 7]
    assert [timeline.root(row) for row in range(6)] == [None, 0, None, 2, None, 4]


def test_names_without_end_are_read_from_the_events_and_cost_no_memory(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Labels.__init__, "__defaults__", (5_000,))
    for number in range(40):
        asked = request(talk, method=f"made/up/{number}", name=f"{'n' * 300}{number}")
    talk.answer(1, asked, rtt_ms=1.0)
    request(talk, method="ping", name=None)
    timeline, deaf = talk.into(Timeline(talk.__getitem__)), talk.into(Timeline())
    assert [timeline.label(row) for row in range(41)] == [f"made/up/{min(row, 39)}" for row in range(41)]
    assert {timeline.name(row) for row in range(41)} == {"n" * 200}
    assert list(filter(timeline.matcher("UP/38", talk.__getitem__), range(len(timeline)))) == [38]
    assert (deaf.label(0), deaf.label(39), deaf.label(40), deaf.label(41)) == ("made/up/0", "…", "…", "ping")
    assert timeline.is_heartbeat(41)
    assert not timeline.is_heartbeat(40)


def test_hostile_values_fit_the_columns(talk: Talk) -> None:
    request(talk, method="m" * 1_000_000, name="\ud800\u202e\x00")
    talk.end(1, EndCause.RESET, "", bytes_received=2**40, age_ms=math.inf)
    timeline = talk.into(Timeline())
    assert len(timeline.label(0)) == 200
    assert timeline.sizes_bytes[1] == 2**40
    assert list(filter(timeline.matcher("\ud800", talk.__getitem__), range(len(timeline)))) == [0]


def test_a_row_costs_less_than_seventy_bytes(talk: Talk) -> None:
    tracemalloc.start()
    try:
        for number in range(2_000):
            stream = talk.next_stream()
            talk.send(stream)
            asked = request(talk, id=number)
            talk.answer(stream, asked, rtt_ms=3.2)
        portions = [talk.since(n, 200) for n in range(0, len(talk), 200)]
        before = tracemalloc.get_traced_memory()[0]
        timeline = Timeline()
        for portion in portions:
            timeline.fold(portion)
        assert (tracemalloc.get_traced_memory()[0] - before) / len(timeline) < 70
    finally:
        tracemalloc.stop()


@given(st.lists(st.tuples(st.integers(0, 30), st.booleans()), max_size=6), st.integers(1, 40))
def test_entries_that_came_together_make_the_rows_of_each_alone(floods: list[tuple[int, bool]], size: int) -> None:
    talk = Talk()
    request(talk)
    for place, (count, is_torn) in enumerate(floods):
        talk.log_entries(place % 2 + 1, [b"data: %d\n\n" % number for number in range(count)])
        if is_torn:
            talk.comment(1)
        talk.wait(1.5)
    events = talk.since(0)
    single, many = Timeline(), Timeline()
    for event in events:
        single.fold((event,))
    for start in range(0, len(events), size):
        many.fold(events[start : start + size])
    for name in ("numbers", "at", "monotonic_ns", "streams", "directions", "kinds", "severities"):
        assert getattr(many, name) == getattr(single, name), name
    rows = range(len(single))
    assert list(many.sizes_bytes) == list(single.sizes_bytes)
    assert all(math.isnan(many.latencies_ms[row]) == math.isnan(single.latencies_ms[row]) for row in rows)
    assert [(many.label(row), many.name(row), many.root(row)) for row in rows] == [
        (single.label(row), single.name(row), single.root(row)) for row in rows
    ]
