"""Streams that somebody's timer cuts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from inspector.diagnose.rules.lifetime import RULES
from inspector.trace.events import (
    EndCause,
    FrameReceived,
    Framing,
    HeadersReceived,
    Outcome,
    Severity,
)
from tests.support.diagnosed import S, Watched

IDLE, CAP, KILLED = "idle-timeout-periodic", "lifetime-cap-periodic", "serverless-function-killed"
ABOUT_ENDS = [rule for rule in RULES if rule.id in (IDLE, CAP, KILLED)]


def watched(transport: str = "streamable-http") -> Watched:
    return Watched(ABOUT_ENDS, transport)


def live(talk: Watched, stream: int, gaps_s: Sequence[float], silence_s: float) -> dict[str, Any]:
    """Bytes come after these gaps, then none: what the end will say of it."""
    for gap_s in gaps_s:
        talk.wait(gap_s * S)
        talk.chunk(stream)
    talk.wait(silence_s * S)
    return {"idle_ms": silence_s * S, "age_ms": (sum(gaps_s) + silence_s) * S}


def cut(
    talk: Watched,
    stream: int,
    gaps_s: Sequence[float],
    silence_s: float,
    cause: EndCause = EndCause.END_OF_STREAM,
    **headers: str,
) -> None:
    """A GET stream that somebody cuts after a silence; some time later the next one may begin."""
    talk.listen(stream)
    talk.end(stream, cause, **live(talk, stream, gaps_s, silence_s))
    talk.quiet(3 * S)


def test_the_same_silence_three_times_is_a_timer() -> None:
    talk = watched()
    for stream, gaps_s in enumerate(([1.0], [20.0, 9.0], [3.0, 3.0, 40.0]), 1):
        cut(talk, stream, gaps_s, 45.0 + stream / 10)
    found = talk.found(IDLE)
    assert talk.fired() == [IDLE]
    assert (found.severity, found.grade) == (Severity.WARN, "proven")
    assert "3 streams were cut after 45.1, 45.2, 45.3 s of silence" in found.text
    assert len(found.evidence) == 9


def test_twice_suffices_where_a_product_has_that_timer() -> None:
    talk = watched()
    cut(talk, 1, [1.0], 60.2, EndCause.CUT_MID_BODY)
    assert talk.is_silent()
    cut(talk, 2, [30.0], 59.9, EndCause.RESET)
    found = talk.found(IDLE)
    assert found.grade == "likely"
    assert "nginx (`proxy_read_timeout 1h;`)" in found.fix
    assert "every 15.0 s" in found.fix


def test_twice_is_nothing_where_nobody_has_that_timer() -> None:
    talk = watched()
    cut(talk, 1, [1.0], 45.0)
    cut(talk, 2, [30.0], 45.0)
    assert talk.is_silent()


@pytest.mark.parametrize("silences_s", [(5.5, 9.0, 14.0, 23.0), (1.0, 1.0, 1.0, 1.0), (60.0, 90.0, 140.0, 61.0, 30.0)])
def test_other_silences_are_no_timer(silences_s: Sequence[float]) -> None:
    talk = watched()
    for stream, silence_s in enumerate(silences_s, 1):
        cut(talk, stream, [0.5] * stream, silence_s)
    assert talk.is_silent()


def test_a_silence_no_longer_than_others_before_is_no_idle_timer() -> None:
    talk = watched()
    for stream, count in enumerate((3, 5, 8), 1):
        cut(talk, stream, [61.0] * count, 60.0)
    assert IDLE not in talk.fired()


def test_a_request_that_died_makes_it_an_error() -> None:
    talk = watched()
    for stream in (1, 2):
        asked = talk.post(stream)
        talk.end(stream, EndCause.END_OF_STREAM, **live(talk, stream, [1.0 * stream], 60.0))
        talk.fail(asked, Outcome.LOST)
        talk.quiet(3 * S)
    found = talk.found(IDLE)
    assert found.severity is Severity.ERROR
    assert "2 of our requests got no answer" in found.text


@pytest.mark.parametrize(("last_step", "fired"), [("progress", [IDLE]), ("complete", [])])
def test_a_tool_run_is_cut_unless_it_is_complete(last_step: str, fired: list[str]) -> None:
    talk = watched("tool-stream")
    for stream in (1, 2):
        talk.send(stream, purpose="tool")
        called = talk.call_stream(stream)
        talk.accept(stream)
        told = live(talk, stream, [1.0 * stream], 60.0)
        talk.step(stream, last_step, called, rtt_ms=1.0 if last_step == "complete" else None)
        talk.end(stream, EndCause.END_OF_STREAM, **told)
        talk.quiet(3 * S)
    assert talk.fired() == fired
    assert not fired or talk.found(IDLE).severity is Severity.ERROR


def test_with_http_sse_all_requests_die_with_the_stream() -> None:
    talk = watched("http+sse")
    for stream in (1, 3):
        talk.listen(stream)
        talk.post(stream + 1, 202, "text/plain")
        talk.end(stream, EndCause.END_OF_STREAM, **live(talk, stream, [1.0 * stream], 60.0))
        talk.quiet(3 * S)
    assert talk.found(IDLE).severity is Severity.ERROR


@pytest.mark.parametrize("cause", [EndCause.CLOSED_BY_US, EndCause.CANCELLED_BY_US, EndCause.TIMED_OUT_BY_US])
def test_what_we_end_is_no_timer_of_others(cause: EndCause) -> None:
    talk = watched()
    for stream in (1, 2, 3):
        cut(talk, stream, [1.0 * stream], 60.0, cause)
    assert talk.is_silent()


def test_an_end_behind_the_answer_is_as_it_should_be() -> None:
    talk = watched()
    for stream in (1, 2, 3):
        asked = talk.post(stream)
        told = live(talk, stream, [1.0 * stream], 60.0)
        talk.answer(stream, asked)
        talk.end(stream, EndCause.END_OF_STREAM, **told)
    assert talk.is_silent()


def test_a_subscription_that_got_its_result_ended_in_order() -> None:
    talk = watched("stateless")
    for stream in (1, 2, 3):
        talk.send(stream, purpose="subscriptions/listen")
        asked = talk.ask(stream, "subscriptions/listen", id=stream)
        talk.accept(stream)
        told = live(talk, stream, [1.0 * stream], 60.0)
        talk.answer(stream, asked, framing=Framing.SSE)
        talk.end(stream, EndCause.END_OF_STREAM, **told)
    assert talk.is_silent()


def test_streams_that_end_together_are_a_restart() -> None:
    talk = watched()
    for first in (1, 3, 5):
        talk.listen(first)
        talk.listen(first + 1)
        told = live(talk, first, [1.0 * first], 60.0)
        talk.end(first, EndCause.CUT_MID_BODY, **told)
        talk.wait(100)
        talk.end(first + 1, EndCause.CUT_MID_BODY, **told)
        talk.quiet(3 * S)
    assert talk.is_silent()


def test_a_machine_that_slept_explains_its_ends() -> None:
    talk = watched()
    for stream in (1, 2, 3):
        talk.listen(stream)
        talk.sleep(600)
        talk.end(stream, EndCause.CUT_MID_BODY, **live(talk, stream, [1.0 * stream], 60.0))
    assert talk.is_silent()


def test_a_constant_age_under_heartbeats_is_a_limit() -> None:
    talk = watched()
    for stream, count in enumerate((14, 13), 1):
        beats = [300.0 / (count + 1)] * count
        cut(talk, stream, beats, 300.2 - sum(beats), EndCause.CUT_MID_BODY)
    found = talk.found(CAP)
    assert talk.fired() == [CAP]
    assert found.grade == "likely"
    assert "at the age of 300.2 s" in found.text
    assert "Cloud Run" in found.fix


def test_never_a_byte_is_for_the_idle_rule_alone() -> None:
    talk = watched()
    for stream in (1, 2, 3):
        cut(talk, stream, [], 300.0)
    assert talk.fired() == [IDLE]
    assert "Cloud Run" in talk.found(IDLE).fix


def test_where_silence_and_age_are_alike_it_is_not_said_to_be_the_age() -> None:
    talk = watched()
    for stream in (1, 2):
        cut(talk, stream, [2.0], 8.0)
    assert talk.is_silent()
    cut(talk, 3, [2.0], 8.0)
    assert talk.fired() == [IDLE]


@pytest.mark.parametrize("ages_s", [(60.0, 90.0, 140.0), (0.4, 0.4, 0.4)])
def test_other_ages_are_no_limit(ages_s: Sequence[float]) -> None:
    talk = watched()
    for stream, age_s in enumerate(ages_s, 1):
        cut(talk, stream, [age_s / 10] * 10, 0.01)
    assert talk.is_silent()


def test_polling_with_a_retry_is_wanted() -> None:
    talk = watched()
    for stream in (1, 2, 3):
        talk.listen(stream)
        talk.hear(FrameReceived, stream, raw=b"retry: 3000\n\n", retry_ms=3_000)
        talk.end(stream, EndCause.END_OF_STREAM, **live(talk, stream, [5.0] * 6, 0.1))
        talk.quiet(3 * S)
    assert talk.is_silent()


def test_a_platform_that_limits_functions_is_named() -> None:
    talk = watched()
    for stream in (1, 2):
        talk.send(stream, "GET", "stream")
        headers = (("Content-Type", "text/event-stream"), ("x-vercel-id", "fra1::abc"))
        fields = {"status": 200, "reason": "", "http_version": "HTTP/1.1", "ttfb_ms": 1.0}
        talk.hear(HeadersReceived, stream, headers=headers, **fields)
        talk.end(stream, EndCause.CUT_MID_BODY, **live(talk, stream, [10.0] * 6, 0.1))
        talk.quiet(3 * S)
    found = talk.found(KILLED)
    assert talk.fired() == [KILLED]
    assert "They came from Vercel" in found.text
    assert [each.rule for each in found.dependants] == [CAP]


def test_ends_of_two_servers_are_not_compared() -> None:
    talk = watched()
    cut(talk, 1, [1.0], 60.0)
    talk.send(2, "GET", "stream", url="http://other/mcp")
    talk.accept(2)
    talk.end(2, EndCause.END_OF_STREAM, **live(talk, 2, [20.0], 60.0))
    assert talk.is_silent()
