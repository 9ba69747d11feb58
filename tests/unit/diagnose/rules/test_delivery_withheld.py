"""Response headers that come only with the first event."""

from __future__ import annotations

import pytest

from inspector.trace.events import EndCause, Severity
from tests.support.deliveries import Delivery, findings, live

RULE = "headers-withheld-until-first-byte"
TUNNEL = "https://some-words.trycloudflare.com/sse"
JSON = ("Content-Type", "application/json")


def held(
    talk: Delivery,
    *headers: tuple[str, str],
    seconds: float = 3.0,
    method: str = "GET",
    then_ms: float = 0.0,
    meanwhile: bool = True,
    url: str = "http://h/mcp",
) -> None:
    """A stream whose headers are late, and come with the first byte of the body."""
    if method == "GET":
        talk.ask_for_stream(1, url)
    else:
        talk.send(1, url=url)
    talk.wait(500)
    if meanwhile:
        talk.answered_soon(9, url=url)
    talk.wait(seconds * 1e3 - 500)
    talk.head(1, *headers, ttfb_ms=seconds * 1e3)
    talk.wait(then_ms)
    talk.chunk(1)
    talk.end(1)


def seen(talk: Delivery) -> tuple[Severity, str] | None:
    found = findings(talk).get(RULE)
    return (found.severity, found.grade) if found else None


def test_another_request_was_answered_meanwhile() -> None:
    talk = Delivery()
    held(talk)
    found = findings(talk)[RULE]
    assert (found.severity, found.grade) == (Severity.WARN, "likely")
    assert "took 3.0 s" in found.text and "another request was answered in 1 ms" in found.text


def test_a_later_stream_without_delay_ends_it() -> None:
    talk = Delivery()
    held(talk)
    talk.wait(1_000)
    talk.ask_for_stream(3)
    talk.head(3)
    assert findings(talk)[RULE].over_at_s == talk.clock.time()


@pytest.mark.parametrize(("seconds", "severity"), [(4.0, Severity.WARN), (12.0, Severity.ERROR)])
def test_an_old_date_proves_it(seconds: float, severity: Severity) -> None:
    talk = Delivery()
    talk.answered_soon(8)
    talk.wait(1)
    old = ("Date", talk.date()[1])
    held(talk, old, seconds=seconds, meanwhile=False)
    assert seen(talk) == (severity, "proven")


def test_a_fresh_date_says_that_the_server_was_slow() -> None:
    talk = Delivery()
    talk.ask_for_stream(1)
    talk.answered_soon(9)
    talk.wait(4_000)
    talk.head(1, talk.date(), ttfb_ms=4_000.0)
    talk.chunk(1)
    assert seen(talk) is None


def test_the_date_of_a_proxy_says_nothing() -> None:
    talk = Delivery()
    talk.ask_for_stream(1)
    talk.answered_soon(9)
    talk.wait(4_000)
    talk.head(1, talk.date(), ("Server", "nginx"), ttfb_ms=4_000.0)
    talk.chunk(1)
    assert seen(talk) == (Severity.WARN, "likely")


def test_a_clock_that_is_wrong_proves_nothing() -> None:
    talk = Delivery()
    talk.send(8)
    talk.head(8, JSON, talk.date(ago_s=5))
    talk.end(8)
    talk.ask_for_stream(1)
    talk.wait(4_000)
    talk.head(1, talk.date(ago_s=5), ttfb_ms=4_000.0)
    talk.chunk(1)
    assert seen(talk) is None


@pytest.mark.parametrize("seconds", [3.0, 15.0])
def test_the_stream_of_a_call_may_say_nothing_before_its_first_event(seconds: float) -> None:
    talk = Delivery()
    held(talk, method="POST", seconds=seconds)
    assert seen(talk) == (Severity.NOTE, "likely")


def test_a_slow_start_says_nothing() -> None:
    talk = Delivery()
    held(talk, meanwhile=False)
    assert seen(talk) is None


def test_headers_at_once_or_before_the_first_byte_say_nothing() -> None:
    talk = Delivery()
    held(talk, seconds=0.6)
    assert seen(talk) is None
    talk = Delivery()
    held(talk, then_ms=500)
    assert seen(talk) is None


def test_after_a_sleep_nothing_is_late() -> None:
    talk = Delivery()
    talk.ask_for_stream(1)
    talk.answered_soon(9)
    talk.wait(3_000)
    talk.clock._start += 60
    talk.head(1, ttfb_ms=3_000.0)
    talk.chunk(1)
    assert seen(talk) is None


@pytest.mark.parametrize(("status", "is_seen"), [(504, True), (524, True), (502, True), (500, False), (404, False)])
def test_a_gateway_that_gives_up(status: int, is_seen: bool) -> None:
    talk = Delivery()
    talk.ask_for_stream(1)
    talk.answered_soon(9)
    talk.wait(60_000)
    talk.head(1, ("Content-Type", "text/html"), status=status, ttfb_ms=60_000.0)
    talk.end(1)
    found = findings(talk)
    assert RULE in found  # after ten seconds without headers
    assert (f"({status})" in found[RULE].text) is is_seen


def test_no_headers_while_others_are_answered() -> None:
    talk = Delivery()
    asked = talk.ask_for_stream(1)
    talk.answered_soon(9)
    assert RULE not in live(talk.since(0), asked.monotonic_ns + 9_000_000_000)
    found = live(talk.since(0), asked.monotonic_ns + 11_000_000_000)[RULE]
    assert (found.severity, found.grade) == (Severity.ERROR, "likely")
    assert found.evidence[0] == asked.n


@pytest.mark.parametrize("cause", [None, EndCause.CLOSED_BY_US])
def test_no_headers_where_nothing_is_answered_says_nothing(cause: EndCause | None) -> None:
    talk = Delivery()
    asked = talk.ask_for_stream(1)
    if cause is not None:
        talk.answered_soon(9)
        talk.end(1, cause)
    assert RULE not in live(talk.since(0), asked.monotonic_ns + 20_000_000_000)


def test_a_quick_tunnel_is_named_and_explains_the_rest() -> None:
    talk = Delivery()
    asked = talk.ask_for_stream(1, TUNNEL)
    found = live(talk.since(0), asked.monotonic_ns + 11_000_000_000)
    assert [below.rule for below in found["quick-tunnel-no-sse"].dependants] == [RULE]


def test_a_post_through_the_tunnel_streams() -> None:
    talk = Delivery()
    held(talk, method="POST", url=TUNNEL)
    assert "quick-tunnel-no-sse" not in findings(talk)


def test_odd_addresses_do_not_raise() -> None:
    talk = Delivery()
    held(talk, url="http://[broken/mcp")
    held(talk, url="")
    assert "quick-tunnel-no-sse" not in findings(talk)
