"""TLS by the words of its errors, plain http to others, and walls in front of the server."""

from __future__ import annotations

import pytest

from inspector.diagnose.rules.security_tls import RULES
from inspector.trace.events import BodyReceived, Connected, EndCause, HeadersReceived, Severity
from tests.support.diagnosed import Watched

UNTRUSTED, WRONG = "tls-untrusted", "tls-expired-or-wrong-host"
VERIFY = "SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: "
DAY_S = 86_400.0


def ended(cause: EndCause, sentence: str, error: str = "", *, was_sent: bool = True) -> Watched:
    talk = Watched(RULES)
    if was_sent:
        talk.send(1, url="https://h/mcp")
    talk.end(1, cause, sentence, error=error)
    return talk


@pytest.mark.parametrize(
    ("error", "rule"),
    [
        (VERIFY + "self-signed certificate", UNTRUSTED),
        (VERIFY + "unable to get local issuer certificate", UNTRUSTED),
        (VERIFY + "certificate has expired", WRONG),
        (VERIFY + "certificate is not yet valid", WRONG),
        (VERIFY + "Hostname mismatch, certificate is not valid for 'h'.", WRONG),
        (VERIFY + "IP address mismatch, certificate is not valid for '127.0.0.1'.", WRONG),
        ("SSLError: [SSL: WRONG_VERSION_NUMBER] wrong version number", WRONG),
        ("SSLError: [SSL: TLSV1_ALERT_PROTOCOL_VERSION] tlsv1 alert protocol version", WRONG),
    ],
)
def test_a_handshake_that_failed_is_told_by_its_words(error: str, rule: str) -> None:
    talk = ended(EndCause.TLS, "The handshake failed.", error)
    assert talk.fired() == [rule]
    assert talk.found(rule).text == "The handshake failed."


def test_binary_data_in_place_of_http_is_tls() -> None:
    talk = ended(EndCause.PROTOCOL, "h:80 answers with binary data, most likely TLS. Use https:// for this port.")
    assert talk.fired() == [WRONG]
    assert ended(EndCause.PROTOCOL, "h:80 does not speak proper HTTP.").is_silent()


def test_a_ca_file_that_cannot_be_read_is_not_the_servers_fault() -> None:
    assert ended(EndCause.TLS, "The CA file x cannot be used.", was_sent=False).is_silent()


def test_a_tls_port_says_that_it_got_plain_http() -> None:
    talk = Watched(RULES)
    talk.send(1, url="http://localhost/mcp")
    talk.accept(1, 400, "text/html")
    talk.hear(BodyReceived, 1, content_type="text/html", raw=b"<p>The plain HTTP request was sent to HTTPS port</p>")
    assert talk.fired() == [WRONG]


@pytest.mark.parametrize(("days", "fires"), [(3.0, True), (13.9, True), (14.1, False), (400.0, False), (-1.0, False)])
def test_a_certificate_that_ends_soon_is_foretold(days: float, fires: bool) -> None:
    talk = Watched(RULES)
    for stream in (1, 2):
        talk.send(stream, url="https://h/mcp")
        expires_at = talk.clock.time() + days * DAY_S
        talk.tell(Connected, stream=stream, peer="192.0.2.1:443", connect_ms=1.0, tls_expires_at=expires_at)
    assert talk.fired() == ([WRONG] if fires else [])
    if fires:
        found = talk.found(WRONG)
        assert (found.severity, found.count) == (Severity.WARN, 1) and f"{days:.1f} days" in found.text


def test_a_certificate_that_nobody_checked_foretells_nothing() -> None:
    talk = Watched(RULES)
    talk.send(1, url="https://h/mcp")
    talk.tell(Connected, stream=1, peer="192.0.2.1:443", connect_ms=1.0)
    assert talk.is_silent()


def spoken_to(url: str, peer: str, *headers: tuple[str, str]) -> Watched:
    talk = Watched(RULES)
    talk.send(1, url=url)
    talk.tell(Connected, stream=1, peer=peer, connect_ms=1.0)
    talk.accept(1)
    talk.send(2, url=url, headers=headers)
    talk.accept(2)
    return talk


TOKEN = ("Authorization", "Bearer •••• (40 characters, ends in abcd)")


@pytest.mark.parametrize(
    ("url", "peer", "headers", "severity"),
    [
        ("http://mcp.example/mcp", "203.0.113.7:80", (), Severity.WARN),
        ("http://mcp.example/mcp", "8.8.8.8:80", (TOKEN,), Severity.ERROR),
        ("http://8.8.8.8/mcp", "8.8.8.8:80", (("X-Api-Key", "•••• (8 characters)"),), Severity.ERROR),
        ("http://box.lan:8000/mcp", "192.168.1.7:8000", (TOKEN,), Severity.WARN),
        ("http://[2606:4700::1]/mcp", "[2606:4700::1]:80", (TOKEN,), Severity.ERROR),
    ],
)
def test_plain_http_to_another_machine(
    url: str, peer: str, headers: tuple[tuple[str, str], ...], severity: Severity
) -> None:
    found = spoken_to(url, peer, *headers).found("plaintext-remote")
    assert found.severity is severity
    assert ("secret in the header" in found.text) == bool(headers) or "Most recently" in found.text


@pytest.mark.parametrize(
    ("url", "peer"),
    [
        ("https://mcp.example/mcp", "203.0.113.7:443"),
        ("http://127.0.0.1:8000/mcp", "127.0.0.1:8000"),
        ("http://localhost/mcp", "[::1]:80"),
        ("http://app.localhost/mcp", "127.0.0.1:80"),
        ("http://tunnelled.example/mcp", "127.0.0.1:80"),
        ("http://[/mcp", "203.0.113.7:80"),
    ],
)
def test_tls_and_this_machine_are_fine(url: str, peer: str) -> None:
    assert spoken_to(url, peer, TOKEN).is_silent()


def refused(kind: str, *headers: tuple[str, str], status: int = 403, metadata: bool = False) -> Watched:
    talk = Watched(RULES)
    if metadata:
        talk.send(1, "GET", "oauth: protected resource metadata", url="https://h/.well-known/x")
        talk.accept(1, 200, "application/json")
    talk.send(2, url="https://h/mcp")
    fields = {"reason": "", "http_version": "HTTP/1.1", "ttfb_ms": 1.0}
    talk.hear(HeadersReceived, 2, status=status, headers=(("Content-Type", kind), *headers), **fields)
    return talk


WALL = "auth-blocked-before-server"


def test_a_page_of_a_proxy_in_place_of_the_server() -> None:
    found = refused("text/html; charset=utf-8", ("Server", "nginx/1.24"), status=401).found(WALL)
    assert "401" in found.text and "nginx" in found.text and "auth_basic off" in found.fix


def test_a_page_although_the_metadata_can_be_read() -> None:
    found = refused("text/html", metadata=True).found(WALL)
    assert "metadata of the server can be read" in found.text and len(found.evidence) == 3


@pytest.mark.parametrize(
    "talk",
    [
        refused("application/json", ("Server", "nginx")),
        refused("text/html", ("Server", "uvicorn")),
        refused("text/html", ("Server", "nginx"), status=500),
        refused("text/html", ("Server", "nginx"), ("WWW-Authenticate", "Bearer resource_metadata=x"), status=401),
    ],
    ids=["json", "no proxy", "no refusal", "asks for a token"],
)
def test_other_refusals_are_no_wall(talk: Watched) -> None:
    assert talk.is_silent()
