"""The flags of each column are those that a look at every tick gives, at every zoom and however the ticks came."""

from __future__ import annotations

from itertools import accumulate
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.record import lanes_bins
from inspector.record.lanes_bins import Columns, Ticks

gaps_ns = st.one_of(
    st.integers(0, 40),
    st.integers(0, 200_000),
    st.integers(0, 10**10),
    st.just(10**14),
    st.integers(-(10**6), 0),
)
ticks = st.lists(st.tuples(gaps_ns, st.sampled_from([0, 4, 8, 16, 36, 128])), min_size=1, max_size=300)
starts_ns = st.integers(-(10**12), 10**12)


def brute(columns: Columns, times_ns: list[int], flags: bytes) -> bytes:
    found = [0] * columns.count
    for at_ns, flag in zip(times_ns, flags, strict=True):
        for number in range(columns.count):
            begin = columns.start_ns + number * columns.step_ns
            if begin <= at_ns < begin + columns.step_ns:
                found[number] |= flag
    return bytes(found)


@given(starts_ns, st.integers(1, 10**15), st.integers(1, 4_000))
def test_columns_cover_what_they_are_to_and_little_more(start_ns: int, span_ns: int, count: int) -> None:
    columns = Columns.over(start_ns, start_ns + span_ns, count)
    assert columns.start_ns <= start_ns
    assert columns.end_ns >= start_ns + span_ns
    assert columns.count == count
    assert columns.steps in (1, 3, 5, 7, 9, 11, 13, 15)
    assert columns.start_ns % (1 << columns.shift) == 0
    least = -(-span_ns // count)
    assert columns.step_ns <= 1.6 * least + 1
    assert columns.column(columns.start_ns) == 0
    assert columns.column(columns.end_ns) == count


@given(starts_ns, ticks, st.lists(st.integers(0, 300), max_size=4).map(sorted), st.data())
def test_bins_are_what_a_look_at_each_tick_gives(
    start_ns: int, told: list[tuple[int, int]], cuts: list[int], data: st.DataObject
) -> None:
    raw_ns = list(accumulate((gap for gap, _ in told), initial=start_ns))[1:]
    times_ns, flags = list(accumulate(raw_ns, max)), bytes(flag for _, flag in told)
    folded = Ticks([0], raw_ns[:1], flags[:1])
    spans = []
    place = 1
    for cut in [*(min(cut, len(told)) for cut in cuts), len(told)]:
        if cut > place:
            folded.extend(range(place, cut), raw_ns[place:cut], flags[place:cut])
            place = cut
        begin = data.draw(st.integers(times_ns[0] - 1000, times_ns[-1] + 1000))
        spans.append((begin, data.draw(st.sampled_from([1, 50, 10**5, 10**8, 10**11, 10**15])), place))
        columns = Columns.over(begin, begin + spans[-1][1], 40)
        assert folded.column_flags(columns) == brute(columns, times_ns[:place], flags[:place])
    whole = Columns.over(times_ns[0], times_ns[-1] + 1, 40)
    assert folded.column_flags(whole) == brute(whole, times_ns, flags)
    assert list(folded.rows) == list(range(len(told)))
    assert list(folded.times_ns) == times_ns


def test_every_way_of_finding_flags_is_taken_and_agrees(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many ticks in few columns: coarse spans are binned, fine ones searched, finer ones looked up."""
    times_ns = list(range(0, 40_000_000, 1_000)) + [10**9 + step for step in range(1_000)]
    flags = bytes(4 if at_ns % 7_000 else 64 for at_ns in times_ns)
    folded = Ticks(range(len(times_ns)), times_ns, flags)
    taken = set()

    def watch(way: str) -> None:
        was = getattr(Ticks, way)

        def noted(*args: Any) -> Any:
            taken.add(way)
            return was(*args)

        monkeypatch.setattr(Ticks, way, noted)

    for way in ("_binned", "_searched", "_looked_up"):
        watch(way)
    for span_ns in (2 * 10**9, 40_000_000, 1_000_000, 300_000, 30_000, 50):
        columns = Columns.over(5_000, 5_000 + span_ns, 30)
        assert folded.column_flags(columns) == brute(columns, times_ns, flags)
    assert taken == {"_binned", "_searched", "_looked_up"}


def test_coarser_bins_keep_up_while_the_finest_are_made_longer() -> None:
    folded = Ticks([0], [0], b"\x10")
    shift = folded.shift
    for row in range(1, 2_000):
        at_ns = row * row * 50_000
        folded.extend([row], [at_ns], b"\x04" if row % 3 else b"\x40")
        columns = Columns.over(0, at_ns + 1, 20)
        flags = folded.column_flags(columns)
        if folded.shift != shift or row % 97 == 0:
            shift = folded.shift
            assert flags == brute(columns, list(folded.times_ns), bytes(folded.flags))
    assert shift > 18


def test_bins_stay_within_their_bounds_over_a_silence_of_months() -> None:
    folded = Ticks([0], [0], b"\x04")
    for row in range(1, 500):
        folded.extend([row], [row * 86_400 * 10**9], b"\x04")
    assert len(folded.bins) <= 8 * 500
    columns = Columns.over(0, 500 * 86_400 * 10**9, 500)
    assert folded.column_flags(columns) == brute(columns, list(folded.times_ns), bytes(folded.flags))
    assert lanes_bins._MAX_BINS == 1 << 21
