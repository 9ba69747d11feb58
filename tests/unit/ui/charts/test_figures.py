"""What is computed at once, against numpy slot by slot."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from inspector.stats.points import Points
from inspector.ui.charts.figures import Table, slot_percentiles, spread, stairs, thin

PS = (0.0, 50.0, 95.0, 99.0, 100.0)
rows = st.lists(st.tuples(st.integers(-2, 8), st.floats(0, 1e6)), max_size=60)


@given(rows)
def test_percentiles_are_those_of_numpy_in_each_slot(told: list[tuple[int, float]]) -> None:
    slots: NDArray[np.int64] = np.array([slot for slot, _ in told], dtype=np.int64)
    values = np.array([value for _, value in told], dtype=np.float64)
    found = slot_percentiles(slots, values, 6, PS)
    assert found.shape == (len(PS), 6)
    for slot in range(6):
        inside = values[slots == slot]
        if len(inside):
            np.testing.assert_allclose(found[:, slot], np.percentile(inside, PS), rtol=1e-12, atol=1e-9)
        else:
            assert np.isnan(found[:, slot]).all()


def test_stairs_have_a_level_line_for_each_slot() -> None:
    x, y = stairs(np.array([0.0, 1.0, 2.0, 3.0]), np.array([5.0, math.nan, 7.0]))
    assert x.tolist() == [0, 1, 1, 2, 2, 3]
    assert str(y.tolist()) == "[5.0, 5.0, nan, nan, 7.0, 7.0]"
    assert stairs(np.array([0.0]), np.empty(0))[0].tolist() == []


@given(st.lists(st.tuples(st.floats(0, 50), st.floats(0, 50)), min_size=1, max_size=200))
def test_thinned_points_leave_no_cell_empty(told: list[tuple[float, float]]) -> None:
    x, y = np.array([each[0] for each in told]), np.array([each[1] for each in told])
    shown = thin(x, y)

    def cells(x: NDArray[Any], y: NDArray[Any]) -> list[tuple[int, int]]:
        return [(int(a // 2), int(b // 2)) for a, b in zip(x, y, strict=True)]

    kept = cells(x[shown], y[shown])
    assert sorted(kept) == sorted(set(cells(x, y)))


def test_the_spread_is_the_median_distance_from_the_median() -> None:
    assert spread(np.array([5_000.0])) is None
    assert spread(np.array([5_000.0, 5_100.0, 4_900.0, 9_000.0])) == (5_050.0, 100.0)


def test_a_table_follows_its_points() -> None:
    points = Points({"ms": "d", "n": "q"}, 10)
    table = Table(points)
    assert len(table["ms"]) == 0
    points.append(1.5, 7)
    assert (table["ms"].tolist(), table["n"].tolist()) == ([1.5], [7])
    assert table["ms"] is table["ms"]
    points.append(2.5, 8)
    points.replace("n", 1, 9)
    assert (table["ms"].tolist(), table["n"].tolist()) == ([1.5, 2.5], [7, 9])
