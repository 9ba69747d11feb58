from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.ui.models.filter_terms import added, has, parts, quoted, removed, replaced, starting


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("  a   b ", ["a", "b"]),
        ('text:"a b" (c or d) e', ['text:"a b"', "(c or d)", "e"]),
        ("don't stop", ["don't", "stop"]),
        (r'"a \" b" c', [r'"a \" b"', "c"]),
        ('name:(a, "b )") c', ['name:(a, "b )")', "c"]),
        ('"not closed (', ['"not closed (']),
        ("(not closed", ["(not closed"]),
    ],
)
def test_parts_keep_quotes_and_parentheses_whole(text: str, found: list[str]) -> None:
    assert parts(text) == found


def test_a_term_goes_in_and_out() -> None:
    both = added("dur>5ms", "-is:heartbeat")
    assert both == "dur>5ms -is:heartbeat"
    assert has(both, "-is:heartbeat")
    assert added(both, "-is:heartbeat") == both
    assert removed(both, "-is:heartbeat") == "dur>5ms"
    assert removed("a and x", "x") == "a"
    assert removed("x and a", "x") == "a"
    assert removed("a and x and b", "x") == "a and b"
    assert removed("(a)(b) x", "x") == "(a)(b)"
    assert removed("a", "x") == "a"


def test_a_choice_stays_a_choice_of_its_own() -> None:
    both = added("a or b", "x")
    assert both == "(a or b) x"
    assert removed(both, "x") == "a or b"
    assert not has("a or x", "x")
    assert not has("(a x)", "x")
    assert removed("a or x", "x") == "a or x"


def test_a_term_takes_the_place_of_others_of_its_field() -> None:
    assert replaced("a stream:4 b", "stream:", "stream:7") == "a b stream:7"
    assert replaced("a stream:4 stream:5", "stream:", "") == "a"
    assert replaced("stream:4 or a", "stream:", "stream:7") == "(stream:4 or a) stream:7"
    assert starting("stream:4 (stream:5) -stream:6", "stream:") == ["stream:4"]


@given(st.text(alphabet="ab \"'()-:\\", max_size=30))
def test_what_was_added_is_there_or_the_text_is_broken(text: str) -> None:
    both = added(text, "x:y")
    is_open = text.count("(") != text.count(")") or any(quote in text for quote in "\"'")
    assert has(both, "x:y") or is_open
    assert not has(removed(both, "x:y"), "x:y")


@pytest.mark.parametrize(
    ("value", "written"),
    [("tools/call", "tools/call"), ("a b", '"a b"'), ('"', r'"\""'), ("\\", r'"\\"'), ("", '""'), ("-a", '"-a"')],
)
def test_values_are_quoted_where_they_must_be(value: str, written: str) -> None:
    assert quoted(value) == written
