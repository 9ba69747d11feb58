"""Sessions that a server knows, forgets, and knows at another worker only."""

from __future__ import annotations

import pytest

from inspector.diagnose.rules.sessions import RULES
from inspector.diagnose.rules.sessions_known import MAX_REFUSALS, MAX_SESSIONS
from inspector.trace.events import BodyReceived, EndCause, Message, MessageType, Severity
from tests.support.diagnosed import S, Watched

NOT_FOUND = b'{"jsonrpc":"2.0","id":1,"error":{"code":-32600,"message":"Session not found"}}'
JSON = "application/json"


class Sessions(Watched):
    """Requests of one session, one after the other, each on a stream of its own."""

    def __init__(self, transport: str = "streamable-http") -> None:
        super().__init__(RULES, transport)

    def use(
        self,
        status: int = 200,
        body: bytes = b"",
        *,
        session: str = "one",
        method: str = "POST",
        purpose: str = "tools/call",
        url: str = "http://h/mcp",
        error: bytes = b"",
    ) -> int:
        """One request from start to end; gives its stream."""
        stream = self.next_stream()
        headers = (("Mcp-Session-Id", session),) if session else ()
        self.send(stream, method, purpose, headers=headers, url=url)
        self.wait(20)
        self.accept(stream, status, JSON)
        if error:
            fields = {"error_code": -32600, "raw": error, "message_type": MessageType.ERROR, "method": purpose}
            self.hear(Message, stream, framing="body", **fields)
        if body:
            self.hear(BodyReceived, stream, content_type=JSON, raw=body)
        self.end(stream)
        self.wait(20)
        return stream

    def lose(self, session: str = "one", status: int = 404) -> int:
        return self.use(status, NOT_FOUND, session=session)


def test_taken_after_it_was_refused_is_a_proof() -> None:
    talk = Sessions()
    talk.use()
    talk.wait(10 * S)
    talk.lose()
    talk.use()
    finding = talk.found("session-not-sticky")
    assert (finding.grade, finding.severity) == ("proven", Severity.ERROR)
    assert "once refused (404), 2 times taken" in finding.text
    assert [under.rule for under in finding.dependants] == ["session-expired"]


def test_an_answer_to_what_left_before_the_refusal_is_none() -> None:
    talk = Sessions()
    headers = (("Mcp-Session-Id", "one"),)
    talk.use()
    talk.send(77, headers=headers)
    talk.wait(10 * S)
    talk.lose()
    talk.accept(77, 200, JSON)
    talk.end(77)
    assert talk.fired() == ["session-expired"]


def test_fresh_connections_of_a_probe_count() -> None:
    talk = Sessions()
    for number in range(10):
        if number % 2:
            talk.use(404, NOT_FOUND, purpose="probe:fresh")
        else:
            talk.use(purpose="probe:fresh")
    finding = talk.found("session-not-sticky")
    assert "4 times refused (404, 404, 404, 404), 5 times taken" in finding.text


def test_a_session_refused_with_its_first_request_is_likely_one() -> None:
    talk = Sessions()
    talk.lose()
    finding = talk.found("session-not-sticky")
    assert (finding.grade, finding.dependants) == ("likely", ())
    assert "very first request" in finding.text


def test_http_sse_whose_first_post_finds_no_session() -> None:
    talk = Sessions("http+sse")
    url = "http://h/messages?session_id=abc"
    talk.use(404, b"Could not find session", session="", purpose="initialize", url=url)
    assert talk.fired() == ["session-not-sticky"]


def test_http_sse_without_a_word_of_sessions_is_another_fault() -> None:
    talk = Sessions("http+sse")
    talk.use(404, b"Not Found", session="", url="http://h/messages?session_id=abc")
    assert talk.is_silent()


def test_a_session_that_was_slept_through_is_nobodys_fault() -> None:
    talk = Sessions()
    talk.use()
    talk.sleep(3_600)
    talk.lose()
    assert talk.is_silent()


def test_one_session_lost_in_use_may_be_a_restart() -> None:
    talk = Sessions()
    talk.use()
    talk.lose()
    talk.use(session="two")
    assert talk.fired() == ["session-expired"] and talk.found("session-expired").dependants == ()


def test_two_sessions_lost_in_use_are_likely_one_and_three_a_proof() -> None:
    talk = Sessions()
    for session in ("one", "two"):
        talk.use(session=session)
        talk.lose(session)
    assert talk.found("session-not-sticky").grade == "likely"
    talk.use(session="three")
    talk.lose("three")
    assert talk.found("session-not-sticky").grade == "proven"


def test_a_session_that_stays_gone_has_expired() -> None:
    talk = Sessions()
    talk.use()
    talk.use()
    talk.wait(2_000 * S)
    talk.lose()
    talk.use(session="two")
    finding = talk.found("session-expired")
    assert talk.fired() == ["session-expired"]
    assert finding.severity is Severity.WARN
    assert "2 times" in finding.text and "2000.0 s after" in finding.text and "half an hour" in finding.text


def test_who_goes_on_with_it_makes_it_an_error() -> None:
    talk = Sessions()
    talk.use()
    talk.wait(10 * S)
    talk.lose()
    talk.lose()
    finding = talk.found("session-expired")
    assert finding.severity is Severity.ERROR and "refused 2 times by now" in finding.text


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, b'{"error":{"code":-32601,"message":"Method not found"}}'),
        (404, b"<!doctype html><html>gone</html>"),
        (400, b'{"error":{"code":-32602,"message":"Invalid params"}}'),
        (429, b"slow down"),
        (401, b"no session for you: session expired"),
    ],
)
def test_other_refusals_are_not_about_the_session(status: int, body: bytes) -> None:
    talk = Sessions()
    talk.use()
    talk.wait(10 * S)
    talk.use(status, body)
    assert talk.is_silent()


def test_a_get_that_is_not_offered_loses_no_session() -> None:
    talk = Sessions()
    talk.use()
    talk.use(404, b"Cannot GET /mcp", method="GET", purpose="stream")
    talk.use()
    assert talk.is_silent()


def test_the_end_of_a_session_is_no_loss() -> None:
    talk = Sessions()
    talk.use()
    talk.use(404, NOT_FOUND, method="DELETE", purpose="close")
    assert talk.is_silent()


def test_a_listening_stream_shows_that_it_is_known() -> None:
    talk = Sessions()
    talk.use()
    talk.wait(10 * S)
    talk.lose()
    talk.listen(99, **{"Mcp-Session-Id": "one"})
    assert talk.fired() == ["session-not-sticky"]


def test_a_lost_session_that_is_called_malformed() -> None:
    talk = Sessions()
    talk.use()
    talk.wait(10 * S)
    talk.use(400, b'{"error":{"code":-32000,"message":"Bad Request: No valid session ID provided"}}')
    finding = talk.found("session-lost-wrong-status")
    assert "answered with 400, not 404" in finding.text and "No valid session ID" in finding.text
    assert [under.rule for under in finding.dependants] == ["session-expired"]


def test_a_lost_session_that_is_answered_with_success() -> None:
    talk = Sessions()
    talk.use()
    talk.wait(10 * S)
    talk.use(error=NOT_FOUND, purpose="tools/list")
    assert "answered with 200" in talk.found("session-lost-wrong-status").text


def test_a_tool_may_speak_of_sessions_of_its_own() -> None:
    talk = Sessions()
    talk.use(error=NOT_FOUND, purpose="tools/call")
    assert talk.is_silent()


def test_400_for_no_id_at_all_is_right() -> None:
    talk = Sessions()
    talk.use(400, b"Bad Request: no valid session ID", session="")
    assert talk.is_silent()


@pytest.mark.parametrize(("status", "is_wrong"), [(404, False), (400, True), (500, True), (200, False), (403, False)])
def test_the_probe_with_an_id_that_nobody_has(status: int, is_wrong: bool) -> None:
    talk = Sessions()
    words = NOT_FOUND if status == 404 else b'{"message":"unknown"}'
    talk.use(status, words, session="random", purpose="probe:badsession")
    assert (talk.fired() == ["session-lost-wrong-status"]) is is_wrong
    assert talk.is_silent() is not is_wrong


@pytest.mark.parametrize("masked", ["•••• (32 characters)", "********"])
def test_sessions_that_are_masked_cannot_be_told_apart(masked: str) -> None:
    talk = Sessions()
    talk.lose(masked)
    talk.use(session=masked)
    talk.use(session="", url=f"http://h/messages?session_id={masked}")
    assert talk.is_silent()


def test_the_memory_is_bounded() -> None:
    talk = Sessions()
    for number in range(MAX_SESSIONS + 5):
        talk.use(session=f"s{number}")
    for number in range(MAX_REFUSALS + 5):
        talk.hear(BodyReceived, 10_000 + number, content_type="", raw=NOT_FOUND)
    talk.use(session="s0")
    assert talk.is_silent()


def test_a_request_that_was_cancelled_says_nothing() -> None:
    talk = Sessions()
    talk.use()
    talk.send(50, headers=(("Mcp-Session-Id", "one"),))
    talk.end(50, EndCause.CANCELLED_BY_US)
    assert talk.is_silent()
