"""HTTP+SSE: the stream that is the session, and the address it names for POSTs (protocol part A2)."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.protocol.breach import Severity
from inspector.protocol.transports.answer import Head, Meaning
from inspector.protocol.transports.http_sse import HttpSse, origin

URL = "http://good.example/sse"


def told(data: str, base: str = URL) -> tuple[str | None, str | None]:
    """The endpoint that is taken from `data`, and the rule that it breaks."""
    wire = HttpSse(base)
    breach = wire.on_endpoint(data, base)
    assert breach is None or (breach.severity is Severity.ERROR and breach.fix and len(breach.text) < 300)
    return wire.endpoint, breach.rule if breach else None


def test_a2_the_stream_is_a_get_that_accepts_events() -> None:
    request = HttpSse(URL, (("Authorization", "Bearer x"),)).open()
    assert (request.method, request.url, request.purpose) == ("GET", URL, "stream")
    assert dict(request.headers) == {
        "Accept": "text/event-stream",
        "Cache-Control": "no-cache",
        "Authorization": "Bearer x",
    }


@pytest.mark.parametrize(
    ("data", "endpoint"),
    [
        ("/messages?session_id=1", "http://good.example/messages?session_id=1"),
        ("messages/?sessionId=1", "http://good.example/messages/?sessionId=1"),
        ("?session_id=1", "http://good.example/sse?session_id=1"),
        ("../m", "http://good.example/m"),
        (" /messages ", "http://good.example/messages"),
        ("http://good.example/m", "http://good.example/m"),
        ("//good.example/m", "http://good.example/m"),
        ("HTTP://GOOD.example:80/m", "http://good.example/m"),
        ("http://good.example:/m", "http://good.example/m"),
        ("http://good.example", "http://good.example"),
        ("/m#fragment", "http://good.example/m"),
        ("/nachrichten/ü", "http://good.example/nachrichten/ü"),
        ("/@evil.example/m", "http://good.example/@evil.example/m"),
        ("/m?next=http://evil.example/", "http://good.example/m?next=http://evil.example/"),
        ("http://other:credentials@good.example/m", "http://good.example/m"),
    ],
)
def test_a2_an_endpoint_of_the_same_origin_is_taken(data: str, endpoint: str) -> None:
    assert told(data) == (endpoint, None)


@pytest.mark.parametrize(
    "data",
    [
        "//evil.example/m",
        "http://evil.example/m",
        "http://good.example@evil.example/m",
        "http://good.example:80@evil.example/m",
        "http://good.example%40evil.example/m",
        "http://good.example.evil.example/m",
        "http://good.example:8080/m",
        "http://good.example:0/m",
        "http://good.example:99999/m",
        "https://good.example/m",
        "http://[::1]/m",
        "http://good.example./m",
    ],
)
def test_a2_another_origin_is_refused(data: str) -> None:
    assert told(data) == (None, "endpoint-origin-mismatch")


@pytest.mark.parametrize(
    "data",
    [
        "",
        "   ",
        '"/messages"',
        "/mess ages",
        "/mess\tages",
        "http:\\\\evil.example/m",
        "/\\evil.example/m",
        "http:evil.example/m",
        "http:/evil.example/m",
        "http:///evil.example/m",
        "///evil.example/m",
        "////evil.example/m",
        "http%3A//evil.example/m",
        "HTTPS%3a%2F%2Fevil.example",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "ftp://good.example/m",
        "http://[::1/m",
        "http://[evil]/m",
        "/m\x00",
        "/m\x7f",
        "\u2028/m",
        "/m\u200b",
        "/" + "m" * 10_000,
    ],
)
def test_a2_what_readers_understand_differently_is_refused(data: str) -> None:
    assert told(data) == (None, "endpoint-url-mangled")


def test_a2_plain_http_behind_tls_has_a_name_of_its_own() -> None:
    assert told("http://good.example/m", "https://good.example/sse") == (None, "endpoint-scheme-downgrade")
    assert told("http://evil.example/m", "https://good.example/sse") == (None, "endpoint-origin-mismatch")


@pytest.mark.parametrize(
    ("base", "data", "endpoint"),
    [
        ("http://[::1]:8000/sse", "/m", "http://[::1]:8000/m"),
        ("http://[::1]:8000/sse", "http://[::1]:8000/m", "http://[::1]:8000/m"),
        ("https://good.example:443/sse", "https://good.example/m", "https://good.example:443/m"),
        ("http://user:secret@good.example/sse", "/m", "http://user:secret@good.example/m"),
        ("http://user:secret@good.example/sse", "http://good.example/m", "http://user:secret@good.example/m"),
    ],
)
def test_a2_the_endpoint_keeps_the_place_as_the_user_wrote_it(base: str, data: str, endpoint: str) -> None:
    assert told(data, base) == (endpoint, None)


def test_a2_a_later_endpoint_never_moves_the_posts() -> None:
    wire = HttpSse(URL)
    assert wire.on_endpoint("/first", URL) is None
    breach = wire.on_endpoint("/second" * 1000, URL)
    assert breach is not None
    assert (breach.rule, breach.severity) == ("endpoint-event-repeated", Severity.WARN)
    assert len(breach.text) < 200
    assert wire.post(b"{}", "ping").url == "http://good.example/first"


def test_a2_after_a_refused_endpoint_a_good_one_is_taken() -> None:
    wire = HttpSse(URL)
    assert wire.on_endpoint("//evil.example/", URL) is not None
    assert wire.on_endpoint("/m", URL) is None
    assert wire.endpoint == "http://good.example/m"


def test_a2_messages_are_posted_to_the_endpoint() -> None:
    wire = HttpSse(URL, (("Authorization", "Bearer x"),))
    wire.on_endpoint("/m", URL)
    request = wire.post(b'{"jsonrpc":"2.0"}', "ping")
    assert (request.method, request.purpose, request.body) == ("POST", "ping", b'{"jsonrpc":"2.0"}')
    assert dict(request.headers)["Content-Type"] == "application/json"
    assert dict(request.headers)["Authorization"] == "Bearer x"
    assert "MCP-Protocol-Version" not in dict(request.headers)


def test_a2_a_new_stream_forgets_the_endpoint() -> None:
    wire = HttpSse(URL)
    wire.on_endpoint("/m", URL)
    wire.open()
    assert wire.endpoint is None


@pytest.mark.parametrize(
    ("status", "content_type", "meaning"),
    [
        (200, "text/event-stream", Meaning.EVENT_STREAM),
        (200, "text/event-stream;charset=utf-8", Meaning.EVENT_STREAM),
        (200, "application/json", Meaning.FAILED),
        (200, "text/html", Meaning.FAILED),
        (401, "text/event-stream", Meaning.UNAUTHORISED),
        (404, "text/event-stream", Meaning.FAILED),
        (405, "application/json", Meaning.FAILED),
    ],
)
def test_a2_only_a_successful_event_stream_is_a_session(status: int, content_type: str, meaning: Meaning) -> None:
    verdict = HttpSse(URL).judge_open(Head(status, (("content-type", content_type),)), now=0)
    assert verdict.meaning is meaning
    assert bool(verdict.sentence) == (meaning is not Meaning.EVENT_STREAM)


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        (200, Meaning.ACCEPTED),
        (202, Meaning.ACCEPTED),
        (204, Meaning.ACCEPTED),
        (400, Meaning.FAILED),
        (401, Meaning.UNAUTHORISED),
        (404, Meaning.SESSION_GONE),
        (410, Meaning.SESSION_GONE),
        (500, Meaning.FAILED),
    ],
)
def test_a2_what_the_answer_to_a_post_means(status: int, meaning: Meaning) -> None:
    verdict = HttpSse(URL).judge_post(Head(status, ()), now=0)
    assert verdict.meaning is meaning
    assert bool(verdict.sentence) == (meaning is not Meaning.ACCEPTED)


def test_an_origin_is_scheme_host_and_port() -> None:
    assert origin("HTTP://Good.Example/a") == ("http", "good.example", 80)
    assert origin("https://[::1]/") == ("https", "::1", 443)
    assert origin("http://good.example:0/") == ("http", "good.example", 0)
    assert origin("http://good.example:x/") == ("http", "good.example", -1)


PIECES = (
    "http:",
    "https:",
    "HTTP:",
    "http%3A",
    "http%3a%2f%2f",
    "file:",
    "javascript:",
    "/",
    "//",
    "\\",
    "\\\\",
    "@",
    ":",
    ":80",
    ":0",
    ":443",
    "?",
    "#",
    ".",
    "..",
    "%2f",
    "%00",
    "\t",
    " ",
    "\n",
    "[::1]",
    "[",
    "]",
    "good.example",
    "GOOD.EXAMPLE",
    "evil.example",
    "user:pw",
    "\u3002",
    "\uff0f",
    "\u2044",
    "\u00ad",
)
BASES = (
    "http://good.example/sse",
    "http://good.example:80/a/sse?x=1",
    "https://good.example/sse",
    "https://good.example:8443/",
    "http://user:pw@good.example:8000/sse",
    "http://[::1]:8000/sse",
    "http://127.0.0.1:8000",
)


@given(st.text(max_size=40) | st.lists(st.sampled_from(PIECES), max_size=8).map("".join), st.sampled_from(BASES))
def test_a2_no_data_whatsoever_leads_to_another_origin(data: str, base: str) -> None:
    endpoint, rule = told(data, base)
    assert (endpoint is None) == (rule is not None)
    if endpoint is None:
        return
    here, there = httpx.URL(base), httpx.URL(endpoint)
    assert (there.scheme, there.host, there.port) == (here.scheme, here.host, here.port)
    assert there.userinfo == here.userinfo
    assert urlsplit(endpoint).netloc == urlsplit(base).netloc


@pytest.mark.parametrize(
    ("url", "endpoint", "is_lost"),
    [
        ("http://a/api/v1/sse", "/messages?session_id=1", True),
        ("http://a/api/v1/sse", "/api/v1/messages", False),
        ("http://a/api/v1/sse", "/api/v10/messages", True),
        ("http://a/sse", "/messages", False),
        ("http://a", "/messages", False),
    ],
)
def test_an_endpoint_that_forgets_the_prefix_of_its_stream(url: str, endpoint: str, is_lost: bool) -> None:
    wire = HttpSse(url)
    assert wire.forgotten_prefix() is None
    assert wire.on_endpoint(endpoint, url) is None
    breach = wire.forgotten_prefix()
    assert (breach is not None and breach.rule == "endpoint-prefix-lost") is is_lost


@pytest.mark.parametrize(
    ("data", "is_endpoint"),
    [
        ("/messages?session_id=1", True),
        ("http://a/mcp/message?sessionId=1", True),
        ("/news/today", False),
        ("a /messages", False),
        ('{"path": "/messages"}', False),
        ("/messages" + "m" * 10_000, False),
    ],
)
def test_an_endpoint_without_its_name_is_known_by_its_data(data: str, is_endpoint: bool) -> None:
    breach = HttpSse("http://a/sse").nameless_endpoint(data)
    assert (breach is not None and breach.rule == "endpoint-event-missing") is is_endpoint


@pytest.mark.parametrize(
    ("endpoint", "is_lost"),
    [("/messages?", True), ("/messages?session_id=", True), ("/messages", False), ("/messages?session_id=1", False)],
)
def test_an_endpoint_that_names_no_session(endpoint: str, is_lost: bool) -> None:
    wire = HttpSse("http://a/sse")
    assert wire.forgotten_session() is None
    assert wire.on_endpoint(endpoint, "http://a/sse") is None
    breach = wire.forgotten_session()
    assert (breach is not None and breach.rule == "endpoint-url-mangled") is is_lost
