"""Answers that come in another way than they say, or than the transport wants it."""

from __future__ import annotations

from typing import Any

import pytest

from inspector.diagnose.rules.negotiation import RULES
from inspector.trace.events import AttemptMade, BodyReceived, ConnectionState, FrameReceived, Framing, MessageType
from inspector.wire import jsontext
from tests.support.diagnosed import Watched

STREAM = b'event: message\ndata: {"jsonrpc":"2.0","id":1,"result":{}}\n\n'


def answered(kind: str, body: bytes, status: int = 200) -> Watched:
    talk = Watched(RULES)
    talk.post(1, status, kind)
    talk.hear(BodyReceived, 1, content_type=kind, raw=body)
    return talk


@pytest.mark.parametrize("kind", ["text/plain", "application/json", "application/octet-stream", ""])
@pytest.mark.parametrize("body", [STREAM, b"\xef\xbb\xbf" + STREAM, b": hi\r\n\r\nid: 1\r\ndata: x\r\n\r\n"])
def test_a_stream_under_another_type(kind: str, body: bytes) -> None:
    found = answered(kind, body).found("wrong-stream-content-type")
    assert (kind or "no Content-Type") in found.text


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("text/plain", b"Not found\ndata: x\n", 200),
        ("text/html", b"<html>data: x</html>", 200),
        ("text/plain", b"id: 5\nname: yaml\n", 200),
        ("text/plain", b": nothing but a comment\n\n", 200),
        ("text/plain", STREAM, 500),
        ("text/plain", b"", 200),
    ],
)
def test_what_is_no_stream_may_have_another_type(kind: str, body: bytes, status: int) -> None:
    assert answered(kind, body, status).is_silent()


@pytest.mark.parametrize(("raw", "what"), [(b'{"jsonrpc":"2.0"}', "JSON"), (b"<!doctype html>", "a web page")])
def test_a_document_that_says_it_is_a_stream(raw: bytes, what: str) -> None:
    talk = Watched(RULES)
    talk.post(1)
    talk.hear(FrameReceived, 1, raw=raw, dispatched=False, complete=False)
    assert f"its body is {what}" in talk.found("wrong-stream-content-type").text


def test_an_odd_line_further_on_is_no_document() -> None:
    talk = Watched(RULES)
    talk.post(1)
    talk.hear(FrameReceived, 1, raw=b": hi\n\n", dispatched=False)
    talk.hear(FrameReceived, 1, raw=b'{"jsonrpc":"2.0"}\n\n', offset=6, dispatched=False)
    talk.hear(FrameReceived, 1, raw=b"data: x\n\n", offset=30)
    assert talk.is_silent()


def http_sse(*, with_endpoint: bool = True, transport: str = "http+sse") -> Watched:
    talk = Watched(RULES, transport)
    talk.listen(1)
    if with_endpoint:
        talk.hear(FrameReceived, 1, event="endpoint", raw=b"event: endpoint\ndata: /m\n\n")
    return talk


def test_an_answer_in_the_body_of_the_post() -> None:
    talk = http_sse()
    asked = talk.post(2, 200, "application/json")
    talk.answer(2, asked, framing=Framing.BODY)
    assert (
        "tools/call came in the body of its POST, with status 200" in talk.found("legacy-post-has-response-body").text
    )


def test_in_the_handshake_only_the_endpoint_tells_the_transport() -> None:
    talk = http_sse()
    talk.state(ConnectionState.CONNECTING, connection=2)
    talk.hear(FrameReceived, 1, event="endpoint", raw=b"event: endpoint\ndata: /m\n\n", connection=2)
    talk.send(3, purpose="initialize", connection=2)
    talk.accept(3, 200, "application/json")
    asked = talk.ask(3, "initialize", connection=2)
    talk.answer(3, asked, framing=Framing.BODY, connection=2)
    assert talk.fired() == ["legacy-post-has-response-body"]


def test_answers_on_the_stream_and_refusals_in_the_body_are_right() -> None:
    talk = http_sse()
    asked = talk.post(2, 202, "text/plain")
    talk.answer(1, asked)
    refused = talk.post(3, 400, "application/json")
    talk.error(3, refused, framing=Framing.BODY)
    assert talk.is_silent()


def test_streamable_http_answers_in_the_post() -> None:
    for talk in (http_sse(transport="streamable-http"), http_sse(with_endpoint=False)):
        asked = talk.post(2, 200, "application/json")
        talk.answer(2, asked, framing=Framing.BODY)
        assert talk.is_silent()


META = {"io.modelcontextprotocol/protocolVersion": "2026-07-28"}
BODY = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "say", "_meta": META}}
SENT = (("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", "tools/call"), ("Mcp-Name", "say"))


def mismatch(*headers: tuple[str, str], body: Any = BODY, code: int = -32020, **send: Any) -> Watched:
    talk = Watched(RULES, "stateless")
    talk.send(1, headers=headers, body=jsontext.dumps(body), **send)
    talk.accept(1, 400, "application/json")
    talk.message(1, MessageType.ERROR, None, framing=Framing.BODY, error_code=code)
    return talk


def test_headers_that_left_us_right_were_changed_on_the_way() -> None:
    found = mismatch(*SENT).found("header-body-mismatch")
    assert found.grade == "likely"
    assert "Mcp-Name: say" in found.text and "something on the way drops or rewrites" in found.text


def test_headers_that_were_overridden_are_shown_with_the_body() -> None:
    found = mismatch(*SENT[:2], ("Mcp-Name", "other")).found("header-body-mismatch")
    assert "mcp-name: other for 'say' in the body" in found.text and found.grade == "proven"
    missing = mismatch(*SENT[:2]).found("header-body-mismatch")
    assert "mcp-name: nothing for 'say' in the body" in missing.text


@pytest.mark.parametrize("body", [[], {"method": 1, "params": []}, {"params": {"_meta": 1}}])
def test_a_body_of_the_users_own_may_be_anything(body: Any) -> None:
    assert mismatch(body=body).fired() == ["header-body-mismatch"]


def test_other_errors_are_no_mismatch() -> None:
    assert mismatch(*SENT, code=-32602).is_silent()
    assert mismatch(*SENT, purpose="probe:origin").is_silent()


def test_an_older_server_that_knows_the_code_by_chance_is_silent() -> None:
    talk = Watched(RULES)
    talk.state(ConnectionState.CONNECTING, connection=2)
    talk.send(1, purpose="server/discover", body=b"{}", connection=2)
    talk.accept(1, 400, "application/json")
    talk.message(1, MessageType.ERROR, None, framing=Framing.BODY, error_code=-32020, connection=2)
    talk.tell(AttemptMade, transport="stateless", verdict="", succeeded=False, connection=2)
    talk.tell(AttemptMade, transport="streamable-http", verdict="", succeeded=True, connection=2)
    assert talk.is_silent()
