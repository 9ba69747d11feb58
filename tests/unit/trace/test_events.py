"""The vocabulary: every event survives being written and read."""

from __future__ import annotations

import datetime
import inspect
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.trace import events
from inspector.trace.events import (
    ROW_KINDS,
    AnyEvent,
    ConnectionState,
    Direction,
    EndCause,
    Framing,
    LabAction,
    Message,
    MessageType,
    Outcome,
    Phase,
    SseEvent,
    StateChanged,
    TraceEvent,
)

CLASSES: tuple[type[TraceEvent], ...] = get_args(AnyEvent)
KINDS = {str(cls.__struct_config__.tag): cls for cls in CLASSES}

text = st.text(max_size=12)
number = st.integers(-(2**40), 2**40)
OF_TYPE: dict[str, st.SearchStrategy[Any]] = {
    "int": number,
    "float": st.floats(allow_nan=False, allow_infinity=False, width=32),
    "str": text,
    "bytes": st.binary(max_size=12),
    "bool": st.booleans(),
    "Headers": st.lists(st.tuples(text, text), max_size=3).map(tuple),
    "tuple[str, ...]": st.lists(text, max_size=3).map(tuple),
    "RequestId": st.none() | text | number | st.just(2**80),
    "Severity": st.sampled_from(events.Severity),
    "ConnectionState": st.sampled_from(ConnectionState),
    "Direction": st.sampled_from(Direction),
    "EndCause": st.sampled_from(EndCause),
    "Framing": st.sampled_from(Framing),
    "MessageType": st.sampled_from(MessageType),
    "Outcome": st.sampled_from(Outcome),
    "Phase": st.sampled_from(Phase),
    "None": st.none(),
}


def fields_of(cls: type[TraceEvent]) -> dict[str, str]:
    """Every field with its annotation, inherited ones too."""
    return {
        name: annotation
        for base in reversed(cls.__mro__)
        for name, annotation in inspect.get_annotations(base).items()
        if name in cls.__struct_fields__
    }


def event_of(cls: type[TraceEvent]) -> st.SearchStrategy[TraceEvent]:
    values = {
        name: st.one_of([OF_TYPE[part] for part in annotation.split(" | ")])
        for name, annotation in fields_of(cls).items()
    }
    return st.builds(cls, **values)


def test_the_union_holds_every_class_of_the_module() -> None:
    defined = {cls for cls in vars(events).values() if isinstance(cls, type) and issubclass(cls, TraceEvent)}
    assert defined - set(CLASSES) == {TraceEvent, SseEvent}


def test_every_kind_is_one_class() -> None:
    assert len(KINDS) == len(CLASSES)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
@given(data=st.data())
def test_every_event_survives_json(cls: type[TraceEvent], data: st.DataObject) -> None:
    event = data.draw(event_of(cls))
    written = msgspec.json.encode(event)
    assert KINDS[msgspec.json.decode(written)["kind"]] is KINDS[event.kind] is cls
    read = msgspec.json.decode(written, type=AnyEvent)
    assert type(read) is cls
    assert read == event


def test_events_are_immutable() -> None:
    event = StateChanged(n=0, at=0.0, monotonic_ns=0, state=ConnectionState.OPEN)
    with pytest.raises(AttributeError):
        event.n = 1  # type: ignore[misc]


def test_ids_keep_their_type_through_json() -> None:
    common: dict[str, Any] = {"n": 0, "at": 0.0, "monotonic_ns": 0}
    for request_id in (1, "1", None, 2**80):
        event = Message(**common, message_type=MessageType.REQUEST, framing=Framing.BODY, id=request_id)
        read = msgspec.json.decode(msgspec.json.encode(event), type=AnyEvent)
        assert isinstance(read, Message)
        assert read.id == request_id
        assert type(read.id) is type(request_id)


def test_all_but_chunks_make_a_row_of_the_timeline() -> None:
    assert set(ROW_KINDS) == set(KINDS) - {"chunk"}
    assert len(set(ROW_KINDS)) == len(ROW_KINDS)


@pytest.mark.parametrize("words", [ConnectionState, EndCause, LabAction, Outcome, Phase, Framing, Direction])
def test_what_a_person_reads_is_in_words(words: type[ConnectionState]) -> None:
    assert all(word.value and "_" not in word.value for word in words)


def test_unix_time_is_in_seconds() -> None:
    event = StateChanged(n=0, at=1_700_000_000.0, monotonic_ns=0, state=ConnectionState.IDLE)
    assert datetime.datetime.fromtimestamp(event.at, datetime.UTC).year == 2023
