"""Our own JSON lines back into the events that were written; `jsonl.py` says what a line looks like."""

from __future__ import annotations

import base64
import json
import math
import re
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
from msgspec.structs import replace

from inspector.record.formats.imported import ImportFailed
from inspector.record.text import counted
from inspector.trace.events import AnyEvent, ExchangeFailed, SseEvent

MAX_LINE_BYTES = 256 * 1024 * 1024
"""The largest event (64 MiB) as JSON with every byte escaped, and some."""
_START = re.compile(rb'\s*\{\s*"n"\s*:\s*\d+\s*,\s*"at"\s*:\s*"[^"]*"\s*,\s*"monotonic_ns"\s*:')
_BYTES = ("raw", "body", "data", "pending")
_ANY_SIZE = frozenset({"id", "progress_token", "error_code"})
"""Integers of the peer's, which may have any number of digits; all others fit 64 bits."""
_INT64 = 2**63
_decode = msgspec.json.Decoder().decode


def looks_like_ours(start: bytes) -> bool:
    """Whether a file begins with one of our lines."""
    return _START.match(start) is not None


def event_of(line: bytes) -> AnyEvent:
    """The event of one line. Raises ValueError for what is none."""
    try:
        fields = _value_of(line)
        if not isinstance(fields, dict):
            raise ValueError("it is no JSON object")
        _add_bytes(fields)
        fields["at"] = _unix_s(fields.get("at"))
        event: AnyEvent = msgspec.convert(fields, AnyEvent)
    except (msgspec.MsgspecError, TypeError, RecursionError, OverflowError) as error:
        raise ValueError(str(error)) from error
    if not all(_is_storable(name, getattr(event, name)) for name in event.__struct_fields__):
        raise ValueError("a number is out of range")
    return event


def read_jsonl(path: Path, notes: list[str]) -> Iterator[AnyEvent]:
    """The events of a file, renumbered where numbers are missing. Raises `ImportFailed` if it cannot be read on."""
    order, bad, first_bad, number = _Order(), 0, 0, 0
    try:
        with path.open("rb") as file:
            for line in _lines(file):
                number += 1
                try:
                    event = event_of(line)
                except ValueError:
                    if not line.endswith(b"\n"):
                        notes.append("The last line is cut off; all before it is here.")
                    elif line.strip():
                        bad, first_bad = bad + 1, first_bad or number
                    continue
                yield order.place(event)
    except OSError as error:
        raise ImportFailed(
            f"{path.name} cannot be read any further: {error.strerror}. Copy it to another disk."
        ) from error
    if bad:
        notes.append(f"Left out, as no events: {counted(bad, 'line')}; the first is line {first_bad:,}.")
    order.tell(notes)


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Line by line; of one beyond our limit only the beginning, which then is no event."""
    while line := file.readline(MAX_LINE_BYTES):
        yield line
        if len(line) == MAX_LINE_BYTES:
            while not line.endswith(b"\n") and (line := file.readline(MAX_LINE_BYTES)):
                pass


def _value_of(line: bytes) -> Any:
    try:
        return _decode(line)
    except (msgspec.MsgspecError, UnicodeError):  # an escape of half a surrogate pair is no JSON to msgspec
        return json.loads(line.decode("utf-8"), parse_constant=_refuse)


def _refuse(text: str) -> None:
    raise ValueError(f"{text} is no number")


def _add_bytes(fields: dict[str, Any]) -> None:
    """What stands as text or as base64 becomes bytes again."""
    for name in _BYTES:
        coded = fields.pop(f"{name}_base64", None)
        if isinstance(coded, str):
            fields[name] = base64.b64decode(coded, validate=True)
        elif isinstance(fields.get(name), str):
            fields[name] = fields[name].encode("utf-8", "surrogatepass")


def _unix_s(at: Any) -> float:
    if not isinstance(at, str):
        raise ValueError("`at` is no time")
    time = datetime.fromisoformat(at)
    return time.replace(tzinfo=time.tzinfo or UTC).timestamp()


def _is_storable(name: str, value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return not isinstance(value, int) or name in _ANY_SIZE or -_INT64 <= value < _INT64


class _Order:
    """Gives events the numbers 0, 1, 2 ... and turns what points to others accordingly.

    A file whose numbers begin anew is several recordings in a row: connections, streams and the clock go on.
    """

    def __init__(self) -> None:
        self._count = 0
        self._missing = self._restarts = 0
        self._old = array("q")
        self._new = array("q")
        self._next_old = 0
        self._streams = self._connections = self._shift_ns = 0
        self._most = [0, 0, 0]

    def place(self, event: AnyEvent) -> AnyEvent:
        """The event with its number here; as it stands if nothing is missing, which is the rule."""
        old = event.n
        if old < self._next_old and self._count:
            self._restart(event.monotonic_ns)
        if old != self._next_old or not self._old:
            self._missing += max(old - self._next_old, 0) if self._count and self._old else 0
            self._old.append(old)
            self._new.append(self._count)
        self._next_old = old + 1
        changes = self._changes(event)
        self._count += 1
        placed = replace(event, **changes) if changes else event
        self._most = [
            max(self._most[0], placed.stream or 0),
            max(self._most[1], placed.connection),
            max(self._most[2], placed.monotonic_ns),
        ]
        return placed

    def tell(self, notes: list[str]) -> None:
        if self._restarts:
            notes.append(f"The file holds {counted(self._restarts + 1, 'recording')} in a row.")
        if self._missing:
            missing = counted(self._missing, "event")
            notes.append(f"Missing in between: {missing}; those of the file are numbered anew.")

    def _restart(self, first_ns: int) -> None:
        self._restarts += 1
        self._streams, self._connections, last_ns = self._most
        self._shift_ns = max(last_ns - first_ns, 0)
        self._old, self._new = array("q"), array("q")

    def _changes(self, event: AnyEvent) -> dict[str, Any]:
        changes: dict[str, Any] = {}
        if event.n != self._count:
            changes["n"] = self._count
        for name in ("request_n", "about_n"):
            other = getattr(event, name, None)
            if other is not None and (found := self._find(other)) != other:
                changes[name] = -1 if found is None and isinstance(event, ExchangeFailed) else found
        if self._restarts:
            changes["connection"] = event.connection + self._connections
            changes["monotonic_ns"] = event.monotonic_ns + self._shift_ns
            if event.stream is not None:
                changes["stream"] = event.stream + self._streams
            if isinstance(event, SseEvent) and event.first_byte_ns:
                changes["first_byte_ns"] = event.first_byte_ns + self._shift_ns
        return changes

    def _find(self, old: int) -> int | None:
        """The number that an event of the file has here, None if it is not in the file."""
        run = bisect_right(self._old, old) - 1
        if run < 0:
            return None
        new = self._new[run] + old - self._old[run]
        end = self._new[run + 1] if run + 1 < len(self._new) else self._count + 1
        return new if new < end else None
