"""Recordings for tests: events of every kind, written to a file and read back."""

from __future__ import annotations

import inspect
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, get_args

from hypothesis import strategies as st
from msgspec.structs import replace

from inspector.record.recording import Recording, open_recording
from inspector.record.store import Store
from inspector.record.timeline import Timeline
from inspector.trace import events
from inspector.trace.events import AnyEvent, ConnectionState, Direction, TraceEvent

CLASSES: tuple[type[TraceEvent], ...] = get_args(AnyEvent)
_text = st.text(st.characters(), max_size=8) | st.sampled_from(("", "\0", "\ud800", "a\udfffb", "💥", "1e999", "null"))
_number = st.integers(-(2**62), 2**62)
_OF_TYPE: dict[str, st.SearchStrategy[Any]] = {
    "int": _number,
    "float": st.floats(allow_nan=False, allow_infinity=False),
    "str": _text,
    "bytes": st.binary(max_size=12),
    "bool": st.booleans(),
    "Headers": st.lists(st.tuples(_text, _text), max_size=3).map(tuple),
    "tuple[str, ...]": st.lists(_text, max_size=3).map(tuple),
    "RequestId": st.none() | _text | _number | st.sampled_from((10**30, -(10**30))),
    "Severity": st.sampled_from(events.Severity),
    "ConnectionState": st.sampled_from(ConnectionState),
    "Direction": st.sampled_from(Direction),
    "EndCause": st.sampled_from(events.EndCause),
    "Framing": st.sampled_from(events.Framing),
    "MessageType": st.sampled_from(events.MessageType),
    "Outcome": st.sampled_from(events.Outcome),
    "Phase": st.sampled_from(events.Phase),
    "None": st.none(),
}
_OF_FIELD: dict[str, st.SearchStrategy[Any]] = {
    "stream": st.none() | st.integers(0, 3),
    "offset": st.integers(0, 12),
    "request_n": st.integers(-1, 20),
    "retry_ms": st.none() | st.just(10**30),
}


def _values_of(cls: type[TraceEvent]) -> dict[str, st.SearchStrategy[Any]]:
    """A strategy for every field, inherited ones too."""
    annotations = {
        name: annotation
        for base in reversed(cls.__mro__)
        for name, annotation in inspect.get_annotations(base).items()
        if name in cls.__struct_fields__
    }
    return {
        name: _OF_FIELD[name] if name in _OF_FIELD else st.one_of([_OF_TYPE[part] for part in annotation.split(" | ")])
        for name, annotation in annotations.items()
    }


def rivers(max_size: int = 25) -> st.SearchStrategy[list[AnyEvent]]:
    """Events of any kind as hostile as they come, numbered as in a river."""
    made = st.one_of([st.builds(cls, **_values_of(cls)) for cls in CLASSES])
    return st.lists(made, max_size=max_size).map(numbered)


def numbered(items: Iterable[Any]) -> list[AnyEvent]:
    return [replace(event, n=n) for n, event in enumerate(items)]


def put(store: Store, events: Sequence[AnyEvent], size: int = 512) -> None:
    """Store events that begin a river, in portions of `size`."""
    timeline = Timeline()
    for start in range(0, len(events), size):
        row, batch = len(timeline), events[start : start + size]
        timeline.fold(batch)
        store.put(batch, timeline, row)


def record(path: Path, events: Sequence[AnyEvent], size: int = 512, *, flushing: bool = False) -> Store:
    """A whole recording of `events`; `flushing` writes each portion before the next one comes."""
    store, timeline = Store(path), Timeline()
    try:
        for start in range(0, len(events), size):
            row, batch = len(timeline), events[start : start + size]
            timeline.fold(batch)
            store.put(batch, timeline, row)
            if flushing:
                assert store.flush()
    finally:
        store.close()
    assert (store.failure, store.lost, store.committed) == ("", 0, len(events))
    return store


def everything(recording: Recording, limit: int = 256) -> list[AnyEvent]:
    """All events, read in blocks."""
    found: list[AnyEvent] = []
    while len(found) < len(recording):
        found += recording.since(len(found), limit)
    return found


def read_back(path: Path) -> list[AnyEvent]:
    with closing(open_recording(path)) as recording:
        return everything(recording)


def ask(path: Path, query: str, *values: object) -> list[tuple[Any, ...]]:
    """Plain SQL, as anyone would."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query, values).fetchall()
