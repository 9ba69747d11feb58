"""What the watches reported, one case per rule: counted, the gravest kept, and folded into findings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from inspector.diagnose.discretion import Discretion, clipped
from inspector.diagnose.finding import MAX_EVIDENCE, Finding, Grade
from inspector.diagnose.rule import Rule
from inspector.diagnose.stack import Product, Stack
from inspector.diagnose.titles import title_of
from inspector.trace.events import Severity

MAX_CASES = 1_000
DOUBT = "This program itself took in late what came just then, so this may be its own doing."
_SEVERITIES = {severity: rank for rank, severity in enumerate(Severity)}
TIMED = frozenset(
    {
        *("stream-batched-at-end", "proxy-buffer-quantised", "headers-withheld-until-first-byte", "gzip-stalls-stream"),
        *("quick-tunnel-no-sse", "idle-timeout-periodic", "lifetime-cap-periodic", "heartbeat-missing"),
        *("half-open-silence", "sse-missing-blank-line", "message-after-final", "request-unanswered"),
        *("server-ping-unanswered", "latency-bimodal", "last-event-id-ignored"),
    }
)
"""The rules that go by when something came, and are wrong where we took it in late."""
_GRADES: dict[Grade, int] = {"hint": 0, "likely": 1, "proven": 2}


@dataclass(slots=True)
class Case:
    """All reports of one rule."""

    rule: str
    severity: Severity
    grade: Grade = "hint"
    first_text: str = ""
    last_text: str = ""
    fix: str = ""
    requirement: str = ""
    count: int = 0
    first_at_s: float = 0.0
    over_at_s: float | None = None
    evidence: list[int] = field(default_factory=list)
    connections: set[int] = field(default_factory=set)
    is_doubtful: bool = False
    raises: list[tuple[int, Grade, Severity]] = field(default_factory=list)
    """When it became stronger, and what it was before; that can only happen a few times."""

    def add(
        self, text: str, evidence: Sequence[int], grade: Grade, severity: Severity, fix: str, found_ns: int = 0
    ) -> None:
        """One more report; a stronger one makes the whole case stronger. `found_ns` is when it was made."""
        before = (self.grade, self.severity) if self.count else ("hint", min(severity, Severity.NOTE, key=_weight))
        self.count += 1
        self.over_at_s = None
        text = clipped(text)
        self.first_text = self.first_text or text
        self.last_text = text
        self.fix = clipped(fix) or self.fix
        self.grade = max(self.grade, grade, key=_GRADES.__getitem__)
        self.severity = max(self.severity, severity, key=_weight)
        if before != (self.grade, self.severity):
            self.raises.append((found_ns, *before))
            self.is_doubtful = False
        for n in evidence:
            if len(self.evidence) >= MAX_EVIDENCE:
                break
            if n not in self.evidence:
                self.evidence.append(n)

    def doubt(self, since_ns: int) -> bool:
        """Take back how much stronger it became after a time; whether it did."""
        was = self.is_doubtful
        while self.raises and self.raises[-1][0] >= since_ns:
            _, self.grade, self.severity = self.raises.pop()
            self.is_doubtful = True
        return self.is_doubtful != was


class Cases:
    """The cases of a river by rule; `rules` is the table of all that are known."""

    def __init__(self, rules: Mapping[str, Rule], stack: Stack, discretion: Discretion | None = None) -> None:
        self._rules = rules
        self._discretion = discretion or Discretion()
        self._stack = stack
        self._cases: dict[str, Case] = {}
        self.changed: set[str] = set()
        """The rules of which something new was reported; whoever looks clears it."""
        self.version = 0
        """Another number whenever the findings may be others."""

    def __len__(self) -> int:
        return len(self._cases)

    def case(self, rule: str, severity: Severity, at_s: float) -> Case:
        """The case of a rule, made if it is new."""
        found = self._cases.get(rule)
        if found is None:
            found = Case(rule, severity, first_at_s=at_s)
            if rule not in self._rules and len(self._cases) >= MAX_CASES:
                return found  # of a recording that nobody made honestly
            self._cases[rule] = found
        self.changed.add(rule)
        self.version += 1
        return found

    def over(self, rule: str, at_s: float) -> None:
        """What a rule said is no longer true."""
        found = self._cases.get(rule)
        if found is not None and found.over_at_s is None:
            found.over_at_s = at_s
            self.changed.add(rule)
            self.version += 1

    def doubt(self, since_ns: int) -> None:
        """What was found by times of arrival after a time may be our own doing."""
        for rule in TIMED & self._cases.keys():
            if self._cases[rule].doubt(since_ns):
                self.changed.add(rule)
                self.version += 1

    def finding(self, rule: str) -> Finding:
        """The finding of a rule alone, without what it explains."""
        return self._finding(self._cases[rule], ())

    def findings(self) -> list[Finding]:
        """The gravest first, in one severity the earliest first; what another explains stands under that."""
        above = _without_circles({rule: self._explained_by(case) for rule, case in self._cases.items()})
        under: dict[str, list[Case]] = {}
        for rule, cause in above.items():
            if cause is not None:
                under.setdefault(cause, []).append(self._cases[rule])
        tops = [case for rule, case in self._cases.items() if above[rule] is None]
        below = {case.rule: sorted(_below(case.rule, under), key=_rank) for case in tops}
        # A cause weighs what its gravest consequence weighs: nothing grave may stand under something light unseen.
        tops.sort(key=lambda case: min(_rank(each) for each in (case, *below[case.rule])))
        return [self._finding(case, below[case.rule]) for case in tops]

    def _explained_by(self, case: Case) -> str | None:
        """The rule that explains this one, on the same connection."""
        for other in self._cases.values():
            rule = self._rules.get(other.rule)
            if rule is not None and case.rule in rule.explains and case.connections & other.connections:
                return other.rule
        return None

    def _finding(self, case: Case, dependants: Sequence[Case]) -> Finding:
        rule = self._rules.get(case.rule)
        text = case.first_text
        if case.last_text != text:
            text = f"{text}\n\nMost recently: {case.last_text}"
        if case.is_doubtful:
            text = f"{text}\n\n{DOUBT}"
        return Finding(
            rule=case.rule,
            severity=case.severity,
            grade=case.grade,
            title=rule.title if rule else title_of(case.rule),
            text=self._discretion.over(text),
            fix=" ".join(self._fixes(case, rule)),
            requirement=case.requirement or (rule.source if rule else ""),
            evidence=tuple(case.evidence),
            count=case.count,
            cause=rule.cause if rule else "",
            link=rule.link if rule else "",
            first_at_s=case.first_at_s,
            over_at_s=case.over_at_s,
            dependants=tuple(self._finding(each, ()) for each in dependants),
        )

    def _fixes(self, case: Case, rule: Rule | None) -> Iterator[str]:
        if case.fix:
            yield self._discretion.over(case.fix)
        if rule is None:
            return
        for product in self._stack.products:
            if product in rule.fixes:
                yield f"{_named(product)}: {rule.fixes[product]}"
        if rule.fix and rule.fix != case.fix:
            yield rule.fix


def _without_circles(above: Mapping[str, str | None]) -> dict[str, str | None]:
    """What stands above each rule; where that leads back to the rule itself, nothing does."""
    straight = dict(above)
    for rule in above:
        seen, cause = {rule}, straight.get(rule)
        while cause is not None and cause not in seen:
            seen.add(cause)
            cause = straight.get(cause)
        if cause == rule:
            straight[rule] = None
    return straight


def _below(rule: str, under: Mapping[str, Sequence[Case]]) -> list[Case]:
    """All that a rule explains, also by way of what it explains."""
    found: list[Case] = []
    waiting = list(under.get(rule, ()))
    while waiting:
        case = waiting.pop()
        if case not in found:
            found.append(case)
            waiting.extend(under.get(case.rule, ()))
    return found


def _rank(case: Case) -> tuple[int, int, float, int, str]:
    first_n = case.evidence[0] if case.evidence else -1
    return -_SEVERITIES[case.severity], -_GRADES[case.grade], case.first_at_s, first_n, case.rule


def _weight(severity: Severity) -> int:
    return _SEVERITIES[severity]


def _named(product: Product) -> str:
    return f"With {product}"
