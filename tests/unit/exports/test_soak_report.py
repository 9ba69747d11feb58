"""What is said of a soak, in each form."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from inspector.diagnose.finding import Finding
from inspector.exports import soak_report
from inspector.exports.soaking import Resumed, SoakFigures, SoakReport
from inspector.session.soak import SoakPlan
from inspector.stats.availability import Availability, AvailabilityReport
from inspector.stats.latency import LatencyRow, LatencyStats
from inspector.trace.events import Severity
from inspector.wire import jsontext
from tests.support.rivers import Talk


def row(**figures: Any) -> LatencyRow:
    return replace(LatencyStats().total(), **{"key": "tools/call echo", "count": 960, "p50_ms": 12.0, **figures})


def stood(**figures: Any) -> AvailabilityReport:
    return replace(Availability().report(0), **{"uptime_share": 1.0, "up_ms": 28_800_000.0, **figures})


def told(**facts: Any) -> SoakReport:
    """Eight hours without a fault, but for `facts`."""
    whole = {
        "subject": "http://localhost/mcp",
        "plan": SoakPlan(28_800, "echo"),
        "begun_at_s": 1.8e9,
        "elapsed_s": 28_800.5,
        "availability": stood(),
        "total": row(key="(all methods)", count=962),
        "called": row(),
        "resumed": Resumed(),
        "server": "demo 1",
        "transport": "streamable-http",
        "sessions": 1,
        "events": 12_345,
        "memory_start_bytes": 50_000_000,
        "memory_end_bytes": 51_000_000,
        "memory_most_bytes": 52_000_000,
        "is_over": True,
    }
    return SoakReport(**{**whole, **facts})


def finding(severity: Severity) -> Finding:
    return Finding("sse-bom", severity, "proven", "It starts with a BOM.", "Seen.", "Send none.", "", (), 1)


def test_nothing_happened_in_eight_hours() -> None:
    report = told()
    assert soak_report.verdict(report) == "Held for 8 h: up 100 % of the time, 0 drops; nothing was lost."
    assert report.is_whole and soak_report.is_good(report)


def test_trouble_is_named() -> None:
    report = told(
        availability=stood(uptime_share=0.99982, drops=3, calls_lost_count=2),
        called=row(errors=1),
        resumed=Resumed(3, 10, 2, 1, 0),
    )
    assert soak_report.verdict(report) == (
        "Held for 8 h: up 99.982 % of the time, 3 drops; 1 call failed, 2 calls lost, 2 events lost, "
        "1 event duplicated."
    )
    assert not soak_report.is_good(report)


def test_time_without_any_session_is_down() -> None:
    report = told(apart_ms=28_800_000.0)
    assert report.uptime_share == 0.5 and "up 50 % of the time" in soak_report.verdict(report)
    assert soak_report.as_json(report)["availability"]["without_session_ms"] == 28_800_000.0
    assert "Without a session" in soak_report.as_text(report) and told().uptime_share == 1.0


def test_a_short_drop_in_a_long_time_is_not_rounded_away() -> None:
    report = told(availability=stood(uptime_share=0.9999999, drops=1))
    assert "up 99.999 % of the time, 1 drop" in soak_report.verdict(report)
    assert "up 99.999 % · 1 drop" in soak_report.state_line(report)


def test_the_verdict_names_findings_that_fail_the_soak() -> None:
    errors = (finding(Severity.ERROR), finding(Severity.WARN))
    assert soak_report.verdict(told(findings=errors)).endswith("0 drops; 1 finding is an error.")
    assert soak_report.verdict(told(findings=2 * errors)).endswith("0 drops; 2 findings are errors.")


def test_a_long_cause_moves_all_figures_to_the_right() -> None:
    report = told(availability=stood(drops=1, drops_by_cause=(("cut before the headers were complete", 1),)))
    lines = soak_report.as_text(report).splitlines()
    cause = next(line for line in lines if "cut before" in line)
    events = next(line for line in lines if "12,345" in line)
    assert cause.index("complete 1") + len("complete ") == events.index("12,345")


def test_one_of_a_kind_is_told_as_one() -> None:
    said = soak_report.as_text(told(connect_failures=1, availability=stood(drops_by_sleep=1)))
    assert "1, 1 attempt failed\n" in said and " 1 time, down " in said


def test_a_lost_call_is_told_once() -> None:
    report = told(called=row(lost=1), availability=stood(calls_lost_count=1))
    assert soak_report.verdict(report).endswith("0 drops; 1 call lost.")


def test_a_soak_that_was_cut_short_says_so() -> None:
    report = told(elapsed_s=60.0)
    assert not report.is_whole and "Held for 1 min of 8 h:" in soak_report.verdict(report)


@pytest.mark.parametrize(
    ("facts", "is_good"),
    [
        ({"called": row(errors=1)}, False),
        ({"called": row(timed_out=1)}, False),
        ({"called": row(lost=1)}, False),
        ({"availability": stood(calls_lost_count=1)}, False),
        ({"resumed": Resumed(1, 5, 1)}, False),
        ({"resumed": Resumed(1, 5, 0, 2, 2)}, True),
        ({"availability": stood(drops=3)}, True),
        ({"sessions": 0}, False),
        ({"error": "Nothing listens."}, False),
        ({"findings": (finding(Severity.WARN),)}, True),
        ({"findings": (finding(Severity.ERROR),)}, False),
    ],
)
def test_what_is_good(facts: dict[str, Any], is_good: bool) -> None:
    assert soak_report.is_good(told(**facts)) is is_good
    assert soak_report.as_json(told(**facts))["ok"] is is_good


def test_the_line_says_how_it_goes() -> None:
    report = told(is_over=False, elapsed_s=3600.0, availability=stood(drops=1), called=row(in_flight=2, errors=3))
    assert soak_report.state_line(report) == (
        "1 h of 8 h · up 100 % · 1 drop · 958 calls, 3 failed, p50 12.0 ms · 12,345 events · 51.0 MB"
    )


@pytest.mark.parametrize("told_as", [soak_report.as_text, soak_report.as_markdown])
def test_people_read_all_of_it(told_as: Any) -> None:
    causes = (("connection reset", 2), ("TLS failure", 1))
    availability = stood(
        drops=3,
        drops_by_cause=causes,
        mean_time_between_drops_ms=9_600_000.0,
        mean_downtime_ms=1_200.0,
        longest_downtime_ms=2_500.0,
        worst_silence_ms=41_800.0,
        drops_by_sleep=1,
        polls=7,
    )
    said = told_as(told(availability=availability, findings=(finding(Severity.WARN),), resumed=Resumed(3, 17)))
    for words in ("connection reset", "TLS failure", "2 h 40 min", "2.500 s", "41.800 s", "slept", "17", "52.0 MB"):
        assert words in said, words
    assert "It starts with a BOM." in said and "12.0 ms" in said and "960" in said


def test_programs_read_null_for_what_was_not_measured() -> None:
    never = told(
        availability=Availability().report(0), called=None, plan=SoakPlan(60), memory_end_bytes=None, sessions=0
    )
    document = soak_report.as_json(never)
    assert document["availability"]["uptime_share"] is None and document["memory"]["rss_end_bytes"] is None
    assert document["plan"] == {"for_s": 60, "tool": None, "every_s": None, "concurrency": None}
    assert jsontext.parse(jsontext.dumps(document)).error is None
    assert soak_report.verdict(never) == "No connection stood."


def test_what_a_peer_said_is_no_markup() -> None:
    said = soak_report.as_markdown(told(server="<b>[x](http://evil)", called=row(key="tools/call |a|\n# b")))
    assert "<b>" not in said.replace("\\<b\\>", "") and "\n# b" not in said
    assert "\x1b" not in soak_report.as_text(told(server="a\x1b[31m", called=row(key="tools/call \x1b[0m")))


def test_the_figures_come_from_the_river() -> None:
    talk = Talk()
    talk.send(1)
    talk.end(1)
    figures = talk.into(SoakFigures())
    assert figures.counts.received == len(talk) and figures.resumed() == Resumed()
    assert figures.latency.total() == talk.into(LatencyStats()).total()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.3, "0.3 s"), (30, "30 s"), (60, "1 min"), (90, "1 min 30 s"), (3_600, "1 h"), (9_000, "2 h 30 min")],
)
def test_times_are_as_coarse_as_one_reads_them(seconds: float, words: str) -> None:
    assert soak_report.span(seconds) == words
