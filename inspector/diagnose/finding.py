"""What the diagnosis says: one finding per rule, with its evidence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from inspector.trace.events import Severity

Grade = Literal["proven", "likely", "hint"]
"""`proven`: a contradiction or three repeats; `likely`: two repeats or one strong sign; `hint`: one weak sign."""

MAX_EVIDENCE = 20


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, seen `count` times.

    `text` is what was seen, `cause` why that is likely, `fix` what to do; `requirement` names the clause that is broken
    and `link` where to read on. `evidence` are the numbers of the events it rests on, the first `MAX_EVIDENCE` of them.
    `over_at_s` is since when it is no longer true, in Unix seconds, and None while it is; `dependants` are what it
    explains. All but rule, title and text may be empty.
    """

    rule: str
    severity: Severity
    grade: Grade
    title: str
    text: str
    fix: str
    requirement: str
    evidence: tuple[int, ...]
    count: int
    cause: str = ""
    link: str = ""
    first_at_s: float = 0.0
    over_at_s: float | None = None
    dependants: tuple[Finding, ...] = ()


def rules_by_event(findings: Iterable[Finding]) -> dict[int, tuple[str, ...]]:
    """The rules of these findings and of what they explain, by the numbers of the events they rest on."""
    found: dict[int, tuple[str, ...]] = {}
    for cause in findings:
        for finding in (cause, *cause.dependants):
            for n in finding.evidence:
                found[n] = (*found.get(n, ()), finding.rule)
    return found
