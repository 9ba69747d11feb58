"""The expectations of a check, written for a person, for a program, for a bug report and for a build server."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any
from xml.etree import ElementTree

from inspector.expect.verdict import Moment, State, Verdict
from inspector.exports.checking import Checked
from inspector.record.formats.markdown import escaped
from inspector.record.text import calendar, counted, plain

WIDTH = 100
MAX_FAILURES = 10
"""So many of the latest failures of an expectation are written out one by one."""
_TEXT_CHARS = 4_000
_SIGNS = {State.PASS: "✔", State.FAIL: "✖", State.PENDING: "○", State.UNUSED: "○"}
_WORDS = {State.PASS: "met", State.FAIL: "not met", State.PENDING: "not exercised", State.UNUSED: "not exercised"}


def summary(verdicts: Sequence[Verdict]) -> str:
    """How many were met, in one line; empty if nothing was expected."""
    if not verdicts:
        return ""
    states = [verdict.state for verdict in verdicts]
    parts = [f"{states.count(State.PASS):,} of {counted(len(states), 'expectation')} met"]
    if failed := states.count(State.FAIL):
        parts.append(f"{failed:,} not met")
    if idle := len(states) - states.count(State.PASS) - failed:
        parts.append(f"{idle:,} not exercised")
    return f"{', '.join(parts)}."


def text_lines(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """A paragraph of a text, those that failed with their latest failures."""
    if not verdicts:
        return
    yield from ("", "EXPECTATIONS", "")
    for verdict in verdicts:
        yield f"{_SIGNS[verdict.state]} {plain(str(verdict.expectation), _TEXT_CHARS)}"
        said = plain(f"{_WORDS[verdict.state]} · {verdict.text}", _TEXT_CHARS)
        yield from textwrap.wrap(said, WIDTH, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)
        yield from (f"    {line}" for line in _failures(verdict))


def markdown(verdicts: Sequence[Verdict], level: int = 2) -> Iterator[str]:
    """Paragraphs of a page."""
    if not verdicts:
        return
    yield f"{'#' * level} Expectations"
    yield escaped(summary(verdicts))
    lines = []
    for verdict in verdicts:
        said = escaped(f"{verdict.expectation} — {_WORDS[verdict.state]}: {verdict.text}", _TEXT_CHARS)
        lines.append(f"- {_SIGNS[verdict.state]} {said}")
        lines += [f"  - {escaped(line, _TEXT_CHARS)}" for line in _failures(verdict)]
    yield "\n".join(lines)


def as_json(verdict: Verdict) -> dict[str, Any]:
    """One expectation as JSON; `state` is pass, fail, pending or unused."""
    return {
        "expectation": str(verdict.expectation),
        "state": verdict.state.value,
        "text": verdict.text,
        "checked": verdict.checked,
        "failed": verdict.failed,
        "worst": verdict.worst or None,
        "evidence": list(verdict.evidence),
        "failures": [
            {"at": moment.at, "text": moment.text, "evidence": list(moment.evidence)} for moment in _latest(verdict)
        ],
    }


def cases(checked: Checked) -> list[ElementTree.Element]:
    """A test case for each; what was never exercised is skipped, or fails where that is wanted."""
    return [_case(verdict, is_failure=verdict in checked.broken) for verdict in checked.verdicts]


def _case(verdict: Verdict, *, is_failure: bool) -> ElementTree.Element:
    name = plain(str(verdict.expectation), _TEXT_CHARS)
    case = ElementTree.Element("testcase", {"classname": "Expectations", "name": name, "time": "0"})
    said = plain(verdict.text, _TEXT_CHARS)
    if is_failure:
        failure = ElementTree.SubElement(case, "failure", {"type": verdict.state.value, "message": said})
        failure.text = "\n".join((said, *_failures(verdict)))
    elif verdict.state is State.PASS:
        ElementTree.SubElement(case, "system-out").text = said
    else:
        ElementTree.SubElement(case, "skipped", {"message": f"Not exercised: {said}"})
    return case


def _failures(verdict: Verdict) -> Iterator[str]:
    for moment in _latest(verdict):
        numbers = ", ".join(f"#{n}" for n in moment.evidence)
        about = f" ({numbers})" if numbers else ""
        yield plain(f"{calendar(moment.at)[11:23]} {moment.text}{about}", _TEXT_CHARS)
    if (more := verdict.failed - MAX_FAILURES) > 0:
        yield f"{more:,} more before"


def _latest(verdict: Verdict) -> list[Moment]:
    return [moment for moment in verdict.moments if not moment.is_met][-MAX_FAILURES:]
