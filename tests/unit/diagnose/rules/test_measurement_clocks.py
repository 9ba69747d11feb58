"""The server's clock against ours, and ends that only our own clock has made."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import formatdate

import pytest

from inspector.diagnose.rules.measurement_clocks import RULES
from inspector.trace.events import EndCause, HeadersReceived, LabActed, LabAction, Outcome, Severity
from tests.support.diagnosed import S, Watched

SKEW, OWN = "clock-skew", "own-timeout-not-server"


def dated(ahead_s: list[float], *more: tuple[str, str], ttfb_ms: float = 4.0, connection: int = 1) -> Watched:
    talk = Watched(RULES)
    for stream, ahead in enumerate(ahead_s, 1):
        talk.wait(1_370)
        talk.send(stream)
        headers = (("Date", formatdate(int(talk.clock.time() + ahead), usegmt=True)), *more)
        fields = {"status": 200, "reason": "", "http_version": "HTTP/1.1", "ttfb_ms": ttfb_ms}
        talk.hear(HeadersReceived, stream, headers=headers, connection=connection, **fields)
    return talk


@pytest.mark.parametrize(
    ("ahead", "severity", "words"),
    [
        (-90.0, Severity.WARN, "behind"),
        (75.0, Severity.WARN, "ahead of"),
        (5.0, Severity.NOTE, "ahead of"),
        (-5.0, Severity.NOTE, "behind"),
    ],
)
def test_a_clock_that_always_differs_alike(ahead: float, severity: Severity, words: str) -> None:
    found = dated([ahead] * 5).found(SKEW)
    assert found.severity is severity and words in found.text
    assert found.count == 1


@pytest.mark.parametrize(
    "talk",
    [
        dated([0.0] * 8),
        dated([1.4] * 8),
        dated([-90.0] * 2),
        dated([-90.0, 40.0, 3.0, -20.0, 70.0, 8.0]),
        dated([-90.0] * 8, ("Age", "90")),
        dated([-90.0] * 8, ttfb_ms=20_000.0),
    ],
    ids=["right", "a second or so", "too few", "scattered", "of a cache", "late answers"],
)
def test_what_says_nothing_of_a_clock(talk: Watched) -> None:
    assert talk.is_silent()


@pytest.mark.parametrize(("ahead", "severity"), [(300.0, Severity.WARN), (3.0, Severity.NOTE), (0.0, None)])
def test_heartbeats_with_a_stamp_count_as_well(ahead: float, severity: Severity | None) -> None:
    talk = Watched(RULES)
    for _ in range(4):
        talk.wait(15 * S)
        talk.comment(1, f"ping - {datetime.fromtimestamp(talk.clock.time() + ahead, UTC).isoformat(' ')}")
    assert [finding.severity for finding in talk.findings()] == ([severity] if severity else [])


def test_heartbeats_that_the_laboratory_delays_come_late_by_right() -> None:
    talk = Watched(RULES)
    talk.listen(1)
    talk.tell(LabActed, action=LabAction.DELAY, text="Delays what comes by 30 s.")
    for _ in range(4):
        talk.wait(15 * S)
        talk.comment(1, f"ping - {datetime.fromtimestamp(talk.clock.time() - 30, UTC).isoformat(' ')}")
    assert talk.is_silent()


def test_a_clock_that_was_set_right_is_no_longer_wrong() -> None:
    talk = dated([-90.0] * 4)
    for stream in range(5, 40):
        talk.wait(1_370)
        talk.send(stream)
        headers = (("Date", formatdate(int(talk.clock.time()), usegmt=True)),)
        fields = {"status": 200, "reason": "", "http_version": "HTTP/1.1", "ttfb_ms": 4.0}
        talk.hear(HeadersReceived, stream, headers=headers, **fields)
    assert talk.found(SKEW).over_at_s is not None


def test_each_connection_may_be_another_server() -> None:
    talk = dated([-90.0] * 2)
    talk.send(3)
    headers = (("Date", formatdate(int(talk.clock.time() - 90), usegmt=True)),)
    fields = {"status": 200, "reason": "", "http_version": "HTTP/1.1", "ttfb_ms": 4.0}
    talk.hear(HeadersReceived, 3, headers=headers, connection=2, **fields)
    assert talk.is_silent()


def test_an_exchange_that_we_ended_is_our_own_doing() -> None:
    talk = Watched(RULES)
    asked = talk.post(1)
    talk.wait(30 * S)
    talk.end(1, EndCause.TIMED_OUT_BY_US, "No answer within 30 s.", age_ms=30_000.0)
    talk.fail(asked, Outcome.TIMED_OUT, 30_000.0)
    found = talk.found(OWN)
    assert (found.severity, found.count) == (Severity.NOTE, 1) and "30.0 s" in found.text


def test_a_call_given_up_on_a_stream_that_lives_on() -> None:
    talk = Watched(RULES)
    asked = talk.post(1)
    talk.wait(60 * S)
    talk.fail(asked, Outcome.TIMED_OUT, 60_000.0)
    assert "tools/call after 60.0 s" in talk.found(OWN).text


@pytest.mark.parametrize("cause", [EndCause.CANCELLED_BY_US, EndCause.CLOSED_BY_US, EndCause.RESET, EndCause.COMPLETE])
def test_what_the_user_or_the_server_ends_is_no_timeout(cause: EndCause) -> None:
    talk = Watched(RULES)
    asked = talk.post(1)
    talk.end(1, cause)
    talk.fail(asked, Outcome.CANCELLED)
    assert talk.is_silent()


def test_the_limit_of_a_probe_is_part_of_it() -> None:
    talk = Watched(RULES)
    talk.send(1, "GET", "probe:hold")
    talk.accept(1)
    talk.end(1, EndCause.TIMED_OUT_BY_US)
    assert talk.is_silent()


def test_a_connection_lost_while_the_machine_slept() -> None:
    talk = Watched(RULES)
    talk.listen(1)
    talk.sleep(3_600)
    talk.wait(2 * S)
    talk.end(1, EndCause.RESET, "h:80 reset the connection.")
    found = talk.found(OWN)
    assert found.grade == "likely" and "slept" in found.text


def test_what_ends_long_after_a_sleep_or_in_order_has_other_reasons() -> None:
    talk = Watched(RULES)
    talk.listen(1)
    talk.listen(2)
    talk.sleep(3_600)
    talk.end(2, EndCause.END_OF_STREAM)
    talk.wait(60 * S)
    talk.end(1, EndCause.RESET)
    assert talk.is_silent()
