"""What the session finds stands in a table: of tool streams, skills, progress, traffic and results."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import inspector
from inspector.diagnose.rule import Rule, SeenBy
from inspector.diagnose.rules import ALL, progress, schemas, tool_stream, traffic

PACKAGE = Path(inspector.__file__).parent
TABLES = {rule.id: rule for table in (progress, schemas, tool_stream, traffic) for rule in table.RULES}
RULE_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)+")


def reported() -> set[str]:
    """The names of rules with which the session reports, by what the calls that do it are given first."""
    found = set()
    for layer in ("protocol", "session", "trace"):
        for path in (PACKAGE / layer).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func).lower().endswith(
                    ("breach", "_error", "_invalid")
                ):
                    found |= {
                        arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
                    }
    return found


def test_every_rule_that_the_session_reports_has_its_entry() -> None:
    names = set(filter(RULE_NAME.fullmatch, reported()))
    assert len(names) > 70
    assert names - ALL.keys() == set()


@pytest.mark.parametrize("rule", TABLES.values(), ids=lambda rule: rule.id)
def test_an_entry_says_all_that_help_shows(rule: Rule) -> None:
    assert rule.symptom.endswith(".") and rule.cause.endswith(".") and rule.fix.endswith((".", "}."))
    assert rule.source and rule.link.startswith("https://")
    assert rule.watch is not None or rule.seen_by is SeenBy.PROTOCOL
    assert rule.watch is None or rule.id in rule.watch.rules
    assert set(rule.explains) <= TABLES.keys()
