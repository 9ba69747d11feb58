"""Latency as conversations: who asked what, when the answer came, and what the table then says."""

from __future__ import annotations

from typing import Any

from inspector.stats.latency import MAX_KEYS, OTHER_KEY, LatencyRow, LatencyStats
from inspector.trace.clock import FakeClock
from inspector.trace.events import (
    CommentReceived,
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
    StreamEnded,
)
from inspector.trace.river import River


class Talk:
    """A river that is written line by line; `wait` moves its clock by milliseconds."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.river = River(self.clock)

    def wait(self, ms: float) -> None:
        self.clock.advance(ms / 1e3)

    def ask(self, method: str, stream: int, name: str | None = None) -> int:
        request = self.river.emit(
            Message,
            connection=1,
            stream=stream,
            direction=Direction.OUTBOUND,
            message_type=MessageType.REQUEST,
            framing=Framing.BODY,
            method=method,
            id=stream,
            name=name,
        )
        return request.n

    def headers(self, stream: int, ttfb_ms: float) -> None:
        self.river.emit(
            HeadersReceived,
            connection=1,
            stream=stream,
            status=200,
            reason="OK",
            http_version="1.1",
            headers=(),
            ttfb_ms=ttfb_ms,
        )

    def hear(self, stream: int, message_type: MessageType, **fields: Any) -> None:
        fields.setdefault("framing", Framing.SSE)
        self.river.emit(
            Message, connection=1, stream=stream, direction=Direction.INBOUND, message_type=message_type, **fields
        )

    def comment(self, stream: int) -> None:
        self.river.emit(
            CommentReceived,
            connection=1,
            stream=stream,
            direction=Direction.INBOUND,
            text="ping",
            offset=0,
            raw=b": ping\n",
        )

    def fail(self, request_n: int, outcome: Outcome) -> None:
        self.river.emit(
            ExchangeFailed,
            connection=1,
            request_n=request_n,
            method="ping",
            id=1,
            outcome=outcome,
            reason="it ended",
            elapsed_ms=1.0,
        )

    def end(self, stream: int) -> None:
        self.river.emit(
            StreamEnded, connection=1, stream=stream, cause=EndCause.COMPLETE, phase=Phase.BODY, sentence="Complete."
        )

    def rows(self) -> dict[str, LatencyRow]:
        stats = LatencyStats()
        stats.fold(self.river.since(0))
        return {row.key: row for row in stats.rows()}


def near(found: float | None, expected: float) -> bool:
    return found is not None and abs(found - expected) <= 0.01 * expected + 1e-9


def test_a_streamed_tool_call_is_taken_apart() -> None:
    talk = Talk()
    asked = talk.ask("tools/call", 2, name="echo")
    talk.wait(10)
    talk.headers(2, ttfb_ms=10.0)
    talk.wait(5)
    talk.comment(2)
    for _ in range(3):
        talk.wait(20)
        talk.hear(2, MessageType.NOTIFICATION, method="notifications/progress", request_n=asked)
    talk.wait(40)
    talk.hear(2, MessageType.RESPONSE, request_n=asked, rtt_ms=115.0)
    talk.end(2)

    row = talk.rows()["tools/call echo"]
    assert (row.count, row.in_flight, row.errors) == (1, 0, 0)
    assert (row.last_ms, row.max_ms, row.slowest_n) == (115.0, 115.0, asked)
    assert near(row.ttfb_p50_ms, 10)
    assert near(row.ttfe_p50_ms, 15)  # the comment came first
    assert near(row.gap_p50_ms, 20)
    assert row.gap_max_ms == 40.0


def test_an_answer_on_another_stream_is_the_first_event_too() -> None:
    talk = Talk()
    asked = talk.ask("tools/list", 2)
    talk.headers(2, ttfb_ms=3.0)
    talk.end(2)
    talk.wait(30)
    talk.hear(1, MessageType.RESPONSE, request_n=asked)

    row = talk.rows()["tools/list"]
    assert row.last_ms == 30.0
    assert near(row.ttfe_p50_ms, 30)


def test_a_plain_body_has_no_first_event_and_no_gaps() -> None:
    talk = Talk()
    asked = talk.ask("ping", 2)
    talk.wait(4)
    talk.hear(2, MessageType.RESPONSE, framing=Framing.BODY, request_n=asked, rtt_ms=4.0)

    row = talk.rows()["ping"]
    assert row.last_ms == 4.0
    assert (row.ttfe_p50_ms, row.gap_max_ms) == (None, None)


def test_a_batch_in_one_block_is_one_event() -> None:
    talk = Talk()
    asked = talk.ask("ping", 2)
    talk.wait(7)
    talk.river.emit(FrameReceived, connection=1, stream=2, direction=Direction.INBOUND, note="batch")
    talk.hear(2, MessageType.NOTIFICATION, framing=Framing.BATCH, method="notifications/message")
    talk.hear(2, MessageType.RESPONSE, framing=Framing.BATCH, request_n=asked)

    row = talk.rows()["ping"]
    assert near(row.ttfe_p50_ms, 7)
    assert row.gap_max_ms is None


def test_errors_tool_errors_and_silence_are_told_apart() -> None:
    talk = Talk()
    first, second, third, fourth, fifth, _waiting = (talk.ask("ping", stream) for stream in range(2, 8))
    talk.hear(2, MessageType.ERROR, request_n=first, error_code=-32601)
    talk.hear(3, MessageType.RESPONSE, request_n=second, is_tool_error=True)
    talk.fail(third, Outcome.LOST)
    talk.fail(fourth, Outcome.TIMED_OUT)
    talk.fail(fifth, Outcome.CANCELLED)

    row = talk.rows()["ping"]
    assert (row.count, row.errors, row.lost, row.timed_out, row.cancelled, row.in_flight) == (6, 2, 1, 1, 1, 1)


def test_an_answer_after_the_failure_and_a_second_answer_change_nothing() -> None:
    talk = Talk()
    late, twice = talk.ask("ping", 2), talk.ask("ping", 3)
    talk.fail(late, Outcome.TIMED_OUT)
    talk.hear(2, MessageType.RESPONSE, request_n=late, rtt_ms=900.0)
    talk.hear(3, MessageType.RESPONSE, request_n=twice, rtt_ms=5.0)
    talk.hear(3, MessageType.RESPONSE, request_n=twice, rtt_ms=800.0)

    row = talk.rows()["ping"]
    assert (row.in_flight, row.timed_out, row.max_ms) == (0, 1, 5.0)


def test_the_requests_of_the_server_are_not_its_latency() -> None:
    talk = Talk()
    talk.hear(1, MessageType.REQUEST, method="sampling/createMessage", id=1)
    talk.river.emit(
        Message,
        connection=1,
        stream=2,
        direction=Direction.OUTBOUND,
        message_type=MessageType.RESPONSE,
        framing=Framing.BODY,
        request_n=0,
        rtt_ms=3.0,
    )
    assert talk.rows() == {}


def test_the_slowest_call_is_found_among_all_methods() -> None:
    talk = Talk()
    for stream, (method, rtt_ms) in enumerate([("ping", 5.0), ("ping", 50.0), ("tools/list", 9.0)], start=2):
        asked = talk.ask(method, stream)
        talk.hear(stream, MessageType.RESPONSE, request_n=asked, rtt_ms=rtt_ms)
    stats = LatencyStats()
    stats.fold(talk.river.since(0))

    total = stats.total()
    assert (total.count, total.max_ms, total.slowest_n) == (3, 50.0, 2)
    assert near(total.p50_ms, 9)
    assert [row.slowest_n for row in stats.rows()] == [2, 4]


def test_endlessly_many_tool_names_share_one_row() -> None:
    talk = Talk()
    for stream in range(MAX_KEYS + 50):
        talk.ask("tools/call", stream, name=f"tool {stream}")
    rows = talk.rows()
    assert len(rows) == MAX_KEYS + 1
    assert rows[OTHER_KEY].count == 50
