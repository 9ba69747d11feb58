from __future__ import annotations

import math
import sys
from typing import Any

import pytest

from inspector.record.rows import ERROR as ERROR_CODE
from inspector.record.rows import NONE, WARN
from inspector.record.timeline import INBOUND, OUTBOUND, Timeline
from inspector.trace.clock import FakeClock
from inspector.trace.events import (
    ROW_KINDS,
    AnyEvent,
    AttemptMade,
    BodyReceived,
    ChunkReceived,
    CommentReceived,
    Connected,
    ConnectionState,
    Direction,
    EndCause,
    ExchangeFailed,
    FrameReceived,
    Framing,
    HeadersReceived,
    Message,
    MessageType,
    Outcome,
    Phase,
    Redirected,
    RequestSent,
    SessionReady,
    Severity,
    StateChanged,
    StreamEnded,
    Violation,
)
from inspector.trace.river import River


@pytest.fixture
def river() -> River:
    return River(FakeClock())


def folded(river: River) -> Timeline:
    timeline = Timeline()
    timeline.fold(river.since(0))
    return timeline


def request(river: River, request_id: int = 1, method: str = "tools/call", name: str | None = "echo") -> Message:
    return river.emit(
        Message,
        stream=1,
        direction=Direction.OUTBOUND,
        message_type=MessageType.REQUEST,
        framing=Framing.BODY,
        method=method,
        id=request_id,
        name=name,
        raw=b'{"jsonrpc":"2.0","id":1}',
    )


def answer(river: River, request_n: int | None, kind: MessageType = MessageType.RESPONSE, **fields: Any) -> Message:
    return river.emit(
        Message,
        stream=1,
        direction=Direction.INBOUND,
        message_type=kind,
        framing=Framing.SSE,
        id=1,
        raw=b'data: {"jsonrpc":"2.0","id":1,"result":{}}\n\n',
        request_n=request_n,
        rtt_ms=3.2,
        **fields,
    )


def sent(river: River, stream: int, method: str = "POST") -> RequestSent:
    return river.emit(RequestSent, stream=stream, method=method, url="http://h/mcp", purpose="tools/call", body=b"{}")


def headers(river: River, stream: int, status: int = 200) -> HeadersReceived:
    return river.emit(
        HeadersReceived, stream=stream, status=status, reason="OK", http_version="HTTP/1.1", headers=(), ttfb_ms=2.5
    )


def ended(river: River, stream: int, cause: EndCause = EndCause.COMPLETE) -> StreamEnded:
    return river.emit(StreamEnded, stream=stream, cause=cause, phase=Phase.BODY, sentence="It ended.", age_ms=9.0)


def one_of_each(river: River) -> None:
    river.emit(StateChanged, state=ConnectionState.CONNECTING)
    river.emit(AttemptMade, transport="streamable-http", verdict="404", succeeded=False)
    river.emit(SessionReady, transport="t", protocol_version="2025-11-25", server_name="demo", server_version="1")
    sent(river, 1)
    river.emit(Connected, stream=1, peer="127.0.0.1:80", connect_ms=0.5, tls_ms=1.5)
    headers(river, 1)
    river.emit(Redirected, stream=1, status=307, location="/b", followed=True, reason="same origin")
    river.emit(ChunkReceived, stream=1, offset=0, data=b"x")
    request(river)
    river.emit(FrameReceived, stream=1, raw=b"data: x\n\n")
    river.emit(CommentReceived, stream=1, text="ping", offset=0, raw=b": ping\n")
    river.emit(BodyReceived, stream=1, content_type="text/html", raw=b"<html>")
    ended(river, 1)
    river.emit(
        ExchangeFailed, request_n=8, method="tools/call", id=1, outcome=Outcome.LOST, reason="gone", elapsed_ms=4.0
    )
    river.emit(Violation, rule="r", severity=Severity.NOTE, text="t")


def test_every_row_kind_makes_one_row_and_a_chunk_makes_none(river: River) -> None:
    one_of_each(river)
    timeline = folded(river)
    with_rows = [event.n for event in river.since(0) if event.kind in ROW_KINDS]
    assert list(timeline.numbers) == with_rows
    assert len(timeline) == len(ROW_KINDS)
    assert {event.kind for event in river.since(0)} == {*ROW_KINDS, "chunk"}


def test_columns_hold_what_the_event_says(river: River) -> None:
    request(river)
    timeline = folded(river)
    assert (timeline.label(0), timeline.name(0), timeline.kind_word(0)) == ("tools/call", "echo", "request")
    assert timeline.directions[0] == OUTBOUND
    assert timeline.sizes_bytes[0] == len(b'{"jsonrpc":"2.0","id":1}')
    assert math.isnan(timeline.latencies_ms[0])
    assert timeline.at[0] == 1_700_000_000.0


def test_numbers_and_rows_map_both_ways(river: River) -> None:
    one_of_each(river)
    timeline = folded(river)
    chunk_n = next(event.n for event in river.since(0) if isinstance(event, ChunkReceived))
    assert timeline.row_of(chunk_n) is None
    assert timeline.row_of(10**6) is None
    assert [timeline.row_of(n) for n in timeline.numbers] == list(range(len(timeline)))


def test_answer_takes_method_and_name_of_its_request(river: River) -> None:
    asked = request(river)
    answer(river, asked.n)
    timeline = folded(river)
    assert (timeline.label(1), timeline.name(1)) == ("tools/call", "echo")
    assert timeline.latencies_ms[1] == 3.2
    assert timeline.directions[1] == INBOUND


def test_request_and_answer_are_partners_past_progress(river: River) -> None:
    asked = request(river)
    for _ in range(3):
        answer(river, asked.n, MessageType.NOTIFICATION, method="notifications/progress")
    answer(river, asked.n)
    timeline = folded(river)
    assert timeline.partner(0) == 4
    assert timeline.partner(4) == 0
    assert timeline.partner(2) == 0
    assert timeline.followers(0) == [1, 2, 3, 4]


def test_failure_is_the_partner_of_a_request_without_answer(river: River) -> None:
    asked = request(river)
    river.emit(
        ExchangeFailed,
        request_n=asked.n,
        method="tools/call",
        id=1,
        outcome=Outcome.LOST,
        reason="the stream was cut",
        elapsed_ms=5.0,
    )
    timeline = folded(river)
    assert timeline.partner(0) == 1
    assert timeline.latencies_ms[1] == 5.0
    assert timeline.severities[1] == ERROR_CODE


def test_interleaved_streams_keep_their_own_http_rows(river: River) -> None:
    for stream in (1, 2):
        sent(river, stream, "POST" if stream == 1 else "GET")
    for stream in (2, 1):
        headers(river, stream)
    for stream in (1, 2):
        ended(river, stream)
    timeline = folded(river)
    assert timeline.http_rows(1) == [0, 3, 4]
    assert timeline.http_rows(2) == [1, 2, 5]
    assert timeline.http_rows(3) == []
    assert timeline.partner(0) == 3
    assert timeline.partner(5) == 1
    assert [timeline.lane_name(stream) for stream in (0, 1, 2, 9)] == ["", "POST 1", "GET 2", "stream 9"]


def test_violation_points_at_its_event_without_becoming_its_answer(river: River) -> None:
    asked = request(river)
    river.emit(Violation, rule="r", severity=Severity.WARN, text="t", about_n=asked.n)
    timeline = folded(river)
    assert timeline.root(1) == 0
    assert timeline.partner(0) is None
    assert timeline.severities[1] == WARN


def test_links_to_events_that_are_not_there_are_no_links(river: River) -> None:
    answer(river, 12_345)
    answer(river, None)
    headers(river, 7)
    timeline = folded(river)
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
def test_closed_is_as_grave_as_the_end_before_it(river: River, cause: EndCause, severity: int) -> None:
    ended(river, 1, cause)
    river.emit(StateChanged, state=ConnectionState.CLOSED)
    assert list(folded(river).severities) == [severity, severity]


def test_heartbeats_are_comments_and_pings(river: River) -> None:
    river.emit(CommentReceived, text="", offset=0, raw=b":\n")
    asked = request(river, method="ping", name=None)
    answer(river, asked.n)
    request(river, method="tools/list", name="ping")
    timeline = folded(river)
    assert [timeline.is_heartbeat(row) for row in range(4)] == [True, True, True, False]


def test_search_looks_into_labels_names_and_bytes_without_case(river: River) -> None:
    request(river, name="Echo")
    river.emit(FrameReceived, raw='data: {"text":"GRÜSSE"}\n\n'.encode())
    river.emit(FrameReceived, raw=b'data: {"text":"gr\\u00fcsse"}\n\n')
    river.emit(BodyReceived, content_type="text/html", raw=b"\xff\xfe <H1>Bad Gateway\x00</H1>")
    sent(river, 1)
    timeline = folded(river)

    def found(text: str) -> list[int]:
        return list(timeline.search(text, river.__getitem__))

    assert found("ECHO") == [0]
    assert found("grüsse") == [1, 2]
    assert found("bad gateway") == [3]
    assert found("http://h") == [4]
    assert found("nowhere to be found") == []
    assert list(timeline.search("e", river.__getitem__, range(1, 3))) == [1, 2]


def test_folding_in_portions_gives_the_same_as_at_once(river: River) -> None:
    one_of_each(river)
    portions = Timeline()
    for event in river.since(0):
        portions.fold([event])
    whole = folded(river)
    for column in ("numbers", "kinds", "severities", "streams", "sizes_bytes", "directions"):
        assert getattr(portions, column) == getattr(whole, column)
    assert [portions.partner(row) for row in range(len(portions))] == [whole.partner(row) for row in range(len(whole))]


def test_hostile_values_fit_the_columns(river: River) -> None:
    request(river, method="m" * 1_000_000, name="\ud800\u202e\x00")
    river.emit(StreamEnded, cause=EndCause.RESET, phase=Phase.BODY, sentence="", bytes_received=2**40, age_ms=math.inf)
    timeline = folded(river)
    assert len(timeline.label(0)) == 200
    assert timeline.sizes_bytes[1] == 2**40
    assert list(timeline.search("\ud800", river.__getitem__)) == [0]


def test_a_row_costs_less_than_a_hundred_bytes(river: River) -> None:
    for number in range(2_000):
        asked = request(river, number)
        answer(river, asked.n)
    timeline = folded(river)
    columns: list[AnyEvent | object] = [value for value in vars(timeline).values() if hasattr(value, "itemsize")]
    assert sum(map(sys.getsizeof, columns)) / len(timeline) < 100
    assert len(timeline._texts) < 20
