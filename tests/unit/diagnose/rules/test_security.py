"""The table of the group as a whole."""

from __future__ import annotations

import re
from pathlib import Path

import inspector
from inspector.diagnose.rule import Group, SeenBy
from inspector.diagnose.rules.security import RULES

SOURCES = Path(inspector.__file__).parent


def reported_by_the_sign_in() -> set[str]:
    """Every rule that the OAuth client names in its code."""
    places = [*(SOURCES / "protocol" / "auth").glob("*.py"), SOURCES / "session" / "authorization.py"]
    return {rule for place in places for rule in re.findall(r'"(auth-[a-z0-9-]+)"', place.read_text())}


def test_every_rule_of_the_sign_in_stands_in_the_table() -> None:
    told = {rule.id for rule in RULES if rule.seen_by is SeenBy.PROTOCOL}
    assert told == reported_by_the_sign_in()


def test_every_rule_says_all_that_help_needs() -> None:
    for rule in RULES:
        assert rule.group is Group.SECURITY
        assert rule.symptom.endswith(".") and rule.cause.endswith(".") and rule.fix.endswith("."), rule.id
        assert rule.source and rule.link.startswith("https://"), rule.id
        assert (rule.watch is None) == (rule.seen_by is SeenBy.PROTOCOL), rule.id
        assert rule.watch is None or rule.id in rule.watch.rules
