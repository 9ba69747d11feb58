"""Parts of a file that grow at the same time and stand one after the other in the end, in bounded memory."""

from __future__ import annotations

import shutil
from array import array
from collections.abc import Iterator
from tempfile import SpooledTemporaryFile, TemporaryFile
from types import TracebackType
from typing import BinaryIO, cast

IN_MEMORY_BYTES = 64 * 1024
_PIECE_BYTES = 256 * 1024


def new_part() -> BinaryIO:
    """A growing part: in memory while it is small, on disk behind that."""
    return cast("BinaryIO", SpooledTemporaryFile(max_size=IN_MEMORY_BYTES))


class Parts:
    """Finished parts; `add` them in any order, read them by their place. A context manager."""

    def __init__(self) -> None:
        self._file = TemporaryFile()  # noqa: SIM115 - closed by `__exit__`
        self._places = array("q")
        self._offsets = array("q")

    def __enter__(self) -> Parts:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def __len__(self) -> int:
        return len(self._places)

    def add(self, place: int, part: BinaryIO) -> None:
        """Take a finished part over and close it; empty ones count for nothing."""
        start = self._file.tell()
        with part:
            part.seek(0)
            shutil.copyfileobj(part, self._file, _PIECE_BYTES)
        if self._file.tell() > start:
            self._places.append(place)
            self._offsets.append(start)

    def write(self, out: BinaryIO, between: bytes) -> None:
        """Write all parts by their place, with `between` between two of them."""
        ends = self._offsets[1:]
        ends.append(self._file.tell())
        for count, index in enumerate(sorted(range(len(self)), key=self._places.__getitem__)):
            if count:
                out.write(between)
            self._file.seek(self._offsets[index])
            for piece in pieces(cast("BinaryIO", self._file), ends[index] - self._offsets[index]):
                out.write(piece)
        self._file.seek(0, 2)


def pieces(file: BinaryIO, length: int, size: int = _PIECE_BYTES) -> Iterator[bytes]:
    """The next `length` bytes of a file, piece by piece."""
    while length > 0 and (piece := file.read(min(size, length))):
        length -= len(piece)
        yield piece
