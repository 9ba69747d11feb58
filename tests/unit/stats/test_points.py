from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from inspector.stats.points import _SLACK, Points


def test_rows_keep_their_number_while_older_ones_go() -> None:
    most = 10
    points = Points({"at_ns": "q", "ms": "d"}, most)
    numbers = [points.append(row, row / 2) for row in range(most + 3 * _SLACK + 5)]
    assert numbers == list(range(most + 3 * _SLACK + 5))
    assert points.total == len(numbers)
    assert len(points) == most
    assert list(points.column("at_ns")) == numbers[-most:]
    assert list(points.column("ms")) == [row / 2 for row in numbers[-most:]]
    assert points.value("ms", numbers[-1]) == numbers[-1] / 2
    assert points.value("ms", 0) is None


def test_a_row_can_be_rewritten_until_it_goes() -> None:
    points = Points({"ms": "d"}, 1)
    row = points.append(1.0)
    version = points.version
    points.replace("ms", row, 2.5)
    assert list(points.column("ms")) == [2.5]
    assert points.version > version
    for _ in range(_SLACK + 1):
        points.append(3.0)
    points.replace("ms", row, 9.0)
    assert list(points.column("ms")) == [3.0]


@given(st.lists(st.integers(-5, 5), max_size=30), st.integers(1, 40))
def test_the_newest_rows_are_there(values: list[int], most: int) -> None:
    points = Points({"n": "q"}, most)
    for value in values:
        points.append(value)
    assert list(points.column("n")) == values[-most:]
    assert len(points) == len(values[-most:])
