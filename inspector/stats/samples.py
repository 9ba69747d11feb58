"""Durations with the time at which each was measured: exact figures of any window, in bounded memory."""

from __future__ import annotations

from array import array
from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import compress, islice, repeat
from math import fsum
from operator import mul, sub

from inspector.stats.histogram import Histogram
from inspector.stats.percentiles import NOTHING, Distribution, Ordered, Ranked, of_ordered

MAX_SAMPLES = 100_000
"""So many of the newest measurements of a series are kept one by one."""
MAX_POOLED = 2_000_000
_SPILL = 1_024
_FIRST_RESERVE = 16
_MAX_MS = 1e12
_BEFORE_ALL_NS = -(2**63)
_FEW = 64
"""So many new values are put in their places one by one rather than sorted in."""


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
        "_count",
        "_counts",
        "_dropped",
        "_extra",
        "_extras",
        "_last_ms",
        "_last_ns",
        "_limit",
        "_numbers",
        "_offset",
        "_older",
        "_ordered",
        "_ordered_end",
        "_pool",
        "_reserved",
        "_stamps",
        "_steps_ms",
        "_sum_ms",
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
        self._last_ns = _BEFORE_ALL_NS
        self._last_ms: float | None = None
        self._count = 0
        self._sum_ms = self._steps_ms = 0.0
        self._extra = 0  # by how much the counts exceed the places
        self._extras: dict[float, int] = {}  # the same by value
        self._offset = 0  # how many places were given up
        self._older: _Older | None = None
        self._ordered: list[float] = []
        self._ordered_end = 0
        self._dropped: list[float] = []  # what was given up of the values in order
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
        return self._last_ms

    def add(self, at_ns: int, value_ms: float, count: int = 1, n: int = 0) -> None:
        """Count `count` alike durations that were measured at `at_ns` and rest on event `n`.

        Times that run backwards, values that are negative or no number: a recording may hold anything.
        """
        if not 0 < value_ms < _MAX_MS:
            value_ms = _MAX_MS if value_ms > 0 else 0.0
        self._count += count
        self._sum_ms += value_ms * count
        last_ms = self._last_ms
        if at_ns <= self._last_ns:
            at_ns = self._last_ns
            if value_ms == last_ms and self._counts:
                self._counts[-1] += count
                self._add_extra(value_ms, count)
                return
        if last_ms is not None:
            self._steps_ms += abs(value_ms - last_ms)
        self._last_ns, self._last_ms = at_ns, value_ms
        if count > 1:
            self._add_extra(value_ms, count - 1)
        self._stamps.append(at_ns)
        self._values.append(value_ms)
        self._counts.append(count)
        self._numbers.append(n)
        if len(self._stamps) > self._reserved:
            self._make_room()

    def count(self, since_ns: int | None = None) -> int:
        """How many durations were measured since then."""
        if self._begins_in(since_ns):
            return self._count
        first = self._first(since_ns)
        return sum(islice(self._counts, first, None)) if self._extra else len(self._stamps) - first

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
        first, is_all = self._first(since_ns), self._begins_in(since_ns)
        is_exact = self._older is None or (since_ns is not None and since_ns > self._older.until_ns)
        key = (first, self._offset, self._count, is_all, is_exact)
        if key != self._cached_key:
            self._cached_key, self._cached = key, self._figures(first, is_all=is_all, is_exact=is_exact)
        return self._cached

    def ordered(self, since_ns: int | None = None) -> Ordered:
        """What was measured since then by size, until the next is added."""
        return self._by_size(self._first(since_ns), is_all=self._begins_in(since_ns))

    def slowest_n(self, since_ns: int | None = None) -> int | None:
        """The event that the longest duration since then rests on, the first of them if there are several."""
        first = self._first(since_ns)
        values = self._values[first:] if first else self._values
        longest = max(values, default=None)
        older = self._older if self._begins_in(since_ns) else None
        if older is not None and (longest is None or older.max_ms >= longest):
            return older.max_n
        return None if longest is None else self._numbers[first + values.index(longest)]

    def shrink(self) -> int:
        """Only count the older half from now on; how many places that gives back."""
        before = self._reserved
        self._spill(max(1, len(self._stamps) // 2))
        self._reserved = len(self._stamps)
        return before - self._reserved

    def _make_room(self) -> None:
        if len(self._stamps) >= self._limit + _SPILL:
            self._spill(len(self._stamps) - self._limit)
            return
        more = min(max(self._reserved, _FIRST_RESERVE), _SPILL, self._limit + _SPILL - 1 - self._reserved)
        self._reserved += more
        if self._pool is not None:
            self._pool.reserve(more)

    def _first(self, since_ns: int | None) -> int:
        return 0 if since_ns is None else bisect_left(self._stamps, since_ns)

    def _begins_in(self, since_ns: int | None) -> bool:
        """Whether all there ever was is in the window; of what is only counted nobody knows the times any more."""
        if since_ns is None:
            return True
        return since_ns <= self._older.since_ns if self._older is not None else not self._first(since_ns)

    def _figures(self, first: int, *, is_all: bool, is_exact: bool) -> Distribution:
        ordered = self._by_size(first, is_all=is_all)
        count = len(ordered)
        if not count:
            return NOTHING if is_exact else replace(NOTHING, is_exact=False)
        total_ms, steps_ms = (self._sum_ms, self._steps_ms) if is_all else self._sums(first)
        found = of_ordered(ordered, total_ms / count, steps_ms / (count - 1) if count > 1 else None, is_exact=is_exact)
        if not is_all or self._older is None:
            return found
        kept = self._all_by_size()
        ends = [end for end in (self._older.counted.min, self._older.counted.max) if end is not None]
        ends += [kept[0], kept[-1]] if kept else []
        return replace(found, min_ms=min(ends), max_ms=max(ends))

    def _sums(self, first: int) -> tuple[float, float]:
        values = self._values[first:]
        steps_ms = fsum(map(abs, map(sub, islice(values, 1, None), values)))
        return fsum(map(mul, values, self._counts[first:])) if self._extra else fsum(values), steps_ms

    def _by_size(self, first: int, *, is_all: bool) -> Ordered:
        weights = self._older.counted.counts() if is_all and self._older is not None else {}
        for value, more in self._extras_since(first):
            weights[value] = weights.get(value, 0) + more
        singles = self._all_by_size() if first == 0 else sorted(self._values[first:])
        return Ranked(singles, weights) if weights else singles

    def _extras_since(self, first: int) -> Iterable[tuple[float, int]]:
        """Which values stand there more than once in one place, and how often more."""
        if first == 0 or not self._extra:
            return self._extras.items()
        more = [count - 1 for count in self._counts[first:]]
        return zip(compress(self._values[first:], more), filter(None, more), strict=True)

    def _add_extra(self, value_ms: float, count: int) -> None:
        """More copies of a value are kept in their places, or fewer where `count` is negative."""
        self._extra += count
        left = self._extras.pop(value_ms, 0) + count
        if left:
            self._extras[value_ms] = left

    def _all_by_size(self) -> list[float]:
        """Sorted once; what came since then is sorted in and what went is cut out, as the rest is in order."""
        if self._dropped:
            self._ordered = _without(self._ordered, sorted(self._dropped))
            self._dropped = []
        newest = self._values[max(0, self._ordered_end - self._offset) :]
        self._ordered_end = self._offset + len(self._values)
        if len(newest) <= _FEW:
            for value in newest:
                insort(self._ordered, value)
        else:
            self._ordered.extend(newest)
            self._ordered.sort()
        return self._ordered

    def _spill(self, places: int) -> None:
        older = self._older
        if older is None:
            older = self._older = _Older(self._stamps[0])
        for at in range(places):
            older.add(self._stamps[at], self._values[at], self._counts[at], self._numbers[at])
            if self._counts[at] > 1:
                self._add_extra(self._values[at], 1 - self._counts[at])
        self._dropped.extend(self._values[: max(0, min(places, self._ordered_end - self._offset))])
        for column in (self._stamps, self._values, self._counts, self._numbers):
            del column[:places]
        self._offset += places


def _without(ordered: list[float], gone: Sequence[float]) -> list[float]:
    """Sorted values without some of them, which are sorted too."""
    kept: list[float] = []
    begin = 0
    for value in gone:
        at = bisect_left(ordered, value, begin)
        kept += ordered[begin:at]
        begin = at + 1
    return kept + ordered[begin:]


class _Older:
    """What a series only counts: its first measurements."""

    __slots__ = ("counted", "max_ms", "max_n", "since_ns", "until_ns")

    def __init__(self, since_ns: int) -> None:
        self.since_ns = self.until_ns = since_ns
        self.counted = Histogram()
        self.max_ms = -1.0
        self.max_n = 0

    def add(self, at_ns: int, value_ms: float, count: int, n: int) -> None:
        if value_ms > self.max_ms:
            self.max_ms, self.max_n = value_ms, n
        self.counted.add_many(value_ms, count)
        self.until_ns = at_ns
