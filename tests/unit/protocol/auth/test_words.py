"""Words of a server in a sentence of ours."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from inspector.protocol.auth.words import it_says, quote


def test_words_are_cleaned_and_cut() -> None:
    assert quote(" two\r\nlines\x1b[31m\u202e. ") == "two lines [31m"
    assert quote("x" * 1000) == "x" * 200
    assert quote({"not": "text"}) == ""
    assert it_says("Because.") == " It says: Because."
    assert it_says("") == ""


def test_r68_words_that_echo_a_secret_are_dropped() -> None:
    assert quote("token abcdef is bad", ("abcdef",)) == ""
    assert quote("a b c", ("a", "")) == "a b c"


@given(st.text())
def test_whatever_was_written_is_one_printable_line(text: str) -> None:
    assert quote(text).isprintable()
