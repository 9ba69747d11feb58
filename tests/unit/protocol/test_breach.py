"""Broken rules are data."""

from __future__ import annotations

from inspector.protocol.breach import Breach, Severity


def test_severities_ascend() -> None:
    assert [severity.value for severity in Severity] == ["chat", "note", "warn", "error"]


def test_equal_breaches_are_one() -> None:
    first = Breach("sse-bom", Severity.WARN, "A byte order mark.")
    assert {first, Breach("sse-bom", Severity.WARN, "A byte order mark.")} == {first}
    assert (first.fix, first.requirement) == ("", "")
