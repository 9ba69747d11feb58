"""Series of samples against a slow oracle that keeps everything."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import NamedTuple

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.stats import samples as module
from inspector.stats.histogram import RELATIVE_ERROR
from inspector.stats.percentiles import NOTHING
from inspector.stats.samples import MAX_SAMPLES, Pool, Samples


class Added(NamedTuple):
    pause_ns: int
    value_ms: float
    times: int


durations = st.floats(0, 1e6, allow_nan=False) | st.sampled_from([0.0, 1.0, 250.0])
added = st.lists(st.builds(Added, st.integers(0, 3), durations, st.integers(1, 4)), max_size=60)


class Oracle:
    """Every duration with its time, one by one."""

    def __init__(self, told: list[Added], into: Samples) -> None:
        self.all: list[tuple[int, float]] = []
        now_ns = 0
        for n, (pause_ns, value_ms, times) in enumerate(told):
            now_ns += pause_ns
            self.all += [(now_ns, value_ms)] * times
            into.add(now_ns, value_ms, times, n)

    def values(self, since_ns: int | None) -> list[float]:
        return [value for at_ns, value in self.all if since_ns is None or at_ns >= since_ns]


windows = st.none() | st.integers(0, 200)


@given(added, windows)
def test_a_window_says_what_numpy_says_of_its_values(told: list[Added], since_ns: int | None) -> None:
    samples = Samples()
    values = Oracle(told, samples).values(since_ns)
    found = samples.distribution(since_ns)
    assert samples.values(since_ns) == values
    assert samples.count(since_ns) == found.count == len(values)
    assert found.is_exact
    if not values:
        assert found == NOTHING
        return
    assert [found.p50_ms, found.p95_ms, found.p99_ms] == [float(numpy.percentile(values, p)) for p in (50, 95, 99)]
    assert (found.min_ms, found.max_ms) == (min(values), max(values))
    assert found.mean_ms == pytest.approx(float(numpy.mean(values)))
    if len(values) > 1:
        assert found.jitter_ms == pytest.approx(float(numpy.mean(numpy.abs(numpy.diff(values)))))


@given(added, st.lists(st.integers(0, 60), max_size=6).map(sorted), windows)
def test_looking_in_between_changes_nothing(told: list[Added], looks: list[int], since_ns: int | None) -> None:
    watched, alone = Samples(), Samples()
    now_ns = 0
    for n, (pause_ns, value_ms, times) in enumerate(told):
        now_ns += pause_ns
        for samples in (watched, alone):
            samples.add(now_ns, value_ms, times, n)
        if n in looks:
            watched.distribution()
            watched.distribution(since_ns)
    assert watched.distribution() == alone.distribution()
    assert watched.distribution(since_ns) == alone.distribution(since_ns)


@given(added)
def test_alike_durations_at_once_count_as_one_by_one(told: list[Added]) -> None:
    at_once, one_by_one = Samples(), Samples()
    Oracle(told, at_once)
    now_ns = 0
    for n, (pause_ns, value_ms, times) in enumerate(told):
        now_ns += pause_ns
        for _ in range(times):
            one_by_one.add(now_ns, value_ms, n=n)
    together, alone = at_once.distribution(), one_by_one.distribution()
    assert replace(together, mean_ms=None) == replace(alone, mean_ms=None)
    assert together.mean_ms == pytest.approx(alone.mean_ms)
    assert at_once.slowest_n() == one_by_one.slowest_n()
    assert len(at_once) == len(one_by_one)


@given(added, windows)
def test_what_is_only_counted_is_within_a_percent(told: list[Added], since_ns: int | None) -> None:
    samples = Samples(limit=5)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_SPILL", 3)
        oracle = Oracle(told, samples)
    everything, found = oracle.values(None), samples.distribution()
    assert len(samples) < 8
    assert found.count == samples.count() == len(everything)
    if everything:
        assert found.mean_ms == pytest.approx(float(numpy.mean(everything)))
        assert (found.min_ms, found.max_ms) == pytest.approx((min(everything), max(everything)))
        if len(everything) > 1:
            assert found.jitter_ms == pytest.approx(float(numpy.mean(numpy.abs(numpy.diff(everything)))))
        for p, value in ((50, found.p50_ms), (95, found.p95_ms), (99, found.p99_ms)):
            exact = float(numpy.percentile(everything, p))
            assert value is not None
            assert math.isclose(value, exact, rel_tol=RELATIVE_ERROR + 1e-9, abs_tol=1e-6)
    in_window, values = samples.distribution(since_ns), oracle.values(since_ns)
    if in_window.is_exact:
        assert in_window.count == len(values)
        assert in_window.p95_ms == (float(numpy.percentile(values, 95)) if values else None)


@given(added, st.integers(1, 10))
def test_the_slowest_is_the_first_of_the_longest(told: list[Added], limit: int) -> None:
    samples = Samples(limit=limit)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_SPILL", 2)
        Oracle(told, samples)
    longest = max((value_ms for _, value_ms, _ in told), default=None)
    numbers = [n for n, (_, value_ms, _) in enumerate(told) if value_ms == longest]
    assert samples.slowest_n() == (numbers[0] if numbers else None)


def test_the_slowest_of_a_window_is_in_the_window() -> None:
    samples = Samples()
    for at_ns, value_ms in enumerate((90.0, 5.0, 30.0, 7.0)):
        samples.add(at_ns, value_ms, n=100 + at_ns)
    assert (samples.slowest_n(), samples.slowest_n(1), samples.slowest_n(3), samples.slowest_n(4)) == (
        100,
        102,
        103,
        None,
    )


def test_a_window_older_than_what_is_kept_says_so() -> None:
    samples = Samples(limit=10)
    for at_ns in range(10 + module._SPILL):
        samples.add(at_ns, float(at_ns))
    spilled = module._SPILL
    assert samples.distribution(spilled).is_exact
    assert samples.distribution(spilled).count == 10
    assert not samples.distribution(spilled - 1).is_exact
    assert not samples.distribution().is_exact
    assert samples.distribution(0).count == samples.count() == 10 + spilled


def test_odd_values_and_times_of_a_damaged_recording_are_counted() -> None:
    samples = Samples()
    for at_ns, value_ms in ((5, math.nan), (3, -1.0), (9, math.inf), (-8, 2.0)):
        samples.add(at_ns, value_ms)
    found = samples.distribution()
    assert (found.count, found.min_ms) == (4, 0.0)
    assert found.p50_ms == 1.0
    assert samples.count(6) == 2


def test_memory_stays_flat() -> None:
    samples = Samples(limit=2_000)
    for at_ns in range(20_000):
        samples.add(at_ns, at_ns % 7 + 1.0)
    assert len(samples) < 2_000 + module._SPILL
    assert samples.count() == 20_000
    assert MAX_SAMPLES == 100_000


def test_a_pool_is_shared_and_the_longest_gives_way() -> None:
    pool = Pool(limit=4_000)
    busy, quiet = Samples(pool=pool), Samples(pool=pool)
    for at_ns in range(100):
        quiet.add(at_ns, 1.0)
    for at_ns in range(50_000):
        busy.add(at_ns, 2.0 + at_ns % 5)
    assert len(busy) + len(quiet) < 4_000
    assert len(quiet) == 100
    assert quiet.distribution().is_exact
    assert (busy.count(), busy.distribution().is_exact) == (50_000, False)
    assert len(busy) > 500


@given(added, st.lists(st.integers(0, 60), max_size=6), st.integers(1, 12), windows)
def test_looking_while_old_values_go_changes_nothing(
    told: list[Added], looks: list[int], limit: int, since_ns: int | None
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_SPILL", 3)
        watched, alone = Samples(limit), Samples(limit)
        now_ns = 0
        for n, (pause_ns, value_ms, times) in enumerate(told):
            now_ns += pause_ns
            for samples in (watched, alone):
                samples.add(now_ns, value_ms, times, n)
            if n in looks:
                watched.distribution()
                watched.distribution(since_ns)
        assert watched.distribution() == alone.distribution()
        assert watched.distribution(since_ns) == alone.distribution(since_ns)
