"""Slots against a slow oracle that keeps everything."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hypothesis import given
from hypothesis import strategies as st

from inspector.stats.slots import MAX_READ, SLOT_NS, Firsts, Levels, SlotRun, Sums

S = 10**9
MINUTE = 60 * S
HOUR = 60 * MINUTE

pauses = st.one_of(
    st.integers(0, SLOT_NS // 2),
    st.integers(0, 20 * S),
    st.sampled_from([SLOT_NS, S, 9 * MINUTE, 11 * MINUTE, 7 * HOUR, 8 * 24 * HOUR]),
)
widths = st.sampled_from([1, SLOT_NS, 2 * SLOT_NS, 5 * SLOT_NS, S, 10 * S, MINUTE, HOUR])
told = st.lists(st.tuples(pauses, st.integers(1, 1_000)), min_size=1, max_size=30)
Timed = list[tuple[int, int]]


def timed(pauses_and_values: list[tuple[int, int]]) -> Timed:
    at_ns, result = 3 * S // 2, []
    for pause_ns, value in pauses_and_values:
        at_ns += pause_ns
        result.append((at_ns, value))
    return result


def slow(run: SlotRun, timed: Timed, merge: Callable[[Sequence[int]], int]) -> list[int]:
    starts = [run.start_ns + place * run.width_ns for place in range(len(run.values))]
    return [merge([value for at_ns, value in timed if start <= at_ns < start + run.width_ns]) for start in starts]


def slow_levels(run: SlotRun, timed: Timed) -> list[int]:
    """The level at the start of the slot, and all it was set to within."""
    highest = []
    for start in (run.start_ns + place * run.width_ns for place in range(len(run.values))):
        before = [value for at_ns, value in timed if at_ns < start]
        highest.append(max([*before[-1:], *(v for at, v in timed if start <= at < start + run.width_ns), 0]))
    return highest


def wide_enough(run: SlotRun, now_ns: int, start_ns: int, width_ns: int) -> bool:
    """The slots are no wider than what is kept of that time makes them."""
    age = now_ns - start_ns
    kept = SLOT_NS if age < 599 * S else S if age < 21_599 * S else MINUTE if age < 10_079 * MINUTE else HOUR
    return run.width_ns <= max(-(-width_ns // kept) * kept, -(-run.end_ns + start_ns) // MAX_READ + 2 * kept)


@given(told, widths, st.integers(0, 29), st.integers(0, 30 * MINUTE))
def test_sums_are_exact_as_long_as_they_are_kept(
    values: list[tuple[int, int]], width_ns: int, since: int, later_ns: int
) -> None:
    all_timed = timed(values)
    sums = Sums()
    for at_ns, value in all_timed:
        sums.add(at_ns, value)
    start_ns = all_timed[min(since, len(all_timed) - 1)][0]
    end_ns = all_timed[-1][0] + later_ns + 1
    run = sums.read(start_ns, end_ns, width_ns)
    assert run.values == slow(run, all_timed, sum)
    assert run.start_ns <= start_ns
    assert run.end_ns >= end_ns
    assert run.start_ns % run.width_ns == 0
    assert len(run.values) <= MAX_READ + 2
    assert wide_enough(run, end_ns, start_ns, width_ns)


@given(told, widths, st.integers(0, 29), st.integers(0, 30 * MINUTE))
def test_levels_hold_until_they_are_set_anew(
    values: list[tuple[int, int]], width_ns: int, since: int, later_ns: int
) -> None:
    all_timed = timed(values)
    levels = Levels()
    for at_ns, value in all_timed:
        levels.set(at_ns, value)
    start_ns = all_timed[min(since, len(all_timed) - 1)][0]
    run = levels.read(start_ns, all_timed[-1][0] + later_ns + 1, width_ns)
    assert run.values == slow_levels(run, all_timed)


@given(told, widths)
def test_firsts_are_the_numbers_of_the_first_events(values: list[tuple[int, int]], width_ns: int) -> None:
    numbered = [(at_ns, n) for n, (at_ns, _) in enumerate(timed(values))]
    firsts = Firsts()
    for at_ns, n in numbered:
        firsts.add(at_ns, n)
    run = firsts.read(numbered[0][0], numbered[-1][0] + 1, width_ns)
    assert run.values == slow(run, numbered, lambda inside: min(inside, default=-1) + 1)


def test_the_nearest_event_is_found_within_reach() -> None:
    firsts = Firsts()
    for n, at_ns in enumerate((0, 10 * S, 20 * S)):
        firsts.add(at_ns, n)
    assert firsts.nearest(10 * S + SLOT_NS, S) == 1
    assert firsts.nearest(16 * S, 5 * S) == 2
    assert firsts.nearest(15 * S, S) is None
    assert Firsts().nearest(0, S) is None


def test_stamps_out_of_order_are_counted_where_they_belong() -> None:
    sums = Sums()
    sums.add_events([5 * S, 5 * S, 2 * S, 5 * S])
    assert sums.read(0, 6 * S, S).values == [1, 0, 0, 3]


def test_what_is_older_than_the_finest_slots_is_kept_in_coarser_ones() -> None:
    sums = Sums()
    sums.add(0, 7)
    sums.add(S // 2, 1)
    sums.add(20 * MINUTE, 2)
    old = sums.read(0, S, SLOT_NS)
    assert (old.width_ns, old.values) == (S, [8])
    assert sums.read(20 * MINUTE, 20 * MINUTE + 1, SLOT_NS).width_ns == SLOT_NS


def test_a_level_out_of_order_counts_from_the_last_change_on() -> None:
    levels = Levels()
    levels.set(5 * S, 3)
    levels.set(4 * S, 1)
    assert levels.read(4 * S, 7 * S, S).values == [3, 1]


def test_nothing_is_read_where_nothing_was() -> None:
    assert Sums().read(0, S).values == []
    assert Levels().read(0, S).values == []
