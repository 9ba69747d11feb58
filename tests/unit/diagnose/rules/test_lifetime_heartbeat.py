"""Heartbeats that are missing, are events, or stopped."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from inspector.diagnose.rules.lifetime import RULES
from inspector.trace.events import EndCause, FrameReceived, Framing, MessageType, Severity
from tests.support.diagnosed import S, Watched

MISSING, HALF_OPEN, AS_EVENT = "heartbeat-missing", "half-open-silence", "heartbeat-not-a-comment"
ABOUT_BEATS = [rule for rule in RULES if rule.id in (MISSING, HALF_OPEN, AS_EVENT)]


def watched(transport: str = "streamable-http") -> Watched:
    return Watched(ABOUT_BEATS, transport)


def beat(talk: Watched, stream: int, gaps_s: Sequence[float]) -> None:
    """A comment after each of these times."""
    for gap_s in gaps_s:
        talk.wait(gap_s * S)
        talk.chunk(stream)
        talk.comment(stream)


def test_a_stream_without_a_byte_is_missed_after_twenty_seconds() -> None:
    talk = watched()
    talk.listen(1)
    talk.quiet(19.9 * S)
    assert talk.is_silent()
    talk.quiet(0.2 * S)
    found = talk.found(MISSING)
    assert (found.severity, found.grade, found.count) == (Severity.WARN, "proven", 1)
    assert "No byte has come for 20 s" in found.text
    assert "after 60 s by nginx or an AWS ALB" in found.text
    assert "after 300 s by" in found.text


def test_it_is_told_once_a_stream() -> None:
    talk = watched()
    talk.listen(1)
    talk.quiet(600 * S)
    talk.quiet(600 * S)
    assert talk.found(MISSING).count == 1


def test_on_this_machine_it_is_a_note() -> None:
    talk = watched()
    talk.send(1, "GET", "stream", url="http://127.0.0.1:1/mcp")
    talk.accept(1)
    talk.quiet(21 * S)
    assert talk.found(MISSING).severity is Severity.NOTE


def test_the_silence_begins_with_the_last_byte() -> None:
    talk = watched()
    talk.listen(1)
    for _ in range(4):
        talk.quiet(15 * S)
        talk.chunk(1)
    assert talk.is_silent()
    talk.quiet(21 * S)
    assert talk.fired() == [MISSING]


def test_heartbeats_that_come_all_the_same_make_it_untrue() -> None:
    talk = watched()
    talk.listen(1)
    beat(talk, 1, [30.0])
    assert talk.found(MISSING).over_at_s is None
    beat(talk, 1, [30.0])
    assert talk.found(MISSING).over_at_s is not None


def test_heartbeats_that_are_too_seldom_do_not() -> None:
    talk = watched()
    talk.listen(1)
    beat(talk, 1, [90.0] * 6)
    assert talk.found(MISSING).over_at_s is None


def test_it_is_over_only_when_no_stream_is_silent_any_more() -> None:
    talk = watched()
    talk.listen(1)
    talk.listen(2)
    beat(talk, 1, [30.0, 10.0])
    assert talk.found(MISSING).over_at_s is None
    beat(talk, 2, [1.0, 1.0])
    assert talk.found(MISSING).over_at_s is not None


def test_slow_heartbeats_are_heartbeats() -> None:
    talk = watched()
    talk.listen(1)
    beat(talk, 1, [10.0, 10.0, 25.0, 25.0, 25.0])
    assert talk.is_silent()


@pytest.mark.parametrize("cause", [EndCause.CLOSED_BY_US, EndCause.END_OF_STREAM])
def test_a_stream_that_ended_is_not_missed(cause: EndCause) -> None:
    talk = watched()
    talk.listen(1)
    talk.quiet(10 * S)
    talk.end(1, cause)
    talk.quiet(100 * S)
    assert talk.is_silent()


def test_a_server_at_work_on_a_young_request_is_not_missed_yet() -> None:
    talk = watched()
    talk.listen(1)
    talk.quiet(10 * S)
    talk.send(2)
    asked = talk.ask(2, id=2)
    talk.quiet(15 * S)
    assert talk.is_silent()
    talk.answer(2, asked)
    talk.quiet(6 * S)
    assert talk.fired() == [MISSING]


def test_a_machine_that_slept_saw_no_silence() -> None:
    talk = watched()
    talk.listen(1)
    talk.quiet(15 * S)
    talk.sleep(600)
    talk.quiet(10 * S)
    assert talk.is_silent()


def test_what_is_no_event_stream_needs_no_heartbeat() -> None:
    talk = watched()
    talk.post(1, kind="application/json")
    talk.quiet(100 * S)
    assert talk.is_silent()


def stopped(talk: Watched, silence_s: float) -> None:
    """Five heartbeats, 5 s apart, and then nothing."""
    talk.listen(1)
    beat(talk, 1, [5.0] * 5)
    talk.quiet(silence_s * S)


def test_heartbeats_that_stopped_are_likely_a_dead_connection() -> None:
    talk = watched()
    stopped(talk, 15.1)
    found = talk.found(HALF_OPEN)
    assert (found.severity, found.grade) == (Severity.WARN, "likely")
    assert "every 5.0 s, and for 15.0 s now none" in found.text


def test_it_is_proven_once_the_server_answers_another_request() -> None:
    talk = watched()
    stopped(talk, 15.1)
    talk.post(2, kind="application/json")
    talk.post(3, kind="application/json")
    found = talk.found(HALF_OPEN)
    assert (found.severity, found.grade, found.count) == (Severity.ERROR, "proven", 2)
    assert "Meanwhile the server answered" in found.text


def test_an_answer_before_the_check_proves_it_as_well() -> None:
    talk = watched()
    stopped(talk, 8.0)
    talk.post(2, kind="application/json")
    talk.quiet(8 * S)
    assert talk.found(HALF_OPEN).severity is Severity.ERROR
    assert talk.found(HALF_OPEN).count == 1


def test_a_heartbeat_that_comes_again_ends_it_and_is_watched_again() -> None:
    talk = watched()
    stopped(talk, 15.1)
    beat(talk, 1, [1.0])
    assert talk.found(HALF_OPEN).over_at_s is not None
    beat(talk, 1, [5.0] * 8)
    talk.quiet(16 * S)
    assert talk.found(HALF_OPEN).over_at_s is None


def test_messages_are_signs_of_life_too() -> None:
    talk = watched()
    stopped(talk, 10.0)
    talk.chunk(1)
    talk.quiet(10 * S)
    assert talk.is_silent()


def test_heartbeats_after_a_sleep_of_the_machine_count_anew() -> None:
    talk = watched()
    stopped(talk, 10.0)
    talk.sleep(600)
    talk.quiet(10 * S)
    assert talk.is_silent()


@pytest.mark.parametrize("gaps_s", [[0.01] * 50, [1.0, 9.0, 2.0, 7.0, 1.0], [5.0, 5.0]])
def test_other_comments_are_no_heartbeat_that_could_stop(gaps_s: Sequence[float]) -> None:
    talk = watched()
    talk.listen(1)
    beat(talk, 1, gaps_s)
    talk.quiet(60 * S)
    assert HALF_OPEN not in talk.fired()


def blocks(talk: Watched, raw: Sequence[bytes], gaps_s: Sequence[float], event: str = "message") -> None:
    """Blocks of a stream that carry no message."""
    talk.listen(1)
    for data, gap_s in zip(raw, gaps_s, strict=True):
        talk.wait(gap_s * S)
        talk.chunk(1)
        talk.hear(FrameReceived, 1, raw=data, event=event)


@pytest.mark.parametrize(
    ("raw", "event"),
    [
        (b"event: ping\n\n", "ping"),
        (b"event: ping\ndata: {}\n\n", "ping"),
        (b"data:\n\n", "message"),
        (b"data: still here\n\n", "message"),
    ],
)
def test_the_same_block_at_a_steady_pace_is_a_heartbeat(raw: bytes, event: str) -> None:
    talk = watched()
    blocks(talk, [raw] * 4, [15.0, 15.1, 14.9, 15.0], event)
    found = talk.found(AS_EVENT)
    assert (found.severity, len(found.evidence)) == (Severity.WARN, 4)
    assert "every 15.0 s" in found.text


def test_ids_do_not_make_heartbeats_differ() -> None:
    talk = watched()
    blocks(talk, [b"id: %d\nevent: ping\n\n" % n for n in range(4)], [5.0] * 4, "ping")
    assert talk.fired() == [AS_EVENT]


def test_a_message_of_another_kind_may_be_one_as_well() -> None:
    talk = watched()
    talk.listen(1)
    for _ in range(4):
        talk.wait(5 * S)
        talk.chunk(1)
        talk.message(1, MessageType.INVALID, raw=b'data: {"type":"ping"}\n\n')
    assert talk.fired() == [AS_EVENT]


@pytest.mark.parametrize(
    ("raw", "gaps_s"),
    [
        ([b"event: ping\n\n"] * 3, [5.0] * 3),
        ([b"event: ping\n\n"] * 6, [5.0, 1.0, 9.0, 2.0, 8.0, 1.0]),
        ([b"event: ping\n\n"] * 6, [0.01] * 6),
        ([b"data: %d\n\n" % n for n in range(6)], [5.0] * 6),
        ([b"id: %d\ndata:\n\n" % n for n in range(1)], [5.0]),
        ([b"retry: 3000\n\n"] * 6, [5.0] * 6),
    ],
)
def test_other_blocks_are_no_heartbeat(raw: Sequence[bytes], gaps_s: Sequence[float]) -> None:
    talk = watched()
    blocks(talk, raw, gaps_s)
    assert talk.is_silent()


def test_a_json_rpc_ping_is_a_request() -> None:
    talk = watched()
    talk.listen(1)
    for n in range(6):
        talk.wait(5 * S)
        talk.chunk(1)
        talk.message(1, MessageType.REQUEST, method="ping", id=n, framing=Framing.SSE, raw=b"data: {}\n\n")
    assert talk.is_silent()


@pytest.mark.parametrize("transport", ["raw-sse", "tool-stream"])
def test_other_streams_may_send_what_they_like(transport: str) -> None:
    talk = watched(transport)
    blocks(talk, [b"event: ping\n\n"] * 6, [5.0] * 6, "ping")
    assert talk.is_silent()
