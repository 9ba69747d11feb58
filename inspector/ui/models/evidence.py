"""The events that findings rest on, for whatever shows events. No Qt."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from inspector.diagnose.finding import Finding, rules_by_event
from inspector.record.query_conditions import NEAR_EVENTS
from inspector.record.rows import SEVERITY_CODES


class Held(NamedTuple):
    """What rests on one event: the gravest severity's code, that finding's rule, the titles of all."""

    code: int
    rule: str
    titles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """By event number; `highlighted` are the events of the finding that is being read, `rules` the rules by event."""

    events: Mapping[int, Held] = field(default_factory=dict)
    highlighted: frozenset[int] = frozenset()
    rules: Mapping[int, tuple[str, ...]] = field(default_factory=dict)

    def shown_at(self, n: int, before: int = -1) -> Held | None:
        """What rests on event `n`, or on one since event `before` that has no row of its own, as chunks have none."""
        if not self.events:
            return None
        since = max(before + 1, n - NEAR_EVENTS)
        return next((held for m in range(n, since - 1, -1) if (held := self.events.get(m)) is not None), None)

    def is_read_at(self, n: int, before: int = -1) -> bool:
        """The same for the events of the finding that is being read."""
        return any(m in self.highlighted for m in range(max(before + 1, n - NEAR_EVENTS), n + 1))

    def words(self, n: int, before: int = -1) -> str:
        """The findings that rest on event `n` in a line; empty for none."""
        held = self.shown_at(n, before)
        return f"Evidence for: {', '.join(held.titles)}" if held is not None else ""


def evidence_of(findings: Collection[Finding], highlighted: frozenset[int] = frozenset()) -> Evidence:
    """The evidence of these findings, and of what they explain."""
    events: dict[int, Held] = {}
    for cause in findings:
        for finding in (cause, *cause.dependants):
            code = SEVERITY_CODES[finding.severity]
            for n in finding.evidence:
                held = events.get(n, Held(0, "", ()))
                gravest = (code, finding.rule) if code > held.code else held[:2]
                events[n] = Held(*gravest, (*held.titles, finding.title))
    return Evidence(events, highlighted, rules_by_event(findings))
