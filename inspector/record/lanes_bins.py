"""What lies where on a time axis of pixels: flags by column, found without a look at every tick.

A dense lane keeps its flags in bins of 2**k ns, and coarser ones made from them when somebody asks. A column is a
whole number of bins, so its flags are the `or` of a few slices, done on whole rows of bytes at once.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import accumulate
from operator import or_

_SHIFT = 14
"""The finest bins are 16 µs long: closer ticks are few enough to be looked at one by one."""
_BINS_PER_TICK = 8
_MAX_BINS = 1 << 21
_LOOKED_AT = 4
"""So many ticks a column are looked at one by one; of more, the first of each column is searched."""


@dataclass(frozen=True, slots=True)
class Columns:
    """`count` equal spans of time from `start_ns` on, each `steps << shift` ns; the start is a multiple of 2**shift."""

    start_ns: int
    steps: int
    shift: int
    count: int

    @classmethod
    def over(cls, start_ns: int, end_ns: int, count: int) -> Columns:
        """The finest columns that cover the time from `start_ns` to before `end_ns`."""
        count = max(1, count)
        wanted = max(1, -(-(end_ns - start_ns) // count))
        while True:
            columns = cls.of(start_ns, wanted, count)
            if columns.end_ns >= end_ns:
                return columns
            wanted = columns.step_ns + 1

    @classmethod
    def of(cls, start_ns: int, column_ns: int, count: int) -> Columns:
        """Columns of `column_ns` or a little more that begin at or just before `start_ns`."""
        column_ns = max(1, column_ns)
        shift = max(0, column_ns.bit_length() - 4)
        steps = -(-column_ns // (1 << shift))
        while not steps & 1:
            steps, shift = steps >> 1, shift + 1
        return cls(start_ns >> shift << shift, steps, shift, max(1, count))

    @property
    def step_ns(self) -> int:
        """How long one column is."""
        return self.steps << self.shift

    @property
    def end_ns(self) -> int:
        """The end of the last column."""
        return self.start_ns + self.count * self.step_ns

    def column(self, at_ns: int) -> int:
        """The column of a time, which may lie before the first or behind the last."""
        return (at_ns - self.start_ns) // self.step_ns


def united(rows: Iterable[bytes | bytearray], length: int) -> bytes:
    """The `or` of rows of flags of one length."""
    return reduce(or_, (int.from_bytes(row, "little") for row in rows), 0).to_bytes(length, "little")


class _Level:
    """Bins of one length: `flags[i]` are those of the absolute bin `origin + i`."""

    __slots__ = ("flags", "origin", "solid")

    def __init__(self, origin: int, flags: bytearray) -> None:
        self.origin = origin
        self.flags = flags
        self.solid = 0
        """How many bins of the finer level are in here for good."""

    def take_in(self, finer: _Level) -> None:
        """Bring the bins up to date with those half as long; the last of them may still change."""
        first = (finer.origin + self.solid >> 1) - self.origin
        del self.flags[first:]
        rest = bytes(finer.flags[self.solid :])
        if finer.origin + self.solid & 1:
            rest = b"\0" + rest
        if len(rest) & 1:
            rest += b"\0"
        self.flags += united((rest[0::2], rest[1::2]), len(rest) // 2)
        last = finer.origin + max(0, len(finer.flags) - 1)
        self.solid = max(0, (last & ~1) - finer.origin)


class Ticks:
    """The ticks of one dense lane in ascending time: their rows, times and flags, and their bins."""

    __slots__ = ("_levels", "_levels_at", "bins", "flags", "origin", "rows", "shift", "times_ns")

    def __init__(self, rows: Sequence[int], times_ns: Sequence[int], flags: bytes) -> None:
        self.rows = array("I", rows)
        self.times_ns = array("q", times_ns)
        self.flags = bytearray(flags)
        self.shift = _SHIFT
        self.origin = self.times_ns[0] >> _SHIFT
        self.bins = bytearray(1)
        self._levels: list[_Level] = []
        self._levels_at = 0
        self._bin(times_ns, flags)

    def extend(self, rows: Sequence[int], times_ns: Sequence[int], flags: bytes) -> None:
        """Further ticks; a time before the one before it counts as that."""
        latest_ns = self.times_ns[-1]
        if times_ns[0] < latest_ns or times_ns != sorted(times_ns):
            times_ns = list(accumulate((latest_ns, *times_ns), max))[1:]
        self.rows.extend(rows)
        self.times_ns.extend(times_ns)
        self.flags += flags
        self._bin(times_ns, flags)

    def _bin(self, times_ns: Sequence[int], flags: bytes | bytearray) -> None:
        """Note flags in their bins; where those would become too many, they are made twice as long."""
        limit = min(_MAX_BINS, _BINS_PER_TICK * len(self.times_ns))
        while (last := (times_ns[-1] >> self.shift) - self.origin) >= limit:
            self._halve()
        bins, shift, origin = self.bins, self.shift, self.origin
        if last >= len(bins):
            bins.extend(bytes(last + 1 - len(bins)))
        for at_ns, flag in zip(times_ns, flags, strict=True):
            bins[(at_ns >> shift) - origin] |= flag

    def column_flags(self, columns: Columns) -> bytes:
        """The flags in each column."""
        first = bisect_left(self.times_ns, columns.start_ns)
        end = bisect_left(self.times_ns, columns.end_ns, first)
        if end - first <= columns.count:
            return self._looked_up(columns, first, end)
        if columns.shift >= self.shift:
            return self._binned(columns)
        return (self._looked_up if end - first <= _LOOKED_AT * columns.count else self._searched)(columns, first, end)

    def _looked_up(self, columns: Columns, first: int, end: int) -> bytes:
        found, start_ns, step_ns = bytearray(columns.count), columns.start_ns, columns.step_ns
        for at_ns, flag in zip(self.times_ns[first:end], self.flags[first:end], strict=True):
            found[(at_ns - start_ns) // step_ns] |= flag
        return bytes(found)

    def _searched(self, columns: Columns, first: int, end: int) -> bytes:
        found, times_ns = bytearray(columns.count), self.times_ns
        while first < end:
            column = columns.column(times_ns[first])
            behind = bisect_left(times_ns, columns.start_ns + (column + 1) * columns.step_ns, first, end)
            found[column] = reduce(or_, set(self.flags[first:behind]))
            first = behind
        return bytes(found)

    def _binned(self, columns: Columns) -> bytes:
        steps = columns.steps
        level = self._level(columns.shift - self.shift)
        begin = (columns.start_ns >> columns.shift) - level.origin
        length = columns.count * steps
        part = bytes(max(0, min(length, -begin))) + bytes(level.flags[max(0, begin) : max(0, begin + length)])
        part += bytes(length - len(part))
        return part if steps == 1 else united((part[step::steps] for step in range(steps)), columns.count)

    def _level(self, number: int) -> _Level:
        """Bins 2**number times as long as the finest, up to date."""
        base = _Level(self.origin, self.bins)
        if self._levels_at != len(self.times_ns):
            self._levels_at = len(self.times_ns)
            finer = base
            for level in self._levels:
                level.take_in(finer)
                finer = level
        while len(self._levels) < number:
            finer = self._levels[-1] if self._levels else base
            coarser = _Level(finer.origin >> 1, bytearray())
            coarser.take_in(finer)
            self._levels.append(coarser)
        return self._levels[number - 1] if number else base

    def _halve(self) -> None:
        coarser = self._level(1)
        self._levels.pop(0)
        self.bins, self.origin, self.shift = coarser.flags, coarser.origin, self.shift + 1
        self._levels_at = -1  # the ticks that made this necessary have no bins yet
