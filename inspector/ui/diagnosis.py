"""What the window shows of the findings: which are open, which were dismissed, and on which events they rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from inspector.diagnose.engine import Engine
from inspector.diagnose.finding import Finding
from inspector.trace.events import Severity
from inspector.ui.dismissals import Dismissals
from inspector.ui.models.evidence import Evidence, evidence_of


class Diagnosis(QObject):
    """`refresh` is cheap while nothing has changed; `changed` says that something has.

    `server` is whose findings these are; dismissals are remembered for it.
    """

    changed = Signal()
    evidence_changed = Signal(object)
    """The events that findings rest on, or those that stand out among them, are others: `evidence`."""

    def __init__(self, engine: Engine, dismissals: Dismissals | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.engine = engine
        self.server = ""
        self.findings: tuple[Finding, ...] = ()
        """Those to look at, the gravest first."""
        self.dismissed: tuple[Finding, ...] = ()
        self.reasons: dict[str, str] = {}
        """Why each was dismissed, by rule."""
        self.evidence = Evidence()
        self._dismissals = dismissals or Dismissals()
        self._shown: object = None

    @property
    def dismissals(self) -> Dismissals:
        return self._dismissals

    @dismissals.setter
    def dismissals(self, dismissals: Dismissals) -> None:
        """Those that were remembered, once they are read."""
        self._dismissals, self._shown = dismissals, None

    def refresh(self) -> None:
        """Bring everything up to date with the engine."""
        now = self.engine.version, self.server
        if now == self._shown:
            return
        self._shown = now
        self.reasons = dict(self._dismissals.reasons(self.server))
        found = self.engine.findings()
        self.findings = tuple(self._kept(found))
        self.dismissed = tuple(each for each in _all(found) if each.rule in self.reasons)
        self.changed.emit()
        self._show(evidence_of(self.findings, self.evidence.highlighted))

    def dismiss(self, rule: str, reason: str) -> None:
        """It is no problem of this server; what it explains goes with it."""
        self._dismissals.dismiss(self.server, rule, reason)
        self._shown = None
        self.refresh()

    def restore(self, rule: str) -> None:
        """Show it again."""
        self._dismissals.restore(self.server, rule)
        self._shown = None
        self.refresh()

    def counts(self) -> dict[Severity, int]:
        """How many open findings of each severity there are, the gravest first."""
        found = list(_all(self.findings))
        return {severity: sum(each.severity is severity for each in found) for severity in reversed(Severity)}

    def gravest(self) -> tuple[Severity, int] | None:
        """The gravest severity with a finding, and how many there are of it."""
        return next(((severity, count) for severity, count in self.counts().items() if count), None)

    def highlight(self, finding: Finding | None) -> None:
        """Have the evidence of this finding stand out; None: of none."""
        wanted = frozenset(finding.evidence) if finding is not None else frozenset[int]()
        self._show(replace(self.evidence, highlighted=wanted))

    def _kept(self, findings: list[Finding]) -> Iterator[Finding]:
        for finding in findings:
            if finding.rule not in self.reasons:
                open_ones = tuple(each for each in finding.dependants if each.rule not in self.reasons)
                yield replace(finding, dependants=open_ones)

    def _show(self, evidence: Evidence) -> None:
        if evidence != self.evidence:
            self.evidence = evidence
            self.evidence_changed.emit(evidence)


def _all(findings: tuple[Finding, ...] | list[Finding]) -> Iterator[Finding]:
    for finding in findings:
        yield finding
        yield from finding.dependants
