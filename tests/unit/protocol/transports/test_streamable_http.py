"""Streamable HTTP: the headers of each request, and what each answer means (R20 to R29)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.protocol import era
from inspector.protocol.breach import Severity
from inspector.protocol.transports.answer import Head, HttpRequest, Meaning
from inspector.protocol.transports.streamable_http import StreamableHttp

URL = "http://127.0.0.1:8000/mcp"
SSE = (("Content-Type", "text/event-stream; charset=utf-8"),)
JSON = (("content-type", "application/json"),)


def fields(request: HttpRequest | None) -> dict[str, str]:
    assert request is not None
    assert len({name.lower() for name, _ in request.headers}) == len(request.headers)
    return dict(request.headers)


def ready(revision: str = era.LATEST, session_id: str | None = "s-1") -> StreamableHttp:
    """The transport as it stands after the handshake."""
    wire = StreamableHttp(URL, protocol_version=revision)
    wire.on_initialize(Head(200, (("Mcp-Session-Id", session_id),) if session_id else ()))
    return wire


def test_r20_every_message_is_a_post_that_accepts_both_kinds_of_answer() -> None:
    request = StreamableHttp(URL).post(b"{}", "ping")
    assert (request.method, request.url, request.purpose, request.body) == ("POST", URL, "ping", b"{}")
    assert fields(request) == {
        "Accept": "application/json, text/event-stream",
        "Content-Type": "application/json",
    }


@pytest.mark.parametrize("revision", ["2025-06-18", "2025-11-25"])
def test_r20_the_version_is_on_every_request_after_initialize(revision: str) -> None:
    wire = ready(revision)
    for request in (wire.post(b"", "ping"), wire.listen(), wire.listen("7"), wire.end()):
        assert fields(request)["MCP-Protocol-Version"] == revision


@pytest.mark.parametrize("revision", ["2024-11-05", "2025-03-26"])
def test_r20_older_revisions_have_no_version_header(revision: str) -> None:
    assert "MCP-Protocol-Version" not in fields(ready(revision).post(b"", "ping"))


def test_r21_session_id_is_echoed_on_every_later_request() -> None:
    wire = ready(session_id="0x1F-~!")
    for request in (wire.post(b"", "ping"), wire.post(b"", "answer to ping"), wire.listen(), wire.end()):
        assert fields(request)["Mcp-Session-Id"] == "0x1F-~!"


def test_r21_initialize_goes_without_session_and_version_whatever_came_before() -> None:
    assert set(fields(ready().post(b"{}", "initialize"))) == {"Accept", "Content-Type"}


def test_r21_a_server_without_sessions_is_fine() -> None:
    wire = StreamableHttp(URL)
    assert wire.on_initialize(Head(200, JSON)) == ()
    assert "Mcp-Session-Id" not in fields(wire.post(b"", "ping"))


@pytest.mark.parametrize("session_id", ["with space", "ümlaut", "tab\there", "\x7f", "x" * 9_999 + "é"])
def test_r21_a_session_id_outside_visible_ascii_is_told_and_echoed(session_id: str) -> None:
    wire = StreamableHttp(URL)
    (breach,) = wire.on_initialize(Head(200, (("mcp-session-id", session_id),)))
    assert (breach.rule, breach.severity) == ("session-id-weak", Severity.WARN)
    assert len(breach.text) < 200
    assert wire.session_id == session_id


def test_r21_an_empty_session_id_is_told_and_is_no_session() -> None:
    wire = StreamableHttp(URL)
    (breach,) = wire.on_initialize(Head(200, (("Mcp-Session-Id", ""),)))
    assert "empty" in breach.text
    assert wire.session_id is None
    assert wire.end() is None


def test_r21_a_new_handshake_brings_a_new_session_or_none() -> None:
    wire = ready(session_id="old")
    wire.on_initialize(Head(200, ()))
    assert wire.session_id is None


@pytest.mark.parametrize(
    ("status", "headers", "meaning"),
    [
        (200, SSE, Meaning.EVENT_STREAM),
        (200, (("CONTENT-TYPE", "Text/Event-Stream"),), Meaning.EVENT_STREAM),
        (200, JSON, Meaning.MESSAGE),
        (200, (("content-type", "application/json; charset=utf-8"),), Meaning.MESSAGE),
        (200, (("content-type", "text/html"),), Meaning.FAILED),
        (200, (), Meaning.FAILED),
        (204, (), Meaning.FAILED),
        (301, (), Meaning.FAILED),
        (400, JSON, Meaning.FAILED),
        (401, (), Meaning.UNAUTHORISED),
        (403, (), Meaning.UNAUTHORISED),
        (404, (), Meaning.SESSION_GONE),
        (405, (), Meaning.FAILED),
        (500, (), Meaning.FAILED),
    ],
)
def test_r22_what_the_answer_to_a_request_means(
    status: int, headers: tuple[tuple[str, str], ...], meaning: Meaning
) -> None:
    verdict = ready().judge_post(Head(status, headers), expects_answer=True, now=0)
    assert verdict.meaning is meaning
    assert bool(verdict.sentence) == (meaning not in (Meaning.EVENT_STREAM, Meaning.MESSAGE))
    assert verdict.breaches == ()


def test_r22_202_to_a_request_breaks_the_protocol_and_ends_the_wait() -> None:
    verdict = ready().judge_post(Head(202, ()), expects_answer=True, now=0)
    assert verdict.meaning is Meaning.FAILED
    assert [breach.rule for breach in verdict.breaches] == ["request-accepted-without-answer"]


def test_r22_a_notification_is_accepted_with_202() -> None:
    verdict = ready().judge_post(Head(202, ()), expects_answer=False, now=0)
    assert (verdict.meaning, verdict.breaches) == (Meaning.ACCEPTED, ())


@pytest.mark.parametrize("status", [200, 201, 204])
def test_r22_any_other_success_for_a_notification_is_told_and_taken(status: int) -> None:
    verdict = ready().judge_post(Head(status, JSON), expects_answer=False, now=0)
    assert verdict.meaning is Meaning.ACCEPTED
    assert [breach.rule for breach in verdict.breaches] == ["notification-not-202"]


def test_r25_the_standalone_stream_accepts_events_only() -> None:
    request = ready().listen()
    assert (request.method, request.purpose, request.body) == ("GET", "stream", b"")
    assert fields(request)["Accept"] == "text/event-stream"
    assert "Content-Type" not in fields(request)
    assert "Last-Event-ID" not in fields(request)


@pytest.mark.parametrize(
    ("status", "headers", "meaning", "rules"),
    [
        (200, SSE, Meaning.EVENT_STREAM, []),
        (405, (), Meaning.NOT_OFFERED, []),
        (200, JSON, Meaning.FAILED, ["get-200-not-a-stream"]),
        (200, (), Meaning.FAILED, ["get-200-not-a-stream"]),
        (400, (), Meaning.FAILED, []),
        (401, (), Meaning.UNAUTHORISED, []),
        (404, (), Meaning.SESSION_GONE, []),
        (503, (), Meaning.FAILED, []),
    ],
)
def test_r25_what_the_answer_to_a_get_means(
    status: int, headers: tuple[tuple[str, str], ...], meaning: Meaning, rules: list[str]
) -> None:
    verdict = ready().judge_listen(Head(status, headers), now=0)
    assert verdict.meaning is meaning
    assert [breach.rule for breach in verdict.breaches] == rules


def test_r27_resuming_names_the_last_event_and_the_session() -> None:
    request = ready().listen("ev/42 ü")
    assert request.purpose == "resume"
    assert fields(request)["Last-Event-ID"] == "ev/42 ü"
    assert fields(request)["Mcp-Session-Id"] == "s-1"


def test_r28_404_without_a_session_is_just_a_wrong_address() -> None:
    wire = ready(session_id=None)
    assert wire.judge_post(Head(404, ()), expects_answer=True, now=0).meaning is Meaning.FAILED
    assert wire.judge_listen(Head(404, ()), now=0).meaning is Meaning.FAILED


def test_r28_a_400_may_say_that_the_session_is_gone() -> None:
    """As the servers after the examples of the TypeScript SDK do."""
    said = b'{"jsonrpc":"2.0","error":{"code":-32000,"message":"Bad Request: No valid session ID provided"}}'
    verdict = ready().judge_refusal(Head(400, ()), said)
    assert verdict is not None and verdict.meaning is Meaning.SESSION_GONE
    assert "No valid session ID provided" in verdict.sentence and verdict.sentence.endswith(".")
    assert ready(session_id=None).judge_refusal(Head(400, ()), said) is None
    assert ready().judge_refusal(Head(403, ()), said) is None


@pytest.mark.parametrize(
    "body",
    [
        b"no session",
        b'{"error":"session"}',
        b'{"error":{"message":["session"]}}',
        b"[]",
        b'{"error":{"message":"bad params"}}',
    ],
)
def test_r28_any_other_400_says_nothing_of_the_session(body: bytes) -> None:
    assert ready().judge_refusal(Head(400, ()), body) is None


def test_r28_starting_over_forgets_session_and_version() -> None:
    wire = ready()
    wire.start_over()
    assert set(fields(wire.post(b"", "ping"))) == {"Accept", "Content-Type"}
    assert wire.end() is None


def test_r29_the_end_is_a_delete_with_the_session() -> None:
    request = ready().end()
    assert request is not None
    assert (request.method, request.url, request.purpose) == ("DELETE", URL, "close")
    assert fields(request) == {"Mcp-Session-Id": "s-1", "MCP-Protocol-Version": era.LATEST}


def test_the_users_headers_are_on_every_request_and_come_last() -> None:
    wire = StreamableHttp(URL, (("Authorization", "Bearer x"),), "s-1", era.LATEST)
    for request in (wire.post(b"", "initialize"), wire.post(b"", "ping"), wire.listen(), wire.end()):
        assert request is not None
        assert request.headers[-1] == ("Authorization", "Bearer x")


@given(st.integers(200, 599), st.lists(st.tuples(st.sampled_from(("content-type", "www-authenticate")), st.text())))
def test_any_head_is_judged(status: int, headers: list[tuple[str, str]]) -> None:
    head = Head(status, tuple(headers))
    wire = ready()
    verdicts = [
        wire.judge_post(head, expects_answer=True, now=0),
        wire.judge_post(head, expects_answer=False, now=0),
        wire.judge_listen(head, now=0),
    ]
    for verdict in verdicts:
        assert verdict.sentence or verdict.meaning in (Meaning.EVENT_STREAM, Meaning.MESSAGE, Meaning.ACCEPTED)
