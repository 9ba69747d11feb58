"""Counting what came."""

from __future__ import annotations

from inspector.stats.counts import Counts
from inspector.trace.clock import FakeClock
from inspector.trace.events import (
    ROW_KINDS,
    AttemptMade,
    BodyReceived,
    ChunkReceived,
    CommentReceived,
    Direction,
    FrameReceived,
    Framing,
    Message,
    MessageType,
)
from inspector.trace.river import River


def message(river: River, direction: Direction, framing: Framing) -> None:
    river.emit(Message, stream=1, direction=direction, message_type=MessageType.NOTIFICATION, framing=framing)


def test_frames_comments_messages_and_bytes() -> None:
    river = River(FakeClock())
    river.emit(AttemptMade, transport="http+sse", verdict="It answers.", succeeded=True)
    message(river, Direction.OUTBOUND, Framing.BODY)
    river.emit(ChunkReceived, stream=1, direction=Direction.INBOUND, offset=0, data=b"x" * 70)
    river.emit(CommentReceived, stream=1, direction=Direction.INBOUND, text="", offset=0, raw=b":\n")
    river.emit(FrameReceived, stream=1, direction=Direction.INBOUND, note="batch of 2")
    message(river, Direction.INBOUND, Framing.BATCH)
    message(river, Direction.INBOUND, Framing.BATCH)
    message(river, Direction.INBOUND, Framing.SSE)
    river.emit(ChunkReceived, stream=2, direction=Direction.INBOUND, offset=0, data=b"x" * 30)
    message(river, Direction.INBOUND, Framing.BODY)
    river.emit(BodyReceived, stream=3, direction=Direction.INBOUND, content_type="text/html", raw=b"<html>")
    counts = Counts()
    counts.fold(river.since(0))

    assert counts.received == sum(event.kind in ROW_KINDS for event in river.since(0)) == 9
    assert counts.bytes_received == 100
    assert counts.frames == 2
    assert counts.comments == 1
    assert (counts.messages_outbound, counts.messages_inbound, counts.messages) == (1, 4, 5)


def test_the_rate_is_that_of_the_window_before_now() -> None:
    clock = FakeClock()
    river = River(clock)
    for _ in range(200):
        clock.advance(0.1)
        river.emit(ChunkReceived, stream=1, direction=Direction.INBOUND, offset=0, data=b"x" * 50)
        message(river, Direction.INBOUND, Framing.SSE)
    counts = Counts()
    counts.fold(river.since(0))
    now_ns = clock.monotonic_ns()

    assert counts.events_per_second(now_ns) == 10.0
    assert counts.events_per_second(now_ns, 10) == 10.0
    assert counts.bytes_per_second(now_ns) == 500.0
    assert counts.events_per_second(now_ns + 500_000_000) == 5.0
    assert counts.events_per_second(now_ns + 60_000_000_000, 10) == 0.0


def test_an_event_that_is_older_than_the_window_does_not_count_as_new() -> None:
    river = River(FakeClock())
    counts = Counts()
    for monotonic_ns in (100_000_000_000, 100_000_000_000 - 12_800_000_000):
        message_at = river.emit(
            Message,
            monotonic_ns=monotonic_ns,
            message_type=MessageType.NOTIFICATION,
            framing=Framing.SSE,
            direction=Direction.INBOUND,
        )
        counts.fold([message_at])
    assert counts.received == 2
    assert counts.events_per_second(100_000_000_000) == 1.0
