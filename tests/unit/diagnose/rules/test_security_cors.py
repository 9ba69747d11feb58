"""Preflights and answers, as a browser would judge them."""

from __future__ import annotations

import pytest

from inspector.diagnose.rules.security_cors import RULES
from inspector.trace.events import HeadersReceived
from tests.support.diagnosed import Watched

ORIGIN = "http://localhost:6274"
NAMES = "content-type,mcp-protocol-version,mcp-session-id,authorization,last-event-id"
GOOD = {
    "Access-Control-Allow-Origin": ORIGIN,
    "Access-Control-Allow-Methods": "GET, POST, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": "Content-Type, MCP-Protocol-Version, Mcp-Session-Id, Authorization, Last-Event-ID",
}


def answer(talk: Watched, stream: int, status: int, headers: dict[str, str]) -> None:
    fields = {"reason": "", "http_version": "HTTP/1.1", "ttfb_ms": 1.0}
    talk.hear(HeadersReceived, stream, status=status, headers=tuple(headers.items()), **fields)


def preflight(talk: Watched, status: int = 204, /, **changed: str) -> Watched:
    asked = (
        ("Origin", ORIGIN),
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", NAMES),
    )
    stream = talk.next_stream()
    talk.send(stream, "OPTIONS", "probe:preflight", headers=asked)
    headers = GOOD | {name.replace("_", "-"): value for name, value in changed.items()}
    answer(talk, stream, status, {name: value for name, value in headers.items() if value})
    return talk


@pytest.mark.parametrize("status", [200, 204])
@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"Access_Control_Allow_Origin": "*"},
        {"Access_Control_Allow_Methods": "*"},
        {"Access_Control_Allow_Headers": "*, Authorization"},
    ],
)
def test_a_full_answer_passes(status: int, changed: dict[str, str]) -> None:
    assert preflight(Watched(RULES), status, **changed).is_silent()


@pytest.mark.parametrize(
    ("status", "changed", "words"),
    [
        (401, {}, "status 401"),
        (405, {}, "status 405"),
        (204, {"Access_Control_Allow_Origin": ""}, "origin"),
        (204, {"Access_Control_Allow_Origin": "https://other.example"}, "origin"),
        (204, {"Access_Control_Allow_Methods": "GET, POST"}, "DELETE"),
        (204, {"Access_Control_Allow_Headers": "content-type, authorization, mcp-session-id"}, "mcp-protocol-version"),
        (204, {"Access_Control_Allow_Headers": "*"}, "not allowed is authorization"),
    ],
)
def test_what_a_browser_would_refuse(status: int, changed: dict[str, str], words: str) -> None:
    assert words in preflight(Watched(RULES), status, **changed).found("cors-preflight-fails").text


def test_other_revisions_have_no_delete() -> None:
    talk = Watched(RULES, "stateless")
    assert preflight(talk, 204, Access_Control_Allow_Methods="POST").is_silent()


def test_once_it_passes_it_is_no_longer_true() -> None:
    talk = preflight(Watched(RULES), 401)
    talk.wait(5_000)
    assert preflight(talk).found("cors-preflight-fails").over_at_s == talk.clock.time()


def test_only_the_probe_is_judged() -> None:
    talk = Watched(RULES)
    talk.send(1, "OPTIONS", "other", headers=(("Origin", ORIGIN),))
    answer(talk, 1, 401, {})
    assert talk.is_silent()


def read_by_a_page(headers: dict[str, str], transport: str = "streamable-http", /, **asked: str) -> Watched:
    talk = Watched(RULES, transport)
    sent = {"Origin": ORIGIN, "Mcp-Session-Id": "abc"} | asked
    talk.send(1, "POST", "probe:cors", headers=tuple((name, value) for name, value in sent.items() if value))
    answer(talk, 1, 200, headers)
    return talk


OPEN = {"Access-Control-Allow-Origin": ORIGIN}
EXPOSE = "Access-Control-Expose-Headers"


@pytest.mark.parametrize("exposed", [{}, {EXPOSE: "WWW-Authenticate"}])
def test_a_session_id_that_no_page_can_read(exposed: dict[str, str]) -> None:
    assert read_by_a_page(OPEN | exposed).fired() == ["cors-session-header-hidden"]


@pytest.mark.parametrize(
    "talk",
    [
        read_by_a_page(OPEN | {EXPOSE: "X-A, mcp-session-id"}),
        read_by_a_page(OPEN | {EXPOSE: "*"}),
        read_by_a_page({}),
        read_by_a_page(OPEN, "stateless"),
        read_by_a_page(OPEN, Origin=""),
        read_by_a_page(OPEN, **{"Mcp-Session-Id": ""}),
    ],
    ids=["exposed", "all exposed", "no CORS at all", "no sessions", "no page asks", "no session"],
)
def test_answers_that_hide_nothing(talk: Watched) -> None:
    assert talk.is_silent()


def test_with_credentials_a_star_is_a_name_like_any_other() -> None:
    talk = read_by_a_page(OPEN | {EXPOSE: "*", "Access-Control-Allow-Credentials": "true"})
    assert talk.fired() == ["cors-session-header-hidden"]
