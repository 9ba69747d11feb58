"""What the head of a response says about delivery."""

from __future__ import annotations

import time
from typing import Any

import pytest

from inspector.trace.events import FrameReceived, Severity
from tests.support.deliveries import Delivery, findings

ELSEWHERE = "https://mcp.example/mcp"


def stream_with(*headers: tuple[str, str], method: str = "GET", url: str = ELSEWHERE, **fields: Any) -> Delivery:
    talk = Delivery()
    talk.send(1, method, "stream", url=url)
    talk.head(1, *headers, **fields)
    return talk


def severity_of(talk: Delivery, rule: str) -> Severity | None:
    found = findings(talk).get(rule)
    return found.severity if found else None


def test_http_1_0_is_a_warning_and_of_a_toy_a_note() -> None:
    assert severity_of(stream_with(http_version="HTTP/1.0"), "http10-hop") is Severity.WARN
    toy = stream_with(("Server", "BaseHTTP/0.6 Python/3.11"), http_version="HTTP/1.0")
    assert severity_of(toy, "http10-hop") is Severity.NOTE


def test_via_names_a_hop_of_http_1_0() -> None:
    found = findings(stream_with(("Via", "1.1 edge, 1.0 old (squid)")))["http10-hop"]
    assert found.grade == "likely" and "1.0 old" in found.text
    assert "http10-hop" not in findings(stream_with(("Via", "1.1 edge, 2 other")))


def test_a_get_stream_has_no_length() -> None:
    assert severity_of(stream_with(("Content-Length", "300")), "sse-content-length") is Severity.WARN
    assert severity_of(stream_with(("Transfer-Encoding", "chunked")), "sse-content-length") is None


@pytest.mark.parametrize(
    ("method", "frames", "wait_ms", "severity"),
    [
        ("GET", 3, 2_500, Severity.ERROR),
        ("POST", 3, 2_500, Severity.ERROR),
        ("POST", 3, 20, Severity.WARN),
        ("POST", 1, 20, Severity.NOTE),
        ("POST", 1, 5_000, Severity.NOTE),
    ],
)
def test_how_grave_a_length_is(method: str, frames: int, wait_ms: float, severity: Severity) -> None:
    talk = Delivery()
    talk.send(1, method)
    talk.wait(wait_ms)
    talk.head(1, ("Content-Length", "10"))
    talk.chunk(1)
    talk.end(1, frames=frames)
    assert severity_of(talk, "sse-content-length") is severity


def test_what_is_no_stream_may_have_a_length() -> None:
    talk = stream_with(("Content-Type", "application/json"), ("Content-Length", "10"), ("Age", "9"), method="POST")
    talk.end(1, frames=3)
    assert findings(talk) == {}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Age", "86400"),
        ("X-Cache", "Hit from cloudfront"),
        ("X-Cache", "MISS, HIT"),
        ("CF-Cache-Status", "REVALIDATED"),
        ("X-Cache-Status", "HIT"),
    ],
)
def test_a_cache_gives_itself_away(name: str, value: str) -> None:
    found = findings(stream_with((name, value)))["sse-cached"]
    assert (found.severity, found.grade) == (Severity.ERROR, "proven") and value in found.text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Age", "0"),
        ("Age", "000"),
        ("Age", "soon"),
        ("X-Cache", "Miss from cloudfront"),
        ("CF-Cache-Status", "DYNAMIC"),
    ],
)
def test_an_idle_cache_says_nothing(name: str, value: str) -> None:
    assert "sse-cached" not in findings(stream_with((name, value)))


def two_endpoints(
    first: bytes, second: bytes, *headers: tuple[str, str], urls: tuple[str, str] = ("a", "a")
) -> Delivery:
    talk = Delivery()
    for stream, (url, path) in enumerate(zip(urls, (first, second), strict=True), 1):
        talk.ask_for_stream(stream, f"https://mcp.example/{url}", *headers)
        talk.head(stream, ("Cache-Control", "no-transform"))
        talk.hear(FrameReceived, stream, event="endpoint", raw=b"event: endpoint\ndata: %s\n\n" % path)
        talk.end(stream)
    return talk


SAME = (b"/messages?session_id=0123456789abcdef", b"/messages?session_id=0123456789abcdef")


def test_the_session_of_an_earlier_stream_comes_from_a_cache() -> None:
    found = findings(two_endpoints(*SAME))["sse-cached"]
    assert found.grade == "likely" and len(found.evidence) == 4


@pytest.mark.parametrize(
    "talk",
    [
        pytest.param(two_endpoints(SAME[0], b"/messages?session_id=fedcba9876543210"), id="fresh"),
        pytest.param(two_endpoints(b"/messages", b"/messages"), id="no session"),
        pytest.param(two_endpoints(*SAME, ("Last-Event-ID", "5")), id="resumed"),
        pytest.param(two_endpoints(*SAME, ("Cookie", "known=1")), id="known by a cookie"),
        pytest.param(two_endpoints(*SAME, urls=("a", "b")), id="other address"),
    ],
)
def test_other_sessions_say_nothing(talk: Delivery) -> None:
    assert "sse-cached" not in findings(talk)


RULE = "anti-buffer-headers-missing"


@pytest.mark.parametrize(
    ("headers", "severity", "grade"),
    [
        ((), Severity.NOTE, "proven"),
        ((("Cache-Control", "no-cache"),), Severity.NOTE, "proven"),
        ((("Server", "cloudflare"),), Severity.WARN, "proven"),
        ((("Server", "nginx/1.22"),), Severity.NOTE, "hint"),
    ],
)
def test_nothing_tells_proxies_to_pass_the_stream_on(
    headers: tuple[tuple[str, str], ...], severity: Severity, grade: str
) -> None:
    found = findings(stream_with(*headers))[RULE]
    assert (found.severity, found.grade, found.count) == (severity, grade, 1)


@pytest.mark.parametrize("header", [("X-Accel-Buffering", "NO"), ("Cache-Control", "no-cache, No-Transform")])
def test_either_header_is_enough(header: tuple[str, str]) -> None:
    assert RULE not in findings(stream_with(header))


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8080", "[::1]:8080"])
def test_on_one_machine_there_is_no_proxy(host: str) -> None:
    assert RULE not in findings(stream_with(url=f"http://{host}/mcp"))


def test_it_is_said_once_for_a_connection() -> None:
    talk = stream_with()
    for stream in (2, 3):
        talk.send(stream, url=ELSEWHERE)
        talk.head(stream)
    assert findings(talk)[RULE].count == 1


def test_an_endless_endpoint_is_read_in_no_time() -> None:
    talk = stream_with()
    raw = b"event: endpoint\ndata: /m?" + b"session" * 100_000 + b"\n\n"
    started = time.process_time()
    talk.hear(FrameReceived, 1, raw=raw, offset=0, first_byte_ns=0, event="endpoint")
    findings(talk)
    assert time.process_time() - started < 3  # minutes, where every start is followed to the end
