"""What was kept last of things that never end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class Newest(Generic[T]):
    """Values by their ids: the newest `size` ids at least, and twice as many at most.

    There is a newer and an older half, and only whole halves are forgotten: a bounded dictionary that drops its oldest
    key for each new one costs three times as much, which a flood with an id on every event cannot afford.
    """

    __slots__ = ("_newer", "_older", "_size")

    def __init__(self, size: int) -> None:
        self._size = size
        self._newer: dict[str, T] = {}
        self._older: dict[str, T] = {}

    def __contains__(self, key: str) -> bool:
        return key in self._newer or key in self._older

    def __len__(self) -> int:
        return len(self._newer) + len(self._older)

    def get(self, key: str) -> T | None:
        """The value of a key that is known still."""
        found = self._newer.get(key)
        return self._older.get(key) if found is None else found

    def are_new(self, keys: Sequence[str]) -> bool:
        """Whether none of these keys is known, nor there twice."""
        is_apart = self._newer.keys().isdisjoint(keys) and self._older.keys().isdisjoint(keys)
        return is_apart and len(set(keys)) == len(keys)

    def add(self, key: str, value: T) -> None:
        """Keep a value, instead of the one that this key had."""
        self._newer[key] = value
        if len(self._newer) >= self._size:
            self._turn()

    def add_all(self, keys: Sequence[str], value: T) -> None:
        """The same for many keys with one value; cutting them into several calls makes no difference."""
        start = 0
        while start < len(keys):
            stop = start + self._size - len(self._newer)
            self._newer |= dict.fromkeys(keys[start:stop], value)
            start = stop
            if len(self._newer) >= self._size:
                self._turn()

    def clear(self) -> None:
        """Forget everything."""
        self._newer, self._older = {}, {}

    def _turn(self) -> None:
        self._newer, self._older = {}, self._newer
