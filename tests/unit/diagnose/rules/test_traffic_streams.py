"""What comes after an answer, the server's own requests, and traffic of other sessions."""

from __future__ import annotations

import pytest

from inspector.diagnose.finding import Finding
from inspector.diagnose.rules.traffic import RULES
from inspector.trace.events import ConnectionState, Direction, EndCause, Framing, Message, MessageType, Severity
from tests.support.diagnosed import S, Watched

STATELESS = "stateless"


def answered(transport: str = "streamable-http") -> tuple[Watched, Message]:
    """A call whose stream is open after its answer."""
    session = Watched(RULES, transport)
    return session, session.answer(1, session.post(1), method="tools/call", name="slow")


def test_a_stream_that_stays_open_after_its_answer_is_told() -> None:
    session, answer = answered()
    session.quiet(6 * S)
    finding = session.found("message-after-final")
    assert "tools/call slow was still open 5.0 s after its answer" in finding.text
    assert answer.n in finding.evidence and finding.severity is Severity.WARN


def test_a_stream_that_ends_with_its_answer_is_right() -> None:
    session, _ = answered()
    session.wait(0.1 * S)
    session.end(1)
    session.quiet(60 * S)
    assert session.is_silent()


def test_a_machine_that_slept_saw_no_open_stream() -> None:
    session, _ = answered()
    session.sleep(600)
    session.quiet(60 * S)
    assert session.is_silent()


def test_what_follows_the_answer_is_told() -> None:
    session, answer = answered()
    late = session.notify(1, "notifications/message")
    session.end(1)
    finding = session.found("message-after-final")
    assert finding.evidence == (answer.n, late.n) and "notifications/message came" in finding.text


def test_what_the_session_tells_itself_is_not_told_twice() -> None:
    session, _ = answered(STATELESS)
    session.notify(1, "notifications/message")
    session.end(1)
    assert session.is_silent()


def test_other_streams_go_on_after_an_answer() -> None:
    session = Watched(RULES)
    session.listen(1)
    session.answer(2, session.post(2))
    session.end(2)
    session.notify(1, "notifications/tools/list_changed")
    session.quiet(60 * S)
    assert session.is_silent()


def test_a_stream_of_two_requests_ends_with_the_second_answer() -> None:
    session = Watched(RULES)
    first = session.post(1)
    second = session.ask(1, id=9)
    session.answer(1, first)
    session.notify(1, "notifications/message")
    session.quiet(6 * S)
    session.answer(1, second)
    session.end(1)
    assert "message-after-final" not in session.fired()


def pinged(method: str = "ping", transport: str = "streamable-http") -> tuple[Watched, Message]:
    session = Watched(RULES, transport)
    session.listen(1)
    return session, session.message(1, MessageType.REQUEST, method=method, id="s-1")


def reply(session: Watched, ping: Message, stream: int = 2) -> Message:
    session.send(stream, purpose="answer to ping")
    kind, framing = MessageType.RESPONSE, Framing.BODY
    return session.tell(
        Message,
        stream=stream,
        direction=Direction.OUTBOUND,
        message_type=kind,
        framing=framing,
        request_n=ping.n,
        method=ping.method,
        id=ping.id,
    )


def only(session: Watched) -> Finding:
    (finding,) = session.findings()
    return finding


def test_a_ping_whose_answer_is_not_taken_is_unanswered() -> None:
    session, ping = pinged()
    answer = reply(session, ping)
    session.quiet(6 * S)
    finding = only(session)
    assert finding.rule == "server-ping-unanswered" and finding.evidence == (ping.n, answer.n)


def test_a_ping_that_nobody_answers_is_unanswered() -> None:
    session, ping = pinged()
    session.quiet(6 * S)
    finding = only(session)
    assert finding.rule == "server-ping-unanswered" and "got no answer within 5.0 s" in finding.text
    assert finding.evidence == (ping.n,)


@pytest.mark.parametrize("status", [400, 405, 500])
def test_an_answer_that_is_refused_was_not_understood(status: int) -> None:
    session, ping = pinged()
    reply(session, ping)
    session.accept(2, status, "text/plain")
    session.quiet(6 * S)
    finding = only(session)
    assert finding.rule == "server-ping-not-understood" and f"refused with {status}" in finding.text


@pytest.mark.parametrize("status", [200, 202, 401, 404, 503])
def test_an_answer_that_was_taken_or_met_something_else_is_right(status: int) -> None:
    session, ping = pinged()
    reply(session, ping)
    session.accept(2, status, "text/plain")
    session.end(2)
    session.quiet(6 * S)
    assert session.is_silent()


@pytest.mark.parametrize("method", ["sampling/createMessage", "elicitation/create"])
def test_what_a_person_answers_may_take_its_time(method: str) -> None:
    session, _ = pinged(method)
    session.quiet(60 * S)
    assert session.is_silent()


def test_a_session_that_ended_owes_no_answer() -> None:
    session, _ = pinged()
    session.wait(1 * S)
    session.state(ConnectionState.CLOSED)
    session.wait(10 * S)
    session.end(1, EndCause.CLOSED_BY_US)
    assert session.is_silent()


def test_a_request_that_the_revision_forbids_is_told_elsewhere() -> None:
    session, _ = pinged(transport=STATELESS)
    session.quiet(6 * S)
    assert session.is_silent()


def two_sessions() -> Watched:
    """The first connection, and a second one that has a request with the id 7 on its way."""
    session = Watched(RULES)
    session.state(ConnectionState.OPEN)
    session.state(ConnectionState.OPEN, connection=2)
    return session


def test_an_answer_that_another_session_waits_for_is_foreign() -> None:
    session = two_sessions()
    asked = session.ask(2, id=7, connection=2)
    strays = [session.answer(1, None, id=7)]
    session.answer(2, asked, id=7, connection=2)
    strays.append(session.answer(1, None, id=7))
    finding = session.found("foreign-session-traffic")
    assert finding.severity is Severity.ERROR and finding.count == 2 and finding.grade == "proven"
    assert finding.evidence == (asked.n, strays[0].n, strays[1].n)


def test_progress_that_another_session_asked_for_is_foreign() -> None:
    session = two_sessions()
    asked = session.ask(2, id=7, progress_token=7, connection=2)
    stray = session.notify(1, "notifications/progress", progress_token=7)
    finding = session.found("foreign-session-traffic")
    assert finding.evidence == (asked.n, stray.n) and finding.grade == "likely"


def test_two_sessions_with_the_same_ids_are_no_strangers() -> None:
    session = two_sessions()
    asked = [session.ask(n, id=7, progress_token=7, connection=n) for n in (1, 2)]
    for n, request in enumerate(asked, 1):
        session.notify(n, "notifications/progress", request, progress_token=7, connection=n)
    for n, request in enumerate(asked, 1):
        session.answer(n, request, id=7, connection=n)
    assert session.is_silent()


def test_a_second_answer_long_after_the_other_sessions_is_its_own_matter() -> None:
    session = two_sessions()
    session.answer(2, session.ask(2, id=7, connection=2), id=7, connection=2)
    session.wait(3 * S)
    session.answer(1, None, id=7)
    assert session.is_silent()


def test_one_session_alone_receives_nothing_foreign() -> None:
    session = Watched(RULES)
    session.answer(1, None, id=7)
    session.notify(1, "notifications/progress", progress_token=7)
    assert session.is_silent()


def test_changes_are_for_everybody() -> None:
    session = two_sessions()
    for n in (1, 2):
        session.notify(n, "notifications/tools/list_changed", connection=n)
    assert session.is_silent()
