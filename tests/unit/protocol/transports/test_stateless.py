"""The transport of 2026-07-28: headers of each POST, and what each answer means (R40, R42 to R44)."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.protocol import era
from inspector.protocol.breach import Severity
from inspector.protocol.transports.answer import Head, HttpRequest, Meaning, Verdict
from inspector.protocol.transports.stateless import StatelessHttp
from inspector.wire.http import HeaderList

URL = "http://127.0.0.1:8000/mcp"
SSE: HeaderList = (("Content-Type", "text/event-stream; charset=utf-8"),)
JSON: HeaderList = (("content-type", "application/json"),)


def fields(request: HttpRequest) -> dict[str, str]:
    assert len({name.lower() for name, _ in request.headers}) == len(request.headers)
    return dict(request.headers)


def judged(status: int, headers: HeaderList = JSON, *, expects_answer: bool = True) -> Verdict:
    return StatelessHttp(URL).judge_post(Head(status, headers), expects_answer=expects_answer, now=0.0)


def test_r40_every_message_is_a_post_that_names_revision_and_method() -> None:
    request = StatelessHttp(URL).post(b"{}", "tools/list")
    assert (request.method, request.url, request.purpose, request.body) == ("POST", URL, "tools/list", b"{}")
    assert fields(request) == {
        "Accept": "application/json, text/event-stream",
        "Content-Type": "application/json",
        "MCP-Protocol-Version": era.STATELESS,
        "Mcp-Method": "tools/list",
    }


def test_r40_the_name_and_the_mirrored_arguments_follow() -> None:
    request = StatelessHttp(URL).post(b"{}", "tools/call", "echo", (("Mcp-Param-Region", "eu"),))
    assert [name for name, _ in request.headers][-3:] == ["Mcp-Method", "Mcp-Name", "Mcp-Param-Region"]
    assert fields(request)["Mcp-Name"] == "echo"


def test_r45_a_name_that_a_header_cannot_hold_is_encoded() -> None:
    value = fields(StatelessHttp(URL).post(b"{}", "resources/read", "file:///ü"))["Mcp-Name"]
    assert base64.b64decode(value.removeprefix("=?base64?").removesuffix("?=")).decode() == "file:///ü"


def test_r40_an_empty_name_is_a_name() -> None:
    assert fields(StatelessHttp(URL).post(b"{}", "tools/call", ""))["Mcp-Name"] == ""


@given(st.text(), st.none() | st.text())
def test_r40_whatever_method_and_name_are_the_headers_can_be_sent(method: str, name: str | None) -> None:
    for value in fields(StatelessHttp(URL).post(b"", method, name)).values():
        assert all(char == "\t" or " " <= char <= "~" for char in value)


def test_r40_no_session_and_no_resumption_whatever_the_server_sent() -> None:
    wire = StatelessHttp(URL)
    wire.judge_post(Head(200, (*JSON, ("Mcp-Session-Id", "s-1"))), expects_answer=True, now=0.0)
    assert not {"mcp-session-id", "last-event-id"} & {name.lower() for name in fields(wire.post(b"", "tools/list"))}


def test_r40_a_field_of_the_users_replaces_ours() -> None:
    wire = StatelessHttp(URL, (("mcp-method", "mine"), ("Authorization", "Bearer x"), ("mcp-param-a", "2")))
    sent = fields(wire.post(b"", "tools/call", "echo", (("Mcp-Param-A", "1"),)))
    assert sent["mcp-method"] == "mine"
    assert sent["mcp-param-a"] == "2"
    assert sent["Authorization"] == "Bearer x"
    assert "Mcp-Method" not in sent


def test_r40_another_revision_goes_into_the_header() -> None:
    assert fields(StatelessHttp(URL, revision="2027-01-01").post(b"", "x"))["MCP-Protocol-Version"] == "2027-01-01"


@pytest.mark.parametrize(("headers", "meaning"), [(JSON, Meaning.MESSAGE), (SSE, Meaning.EVENT_STREAM)])
def test_r42_an_answer_is_json_or_a_stream(headers: HeaderList, meaning: Meaning) -> None:
    assert judged(200, headers) == Verdict(meaning)


@pytest.mark.parametrize("kind", ["text/html", "text/plain", ""])
def test_r42_another_body_is_a_failure(kind: str) -> None:
    verdict = judged(200, (("Content-Type", kind),))
    assert verdict.meaning is Meaning.FAILED
    assert verdict.sentence.endswith(".")


def test_r42_accepted_is_no_answer_to_a_request() -> None:
    verdict = judged(202)
    assert verdict.meaning is Meaning.FAILED
    assert [breach.rule for breach in verdict.breaches] == ["request-accepted-without-answer"]


def test_r44_a_notification_is_accepted_by_202() -> None:
    assert judged(202, (), expects_answer=False) == Verdict(Meaning.ACCEPTED)
    other = judged(200, expects_answer=False)
    assert other.meaning is Meaning.ACCEPTED
    assert [breach.rule for breach in other.breaches] == ["notification-not-202"]


@pytest.mark.parametrize("status", [400, 404, 405, 500])
@pytest.mark.parametrize("headers", [JSON, (), (("Mcp-Session-Id", "s"), *JSON)])
def test_r44_a_failure_is_read_and_never_a_session_gone(status: int, headers: HeaderList) -> None:
    verdict = judged(status, headers)
    assert verdict.meaning is Meaning.FAILED
    assert str(status) in verdict.sentence


def test_r44_404_with_json_is_most_likely_an_unknown_method() -> None:
    assert "method" in judged(404).sentence
    assert "path" in judged(404, (("Content-Type", "text/html"),)).sentence


def test_r44_405_says_that_post_is_not_taken() -> None:
    assert "POST" in judged(405).sentence


@pytest.mark.parametrize("status", [401, 403, 407])
def test_r44_credentials_are_told_apart(status: int) -> None:
    assert judged(status).meaning is Meaning.UNAUTHORISED


def test_a0_a_session_id_is_noted_once_whatever_the_status() -> None:
    wire = StatelessHttp(URL)
    head = Head(500, (("MCP-Session-Id", "abc"),))
    (breach,) = wire.judge_post(head, expects_answer=True, now=0.0).breaches
    assert (breach.rule, breach.severity) == ("stateless-session-id", Severity.NOTE)
    assert '"abc"' in breach.text
    assert wire.judge_post(head, expects_answer=True, now=0.0).breaches == ()


def test_a0_the_note_on_a_session_id_hides_no_other_breach() -> None:
    rules = [breach.rule for breach in judged(202, (("Mcp-Session-Id", "x"),)).breaches]
    assert rules == ["request-accepted-without-answer", "stateless-session-id"]
