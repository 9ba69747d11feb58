"""The table of the group as a whole."""

from __future__ import annotations

from inspector.diagnose.rule import Group, SeenBy
from inspector.diagnose.rules.measurement import RULES
from inspector.session.loop_lag import RULE


def test_every_rule_says_all_that_help_needs() -> None:
    for rule in RULES:
        assert rule.group is Group.MEASUREMENT
        assert rule.symptom.endswith(".") and rule.cause.endswith(".") and rule.source, rule.id
        assert rule.watch is None or rule.id in rule.watch.rules


def test_what_the_session_reports_of_us_stands_in_the_table() -> None:
    assert [rule.id for rule in RULES if rule.seen_by is SeenBy.PROTOCOL] == [RULE]
