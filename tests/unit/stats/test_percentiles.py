"""Percentiles against numpy, to the last bit."""

from __future__ import annotations

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.stats.percentiles import NOTHING, Ranked, jitter, percentile, summary

durations = st.floats(min_value=0, max_value=1e9, allow_nan=False)
series = st.lists(durations, min_size=1, max_size=300)
percentages = st.floats(min_value=0, max_value=100) | st.sampled_from([0.0, 50.0, 95.0, 99.0, 99.9, 100.0])


@given(series, percentages)
def test_a_percentile_is_what_numpy_says(values: list[float], p: float) -> None:
    assert percentile(sorted(values), p) == float(numpy.percentile(values, p))


@given(series)
def test_a_summary_is_what_numpy_says(values: list[float]) -> None:
    found = summary(values)
    assert (found.count, found.min_ms, found.max_ms) == (len(values), min(values), max(values))
    assert [found.p50_ms, found.p95_ms, found.p99_ms] == [float(numpy.percentile(values, p)) for p in (50, 95, 99)]
    assert found.mean_ms == pytest.approx(float(numpy.mean(values)))
    if len(values) > 1:
        assert found.jitter_ms == pytest.approx(float(numpy.mean(numpy.abs(numpy.diff(values)))))
    assert found.is_exact


def test_of_nothing_there_is_nothing_to_tell() -> None:
    assert summary([]) == NOTHING
    assert jitter([5.0]) is None
    assert summary([5.0]).jitter_ms is None


def test_jitter_is_the_mean_step_in_the_order_of_time() -> None:
    assert jitter([10.0, 14.0, 12.0]) == 3.0
    assert summary([10.0, 14.0, 12.0]) != summary([10.0, 12.0, 14.0])


@given(st.lists(durations, max_size=20), st.dictionaries(durations, st.integers(1, 9), max_size=8), percentages)
def test_values_that_stand_for_many_rank_as_if_all_were_there(
    singles: list[float], weights: dict[float, int], p: float
) -> None:
    ranked = Ranked(sorted(singles), weights)
    all_there = sorted(singles + [value for value, count in weights.items() for _ in range(count)])
    assert len(ranked) == len(all_there)
    assert [ranked[rank] for rank in range(len(ranked))] == all_there
    if all_there:
        assert ranked[-1] == all_there[-1]
        assert percentile(ranked, p) == percentile(all_there, p)


def test_a_rank_beyond_the_end_is_none() -> None:
    with pytest.raises(IndexError):
        Ranked([1.0], {2.0: 3})[4]
