"""What was written one by one and arrives at once."""

from __future__ import annotations

import pytest

from inspector.trace.events import EndCause, Message, Severity
from tests.support.deliveries import Delivery, findings

RULE = "stream-batched-at-end"


def call(talk: Delivery, stream: int, *headers: tuple[str, str]) -> Message:
    """A call of ours whose answer has begun as an event stream."""
    talk.send(stream, headers=headers)
    asked = talk.ask(stream, name="work", id=stream)
    talk.wait(1)
    talk.head(stream)
    return asked


def batch(talk: Delivery, stream: int, asked: Message, *, stamps: list[str], wait_ms: float = 2500) -> None:
    """A call whose progress comes with its answer."""
    talk.wait(wait_ms)
    for data in stamps:
        talk.progress(stream, asked, data)
        talk.wait(0.1)
    talk.answer(stream, asked, rtt_ms=wait_ms + 1)
    talk.wait(0.5)
    talk.end(stream)


def test_stamps_prove_that_it_was_held_back() -> None:
    talk = Delivery()
    asked = call(talk, 1)
    talk.wait(2500)
    logged = [talk.notify(1, talk.now(ago_s)) for ago_s in (2.0, 1.5, 1.0, 0.5)]
    talk.answer(1, asked, rtt_ms=2501)
    talk.end(1)
    found = findings(talk)[RULE]
    assert (found.severity, found.grade, found.count) == (Severity.ERROR, "proven", 1)
    assert "5 events arrived within 0 ms" in found.text and "over 1.5 s" in found.text
    assert {logged[0].n, 0} <= set(found.evidence)


def test_heartbeats_prove_it_too_by_the_end_of_a_stream() -> None:
    talk = Delivery()
    talk.ask_for_stream(1)
    talk.head(1)
    talk.wait(46_000)
    for ago_s in (45, 30, 15, 0):
        talk.comment(1, f"ping - {talk.now(ago_s)}")
    talk.end(1, EndCause.END_OF_STREAM)
    assert findings(talk)[RULE].grade == "proven"


@pytest.mark.parametrize(("batches", "grade"), [(2, None), (3, "proven")])
def test_in_the_middle_of_a_stream_three_batches_prove_it(batches: int, grade: str | None) -> None:
    talk = Delivery()
    talk.ask_for_stream(1)
    talk.head(1)
    for _ in range(batches):
        talk.wait(10_000)
        for ago_s in (9, 6, 3):
            talk.notify(1, talk.now(ago_s))
    talk.wait(5_000)
    talk.notify(1, talk.now())
    found = findings(talk).get(RULE)
    assert (found.grade if found else None) == grade


@pytest.mark.parametrize(("calls", "is_found"), [(2, False), (3, True)])
def test_a_flow_that_stops_for_once_is_no_buffer(calls: int, is_found: bool) -> None:
    talk = Delivery()
    for stream in range(1, calls + 1):
        asked = call(talk, stream)
        for _ in range(3):
            talk.wait(400)
            talk.progress(stream, asked, talk.now())
        talk.wait(2_000)
        for ago_s in (1.6, 1.2, 0.8, 0.4):
            talk.progress(stream, asked, talk.now(ago_s))
        talk.answer(stream, asked, rtt_ms=3_200)
        talk.end(stream)
    assert (RULE in findings(talk)) is is_found


def test_two_calls_without_stamps_are_likely() -> None:
    talk = Delivery()
    for stream in (1, 2):
        batch(talk, stream, call(talk, stream), stamps=["one", "two", "three"])
    found = findings(talk)[RULE]
    assert (found.severity, found.grade, found.count) == (Severity.WARN, "likely", 2)
    assert "3 progress notifications arrived together with the answer of a call of 2.5 s" in found.text


def test_one_call_without_stamps_is_a_hint() -> None:
    talk = Delivery()
    batch(talk, 1, call(talk, 1), stamps=["one", "two"])
    found = findings(talk)[RULE]
    assert (found.severity, found.grade) == (Severity.NOTE, "hint")


def test_a_silent_stream_that_ends_with_a_batch_is_a_hint() -> None:
    talk = Delivery()
    talk.ask_for_stream(1)
    talk.head(1)
    talk.wait(3_000)
    for number in range(3):
        talk.notify(1, f"{number}")
    talk.end(1, EndCause.END_OF_STREAM)
    found = findings(talk)[RULE]
    assert (found.severity, found.grade) == (Severity.NOTE, "hint")
    assert "After 3.0 s of silence 3 events came at once" in found.text


def test_a_tool_stream_is_judged_alike() -> None:
    talk = Delivery()
    for stream in (1, 2):
        talk.send(stream)
        called = talk.call_stream(stream)
        talk.head(stream)
        talk.step(stream, "started", called)
        talk.wait(3_000)
        for _ in range(2):
            talk.step(stream, "progress", called)
        talk.step(stream, "complete", called, rtt_ms=3_000.0)
        talk.end(stream)
    assert findings(talk)[RULE].grade == "likely"


def test_later_live_progress_ends_it() -> None:
    talk = Delivery()
    batch(talk, 1, call(talk, 1), stamps=["one", "two"])
    asked = call(talk, 2)
    for _ in range(3):
        talk.wait(900)
        talk.progress(2, asked)
    talk.answer(2, asked, rtt_ms=2_701)
    assert findings(talk)[RULE].over_at_s == talk.clock.time()


def test_live_delivery_says_nothing() -> None:
    talk = Delivery()
    for stream in (1, 2, 3):
        asked = call(talk, stream)
        for _ in range(5):
            talk.wait(500)
            talk.notify(stream, talk.now())
            talk.progress(stream, asked, talk.now())
        talk.answer(stream, asked, rtt_ms=2_501)
        talk.end(stream)
    assert RULE not in findings(talk)


def test_fast_calls_say_nothing() -> None:
    talk = Delivery()
    for stream in range(1, 6):
        batch(talk, stream, call(talk, stream), stamps=["a", "b", "c", "d"], wait_ms=20)
    assert RULE not in findings(talk)


def test_a_server_that_speaks_only_at_the_end_is_no_proxy() -> None:
    talk = Delivery()
    for stream in (1, 2, 3):
        asked = call(talk, stream)
        talk.wait(3_000)
        for _ in range(3):
            talk.progress(stream, asked, talk.now())
        talk.answer(stream, asked, rtt_ms=3_001)
        talk.end(stream)
    assert RULE not in findings(talk)


def test_a_replay_says_nothing() -> None:
    talk = Delivery()
    talk.ask_for_stream(1, "http://h/mcp", ("Last-Event-ID", "7"))
    talk.wait(4_000)
    talk.head(1)
    for ago_s in (3, 2, 1):
        talk.notify(1, talk.now(ago_s))
    talk.end(1, EndCause.END_OF_STREAM)
    assert RULE not in findings(talk)


def test_a_backlog_from_before_the_stream_says_nothing() -> None:
    talk = Delivery()
    talk.ask_for_stream(1)
    talk.head(1)
    talk.wait(10)
    for ago_s in (300, 200, 100):
        talk.notify(1, talk.now(ago_s))
    talk.end(1, EndCause.END_OF_STREAM)
    assert RULE not in findings(talk)


def test_after_a_sleep_of_the_machine_a_batch_is_natural() -> None:
    talk = Delivery()
    asked = call(talk, 1)
    talk.wait(100)
    talk.clock._start += 60  # the wall clock went on, the monotonic one stood still
    for ago_s in (50, 30, 10):
        talk.notify(1, talk.now(ago_s))
    talk.answer(1, asked, rtt_ms=101)
    talk.wait(3_000)
    assert RULE not in findings(talk)


def test_what_we_ended_ourselves_says_nothing() -> None:
    talk = Delivery()
    talk.ask_for_stream(1)
    talk.head(1)
    talk.wait(3_000)
    for number in range(3):
        talk.notify(1, f"{number}")
    talk.end(1, EndCause.CLOSED_BY_US)
    assert RULE not in findings(talk)


def test_through_a_quick_tunnel_the_tunnel_is_named() -> None:
    talk = Delivery()
    talk.ask_for_stream(1, "https://some-words.trycloudflare.com/sse")
    talk.head(1)
    talk.wait(5_000)
    for ago_s in (4, 3, 2, 1):
        talk.notify(1, talk.now(ago_s))
    talk.end(1, EndCause.END_OF_STREAM)
    assert {RULE, "quick-tunnel-no-sse"} <= set(findings(talk))


def test_a_flood_in_runs_counts_like_one_by_one() -> None:
    talk = Delivery()
    asked = call(talk, 1)
    talk.wait(3_000)
    for number in range(500):
        talk.notify(1 if number % 50 else 2, talk.now(2.5 - number / 250))
    talk.answer(1, asked, rtt_ms=3_000)
    assert "491 events" in findings(talk)[RULE].text


def test_nothing_is_kept_of_streams_that_ended() -> None:
    talk = Delivery()
    for stream in range(1, 30):
        talk.notify(stream)  # of streams and calls that nobody knows
        talk.message(stream, talk.notify(stream).message_type, method="notifications/progress", request_n=stream)
        talk.end(stream)
    talk.answer(None, None)
    assert findings(talk) == {}
