"""Tokens of a text that comes in pieces, against a schedule that is known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.stats.token_rate import PIECE_CHARS, TOKEN_CHARS, TokenFigures, TokenRate

MS = 1_000_000


def rate_of(pieces: list[tuple[int, int]], sent_ms: int | None = 0) -> TokenFigures:
    """The figures of pieces given as (when in ms, characters)."""
    rate = TokenRate(None if sent_ms is None else sent_ms * MS)
    for at_ms, characters in pieces:
        rate.add(at_ms * MS, characters)
    return rate.figures


def test_short_pieces_are_a_token_each() -> None:
    figures = rate_of([(250 + 20 * number, 5) for number in range(51)])
    assert figures.first_token_ms == 250
    assert figures.per_second == pytest.approx(50)
    assert (figures.tokens, figures.pieces, figures.characters) == (51, 51, 255)
    assert not figures.is_estimate
    assert figures.counted_as == "one per piece"


def test_of_long_pieces_the_tokens_are_estimated_from_the_characters() -> None:
    figures = rate_of([(100, 400), (1_100, 400), (2_100, 400)])
    assert figures.is_estimate
    assert figures.tokens == 1_200 / TOKEN_CHARS
    assert figures.per_second == pytest.approx(100)
    assert figures.counted_as == "about 4 characters each"


def test_the_border_is_the_average_length() -> None:
    assert not rate_of([(0, PIECE_CHARS - 2), (1, PIECE_CHARS + 2)]).is_estimate
    assert rate_of([(0, PIECE_CHARS), (1, PIECE_CHARS + 1)]).is_estimate


def test_nothing_is_invented() -> None:
    assert rate_of([]) == TokenFigures()
    assert rate_of([(5, 0)]).counted_as == ""
    one = rate_of([(5, 3)], sent_ms=None)
    assert (one.first_token_ms, one.per_second, one.tokens) == (None, None, 1)
    at_once = rate_of([(5, 3), (5, 3), (5, 3)])
    assert (at_once.first_token_ms, at_once.per_second) == (5, None)


def test_the_wait_for_the_first_token_is_not_in_the_rate() -> None:
    soon, late = (rate_of([(wait + 10 * number, 4) for number in range(11)]) for wait in (1, 9_000))
    assert soon.per_second == pytest.approx(late.per_second)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 60)), max_size=40))
def test_the_figures_are_those_of_the_whole_list(steps: list[tuple[int, int]]) -> None:
    at_ms, pieces = 0, []
    for gap_ms, characters in steps:
        at_ms += gap_ms
        pieces.append((at_ms, characters))
    figures = rate_of(pieces)
    said = [piece for piece in pieces if piece[1]]
    assert figures.pieces == len(said)
    assert figures.characters == sum(characters for _, characters in said)
    assert figures.first_token_ms == (said[0][0] if said else None)
    if figures.per_second is not None:
        seconds = (said[-1][0] - said[0][0]) / 1e3
        after_first = sum(characters for _, characters in said[1:]) / TOKEN_CHARS
        tokens = after_first if figures.is_estimate else len(said) - 1
        assert figures.per_second == pytest.approx(tokens / seconds)
