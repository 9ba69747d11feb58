"""Connections that came to nothing, and what was there instead."""

from __future__ import annotations

from typing import Any

import pytest

from inspector.diagnose.rules.address import RULES
from inspector.diagnose.rules.address_connecting import MAX_CONNECTIONS
from inspector.trace.events import (
    AttemptMade,
    BodyReceived,
    Connected,
    ConnectionState,
    EndCause,
    HeadersReceived,
    Phase,
    SessionReady,
    StreamEnded,
)
from tests.support.diagnosed import Watched

PAGE = b"<!doctype html><title>Just a moment...</title>"
HTML = "text/html"
TEXT = "text/plain"


class Connecting(Watched):
    """A connection that nothing has been tried of yet."""

    def __init__(self) -> None:
        super().__init__(RULES, "")
        self.state(ConnectionState.CLOSED)  # that of the making
        self.number = 1
        self.connect()

    def connect(self) -> None:
        self.number += 1
        self.state(ConnectionState.CONNECTING, connection=self.number)

    def attempt(self, transport: str, *, succeeded: bool = False) -> None:
        self.tell(AttemptMade, connection=self.number, transport=transport, verdict="", succeeded=succeeded)

    def refuse(
        self,
        status: int,
        kind: str = TEXT,
        body: bytes = b"",
        *,
        method: str = "POST",
        url: str = "http://h/mcp",
        purpose: str = "",
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        stream = self.next_stream()
        at: dict[str, Any] = {"connection": self.number}
        purpose = purpose or ("initialize" if method == "POST" else "stream")
        self.send(stream, method, purpose, url=url, **at)
        fields: dict[str, Any] = {"reason": "", "http_version": "HTTP/1.1", "ttfb_ms": 1.0, **at}
        self.hear(HeadersReceived, stream, status=status, headers=(("Content-Type", kind), *headers), **fields)
        if body:
            self.hear(BodyReceived, stream, content_type=kind, raw=body, **at)
        self.end(stream, EndCause.REJECTED, status=status, **at)

    def ready(self, transport: str = "streamable-http") -> None:
        fields = {"protocol_version": "", "server_name": "", "server_version": ""}
        self.tell(SessionReady, connection=self.number, transport=transport, **fields)
        self.state(ConnectionState.OPEN, connection=self.number)

    def give_up(self) -> None:
        self.state(ConnectionState.CLOSED, connection=self.number)

    def fail(self, cause: EndCause, url: str, phase: Phase = Phase.CONNECT, purpose: str = "initialize") -> None:  # type: ignore[override]
        stream = self.next_stream()
        self.send(stream, "POST", purpose, url=url, connection=self.number)
        self.break_off(stream, cause, phase)

    def accept(self, stream: int, status: int = 200, kind: str = "text/event-stream") -> HeadersReceived:
        fields: dict[str, Any] = {"reason": "", "http_version": "HTTP/1.1", "ttfb_ms": 1.0, "connection": self.number}
        return self.hear(HeadersReceived, stream, status=status, headers=(("Content-Type", kind),), **fields)

    def break_off(self, stream: int, cause: EndCause, phase: Phase = Phase.CONNECT) -> None:
        fields: dict[str, Any] = {"connection": self.number, "phase": phase, "sentence": f"It is {cause}."}
        self.tell(StreamEnded, stream=stream, cause=cause, **fields)


def test_a_page_in_place_of_an_answer() -> None:
    talk = Connecting()
    talk.refuse(403, HTML, PAGE)
    talk.attempt("stateless")
    assert talk.is_silent()
    talk.give_up()
    finding = talk.found("not-an-mcp-endpoint")
    assert "POST /mcp was answered with the page of a firewall" in finding.text and "skip its bot" in finding.fix


@pytest.mark.parametrize(
    ("status", "kind", "body", "headers"),
    [
        (403, "application/json", b'{"error":"forbidden"}', ()),
        (502, HTML, b"<html><title>502 Bad Gateway</title></html>", ()),
        (401, HTML, b"<html>no</html>", (("WWW-Authenticate", "Bearer"),)),
        (404, TEXT, b"Not Found", ()),
    ],
)
def test_other_refusals_are_no_page(status: int, kind: str, body: bytes, headers: tuple[tuple[str, str], ...]) -> None:
    talk = Connecting()
    talk.refuse(status, kind, body, headers=headers)
    talk.attempt("streamable-http")
    talk.give_up()
    assert talk.is_silent()


def test_a_challenge_may_come_with_503() -> None:
    talk = Connecting()
    talk.refuse(503, HTML, b"<html></html>", headers=(("cf-mitigated", "challenge"),))
    talk.give_up()
    assert talk.fired() == ["not-an-mcp-endpoint"]


def test_a_page_before_the_right_transport_was_found_is_no_fault() -> None:
    talk = Connecting()
    talk.refuse(404, HTML, b"<html>Cannot POST /sse</html>", url="http://h/sse")
    talk.attempt("streamable-http")
    talk.listen(50)
    talk.end(50)
    talk.attempt("http+sse", succeeded=True)
    talk.ready("http+sse")
    talk.refuse(404, HTML, b"<html>Cannot GET /mcp</html>", method="GET")
    talk.refuse(404, HTML, b"<html></html>", method="DELETE", purpose="close")
    talk.give_up()
    assert talk.is_silent()


def test_a_stream_that_came_shows_that_the_address_is_right() -> None:
    talk = Connecting()
    talk.refuse(404, HTML, b"<html>Cannot POST /sse</html>", url="http://h/sse")
    stream = talk.next_stream()
    talk.send(stream, "GET", "stream", connection=talk.number)
    talk.accept(stream)
    talk.end(stream, EndCause.CLOSED_BY_US, connection=talk.number)
    talk.give_up()
    assert talk.is_silent()


def test_a_firewall_that_reads_arguments() -> None:
    talk = Connecting()
    talk.ready()
    talk.refuse(403, HTML, PAGE, purpose="tools/call")
    finding = talk.found("not-an-mcp-endpoint")
    assert "tools/call was answered" in finding.text and "harmless" in finding.fix


def test_what_the_user_composes_is_no_attempt() -> None:
    talk = Connecting()
    talk.refuse(403, HTML, PAGE, purpose="raw POST")
    talk.refuse(403, HTML, PAGE, purpose="oauth: token")
    talk.give_up()
    assert talk.is_silent()


@pytest.mark.parametrize(
    ("transport", "method", "status", "url", "body", "right"),
    [
        ("streamable-http", "POST", 405, "http://h/x", b"", "HTTP+SSE"),
        ("streamable-http", "POST", 404, "http://h/sse", b"", "HTTP+SSE"),
        ("streamable-http", "POST", 400, "http://h/x", b"session_id is required", "HTTP+SSE"),
        ("stateless", "POST", 405, "http://h/x", b"", "HTTP+SSE"),
        ("http+sse", "GET", 405, "http://h/x", b"", "Streamable HTTP"),
        ("http+sse", "GET", 406, "http://h/x", b"", "Streamable HTTP"),
        ("http+sse", "GET", 400, "http://h/x", b"Bad Request: Missing session ID", "Streamable HTTP"),
        ("http+sse", "GET", 404, "http://h/mcp", b"", "Streamable HTTP"),
    ],
)
def test_the_other_transport(transport: str, method: str, status: int, url: str, body: bytes, right: str) -> None:
    talk = Connecting()
    talk.refuse(status, TEXT, body, method=method, url=url)
    talk.attempt(transport)
    talk.give_up()
    finding = talk.found("wrong-transport-for-url")
    assert finding.grade == "likely" and f"Set the transport to {right}." in finding.fix
    assert ("often /sse" in finding.fix) is (method == "POST" and not url.endswith("/sse"))


def test_what_it_has_spoken_before_proves_it() -> None:
    talk = Connecting()
    talk.refuse(405, method="POST")
    talk.ready("http+sse")
    talk.give_up()
    talk.connect()
    talk.refuse(405, headers=(("Allow", "GET"),))
    talk.attempt("streamable-http")
    talk.give_up()
    finding = talk.found("wrong-transport-for-url")
    assert finding.grade == "proven" and "GET only. It has spoken HTTP+SSE" in finding.text


@pytest.mark.parametrize(
    ("transports", "method", "status", "cancelled"),
    [
        (("stateless", "streamable-http", "http+sse"), "POST", 405, False),
        (("stateless",), "POST", 401, False),
        (("http+sse",), "GET", 401, False),
        (("raw-sse",), "GET", 405, False),
        (("stateless",), "POST", 405, True),
        ((), "POST", 405, False),
    ],
)
def test_the_transport_is_not_to_blame(transports: tuple[str, ...], method: str, status: int, cancelled: bool) -> None:
    talk = Connecting()
    talk.refuse(status, method=method)
    if cancelled:
        talk.fail(EndCause.CANCELLED_BY_US, "http://h/mcp", Phase.HEADERS)
    for transport in transports:
        talk.attempt(transport)
    talk.give_up()
    assert talk.is_silent()


UVICORN = (("Server", "uvicorn"),)


def test_an_application_whose_lifespan_does_not_run() -> None:
    talk = Connecting()
    talk.refuse(500, TEXT, b"Internal Server Error", headers=UVICORN)
    talk.give_up()
    assert talk.found("mounted-app-lifespan-missing").grade == "hint"


@pytest.mark.parametrize(
    ("first", "headers"), [((500, b"Internal Server Error"), ()), ((500, b"boom"), UVICORN), ((200, b"x"), UVICORN)]
)
def test_other_failures_are_not_the_lifespan(first: tuple[int, bytes], headers: tuple[tuple[str, str], ...]) -> None:
    talk = Connecting()
    talk.refuse(first[0], TEXT, first[1], headers=headers)
    talk.give_up()
    assert talk.is_silent()


@pytest.mark.parametrize(
    ("cause", "url", "words"),
    [
        (EndCause.REFUSED, "http://localhost:1/mcp", "::1 and 127.0.0.1"),
        (EndCause.REFUSED, "http://127.0.0.1:1/mcp", "Try localhost"),
        (EndCause.REFUSED, "http://host.docker.internal/mcp", "0.0.0.0"),
        (EndCause.UNRESOLVED, "http://nowhere.example/mcp", "DNS"),
        (EndCause.CONNECT_TIMEOUT, "http://h/mcp", "firewall"),
        (EndCause.UNREACHABLE, "http://h/mcp", "VPN"),
    ],
)
def test_nobody_is_there(cause: EndCause, url: str, words: str) -> None:
    talk = Connecting()
    talk.fail(cause, url)
    finding = talk.found("nothing-listening")
    assert finding.text == f"It is {cause}." and words in finding.fix


@pytest.mark.parametrize(
    ("cause", "phase", "purpose"),
    [
        (EndCause.CANCELLED_BY_US, Phase.CONNECT, "initialize"),
        (EndCause.RESET, Phase.CONNECT, "initialize"),
        (EndCause.TLS, Phase.CONNECT, "initialize"),
        (EndCause.REFUSED, Phase.CONNECT, "raw POST"),
        (EndCause.REFUSED, Phase.CONNECT, "probe:hold"),
    ],
)
def test_somebody_may_be_there(cause: EndCause, phase: Phase, purpose: str) -> None:
    talk = Connecting()
    talk.fail(cause, "http://h/mcp", phase, purpose)
    assert talk.is_silent()


@pytest.mark.parametrize(
    ("url", "peer", "status", "is_proxy"),
    [
        ("http://127.0.0.1:8000/mcp", "10.0.0.1:3128", 503, True),
        ("http://localhost:8000/mcp", "127.0.0.1:3128", 502, True),
        ("http://localhost:8000/mcp", "[::1]:8000", 503, False),
        ("http://localhost/mcp", "127.0.0.1:80", 503, False),
        ("http://localhost:99999/mcp", "127.0.0.1:80", 503, False),
        ("http://127.0.0.1:8000/mcp", "10.0.0.1:3128", 404, False),
        ("http://h:8000/mcp", "10.0.0.1:3128", 503, False),
    ],
)
def test_a_system_proxy_takes_what_is_for_this_machine(url: str, peer: str, status: int, is_proxy: bool) -> None:
    talk = Connecting()
    talk.send(9, "POST", "initialize", url=url, connection=talk.number)
    talk.tell(Connected, stream=9, peer=peer, connect_ms=1.0, connection=talk.number)
    fields: dict[str, Any] = {"reason": "", "http_version": "HTTP/1.1", "ttfb_ms": 1.0, "connection": talk.number}
    talk.hear(HeadersReceived, 9, status=status, headers=(), **fields)
    talk.end(9, EndCause.REJECTED)
    assert talk.fired() == (["nothing-listening"] if is_proxy else [])


def test_a_server_that_has_gone_is_another_fault() -> None:
    talk = Connecting()
    talk.ready()
    talk.fail(EndCause.REFUSED, "http://h/mcp")
    assert talk.is_silent()


def test_after_a_sleep_nobody_is_to_blame() -> None:
    talk = Connecting()
    talk.send(9, "POST", "initialize", url="http://h/mcp")
    talk.sleep(60)
    talk.break_off(9, EndCause.UNREACHABLE)
    assert talk.is_silent()


def test_it_is_over_once_somebody_answers() -> None:
    talk = Connecting()
    talk.fail(EndCause.REFUSED, "http://h/mcp")
    talk.give_up()
    assert talk.found("nothing-listening").over_at_s is None
    talk.connect()
    talk.send(9, "POST", "initialize", url="http://h/mcp", connection=talk.number)
    talk.ready()
    assert talk.found("nothing-listening").over_at_s is not None


def test_the_memory_is_bounded() -> None:
    talk = Connecting()
    talk.refuse(403, HTML, PAGE)
    for _ in range(MAX_CONNECTIONS + 1):
        talk.connect()
    talk.state(ConnectionState.CLOSED, connection=2)
    assert talk.is_silent()
