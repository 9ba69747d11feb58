"""Streams as conversations."""

from __future__ import annotations

import pytest

from inspector.stats.percentiles import NOTHING
from inspector.stats.streams import MAX_FINISHED, StreamRow, StreamStats
from inspector.trace.events import Connected, EndCause, FrameReceived, HeadersReceived, MessageType
from tests.support.rivers import Talk


def listen(talk: Talk) -> None:
    talk.send(1, "GET", "stream")


def beat(talk: Talk) -> None:
    talk.chunk(1, b": ping\n")
    talk.comment(1)


def only(talk: Talk, now_ns: int | None = None) -> StreamRow:
    (row,) = talk.into(StreamStats()).rows(now_ns)
    return row


def test_a_stream_from_request_to_end() -> None:
    talk = Talk()
    listen(talk)
    talk.clock.advance(0.5)
    talk.headers(1)
    talk.clock.advance(2)
    talk.chunk(1)
    talk.hear(FrameReceived, 1, note="endpoint")
    talk.clock.advance(1)
    talk.chunk(1)
    talk.message(1, MessageType.NOTIFICATION)
    talk.clock.advance(3)
    talk.end(1, EndCause.END_OF_STREAM, "The server ended the stream.")
    talk.clock.advance(100)

    row = only(talk, talk.clock.monotonic_ns())
    assert (row.purpose, row.method, row.status, row.content_type) == ("stream", "GET", 200, "text/event-stream")
    assert (row.bytes_received, row.chunks, row.events, row.comments) == (20, 2, 2, 0)
    assert (row.age_ms, row.longest_silence_ms) == (6_500.0, 3_000.0)
    assert (row.ended, row.sentence) == (EndCause.END_OF_STREAM, "The server ended the stream.")


def test_heartbeats_have_a_cadence() -> None:
    talk = Talk()
    listen(talk)
    talk.headers(1)
    for gap_s in (5.0, 5.1, 4.9, 5.0, 5.2):
        talk.clock.advance(gap_s)
        beat(talk)
        beat(talk)  # a second line of the same comment

    row = only(talk)
    assert row.comments == 10
    assert row.heartbeat is not None
    assert row.heartbeat.median_ms == pytest.approx(5_050.0)
    assert row.heartbeat.deviation_ms == pytest.approx(100.0)


def test_one_heartbeat_has_no_cadence() -> None:
    talk = Talk()
    listen(talk)
    beat(talk)
    assert only(talk).heartbeat is None


def test_an_open_stream_ages_and_its_silence_lasts() -> None:
    talk = Talk()
    listen(talk)
    talk.headers(1)
    talk.chunk(1)
    now_ns = talk.clock.monotonic_ns() + 41_800_000_000
    assert only(talk).age_ms == 0.0
    assert only(talk, now_ns).age_ms == only(talk, now_ns).longest_silence_ms == 41_800.0
    assert only(talk, now_ns).ended is None


def test_waiting_for_headers_is_not_silence() -> None:
    talk = Talk()
    listen(talk)
    row = only(talk, talk.clock.monotonic_ns() + 3_200_000_000)
    assert (row.status, row.longest_silence_ms, row.age_ms) == (None, None, 3_200.0)


def test_a_recording_may_start_in_the_middle_of_a_stream() -> None:
    talk = Talk()
    talk.chunk(7)
    row = only(talk)
    assert (row.stream, row.purpose, row.status, row.bytes_received) == (7, "", None, 10)


def test_old_streams_are_summed_up_and_open_ones_stay() -> None:
    talk = Talk()
    listen(talk)
    for stream in range(2, MAX_FINISHED + 12):
        talk.send(stream, purpose="ping")
        talk.chunk(stream)
        talk.end(stream)

    stats = talk.into(StreamStats())
    rows = stats.rows()
    assert len(rows) == MAX_FINISHED + 1
    assert (rows[0].stream, rows[1].stream) == (1, 12)
    assert (stats.older.streams, stats.older.bytes_received) == (10, 100)


def test_steps_of_a_tool_are_events_of_their_stream() -> None:
    talk = Talk()
    talk.send(1)
    call = talk.call_stream(1)
    talk.headers(1)
    talk.step(1, "started", call)
    talk.step(1, "complete", call)
    (row,) = talk.into(StreamStats()).rows()
    assert row.events == 2


def test_a_stream_has_the_gaps_between_its_events_and_none_with_comments() -> None:
    talk = Talk()
    listen(talk)
    talk.headers(1)
    for gap_ms in (5, 10, 30, 20):
        talk.wait(gap_ms)
        talk.message(1, MessageType.NOTIFICATION)
        talk.comment(1)
    open_row = only(talk)
    assert (open_row.gaps.count, open_row.gaps.p50_ms, open_row.gaps.max_ms) == (3, 20.0, 30.0)
    assert open_row.gaps.jitter_ms == 15.0
    talk.end(1)
    assert only(talk).gaps == open_row.gaps


def test_a_stream_of_one_event_has_no_gaps() -> None:
    talk = Talk()
    listen(talk)
    talk.headers(1)
    talk.message(1, MessageType.NOTIFICATION)
    assert only(talk).gaps == NOTHING


def test_exchanges_say_which_socket_carried_them() -> None:
    talk = Talk()
    talk.send(1)
    talk.tell(Connected, stream=1, peer="h:1", connect_ms=1.0, socket=4)
    assert (only(talk).socket, only(talk).is_reused, only(talk).http_version) == (4, None, None)
    fields = {"status": 200, "reason": "", "headers": (), "ttfb_ms": 1.0, "http_version": "HTTP/2"}
    talk.hear(HeadersReceived, 1, socket=4, **fields)
    talk.send(2)
    talk.hear(HeadersReceived, 2, socket=4, **fields)
    talk.send(3)
    talk.hear(HeadersReceived, 3, **fields)
    rows = talk.into(StreamStats()).rows()
    assert [(row.socket, row.is_reused) for row in rows] == [(4, False), (4, True), (None, True)]
    assert {row.http_version for row in rows} == {"HTTP/2"}
