"""A check as JUnit XML, which build servers read: a test case for each rule judged and each expectation."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from xml.etree import ElementTree

from inspector.diagnose.finding import Finding
from inspector.diagnose.rules import ALL
from inspector.exports import check_verdicts
from inspector.exports.check_formats import finding_text
from inspector.exports.checking import Checked, at_least
from inspector.record.text import plain
from inspector.trace.events import Severity

SUITE = "SSE MCP Inspector"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_MESSAGE_CHARS = 500


def as_junit(checked: Checked, fail_on: Severity) -> str:
    """The whole document, to be written in UTF-8; what is less grave than `fail_on` passes, with its text as output."""
    fired = {finding.rule: finding for finding in checked.all_findings}
    cases = [_case(name, group, fired.get(name), fail_on) for name, group in _rules(checked, fired)]
    expected = check_verdicts.cases(checked)
    cases = [_connection_case(checked), *expected, *cases]
    suite = ElementTree.Element(
        "testsuite",
        {
            "name": plain(checked.subject, _MESSAGE_CHARS),
            "tests": str(len(cases)),
            "failures": str(len(checked.failures(fail_on)) + len(checked.broken)),
            "errors": str(int(bool(checked.error))),
            "skipped": str(sum(case.find("skipped") is not None for case in expected)),
            "time": f"{checked.seconds:.3f}",
            "timestamp": _timestamp(checked.first_at_s),
        },
    )
    suite.extend(cases)
    document = ElementTree.Element("testsuites", {"name": SUITE})
    document.append(suite)
    ElementTree.indent(document)
    return f"{_DECLARATION}{ElementTree.tostring(document, encoding='unicode')}\n"


def _rules(checked: Checked, fired: dict[str, Finding]) -> Iterator[tuple[str, str]]:
    """Id and group of every rule that was judged, also of those that stand in no table."""
    for rule in checked.rules:
        yield rule.id, rule.group
    judged = {rule.id for rule in checked.rules}
    for name in fired:
        if name not in judged:
            yield name, ALL[name].group if name in ALL else "Other"


def _connection_case(checked: Checked) -> ElementTree.Element:
    case = ElementTree.Element("testcase", {"classname": "Connection", "name": "connected", "time": "0"})
    if checked.error:
        error = ElementTree.SubElement(case, "error", {"type": "connection"})
        error.set("message", plain(checked.error, _MESSAGE_CHARS))
    return case


def _case(name: str, group: str, finding: Finding | None, fail_on: Severity) -> ElementTree.Element:
    # A dot in the class name would be taken for a package.
    case = ElementTree.Element("testcase", {"classname": group.replace(".", "·"), "name": plain(name), "time": "0"})
    if finding is None:
        return case
    if finding.severity in at_least(fail_on):
        failure = ElementTree.SubElement(case, "failure", {"type": finding.severity.value})
        failure.set("message", plain(f"{finding.title}: {finding.text}", _MESSAGE_CHARS))
        failure.text = finding_text(finding)
    else:
        ElementTree.SubElement(case, "system-out").text = finding_text(finding)
    return case


def _timestamp(at_s: float) -> str:
    try:
        return datetime.fromtimestamp(at_s, UTC).isoformat(timespec="seconds")
    except (OverflowError, OSError, ValueError):
        return ""
