"""Findings as text for a bug report."""

from __future__ import annotations

from dataclasses import replace

from inspector.diagnose.finding import Finding, to_markdown
from inspector.trace.events import Severity

FINDING = Finding(
    rule="sse-bom",
    severity=Severity.WARN,
    grade="proven",
    title="SSE BOM",
    text="The stream starts\nwith a BOM.",
    fix="Write UTF-8 without a BOM.",
    requirement="WHATWG HTML 9.2.5",
    evidence=(4, 9),
    count=2,
)


def test_a_finding_reads_as_a_paragraph() -> None:
    assert to_markdown([FINDING]) == (
        "### SSE BOM\n\n"
        "`sse-bom` · warn · proven, 2 times\n\n"
        "The stream starts with a BOM.\n\n"
        "**Fix:** Write UTF-8 without a BOM.\n\n"
        "**Requirement:** WHATWG HTML 9.2.5\n\n"
        "**Evidence:** event 4, event 9\n"
    )


def test_what_is_empty_is_left_out() -> None:
    bare = replace(FINDING, fix="", requirement="", evidence=(), count=1)
    assert to_markdown([bare]) == "### SSE BOM\n\n`sse-bom` · warn · proven\n\nThe stream starts with a BOM.\n"


def test_no_findings_say_so() -> None:
    assert to_markdown([]) == "No findings.\n"
