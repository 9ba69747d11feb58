"""What is wrong with what a server said, in words that name the cause."""

from __future__ import annotations

import pytest

from inspector.protocol import jsonrpc
from inspector.trace.facts import envelope_breach, invalid_json, lenient_json
from inspector.wire import jsontext


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
