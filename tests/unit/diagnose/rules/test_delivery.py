"""The table of the rules about delivery."""

from __future__ import annotations

from inspector.diagnose.rule import SeenBy
from inspector.diagnose.rules import ALL
from inspector.diagnose.rules.delivery import RULES


def test_every_rule_has_someone_who_sees_it() -> None:
    for rule in RULES:
        assert (rule.watch is None) is (rule.seen_by is SeenBy.PROTOCOL), rule.id
        assert rule.watch is None or rule.id in rule.watch.rules, rule.id


def test_what_a_rule_explains_is_in_the_table() -> None:
    assert all(set(rule.explains) <= set(ALL) - {rule.id} for rule in RULES)
