"""Latency as conversations: who asked what, when the answer came, and what the table then says."""

from __future__ import annotations

from inspector.stats.latency import MAX_KEYS, OTHER_KEY, TOTAL_KEY, LatencyRow, LatencyStats
from inspector.trace.events import (
    Connected,
    Direction,
    FrameReceived,
    Framing,
    HeadersReceived,
    Message,
    MessageType,
    Outcome,
)
from tests.support.rivers import Talk


def rows(talk: Talk) -> dict[str, LatencyRow]:
    return {row.key: row for row in talk.into(LatencyStats()).rows()}


def near(found: float | None, expected: float) -> bool:
    return found is not None and abs(found - expected) <= 0.01 * expected + 1e-9


def test_a_streamed_tool_call_is_taken_apart() -> None:
    talk = Talk()
    asked = talk.ask(2, "tools/call", name="echo")
    talk.wait(10)
    talk.headers(2, ttfb_ms=10.0)
    talk.wait(5)
    talk.comment(2)
    for _ in range(3):
        talk.wait(20)
        talk.message(2, MessageType.NOTIFICATION, asked, method="notifications/progress")
    talk.wait(40)
    talk.answer(2, asked, rtt_ms=115.0)
    talk.end(2)

    row = rows(talk)["tools/call echo"]
    assert (row.count, row.in_flight, row.errors) == (1, 0, 0)
    assert (row.last_ms, row.max_ms, row.slowest_n) == (115.0, 115.0, asked.n)
    assert near(row.ttfb_p50_ms, 10)
    assert near(row.ttfe_p50_ms, 15)  # the comment came first
    assert near(row.gap_p50_ms, 20)
    assert row.gap_max_ms == 40.0


def test_an_answer_on_another_stream_is_the_first_event_too() -> None:
    talk = Talk()
    asked = talk.ask(2, "tools/list")
    talk.headers(2, ttfb_ms=3.0)
    talk.end(2)
    talk.wait(30)
    talk.answer(1, asked)

    row = rows(talk)["tools/list"]
    assert row.last_ms == 30.0
    assert near(row.ttfe_p50_ms, 30)


def test_a_plain_body_has_no_first_event_and_no_gaps() -> None:
    talk = Talk()
    asked = talk.ask(2, "ping")
    talk.wait(4)
    talk.answer(2, asked, framing=Framing.BODY, rtt_ms=4.0)

    row = rows(talk)["ping"]
    assert row.last_ms == 4.0
    assert (row.ttfe_p50_ms, row.gap_max_ms) == (None, None)


def test_a_batch_in_one_block_is_one_event() -> None:
    talk = Talk()
    asked = talk.ask(2, "ping")
    talk.wait(7)
    talk.hear(FrameReceived, 2, note="batch")
    talk.message(2, MessageType.NOTIFICATION, framing=Framing.BATCH, method="notifications/message")
    talk.answer(2, asked, framing=Framing.BATCH)

    row = rows(talk)["ping"]
    assert near(row.ttfe_p50_ms, 7)
    assert row.gap_max_ms is None


def test_errors_tool_errors_and_silence_are_told_apart() -> None:
    talk = Talk()
    first, second, third, fourth, fifth, _waiting = (talk.ask(stream, "ping") for stream in range(2, 8))
    talk.message(2, MessageType.ERROR, first, error_code=-32601)
    talk.answer(3, second, is_tool_error=True)
    talk.fail(third, Outcome.LOST)
    talk.fail(fourth, Outcome.TIMED_OUT)
    talk.fail(fifth, Outcome.CANCELLED)

    row = rows(talk)["ping"]
    assert (row.count, row.errors, row.lost, row.timed_out, row.cancelled, row.in_flight) == (6, 2, 1, 1, 1, 1)


def test_a_refused_request_is_lost() -> None:
    talk = Talk()
    talk.fail(talk.ask(1, "ping"), Outcome.REFUSED)
    row = rows(talk)["ping"]
    assert (row.count, row.lost, row.in_flight) == (1, 1, 0)


def test_an_answer_after_the_failure_and_a_second_answer_change_nothing() -> None:
    talk = Talk()
    late, twice = talk.ask(2, "ping"), talk.ask(3, "ping")
    talk.fail(late, Outcome.TIMED_OUT)
    talk.answer(2, late, rtt_ms=900.0)
    talk.answer(3, twice, rtt_ms=5.0)
    talk.answer(3, twice, rtt_ms=800.0)

    row = rows(talk)["ping"]
    assert (row.in_flight, row.timed_out, row.max_ms) == (0, 1, 5.0)


def test_the_requests_of_the_server_are_not_its_latency() -> None:
    talk = Talk()
    talk.message(1, MessageType.REQUEST, method="sampling/createMessage", id=1)
    talk.tell(
        Message,
        stream=2,
        direction=Direction.OUTBOUND,
        message_type=MessageType.RESPONSE,
        framing=Framing.BODY,
        request_n=0,
        rtt_ms=3.0,
    )
    assert rows(talk) == {}


def test_the_slowest_call_is_found_among_all_methods() -> None:
    talk = Talk()
    for stream, (method, rtt_ms) in enumerate([("ping", 5.0), ("ping", 50.0), ("tools/list", 9.0)], start=2):
        asked = talk.ask(stream, method)
        talk.answer(stream, asked, rtt_ms=rtt_ms)
    stats = talk.into(LatencyStats())

    total = stats.total()
    assert (total.count, total.max_ms, total.slowest_n) == (3, 50.0, 2)
    assert near(total.p50_ms, 9)
    assert [row.slowest_n for row in stats.rows()] == [2, 4]


def test_endlessly_many_tool_names_share_one_row() -> None:
    talk = Talk()
    for stream in range(MAX_KEYS + 50):
        talk.ask(stream, "tools/call", name=f"tool {stream}")
    by_key = rows(talk)
    assert len(by_key) == MAX_KEYS + 1
    assert by_key[OTHER_KEY].count == 50


def test_a_tool_stream_counts_like_a_call_of_its_tool() -> None:
    talk = Talk()
    for outcome in ("complete", "error", None):
        call = talk.call_stream(1, "report")
        talk.wait(10)
        talk.headers(1, ttfb_ms=10.0)
        talk.wait(5)
        talk.step(1, "started", call)
        talk.wait(20)
        if outcome is None:
            talk.fail(call, Outcome.LOST)
        else:
            talk.step(1, outcome, call, rtt_ms=35.0)
            talk.step(1, "complete", call)
        talk.end(1)

    row = rows(talk)["tools/call report"]
    assert (row.count, row.in_flight, row.errors, row.lost) == (3, 0, 1, 1)
    assert (row.last_ms, row.slowest_n) == (35.0, 0)
    assert near(row.ttfe_p50_ms, 15) and near(row.ttfb_p50_ms, 10)
    assert row.gap_max_ms == 20.0


def test_an_answer_in_one_piece_is_no_first_event() -> None:
    talk = Talk()
    call = talk.call_stream(1, "add")
    talk.wait(10)
    talk.step(1, "result", call, framing=Framing.BODY, rtt_ms=10.0)
    row = rows(talk)["tools/call add"]
    assert (row.last_ms, row.ttfe_p50_ms) == (10.0, None)


def test_a_call_sent_again_after_a_sign_in_is_one_call() -> None:
    talk = Talk()
    call = talk.call_stream(1, "report")
    talk.end(1)
    talk.wait(10)
    talk.call_stream(2, "report", request_n=call.n)
    talk.headers(2, ttfb_ms=3.0)
    talk.step(2, "started", call)
    talk.step(2, "complete", call, rtt_ms=10.0)
    row = rows(talk)["tools/call report"]
    assert (row.count, row.in_flight, row.last_ms) == (1, 0, 10.0)
    assert near(row.ttfb_p50_ms, 3.0) and near(row.ttfe_p50_ms, 10.0)


def test_a_request_sent_again_is_one_request() -> None:
    talk = Talk()
    asked = talk.ask(1, "tools/call", name="echo", id=7)
    talk.headers(1, ttfb_ms=1.0)
    talk.end(1)
    talk.wait(20)
    talk.ask(2, "tools/call", name="echo", id=7)  # after a sign-in, or in a new session
    talk.wait(10)
    talk.headers(2, ttfb_ms=10.0)
    talk.wait(10)
    talk.answer(2, asked, rtt_ms=40.0)
    talk.end(2)

    row = rows(talk)["tools/call echo"]
    assert (row.count, row.in_flight, row.errors, row.lost) == (1, 0, 0, 0)
    assert (row.last_ms, row.slowest_n) == (40.0, asked.n)
    assert near(row.ttfe_p50_ms, 40)


def test_a_request_sent_again_and_lost_is_one_loss() -> None:
    talk = Talk()
    asked = talk.ask(1, "ping", id="a")
    talk.end(1)
    talk.ask(2, "ping", id="a")
    talk.fail(asked, Outcome.LOST)
    row = rows(talk)["ping"]
    assert (row.count, row.in_flight, row.lost) == (1, 0, 1)


def test_the_same_id_in_another_session_of_another_type_or_later_is_another_request() -> None:
    talk = Talk()
    first = talk.ask(1, "ping", id=1)
    talk.ask(2, "ping", id=1, connection=2)
    talk.ask(3, "ping", id="1")
    assert rows(talk)["ping"].count == 3
    talk.answer(1, first)
    talk.ask(4, "ping", id=1)
    row = rows(talk)["ping"]
    assert (row.count, row.in_flight) == (4, 3)


def test_a_window_has_what_happened_in_it() -> None:
    talk = Talk()
    early = talk.ask(1, "ping")
    talk.ask(2, "tools/list")
    talk.wait(90)
    talk.answer(1, early)
    lost = talk.ask(3, "ping")
    talk.wait(1_000)
    since_ns = talk.clock.monotonic_ns()
    slow = talk.ask(4, "ping")
    for ms in (30, 10):
        talk.wait(ms)
        talk.answer(4, slow)
        slow = talk.ask(4, "ping")
    talk.fail(lost, Outcome.LOST)
    stats = talk.into(LatencyStats())

    ping, listing = stats.rows(since_ns)
    assert (ping.key, ping.count, ping.lost, ping.in_flight) == ("ping", 3, 1, 1)
    assert (ping.p50_ms, ping.max_ms, ping.min_ms, ping.last_ms, ping.jitter_ms) == (20.0, 30.0, 10.0, 10.0, 20.0)
    assert (listing.key, listing.count, listing.in_flight) == ("tools/list", 0, 1)
    total = stats.total(since_ns)
    assert (total.count, total.max_ms, total.in_flight) == (3, 30.0, 2)
    whole = stats.row("ping")
    assert whole is not None
    assert (whole.count, whole.max_ms, whole.slowest_n) == (5, 90.0, early.n)
    assert ping.slowest_n != early.n
    assert stats.total().max_ms == 90.0


def test_a_window_without_events_has_no_rows() -> None:
    talk = Talk()
    talk.answer(1, talk.ask(1, "ping"))
    talk.wait(5)
    stats = talk.into(LatencyStats())
    assert stats.rows(talk.clock.monotonic_ns()) == []
    assert stats.row("ping", talk.clock.monotonic_ns()) is None
    assert stats.row("nothing") is None
    total = stats.total(talk.clock.monotonic_ns())
    assert (total.count, total.p50_ms, total.last_ms, total.slowest_n) == (0, None, None, None)


def test_each_phase_has_its_median_and_its_samples() -> None:
    talk = Talk()
    asked = talk.ask(1, name="echo")
    talk.tell(Connected, stream=1, peer="h", connect_ms=7.0, resolve_ms=3.0, tls_ms=5.0, socket=1)
    talk.wait(20)
    fields = {"status": 200, "reason": "", "http_version": "HTTP/2", "headers": (("Server-Timing", "total;dur=8"),)}
    talk.hear(HeadersReceived, 1, ttfb_ms=20.0, sent_ms=16.0, **fields)
    talk.wait(2)
    talk.chunk(1)
    for _ in range(2):
        talk.wait(10)
        talk.message(1, MessageType.NOTIFICATION, asked, method="notifications/progress")
    talk.answer(1, asked)
    talk.wait(3)
    talk.end(1)
    stats = talk.into(LatencyStats())

    row = stats.row("tools/call echo")
    assert row is not None
    assert (row.connect_p50_ms, row.sent_p50_ms, row.ttfb_p50_ms, row.first_byte_p50_ms) == (4.0, 16.0, 20.0, 22.0)
    assert (row.first_progress_p50_ms, row.server_p50_ms, row.network_p50_ms) == (32.0, 8.0, 12.0)
    assert (row.last_event_to_end_p50_ms, row.gap_jitter_ms, row.gap_p99_ms) == (3.0, 10.0, 9.9)
    assert (stats.keys, row.is_exact) == (("tools/call echo",), True)
    assert stats.samples("tools/call echo", "tls").values() == [5.0]
    assert stats.samples(TOTAL_KEY, "resolve").values() == stats.samples(phase="resolve").values() == [3.0]
    assert stats.samples("nothing").values() == []


def test_all_methods_together_are_what_each_of_them_is() -> None:
    talk = Talk()
    for number, ms in enumerate((5, 1, 9, 4, 70, 2)):
        asked = talk.ask(1, f"method/{number % 3}")
        talk.wait(ms)
        talk.answer(1, asked)
        talk.end(1)
    stats = talk.into(LatencyStats())
    together = [value for key in stats.keys for value in stats.samples(key).values()]
    assert sorted(together) == sorted(stats.samples().values())
    assert stats.total().p50_ms == 4.5
    assert sum(row.count for row in stats.rows()) == stats.total().count == 6
