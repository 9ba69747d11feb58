from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.wire.jsontext import MAX_DEPTH, dumps, inspect, parse, pretty, split_array

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=20,
)
PIECES = ("\\", "\\u", "\\ud800", "1", "-1", "9e999", "NaN", "null", "true", '"a"', "é", "\x00", "\ufeff")
json_like = st.lists(st.sampled_from([*'{}[],:"', *PIECES])).map("".join)
unhurried = settings(deadline=None, max_examples=300)


@unhurried
@given(value=values)
def test_values_survive_both_ways(value: Any) -> None:
    assert parse(dumps(value)).value == value
    assert parse(pretty(value)).value == value
    assert json.loads(dumps(value)) == value


@unhurried
@given(raw=st.one_of(st.binary(), st.text(), json_like))
def test_arbitrary_text_never_raises(raw: bytes | str) -> None:
    parsed = parse(raw)
    inspect(raw)
    if parsed.error is None:
        dumps(parsed.value).decode()
        pretty(parsed.value).encode()
    else:
        assert parsed.value is None
        assert 0 <= parsed.error.offset <= len(raw if isinstance(raw, bytes) else raw.encode("utf-8", "surrogatepass"))
        assert len(parsed.error.excerpt.encode().decode()) <= 40


@unhurried
@given(raw=json_like)
def test_what_is_read_without_a_note_is_read_as_the_standard_library_does(raw: str) -> None:
    parsed = parse(raw)
    if parsed.error is None and not parsed.notes:
        assert parsed.value == json.loads(raw)


@pytest.mark.parametrize("text", ["18446744073709551616", "-9223372036854775809", "1" * 4000])
def test_integers_of_any_size_are_exact(text: str) -> None:
    parsed = parse(text)
    assert type(parsed.value) is int
    assert str(parsed.value) == text
    assert dumps(parsed.value) == text.encode()


def test_an_integer_that_python_would_not_print_is_a_decimal() -> None:
    text = "-" + "9" * 5000
    parsed = parse(f"[{text}]")
    assert parsed.value == [Decimal(text)]
    assert parsed.notes == ("An integer of 5000 digits.",)
    assert dumps(parsed.value) == f"[{text}]".encode()


def test_a_number_too_large_for_a_double_is_kept() -> None:
    parsed = parse("1e400")
    assert parsed.value == Decimal("1e400")
    assert parse(dumps(parsed.value)).value == parsed.value
    assert parsed.notes == ("The number 1e400 does not fit a double.",)


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"a":'])
def test_depth_is_bounded(opening: str) -> None:
    parsed = parse(opening * 100_000)
    assert parsed.error is not None
    assert parsed.error.text == f"Nested deeper than {MAX_DEPTH} levels"
    assert 0 < parsed.error.offset < 2000
    assert inspect(opening * 100_000) == ()


def test_depth_is_counted_without_strings_and_breadth() -> None:
    wide: list[Any] = [[{}] for _ in range(1000)] + ["[" * 1000]
    assert parse(dumps(wide)).value == wide
    for depth, fits in ((MAX_DEPTH, True), (MAX_DEPTH + 1, False)):
        assert (parse("[" * depth + "]" * depth).error is None) is fits


@pytest.mark.parametrize(
    ("raw", "offset", "line", "column", "reason"),
    [
        ("[1,x]", 3, 1, 4, "Expecting value"),
        ('{"é": 1,\n "b": x}', 16, 2, 7, "Expecting value"),
        ("", 0, 1, 1, "The text is empty"),
        (b'"\xff" x', 4, 1, 5, "Extra data"),
        (b"\xef\xbb\xbf[x]", 4, 1, 3, "Expecting value"),
    ],
)
def test_an_error_says_where_it_stands(raw: bytes | str, offset: int, line: int, column: int, reason: str) -> None:
    error = parse(raw).error
    assert error is not None
    assert (error.offset, error.line, error.column, error.text) == (offset, line, column, reason)


def test_an_error_shows_the_text_around_it() -> None:
    error = parse("[" + "1, " * 50 + "x" + ", 2" * 50 + "]").error
    assert error is not None
    assert error.excerpt == ", 1, 1, 1, 1, 1, 1, x, 2, 2, 2, 2, 2, 2,"


@pytest.mark.parametrize(
    ("raw", "value", "note"),
    [
        ('{"a": 1, "b": 2, "a": 3}', {"a": 3, "b": 2}, 'The key "a" stands twice in one object; the last one counts.'),
        (b"\xef\xbb\xbf1", 1, "The text begins with a byte order mark (RFC 8259 section 8.1 forbids it)."),
        (b'"a\xff"', "a\ufffd", "The text is not UTF-8 (RFC 8259 section 8.1); bad bytes are shown as U+FFFD."),
        (
            '{"\\ud800": "\\udc00x"}',
            {"\ufffd": "\ufffdx"},
            "A \\u escape is half of a surrogate pair, which is no character; shown as U+FFFD.",
        ),
        ("9007199254740993", 2**53 + 1, "The integer 9007199254740993 is beyond 2^53, where JavaScript rounds."),
    ],
)
def test_what_readers_disagree_on_is_noted(raw: bytes | str, value: Any, note: str) -> None:
    assert parse(raw).value == value
    assert inspect(raw) == (note,)


def test_not_a_number_is_read_and_noted() -> None:
    parsed = parse("[NaN, Infinity, -Infinity]")
    assert math.isnan(parsed.value[0])
    assert parsed.value[1:] == [math.inf, -math.inf]
    assert [note.split(" ")[0] for note in parsed.notes] == ["NaN", "Infinity", "-Infinity"]
    assert dumps(parsed.value) == b"[null,null,null]"


def test_notes_are_bounded() -> None:
    notes = inspect("[" + ",".join(str(2**60 + n) for n in range(1000)) + "]")
    assert len(notes) == 16
    assert all(len(note) < 120 for note in inspect('{"' + "k" * 10_000 + '":1,"' + "k" * 10_000 + '":1}'))


def test_plain_messages_have_no_notes() -> None:
    assert inspect('{"jsonrpc": "2.0", "id": 1, "result": {"a": [1.5, "\\ud83d\\ude00"]}}') == ()


def test_a_lone_surrogate_is_written_as_an_escape() -> None:
    assert dumps(["é\ud800"]) == b'["\\u00e9\\ud800"]'


def test_pretty_indents_by_two() -> None:
    assert pretty({"a": [1, {}], "b": []}) == '{\n  "a": [\n    1,\n    {}\n  ],\n  "b": []\n}'


@pytest.mark.parametrize(
    ("raw", "parts"),
    [
        (b' [ 1 , {"a": [1, 2]}\n,"x,]\\"", []] ', [b"1", b'{"a": [1, 2]}', b'"x,]\\""', b"[]"]),
        (b"[]", []),
        (b"[ ]", []),
        (b"[1]", [b"1"]),
        (b'{"a": 1}', []),
        (b'"[1]"', []),
        (b"[1, 2", []),
        (b"", []),
    ],
)
def test_split_array(raw: bytes, parts: list[bytes]) -> None:
    assert split_array(raw) == parts


@unhurried
@given(items=st.lists(values))
def test_split_array_gives_the_text_of_each_element(items: list[Any]) -> None:
    for raw in (dumps(items), pretty(items).encode()):
        parts = split_array(raw)
        assert [parse(part).value for part in parts] == items
        assert all(part in raw for part in parts)


@unhurried
@given(raw=st.one_of(st.binary(), json_like.map(lambda text: text.encode("utf-8", "surrogatepass"))))
def test_split_array_never_raises(raw: bytes) -> None:
    assert all(part in raw for part in split_array(raw))
