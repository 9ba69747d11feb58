"""The tables of the gallery fit those of the diagnosis."""

from __future__ import annotations

from collections import Counter

from inspector.diagnose.rule import Group
from inspector.diagnose.rules import ALL as RULES
from inspector.servers.faults.gallery import ALL, GROUPS


def test_a_rule_has_one_fault() -> None:
    counted = Counter(fault.rule for table in GROUPS.values() for fault in table)
    assert [rule for rule, count in counted.items() if count > 1] == []
    assert set(counted) == set(ALL)


def test_the_groups_are_those_of_the_diagnosis() -> None:
    assert set(GROUPS) == {str(group) for group in Group}


def test_each_fault_stands_in_the_group_of_its_rule() -> None:
    wrong = [fault.rule for title, table in GROUPS.items() for fault in table if RULES[fault.rule].group != title]
    assert wrong == []


def test_what_fires_along_is_a_rule_as_well() -> None:
    named = {rule for fault in ALL.values() for rule in (*fault.also, *fault.ok_also)}
    assert named - set(RULES) == set()


def test_hit_and_control_differ() -> None:
    assert [fault.rule for fault in ALL.values() if fault.hit is fault.ok] == []
