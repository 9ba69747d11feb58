"""Answers that do not come, or come so that others cannot use them."""

from __future__ import annotations

import json

import pytest

from inspector.diagnose.rules.traffic import RULES
from inspector.trace.events import Direction, EndCause, Framing, Message, MessageType, Outcome, Severity
from tests.support.diagnosed import S, Watched


@pytest.mark.parametrize("framing", [Framing.SSE, Framing.BODY])
@pytest.mark.parametrize("given", [None, "server-error"])
def test_an_error_without_id_in_a_good_response_is_told(framing: Framing, given: str | None) -> None:
    session = Watched(RULES)
    asked = session.post(1)
    error = session.error(1, asked, id=given, framing=framing)
    finding = session.found("error-without-id")
    assert finding.grade == "likely"
    assert finding.evidence == (asked.n, error.n) and "tools/call slow" in finding.text


def test_an_error_without_id_may_come_with_an_error_status() -> None:
    session = Watched(RULES)
    session.error(1, session.post(1, 400, "application/json"), id=None, framing=Framing.BODY)
    assert session.is_silent()


def test_an_error_with_its_id_is_right() -> None:
    session = Watched(RULES)
    session.error(1, session.post(1), id=1)
    assert session.is_silent()


def test_an_answer_on_the_get_stream_is_on_the_wrong_one() -> None:
    session = Watched(RULES)
    session.listen(1)
    asked = session.post(2)
    answer = session.answer(1, asked)
    finding = session.found("response-on-wrong-stream")
    assert finding.severity is Severity.ERROR and finding.evidence == (asked.n, answer.n)


@pytest.mark.parametrize(
    ("transport", "header", "stream"),
    [
        ("streamable-http", "", 2),  # where it belongs
        ("streamable-http", "Last-Event-ID", 1),  # what was missed comes on the stream that resumes
        ("http+sse", "", 1),  # every answer comes on the GET stream
    ],
)
def test_an_answer_where_it_belongs_is_right(transport: str, header: str, stream: int) -> None:
    session = Watched(RULES, transport)
    session.listen(1, **({header: "4"} if header else {}))
    asked = session.post(2, 202 if transport == "http+sse" else 200)
    session.answer(stream, asked)
    session.end(2)
    assert session.is_silent()


def test_silence_after_an_open_stream_is_told_and_over_with_the_answer() -> None:
    session = Watched(RULES)
    asked = session.post(1)
    session.wait(11 * S)
    session.comment(1)
    finding = session.found("request-unanswered")
    assert (finding.severity, finding.grade) == (Severity.WARN, "hint")
    assert finding.over_at_s is None and "not answered in 10.0 s" in finding.text
    session.answer(1, asked)
    finding = session.found("request-unanswered")
    assert finding.over_at_s is not None


def test_a_call_that_was_taken_and_ran_out_of_time_was_never_answered() -> None:
    session = Watched(RULES, "http+sse")
    session.listen(1)
    asked = session.post(2, 202, "text/plain")
    for _ in range(6):
        session.wait(9 * S)
        session.chunk(1, b": ping\n\n")
    session.wait(6 * S)
    session.fail(asked, Outcome.TIMED_OUT, 60_000)
    finding = session.found("request-unanswered")
    assert finding.severity is Severity.ERROR and finding.count == 1
    assert "accepted with 202 and not answered within 60.0 s" in finding.text


def test_whoever_reports_progress_is_at_work() -> None:
    session = Watched(RULES)
    asked = session.post(1)
    for _ in range(6):
        session.wait(9 * S)
        session.chunk(1)
        session.message(1, MessageType.NOTIFICATION, asked, method="notifications/progress")
    session.wait(9 * S)
    session.fail(asked, Outcome.TIMED_OUT, 63_000)
    assert session.is_silent()


def ask_back(session: Watched) -> Message:
    return session.message(1, MessageType.REQUEST, method="elicitation/create", id="s-1")


def reply(session: Watched, question: Message) -> None:
    fields = {"message_type": MessageType.RESPONSE, "framing": Framing.BODY, "request_n": question.n}
    session.tell(Message, stream=2, direction=Direction.OUTBOUND, **fields)


def test_whoever_waits_for_our_user_may_be_silent() -> None:
    session = Watched(RULES)
    asked = session.post(1)
    question = ask_back(session)
    session.quiet(55 * S)
    reply(session, question)
    session.quiet(9 * S)
    session.answer(1, asked)
    session.end(1)
    assert session.is_silent()


def test_whoever_has_our_users_answer_may_not() -> None:
    session = Watched(RULES)
    session.post(1)
    question = ask_back(session)
    session.wait(5 * S)
    reply(session, question)
    session.quiet(60 * S)
    assert session.fired() == ["request-unanswered"]


def test_our_time_limit_ran_out_while_our_user_thought() -> None:
    session = Watched(RULES)
    asked = session.post(1)
    ask_back(session)
    session.wait(60 * S)
    session.fail(asked, Outcome.TIMED_OUT, 60_000)
    assert session.is_silent()


@pytest.mark.parametrize("outcome", [Outcome.CANCELLED, Outcome.LOST])
def test_what_was_not_waited_for_is_not_unanswered(outcome: Outcome) -> None:
    session = Watched(RULES)
    session.fail(session.post(1), outcome)
    session.quiet(60 * S)
    assert session.is_silent()


def test_what_was_not_accepted_is_not_unanswered() -> None:
    session = Watched(RULES)
    session.send(1)
    asked = session.ask(1)
    session.wait(60 * S)
    session.fail(asked, Outcome.TIMED_OUT, 60_000)
    session.end(1, EndCause.TIMED_OUT_BY_US)
    assert session.is_silent()


def test_a_machine_that_slept_has_heard_nothing() -> None:
    session = Watched(RULES)
    session.post(1)
    session.sleep(3_600)
    session.quiet(60 * S)
    assert session.is_silent()


def test_a_subscription_is_not_meant_to_be_answered() -> None:
    session = Watched(RULES, "stateless")
    session.send(1, purpose="subscriptions/listen")
    session.ask(1, "subscriptions/listen")
    session.accept(1)
    session.quiet(11 * S)
    assert session.is_silent()


def text_of(text: str) -> bytes:
    return json.dumps({"result": {"content": [{"type": "text", "text": text}]}}).encode()


VALUE = {"names": ["a name of some length"] * 20}


def test_a_text_that_is_json_within_json_is_worth_a_note() -> None:
    session = Watched(RULES)
    asked = session.post(1)
    answer = session.answer(
        1, asked, method="tools/call", framing=Framing.BODY, raw=text_of(json.dumps(json.dumps(VALUE)))
    )
    finding = session.found("jsonrpc-double-encoded")
    assert finding.severity is Severity.NOTE and finding.evidence == (answer.n,)


@pytest.mark.parametrize("text", [json.dumps(VALUE), '"quoted"', json.dumps(json.dumps({"a": 1})), '"' + "x" * 300])
def test_a_text_that_is_json_once_is_right(text: str) -> None:
    session = Watched(RULES)
    session.answer(1, session.post(1), method="tools/call", framing=Framing.BODY, raw=text_of(text))
    assert session.is_silent()
