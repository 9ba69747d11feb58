"""The table of HTTP negotiation."""

from __future__ import annotations

from inspector.diagnose.rule import SeenBy
from inspector.diagnose.rules.negotiation import RULES
from inspector.protocol.breach import Breach
from inspector.protocol.lifecycle import read_initialize_result
from inspector.protocol.transports.answer import Head, judge_success


def reported() -> list[Breach]:
    """What the protocol reports of these rules by itself."""
    _, of_version = read_initialize_result({"protocolVersion": "2099-01-01"}, "2025-11-25")
    return [*of_version, *judge_success(Head(200, ()), expects_answer=False, section="").breaches]


def test_what_the_protocol_reports_is_explained_by_the_table() -> None:
    breaches = reported()
    assert {breach.rule for breach in breaches} == {rule.id for rule in RULES if rule.seen_by is SeenBy.PROTOCOL}
    fixes = {rule.id: rule.fix for rule in RULES}
    assert [breach.fix for breach in breaches] == [fixes[breach.rule] for breach in breaches], "the fix is said once"


def test_only_a_probe_sees_whether_versions_are_looked_at() -> None:
    assert [rule.id for rule in RULES if rule.seen_by is SeenBy.PROBE] == ["protocol-version-not-validated"]
