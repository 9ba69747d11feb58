"""A check as a build server reads it."""

from __future__ import annotations

import dataclasses
from xml.etree import ElementTree

from inspector.diagnose.rules.delivery import RULES
from inspector.exports.check_junit import as_junit
from inspector.exports.checking import Checked
from inspector.trace.events import Severity
from tests.unit.exports.test_check_formats import CHECKED


def suite(written: str) -> ElementTree.Element:
    (found,) = ElementTree.fromstring(written)  # noqa: S314 - our own text
    return found


def test_each_judged_rule_is_a_case_and_grave_findings_fail() -> None:
    rule = next(each for each in RULES if each.id == "http10-hop")
    found = suite(as_junit(dataclasses.replace(CHECKED, rules=(rule,)), Severity.ERROR))
    assert (found.get("tests"), found.get("failures"), found.get("errors")) == ("4", "1", "0")
    cases = {case.get("name"): case for case in found}
    assert list(cases) == ["connected", "http10-hop", "idle-cut", "call-lost"]
    assert cases["http10-hop"].get("classname") == rule.group and len(cases["http10-hop"]) == 0
    (failure,) = cases["idle-cut"]
    assert failure.tag == "failure" and failure.get("type") == "error"
    assert failure.get("message", "").startswith("Cut while <idle>: The stream was silent")
    assert "proxy_read_timeout 3600s" in (failure.text or "")
    assert [part.tag for part in cases["call-lost"]] == ["system-out"]


def test_stricter_fails_on_more() -> None:
    found = suite(as_junit(CHECKED, Severity.NOTE))
    assert found.get("failures") == "2"


def test_a_connection_that_failed_is_an_error() -> None:
    found = suite(as_junit(Checked(subject="http://h", error="Nothing listens there."), Severity.ERROR))
    assert (found.get("tests"), found.get("errors")) == ("1", "1")
    assert found[0][0].get("message") == "Nothing listens there."


def test_text_that_xml_forbids_is_escaped() -> None:
    nasty = dataclasses.replace(CHECKED.findings[0], text="a\x00b\ufffe\ud800 ]]>", title="\x1b", dependants=())
    checked = Checked(subject="\x07", findings=(nasty,), first_at_s=1e30)
    found = suite(as_junit(checked, Severity.ERROR))
    assert "a\\x00b\\ufffe\\ud800 ]]>" in (found[1][0].text or "")
    assert found.get("timestamp") == ""
