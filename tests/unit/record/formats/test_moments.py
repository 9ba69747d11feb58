"""Times as files write them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.record.formats.moments import EARLIEST_US, LATEST_US, moment_us, span_us

NOON_US = 1_772_359_200_123_000


@pytest.mark.parametrize(
    "value",
    [
        "2026-03-01T10:00:00.123Z",
        "2026-03-01T11:00:00.123+01:00",
        "2026-03-01T10:00:00.123",
        " 2026-03-01 10:00:00.123000 ",
        "1772359200123",
        1772359200.123,
        1772359200123,
        1772359200123000,
        1772359200123000000,
    ],
)
def test_one_point_in_time_has_many_spellings(value: Any) -> None:
    assert moment_us(value) == NOON_US


@pytest.mark.parametrize("value", [None, True, "", "noon", 0, 5, -1, "1970-01-01", "9999-01-01", 1e300, [], {}, 2**80])
def test_what_is_no_time_of_a_capture_is_none(value: Any) -> None:
    assert moment_us(value) is None


@given(st.one_of(st.text(), st.integers(), st.floats()))
def test_every_time_lies_where_64_bits_hold_its_nanoseconds(value: Any) -> None:
    found = moment_us(value)
    assert found is None or EARLIEST_US <= found <= LATEST_US
    assert (LATEST_US - EARLIEST_US) * 1000 < 2**63


@pytest.mark.parametrize(("value", "us"), [(1.5, 1500), (0, 0), (-1, None), (None, None), (True, None), ("1", None)])
def test_a_duration_is_a_number_of_milliseconds(value: Any, us: int | None) -> None:
    assert span_us(value) == us


@given(st.floats())
def test_no_duration_is_beyond_all_times(value: float) -> None:
    found = span_us(value)
    assert found is None or 0 <= found <= LATEST_US - EARLIEST_US
