"""Calls that somebody on the way gave up on."""

from __future__ import annotations

import pytest

from inspector.diagnose.rules.lifetime import RULES
from inspector.trace.events import BodyReceived, HeadersReceived, Severity
from tests.support.diagnosed import S, Watched

GATEWAY, KILLED = "gateway-timeout-on-call", "serverless-function-killed"
ABOUT_CALLS = [rule for rule in RULES if rule.id in (GATEWAY, KILLED)]


def refused(
    status: int,
    after_s: float,
    kind: str = "text/html",
    *,
    method: str = "POST",
    headers: tuple[tuple[str, str], ...] = (),
    sleeps: bool = False,
) -> Watched:
    """A request that is answered so after so long."""
    talk = Watched(ABOUT_CALLS)
    talk.send(1, method)
    talk.ask(1, id=1)
    talk.wait(after_s * S)
    if sleeps:
        talk.sleep(60)
    fields = {"reason": "", "http_version": "HTTP/1.1", "ttfb_ms": after_s * S}
    talk.hear(HeadersReceived, 1, status=status, headers=(("Content-Type", kind), *headers), **fields)
    return talk


@pytest.mark.parametrize(("status", "grade"), [(504, "proven"), (524, "proven"), (502, "likely"), (503, "likely")])
def test_an_error_page_after_a_minute_is_a_gateway(status: int, grade: str) -> None:
    found = refused(status, 60.1).found(GATEWAY)
    assert (found.severity, found.grade) == (Severity.ERROR, grade)
    assert f"answered with {status} after 60.1 s" in found.text
    assert "nginx" in found.fix


def test_the_gateway_that_was_recognised_is_named_first() -> None:
    fix = refused(504, 60.1, headers=(("Server", "awselb/2.0"),)).found(GATEWAY).fix
    assert fix.index("an AWS ALB") < fix.index("nginx")


def test_after_long_enough_no_timer_needs_to_be_known() -> None:
    assert refused(504, 44.0).fired() == [GATEWAY]


@pytest.mark.parametrize(
    "talk",
    [
        pytest.param(refused(504, 2.0), id="at once"),
        pytest.param(refused(500, 60.0), id="the server itself"),
        pytest.param(refused(504, 60.0, "application/json"), id="in JSON"),
        pytest.param(refused(504, 60.0, method="GET"), id="no call"),
        pytest.param(refused(504, 60.0, sleeps=True), id="the machine slept"),
        pytest.param(refused(200, 60.0), id="an answer"),
    ],
)
def test_other_answers_are_no_gateway(talk: Watched) -> None:
    assert talk.is_silent()


def test_the_platform_says_so_in_a_header() -> None:
    talk = refused(504, 10.0, "text/plain", headers=(("X-Vercel-Error", "FUNCTION_INVOCATION_TIMEOUT"),))
    talk.hear(BodyReceived, 1, content_type="text/plain", raw=b"FUNCTION_INVOCATION_TIMEOUT")
    found = talk.found(KILLED)
    assert (found.severity, found.count) == (Severity.ERROR, 1)
    assert [each.rule for each in found.dependants] == [GATEWAY]


def test_the_platform_says_so_in_the_body() -> None:
    talk = refused(504, 3.0, "text/plain")
    talk.hear(BodyReceived, 1, content_type="text/plain", raw=b"An error\n\nFUNCTION_INVOCATION_TIMEOUT\n")
    assert talk.fired() == [KILLED]


def test_other_errors_of_the_platform_are_others() -> None:
    talk = refused(404, 0.1, "text/plain", headers=(("X-Vercel-Error", "NOT_FOUND"),))
    talk.hear(BodyReceived, 1, content_type="text/plain", raw=b"NOT_FOUND")
    assert talk.is_silent()
