"""Streams as conversations."""

from __future__ import annotations

import pytest

from inspector.stats.streams import MAX_FINISHED, StreamRow, StreamStats
from inspector.trace.clock import FakeClock
from inspector.trace.events import (
    ChunkReceived,
    CommentReceived,
    Direction,
    EndCause,
    FrameReceived,
    Framing,
    HeadersReceived,
    Message,
    MessageType,
    Phase,
    RequestSent,
    StreamEnded,
)
from inspector.trace.river import River


class Talk:
    """A river about HTTP exchanges."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.river = River(self.clock)

    def request(self, stream: int, purpose: str = "stream", method: str = "GET") -> None:
        self.river.emit(
            RequestSent,
            connection=1,
            stream=stream,
            direction=Direction.OUTBOUND,
            method=method,
            url="http://127.0.0.1/sse",
            purpose=purpose,
        )

    def headers(self, stream: int, content_type: str = "text/event-stream") -> None:
        self.river.emit(
            HeadersReceived,
            connection=1,
            stream=stream,
            direction=Direction.INBOUND,
            status=200,
            reason="OK",
            http_version="1.1",
            headers=(("Content-Type", content_type),),
            ttfb_ms=1.0,
        )

    def chunk(self, stream: int, data: bytes = b"0123456789") -> None:
        self.river.emit(ChunkReceived, connection=1, stream=stream, direction=Direction.INBOUND, offset=0, data=data)

    def comment(self, stream: int) -> None:
        self.chunk(stream, b": ping\n")
        self.river.emit(
            CommentReceived,
            connection=1,
            stream=stream,
            direction=Direction.INBOUND,
            text="ping",
            offset=0,
            raw=b": ping\n",
        )

    def end(self, stream: int, cause: EndCause = EndCause.END_OF_STREAM) -> None:
        self.river.emit(
            StreamEnded,
            connection=1,
            stream=stream,
            cause=cause,
            phase=Phase.BODY,
            sentence="The server ended the stream.",
        )

    def stats(self) -> StreamStats:
        stats = StreamStats()
        stats.fold(self.river.since(0))
        return stats

    def only(self, now_ns: int | None = None) -> StreamRow:
        (row,) = self.stats().rows(now_ns)
        return row


def test_a_stream_from_request_to_end() -> None:
    talk = Talk()
    talk.request(1)
    talk.clock.advance(0.5)
    talk.headers(1)
    talk.clock.advance(2)
    talk.chunk(1)
    talk.river.emit(FrameReceived, connection=1, stream=1, direction=Direction.INBOUND, note="endpoint")
    talk.clock.advance(1)
    talk.chunk(1)
    talk.river.emit(
        Message,
        connection=1,
        stream=1,
        direction=Direction.INBOUND,
        message_type=MessageType.NOTIFICATION,
        framing=Framing.SSE,
    )
    talk.clock.advance(3)
    talk.end(1)
    talk.clock.advance(100)

    row = talk.only(talk.clock.monotonic_ns())
    assert (row.purpose, row.method, row.status, row.content_type) == ("stream", "GET", 200, "text/event-stream")
    assert (row.bytes_received, row.chunks, row.events, row.comments) == (20, 2, 2, 0)
    assert (row.age_ms, row.longest_silence_ms) == (6_500.0, 3_000.0)
    assert (row.ended, row.sentence) == (EndCause.END_OF_STREAM, "The server ended the stream.")


def test_heartbeats_have_a_cadence() -> None:
    talk = Talk()
    talk.request(1)
    talk.headers(1)
    for gap_s in (5.0, 5.1, 4.9, 5.0, 5.2):
        talk.clock.advance(gap_s)
        talk.comment(1)
        talk.comment(1)  # a second line of the same comment

    row = talk.only()
    assert row.comments == 10
    assert row.heartbeat is not None
    assert row.heartbeat.median_ms == pytest.approx(5_050.0)
    assert row.heartbeat.deviation_ms == pytest.approx(100.0)


def test_one_heartbeat_has_no_cadence() -> None:
    talk = Talk()
    talk.request(1)
    talk.comment(1)
    assert talk.only().heartbeat is None


def test_an_open_stream_ages_and_its_silence_lasts() -> None:
    talk = Talk()
    talk.request(1)
    talk.headers(1)
    talk.chunk(1)
    now_ns = talk.clock.monotonic_ns() + 41_800_000_000
    assert talk.only().age_ms == 0.0
    assert talk.only(now_ns).age_ms == talk.only(now_ns).longest_silence_ms == 41_800.0
    assert talk.only(now_ns).ended is None


def test_waiting_for_headers_is_not_silence() -> None:
    talk = Talk()
    talk.request(1)
    row = talk.only(talk.clock.monotonic_ns() + 3_200_000_000)
    assert (row.status, row.longest_silence_ms, row.age_ms) == (None, None, 3_200.0)


def test_a_recording_may_start_in_the_middle_of_a_stream() -> None:
    talk = Talk()
    talk.chunk(7)
    row = talk.only()
    assert (row.stream, row.purpose, row.status, row.bytes_received) == (7, "", None, 10)


def test_old_streams_are_summed_up_and_open_ones_stay() -> None:
    talk = Talk()
    talk.request(1)
    for stream in range(2, MAX_FINISHED + 12):
        talk.request(stream, purpose="ping", method="POST")
        talk.chunk(stream)
        talk.end(stream)

    stats = talk.stats()
    rows = stats.rows()
    assert len(rows) == MAX_FINISHED + 1
    assert (rows[0].stream, rows[1].stream) == (1, 12)
    assert (stats.older.streams, stats.older.bytes_received) == (10, 100)
