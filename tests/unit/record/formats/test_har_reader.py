"""HAR files as browsers and proxies write them."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from inspector.record.formats.har_reader import headers_of, http_version, is_har, origin_of
from inspector.record.timeline import Timeline
from inspector.stats.latency import LatencyStats
from inspector.trace.events import (
    BodyReceived,
    ChunkReceived,
    CommentReceived,
    Connected,
    EndCause,
    FrameReceived,
    HeadersReceived,
    Message,
    RequestSent,
    SessionReady,
    StreamEnded,
)
from tests.support.imports import (
    DATA,
    check_order,
    entry,
    har,
    of_kind,
    read_content,
    read_file,
    request,
    rules,
)

STREAM = "text/event-stream"


def test_two_exchanges_give_the_timeline_of_a_live_session() -> None:
    events, notes = read_file(DATA / "two-exchanges.har")
    check_order(events)
    timeline = Timeline()
    timeline.fold(events)
    assert [(timeline.kind_word(row), timeline.label(row), timeline.streams[row]) for row in range(len(timeline))] == [
        ("request", "initialize", 1),
        ("HTTP request", "POST", 1),
        ("connect", "[::1]", 1),
        ("HTTP response", "200 OK", 1),
        ("response", "initialize", 1),
        ("session", "2025-06-18", 0),
        ("HTTP end", "complete", 1),
        ("request", "tools/call", 2),
        ("HTTP request", "POST", 2),
        ("HTTP response", "200 OK", 2),
        ("comment", ": warm", 2),
        ("notification", "notifications/progress", 2),
        ("response", "tools/call", 2),
        ("HTTP end", "end of stream", 2),
    ]
    answer = 12
    assert timeline.name(answer) == "forecast"
    assert timeline.partner(answer) == 7 and timeline.root(answer) == 7
    assert timeline.latencies_ms[answer] == 350.0
    assert timeline.at[answer] == 1_772_359_202.35
    assert notes == []


def test_two_exchanges_give_the_figures_of_a_live_session() -> None:
    stats = LatencyStats()
    stats.fold(read_file(DATA / "two-exchanges.har")[0])
    first, call = stats.rows()
    assert (first.key, first.count, first.in_flight, first.last_ms) == ("initialize", 1, 0, 30.5)
    assert first.ttfb_p50_ms == pytest.approx(30.0, rel=0.02)
    assert (call.key, call.count, call.in_flight, call.errors, call.last_ms) == ("tools/call forecast", 1, 0, 0, 350.0)
    assert call.ttfe_p50_ms == pytest.approx(100.0, rel=0.02)
    assert call.gap_max_ms == pytest.approx(250.0, rel=0.02)


def test_every_fact_of_an_exchange_is_told() -> None:
    events, _ = read_file(DATA / "two-exchanges.har")
    (connect,) = of_kind(events, Connected)
    assert (connect.peer, connect.connect_ms, connect.tls_ms) == ("[::1]", 4.0, None)
    sent = of_kind(events, RequestSent)[1]
    assert (sent.method, sent.url, sent.purpose) == ("POST", "http://localhost:8000/mcp", "tools/call")
    assert json.loads(sent.body)["id"] == 1
    answered = of_kind(events, HeadersReceived)[1]
    assert (answered.status, answered.http_version, answered.ttfb_ms) == (200, "HTTP/1.1", 50.0)
    (ready,) = of_kind(events, SessionReady)
    assert (ready.server_name, ready.transport, ready.session_id) == ("weather", "streamable-http", "s-1")
    end = of_kind(events, StreamEnded)[1]
    assert (end.cause, end.chunks, end.frames, end.age_ms, end.idle_ms) == (EndCause.END_OF_STREAM, 2, 3, 400.0, 50.0)
    chunks = of_kind(events, ChunkReceived)
    assert b"".join(chunk.data for chunk in chunks[1:]).startswith(b": warm")
    assert [chunk.offset for chunk in chunks[1:]] == [0, len(chunks[1].data)]


def test_secrets_are_masked_as_in_a_live_session(tmp_path: Path) -> None:
    events, _ = read_file(DATA / "two-exchanges.har")
    assert dict(of_kind(events, RequestSent)[1].headers)["Authorization"].startswith("Bearer ••••")
    token = entry(url="http://h/token?code=abc", post="grant_type=refresh_token&refresh_token=hush-hush")
    token["request"]["headers"] = [{"name": "Content-Type", "value": "application/x-www-form-urlencoded"}]
    token["response"]["content"]["text"] = '{"access_token":"very-secret","expires_in":3600}'
    events, _ = read_content(tmp_path, har(token))
    told = repr(events)
    assert "hush" not in told and "very-secret" not in told and "code=abc" not in told
    assert "3600" in told


def listed(*events: dict[str, Any], **more: Any) -> dict[str, Any]:
    return entry(mime=STREAM, time=1000, _eventSourceMessages=list(events), **more)


def test_a_stream_without_its_bytes_is_written_anew_from_its_events(tmp_path: Path) -> None:
    stream = listed(
        {"time": 1772359200.25, "eventName": "tick", "eventId": "4\n", "data": "a\nb"},
        {"time": 1772359200.5, "eventName": "message", "eventId": "", "data": ""},
    )
    events, notes = read_content(tmp_path, har(stream))
    first, second = of_kind(events, FrameReceived)
    assert (first.raw, first.event, first.event_id) == (b"id: 4 \nevent: tick\ndata: a\ndata: b\n\n", "tick", "4 ")
    assert (first.at, second.at) == (1772359200.25, 1772359200.5)
    assert second.raw == b"data: \n\n"
    assert notes == [
        "1 of 1 exchange: event streams with their events but without their bytes, which are written anew."
    ]


def test_our_own_list_of_events_has_comments_and_bytes(tmp_path: Path) -> None:
    own = [
        {"time": "2026-03-01T10:00:00.100Z", "comment": "beat"},
        {"time": 200, "raw": "data: x\r\n\r\n", "data": "x"},
        {"at": "2026-03-01T10:00:00.300Z", "event": "tick", "id": "1", "retry": 500, "data": "y"},
        "no event",
    ]
    events, _ = read_content(tmp_path, har(entry(mime=STREAM, time=1000, _eventStream=own)))
    (beat,) = of_kind(events, CommentReceived)
    raw, tick = of_kind(events, FrameReceived)
    assert (beat.raw, beat.at) == (b":beat\n", 1772359200.1)
    assert (raw.raw, raw.at) == (b"data: x\r\n\r\n", 1772359200.2)
    assert (tick.event, tick.event_id, tick.retry_ms, tick.at) == ("tick", "1", 500, 1772359200.3)


def test_our_own_export_says_how_it_ended_and_on_which_connection(tmp_path: Path) -> None:
    ours = {"connection": 4, "purpose": "sign in", "end": "timed out by us", "sentence": "No answer within 5 s."}
    first = entry(status=0, _error="No answer within 5 s.", _mcp=ours, post="{}")
    first["request"]["postData"] = {"text": base64.b64encode(b"\xff").decode(), "_encoding": "base64"}
    second = entry(_mcp={"connection": "x", "end": 3})
    events, _ = read_content(tmp_path, har(first, second))
    end, other = of_kind(events, StreamEnded)
    assert (end.cause, end.sentence, end.error) == (EndCause.TIMED_OUT_BY_US, "No answer within 5 s.", None)
    assert (end.connection, other.connection, other.cause) == (1, 2, EndCause.COMPLETE)
    sent = of_kind(events, RequestSent)[0]
    assert (sent.purpose, sent.body) == ("sign in", b"\xff")


def test_comments_have_their_times_too(tmp_path: Path) -> None:
    text = ": beat\n\ndata: 1\n\n: beat\n\nretry: 5\n\ndata: 3\n\n"
    own = [
        {"time": 1772359200.1, "comment": " beat"},
        {"time": 1772359200.15, "data": "not in the bytes"},
        {"time": 1772359200.2, "data": "1"},
        {"time": 1772359200.3, "comment": " beat"},
        {"time": 1772359200.4, "data": "", "retry": 5},
        {"time": 1772359200.5, "data": "3"},
    ]
    events, _ = read_content(tmp_path, har(entry(mime=STREAM, time=1000, text=text, _eventStream=own)))
    told = [event.at for event in events if isinstance(event, FrameReceived | CommentReceived)]
    assert told == [1772359200.1, 1772359200.2, 1772359200.3, 1772359200.4, 1772359200.5]


def test_times_go_with_the_events_that_have_the_same_data(tmp_path: Path) -> None:
    text = ": hello\n\ndata: 1\n\ndata: 2\n\ndata: 3\n\n"
    stream = listed({"time": 1772359200.2, "data": "1"}, {"time": 1772359200.4, "data": "3"}, text=text)
    events, _ = read_content(tmp_path, har(stream))
    assert b"".join(chunk.data for chunk in of_kind(events, ChunkReceived)) == text.encode()
    assert [(event.raw, event.at) for event in of_kind(events, FrameReceived)] == [
        (b"data: 1\n\n", 1772359200.2),
        (b"data: 2\n\n", 1772359200.4),
        (b"data: 3\n\n", 1772359200.4),
    ]


def test_a_stream_without_times_says_so(tmp_path: Path) -> None:
    events, notes = read_content(tmp_path, har(entry(mime=STREAM, time=1000, text="data: 1\n\n")))
    assert of_kind(events, FrameReceived)[0].at == 1772359201.0
    assert notes == [
        "1 of 1 exchange: event streams without the times of their events, which stand at the end of each."
    ]


def test_bodies_are_text_or_base64(tmp_path: Path) -> None:
    picture = entry(mime="image/png", text=base64.b64encode(b"\x89PNG").decode())
    picture["response"]["content"]["encoding"] = "base64"
    broken = entry(mime="image/png", text="?")
    broken["response"]["content"]["encoding"] = "base64"
    events, notes = read_content(tmp_path, har(picture, broken))
    assert [event.raw for event in of_kind(events, BodyReceived)] == [b"\x89PNG", b"?"]
    assert notes == [
        "1 of 2 exchanges: with a body that is said to be base64 and is not; its text is taken as it stands."
    ]


def test_other_hosts_are_kept_and_not_taken_for_mcp(tmp_path: Path) -> None:
    feed = entry(url="http://other/feed", mime=STREAM, text="data: no json\n\nevent: odd\ndata: 1\n\n")
    api = entry(url="http://other/api", post={"a": 1}, text={"error": "none", "method": "x"})
    events, _ = read_content(tmp_path, har(feed, api))
    assert [event.note for event in of_kind(events, FrameReceived)] == ["", ""]
    assert [event.content_type for event in of_kind(events, BodyReceived)] == ["application/json"]
    assert of_kind(events, Message) == []
    assert rules(events) == []


def test_an_exchange_that_failed_says_how(tmp_path: Path) -> None:
    refused = entry(status=0, post=request(1, "tools/list"))
    refused["response"]["_error"] = "net::ERR_CONNECTION_REFUSED"
    silent = entry(status=0)
    events, _ = read_content(tmp_path, har(refused, silent))
    first, second = of_kind(events, StreamEnded)
    assert (first.cause, first.error, first.status) == (EndCause.REFUSED, "net::ERR_CONNECTION_REFUSED", None)
    assert second.sentence == "The file holds no answer to this request."
    assert of_kind(events, HeadersReceived) == []
    stats = LatencyStats()
    stats.fold(events)
    assert (stats.total().lost, stats.total().in_flight) == (1, 0)


def test_a_time_before_the_one_before_is_set_to_it_and_told(tmp_path: Path) -> None:
    events, notes = read_content(
        tmp_path, har(listed({"time": 1772359100, "data": "1"}, {"time": 1772359200.5, "data": "2"}))
    )
    check_order(events)
    assert notes[-1] == "Running backwards in the file: 1 time, set to the one before."


def test_missing_fields_are_not_made_up(tmp_path: Path) -> None:
    events, notes = read_content(
        tmp_path, har({}, 7, {"request": None, "response": [], "timings": "x"}, entry(time=None))
    )
    check_order(events)
    assert [event.method for event in of_kind(events, RequestSent)] == ["GET", "GET", "GET"]
    assert "2 of 4 exchanges: without a startedDateTime; they stand at the time of the one before." in notes
    assert "1 of 4 exchanges: no objects, and left out." in notes


def test_a_body_that_was_not_kept_is_told(tmp_path: Path) -> None:
    kept = entry(post=request(1, "ping"))
    kept["response"]["content"]["size"] = 12
    events, notes = read_content(tmp_path, har(kept))
    assert notes[0].startswith("1 of 1 exchange: without the body of their answer")
    assert of_kind(events, StreamEnded)[0].cause is EndCause.COMPLETE


def test_form_parameters_stand_for_a_body(tmp_path: Path) -> None:
    form = entry(post="")
    form["request"]["postData"] = {"params": [{"name": "a", "value": "1 2"}, {"name": "b"}]}
    events, _ = read_content(tmp_path, har(form))
    assert of_kind(events, RequestSent)[0].body == b"a=1+2&b="


def test_tls_is_a_part_of_connect(tmp_path: Path) -> None:
    timings = {"blocked": 1, "dns": 2, "connect": 30, "ssl": 20, "send": 0, "wait": 5, "receive": 1}
    events, _ = read_content(tmp_path, har(entry(time=39, timings=timings, serverIPAddress="10.0.0.1")))
    (connect,) = of_kind(events, Connected)
    assert (connect.connect_ms, connect.tls_ms, connect.peer) == (12.0, 20.0, "10.0.0.1")
    assert of_kind(events, HeadersReceived)[0].ttfb_ms == 38.0


def test_a_proxy_may_count_tls_apart(tmp_path: Path) -> None:
    timings = {"connect": 10, "ssl": 20, "send": 1, "wait": 5, "receive": 1}
    events, _ = read_content(tmp_path, har(entry(time=37, timings=timings)))
    (connect,) = of_kind(events, Connected)
    assert (connect.connect_ms, connect.tls_ms) == (10.0, 20.0)
    assert of_kind(events, HeadersReceived)[0].ttfb_ms == 36.0


def test_what_a_har_is() -> None:
    assert is_har(har())
    assert not any(map(is_har, [None, [], {}, {"log": []}, {"log": {"entries": {}}}]))
    assert headers_of([{"name": ":path", "value": "/"}, {"name": "A", "value": "1"}, {"name": "B", "value": 2}, 3]) == (
        ("A", "1"),
    )
    assert headers_of({"a": "1", "b": None}) == (("a", "1"),)
    assert [http_version(text) for text in ("h2", "http/2.0", "http/1.1", "unknown")] == [
        "HTTP/2",
        "HTTP/2",
        "HTTP/1.1",
        "",
    ]
    assert origin_of("HTTP://H:80/a?b") == "http://h:80"
