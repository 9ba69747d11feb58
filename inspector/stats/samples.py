"""Durations with the time at which each was measured: exact figures of any window, in bounded memory."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from dataclasses import replace
from itertools import islice, repeat
from math import fsum

from inspector.stats.histogram import Histogram
from inspector.stats.percentiles import NOTHING, Distribution, Ordered, Ranked, jitter, of_ordered

MAX_SAMPLES = 100_000
"""So many of the newest measurements of a series are kept one by one."""
MAX_POOLED = 1_000_000
_SPILL = 1_024
_FIRST_RESERVE = 16
_MAX_MS = 1e12


class Pool:
    """What many series may keep together; if it gets too much, the longest one only counts its older half."""

    def __init__(self, limit: int = MAX_POOLED) -> None:
        self._limit = limit
        self._members: list[Samples] = []
        self._used = 0

    def join(self, samples: Samples) -> None:
        """From now on the series keeps what it keeps out of this pool."""
        self._members.append(samples)

    def reserve(self, places: int) -> None:
        """Another `places` measurements are about to be kept."""
        self._used += places
        if self._used > self._limit:
            longest = max(self._members, key=len)
            self._used -= longest.shrink()


class Samples:
    """A series of durations in the order of time.

    The newest `limit` are kept one by one, older ones are only counted (`Histogram`). Alike durations of one moment
    take one place, however many they are: a flood brings events together, with gaps of zero between them.
    """

    __slots__ = (
        "_cached",
        "_cached_key",
        "_counts",
        "_extra",
        "_limit",
        "_numbers",
        "_offset",
        "_older",
        "_ordered",
        "_ordered_end",
        "_ordered_offset",
        "_pool",
        "_reserved",
        "_stamps",
        "_values",
    )

    def __init__(self, limit: int = MAX_SAMPLES, pool: Pool | None = None) -> None:
        self._limit = limit
        self._pool = pool
        self._reserved = 0
        self._stamps = array("q")
        self._values = array("d")
        self._counts = array("q")
        self._numbers = array("q")
        self._extra = 0  # by how much the counts exceed the places
        self._offset = 0  # how many places were given up
        self._older: _Older | None = None
        self._ordered: list[float] = []
        self._ordered_offset = self._ordered_end = 0
        self._cached_key: tuple[object, ...] = ()
        self._cached = NOTHING
        if pool is not None:
            pool.join(self)

    def __len__(self) -> int:
        """How many places are taken, each by one or more alike durations."""
        return len(self._stamps)

    @property
    def last_ms(self) -> float | None:
        """The newest value."""
        if self._values:
            return self._values[-1]
        return None if self._older is None else self._older.last_ms

    def add(self, at_ns: int, value_ms: float, count: int = 1, n: int = 0) -> None:
        """Count `count` alike durations that were measured at `at_ns` and rest on event `n`.

        Times that run backwards, values that are negative or no number: a recording may hold anything.
        """
        if not 0 < value_ms < _MAX_MS:
            value_ms = _MAX_MS if value_ms > 0 else 0.0
        stamps = self._stamps
        if stamps and at_ns <= stamps[-1]:
            at_ns = stamps[-1]
            if value_ms == self._values[-1]:
                self._counts[-1] += count
                self._extra += count
                return
        stamps.append(at_ns)
        self._values.append(value_ms)
        self._counts.append(count)
        self._numbers.append(n)
        self._extra += count - 1
        if len(stamps) >= self._limit + _SPILL:
            self._spill(len(stamps) - self._limit)
        if len(stamps) > self._reserved and self._pool is not None:
            more = min(max(self._reserved, _FIRST_RESERVE), _SPILL)
            self._reserved += more
            self._pool.reserve(more)

    def count(self, since_ns: int | None = None) -> int:
        """How many durations were measured since then."""
        first = self._first(since_ns)
        if first == 0 or not self._extra:
            kept = len(self._stamps) - first + self._extra
        else:
            kept = sum(islice(self._counts, first, None))
        return kept + (self._older.counted.count if self._older and self._older.begins_in(since_ns) else 0)

    def values(self, since_ns: int | None = None) -> list[float]:
        """The values that are kept one by one, in order, at most the newest `limit` of them."""
        first = self._first(since_ns)
        if not self._extra:
            return self._values[first:].tolist()[-self._limit :]
        newest: list[float] = []
        for at in range(len(self._values) - 1, first - 1, -1):
            newest.extend(repeat(self._values[at], min(self._counts[at], self._limit - len(newest))))
        return newest[::-1]

    def distribution(self, since_ns: int | None = None) -> Distribution:
        """The figures of all that was measured since then."""
        first = self._first(since_ns)
        older = self._older if self._older and self._older.begins_in(since_ns) else None
        is_exact = self._older is None or (since_ns is not None and since_ns > self._older.until_ns)
        key = (first, self._offset, len(self._stamps), self._extra, older is not None, is_exact)
        if key != self._cached_key:
            self._cached_key, self._cached = key, self._figures(first, older, is_exact=is_exact)
        return self._cached

    def ordered(self, since_ns: int | None = None) -> Ordered:
        """What was measured since then by size."""
        older = self._older if self._older and self._older.begins_in(since_ns) else None
        return self._by_size(self._first(since_ns), older)

    def slowest_n(self, since_ns: int | None = None) -> int | None:
        """The event that the longest duration since then rests on, the first of them if there are several."""
        first = self._first(since_ns)
        values = self._values[first:] if first else self._values
        older = self._older if self._older and self._older.begins_in(since_ns) else None
        longest = max(values, default=None)
        if older is not None and (longest is None or older.max_ms >= longest):
            return older.max_n
        return None if longest is None else self._numbers[first + values.index(longest)]

    def shrink(self) -> int:
        """Only count the older half from now on; how many places that gives back."""
        before = self._reserved
        self._spill(max(1, len(self._stamps) // 2))
        self._reserved = len(self._stamps)
        return before - self._reserved

    def _first(self, since_ns: int | None) -> int:
        return 0 if since_ns is None else bisect_left(self._stamps, since_ns)

    def _figures(self, first: int, older: _Older | None, *, is_exact: bool) -> Distribution:
        ordered = self._by_size(first, older)
        if not len(ordered):
            return NOTHING if is_exact else Distribution(is_exact=False)
        values, counts = self._values[first:], self._counts[first:]
        total_ms = fsum(map(float.__mul__, values, map(float, counts))) if self._extra else fsum(values)
        steps_ms = (jitter(values) or 0.0) * (len(values) - 1)
        if older is not None:
            total_ms += older.total_ms
            steps_ms += older.steps_ms + (abs(values[0] - older.last_ms) if values else 0.0)
        spread_ms = steps_ms / (len(ordered) - 1) if len(ordered) > 1 else None
        found = of_ordered(ordered, total_ms / len(ordered), spread_ms, is_exact=is_exact)
        if older is None:
            return found
        ends = [end for end in (older.counted.min, older.counted.max) if end is not None]
        return replace(found, min_ms=min((*ends, *values)), max_ms=max((*ends, *values)))

    def _by_size(self, first: int, older: _Older | None) -> Ordered:
        if not self._extra and older is None:
            return self._all_by_size() if first == 0 else sorted(self._values[first:])
        weights = older.counted.counts() if older is not None else {}
        if not self._extra:
            return Ranked(self._all_by_size(), weights)
        singles = []
        for value, count in zip(self._values[first:], self._counts[first:], strict=True):
            if count == 1:
                singles.append(value)
            else:
                weights[value] = weights.get(value, 0) + count
        return Ranked(sorted(singles), weights)

    def _all_by_size(self) -> list[float]:
        """Sorted once; what came since then is sorted in, which is quick as the rest is in order."""
        end = self._offset + len(self._values)
        if self._ordered_offset != self._offset:
            self._ordered, self._ordered_offset, self._ordered_end = [], self._offset, self._offset
        if self._ordered_end != end:
            # a new list: somebody may still look at the old one
            self._ordered = sorted(self._ordered + self._values[self._ordered_end - self._offset :].tolist())
            self._ordered_end = end
        return self._ordered

    def _spill(self, places: int) -> None:
        older = self._older
        if older is None:
            older = self._older = _Older(self._stamps[0])
        for at in range(places):
            older.add(self._stamps[at], self._values[at], self._counts[at], self._numbers[at])
            self._extra -= self._counts[at] - 1
        for column in (self._stamps, self._values, self._counts, self._numbers):
            del column[:places]
        self._offset += places


class _Older:
    """What a series only counts: its first measurements."""

    __slots__ = ("_since_ns", "counted", "last_ms", "max_ms", "max_n", "steps_ms", "total_ms", "until_ns")

    def __init__(self, since_ns: int) -> None:
        self._since_ns = since_ns
        self.until_ns = since_ns
        self.counted = Histogram()
        self.total_ms = self.steps_ms = 0.0
        self.last_ms = self.max_ms = -1.0
        self.max_n = 0

    def begins_in(self, since_ns: int | None) -> bool:
        """Whether all of it belongs to the window; when each was measured is not known any more."""
        return since_ns is None or since_ns <= self._since_ns

    def add(self, at_ns: int, value_ms: float, count: int, n: int) -> None:
        if value_ms > self.max_ms:
            self.max_ms, self.max_n = value_ms, n
        if self.counted.count:
            self.steps_ms += abs(value_ms - self.last_ms)
        self.counted.add_many(value_ms, count)
        self.total_ms += value_ms * count
        self.last_ms, self.until_ns = value_ms, at_ns
