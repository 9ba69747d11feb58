"""What each row of the timeline is called: distinct texts kept once, within a limit."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable, Sequence
from typing import cast

from inspector.record.columns import Links
from inspector.record.rows import HEARTBEAT_LABELS

TEXT_LIMIT = 200
TEXTS_BYTES = 16_000_000
"""How much memory distinct texts may take; a server can make up a new one for every message."""
_UNKEPT = 1
"""The number of every text beyond that; what it was still stands in the event."""
_ENTRY_BYTES = 110

Reread = Callable[[int], tuple[str, str]]
"""Label and name of a row out of its event."""


class Labels:
    """Label and name of each row, as numbers of texts cut to 200 characters; 0 is the empty text.

    Once distinct texts take `limit_bytes`, new ones are not kept: `reread` gives them, out of the event.
    """

    def __init__(self, links: Links, reread: Reread, limit_bytes: int = TEXTS_BYTES) -> None:
        self.labels = array("I")
        self.names = array("I")
        self._links = links
        self._reread = reread
        self._texts = ["", ""]
        self._numbers = {"": 0}
        self._room_bytes = limit_bytes
        self.heartbeats = frozenset(map(self._number, HEARTBEAT_LABELS))
        """The numbers of the labels that only say "I am still here"."""

    def label(self, row: int) -> str:
        """The label of a row, or of the row it is about if it has none."""
        number = self.labels[row]
        return self._texts[number] if number != _UNKEPT else self._read(row)[0]

    def name(self, row: int) -> str:
        """The name of a row, or of the row it is about if that gave the label."""
        number = self.names[row]
        return self._texts[number] if number != _UNKEPT else self._read(row)[1]

    def between(self, column: array[int], start: int, end: int, read: Callable[[int], str]) -> list[str]:
        """The texts of a run of rows in one of the columns; `read` gives them one by one where some are not kept."""
        texts, numbers = self._texts, column[start:end]
        if _UNKEPT in numbers:
            return [read(row) for row in range(start, end)]
        return [texts[number] for number in numbers]

    def extend(self, labels: Sequence[str], names: Sequence[str]) -> None:
        """The texts of the next rows."""
        for column, texts in ((self.labels, labels), (self.names, names)):
            numbers = list(map(self._numbers.get, texts))
            column.fromlist(list(map(self._number, texts)) if None in numbers else cast("list[int]", numbers))

    def inherit(self, row: int, root: int) -> None:
        """A row without a label takes that of the row it is about, and its name if it has none."""
        if not self.labels[row]:
            self.labels[row] = self.labels[root]
            self.names[row] = self.names[row] or self.names[root]

    @property
    def distinct(self) -> Sequence[str] | None:
        """Every text that a label or a name is, perhaps more than once; None once not all are kept."""
        return self._texts if self._room_bytes > 0 else None

    def tester(self, holds: Callable[[str], bool]) -> Callable[[int], bool]:
        """A test whether `holds` is true of the label or name of a row; each distinct text is asked about once."""
        known: dict[int, bool] = {}

        def number_holds(row: int, number: int, read: Callable[[int], str]) -> bool:
            if number == _UNKEPT:
                return holds(read(row))
            if number not in known:
                known[number] = holds(self._texts[number])
            return known[number]

        return lambda row: (
            number_holds(row, self.labels[row], self.label) or number_holds(row, self.names[row], self.name)
        )

    def _number(self, text: str) -> int:
        found = self._numbers.get(text)
        if found is not None:
            return found
        if len(text) > TEXT_LIMIT:
            return self._number(text[:TEXT_LIMIT])
        if self._room_bytes <= 0:
            return _UNKEPT
        self._room_bytes -= sys.getsizeof(text) + _ENTRY_BYTES
        self._numbers[text] = len(self._texts)
        self._texts.append(text)
        return len(self._texts) - 1

    def _read(self, row: int) -> tuple[str, str]:
        label, name = (text[:TEXT_LIMIT] for text in self._reread(row))
        root = self._links.root(row)
        if root is not None and not label:
            return self.label(root), name or self.name(root)
        return label, name
