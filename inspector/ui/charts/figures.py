"""What is computed for the charts from columns of numbers. numpy, no Qt."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.stats.points import Points

Ints = NDArray[np.int64]
Floats = NDArray[np.floating[Any]]
_CELL_PX = 2


class Table:
    """The columns of some points as arrays, copied again only when the points changed."""

    def __init__(self, points: Points) -> None:
        self._points = points
        self._version = -1
        self._columns: dict[str, NDArray[Any]] = {}

    @property
    def version(self) -> int:
        return self._points.version

    def __getitem__(self, name: str) -> NDArray[Any]:
        if self._version != self._points.version:
            self._columns, self._version = {}, self._points.version
        if name not in self._columns:
            column = self._points.column(name)
            self._columns[name] = np.frombuffer(column, dtype=column.typecode)
        return self._columns[name]


def slot_percentiles(slots: Ints, values: Floats, count: int, ps: tuple[float, ...]) -> Floats:
    """For each percentile a row with that of the values of each slot from 0 on; not a number where there is none.

    The same as `numpy.percentile` slot by slot, at once.
    """
    result = np.full((len(ps), count), np.nan)
    inside = (slots >= 0) & (slots < count)
    slots, values = slots[inside], values[inside]
    if not len(slots):
        return result
    order = np.argsort(slots, kind="stable")  # nearly nothing to do, as calls come in the order of time
    slots, values = slots[order], values[order]
    starts = np.flatnonzero(np.r_[True, slots[1:] != slots[:-1]])
    ends = np.r_[starts[1:], len(slots)]
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        values[start:end].sort()
    sizes = ends - starts
    for row, p in enumerate(ps):
        place = (sizes - 1) * (p / 100)
        below = np.floor(place).astype(np.int64)
        above = np.minimum(below + 1, sizes - 1)
        low, high = values[starts + below], values[starts + above]
        result[row, slots[starts]] = low + (high - low) * (place - below)
    return result


def stairs(edges: Floats, values: Floats) -> tuple[Floats, Floats]:
    """A level line per slot with risers between; a slot that is not a number leaves a gap."""
    return np.repeat(edges, 2)[1:-1], np.repeat(values, 2)


def thin(x_px: Floats, y_px: Floats) -> Ints:
    """The places of enough points that the picture looks the same: one in each cell of two by two pixels."""
    columns, rows = np.floor(x_px / _CELL_PX).astype(np.int64), np.floor(y_px / _CELL_PX).astype(np.int64)
    _, first = np.unique(columns * 1_000_003 + rows, return_index=True)
    return np.sort(first)


def spread(values: Floats) -> tuple[float, float] | None:
    """The median and the median distance from it; None of fewer than two."""
    if len(values) < 2:
        return None
    middle = float(np.median(values))
    return middle, float(np.median(np.abs(values - middle)))
