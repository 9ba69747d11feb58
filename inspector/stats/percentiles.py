"""Percentiles of values that are all there, as numpy gives them by default, and the figures made of them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import floor, fsum
from typing import Protocol


class Ordered(Protocol):
    """Sorted values: as much of a sequence as a percentile needs."""

    def __len__(self) -> int: ...

    def __getitem__(self, rank: int, /) -> float: ...


@dataclass(frozen=True, slots=True)
class Distribution:
    """What a series of durations was like; a figure without a sample is None.

    `jitter_ms` is the mean distance between a value and the one before it. Percentiles are those of numpy where
    `is_exact`; else old values were only counted, and a percentile may be off by 1 % of its value.
    """

    count: int = 0
    mean_ms: float | None = None
    min_ms: float | None = None
    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None
    max_ms: float | None = None
    jitter_ms: float | None = None
    is_exact: bool = True


NOTHING = Distribution()


def percentile(ordered: Ordered, p: float) -> float:
    """The `p`-th percentile of sorted values by linear interpolation, to the last bit what `numpy.percentile` says."""
    place = (len(ordered) - 1) * (p / 100)
    if place >= len(ordered) - 1:
        return ordered[-1]
    below = max(0, floor(place))
    low, high, part = ordered[below], ordered[below + 1], place - below
    return high - (high - low) * (1 - part) if part >= 0.5 else low + (high - low) * part


def summary(values: Iterable[float]) -> Distribution:
    """The figures of values in the order in which they came."""
    given = list(values)
    if not given:
        return NOTHING
    return of_ordered(sorted(given), fsum(given) / len(given), jitter(given))


def of_ordered(ordered: Ordered, mean_ms: float, jitter_ms: float | None, *, is_exact: bool = True) -> Distribution:
    """The figures of sorted values, at least one, of which mean and jitter are known."""
    return Distribution(
        count=len(ordered),
        mean_ms=mean_ms,
        min_ms=ordered[0],
        p50_ms=percentile(ordered, 50),
        p95_ms=percentile(ordered, 95),
        p99_ms=percentile(ordered, 99),
        max_ms=ordered[-1],
        jitter_ms=jitter_ms,
        is_exact=is_exact,
    )


def jitter(values: Sequence[float]) -> float | None:
    """The mean distance between neighbours, None where there are no two values."""
    if len(values) < 2:
        return None
    return fsum(abs(after - before) for before, after in pairwise(values)) / (len(values) - 1)


class Ranked:
    """Sorted values, some of which stand for many: as long as if all were there one by one.

    `singles` are sorted already; `weights` say of further values how often they stand there.
    """

    def __init__(self, singles: Sequence[float], weights: Mapping[float, int]) -> None:
        self._singles = singles
        self._values = sorted(weights)
        self._starts: list[int] = []
        self._weights = weights
        self._totals: list[int] = []
        total = 0
        for value in self._values:
            self._starts.append(total + bisect_left(singles, value))
            total += weights[value]
            self._totals.append(total)
        self._length = total + len(singles)

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, rank: int, /) -> float:
        if rank < 0:
            rank += self._length
        if not 0 <= rank < self._length:
            raise IndexError(rank)
        at = bisect_right(self._starts, rank) - 1
        if at < 0:
            return self._singles[rank]
        value = self._values[at]
        if rank < self._starts[at] + self._weights[value]:
            return value
        return self._singles[rank - self._totals[at]]
