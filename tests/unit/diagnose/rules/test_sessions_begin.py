"""How sessions begin: their ids, the handshake, servers that are full, and states that come back."""

from __future__ import annotations

import pytest

from inspector.diagnose.rules.sessions import RULES
from inspector.trace.events import (
    BodyReceived,
    ConnectionState,
    HeadersReceived,
    Message,
    Outcome,
    SessionReady,
)
from tests.support.diagnosed import Watched

EARLY = b'{"id":1,"error":{"code":-32602,"message":"Received request before initialization was complete"}}'
STATE = b'{"id":1,"error":{"code":-32602,"message":"Invalid params","data":{"reason":"invalid_request_state"}}}'


def watched(transport: str = "streamable-http") -> Watched:
    return Watched(RULES, transport)


def begin(talk: Watched, session_id: str | None, status: int = 200, connection: int = 1) -> int:
    """An initialize and its headers."""
    stream = talk.next_stream()
    talk.send(stream, "POST", "initialize", connection=connection)
    headers = () if session_id is None else (("Mcp-Session-Id", session_id),)
    fields = {"reason": "", "http_version": "HTTP/1.1", "ttfb_ms": 1.0, "headers": headers, "connection": connection}
    talk.hear(HeadersReceived, stream, status=status, **fields)
    return stream


def ready(talk: Watched, connection: int = 1) -> None:
    fields = {"transport": "streamable-http", "protocol_version": "2025-11-25", "server_name": "", "server_version": ""}
    talk.tell(SessionReady, connection=connection, **fields)


@pytest.mark.parametrize(
    ("ids", "words"),
    [
        (("abc",), "it has 3 characters"),
        (("sess1", "sess2"), "it follows the id of an earlier session"),
        (("session-of-client-00ff", "session-of-client-0100"), "it follows the id of an earlier session"),
        (("session-1000000", "session-1000001"), "it follows"),
    ],
)
def test_ids_that_can_be_guessed(ids: tuple[str, ...], words: str) -> None:
    talk = watched()
    for session_id in ids:
        begin(talk, session_id)
    text = talk.found("session-id-weak").text
    assert words in text
    assert not any(session_id in text for session_id in ids)  # who has it is let in


def test_an_id_that_is_the_time() -> None:
    talk = watched()
    begin(talk, f"client-session-{int(talk.clock.time() * 1000)}")
    assert "the time at which it was made" in talk.found("session-id-weak").text


@pytest.mark.parametrize(
    "ids",
    [
        ("4cf77863a8d240ae9073cb0621800ec6", "8ed87f46a0d94b60a339d6bec0757928"),
        ("0d1c2b3a-1111-4222-8333-444455556666", "0d1c2b3a-1111-4222-8333-fff455556667"),
        ("0d1c2b3a-1111-4222-8333-444455556666", "0d1c2b3a-1111-4222-8333-444455556666"),
        ("client-session-9999999999999",),
        ("one-session-of-h-01", "two-session-of-h-02"),
        ("a" * 500 + "1", "a" * 500 + "2"),
        ("•••• (32 characters)",),
        (None,),
    ],
)
def test_ids_that_are_good_enough(ids: tuple[str | None, ...]) -> None:
    talk = watched()
    for session_id in ids:
        begin(talk, session_id)
    assert talk.is_silent()


def refuse(talk: Watched, status: int, body: bytes, connection: int = 1) -> None:
    stream = begin(talk, None, status, connection)
    talk.hear(BodyReceived, stream, content_type="text/plain", raw=body, connection=connection)
    talk.end(stream, connection=connection)


@pytest.mark.parametrize(
    "words", [b"Too many open sessions", b'{"code":"SESSION_LIMIT_REACHED"}', b"maximum of 3 sessions"]
)
def test_a_server_that_says_it_is_full(words: bytes) -> None:
    talk = watched()
    refuse(talk, 429, words)
    finding = talk.found("session-cap-reached")
    assert finding.grade == "proven" and words.decode() in finding.text


def test_a_server_that_refuses_one_more() -> None:
    talk = watched()
    begin(talk, "4cf77863a8d240ae9073cb0621800ec6")
    ready(talk)
    talk.state(ConnectionState.CONNECTING, connection=2)
    refuse(talk, 503, b"Service Unavailable", connection=2)
    finding = talk.found("session-cap-reached")
    assert finding.grade == "likely" and "while 1 of our own" in finding.text


@pytest.mark.parametrize(
    ("status", "body"), [(503, b"Service Unavailable"), (429, b"Too many requests"), (403, b"Too many sessions")]
)
def test_other_refusals_are_no_cap(status: int, body: bytes) -> None:
    talk = watched()
    begin(talk, "4cf77863a8d240ae9073cb0621800ec6")
    ready(talk)
    talk.state(ConnectionState.CLOSED)
    talk.state(ConnectionState.CONNECTING, connection=2)
    refuse(talk, status, body, connection=2)
    assert talk.is_silent()


def shake_hands(talk: Watched) -> None:
    """initialize and notifications/initialized, both taken."""
    stream = talk.next_stream()
    talk.send(stream, "POST", "initialize")
    asked = talk.ask(stream, "initialize")
    talk.accept(stream)
    talk.answer(stream, asked, method="initialize")
    notice = talk.next_stream()
    talk.send(notice, "POST", "notifications/initialized")
    talk.accept(notice, 202)
    talk.end(notice)


def refuse_early(talk: Watched, raw: bytes = EARLY, status: int = 200, code: int = -32602) -> None:
    stream = talk.next_stream()
    talk.send(stream, headers=(("Mcp-Session-Id", "one"),))
    asked = talk.ask(stream)
    talk.accept(stream, status)
    talk.error(stream, asked, raw=raw, error_code=code, method="tools/call")


def test_a_server_that_has_lost_its_handshake() -> None:
    talk = watched()
    shake_hands(talk)
    talk.wait(100)
    refuse_early(talk)
    assert "but the handshake was complete" in talk.found("request-before-initialized").text


def test_a_client_that_does_not_wait_for_its_handshake() -> None:
    talk = watched()
    refuse_early(talk)
    finding = talk.found("request-before-initialized")
    assert "the client did not wait" in finding.text and len(finding.evidence) == 2


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (b'{"error":{"message":"Unknown tool"}}', 200, -32602),
        (b'{"error":{"message":"Bad Request: Server not initialized"}}', 400, -32000),
        (b'{"error":{"message":"the database is not initialized"}}', 200, -32603),
    ],
)
def test_other_errors_are_not_early(raw: bytes, status: int, code: int) -> None:
    talk = watched()
    shake_hands(talk)
    refuse_early(talk, raw, status, code)
    assert "request-before-initialized" not in talk.fired()


def test_the_first_question_of_all_comes_before_any_handshake() -> None:
    talk = watched()
    stream = talk.next_stream()
    talk.send(stream, purpose="server/discover")
    asked = talk.ask(stream, "server/discover")
    talk.accept(stream, 400)
    talk.error(stream, asked, raw=EARLY, error_code=-32000, method="server/discover")
    assert "request-before-initialized" not in talk.fired()


def test_a_new_stream_of_http_sse_without_a_handshake() -> None:
    talk = watched("http+sse")
    talk.listen(1)
    talk.ask(2, "tools/list")
    talk.ask(3, "tools/list")
    finding = talk.found("request-before-initialized")
    assert (finding.grade, finding.count) == ("likely", 1)


def test_a_new_stream_of_http_sse_with_one() -> None:
    talk = watched("http+sse")
    for stream in (1, 10):
        talk.listen(stream)
        talk.ask(stream + 1, "ping")
        talk.ask(stream + 2, "initialize")
        talk.ask(stream + 3, "tools/list")
    assert talk.is_silent()


def come_back(talk: Watched, stream: int, raw: bytes | None) -> None:
    """A call is repeated with the state that the server gave; `raw` is its error."""
    talk.send(stream)
    asked = talk.ask(stream, raw=b'{"params":{"requestState":"abc"}}')
    talk.accept(stream)
    if raw is None:
        talk.answer(stream, asked)
    else:
        talk.error(stream, asked, raw=raw, error_code=-32602)


def test_a_state_that_is_refused_now_and_then() -> None:
    talk = watched("stateless")
    come_back(talk, 1, STATE)
    assert talk.found("request-state-rejected").grade == "likely"
    come_back(talk, 2, None)
    come_back(talk, 3, STATE)
    finding = talk.found("request-state-rejected")
    assert finding.grade == "proven" and "(2 of 3 times)" in finding.text and "different keys" in finding.text


def test_a_state_that_is_taken_or_refused_for_another_reason() -> None:
    talk = watched("stateless")
    come_back(talk, 1, None)
    come_back(talk, 2, b'{"error":{"code":-32602,"message":"Unknown tool"}}')
    talk.send(3)
    plain = talk.ask(3)
    talk.error(3, plain, raw=STATE, error_code=-32602)
    assert talk.is_silent()


def test_a_call_that_fails_without_an_answer_says_nothing() -> None:
    talk = watched("stateless")
    asked: Message = talk.ask(1, raw=b'{"params":{"requestState":"abc"}}')
    talk.fail(asked, Outcome.CANCELLED)
    assert talk.is_silent()
