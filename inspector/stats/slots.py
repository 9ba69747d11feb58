"""Figures over time in slots: the newest in tenths of a second, what is older in coarser ones, in bounded memory."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

SLOT_NS = 100_000_000
"""The finest slot."""
_SECOND = 10**9
_TIERS = ((SLOT_NS, 6_000), (_SECOND, 21_600), (60 * _SECOND, 10_080), (3_600 * _SECOND, 8_784))
"""Widths and how many are kept: tenths for ten minutes, seconds for six hours, minutes for a week, hours for a year."""
MAX_READ = 4_096
"""So many slots are read at once at most; of a longer time they become wider."""


@dataclass(frozen=True, slots=True)
class SlotRun:
    """One figure per slot of `width_ns`, the first beginning at `start_ns`, a multiple of the width."""

    start_ns: int
    width_ns: int
    values: list[int]

    @property
    def end_ns(self) -> int:
        return self.start_ns + len(self.values) * self.width_ns


class _Ring:
    """The newest slots of one width; a slot that nothing reached holds what `reach` was told to fill in."""

    __slots__ = ("_values", "newest", "width_ns")

    def __init__(self, width_ns: int, count: int) -> None:
        self.width_ns = width_ns
        self.newest: int | None = None
        self._values = array("q", bytes(8 * count))

    @property
    def oldest(self) -> int:
        """The oldest slot that is kept."""
        return 0 if self.newest is None else self.newest - len(self._values) + 1

    def reach(self, at_ns: int, fill: int) -> int | None:
        """The place of the slot of a time, None if it is forgotten; new slots up to it get `fill`."""
        slot, count = at_ns // self.width_ns, len(self._values)
        if self.newest is None:
            self.newest = slot
        if slot > self.newest:
            self._fill(max(self.newest + 1, slot - count + 1), slot + 1, fill)
            self.newest = slot
        return slot % count if slot >= self.oldest else None

    def value(self, place: int) -> int:
        return self._values[place]

    def put(self, place: int, value: int) -> None:
        self._values[place] = value

    def part(self, start: int, end: int, later: int) -> array[int]:
        """The slots from `start` to before `end`: 0 where they are forgotten, `later` behind the newest."""
        if self.newest is None:
            return array("q", [later]) * (end - start)
        low, high = max(start, self.oldest), min(end, self.newest + 1)
        if low >= high:
            return array("q", [later if start > self.newest else 0]) * (end - start)
        count = len(self._values)
        first, behind = low % count, (low % count) + high - low
        kept = self._values[first : min(behind, count)] + self._values[: max(0, behind - count)]
        return array("q", bytes(8 * (low - start))) + kept + array("q", [later]) * (end - high)

    def _fill(self, start: int, end: int, fill: int) -> None:
        count = len(self._values)
        first, behind = start % count, (start % count) + end - start
        for low, high in ((first, min(behind, count)), (0, behind - count)):
            if high > low:
                self._values[low:high] = array("q", [fill]) * (high - low)


class _Slots:
    """One figure per slot in all widths; `_merge` makes one of several: of parts of a slot, of slots of a wider one."""

    def __init__(self) -> None:
        self._rings = [_Ring(width_ns, count) for width_ns, count in _TIERS]
        self.first_ns: int | None = None

    def read(self, start_ns: int, end_ns: int, width_ns: int = SLOT_NS) -> SlotRun:
        """The slots that touch a time, as narrow as `width_ns`, or the least multiple of what is kept of that time.

        It begins no earlier than what was counted first, and is empty where there is nothing.
        """
        if self.first_ns is None or end_ns <= start_ns:
            return SlotRun(start_ns, width_ns, [])
        start_ns = max(start_ns, self.first_ns)
        width_ns = max(width_ns, (end_ns - start_ns) // MAX_READ)
        kept = next((ring for ring in self._rings if start_ns // ring.width_ns >= ring.oldest), self._rings[-1])
        width_ns = max(1, -(-width_ns // kept.width_ns)) * kept.width_ns
        ring = [ring for ring in self._rings if not width_ns % ring.width_ns][-1]
        first, last = start_ns // width_ns, -(-end_ns // width_ns)
        each = width_ns // ring.width_ns
        part = ring.part(first * each, max(first, last) * each, self._now)
        values = list(part) if each == 1 else [self._merge(part[at : at + each]) for at in range(0, len(part), each)]
        return SlotRun(first * width_ns, width_ns, values)

    @property
    def _now(self) -> int:
        """What holds behind the newest slot."""
        return 0

    def _take(self, at_ns: int, amount: int, fill: int = 0) -> None:
        self.first_ns = at_ns if self.first_ns is None else min(self.first_ns, at_ns)
        for ring in self._rings:
            place = ring.reach(at_ns, fill)
            if place is not None:
                ring.put(place, self._merge((ring.value(place), amount)))

    def _merge(self, values: Sequence[int]) -> int:
        raise NotImplementedError


class Sums(_Slots):
    """How much came in each slot."""

    def __init__(self) -> None:
        super().__init__()
        self._slot, self._waiting = 0, 0

    def add(self, at_ns: int, amount: int) -> None:
        """Count an amount at a time."""
        slot = at_ns // SLOT_NS
        if slot != self._slot:
            self._settle()
            self._slot = slot
        self._waiting += amount

    def add_events(self, stamps_ns: list[int]) -> None:
        """Count one for each stamp."""
        if min(stamps_ns) // SLOT_NS == max(stamps_ns) // SLOT_NS:
            self.add(stamps_ns[0], len(stamps_ns))
            return
        for stamp_ns in stamps_ns:
            self.add(stamp_ns, 1)

    def read(self, start_ns: int, end_ns: int, width_ns: int = SLOT_NS) -> SlotRun:
        self._settle()
        return super().read(start_ns, end_ns, width_ns)

    def _settle(self) -> None:
        """What waits in the latest slot is taken into all widths at once, not one by one."""
        if self._waiting:
            self._take(self._slot * SLOT_NS, self._waiting)
            self._waiting = 0

    def _merge(self, values: Sequence[int]) -> int:
        return sum(values)


class Levels(_Slots):
    """The highest that a level was in each slot; between its changes it stays as it is."""

    def __init__(self) -> None:
        super().__init__()
        self.level = 0
        self._latest_ns: int | None = None

    def set(self, at_ns: int, level: int) -> None:
        """From this time on the level is another; a time before that of the last change is taken for that."""
        at_ns = self._latest_ns = at_ns if self._latest_ns is None else max(at_ns, self._latest_ns)
        self._take(at_ns, max(level, self.level), self.level)
        self.level = level

    @property
    def _now(self) -> int:
        return self.level

    def _merge(self, values: Sequence[int]) -> int:
        return max(values)


class Firsts(_Slots):
    """The number of the first event of each slot, plus one; 0 where there was none."""

    def __init__(self) -> None:
        super().__init__()
        self._slot: int | None = None

    def add(self, at_ns: int, n: int) -> None:
        """An event; of a slot only the first matters as long as it is the latest slot."""
        slot = at_ns // SLOT_NS
        if slot != self._slot:
            self._slot = slot
            self._take(at_ns, n + 1)

    def nearest(self, at_ns: int, reach_ns: int) -> int | None:
        """The number of an event at a time or close to it, None if there was none within `reach_ns`."""
        run = self.read(at_ns - reach_ns, at_ns + reach_ns + 1, SLOT_NS)
        middle = (at_ns - run.start_ns) // run.width_ns
        places = sorted((abs(place - middle), place) for place, value in enumerate(run.values) if value)
        return run.values[places[0][1]] - 1 if places else None

    def _merge(self, values: Sequence[int]) -> int:
        return min(filter(None, values), default=0)
