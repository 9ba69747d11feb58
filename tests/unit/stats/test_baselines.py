"""What is kept to compare with, and what a comparison claims."""

from __future__ import annotations

import math
import random
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.stats.baselines import (
    MAX_KEPT,
    Baseline,
    BaselineError,
    Kept,
    _ranks,
    baseline_of,
    compare,
    fewest,
    from_json,
)
from inspector.stats.latency import TOTAL_KEY, LatencyStats
from inspector.stats.percentiles import percentile
from inspector.stats.samples import Samples
from tests.support.rivers import Talk


def samples_of(values: list[float]) -> Samples:
    samples = Samples()
    for at_ns, value_ms in enumerate(values):
        samples.add(at_ns, value_ms)
    return samples


def session(values: dict[str, list[float]]) -> LatencyStats:
    talk = Talk()
    for method, times_ms in values.items():
        for ms in times_ms:
            asked = talk.ask(1, method)
            talk.wait(ms)
            talk.answer(1, asked)
    return talk.into(LatencyStats())


def test_a_baseline_holds_the_round_trips_of_each_method_and_of_all() -> None:
    latency = session({"ping": [3.0, 1.0, 2.0], "tools/list": [9.0]})
    kept = baseline_of(latency, "monday", 5.0, server="http://h/mcp", window="session")
    assert kept.series == {
        "ping": Kept(3, (1.0, 2.0, 3.0)),
        "tools/list": Kept(1, (9.0,)),
        TOTAL_KEY: Kept(4, (1.0, 2.0, 3.0, 9.0)),
    }
    assert from_json(kept.to_json()) == kept


def test_a_baseline_of_a_window_has_what_was_measured_in_it() -> None:
    latency = session({"ping": [3.0, 1.0], "tools/list": [9.0]})
    kept = baseline_of(latency, "late", 5.0, since_ns=4_000_000)
    assert {key: series.ordered_ms for key, series in kept.series.items()} == {
        "ping": (1.0,),
        "tools/list": (9.0,),
        TOTAL_KEY: (1.0, 9.0),
    }


def test_of_very_many_values_an_even_choice_is_kept() -> None:
    chance = random.Random(5)
    latency = LatencyStats()
    values = [chance.lognormvariate(3, 1) for _ in range(5_000)]
    talk = Talk()
    for ms in values:
        asked = talk.ask(1, "ping")
        talk.answer(1, asked, rtt_ms=ms)
    kept = baseline_of(talk.into(latency), "many", 0.0).series["ping"]
    assert (kept.count, len(kept)) == (5_000, MAX_KEPT)
    assert (kept[0], kept[-1]) == (min(values), max(values))
    for p in (50, 95, 99):
        assert percentile(kept, p) == pytest.approx(percentile(sorted(values), p), rel=0.02)
    delta = compare(kept, values)
    assert (delta.is_sure, abs(delta.delta_ms or 9) < 0.1) == (False, True)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b'{"name":"x","at":"soon"}',
        b'{"name":"x","at":1,"version":7}',
        b'{"name":"x","at":1,"series":{"ping":{"count":2,"ordered_ms":[2,1]}}}',
        b'{"name":"x","at":1,"series":{"ping":{"count":0,"ordered_ms":[]}}}',
        b'{"name":"x","at":1,"series":{"ping":{"count":1,"ordered_ms":[1,2]}}}',
        b'{"name":"x","at":1,"series":{"ping":{"count":1,"ordered_ms":[-1]}}}',
    ],
)
def test_what_is_no_baseline_is_refused_in_a_sentence(data: bytes) -> None:
    with pytest.raises(BaselineError, match=r"\.$"):
        from_json(data)


def test_an_empty_baseline_can_be_read() -> None:
    assert from_json(b'{"name":"x","at":1}') == Baseline(name="x", at=1.0)


def test_a_clear_difference_is_said_with_its_interval() -> None:
    chance = random.Random(2)
    before = [chance.gauss(100, 3) for _ in range(200)]
    slower = compare(before, samples_of([value + 12 for value in before]))
    assert slower.is_sure
    assert slower.delta_ms == pytest.approx(12.0)
    assert slower.low_ms is not None
    assert slower.high_ms is not None
    assert 10 < slower.low_ms < 12 < slower.high_ms < 14
    assert slower.words.startswith("slower by 12.0 ms (95 %: 1")
    faster = compare([value + 12 for value in before], before, 95)
    assert (faster.is_sure, faster.words.startswith("faster by 12.0 ms (95 %: ")) == (True, True)


def test_chance_is_not_called_a_difference() -> None:
    chance = random.Random(3)
    delta = compare([chance.gauss(100, 9) for _ in range(100)], [chance.gauss(100, 9) for _ in range(100)])
    assert not delta.is_sure
    assert delta.words.startswith("no difference that this many calls can show (95 %: -")


def test_few_calls_claim_nothing() -> None:
    delta = compare([10.0] * 5, [90.0] * 500)
    assert (delta.delta_ms, delta.low_ms, delta.high_ms, delta.is_sure) == (80.0, None, None, False)
    assert delta.words == "too few calls to tell: p50 needs 6 on each side, there are 5 and 500"
    assert "p95 needs 72 on each side" in compare([10.0] * 71, [90.0] * 500, 95).words
    assert compare([10.0] * 72, [90.0] * 72, 95).is_sure


def test_nothing_is_compared_with_nothing() -> None:
    assert compare([], [1.0]).words == "nothing to compare with"
    assert compare([1.0], Samples()).words == "no calls yet"
    assert compare([], []).delta_ms is None


@pytest.mark.parametrize("p", [50.0, 90.0, 95.0, 99.0])
def test_the_fewest_calls_are_the_first_that_have_an_interval(p: float) -> None:
    for count, has_one in ((fewest(p) - 1, False), (fewest(p), True)):
        low, high = _ranks(count, p / 100)
        assert (low >= 1 and high <= count) is has_one


@given(st.integers(100, 1_999), st.sampled_from([0.5, 0.95]))
def test_the_exact_ranks_agree_with_the_normal_approximation(count: int, share: float) -> None:
    low, high = _ranks(count, share)
    half = NormalDist().inv_cdf(0.975) * math.sqrt(count * share * (1 - share))
    assert abs(low - (count * share - half)) <= 2.5
    assert abs(high - (count * share + half)) <= 2.5


@pytest.mark.parametrize(("p", "count"), [(50.0, 15), (50.0, 80), (95.0, 90), (95.0, 250)])
def test_the_interval_holds_the_truth_as_often_as_it_says(p: float, count: int) -> None:
    """Lopsided times, as round trips are; 95 of 100 intervals must hold the true difference."""
    chance = random.Random(7)
    quantile = NormalDist().inv_cdf(p / 100)
    truth = math.exp(2.3 + 0.5 * quantile) - math.exp(2 + 0.5 * quantile)
    held = 0
    for _ in range(200):
        before = [chance.lognormvariate(2, 0.5) for _ in range(count)]
        delta = compare(before, [chance.lognormvariate(2.3, 0.5) for _ in range(count)], p)
        assert delta.low_ms is not None
        assert delta.high_ms is not None
        held += delta.low_ms <= truth <= delta.high_ms
    assert held >= 188
