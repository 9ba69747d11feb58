from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from inspector.ui.charts.scales import (
    Unit,
    byte_rate_unit,
    duration_unit,
    linear,
    log_durations,
    short_duration,
    slot_ns,
    time_ticks,
)
from inspector.ui.charts.span import SECOND_NS, Sight

amounts = st.floats(1e-3, 1e9)
rooms = st.integers(40, 1_000)


@given(amounts, rooms, st.sampled_from([1.0, 1e-3, 1e3]))
def test_a_linear_scale_has_room_for_the_value_and_for_its_labels(top: float, room: int, factor: float) -> None:
    scale = linear(top, Unit("x", factor), room)
    assert scale.low == 0
    assert top <= scale.high <= 3 * top
    values = [value for value, _ in scale.ticks]
    assert values[0] == 0
    assert values[-1] <= scale.high * 1.000001
    assert len(values) <= max(2, room // 30 + 2)
    assert len({text for _, text in scale.ticks}) == len(values)


def test_a_linear_scale_says_what_is_round() -> None:
    scale = linear(1_830, duration_unit(1_830), 120)
    assert (scale.high, scale.unit.name) == (2_000, "ms")
    assert [text for _, text in scale.ticks] == ["0", "500", "1,000", "1,500", "2,000"]
    scale = linear(0.0, Unit(""), 120, least=3)
    assert [text for _, text in scale.ticks] == ["0", "1", "2", "3", "4"]
    scale = linear(40_000, duration_unit(40_000), 100)
    assert (scale.unit.name, [text for _, text in scale.ticks]) == ("s", ["0", "20", "40"])
    assert scale.ticks[1][0] == 20_000


@given(st.floats(1e-3, 1e7), st.floats(1, 1e6), rooms)
def test_a_logarithmic_scale_is_made_of_whole_decades(low: float, factor: float, room: int) -> None:
    scale = log_durations(low, low * factor, room)
    assert scale.is_log
    assert scale.low <= math.log10(low) + 1e-6
    assert scale.high >= math.log10(low * factor) - 1e-6
    assert scale.high - scale.low >= 1
    assert (scale.low, scale.high) == (round(scale.low), round(scale.high))
    assert len(scale.ticks) <= max(4, 3 * room // 30 + 4)


def test_a_logarithmic_scale_names_each_tick_in_its_unit() -> None:
    assert [text for _, text in log_durations(0.5, 300, 120).ticks] == ["100 µs", "1 ms", "10 ms", "100 ms", "1 s"]
    few = log_durations(10, 90, 200)
    assert [text for _, text in few.ticks] == ["10 ms", "20 ms", "50 ms", "100 ms"]
    assert few.ticks[1][0] == math.log10(20)


def test_round_durations_are_short() -> None:
    told = [short_duration(ms) for ms in (1e-6, 0.02, 1, 500, 2_000, 60_000, 1e6, 1e9)]
    assert told == ["1 ns", "20 µs", "1 ms", "500 ms", "2 s", "60 s", "1,000 s", "1,000,000 s"]


def test_units_fit_the_height() -> None:
    assert [duration_unit(ms).name for ms in (0.5, 5, 1_999, 2_000, 6e5)] == ["µs", "ms", "ms", "s", "min"]
    assert [byte_rate_unit(rate).name for rate in (0, 999, 1e3, 1e6, 1e12)] == ["B/s", "B/s", "kB/s", "MB/s", "GB/s"]


@given(st.integers(10**7, 10**17), st.integers(20, 600))
def test_slots_are_round_and_about_as_many_as_wanted(width_ns: int, slots: int) -> None:
    each_ns = slot_ns(Sight(0, width_ns, slots), slots)
    assert each_ns % (SECOND_NS // 10) == 0
    assert width_ns / each_ns <= slots or each_ns == 10_080 * 60 * SECOND_NS


def test_times_are_told_since_the_first_event() -> None:
    origin_ns = 5 * SECOND_NS
    sight = Sight(origin_ns - SECOND_NS, origin_ns + 61 * SECOND_NS, 300)
    ticks = time_ticks(sight, origin_ns, 300)
    assert ticks == [(origin_ns, "0 s"), (origin_ns + 30 * SECOND_NS, "30 s"), (origin_ns + 60 * SECOND_NS, "1:00")]


@given(st.integers(0, 10**15), st.integers(10**6, 10**16), st.integers(80, 2_000))
def test_time_labels_never_stand_on_each_other(start_ns: int, width_ns: int, pixels: int) -> None:
    ticks = time_ticks(Sight(start_ns, start_ns + width_ns, pixels), 0, pixels)
    assert len(ticks) <= pixels // 74 + 1 or width_ns > 10**15
    assert all(start_ns <= at_ns < start_ns + width_ns for at_ns, _ in ticks)
