"""The sentences of the latency pane."""

from __future__ import annotations

from dataclasses import replace

import pytest

from inspector.record.text import calendar
from inspector.stats.clock_offset import ClockOffset
from inspector.stats.latency import LatencyStats
from inspector.stats.percentiles import NOTHING
from inspector.stats.percentiles import summary as figures_of
from inspector.stats.windows import Window
from inspector.ui.models.latency_words import Mark, clock, listed, summary, when
from tests.support.rivers import Talk


@pytest.mark.parametrize(
    ("shown", "found", "words"),
    [
        (0, 0, "0 calls of echo"),
        (1, 1, "1 call of echo"),
        (2, 2, "2 calls of echo, newest first"),
        (500, 12_345, "The newest 500 of 12,345 calls of echo"),
    ],
)
def test_a_list_says_what_it_holds(shown: int, found: int, words: str) -> None:
    assert listed(shown, found, "of echo") == words


def test_the_line_above_says_since_when() -> None:
    talk = Talk()
    talk.ask(None, "ping")
    rows, none = talk.into(LatencyStats()).rows(), NOTHING
    mark = Mark(1_204, 1_700_000_000.0, 0)
    assert summary(rows, none, Window.SESSION, None) == "1 call · 1 in flight"
    assert summary(rows, none, Window.TEN_MINUTES, mark) == "Last 10 minutes: 1 call · 1 in flight"
    time = calendar(mark.at)[11:23]
    assert summary(rows, none, Window.SINCE_MARK, mark) == f"Since the mark at #1,204, {time}: 1 call · 1 in flight"
    times = figures_of([10.0, 20.0])
    assert summary(rows * 2, times, Window.SESSION, None) == (
        "2 calls · 2 in flight · p50 15.0 ms · p95 19.5 ms · max 20.0 ms"
    )
    counted = [replace(row, is_exact=False) for row in rows]
    assert "1 in flight · percentiles within 1 %, as the oldest" in summary(counted, none, Window.SESSION, None)
    assert when(Window.SINCE_MARK, None) == "Since the mark"


def test_the_clock_says_what_was_corrected_and_that_it_was_set() -> None:
    told = clock(ClockOffset(12.0, 3.0, 5, 0))
    how = "One-way times of calls are given raw, and corrected by this."
    assert told == f"The server's clock is 12 ms ahead of ours (±3.0 ms). {how}"
    assert " It was set 2 times. One-way" in clock(ClockOffset(12.0, 3.0, 5, 2))
