"""What has to happen within a time that is the same for all: the oldest is always the next that is due."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)

NEVER_NS = 2**63 - 1
MAX_WAITING = 10_000
"""So many are waited for at once; of more the oldest are forgotten, unjudged."""


class Deadlines(Generic[K]):
    """Started at a time of the river, each is due `limit_ns` later; what happens at that very time is in time."""

    def __init__(self, limit_ns: int) -> None:
        self.limit_ns = limit_ns
        self._started: dict[K, int] = {}
        self._overdue: dict[K, int] = {}

    def __len__(self) -> int:
        return len(self._started)

    @property
    def next_ns(self) -> int:
        """When the next is due."""
        for start_ns in self._started.values():
            return start_ns + self.limit_ns
        return NEVER_NS

    def start(self, key: K, at_ns: int) -> None:
        """Begin to wait, or begin anew."""
        self._started.pop(key, None)
        self._overdue.pop(key, None)
        _add(self._started, key, at_ns)

    def stop(self, key: K) -> tuple[int | None, bool]:
        """Wait no longer: when it was started (None: never), and whether it was overdue already."""
        start_ns = self._started.pop(key, None)
        if start_ns is not None:
            return start_ns, False
        start_ns = self._overdue.pop(key, None)
        return start_ns, start_ns is not None

    def expire(self, before_ns: int) -> Iterator[tuple[K, int]]:
        """Those that were due before a time, with when they were; each is given once."""
        while self.next_ns < before_ns:
            key = next(iter(self._started))
            start_ns = self._started.pop(key)
            _add(self._overdue, key, start_ns)
            yield key, start_ns + self.limit_ns


def _add(table: dict[K, int], key: K, at_ns: int) -> None:
    if len(table) >= MAX_WAITING:
        del table[next(iter(table))]
    table[key] = at_ns
