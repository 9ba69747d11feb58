"""How fast the text of one call comes: time to the first token, and tokens a second.

Only the model knows its tokens; what comes over the wire are pieces of text. Pieces as short as a token are counted as
one each; longer ones as a token for about every four characters, which is an estimate and is called one.
"""

from __future__ import annotations

from dataclasses import dataclass

PIECE_CHARS = 8
"""Pieces that are no longer than this on the average are tokens."""
TOKEN_CHARS = 4
"""The rule of thumb for English text."""


@dataclass(frozen=True, slots=True)
class TokenFigures:
    """The figures of a text so far; None where there is nothing to measure.

    `per_second` is the mean from the first piece to the last: the wait for the first is not in it.
    """

    pieces: int = 0
    characters: int = 0
    tokens: float = 0.0
    is_estimate: bool = False
    first_token_ms: float | None = None
    per_second: float | None = None

    @property
    def counted_as(self) -> str:
        """In words, what was counted as a token; empty without text."""
        if not self.pieces:
            return ""
        return f"about {TOKEN_CHARS} characters each" if self.is_estimate else "one per piece"


class TokenRate:
    """Takes the pieces of one text in the order in which they came; `sent_ns` is when it was asked for."""

    def __init__(self, sent_ns: int | None = None) -> None:
        self.sent_ns = sent_ns
        self._pieces = self._characters = self._first_characters = 0
        self._first_ns: int | None = None
        self._last_ns = 0

    def add(self, at_ns: int, characters: int) -> None:
        """A piece of so many characters came; an empty one is none."""
        if characters <= 0:
            return
        if self._first_ns is None:
            self._first_ns, self._first_characters = at_ns, characters
        self._pieces += 1
        self._characters += characters
        self._last_ns = max(self._last_ns, at_ns)

    @property
    def figures(self) -> TokenFigures:
        """What can be said now."""
        if self._first_ns is None:
            return TokenFigures()
        is_estimate = self._characters > PIECE_CHARS * self._pieces
        tokens, first = float(self._pieces), 1.0
        if is_estimate:
            tokens, first = self._characters / TOKEN_CHARS, self._first_characters / TOKEN_CHARS
        took_ns = self._last_ns - self._first_ns
        return TokenFigures(
            pieces=self._pieces,
            characters=self._characters,
            tokens=tokens,
            is_estimate=is_estimate,
            first_token_ms=None if self.sent_ns is None else max(0, self._first_ns - self.sent_ns) / 1e6,
            per_second=(tokens - first) * 1e9 / took_ns if took_ns > 0 else None,
        )
