"""What a line of expectations may become."""

from __future__ import annotations

import pytest

from inspector.expect.grammar import FORMS
from inspector.ui.models.expectation_completion import MAX_OFFERED, offered

TOOLS = ("search", "sum up", "Say", "echo")


@pytest.mark.parametrize(
    ("before", "typed", "found"),
    [
        ("no d", "no d", ["no drops"]),
        ("  No e", "No e", ["no errors of search"]),
        ("no drops", "no drops", []),
        ("zebra", "zebra", []),
        ("answer under 2s of ", "", ['"sum up"', "Say", "echo", "search"]),
        ("answer under 2s of se", "se", ["search"]),
        ('answer under 2s of "su', '"su', ['"sum up"']),
        ("event x within 5s of call e", "e", ["echo"]),
        ("at least 3 events x during call sa", "sa", ["Say"]),
        ("answer under 2s of echo", "echo", []),
    ],
)
def test_offered(before: str, typed: str, found: list[str]) -> None:
    assert offered(before, TOOLS) == (typed, found)


def test_an_empty_line_may_become_anything() -> None:
    assert offered("", TOOLS) == ("", [line for line, _ in FORMS])


def test_of_many_tools_not_all_are_offered() -> None:
    assert len(offered("no errors of ", [f"tool{number}" for number in range(500)])[1]) == MAX_OFFERED
