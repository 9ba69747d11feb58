from __future__ import annotations

from typing import Any

from inspector.stats.call_points import CallOutcome, CallPoints
from inspector.stats.latency import MAX_KEYS, OTHER_KEY
from inspector.trace.events import Direction, Framing, Message, MessageType, Outcome
from tests.support.rivers import Talk

MS = 10**6


def told(calls: CallPoints) -> list[tuple[Any, ...]]:
    columns = (calls.points.column(name) for name in ("at_ns", "ms", "n", "key", "outcome"))
    return [
        (at_ns, ms, n, calls.keys[key], CallOutcome(outcome))
        for at_ns, ms, n, key, outcome in zip(*columns, strict=True)
    ]


def test_a_call_is_a_point_whatever_became_of_it() -> None:
    talk = Talk()
    asked = [talk.ask(n, name="echo") for n in range(1, 5)]
    listed = talk.ask(5, "tools/list")
    talk.wait(20)
    facts = {"method": "tools/call", "name": "echo"}
    talk.answer(1, asked[0], rtt_ms=20.5, **facts)
    talk.answer(2, asked[1], rtt_ms=21.0, is_tool_error=True, **facts)
    talk.message(3, MessageType.ERROR, asked[2], rtt_ms=22.0, **facts)
    talk.fail(asked[3], Outcome.TIMED_OUT, 23.0)
    talk.answer(5, listed, rtt_ms=24.0, method="tools/list")
    calls = talk.into(CallPoints())
    at_ns = 20 * MS
    assert told(calls) == [
        (at_ns, 20.5, asked[0].n, "tools/call echo", CallOutcome.ANSWERED),
        (at_ns, 21.0, asked[1].n, "tools/call echo", CallOutcome.FAILED),
        (at_ns, 22.0, asked[2].n, "tools/call echo", CallOutcome.FAILED),
        (at_ns, 23.0, asked[3].n, "tools/call", CallOutcome.TIMED_OUT),
        (at_ns, 24.0, listed.n, "tools/list", CallOutcome.ANSWERED),
    ]


def test_what_is_no_length_of_time_is_left_out() -> None:
    talk = Talk()
    for rtt_ms in (float("inf"), float("nan"), -3.0, 2.0):
        talk.answer(1, talk.ask(1), rtt_ms=rtt_ms, method="ping")
    assert [ms for _, ms, _, _, _ in told(talk.into(CallPoints()))] == [0.0, 2.0]


def test_the_step_that_ends_a_tool_stream_is_a_point() -> None:
    talk = Talk()
    asked = talk.call_stream(1, "echo")
    talk.step(1, "progress", asked)
    talk.step(1, "complete", asked, rtt_ms=5.0)
    other = talk.call_stream(2, "echo")
    talk.step(2, "error", other, rtt_ms=6.0)
    assert [(ms, n, outcome) for _, ms, n, _, outcome in told(talk.into(CallPoints()))] == [
        (5.0, asked.n, CallOutcome.ANSWERED),
        (6.0, other.n, CallOutcome.FAILED),
    ]


def test_there_are_never_more_keys_than_can_be_shown() -> None:
    talk = Talk()
    for number in range(MAX_KEYS + 5):
        asked = talk.ask(None, f"m{number}")
        talk.answer(None, asked, rtt_ms=1.0, method=f"m{number}")
    calls = talk.into(CallPoints())
    assert len(calls.keys) == MAX_KEYS + 1
    assert calls.keys[-1] == OTHER_KEY
    assert len(calls._key_numbers) == MAX_KEYS + 1
    assert told(calls)[-1][3] == OTHER_KEY


def test_what_the_server_asked_of_us_is_no_call() -> None:
    talk = Talk()
    asked = talk.message(1, MessageType.REQUEST, method="ping")
    talk.tell(
        Message,
        direction=Direction.OUTBOUND,
        message_type=MessageType.RESPONSE,
        framing=Framing.BODY,
        method="ping",
        request_n=asked.n,
        rtt_ms=0.7,
    )
    assert told(talk.into(CallPoints())) == []
