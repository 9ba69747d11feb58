"""The columns of the timeline that are no plain arrays: sizes, links between rows, rows by stream."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import overload

from inspector.record.rows import ABSENT_BYTES

_NO_ROW = -1
_CHAIN_LIMIT = 100_000
_LARGE = -2
_LARGEST = 2**31 - 1
_STREAM_GAP = 1_024


class Sizes:
    """Bytes by row, in four bytes each; the few sizes beyond two gigabytes stand beside them."""

    def __init__(self) -> None:
        self._sizes = array("i")
        self._large: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._sizes)

    @overload
    def __getitem__(self, row: int) -> int: ...
    @overload
    def __getitem__(self, row: slice) -> list[int]: ...
    def __getitem__(self, row: int | slice) -> int | list[int]:
        if isinstance(row, slice):
            part = self._sizes[row]
            return [self[single] for single in range(*row.indices(len(self)))] if _LARGE in part else part.tolist()
        size_bytes = self._sizes[row]
        return size_bytes if size_bytes != _LARGE else self._large[row % len(self)]

    def __iter__(self) -> Iterator[int]:
        return map(self.__getitem__, range(len(self)))

    def extend(self, sizes_bytes: list[int]) -> None:
        """The sizes of the next rows."""
        start = len(self)
        if max(sizes_bytes) > _LARGEST or min(sizes_bytes) < ABSENT_BYTES:
            large = {row: size for row, size in enumerate(sizes_bytes, start) if not ABSENT_BYTES <= size <= _LARGEST}
            sizes_bytes = [_LARGE if row in large else size for row, size in enumerate(sizes_bytes, start)]
            self._large |= large
        self._sizes.fromlist(sizes_bytes)


class Links:
    """For each row the one it is about, the newest row about it, and the one before in that chain."""

    def __init__(self) -> None:
        self._root = array("i")
        self._newest = array("i")
        self._before = array("i")

    def root(self, row: int) -> int | None:
        """The row that `row` is about."""
        root = self._root[row]
        return None if root == _NO_ROW else root

    def roots_between(self, start: int, end: int) -> list[int | None]:
        """The rows that a run of rows is about."""
        return [None if root == _NO_ROW else root for root in self._root[start:end]]

    def followers(self, row: int) -> list[int]:
        """The rows about this one in ascending order (the newest 100,000 if there are more)."""
        found: list[int] = []
        follower = self._newest[row]
        while follower != _NO_ROW and len(found) < _CHAIN_LIMIT:
            found.append(follower)
            follower = self._before[follower]
        found.reverse()
        return found

    def extend(self, count: int) -> None:
        """The next rows are about none."""
        for column in (self._root, self._newest, self._before):
            column.extend(array("i", (_NO_ROW,)) * count)

    def join(self, row: int, root: int) -> None:
        """Row `row` is about row `root`, the newest that is."""
        self._root[row] = root
        self._before[row] = self._newest[root]
        self._newest[root] = row


class RowOfStream:
    """The row that opened each stream: an array, as a river numbers its streams without gaps; a file may not."""

    def __init__(self) -> None:
        self._rows = array("i")
        self._odd: dict[int, int] = {}

    def __setitem__(self, stream: int, row: int) -> None:
        rows = self._rows
        if not 0 <= stream < len(rows) + _STREAM_GAP:
            self._odd[stream] = row
            return
        if stream >= len(rows):
            rows.extend(array("i", (_NO_ROW,)) * (stream + 1 - len(rows)))
        rows[stream] = row

    def get(self, stream: int) -> int | None:
        """The row, None if the stream was not seen to open."""
        row = self._rows[stream] if 0 <= stream < len(self._rows) else _NO_ROW
        return row if row != _NO_ROW else self._odd.get(stream)
