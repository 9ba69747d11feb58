"""The table: every event survives it, and plain SQL finds what the timeline shows."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from inspector.record import schema
from inspector.record.timeline import Timeline
from inspector.trace.events import (
    AnyEvent,
    BodyReceived,
    ConnectionState,
    Direction,
    FrameReceived,
    Framing,
    Message,
    MessageType,
    Severity,
    Violation,
)
from tests.support.rivers import Talk
from tests.support.stored import ask, read_back, record, rivers


@settings(max_examples=150)
@given(rivers(), st.integers(1, 30), st.booleans())
def test_every_event_is_read_back_as_it_was(events: list[AnyEvent], size: int, flushing: bool) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, "any.mcptrace")
        record(path, events, size, flushing=flushing and len(events) < 2 * size)
        assert read_back(path) == events


def columns_of(path: Path, *names: str) -> list[tuple[object, ...]]:
    return ask(path, f"SELECT {', '.join(names)} FROM event ORDER BY n")  # noqa: S608 - our own names


def test_what_one_asks_for_stands_in_columns(river: Talk, path: Path) -> None:
    river.state(ConnectionState.CONNECTING)
    asked = river.ask(4, name="echo", id=7, raw=b'{"id":7}')
    river.send(4, body=b'{"id":7}')
    river.chunk(4, b"data: {}\n\n")
    river.answer(4, asked, id=7, raw=b"data: {}\n\n", rtt_ms=2.5)
    river.hear(FrameReceived, None, event="tick", event_id="e\ud800", raw=b"x")
    river.tell(Violation, rule="odd", severity=Severity.WARN, text="It is odd.", about_n=4)
    record(path, river.since(0))
    names = ("n", "row", "direction", "kind", "type", "label", "name", "id", "size_bytes", "latency_ms", "severity")
    assert columns_of(path, *names, "about_n") == [
        (0, 0, None, "state", "state", "connecting", "", None, None, None, 0, None),
        (1, 1, "out", "message", "request", "tools/call", "echo", "7", 8, None, 0, None),
        (2, 2, "out", "http.request", "HTTP request", "POST", "tools/call", None, 8, None, 0, 1),
        (3, None, "in", "chunk", None, None, None, None, 10, None, None, 4),
        (4, 3, "in", "message", "response", "tools/call", "echo", "7", 10, 2.5, 0, 1),
        (5, 4, "in", "frame", "SSE event", "tick", "", "e\\ud800", 1, None, 0, None),
        (6, 5, None, "violation", "violation", "odd", "", None, None, None, 3, 4),
    ]
    assert columns_of(path, "raw", "said IS NULL")[4:] == [(b"data: {}\n\n", 1), (b"x", 1), (None, 0)]


def test_the_columns_are_those_of_the_timeline(river: Talk, path: Path) -> None:
    river.calls(20)
    timeline = river.into(Timeline())
    record(path, river.since(0))
    told = [columns for columns in columns_of(path, "row", "label", "name", "severity") if columns[0] is not None]
    assert told == [(row, timeline.label(row), timeline.name(row), timeline.severities[row]) for row in range(80)]


def test_what_an_event_without_bytes_says_can_be_searched(river: Talk, path: Path) -> None:
    river.tell(Violation, rule="r", severity=Severity.NOTE, text="half \ud83d and NUL \0", fix="Mend it.")
    record(path, river.since(0))
    [(said,)] = columns_of(path, "said")
    assert "half" in str(said) and "Mend it." in str(said)


@pytest.mark.parametrize("event_id", ["", "7", "\0", "\udc80"])
def test_ids_of_events_are_told_as_text(event_id: str) -> None:
    shown = schema.shown_id(FrameReceived(event_id=event_id))
    assert shown is not None and shown.encode() == event_id.encode("utf-8", "backslashreplace")
    assert schema.shown_id(FrameReceived()) is None


def test_ids_of_messages_are_told_as_json() -> None:
    def shown(**fields: object) -> str | None:
        return schema.shown_id(Message(message_type="request", framing=Framing.BODY, **fields))  # type: ignore[arg-type]

    assert [shown(id=7), shown(id="7"), shown(id=10**30), shown()] == ["7", '"7"', str(10**30), None]


@pytest.mark.parametrize(
    ("column", "value"),
    [("at", "'soon'"), ("monotonic_ns", "'x'"), ("stream", "'x'"), ("raw", "'text'"), ("facts", "'{'")],
)
def test_what_does_not_fit_is_refused(river: Talk, path: Path, column: str, value: str) -> None:
    river.hear(BodyReceived, 1, content_type="text/html", raw=b"<p>")
    record(path, river.since(0))
    [columns] = ask(path, schema.SELECT.replace(f" {column},", f" {value},"))
    with pytest.raises((TypeError, ValueError)):
        schema.read(columns)


def test_half_a_surrogate_pair_becomes_an_escape() -> None:
    assert [schema.sound(text) for text in ("a", "é", "\ud800")] == ["a", "é", "\\ud800"]


def test_directions_are_read_as_they_were(river: Talk, path: Path) -> None:
    for direction in (None, Direction.INBOUND, Direction.OUTBOUND):
        river.tell(Violation, rule="r", severity=Severity.NOTE, text="t", direction=direction)
    record(path, river.since(0))
    assert [event.direction for event in read_back(path)] == [None, Direction.INBOUND, Direction.OUTBOUND]


def other_value(value: object) -> object:
    """A value of the same kind that differs."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, tuple):
        return ("odd",)
    if isinstance(value, bytes):
        return b"other"
    return value + 1 if isinstance(value, int | float) else f"{value or ''}x"


def test_nothing_of_a_notification_is_taken_for_granted(river: Talk, path: Path) -> None:
    """What many notifications have in common is computed once; one that differs in any field is told as it is."""
    plain = river.message(1, MessageType.NOTIFICATION, method="m", event_id="7", first_byte_ns=0, raw=b"data: {}\n\n")
    others = {
        "message_type": MessageType.INVALID,
        "framing": Framing.BODY,
        "retry_ms": 5,
        "request_n": 1,
        "rtt_ms": 1.5,
    }
    others |= {"error_code": -1, "direction": Direction.OUTBOUND}
    kept = {"n", "stream", "method"}
    events = [plain]
    for name in Message.__struct_fields__:
        if name not in kept:
            value = others.get(name) or other_value(getattr(plain, name))
            events += [replace(plain, **{name: value}), plain]
    events = [replace(event, n=n) for n, event in enumerate(events)]
    record(path, events)
    assert read_back(path) == events
