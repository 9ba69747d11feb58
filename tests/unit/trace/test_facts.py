"""What is wrong with what a server said, in words that name the cause."""

from __future__ import annotations

import pytest

from inspector.protocol import jsonrpc
from inspector.protocol.breach import Severity
from inspector.trace.facts import envelope_breach, foreign_event_name, frame_breaches, invalid_json, lenient_json
from inspector.wire import jsontext
from inspector.wire.sse import Frame, SseParser


def text_about(data: str) -> str:
    error = jsontext.parse(data).error
    assert error is not None
    breach = invalid_json(error, truncated=False)
    assert breach.rule == "jsonrpc-invalid-json"
    return breach.text


@pytest.mark.parametrize("data", ["{'jsonrpc': '2.0'}", '{"result": None}', "[1, 'a']"])
def test_what_python_prints_is_recognised(data: str) -> None:
    assert "json.dumps()" in text_about(data)


def test_what_javascript_prints_is_recognised() -> None:
    assert "JavaScript" in text_about("[object Object]")


def test_text_that_is_cut_off_shows_where() -> None:
    text = text_about('{"jsonrpc": "2.0", "id": 1, "result": {"tools": [')
    assert "at byte 49" in text and 'tools\\": [' in text
    assert "Python" not in text and "JavaScript" not in text


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_a_number_that_json_does_not_have_is_told(number: str) -> None:
    breach = lenient_json(jsontext.parse(f'{{"result": {number}}}').notes)
    assert breach is not None and number in breach.text


@pytest.mark.parametrize("data", ['{"a": 1, "a": 2}', '{"a": "\\ud800"}', '{"NaN": 1}'])
def test_what_other_readers_take_is_not_told(data: str) -> None:
    assert lenient_json(jsontext.parse(data).notes) is None


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        ('{"jsonrpc": "2.0", "id": 1, "result": {}}', "jsonrpc-double-encoded"),
        ("{not json}", "jsonrpc-envelope-invalid"),
        ("hello", "jsonrpc-envelope-invalid"),
        ({"jsonrpc": "1.0", "method": "a"}, "jsonrpc-envelope-invalid"),
    ],
)
def test_a_message_in_a_string_was_encoded_twice(value: object, rule: str) -> None:
    assert envelope_breach(jsonrpc.read(value)).rule == rule


def breaches_of(raw: bytes) -> list[tuple[str, Severity]]:
    (frame,) = SseParser().feed(raw)
    assert isinstance(frame, Frame)
    return [(breach.rule, breach.severity) for breach in frame_breaches(frame, 1_000)]


@pytest.mark.parametrize(
    ("raw", "severities"),
    [
        (b'data: {\ndata: "jsonrpc": "2.0"}\n\n', {"sse-multiline-data": Severity.NOTE}),
        (b'data: [\ndata:  {"id": 1}]\n\n', {"sse-multiline-data": Severity.NOTE}),
        (b'data: {"jsonrpc": "2.0", "method": "a\ndata: b"}\n\n', {"sse-multiline-data": Severity.ERROR}),
        (
            b'data: {\n  "jsonrpc": "2.0",\n  "id": 1\n}\n\n',
            {"sse-multiline-data": Severity.ERROR, "sse-unknown-field": Severity.WARN},
        ),
        (b"data: [info] one\ndata: two\n\n", {}),
        (b"data: plain\ndata: text\n\n", {}),
        (b'data: {"a": "b\ndata: c"}\n\n', {}),
        (b'data: {"jsonrpc": "2.0"}\n\n', {}),
    ],
)
def test_a_message_on_several_lines(raw: bytes, severities: dict[str, Severity]) -> None:
    assert dict(breaches_of(raw)) == severities


@pytest.mark.parametrize(
    ("raw", "severity"),
    [
        (b'{"jsonrpc":"2.0"}\ndata: x\n\n', Severity.WARN),
        (b"Data: x\n\n", Severity.WARN),
        (b" data: x\n\n", Severity.WARN),
        (b"INFO: started\nINFO: ready\n\n", Severity.WARN),
        (b"trace: 7\ndata: x\n\n", Severity.NOTE),
    ],
)
def test_a_line_that_is_no_field(raw: bytes, severity: Severity) -> None:
    assert breaches_of(raw) == [("sse-unknown-field", severity)]


@pytest.mark.parametrize(
    ("raw", "is_odd"),
    [
        (b"data: x\r\r", True),
        (b"event: a\r\ndata: x\n\n", True),
        (b"event: a\ndata: x\r\r", True),
        (b"event: a\r\ndata: x\r\n\r\n", False),
        (b"event: a\ndata: x\n\n", False),
    ],
)
def test_line_ends_are_of_one_kind(raw: bytes, is_odd: bool) -> None:
    assert breaches_of(raw) == ([("sse-eol-odd", Severity.NOTE)] if is_odd else [])


def test_a_crlf_that_two_chunks_tear_is_one_line_end() -> None:
    parser = SseParser()
    frames = parser.feed(b"data: a\r") + parser.feed(b"\n\r\n")
    assert len(frames) == 1 and isinstance(frames[0], Frame)
    assert frame_breaches(frames[0], 1_000) == []


def test_a_mark_before_the_endpoint_costs_the_session() -> None:
    assert breaches_of(b"\xef\xbb\xbfevent: endpoint\ndata: /m\n\n") == [("sse-bom", Severity.ERROR)]
    assert breaches_of(b"\xef\xbb\xbfdata: x\n\n") == [("sse-bom", Severity.WARN)]


def test_bytes_that_are_no_utf_8_are_shown_with_their_place() -> None:
    parser = SseParser()
    parser.feed(b": 8 bytes\n\n")
    (frame,) = parser.feed(b"data: caf\xe9!\n\n")
    assert isinstance(frame, Frame)
    (breach,) = frame_breaches(frame, 1_000)
    assert "(byte 20: e9 21 0a 0a)" in breach.text


@pytest.mark.parametrize(
    ("data", "severity"),
    [
        (b'{"jsonrpc":"2.0","method":"a"}', Severity.WARN),
        (b"pong", Severity.NOTE),
        (b'{"type":"ping"}', Severity.NOTE),
    ],
)
def test_a_foreign_name_loses_only_messages(data: bytes, severity: Severity) -> None:
    (frame,) = SseParser().feed(b"event: update\ndata: " + data + b"\n\n")
    assert isinstance(frame, Frame)
    note, breach = foreign_event_name(frame)
    assert (breach.rule, breach.severity) == ("sse-unknown-event-name", severity)
    assert '"update"' in note
