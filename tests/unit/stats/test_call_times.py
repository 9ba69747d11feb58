"""Calls taken apart: conversations with known times, and what is then known of each call."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from inspector.stats import call_book
from inspector.stats.call_times import CallTimes
from inspector.stats.call_timing import CallTiming
from inspector.stats.latency import LatencyStats
from inspector.trace.events import (
    Connected,
    FrameReceived,
    Framing,
    HeadersReceived,
    Message,
    MessageType,
    Outcome,
    ToolStep,
)
from tests.support.disorder import Disorder
from tests.support.floods import CHUNKS, CUTS, flood, folded
from tests.support.rivers import Talk

PROGRESS = "notifications/progress"


def timing(talk: Talk, request: Message | ToolStep) -> CallTiming:
    found = talk.into(CallTimes()).timing(request.n)
    assert found is not None
    return found


def answered(talk: Talk, stream: int, ttfb_ms: float = 0.0, status: int = 200, **fields: Any) -> HeadersReceived:
    fields = {"reason": "OK", "http_version": "HTTP/2", "headers": (), "ttfb_ms": ttfb_ms, "status": status, **fields}
    return talk.hear(HeadersReceived, stream, **fields)


def test_a_streamed_call_on_a_new_socket_is_taken_apart() -> None:
    talk = Talk()
    asked = talk.ask(2, name="echo")
    talk.send(2)
    talk.wait(9)
    talk.tell(Connected, stream=2, peer="h:1", connect_ms=5.0, resolve_ms=2.0, tls_ms=4.0, socket=3)
    talk.wait(6)
    answered(talk, 2, ttfb_ms=15.0, sent_ms=10.0, socket=3)
    talk.wait(5)
    talk.chunk(2)
    talk.wait(5)
    talk.message(2, MessageType.NOTIFICATION, method="notifications/message")
    for gap_ms in (10, 20, 30):
        talk.wait(gap_ms)
        talk.message(2, MessageType.NOTIFICATION, asked, method=PROGRESS)
    talk.wait(40)
    talk.answer(2, asked, rtt_ms=125.0)
    talk.wait(7)
    talk.end(2)

    found = timing(talk, asked)
    assert (found.key, found.stream, found.outcome, found.resumed) == ("tools/call echo", 2, "answered", 0)
    assert (found.http_version, found.socket, found.is_reused) == ("HTTP/2", 3, False)
    assert (found.resolve_ms, found.connect_ms, found.tls_ms) == (2.0, 3.0, 4.0)
    assert (found.sent_ms, found.headers_ms, found.first_byte_ms, found.first_event_ms) == (10.0, 15.0, 20.0, 25.0)
    assert (found.first_progress_ms, found.total_ms, found.last_event_to_end_ms) == (35.0, 125.0, 7.0)
    assert (found.gaps.count, found.gaps.min_ms, found.gaps.p50_ms, found.gaps.max_ms) == (4, 10.0, 25.0, 40.0)
    assert found.gaps.jitter_ms == 10.0
    assert (found.server_ms, found.network_ms, found.one_way_ms) == (None, None, None)


def test_a_plain_answer_on_an_old_socket_has_few_phases() -> None:
    talk = Talk()
    asked = talk.ask(1, "ping")
    talk.wait(4)
    answered(talk, 1, ttfb_ms=4.0, socket=1)
    talk.wait(1)
    talk.chunk(1)
    talk.answer(1, asked, framing=Framing.BODY, rtt_ms=5.0)
    talk.end(1)

    found = timing(talk, asked)
    assert (found.is_reused, found.socket, found.connect_ms, found.sent_ms) == (True, 1, None, None)
    assert (found.headers_ms, found.first_byte_ms, found.total_ms) == (4.0, 5.0, 5.0)
    assert (found.first_event_ms, found.gaps.count, found.last_event_to_end_ms) == (None, 0, None)


def test_calls_that_shared_a_socket_say_so() -> None:
    talk = Talk()
    calls = []
    for stream, socket in ((1, 1), (2, 1), (3, 2)):
        calls.append(talk.ask(stream, "ping"))
        answered(talk, stream, socket=socket)
    assert [timing(talk, call).socket for call in calls] == [1, 1, 2]


def test_over_http_sse_the_answer_and_its_gaps_are_on_the_get_stream() -> None:
    talk = Talk()
    asked, other = talk.ask(2, name="slow"), talk.ask(3, "ping")
    for stream in (2, 3):
        answered(talk, stream, status=202)
        talk.chunk(stream, b"Accepted")
        talk.end(stream)
    talk.wait(30)
    first_byte_ns = talk.clock.monotonic_ns()
    talk.wait(2)
    talk.message(1, MessageType.NOTIFICATION, asked, method=PROGRESS, first_byte_ns=first_byte_ns)
    talk.wait(5)
    talk.answer(1, other)
    talk.wait(3)
    talk.answer(1, asked)

    found = timing(talk, asked)
    assert (found.first_byte_ms, found.first_event_ms, found.first_progress_ms) == (30.0, 32.0, 32.0)
    assert (found.gaps.count, found.gaps.max_ms, found.total_ms) == (1, 8.0, 40.0)
    assert timing(talk, other).gaps.count == 0


def test_a_resumed_call_goes_on_under_its_number() -> None:
    talk = Talk()
    asked = talk.ask(2, name="slow")
    answered(talk, 2, socket=1)
    talk.wait(10)
    talk.message(2, MessageType.NOTIFICATION, asked, method=PROGRESS, event_id="a-1")
    talk.end(2)
    talk.wait(100)
    talk.send(3, "GET", "resume", headers=(("Last-Event-ID", "a-1"),))
    answered(talk, 3, socket=2)
    talk.wait(5)
    talk.message(3, MessageType.NOTIFICATION, method="notifications/message", event_id="a-2")
    talk.wait(5)
    talk.answer(3, asked, rtt_ms=120.0)
    talk.wait(1)
    talk.end(3)

    found = timing(talk, asked)
    assert (found.resumed, found.stream, found.socket, found.outcome) == (1, 2, 1, "answered")
    assert (found.gaps.count, found.gaps.max_ms, found.last_event_to_end_ms) == (2, 105.0, 1.0)
    assert found.headers_ms == 0.0


def test_a_resume_of_another_stream_is_not_the_calls() -> None:
    talk = Talk()
    asked = talk.ask(2, name="slow")
    talk.message(2, MessageType.NOTIFICATION, asked, method=PROGRESS, event_id="a-1")
    talk.end(2)
    talk.send(3, "GET", "resume", headers=(("Last-Event-ID", "b-1"),))
    talk.wait(5)
    talk.message(3, MessageType.NOTIFICATION, method="notifications/message")
    found = timing(talk, asked)
    assert (found.resumed, found.gaps.count, found.outcome) == (0, 0, "in flight")


def test_a_call_that_is_over_is_not_resumed() -> None:
    talk = Talk()
    asked = talk.ask(2, name="slow")
    talk.message(2, MessageType.NOTIFICATION, asked, method=PROGRESS, event_id="a-1")
    talk.end(2)
    talk.answer(1, asked)
    talk.send(3, "GET", "resume", headers=(("Last-Event-ID", "a-1"),))
    talk.wait(5)
    talk.message(3, MessageType.NOTIFICATION, method="notifications/message")
    found = timing(talk, asked)
    assert (found.resumed, found.gaps.max_ms) == (0, 0.0)


def test_a_resume_that_failed_may_be_tried_again() -> None:
    talk = Talk()
    asked = talk.ask(2, name="slow")
    talk.message(2, MessageType.NOTIFICATION, asked, method=PROGRESS, event_id="a-1")
    talk.end(2)
    for stream in (3, 4):
        talk.wait(10)
        talk.send(stream, "GET", "resume", headers=(("Last-Event-ID", "a-1"),))
        answered(talk, stream, status=503 if stream == 3 else 200)
        if stream == 4:
            talk.message(4, MessageType.NOTIFICATION, method="notifications/message")
        talk.end(stream)
    found = timing(talk, asked)
    assert (found.resumed, found.gaps.count, found.gaps.max_ms) == (2, 1, 20.0)


def test_a_listening_stream_that_goes_on_is_no_resume_of_a_call() -> None:
    talk = Talk()
    asked = talk.ask(2, name="slow")
    talk.message(1, MessageType.NOTIFICATION, asked, method=PROGRESS, event_id="l-1")
    talk.end(2)
    talk.end(1)
    talk.send(3, "GET", "resume", headers=(("Last-Event-ID", "l-1"),))
    for _ in range(3):
        talk.wait(5)
        talk.message(3, MessageType.NOTIFICATION, method="notifications/message")
    talk.answer(3, asked)
    found = timing(talk, asked)
    assert (found.resumed, found.gaps.count, found.gaps.max_ms) == (0, 1, 15.0)


def test_the_progress_of_another_call_is_not_its_own() -> None:
    talk = Talk()
    asked, other = talk.ask(2, name="slow"), talk.ask(3, name="other")
    for _ in range(2):
        talk.wait(5)
        talk.message(2, MessageType.NOTIFICATION, other, method=PROGRESS)
    assert (timing(talk, asked).first_progress_ms, timing(talk, asked).first_event_ms) == (None, 5.0)
    assert (timing(talk, other).first_progress_ms, timing(talk, other).first_event_ms) == (5.0, 5.0)
    assert (timing(talk, asked).gaps.count, timing(talk, other).gaps.count) == (1, 0)


def test_the_end_of_a_post_says_nothing_of_events_on_the_get_stream() -> None:
    talk = Talk()
    asked = talk.ask(2, name="slow")
    talk.wait(5)
    talk.message(1, MessageType.NOTIFICATION, asked, method=PROGRESS)
    talk.wait(5)
    talk.end(2)
    talk.answer(1, asked)
    assert timing(talk, asked).last_event_to_end_ms is None


def test_a_call_sent_again_after_a_sign_in_is_measured_on_the_exchange_that_answers() -> None:
    talk = Talk()
    asked = talk.ask(1, name="echo", id=7)
    talk.tell(Connected, stream=1, peer="h:1", connect_ms=5.0, socket=1)
    answered(talk, 1, status=401, socket=1)
    talk.chunk(1, b"no")
    talk.end(1)
    talk.wait(50)
    talk.ask(2, name="echo", id=7)
    talk.wait(10)
    answered(talk, 2, ttfb_ms=10.0, sent_ms=1.0, socket=1)
    talk.wait(2)
    talk.chunk(2)
    talk.answer(2, asked, framing=Framing.BODY, rtt_ms=62.0)

    found = timing(talk, asked)
    assert (found.stream, found.is_reused, found.connect_ms) == (2, True, None)
    assert (found.sent_ms, found.headers_ms, found.first_byte_ms, found.total_ms) == (51.0, 60.0, 62.0, 62.0)
    assert [call.request_n for call in talk.into(CallTimes()).timings()] == [asked.n]


def test_a_tool_stream_is_a_call_of_its_tool() -> None:
    talk = Talk()
    call = talk.call_stream(1, "report")
    talk.wait(10)
    answered(talk, 1, ttfb_ms=10.0)
    for step in ("started", "progress"):
        talk.wait(5)
        talk.step(1, step, call)
    talk.wait(20)
    talk.step(1, "complete", call, rtt_ms=40.0)
    talk.end(1)

    found = timing(talk, call)
    assert (found.key, found.outcome, found.total_ms) == ("tools/call report", "answered", 40.0)
    assert (found.first_event_ms, found.first_progress_ms, found.gaps.max_ms) == (15.0, 20.0, 20.0)


def test_what_never_was_answered_says_how_it_ended() -> None:
    talk = Talk()
    calls = [talk.ask(stream, "ping") for stream in range(1, 6)]
    for call, outcome in zip(calls, Outcome, strict=False):
        talk.wait(2)
        talk.fail(call, outcome, elapsed_ms=9.0)
    found = talk.into(CallTimes()).timings()
    assert [(call.outcome, call.total_ms) for call in found] == [
        *((outcome.value, 9.0) for outcome in Outcome),
        ("in flight", None),
    ]


def test_the_servers_own_time_is_told_from_the_networks() -> None:
    talk = Talk()
    asked = talk.ask(1, "ping")
    talk.wait(20)
    answered(talk, 1, ttfb_ms=20.0, headers=(("Server-Timing", "db;dur=5, app;dur=7.5"),))
    talk.answer(1, asked, framing=Framing.BODY, rtt_ms=21.0)
    found = timing(talk, asked)
    assert (found.server_ms, found.server_source, found.network_ms) == (12.5, "Server-Timing", 7.5)


def test_a_server_that_claims_more_time_than_passed_has_no_network_share() -> None:
    talk = Talk()
    asked = talk.ask(1, "ping")
    talk.wait(20)
    answered(talk, 1, ttfb_ms=20.0, headers=(("Server-Timing", "total;dur=900"),))
    found = timing(talk, asked)
    assert (found.server_ms, found.network_ms) == (900.0, None)


def stamped(talk: Talk, second: float) -> bytes:
    return b'{"params":{"data":"2023-11-14T22:13:%06.3fZ working"}}' % second


def test_two_stamps_of_the_server_tell_how_long_it_worked() -> None:
    talk = Talk()  # the clock stands at 2023-11-14T22:13:20Z; the server's is 10 s ahead
    asked = talk.ask(1, name="slow")
    talk.wait(5)
    talk.message(1, MessageType.NOTIFICATION, asked, method=PROGRESS, raw=stamped(talk, 30.003))
    for _ in range(9):
        talk.wait(10)
        talk.message(1, MessageType.NOTIFICATION, method="notifications/message", raw=stamped(talk, 35.0))
    talk.wait(10)
    talk.message(1, MessageType.NOTIFICATION, method="notifications/message", raw=stamped(talk, 30.083))
    talk.wait(5)
    talk.answer(1, asked, rtt_ms=110.0)
    found = timing(talk, asked)
    assert (found.server_source, round(found.server_ms or 0, 3), round(found.network_ms or 0, 3)) == (
        "stamps",
        80.0,
        30.0,
    )
    assert round(found.one_way_ms or 0, 1) == -9_998.0


def test_dates_in_results_are_no_stamps() -> None:
    talk = Talk()
    asked = talk.ask(1, name="orders")
    talk.wait(5)
    talk.answer(1, asked, raw=b'{"result":{"content":[{"created":"2020-01-01T00:00:00Z"}]}}')
    found = timing(talk, asked)
    assert (found.one_way_ms, found.server_ms) == (None, None)


def test_a_stamp_in_meta_counts_wherever_it_is() -> None:
    talk = Talk()
    asked = talk.ask(1, name="orders")
    talk.wait(5)
    talk.answer(1, asked, raw=b'{"result":{"_meta":{"sentAt":1700000000.001},"content":[]}}')
    assert round(timing(talk, asked).one_way_ms or 0, 3) == 4.0


def test_the_gaps_of_a_batch_in_one_block_are_none() -> None:
    talk = Talk()
    asked = talk.ask(2, "ping")
    talk.wait(7)
    talk.hear(FrameReceived, 2, note="batch")
    talk.message(2, MessageType.NOTIFICATION, asked, framing=Framing.BATCH, method=PROGRESS)
    talk.answer(2, asked, framing=Framing.BATCH)
    found = timing(talk, asked)
    assert (found.first_event_ms, found.first_progress_ms, found.gaps.count) == (7.0, 7.0, 0)


def test_calls_of_a_window_are_those_that_ended_in_it_and_those_under_way() -> None:
    talk = Talk()
    early, late, waiting = (talk.ask(stream, "ping") for stream in (1, 2, 3))
    talk.wait(10)
    talk.answer(1, early)
    talk.wait(10)
    since_ns = talk.clock.monotonic_ns()
    talk.answer(2, late)
    calls = talk.into(CallTimes())
    assert [call.request_n for call in calls.timings()] == [early.n, late.n, waiting.n]
    assert [call.request_n for call in calls.timings(since_ns)] == [late.n, waiting.n]


def test_only_the_newest_calls_are_kept(monkeypatch: Any) -> None:
    monkeypatch.setattr(call_book, "MAX_PENDING", 5)
    talk = Talk()
    asked = [talk.ask(stream, "ping", id=stream) for stream in range(20)]
    calls = talk.into(CallTimes(limit=3))
    assert [call.request_n for call in calls.timings()] == [call.n for call in asked[-5:]]
    for stream in range(15, 20):
        talk.answer(stream, asked[stream])
        talk.end(stream)
    calls.fold(talk.since(20))
    assert [call.request_n for call in calls.timings()] == [call.n for call in asked[-3:]]
    assert calls.timing(asked[0].n) is None
    assert calls.timing(asked[-1].n) is not None


def test_streams_that_never_end_are_forgotten(monkeypatch: Any) -> None:
    monkeypatch.setattr(call_book, "MAX_STREAMS", 4)
    talk = Talk()
    first, *others = [talk.ask(stream, name="slow", id=stream) for stream in range(1, 8)]
    for stream in (1, 7):
        talk.message(stream, MessageType.NOTIFICATION, method="notifications/message")
    calls = talk.into(CallTimes())
    oldest, newest = calls.timing(first.n), calls.timing(others[-1].n)
    assert oldest is not None and newest is not None
    assert (oldest.first_event_ms, newest.first_event_ms) == (None, 0.0)


def test_a_call_with_endless_events_keeps_its_figures_only() -> None:
    talk = Talk()
    asked = talk.ask(1, name="flood")
    for _ in range(5_000):
        talk.wait(1)
        talk.message(1, MessageType.NOTIFICATION, method="notifications/message")
    talk.answer(1, asked)
    talk.end(1)
    found = timing(talk, asked)
    assert (found.gaps.count, found.gaps.is_exact, found.gaps.min_ms, found.gaps.max_ms) == (5_000, False, 0.0, 1.0)


@given(
    st.lists(
        st.tuples(st.integers(1, 3), st.sampled_from([None, 0, 1, 7]), st.lists(st.booleans(), max_size=4)),
        max_size=12,
    )
)
def test_a_flood_is_what_its_events_are_one_by_one(told: list[tuple[int, int | None, list[bool]]]) -> None:
    """In runs of their own, as chunks come between them; `later` events are of another moment."""
    talk = Talk()
    for stream in (1, 2):
        talk.ask(stream, name=f"tool {stream}", id=stream)
    for stream, request_n, pauses in told:
        talk.chunk(stream)
        for is_later in pauses:
            talk.wait(3.0 * is_later)
            method = "notifications/message" if request_n is None else PROGRESS
            talk.message(stream, MessageType.NOTIFICATION, request_n=request_n, method=method)
    whole, single = LatencyStats(), LatencyStats()
    whole.fold(talk.since(0))
    for n in range(len(talk)):
        single.fold(talk.since(n, 1))
    assert whole.calls.timings() == single.calls.timings()
    assert whole.rows() == single.rows()
    assert whole.samples(phase="gap").slowest_n() == single.samples(phase="gap").slowest_n()


def test_nothing_of_a_peer_raises_and_pieces_do_not_matter() -> None:
    events = Disorder(random.Random(11)).events(6_000)
    whole, pieces = CallTimes(), CallTimes()
    whole.fold(events)
    for start in range(0, len(events), 7):
        pieces.fold(events[start : start + 7])
    assert whole.timings() == pieces.timings()
    assert len(whole.timings()) > 50
    whole.finish()


@given(CHUNKS, CUTS)
def test_a_flood_is_timed_the_same_in_any_pieces(chunks: Any, cuts: list[int]) -> None:
    talk = Talk()
    for stream in (1, 2):
        talk.send(stream)
        talk.ask(stream, name="flood", id=stream)
        talk.headers(stream)
    events = flood(talk, chunks)
    found = [folded(CallTimes(), events, sizes).timings() for sizes in ([1], cuts, [10_000])]
    assert found[0] == found[1] == found[2] and len(found[0]) == 2
