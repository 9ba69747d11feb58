"""EventGaps between events against all of them written down."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from inspector.stats.event_gaps import MAX_GAPS, EventGaps
from inspector.stats.percentiles import NOTHING, summary

stamps = st.lists(st.integers(0, 3), max_size=60).map(lambda pauses: [1_000_000 * sum(pauses[:n]) for n in range(60)])


@given(stamps, st.lists(st.integers(0, 60), max_size=5).map(sorted))
def test_gaps_are_between_neighbours_however_the_events_are_cut(stamps_ns: list[int], cuts: list[int]) -> None:
    gaps = EventGaps()
    for start, end in pairwise([0, *cuts, len(stamps_ns)]):
        gaps.add(stamps_ns[start:end])
    assert gaps.distribution() == summary((after - before) / 1e6 for before, after in pairwise(stamps_ns))


def test_the_figures_stay_when_the_gaps_are_let_go() -> None:
    gaps = EventGaps()
    gaps.add([0, 5_000_000, 5_000_000, 9_000_000])
    figures = gaps.distribution()
    gaps.close()
    assert gaps.distribution() == figures
    assert (figures.count, figures.max_ms, figures.min_ms) == (3, 5.0, 0.0)


def test_without_a_second_event_there_is_nothing() -> None:
    gaps = EventGaps()
    gaps.add([5])
    gaps.close()
    assert gaps.distribution() == NOTHING


def test_of_very_many_gaps_the_oldest_are_only_counted() -> None:
    gaps = EventGaps()
    gaps.add([1_000_000 * n for n in range(4 * MAX_GAPS)])
    assert (gaps.distribution().count, gaps.distribution().is_exact) == (4 * MAX_GAPS - 1, False)
