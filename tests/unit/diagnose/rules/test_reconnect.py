"""The table of the rules about reconnecting."""

from __future__ import annotations

from inspector.diagnose.rule import Group, SeenBy
from inspector.diagnose.rules.reconnect import RULES


def test_every_rule_has_someone_who_sees_it() -> None:
    for rule in RULES:
        assert rule.group is Group.RECONNECT
        assert rule.seen_by is SeenBy.WATCH
        assert rule.watch is not None, rule.id
        assert rule.id in rule.watch.rules, rule.id


def test_every_rule_says_all_that_help_shows() -> None:
    for rule in RULES:
        assert all((rule.title, rule.symptom, rule.cause, rule.fix, rule.source)), rule.id
        assert rule.link.startswith("https://"), rule.id
        assert rule.id not in rule.explains
