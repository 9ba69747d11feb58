"""The events that findings rest on."""

from __future__ import annotations

from inspector.diagnose.finding import Finding
from inspector.record.rows import ERROR, WARN
from inspector.trace.events import Severity
from inspector.ui.models.evidence import Evidence, Held, evidence_of


def finding(rule: str, severity: Severity, *evidence: int, dependants: tuple[Finding, ...] = ()) -> Finding:
    return Finding(
        rule=rule,
        severity=severity,
        grade="proven",
        title=rule.upper(),
        text="",
        fix="",
        requirement="",
        evidence=evidence,
        count=1,
        dependants=dependants,
    )


def test_an_event_holds_all_findings_and_the_gravest_of_them() -> None:
    consequence = finding("b", Severity.ERROR, 3, 4)
    evidence = evidence_of([finding("a", Severity.WARN, 3, dependants=(consequence,)), finding("c", Severity.WARN, 4)])
    assert evidence.events == {3: Held(ERROR, "b", ("A", "B")), 4: Held(ERROR, "b", ("B", "C"))}
    assert evidence.words(3) == "Evidence for: A, B"


def test_what_nothing_rests_on_has_no_words() -> None:
    assert Evidence().words(3) == ""
    assert evidence_of([finding("a", Severity.WARN, 3)], frozenset({3})).highlighted == {3}
    assert evidence_of([finding("a", Severity.WARN, 3)]).events[3].code == WARN


def test_what_has_no_row_is_shown_at_the_next_that_has_one() -> None:
    evidence = evidence_of([finding("a", Severity.WARN, 5)], frozenset({5}))
    assert evidence.shown_at(7, before=4) == Held(WARN, "a", ("A",)) and evidence.is_read_at(7, before=4)
    assert evidence.shown_at(7, before=5) is None and not evidence.is_read_at(7, before=5)
    assert evidence.words(6, before=3) == "Evidence for: A"
    assert evidence.shown_at(1_000) is None
