"""Protocol versions and eras: refused, not looked at, changed on the way."""

from __future__ import annotations

from typing import Any

import pytest

from inspector.diagnose.rules.negotiation import RULES
from inspector.trace.events import (
    AttemptMade,
    BodyReceived,
    ConnectionState,
    FrameReceived,
    Framing,
    HeadersReceived,
    SessionReady,
)
from tests.support.diagnosed import Watched

VERSION = "2025-11-25"
WORDS = b"Bad Request: Unsupported protocol version: 2025-11-25 (supported versions: 2025-03-26, 2025-06-18)"
HEADER = "MCP-Protocol-Version"


class Versions(Watched):
    """A session that has settled on `VERSION`, or on that of its transport."""

    def __init__(self, transport: str = "streamable-http") -> None:
        super().__init__(RULES, transport)
        version = VERSION if transport == "streamable-http" else "2026-07-28"
        fields = {"transport": transport, "protocol_version": version, "server_name": "", "server_version": ""}
        self.tell(SessionReady, **fields)

    def ask_http(self, stream: int, status: int, version: str = VERSION, answer: Any = (), **send: Any) -> None:
        self.send(stream, headers=((HEADER, version),), **send)
        fields = {"reason": "", "http_version": "HTTP/1.1", "ttfb_ms": 1.0, "connection": send.get("connection", 1)}
        self.hear(HeadersReceived, stream, status=status, headers=answer, **fields)

    def refuse(self, stream: int, code: int, raw: bytes, status: int = 400, **send: Any) -> None:
        self.ask_http(stream, status, **send)
        more = {"connection": send["connection"]} if "connection" in send else {}
        self.error(stream, None, error_code=code, raw=raw, framing=Framing.BODY, **more)

    def connect(self, transport: str, purpose: str, code: int, status: int = 400, raw: bytes = b"") -> None:
        """Another connection, on which one way was tried and refused."""
        self.state(ConnectionState.CONNECTING, connection=2)
        self.refuse(9, code, raw, status, purpose=purpose, connection=2)
        self.tell(AttemptMade, transport=transport, verdict="", succeeded=False, connection=2)


def test_a_version_is_refused_in_words() -> None:
    talk = Versions()
    talk.refuse(1, -32600, WORDS)
    found = talk.found("protocol-version-rejected")
    assert "the version which the server itself had settled on" in found.text
    assert "It names 2025-03-26, 2025-06-18." in found.text
    assert found.fix.startswith("Connect again with 2025-06-18")


def test_a_version_is_refused_in_plain_text() -> None:
    talk = Versions()
    talk.ask_http(1, 400)
    talk.hear(BodyReceived, 1, content_type="text/plain", raw=b"unsupported MCP-Protocol-Version")
    assert talk.fired() == ["protocol-version-rejected"]


def test_a_version_is_refused_by_its_code() -> None:
    talk = Versions("stateless")
    talk.refuse(1, -32022, b'{"error":{"code":-32022,"data":{"supported":["2027-01-01"]}}}', version="2026-07-28")
    assert "It names 2027-01-01." in talk.found("protocol-version-rejected").text


def test_other_refusals_say_nothing_of_versions() -> None:
    talk = Versions()
    talk.refuse(1, -32600, b"Bad Request: Server not initialized")
    talk.refuse(2, -32602, WORDS, status=200)
    talk.refuse(3, -32600, WORDS, purpose="probe:version")
    assert talk.is_silent()


def test_a_refusal_by_initialize_itself_is_a_fault() -> None:
    talk = Versions()
    body = b'{"method":"initialize","params":{"protocolVersion":"2025-11-25"}}'
    talk.state(ConnectionState.CONNECTING, connection=2)
    talk.refuse(9, -32602, WORDS, purpose="initialize", connection=2, body=body)
    talk.tell(AttemptMade, transport="streamable-http", verdict="", succeeded=False, connection=2)
    assert talk.is_silent()
    talk.state(ConnectionState.CLOSED, connection=2)
    text = talk.found("protocol-version-rejected").text
    assert "initialize was refused for its protocol version 2025-11-25. On initialize" in text


def test_an_older_server_may_refuse_the_new_era() -> None:
    talk = Versions()
    talk.connect("stateless", "server/discover", -32600, raw=WORDS)
    talk.tell(AttemptMade, transport="streamable-http", verdict="", succeeded=True, connection=2)
    talk.state(ConnectionState.CLOSED, connection=2)
    assert talk.is_silent()


@pytest.mark.parametrize(
    ("status", "version", "purpose", "fires"),
    [
        (200, "1900-01-01", "probe:version", True),
        (202, "nonsense", "raw POST", True),
        (400, "1900-01-01", "probe:version", False),
        (200, VERSION, "raw POST", False),
        (200, "1900-01-01", "tools/call", False),
    ],
)
def test_a_version_that_does_not_exist_is_taken(status: int, version: str, purpose: str, fires: bool) -> None:
    talk = Versions()
    talk.ask_http(1, status, version, purpose=purpose)
    assert talk.is_silent()
    talk.end(1)
    assert talk.fired() == (["protocol-version-not-validated"] if fires else [])


@pytest.mark.parametrize("kind", [BodyReceived, FrameReceived])
def test_an_error_with_status_200_is_a_refusal_too(kind: Any) -> None:
    talk = Versions()
    talk.ask_http(1, 200, "1900-01-01", purpose="probe:version")
    fields = {"content_type": "application/json"} if kind is BodyReceived else {}
    talk.hear(kind, 1, raw=b'{"jsonrpc":"2.0","error":{"code":-32600}}', **fields)
    talk.end(1)
    assert talk.is_silent()


def test_a_response_names_another_version_later() -> None:
    talk = Versions()
    talk.ask_http(1, 200, answer=(("mcp-protocol-version", VERSION),))
    assert talk.is_silent()
    talk.ask_http(2, 200, answer=(("mcp-protocol-version", "2025-03-26"),))
    assert "2025-03-26; 2025-11-25 was settled" in talk.found("protocol-version-mismatch").text


@pytest.mark.parametrize(
    ("transport", "purpose", "code", "fires"),
    [
        ("stateless", "server/discover", -32601, True),
        ("stateless", "server/discover", -32600, True),
        ("stateless", "server/discover", -32021, False),
        ("streamable-http", "initialize", -32601, True),
        ("streamable-http", "initialize", -32603, False),
    ],
)
def test_an_era_that_was_chosen_by_hand_is_not_spoken(transport: str, purpose: str, code: int, fires: bool) -> None:
    talk = Versions()
    talk.connect(transport, purpose, code)
    assert talk.is_silent()
    talk.state(ConnectionState.CLOSED, connection=2)
    assert talk.fired() == (["era-mismatch"] if fires else [])


def test_a_refused_version_stands_under_the_era() -> None:
    talk = Versions()
    talk.connect("streamable-http", "initialize", -32022)
    talk.state(ConnectionState.CLOSED, connection=2)
    (found,) = talk.findings()
    assert found.rule == "era-mismatch"
    assert [each.rule for each in found.dependants] == ["protocol-version-rejected"]


def test_no_era_was_chosen_where_all_were_tried() -> None:
    talk = Versions()
    talk.connect("stateless", "server/discover", -32601, status=404)
    talk.tell(AttemptMade, transport="streamable-http", verdict="", succeeded=False, connection=2)
    talk.state(ConnectionState.CLOSED, connection=2)
    assert talk.is_silent()


@pytest.mark.parametrize("status", [401, 403, 429, 500])
def test_credentials_and_failures_are_no_evidence_of_the_era(status: int) -> None:
    talk = Versions()
    talk.connect("stateless", "server/discover", -32600, status=status)
    talk.state(ConnectionState.CLOSED, connection=2)
    assert "era-mismatch" not in talk.fired()


def test_a_server_in_plain_text_wants_a_session() -> None:
    talk = Versions()
    talk.state(ConnectionState.CONNECTING, connection=2)
    talk.ask_http(9, 400, purpose="server/discover", connection=2)
    talk.hear(BodyReceived, 9, content_type="text/plain", raw=b"Invalid session ID", connection=2)
    talk.tell(AttemptMade, transport="stateless", verdict="", succeeded=False, connection=2)
    talk.state(ConnectionState.CLOSED, connection=2)
    assert talk.fired() == ["era-mismatch"]


def test_a_session_begun_at_the_users_word_meets_an_older_server() -> None:
    talk = Versions("stateless")
    talk.refuse(1, -32000, b"Bad Request: Server not initialized", version="2026-07-28")
    assert talk.fired() == ["era-mismatch"]
    older = Versions()
    older.refuse(1, -32000, b"Bad Request: Server not initialized")
    assert older.is_silent()
