"""Percentiles of an endless series in bounded memory."""

from __future__ import annotations

import math
from bisect import bisect_left
from itertools import accumulate

RELATIVE_ERROR = 0.01
"""A percentile is off by at most this share of the value, for values from 1 ns to 11 days."""

_SMALLEST_MS = 1e-6
_LARGEST_MS = 1e9
_RATIO = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
_BUCKETS_PER_E = 1 / math.log(_RATIO)
_ZERO_BUCKET = math.floor(math.log(_SMALLEST_MS) * _BUCKETS_PER_E) - 1


class Histogram:
    """Durations in milliseconds, counted in buckets whose widths grow with the value.

    `count`, `last`, `min`, `max` and `mean` are exact. A percentile lies within `RELATIVE_ERROR` of the value of that
    rank; below 1 ns it is off by at most 1 ns, above 11 days it may be the maximum. There are never more than some
    1,700 buckets.
    """

    __slots__ = ("_buckets", "_sum_ms", "count", "last", "max", "min")

    def __init__(self) -> None:
        self._buckets: dict[int, int] = {}
        self._sum_ms = 0.0
        self.count = 0
        self.last: float | None = None
        self.min: float | None = None
        self.max: float | None = None

    def add(self, value_ms: float) -> None:
        """Count one duration; what is negative or no number counts as zero (a recording may hold anything)."""
        self.add_many(value_ms, 1)

    def add_many(self, value_ms: float, count: int) -> None:
        """Count so many durations of one value at once."""
        if value_ms > _SMALLEST_MS:
            bucket = math.ceil(math.log(min(value_ms, _LARGEST_MS)) * _BUCKETS_PER_E)
        else:
            bucket = _ZERO_BUCKET
            value_ms = max(0.0, value_ms)
        self._buckets[bucket] = self._buckets.get(bucket, 0) + count
        self._sum_ms += value_ms * count
        self.count += count
        self.last = value_ms
        if self.min is None or value_ms < self.min:
            self.min = value_ms
        if self.max is None or value_ms > self.max:
            self.max = value_ms

    def counts(self) -> dict[float, int]:
        """How many durations were counted as which value."""
        counts: dict[float, int] = {}
        for bucket, count in self._buckets.items():
            value_ms = min(max(_middle_ms(bucket), self.min or 0.0), self.max or 0.0)
            counts[value_ms] = counts.get(value_ms, 0) + count
        return counts

    def add_zeros(self, count: int) -> None:
        """Count so many durations of zero at once."""
        if count > 0:
            self.add_many(0.0, count)

    @property
    def mean(self) -> float | None:
        """The exact mean, None while nothing was counted."""
        return self._sum_ms / self.count if self.count else None

    def percentile(self, p: float) -> float | None:
        """The value at rank ceil(p / 100 * count) of the sorted series, None while nothing was counted."""
        return self.percentiles(p)[0]

    def percentiles(self, *ps: float) -> tuple[float | None, ...]:
        """Like `percentile` for several at once, which costs little more than one."""
        if self.min is None or self.max is None:
            return (None,) * len(ps)
        buckets = sorted(self._buckets)
        totals = list(accumulate(map(self._buckets.__getitem__, buckets)))
        ranks = (min(max(1, math.ceil(p * self.count / 100)), self.count) for p in ps)
        middles = (_middle_ms(buckets[bisect_left(totals, rank)]) for rank in ranks)
        return tuple(min(max(middle, self.min), self.max) for middle in middles)

    def merge(self, other: Histogram) -> None:
        """Count in all that `other` counted; `last` becomes the other's if it has one."""
        if other.min is None or other.max is None:
            return
        for bucket, count in other._buckets.items():
            self._buckets[bucket] = self._buckets.get(bucket, 0) + count
        self._sum_ms += other._sum_ms
        self.count += other.count
        self.last = other.last
        self.min = other.min if self.min is None else min(self.min, other.min)
        self.max = other.max if self.max is None else max(self.max, other.max)


def _middle_ms(bucket: int) -> float:
    """The value whose relative distance to both ends of the bucket is the same."""
    if bucket == _ZERO_BUCKET:
        return 0.0
    return float(2 * _RATIO**bucket / (_RATIO + 1))
