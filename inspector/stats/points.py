"""Rows of numbers in arrays: the newest of an endless series, for whoever draws them."""

from __future__ import annotations

from array import array
from typing import Any

_SLACK = 4_096
"""So many rows more than wanted are kept, so that not every new one moves all the others."""


class Points:
    """Columns of equal length, whole numbers or fractions; of more than `most` rows the oldest go.

    A row has a number that stays its own: rows count from 0 over the whole series.
    """

    def __init__(self, columns: dict[str, str], most: int) -> None:
        self._columns: dict[str, array[Any]] = {name: array(code) for name, code in columns.items()}
        self._arrays = tuple(self._columns.values())
        self._most = most
        self._gone = 0
        self.version = 0
        """Rises with every change."""

    def __len__(self) -> int:
        return min(self._most, len(self._arrays[0]))

    @property
    def total(self) -> int:
        """How many rows there ever were."""
        return self._gone + len(self._arrays[0])

    def append(self, *values: float) -> int:
        """Add a row; its number."""
        for column, value in zip(self._arrays, values, strict=True):
            column.append(value)
        self.version += 1
        if len(self._arrays[0]) >= self._most + _SLACK:
            for column in self._arrays:
                del column[:_SLACK]
            self._gone += _SLACK
        return self.total - 1

    def column(self, name: str) -> array[Any]:
        """A copy of one column, the oldest row first."""
        column = self._columns[name]
        return column[len(column) - len(self) :]

    def value(self, name: str, row: int) -> float | None:
        """What stands in a row by its number; None if the row has gone."""
        place = row - self._gone
        return self._columns[name][place] if 0 <= place < len(self._arrays[0]) else None

    def replace(self, name: str, row: int, value: float) -> None:
        """Write another value into a row by its number, if the row is still there."""
        place = row - self._gone
        if 0 <= place < len(self._arrays[0]):
            self._columns[name][place] = value
            self.version += 1
