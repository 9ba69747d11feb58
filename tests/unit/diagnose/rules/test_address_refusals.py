"""What servers make of Host and Origin."""

from __future__ import annotations

import pytest

from inspector.diagnose.rules.address import RULES
from inspector.trace.events import BodyReceived, Message, MessageType
from tests.support.diagnosed import Watched

HOST = ("Host", "mcp.example.com:8443")
PAGE = ("Origin", "http://localhost:5173")
EVIL = ("Origin", "http://evil.example")


class Names(Watched):
    def __init__(self) -> None:
        super().__init__(RULES)

    def refuse(self, status: int, words: bytes, *headers: tuple[str, str], purpose: str = "initialize") -> None:
        self.send(1, "POST", purpose, headers=headers)
        self.accept(1, status, "text/plain")
        self.hear(BodyReceived, 1, content_type="text/plain", raw=words)
        self.end(1)

    def take(self, status: int, url: str, *headers: tuple[str, str], method: str = "POST") -> None:
        self.send(1, method, "probe:origin", headers=headers, url=url)
        self.accept(1, status)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (421, b"Invalid Host header"),
        (403, b"Invalid Host header"),
        (403, b"Blocked host: x"),
        (400, b"DisallowedHost at /"),
    ],
)
def test_a_name_that_the_server_does_not_know(status: int, words: bytes) -> None:
    talk = Names()
    talk.refuse(status, words, HOST)
    finding = talk.found("invalid-host-header")
    assert HOST[1] in finding.text and "`mcp.example.com`, and with any port `mcp.example.com:*`" in finding.fix


def test_a_refusal_in_json_rpc() -> None:
    talk = Names()
    talk.send(1, "POST", "initialize", headers=(HOST,))
    talk.accept(1, 403)
    fields = {"message_type": MessageType.ERROR, "framing": "body", "error_code": -32000}
    talk.hear(Message, 1, raw=b'{"error":{"code":-32000,"message":"Invalid Host: x"}}', **fields)
    assert talk.fired() == ["invalid-host-header"]


@pytest.mark.parametrize(
    ("status", "words"), [(421, b"Misdirected Request"), (403, b"Forbidden"), (200, b"Invalid Host header")]
)
def test_refusals_without_these_words_are_others(status: int, words: bytes) -> None:
    talk = Names()
    talk.refuse(status, words, HOST)
    assert talk.is_silent()


def test_a_page_that_is_not_allowed() -> None:
    talk = Names()
    talk.refuse(403, b"Invalid Origin header", HOST, PAGE)
    finding = talk.found("origin-rejected")
    assert talk.fired() == ["origin-rejected"] and PAGE[1] in finding.text and PAGE[1] in finding.fix


@pytest.mark.parametrize(
    ("headers", "purpose"), [((HOST,), "initialize"), ((HOST, EVIL), "initialize"), ((PAGE,), "probe:origin")]
)
def test_who_refuses_a_foreign_page_is_right(headers: tuple[tuple[str, str], ...], purpose: str) -> None:
    talk = Names()
    talk.refuse(403, b"Invalid Origin header", *headers, purpose=purpose)
    assert talk.is_silent()


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8000/mcp", "http://localhost/mcp", "http://192.168.0.7/mcp", "http://[::1]/mcp"]
)
def test_a_local_server_that_any_page_may_drive(url: str) -> None:
    talk = Names()
    talk.take(200, url, EVIL, ("Host", "evil.example"))
    assert "http://evil.example (Host: evil.example) was taken" in talk.found("origin-not-validated").text


@pytest.mark.parametrize(
    ("status", "url", "header", "method"),
    [
        (403, "http://127.0.0.1/mcp", EVIL, "POST"),
        (200, "http://127.0.0.1/mcp", PAGE, "POST"),
        (200, "http://93.184.216.34/mcp", EVIL, "POST"),
        (200, "https://mcp.vendor.com/mcp", EVIL, "POST"),
        (204, "http://127.0.0.1/mcp", EVIL, "OPTIONS"),
        (200, "http://127.0.0.1/mcp", ("Origin", "http://["), "POST"),
    ],
)
def test_other_answers_to_origins_are_no_fault(status: int, url: str, header: tuple[str, str], method: str) -> None:
    talk = Names()
    talk.take(status, url, header, method=method)
    assert talk.is_silent()
