"""What was written as JSON lines is read back as it was."""

from __future__ import annotations

import enum
import math
import types
import typing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from inspector.record.formats import jsonl
from inspector.record.formats.jsonl_reader import event_of, read_jsonl
from inspector.record.timeline import Timeline
from inspector.trace.events import AnyEvent, ConnectionState, ExchangeFailed, Message, Outcome, StateChanged, TraceEvent
from tests.support.imports import read_content, read_file
from tests.support.rivers import Talk

KINDS: tuple[type[TraceEvent], ...] = typing.get_args(AnyEvent)
TEXT = st.text(st.characters(exclude_categories=()), max_size=20)
INT64 = st.integers(-(2**63), 2**63 - 1)
_POINTERS = ("request_n", "about_n")


def values_of(hint: Any) -> st.SearchStrategy[Any]:
    """All values that a field of this type can have."""
    plain: dict[Any, st.SearchStrategy[Any]] = {
        str: TEXT,
        int: INT64,
        bool: st.booleans(),
        bytes: st.binary(max_size=20),
        float: st.floats(allow_nan=False, allow_infinity=False),
        type(None): st.none(),
    }
    if hint in plain:
        return plain[hint]
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return st.sampled_from(hint)
    parts = typing.get_args(hint)
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return st.one_of([values_of(part) for part in parts])
    assert typing.get_origin(hint) is tuple
    if parts[-1] is Ellipsis:
        return st.lists(values_of(parts[0]), max_size=3).map(tuple)
    return st.tuples(*map(values_of, parts))


def made(kind: type[TraceEvent]) -> st.SearchStrategy[TraceEvent]:
    hints = typing.get_type_hints(kind)
    fields = {name: values_of(hints[name]) for name in kind.__struct_fields__ if name not in _POINTERS}
    fields["at"] = st.integers(0, 4 * 10**15).map(lambda us: us / 1e6)
    for name in {"id", "progress_token", "error_code"} & set(fields):
        fields[name] = st.one_of(st.integers(-(2**200), 2**200), fields[name])
    if "request_n" in kind.__struct_fields__:
        fields["request_n"] = st.just(0)
    return st.builds(kind, **fields)


EVENTS = st.lists(st.one_of([made(kind) for kind in KINDS]), min_size=1, max_size=8)


def written(path: Path, events: list[Any]) -> Path:
    path.write_bytes(b"".join(map(jsonl.line, events)))
    return path


def state(n: int, **fields: Any) -> StateChanged:
    fields = {"at": 1e9, "monotonic_ns": n, "connection": 1, **fields}
    return StateChanged(n=n, state=ConnectionState.IDLE, **fields)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
@given(events=EVENTS)
def test_all_kinds_of_events_read_back_equal(tmp_path: Path, events: list[TraceEvent]) -> None:
    events = [state(0), *(replace(event, n=n) for n, event in enumerate(events, 1))]
    back, notes = read_file(written(tmp_path / "events", events))
    assert back == events
    assert notes == []


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_each_kind_reads_back_equal_from_one_line(kind: type[TraceEvent], data: st.DataObject) -> None:
    event = data.draw(made(kind))
    assert event_of(jsonl.line(event)) == event


def test_half_a_surrogate_pair_and_long_integers_come_through() -> None:
    talk = Talk()
    event = talk.ask(1, name="\ud800x", id=2**90, raw=b"\xff\x00")
    assert event_of(jsonl.line(event)) == event


def test_a_river_gives_the_same_timeline_again(tmp_path: Path) -> None:
    talk = Talk()
    talk.calls(5)
    asked = talk.ask(9, id=1)
    talk.wait(12.5)
    talk.answer(9, asked, rtt_ms=12.5, error_code=None)
    back, notes = read_file(written(tmp_path / "events", talk.since(0)))
    assert back == talk.since(0)
    assert notes == []
    again, before = Timeline(), talk.into(Timeline())
    again.fold(back)
    assert list(again.latencies_ms[-1:]) == [12.5]
    for row in range(len(before)):
        assert (again.label(row), again.name(row), again.root(row)) == (
            before.label(row),
            before.name(row),
            before.root(row),
        )


def test_a_line_that_is_cut_off_ends_the_file(tmp_path: Path) -> None:
    talk = Talk()
    talk.calls(2)
    lines = b"".join(map(jsonl.line, talk.since(0)))
    back, notes = read_content(tmp_path, lines[:-9])
    assert back == talk.since(0)[:-1]
    assert notes == ["The last line is cut off; all before it is here."]


def test_lines_that_are_no_events_are_left_out_and_what_follows_is_renumbered(tmp_path: Path) -> None:
    talk = Talk()
    asked = talk.ask(1, id=1)
    talk.comment(1)
    talk.answer(1, asked)
    talk.answer(1, asked)
    lines = [jsonl.line(event) for event in talk.since(0)]
    back, notes = read_content(tmp_path, b"".join([lines[0], b"nonsense\n", *lines[2:]]))
    assert [event.n for event in back] == [0, 1, 2]
    assert [getattr(event, "request_n", None) for event in back] == [None, 0, 0]
    assert notes[0] == "Left out, as no events: 1 line; the first is line 2."
    assert notes[1].startswith("Missing in between: 1 event;")


def test_a_part_of_a_recording_keeps_what_points_into_it(tmp_path: Path) -> None:
    talk = Talk()
    talk.comment(1)
    asked = talk.ask(1, id=1)
    talk.answer(1, asked)
    lines = b"".join(map(jsonl.line, talk.since(0)))
    _, rest = lines.split(b"\n", 1)
    back, _ = read_content(tmp_path, rest)
    assert [(event.n, getattr(event, "request_n", None)) for event in back] == [(0, None), (1, 0)]
    back, _ = read_content(tmp_path, rest.split(b"\n", 1)[1])
    assert [(event.n, getattr(event, "request_n", None)) for event in back] == [(0, None)]


def test_what_points_to_a_missing_event_points_nowhere(tmp_path: Path) -> None:
    talk = Talk()
    talk.comment(1)
    asked = talk.ask(1, id=1)
    talk.comment(1)
    talk.answer(1, asked)
    lines = [jsonl.line(event) for event in talk.since(0)]
    back, _ = read_content(tmp_path, b"".join([lines[0], *lines[2:]]))
    assert [getattr(event, "request_n", None) for event in back] == [None, None, None]


def test_what_failed_outside_of_the_part_points_nowhere(tmp_path: Path) -> None:
    talk = Talk()
    asked = talk.ask(1, id=1)
    lost = talk.fail(asked, Outcome.LOST)
    (back,), _ = read_content(tmp_path, jsonl.line(lost))
    assert isinstance(back, ExchangeFailed)
    assert (back.n, back.request_n) == (0, -1)


def test_recordings_in_a_row_go_on_with_connections_streams_and_clock(tmp_path: Path) -> None:
    talk = Talk()
    talk.wait(5)
    asked = talk.ask(1, id=1)
    talk.answer(1, asked, first_byte_ns=1)
    lines = b"".join(map(jsonl.line, talk.since(0)))
    back, notes = read_content(tmp_path, lines * 2)
    assert [event.n for event in back] == [0, 1, 2, 3]
    assert [event.connection for event in back] == [1, 1, 2, 2]
    assert [event.stream for event in back] == [1, 1, 2, 2]
    last = back[3]
    assert isinstance(last, Message)
    assert last.request_n == 2
    assert [event.monotonic_ns for event in back] == sorted(event.monotonic_ns for event in back)
    assert notes == ["The file holds 2 recordings in a row."]


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"[]",
        b"null",
        b"{}",
        b'{"kind":"state"}',
        jsonl.line(state(0)).replace(b'"idle"', b'"dozing"'),
        jsonl.line(state(0)).replace(b'"kind":"state"', b'"kind":"other"'),
        jsonl.line(state(0)).replace(b'"n":0', b'"n":"0"'),
        jsonl.line(state(0)).replace(b'"monotonic_ns":0', b'"monotonic_ns":%d' % 2**63),
        jsonl.line(state(0)).replace(b'"delay_ms":null', b'"delay_ms":NaN'),
        jsonl.line(state(0)).replace(b'"delay_ms":null', b'"delay_ms":1e999'),
        jsonl.line(state(0)).replace(b'"2001-09-09T01:46:40.000000Z"', b'"today"'),
        jsonl.line(state(0)).replace(b'"2001-09-09T01:46:40.000000Z"', b"7"),
        jsonl.line(Talk().comment(1)).replace(b'"raw":": ping\\n"', b'"raw_base64":"?"'),
        jsonl.line(state(0)).replace(b'"reason":""', b'"reason":' + b"[" * 100_000),
        b"\xff\xfe",
    ],
)
def test_what_is_no_event_is_a_value_error(line: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        event_of(line)
    assert math.isfinite(event_of(jsonl.line(state(0))).at)


def test_a_disk_that_fails_in_the_midst_is_told(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="gone cannot be read any further"):
        list(read_jsonl(tmp_path / "gone", []))
