"""Whatever a server answers to completion/complete, there is a line to show."""

from __future__ import annotations

from typing import Any

import pytest

from inspector.ui.suggestions import Suggestions, suggestions_of
from tests.support.sources import bad, good


def read(completion: Any) -> Suggestions:
    return suggestions_of(good("completion/complete", {"completion": completion}))


def test_values_total_and_more_are_read() -> None:
    assert read({"values": ["a", "b"], "total": 9, "hasMore": True}) == Suggestions(("a", "b"), 9, True)


def test_more_than_a_hundred_are_cut() -> None:
    found = read({"values": [str(n) for n in range(150)]})
    assert len(found.values) == 100
    assert found.words == "100 suggestions, and more"


@pytest.mark.parametrize(
    ("completion", "words"),
    [
        ({"values": []}, "No suggestions"),
        ({"values": ["a"]}, "1 suggestion"),
        ({"values": ["a", "b"], "total": 2}, "2 suggestions"),
        ({"values": ["a"], "total": 1_200}, "1 of 1,200 suggestions"),
        ({"values": ["a"], "total": -3}, "1 suggestion"),
        ({"values": ["a"], "total": True}, "1 suggestion"),
        ({"values": ["a", 5, None, "x" * 9_999], "total": "many"}, "1 suggestion"),
        ({"values": "a"}, "No suggestions: the result has no completion.values."),
        ({}, "No suggestions: the result has no completion.values."),
        (None, "No suggestions: the result has no completion.values."),
    ],
)
def test_the_words_say_how_many(completion: Any, words: str) -> None:
    assert read(completion).words == words


def test_an_error_and_a_strange_result_are_sentences() -> None:
    assert suggestions_of(good("completion/complete", [1])).sentence
    failed = suggestions_of(bad("completion/complete"))
    assert failed.words == "No suggestions. The server answered with error -32603: Internal error."
