"""Raw captures of event streams, with and without the headers that curl -i puts on top."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inspector.trace.events import (
    ChunkReceived,
    CommentReceived,
    EndCause,
    FrameReceived,
    HeadersReceived,
    Message,
    RequestSent,
    StreamEnded,
)
from tests.support.imports import DATA, check_order, of_kind, read_content, read_file, rules

HEAD = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"


def test_bytes_become_one_get_stream() -> None:
    events, notes = read_file(DATA / "plain.sse")
    check_order(events)
    (sent,) = of_kind(events, RequestSent)
    assert (sent.method, sent.url, sent.purpose) == ("GET", "plain.sse", "stream")
    retry, tick, two = of_kind(events, FrameReceived)
    assert (retry.retry_ms, retry.dispatched, tick.event, tick.event_id, two.raw) == (
        3000,
        False,
        "tick",
        "1",
        b"data: two\n\n",
    )
    assert [event.text for event in of_kind(events, CommentReceived)] == [" beat"]
    assert of_kind(events, StreamEnded)[0].cause is EndCause.END_OF_STREAM
    assert notes == [
        "A raw capture holds no times: every event stands at the time of the file, and durations say nothing."
    ]


def test_without_times_all_stands_at_the_time_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.sse"
    path.write_text("data: 1\n\n")
    os.utime(path, (1_700_000_000, 1_700_000_000))
    events, _ = read_file(path)
    assert {event.at for event in events} == {1_700_000_000.0}
    os.utime(path, (5, 5))
    assert {event.at for event in read_file(path)[0]} == {946_684_800.0}, "no time of a capture"


def test_the_head_of_curl_is_the_answer() -> None:
    events, notes = read_file(DATA / "curl-i.txt")
    (answer,) = of_kind(events, HeadersReceived)
    assert (answer.status, answer.reason, answer.http_version) == (200, "OK", "HTTP/1.1")
    assert ("content-type", "text/event-stream") in answer.headers
    assert {event.at for event in events} == {1_772_359_200.0}
    assert [event.message_type for event in of_kind(events, Message)] == ["notification", "response"]
    (cut,) = of_kind(events, FrameReceived)
    assert (cut.complete, cut.raw) == (False, b'data: {"half')
    (end,) = of_kind(events, StreamEnded)
    assert (end.cause, end.pending) == (EndCause.CUT_MID_EVENT, b'data: {"half')
    assert notes[0] == "An answer with status 100 stands before; it is left out."


def test_what_is_not_in_the_capture_is_no_breach() -> None:
    assert rules(read_file(DATA / "curl-i.txt")[0]) == []


def test_what_the_stream_itself_does_wrong_is_a_finding(tmp_path: Path) -> None:
    stream = 'data: {"jsonrpc":"2.0","method":"a"}\n\ndata: {"half\n\nodd line\ndata: 1\n\n'
    events, _ = read_content(tmp_path, stream)
    assert rules(events)[0] == "jsonrpc-invalid-json"
    assert "sse-unknown-field" in rules(events)


def test_a_mark_before_a_comment_is_a_finding_too(tmp_path: Path) -> None:
    head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"
    events, _ = read_content(tmp_path, head + "\ufeff: ping\n\ndata: x\n\n")
    assert rules(events) == ["sse-bom"]


def test_a_head_of_lf_lines_and_of_another_type(tmp_path: Path) -> None:
    events, _ = read_content(tmp_path, "HTTP/2 404 \nserver: x\nno field\n\n<html>")
    (answer,) = of_kind(events, HeadersReceived)
    assert (answer.status, answer.reason, answer.http_version, answer.headers) == (
        404,
        "",
        "HTTP/2",
        (("server", "x"),),
    )
    events, _ = read_content(tmp_path, "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\nhello")
    assert [event.kind for event in events] == ["http.request", "http.response", "chunk", "body", "http.end"]


@pytest.mark.parametrize("content", ["HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\n\n", "HTTP/1.1 200\n", HEAD, HEAD * 40])
def test_a_head_alone_is_an_answer_without_a_body(tmp_path: Path, content: str) -> None:
    events, _ = read_content(tmp_path, content)
    check_order(events)
    assert of_kind(events, HeadersReceived)[0].status == 200


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
@given(body=st.binary(max_size=300))
def test_no_byte_is_lost(tmp_path: Path, body: bytes) -> None:
    events, _ = read_content(tmp_path, b"data: 1\n\n" + body)
    assert b"".join(chunk.data for chunk in of_kind(events, ChunkReceived)) == b"data: 1\n\n" + body
    check_order(events)


def test_a_long_capture_comes_in_pieces(tmp_path: Path) -> None:
    stream = b"".join(b"id: %d\ndata: x\n\n" % n for n in range(20_000))
    events, _ = read_content(tmp_path, stream)
    assert len(of_kind(events, FrameReceived)) == 20_000
    assert max(len(chunk.data) for chunk in of_kind(events, ChunkReceived)) == 64 * 1024
