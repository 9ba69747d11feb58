"""The lines of the list of findings."""

from __future__ import annotations

from dataclasses import replace

from inspector.diagnose.finding import Finding
from inspector.trace.events import Severity
from inspector.ui.models.finding_lines import DISMISSED, lines_of


def finding(rule: str, severity: Severity = Severity.WARN, *dependants: Finding) -> Finding:
    return Finding(
        rule=rule,
        severity=severity,
        grade="proven",
        title=rule.upper(),
        text="",
        fix="",
        requirement="",
        evidence=(),
        count=1,
        dependants=dependants,
    )


CAUSE = finding("a", Severity.WARN, finding("b", Severity.ERROR), finding("c", Severity.NOTE))


def test_consequences_stand_below_their_cause() -> None:
    lines = list(lines_of([CAUSE, finding("d")], [], is_open=False))
    assert [(line.title, line.depth) for line in lines] == [("A", 0), ("↳ B", 1), ("↳ C", 1), ("D", 0)]


def test_a_cause_stays_for_what_it_explains() -> None:
    lines = list(lines_of([CAUSE, finding("d")], [], {Severity.WARN, Severity.NOTE}, is_open=False))
    assert [line.key for line in lines] == ["a", "b"]


def test_what_was_dismissed_is_behind_a_line() -> None:
    assert [line.title for line in lines_of([], [CAUSE], is_open=False)] == ["▸ Dismissed (1)"]
    head, line = lines_of([], [CAUSE], is_open=True)
    assert (head.key, head.finding, head.title) == (DISMISSED, None, "▾ Dismissed (1)")
    assert (line.key, line.depth, line.is_dismissed) == ("a", 1, True)


def test_what_is_over_says_since_when() -> None:
    (line,) = lines_of([replace(finding("a"), over_at_s=1_700_000_000.0)], [], is_open=False)
    assert line.title.startswith("A · no longer since ")
