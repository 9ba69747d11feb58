"""The check of a server: what was found wrong, out of how many rules, in what was seen of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from inspector.diagnose.context import ERAS
from inspector.diagnose.engine import Engine
from inspector.diagnose.finding import Finding
from inspector.diagnose.rule import Era, Rule, SeenBy
from inspector.diagnose.rules import ALL
from inspector.expect.expectation import Expectation
from inspector.expect.judge import Judge
from inspector.expect.verdict import State, Verdict
from inspector.trace.events import AnyEvent, AttemptMade, SessionReady, Severity
from inspector.trace.fold import Fold, runs


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """The outcome: `subject` is the address or the file, `rules` what could be judged, `error` why no session came.

    `verdicts` are those about what was expected; with `fails_unexercised` nothing may be left unjudged.
    """

    subject: str
    findings: tuple[Finding, ...] = ()
    rules: tuple[Rule, ...] = ()
    server: str = ""
    transport: str = ""
    protocol_version: str = ""
    events: int = 0
    seconds: float = 0.0
    first_at_s: float = 0.0
    error: str = ""
    verdicts: tuple[Verdict, ...] = ()
    fails_unexercised: bool = False

    @property
    def broken(self) -> tuple[Verdict, ...]:
        """The expectations that were not met; also those that nothing came to judge by, if these are to fail."""
        wrong = {State.FAIL, State.PENDING, State.UNUSED} if self.fails_unexercised else {State.FAIL}
        return tuple(verdict for verdict in self.verdicts if verdict.state in wrong)

    def is_ok(self, fail_on: Severity) -> bool:
        """Whether there was a session, without findings so grave, and as expected."""
        return not (self.error or self.failures(fail_on) or self.broken)

    @property
    def all_findings(self) -> tuple[Finding, ...]:
        """Each followed by those that it explains."""
        return tuple(each for finding in self.findings for each in (finding, *finding.dependants))

    def counts(self) -> dict[Severity, int]:
        """How many findings there are of each severity, the gravest first."""
        found = self.all_findings
        return {severity: sum(each.severity is severity for each in found) for severity in reversed(Severity)}

    def failures(self, fail_on: Severity) -> tuple[Finding, ...]:
        """The findings that are as grave as that, or graver."""
        severe = at_least(fail_on)
        return tuple(finding for finding in self.all_findings if finding.severity in severe)


def at_least(severity: Severity) -> frozenset[Severity]:
    """A severity and all that are graver."""
    order = list(Severity)
    return frozenset(order[order.index(severity) :])


class Checking:
    """A fold over the river of a server."""

    def __init__(
        self,
        rules: Mapping[str, Rule] = ALL,
        expectations: Sequence[Expectation] = (),
        *,
        fails_unexercised: bool = False,
    ) -> None:
        self._rules = rules
        self._engine = Engine(rules=rules)
        self._judge = Judge(expectations, self._engine.findings)
        self._fails_unexercised = fails_unexercised
        self._told = Fold({SessionReady: self._on_ready, AttemptMade: self._on_attempt})
        self._ready: SessionReady | None = None
        self._transport = ""
        self._eras: set[Era] = set()
        self._events = 0
        self._first: AnyEvent | None = None
        self._last: AnyEvent | None = None

    def fold(self, events: Sequence[AnyEvent]) -> None:
        """Take in the next events of the river."""
        pieces = runs(events)
        self._engine.take(pieces)
        self._judge.take(pieces)
        self._told.take(pieces)
        if events:
            self._first = self._first or events[0]
            self._last = events[-1]
            self._events += len(events)

    def outcome(self, subject: str, error: str = "") -> Checked:
        """What has come out so far."""
        ready, first, last = self._ready, self._first, self._last
        findings = tuple(self._engine.findings())
        fired = {each.rule for finding in findings for each in (finding, *finding.dependants)}
        return Checked(
            subject=subject,
            findings=findings,
            rules=tuple(
                rule for rule in self._rules.values() if rule.id in fired or (not error and self._is_judged(rule))
            ),
            server=f"{ready.server_name} {ready.server_version}".strip() if ready else "",
            transport=self._transport,
            protocol_version=ready.protocol_version if ready else "",
            events=self._events,
            seconds=(last.monotonic_ns - first.monotonic_ns) / 1e9 if first and last else 0.0,
            first_at_s=first.at if first else 0.0,
            error=error,
            verdicts=self._judge.verdicts(is_over=True),
            fails_unexercised=self._fails_unexercised,
        )

    def _is_judged(self, rule: Rule) -> bool:
        """Whether what was seen could have shown it: of an era that was spoken, and without asking on purpose."""
        is_spoken = rule.eras == frozenset(Era) or bool(rule.eras & self._eras)
        return is_spoken and self._events > 0 and rule.seen_by is not SeenBy.PROBE

    def _on_ready(self, event: SessionReady) -> None:
        self._ready = event
        self._speak(event.transport)

    def _on_attempt(self, event: AttemptMade) -> None:
        if event.succeeded:
            self._speak(event.transport)

    def _speak(self, transport: str) -> None:
        self._transport = transport
        self._eras |= {era for name, era in ERAS.items() if name == transport}
