"""The histogram against exact percentiles."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from inspector.stats.histogram import RELATIVE_ERROR, Histogram

durations = st.floats(min_value=1e-6, max_value=1e9, allow_nan=False)
series = st.lists(durations, min_size=1, max_size=300)
percentages = st.floats(min_value=0, max_value=100)


def filled(values: list[float]) -> Histogram:
    histogram = Histogram()
    for value in values:
        histogram.add(value)
    return histogram


def exact(values: list[float], p: float) -> float:
    rank = min(max(1, math.ceil(p * len(values) / 100)), len(values))
    return sorted(values)[rank - 1]


@given(series, percentages)
def test_a_percentile_is_within_the_promised_error(values: list[float], p: float) -> None:
    found = filled(values).percentile(p)
    assert found is not None
    assert abs(found - exact(values, p)) <= (RELATIVE_ERROR + 1e-9) * exact(values, p)


@given(series)
def test_count_last_min_max_are_exact(values: list[float]) -> None:
    histogram = filled(values)
    assert (histogram.count, histogram.last) == (len(values), values[-1])
    assert (histogram.min, histogram.max) == (min(values), max(values))
    assert histogram.mean is not None
    assert math.isclose(histogram.mean, sum(values) / len(values), rel_tol=1e-9)


@given(series, series, percentages)
def test_merging_is_the_same_as_counting_together(left: list[float], right: list[float], p: float) -> None:
    merged = filled(left)
    merged.merge(filled(right))
    together = filled(left + right)
    assert (merged.count, merged.last, merged.min, merged.max) == (
        together.count,
        together.last,
        together.min,
        together.max,
    )
    assert merged.percentile(p) == together.percentile(p)


def test_an_empty_histogram_has_no_figures() -> None:
    histogram = Histogram()
    histogram.merge(Histogram())
    assert histogram.count == 0
    assert [histogram.percentile(50), histogram.mean, histogram.min, histogram.max, histogram.last] == [None] * 5


def test_the_median_of_one_value_is_that_value() -> None:
    assert filled([12.345]).percentile(50) == 12.345


def test_ranks_do_not_suffer_from_binary_fractions() -> None:
    # 0.07 * 100 is 7.000000000000001
    found = filled([float(value) for value in range(1, 101)]).percentile(7)
    assert found is not None
    assert round(found) == 7


def test_odd_values_of_a_damaged_recording_are_counted() -> None:
    histogram = filled([0.0, -5.0, math.nan, math.inf])
    assert histogram.count == 4
    assert (histogram.min, histogram.max) == (0.0, math.inf)
    assert histogram.percentile(50) == 0.0


def test_memory_is_bounded() -> None:
    histogram = Histogram()
    value = 1e-9
    while value < 1e12:
        histogram.add(value)
        value *= 1.005
    assert histogram.count > 9_000
    assert len(histogram._buckets) < 1_800


@given(st.lists(st.floats(0, 1e6), max_size=5), st.integers(-1, 5))
def test_zeros_at_once_count_as_zeros_one_by_one(values: list[float], count: int) -> None:
    at_once, one_by_one = Histogram(), Histogram()
    for value in values:
        at_once.add(value)
        one_by_one.add(value)
    at_once.add_zeros(count)
    for _ in range(count):
        one_by_one.add(0.0)
    for name in Histogram.__slots__:
        assert getattr(at_once, name) == getattr(one_by_one, name)


@given(series, st.integers(1, 9))
def test_what_is_counted_as_which_value_adds_up(values: list[float], times: int) -> None:
    histogram = Histogram()
    for value in values:
        histogram.add_many(value, times)
    counts = histogram.counts()
    assert sum(counts.values()) == histogram.count == len(values) * times
    assert all(min(values) <= value <= max(values) for value in counts)
    assert filled(sorted(values)).percentile(50) == histogram.percentile(50)
