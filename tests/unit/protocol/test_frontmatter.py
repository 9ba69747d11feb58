"""Frontmatter: YAML 1.2 at the head of a file, compared with JSON."""

from __future__ import annotations

from typing import Any

import pytest

from inspector.protocol.frontmatter import MAX_CHARACTERS, differing_fields, read_frontmatter


def fields(yaml: str) -> dict[Any, Any]:
    read, sentence = read_frontmatter(f"---\n{yaml}\n---\nBody")
    assert read is not None, sentence
    return read


def test_the_fields_between_the_two_lines() -> None:
    assert read_frontmatter("---\nname: pdf\nmetadata:\n  version: '2.1.0'\n---\n\n---\nBody") == (
        {"name": "pdf", "metadata": {"version": "2.1.0"}},
        "",
    )


@pytest.mark.parametrize(
    "text", ["\ufeff---\r\nname: pdf\r\n---\r\nBody", "--- \nname: pdf\n---", "---\nname: pdf\n---\n"]
)
def test_line_ends_and_byte_order_marks(text: str) -> None:
    assert read_frontmatter(text) == ({"name": "pdf"}, "")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("# Body", "The file does not begin with frontmatter between two lines of ---."),
        ("---\nname: pdf\n", "The file does not begin with frontmatter between two lines of ---."),
        ("---\n---\n", "The frontmatter must be a mapping, not null."),
        ("---\n- a\n---\n", "The frontmatter must be a mapping, not an array."),
        (f"---\nname: {'x' * MAX_CHARACTERS}\n---\n", f"The frontmatter is longer than {MAX_CHARACTERS} characters."),
    ],
)
def test_what_is_no_frontmatter(text: str, sentence: str) -> None:
    assert read_frontmatter(text) == (None, sentence)


@pytest.mark.parametrize(
    "yaml", ["a: [", "a: !!python/object:os.system {}", "a: !own x", "[" * 5000, "\x00", "? [a]\n: b"]
)
def test_what_is_no_yaml_is_said_in_words(yaml: str) -> None:
    read, sentence = read_frontmatter(f"---\n{yaml}\n---\n")
    assert read is None
    assert sentence.startswith("The frontmatter is no YAML: ")


@pytest.mark.parametrize(
    ("yaml", "value"),
    [
        ("2026-07-28", "2026-07-28"),
        ("yes", "yes"),
        ("1:30", "1:30"),
        ("012", 12),
        ("0o12", 10),
        ("0x1F", 31),
        ("-3", -3),
        ("2.50", 2.5),
        ("1e3", 1000.0),
        ("true", True),
        ("~", None),
        ("", None),
        ("'1'", "1"),
        ("[1, two]", [1, "two"]),
    ],
)
def test_values_are_read_as_yaml_1_2_has_them(yaml: str, value: Any) -> None:
    read = fields(f"field: {yaml}")["field"]
    assert (type(read), read) == (type(value), value)


@pytest.mark.parametrize(
    ("listed", "yaml"),
    [
        ({"a": {"b": [1, 2.0, True, None, "x"]}}, "a: {b: [1, 2, true, null, x]}"),
        ({"1": "one", "null": "no"}, "1: one\nnull: no"),
        ({"true": "yes"}, "true: yes"),
        ({"a": ["x"], "b": ["x"]}, "a: &list [x]\nb: *list"),
    ],
)
def test_the_same_in_yaml_and_json(listed: dict[str, Any], yaml: str) -> None:
    assert differing_fields(listed, fields(yaml)) == []


@pytest.mark.parametrize(
    ("listed", "yaml", "names"),
    [
        ({"a": "1"}, "a: 1", ["a"]),
        ({"a": 1}, "a: true", ["a"]),
        ({"a": True}, "a: 1", ["a"]),
        ({"a": None}, "b: 1", ["a", "b"]),
        ({"a": {"b": [1]}, "c": 1}, "a: {b: [1, 2]}\nc: 1", ["a"]),
        ({"a": []}, "a: &knot [*knot]", ["a"]),
        ({"a": "2026-07-28"}, "a: !!timestamp 2026-07-28", ["a"]),
    ],
)
def test_fields_that_differ(listed: dict[str, Any], yaml: str, names: list[str]) -> None:
    assert differing_fields(listed, fields(yaml)) == names


def test_a_bomb_of_aliases_costs_no_more_than_the_listing() -> None:
    bomb = "\n".join(["l0: &l0 [x]", *(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 60))])
    assert "l59" in differing_fields({"l0": ["x"]}, fields(bomb))
