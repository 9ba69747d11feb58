"""A check written for a person, for a program, and for a bug report; `check_junit` writes it for a build server."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from inspector.diagnose.finding import Finding
from inspector.diagnose.rules import ALL
from inspector.exports import check_verdicts
from inspector.exports.checking import Checked
from inspector.record.formats.markdown import escaped
from inspector.record.text import calendar, counted, duration, plain
from inspector.trace.events import Severity

WIDTH = 100
_TEXT_CHARS = 4_000
_INDENT = "  "
_SIGNS = {Severity.ERROR: "✖", Severity.WARN: "▲", Severity.NOTE: "●", Severity.CHAT: "·"}
_WORDS = {Severity.ERROR: "error", Severity.WARN: "warning", Severity.NOTE: "note", Severity.CHAT: "remark"}
_LABEL_CHARS = 15


def as_text(checked: Checked) -> str:
    """What is wrong, why, and what to change: the gravest first, consequences below their cause."""
    lines = [_subject(checked), summary(checked), *filter(None, (check_verdicts.summary(checked.verdicts),))]
    lines += check_verdicts.text_lines(checked.verdicts)
    severity = None
    for finding in checked.findings:
        if _gravest(finding) is not severity:
            severity = _gravest(finding)
            lines += ["", f"{_WORDS[severity].upper()}S"]
        lines.append("")
        lines += _finding_lines(finding, "")
        if finding.dependants:
            lines += ["", f"{_INDENT}which explains:"]
        for dependant in finding.dependants:
            lines += ["", *_finding_lines(dependant, 2 * _INDENT)]
    return "\n".join(lines) + "\n"


def summary(checked: Checked) -> str:
    """The outcome in one line."""
    counts = checked.counts()
    found = ", ".join(counted(count, _WORDS[severity]) for severity, count in counts.items() if count)
    if checked.error and not found:
        return "No connection stood, so nothing could be judged."
    looked = f"{counted(len(checked.rules), 'rule')} judged in {counted(checked.events, 'event')}"
    return f"{found or 'Nothing wrong'}; {looked} over {duration(checked.seconds * 1e3)}."


def as_json(checked: Checked, fail_on: Severity) -> dict[str, Any]:
    """One JSON object; what was not found out is null."""
    return {
        "subject": checked.subject,
        "server": checked.server or None,
        "transport": checked.transport or None,
        "protocol_version": checked.protocol_version or None,
        "events": checked.events,
        "seconds": round(checked.seconds, 6),
        "rules_judged": [rule.id for rule in checked.rules],
        "counts": {severity.value: count for severity, count in checked.counts().items()},
        "fail_on": fail_on.value,
        "ok": checked.is_ok(fail_on),
        "findings": [_finding_json(finding) for finding in checked.findings],
        "expectations": [check_verdicts.as_json(verdict) for verdict in checked.verdicts],
        "error": checked.error or None,
    }


def as_markdown(checked: Checked) -> str:
    """A page for a bug report; whatever came from the peer is no markup there."""
    head = [f"# Check of {escaped(checked.subject, 400)}", escaped(_facts(checked), 400), escaped(summary(checked))]
    parts = (*head, *check_verdicts.markdown(checked.verdicts), *_paragraphs(checked.findings, 2))
    return "\n\n".join(filter(None, parts)) + "\n"


def findings_markdown(findings: Sequence[Finding]) -> str:
    """The findings alone, for a section of a bug report."""
    return "\n\n".join(_paragraphs(findings, 3)) + "\n" if findings else "No findings.\n"


def finding_text(finding: Finding) -> str:
    """One finding as the text of a check has it, for a place that shows it alone."""
    return "\n".join(_finding_lines(finding, ""))


def _subject(checked: Checked) -> str:
    facts = _facts(checked)
    return f"{plain(checked.subject, 400)}{f' — {plain(facts, 200)}' if facts else ''}"


def _gravest(finding: Finding) -> Severity:
    """A cause weighs what its gravest consequence weighs."""
    order = list(Severity)
    return max((each.severity for each in (finding, *finding.dependants)), key=order.index)


def _facts(checked: Checked) -> str:
    parts = [checked.server]
    if checked.transport:
        version = f", revision {checked.protocol_version}" if checked.protocol_version else ""
        parts.append(f"over {checked.transport}{version}")
    return " ".join(filter(None, parts)) or checked.error


def _finding_lines(finding: Finding, indent: str) -> Iterator[str]:
    yield f"{indent}{_SIGNS[finding.severity]} {plain(finding.title)}"
    yield f"{indent}{_INDENT}{facts_of(finding)}"
    for label, said in parts_of(finding):
        yield from textwrap.wrap(
            plain(" ".join(said.split()), _TEXT_CHARS),
            WIDTH,
            initial_indent=f"{indent}{_INDENT}{label:<{_LABEL_CHARS}}",
            subsequent_indent=" " * (len(indent) + len(_INDENT) + _LABEL_CHARS),
            break_long_words=False,
            break_on_hyphens=False,
        )


def facts_of(finding: Finding) -> str:
    """What is short: the rule, how grave, how sure, how often, and since when it is over."""
    times = f" · {finding.count:,} times" if finding.count > 1 else ""
    over = f" · no longer since {clock(finding.over_at_s)}" if finding.over_at_s is not None else ""
    return f"{finding.rule} · {finding.severity} · {finding.grade}{times}{over}"


def parts_of(finding: Finding) -> Iterator[tuple[str, str]]:
    """What there is to say, each with its label, in the order in which one wants to know it."""
    for number, said in enumerate(finding.text.split("\n\n")):
        yield "" if number else "Seen", said
    if finding.cause:
        yield "Likely cause", finding.cause
    if finding.fix:
        yield "What to change", finding.fix
    if finding.requirement:
        yield "Source", finding.requirement
    if finding.link:
        yield "Read on", finding.link
    if finding.evidence:
        yield "Evidence", ", ".join(f"#{n}" for n in finding.evidence)


def clock(at_s: float) -> str:
    """The time of a day, to the second."""
    return calendar(at_s)[11:19] or "?"


def _paragraphs(findings: Sequence[Finding], level: int) -> Iterator[str]:
    for finding in findings:
        yield f"{'#' * level} {_SIGNS[finding.severity]} {_spans(finding.title)}"
        rule, _, facts = facts_of(finding).partition(" · ")
        yield f"`{rule}` · {facts}" if rule.replace("-", "").isalnum() else escaped(facts_of(finding))
        for label, said in parts_of(finding):
            yield f"{f'**{label}:** ' if label else ''}{said if label == 'Read on' else _spans(said)}"
        yield from _paragraphs(finding.dependants, level + 1)


def _spans(said: str) -> str:
    """Text in which only what stands between backticks is markup: settings, to be copied."""
    parts = plain(" ".join(said.split()), _TEXT_CHARS).split("`")
    if len(parts) % 2 == 0:
        return escaped("`".join(parts), _TEXT_CHARS)
    return "".join(f"`{part}`" if place % 2 else escaped(part, _TEXT_CHARS) for place, part in enumerate(parts))


def _finding_json(finding: Finding) -> dict[str, Any]:
    rule = ALL.get(finding.rule)
    return {
        "rule": finding.rule,
        "group": rule.group.value if rule else None,
        "severity": finding.severity.value,
        "grade": finding.grade,
        "count": finding.count,
        "title": finding.title,
        "text": finding.text,
        "cause": finding.cause or None,
        "fix": finding.fix or None,
        "source": finding.requirement or None,
        "link": finding.link or None,
        "evidence": list(finding.evidence),
        "first_at": finding.first_at_s,
        "over_at": finding.over_at_s,
        "explains": [_finding_json(dependant) for dependant in finding.dependants],
    }
