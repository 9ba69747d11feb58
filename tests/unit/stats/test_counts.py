"""Counting what came."""

from __future__ import annotations

from inspector.stats.counts import Counts
from inspector.trace.events import (
    ROW_KINDS,
    AttemptMade,
    BodyReceived,
    Direction,
    FrameReceived,
    Framing,
    Message,
    MessageType,
)
from tests.support.rivers import Talk


def message(talk: Talk, direction: Direction, framing: Framing) -> None:
    talk.tell(Message, stream=1, direction=direction, message_type=MessageType.NOTIFICATION, framing=framing)


def test_frames_comments_messages_and_bytes() -> None:
    talk = Talk()
    talk.tell(AttemptMade, transport="http+sse", verdict="It answers.", succeeded=True)
    message(talk, Direction.OUTBOUND, Framing.BODY)
    talk.chunk(1, b"x" * 70)
    talk.comment(1, "")
    talk.hear(FrameReceived, 1, note="batch of 2")
    message(talk, Direction.INBOUND, Framing.BATCH)
    message(talk, Direction.INBOUND, Framing.BATCH)
    message(talk, Direction.INBOUND, Framing.SSE)
    talk.chunk(2, b"x" * 30)
    message(talk, Direction.INBOUND, Framing.BODY)
    talk.hear(BodyReceived, 3, content_type="text/html", raw=b"<html>")
    counts = talk.into(Counts())

    assert counts.received == sum(event.kind in ROW_KINDS for event in talk.since(0)) == 9
    assert counts.bytes_received == 100
    assert counts.frames == 2
    assert counts.comments == 1
    assert (counts.messages_outbound, counts.messages_inbound, counts.messages) == (1, 4, 5)


def test_the_rate_is_that_of_the_window_before_now() -> None:
    talk = Talk()
    for _ in range(200):
        talk.wait(100)
        talk.chunk(1, b"x" * 50)
        message(talk, Direction.INBOUND, Framing.SSE)
    counts = talk.into(Counts())
    now_ns = talk.clock.monotonic_ns()

    assert counts.events_per_second(now_ns) == 10.0
    assert counts.events_per_second(now_ns, 10) == 10.0
    assert counts.bytes_per_second(now_ns) == 500.0
    assert counts.events_per_second(now_ns + 500_000_000) == 5.0
    assert counts.events_per_second(now_ns + 60_000_000_000, 10) == 0.0


def test_an_event_that_is_older_than_the_window_does_not_count_as_new() -> None:
    talk = Talk()
    counts = Counts()
    for monotonic_ns in (100_000_000_000, 100_000_000_000 - 12_800_000_000):
        counts.fold([talk.message(1, MessageType.NOTIFICATION, monotonic_ns=monotonic_ns)])
    assert counts.received == 2
    assert counts.events_per_second(100_000_000_000) == 1.0


def test_steps_of_a_tool_are_frames_but_no_messages() -> None:
    talk = Talk()
    call = talk.call_stream(1)
    talk.step(1, "started", call)
    talk.step(1, "complete", call)
    talk.step(1, "result", call, framing=Framing.BODY)
    counts = talk.into(Counts())
    assert (counts.frames, counts.messages, counts.received) == (2, 0, 4)
