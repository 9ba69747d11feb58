"""What many calls came to, in words that fit what happened."""

from __future__ import annotations

import pytest

from inspector.ui.batch_figures import BatchFigures, figures_of


def test_the_figures_are_those_of_the_round_trips_in_any_order() -> None:
    figures = figures_of(5, 5, 0, [40.0, 10.0, 30.0, 20.0, 50.0])
    assert figures == BatchFigures(5, 5, 0, 30.0, 48.0, 50.0)
    assert figures.words("echo") == "✓ 5 × echo answered"
    assert figures.times_taken() == "p50 30.0 ms · p95 48.0 ms · max 50.0 ms"


@pytest.mark.parametrize(
    ("done", "failed", "words", "role"),
    [
        (1_000, 0, "✓ 1,000 × echo answered", "good"),
        (37, 0, "■ 37 of 1,000 × echo made", "warn"),
        (1_000, 3, "✗ 3 of 1,000 × echo failed", "bad"),
        (37, 3, "✗ 3 of 1,000 × echo failed, 963 not made", "bad"),
    ],
)
def test_the_words_say_what_was_made_and_what_failed(done: int, failed: int, words: str, role: str) -> None:
    figures = figures_of(1_000, done, failed, [])
    assert (figures.words("echo"), figures.times_taken()) == (words, "")
    assert figures.role == role
