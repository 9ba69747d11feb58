from __future__ import annotations

import asyncio
from typing import Any

import pytest

from inspector.ui.said import FLOOD_S, GATHER_S, MAX_PIECE, MAX_SHOWN, MAX_WAITING, Said


class Loop:
    """A loop whose timers a test lets ring."""

    def __init__(self) -> None:
        self.delays: list[float] = []
        self.ring: Any = None

    def call_later(self, delay_s: float, ring: Any) -> Loop:
        self.delays.append(delay_s)
        self.ring = ring
        return self

    def cancel(self) -> None:
        self.ring = None


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch) -> Loop:
    loop = Loop()
    monkeypatch.setattr(asyncio, "get_running_loop", lambda: loop)
    return loop


def test_what_comes_within_a_moment_is_told_at_once_and_in_order(loop: Loop) -> None:
    told: list[list[str]] = []
    said = Said(told.append)
    for number in range(3):
        said.add(str, number)
    assert (told, loop.delays) == ([], [GATHER_S])
    loop.ring()
    said.add(str.upper, "more")
    said.flush()
    said.flush()
    assert told == [["0", "1", "2"], ["MORE"]]
    assert loop.ring is None


def test_of_a_flood_only_the_end_is_written_and_then_longer_gathered(loop: Loop) -> None:
    told: list[list[str]] = []
    written: list[int] = []

    def write(number: int) -> str:
        written.append(number)
        return "x" * 999 + "\n"

    said = Said(told.append)
    for number in range(5_000):
        said.add(write, number)
    loop.ring()
    assert MAX_SHOWN <= sum(map(len, told[0])) < MAX_SHOWN + 1_000
    assert sorted(written) == list(range(5_000 - len(told[0]), 5_000))
    said.add(write, 1)
    loop.ring()
    said.add(write, 2)
    assert loop.delays == [GATHER_S, FLOOD_S, GATHER_S]


def test_a_piece_counts_for_no_more_than_is_shown_of_it(loop: Loop) -> None:
    told: list[list[str]] = []
    said = Said(told.append)
    for letter in "abcdefgh":
        said.add(lambda letter: letter * MAX_SHOWN, letter)
    said.flush()
    assert [text[0] for text in told[0]] == list("abcdefgh")
    assert MAX_PIECE * 8 < MAX_SHOWN


def test_what_came_together_is_told_like_what_came_alone(loop: Loop) -> None:
    told: list[list[str]] = []
    said = Said(told.append)
    said.add(str, 0)
    said.add_all(str, [1, 2, 3])
    said.add_all(str, [])
    said.add(str, 4)
    said.flush()
    assert told == [["0", "1", "2", "3", "4"]]


def test_what_waits_is_bounded(loop: Loop) -> None:
    said = Said(lambda texts: None)
    for _ in range(10):
        said.add_all(str, range(1_000))
    assert MAX_WAITING <= sum(len(data) for _, data in said._waiting) < MAX_WAITING + 1_000
    said.add_all(str, range(100_000))
    assert len(said._waiting) == 1
