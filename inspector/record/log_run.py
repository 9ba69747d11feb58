"""Log entries that came together as one value for the database, which takes them apart itself.

A flood is made of them. Handing over their columns row by row holds the interpreter, and with it the window, longer
than SQLite then needs for the rows; what it takes out of one text and one blob it does beside the window.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

import msgspec

from inspector.record.schema import COLUMNS, EVENT_ID, OFFSET, RAW, ROW, SIZE_BYTES, Columns, N
from inspector.trace.events import Message

_encode = msgspec.json.Encoder().encode
_OF_EACH = {
    N: "{} + key",
    ROW: "{} + key",
    SIZE_BYTES: "json_extract(value, '$[1]')",
    OFFSET: "{} + json_extract(value, '$[0]')",
    RAW: "substr({}, 1 + json_extract(value, '$[0]'), json_extract(value, '$[1]'))",
    EVENT_ID: "json_extract(value, '$[2]')",
}
"""The columns in which the rows differ; `{}` stands for the value of the first row, or the bytes of all."""


class LogRun(NamedTuple):
    """So many `rows` with numbers and offsets that follow each other. `first` is the row of the first one.

    `places` is a JSON list of where in `raw` each one begins, its length, and the id of its block.
    """

    n: int
    rows: int
    first: Columns
    raw: bytes
    places: str

    @property
    def offset(self) -> int:
        """Where `raw` begins in the body of its stream."""
        offset: int = self.first[OFFSET]
        return offset

    def values(self) -> list[object]:
        """What `INSERT` takes."""
        own = (*self.first[:RAW], self.raw, *self.first[RAW + 1 :])
        return [value for place, value in enumerate(own) if place not in (SIZE_BYTES, EVENT_ID)] + [self.places]


def _insert() -> str:
    number = iter(range(1, len(COLUMNS) + 1))
    columns = []
    for place in range(len(COLUMNS)):
        shape = _OF_EACH.get(place, "{}")
        columns.append(shape.format(f"?{next(number)}") if "{}" in shape else shape)
    return f"INSERT INTO event SELECT {', '.join(columns)} FROM json_each(?{next(number)})"  # noqa: S608 - ours alone


INSERT = _insert()


def log_run(entries: Sequence[Message], first: Columns) -> LogRun | None:
    """The rows of log entries that came together, behind their `first` one.

    None if there are gaps between them, or what SQLite does not give back: an id that is no text, no bytes at all.
    """
    sizes_bytes = [len(entry.raw) for entry in entries]
    starts = list(accumulate(sizes_bytes, initial=0))[:-1]
    n, offset, count = entries[0].n, entries[0].offset, len(entries)
    has_gaps = [entry.offset - offset for entry in entries] != starts or entries[-1].n != n + count - 1
    if has_gaps or 0 in sizes_bytes:
        return None
    try:
        places = _encode(list(zip(starts, sizes_bytes, [entry.event_id for entry in entries], strict=True))).decode()
    except UnicodeEncodeError:
        return None
    return LogRun(n, count, first, b"".join([entry.raw for entry in entries]), places)
