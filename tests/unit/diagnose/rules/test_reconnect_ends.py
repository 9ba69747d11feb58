"""Connections that break, and servers that go away."""

from __future__ import annotations

from typing import Any

import pytest

from inspector.diagnose.rules.reconnect import RULES
from inspector.trace.events import Connected, ConnectionState, EndCause, FrameReceived, Phase, Severity, StreamEnded
from tests.support.diagnosed import S, Watched

CUT, RESET, H2, DROPPED = "cut-mid-response", "tcp-reset", "h2-reset-or-goaway", "dropped-before-response"
LEFT = "server-shutting-down"
ABOUT_ENDS = [rule for rule in RULES if rule.id in (CUT, RESET, H2, DROPPED, LEFT)]
RESET_ERROR = "ReadError <- ReadError <- ConnectionResetError: [Errno 104] Connection reset by peer"
GOAWAY = "RemoteProtocolError: <ConnectionTerminated error_code:%s, last_stream_id:5, additional_data:None>"


def watched(transport: str = "streamable-http") -> Watched:
    return Watched(ABOUT_ENDS, transport)


def end(talk: Watched, stream: int, cause: EndCause, phase: Phase = Phase.BODY, **fields: Any) -> StreamEnded:
    return talk.tell(StreamEnded, stream=stream, cause=cause, phase=phase, sentence="It ended.", **fields)


@pytest.mark.parametrize("cause", [EndCause.CUT_MID_BODY, EndCause.CUT_MID_EVENT])
def test_an_answer_that_is_cut_is_an_error(cause: EndCause) -> None:
    talk = watched()
    talk.post(1)
    end(talk, 1, cause, age_ms=1_500.0, pending=b"data: {")
    found = talk.found(CUT)
    assert (found.severity, found.grade) == (Severity.ERROR, "proven")
    assert "closed 1.5 s after the request" in found.text
    assert "7 bytes of an unfinished event are lost" in found.text


def test_a_body_in_one_piece_can_be_cut_as_well() -> None:
    talk = watched()
    talk.post(1, kind="application/json")
    end(talk, 1, EndCause.CUT_MID_BODY)
    assert talk.found(CUT).severity is Severity.ERROR


def test_a_stream_cut_between_events_loses_nothing() -> None:
    talk = watched()
    talk.listen(1)
    end(talk, 1, EndCause.CUT_MID_BODY)
    assert talk.found(CUT).severity is Severity.WARN


@pytest.mark.parametrize(
    "cause",
    [
        EndCause.COMPLETE,
        EndCause.END_OF_STREAM,
        EndCause.CLOSED_BY_US,
        EndCause.CANCELLED_BY_US,
        EndCause.TIMED_OUT_BY_US,
        EndCause.REJECTED,
        EndCause.DECODING,
    ],
)
def test_other_ends_are_not_broken(cause: EndCause) -> None:
    talk = watched()
    talk.post(1)
    end(talk, 1, cause, pending=b"data: {")
    assert talk.is_silent()


def test_what_broke_while_the_machine_slept_is_nobodys_fault() -> None:
    talk = watched()
    talk.post(1)
    talk.post(2)
    talk.sleep(600)
    end(talk, 1, EndCause.RESET, error=RESET_ERROR)
    end(talk, 2, EndCause.CUT_MID_BODY)
    assert talk.is_silent()


@pytest.mark.parametrize("cause", [EndCause.RESET, EndCause.CUT_MID_EVENT])
def test_a_reset_is_one_also_in_the_middle_of_an_event(cause: EndCause) -> None:
    talk = watched()
    talk.post(1)
    end(talk, 1, cause, error=RESET_ERROR, age_ms=20_000.0, idle_ms=2_000.0, pending=b"x")
    found = talk.found(RESET)
    assert talk.fired() == [RESET]
    assert found.severity is Severity.ERROR
    assert "reset 20.0 s after the request and 2.0 s after the last byte; 1 bytes" in found.text


@pytest.mark.parametrize(
    ("idle_s", "age_s", "words"),
    [(4.5, 60.0, "load balancer whose idle timer"), (0.2, 0.3, "crashed on it"), (2.0, 3.0, "server's log")],
)
def test_when_it_was_reset_says_by_whom(idle_s: float, age_s: float, words: str) -> None:
    talk = watched()
    talk.post(1)
    end(talk, 1, EndCause.RESET, error=RESET_ERROR, age_ms=age_s * S, idle_ms=idle_s * S)
    assert words in talk.found(RESET).fix.split(". ")[0]


def test_a_reset_before_the_connection_stands_is_another_matter() -> None:
    talk = watched()
    talk.send(1)
    end(talk, 1, EndCause.RESET, Phase.CONNECT, error=RESET_ERROR)
    assert talk.is_silent()


def test_a_stream_of_http2_is_reset_by_itself() -> None:
    talk = watched()
    talk.post(1)
    error = "RemoteProtocolError: <StreamReset stream_id:1, error_code:ErrorCodes.INTERNAL_ERROR, remote_reset:True>"
    end(talk, 1, EndCause.RESET, error=error)
    found = talk.found(H2)
    assert talk.fired() == [H2]
    assert found.severity is Severity.ERROR
    assert "RST_STREAM with INTERNAL_ERROR" in found.text


@pytest.mark.parametrize(
    ("code", "name", "severity"),
    [("0", "NO_ERROR", Severity.NOTE), ("11", "ENHANCE_YOUR_CALM", Severity.WARN), ("99", "99", Severity.WARN)],
)
def test_a_goaway_is_planned_or_not(code: str, name: str, severity: Severity) -> None:
    talk = watched()
    talk.listen(1)
    end(talk, 1, EndCause.RESET, error=GOAWAY % code)
    found = talk.found(H2)
    assert found.severity is severity
    assert f"GOAWAY (last stream 5) with {name}" in found.text


def test_a_planned_goaway_that_loses_a_request_is_an_error() -> None:
    talk = watched()
    talk.post(1)
    end(talk, 1, EndCause.RESET, error=GOAWAY % "0")
    assert talk.found(H2).severity is Severity.ERROR


@pytest.mark.parametrize("cause", [EndCause.CUT_MID_HEADERS, EndCause.RESET])
def test_no_answer_at_all_is_an_error(cause: EndCause) -> None:
    talk = watched()
    talk.send(1)
    end(talk, 1, cause, Phase.HEADERS, age_ms=10.0)
    found = talk.found(DROPPED)
    assert (found.severity, found.grade) == (Severity.ERROR, "proven")


def test_a_connection_that_had_rested_was_closed_for_its_age() -> None:
    talk = watched()
    talk.post(1, kind="application/json")
    end(talk, 1, EndCause.COMPLETE)
    talk.wait(5 * S)
    talk.send(2)
    end(talk, 2, EndCause.CUT_MID_HEADERS, Phase.HEADERS)
    found = talk.found(DROPPED)
    assert (found.severity, found.grade) == (Severity.WARN, "likely")
    assert "had rested 5.0 s" in found.text


def test_a_new_connection_cannot_have_rested() -> None:
    talk = watched()
    talk.post(1, kind="application/json")
    end(talk, 1, EndCause.COMPLETE)
    talk.wait(5 * S)
    talk.send(2)
    talk.tell(Connected, stream=2, peer="h:80", connect_ms=1.0)
    end(talk, 2, EndCause.CUT_MID_HEADERS, Phase.HEADERS)
    assert talk.found(DROPPED).severity is Severity.ERROR


def test_a_connection_in_use_had_not() -> None:
    talk = watched()
    talk.post(1, kind="application/json")
    end(talk, 1, EndCause.COMPLETE)
    talk.wait(1 * S)
    talk.send(2)
    end(talk, 2, EndCause.CUT_MID_HEADERS, Phase.HEADERS)
    assert talk.found(DROPPED).severity is Severity.ERROR


def test_streams_that_end_together_are_a_server_that_left() -> None:
    talk = watched()
    talk.listen(1)
    talk.post(2)
    talk.quiet(60 * S)
    end(talk, 1, EndCause.CUT_MID_BODY)
    talk.wait(200)
    end(talk, 2, EndCause.CUT_MID_BODY)
    found = talk.found(LEFT)
    assert talk.fired() == [LEFT]
    assert (found.severity, found.grade) == (Severity.WARN, "likely")
    assert [each.rule for each in found.dependants] == [CUT]


@pytest.mark.parametrize(("transport", "is_poll"), [("streamable-http", True), ("http+sse", False)])
def test_streams_that_shall_be_asked_for_again_end_together_as_well(transport: str, is_poll: bool) -> None:
    talk = watched(transport)
    for stream in (1, 2):
        talk.listen(stream)
        talk.hear(FrameReceived, stream, raw=b"id: 1\nretry: 500\n\n", event_id="1", retry_ms=500)
    for stream in (1, 2):
        end(talk, stream, EndCause.END_OF_STREAM)
        talk.wait(100)
    assert talk.fired() == ([] if is_poll else [LEFT])


@pytest.mark.parametrize("pause_s", [1.5, 10.0])
def test_a_stream_that_ends_before_nobody_listens_is_one_too(pause_s: float) -> None:
    talk = watched()
    talk.listen(1)
    end(talk, 1, EndCause.END_OF_STREAM)
    talk.state(ConnectionState.RECONNECTING, delay_ms=pause_s * S)
    talk.wait((pause_s + 0.1) * S)
    talk.send(2, "GET", "stream")
    end(talk, 2, EndCause.REFUSED, Phase.CONNECT)
    found = talk.found(LEFT)
    assert (found.grade, found.count) == ("proven", 1)


def test_503_after_the_end_of_a_stream_says_the_same() -> None:
    talk = watched()
    talk.listen(1)
    end(talk, 1, EndCause.END_OF_STREAM)
    talk.wait(1 * S)
    talk.post(2, 503, "text/plain")
    assert talk.fired() == [LEFT]


def test_a_server_that_left_later_is_another_matter() -> None:
    talk = watched()
    talk.listen(1)
    end(talk, 1, EndCause.END_OF_STREAM)
    talk.wait(60 * S)
    talk.send(2, "GET", "stream")
    end(talk, 2, EndCause.REFUSED, Phase.CONNECT)
    assert talk.is_silent()


@pytest.mark.parametrize("cause", [EndCause.CLOSED_BY_US, EndCause.CANCELLED_BY_US])
def test_streams_that_we_close_together_are_our_own_act(cause: EndCause) -> None:
    talk = watched()
    talk.listen(1)
    talk.post(2)
    end(talk, 1, cause)
    end(talk, 2, cause)
    assert talk.is_silent()


def test_calls_that_are_answered_together_end_together() -> None:
    talk = watched()
    asked = [talk.post(stream) for stream in (1, 2, 3)]
    for stream, message in enumerate(asked, 1):
        talk.answer(stream, message)
        end(talk, stream, EndCause.END_OF_STREAM)
    assert talk.is_silent()


def test_one_stream_alone_is_no_server() -> None:
    talk = watched()
    talk.listen(1)
    talk.post(2)
    end(talk, 1, EndCause.END_OF_STREAM)
    talk.wait(1 * S)
    end(talk, 2, EndCause.END_OF_STREAM)
    assert talk.is_silent()


def test_streams_of_probes_say_nothing_of_the_server() -> None:
    talk = watched()
    for stream in (1, 2):
        talk.send(stream, "GET", "probe:hold")
        talk.accept(stream)
    end(talk, 1, EndCause.END_OF_STREAM)
    end(talk, 2, EndCause.END_OF_STREAM)
    assert talk.is_silent()
