from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.record.lanes_bins import Columns
from inspector.ui.views.lanes_axis import label, marks

US, MS, SECOND = 10**3, 10**6, 10**9
MINUTE, HOUR = 60 * SECOND, 3_600 * SECOND


@pytest.mark.parametrize(
    ("since_ns", "step_ns", "said"),
    [
        (0, SECOND, "0 s"),
        (0, 5 * MS, "0 ms"),
        (250 * US, 50 * US, "250 µs"),
        (1_500 * US, 500 * US, "1.5 ms"),
        (120 * MS, 20 * MS, "120 ms"),
        (12_250 * MS, 50 * MS, "12.25 s"),
        (12 * SECOND, SECOND, "12 s"),
        (2 * MINUTE + 5 * SECOND, SECOND, "2:05"),
        (2 * MINUTE + 15 * SECOND + 500 * MS, 500 * MS, "2:15.5"),
        (HOUR + 2 * MINUTE + 5 * SECOND, 5 * SECOND, "1:02:05"),
        (3 * SECOND + 20, 5, "3.000000020 s"),
        (-3 * SECOND, SECOND, "−3 s"),
    ],
)
def test_labels_have_as_many_digits_as_tell_one_from_the_next(since_ns: int, step_ns: int, said: str) -> None:
    assert label(since_ns, step_ns) == said


@given(st.integers(0, 10**16), st.integers(1, 10**16), st.integers(200, 4_000))
def test_marks_are_in_sight_apart_and_all_different(start_ns: int, span_ns: int, count: int) -> None:
    columns = Columns.over(start_ns, start_ns + span_ns, count)
    found = marks(columns, 0, 7.0)
    assert all(0 <= mark.column < count for mark in found)
    assert len({mark.text for mark in found}) == len(found)
    for mark, following in pairwise(found):
        assert following.column - mark.column >= len(mark.text) * 7
