"""Schemas come from the server: any shape must give an answer, and nothing may be fetched."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.protocol.schema import MAX_SCHEMA_PARTS, Problem, check_schema, defaults, validate

PERSON = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "age": {"type": "integer", "minimum": 0, "maximum": 150},
        "mood": {"enum": ["good", 3, None]},
        "tags": {"type": "array", "items": {"type": "string"}},
        "nick": {"anyOf": [{"type": "string"}, {"type": "null"}]},
    },
    "additionalProperties": False,
}


def nested(depth: int) -> dict[str, Any]:
    """A schema of objects in objects."""
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(depth):
        schema = {"type": "object", "properties": {"a": schema}}
    return schema


def texts(problems: list[Problem]) -> list[str]:
    return [problem.text for problem in problems]


def test_a_value_that_fits_has_no_problem() -> None:
    assert validate(PERSON, {"name": "Ada", "age": 36, "mood": None, "tags": ["x"], "nick": None}) == []


@pytest.mark.parametrize(
    ("value", "pointer", "text"),
    [
        ({}, "/name", '"name" is required and missing.'),
        ({"name": 5}, "/name", '"name" must be a string, not an integer.'),
        ({"name": ""}, "/name", '"name" must have 1 or more characters, not 0.'),
        ({"name": "x", "age": 151}, "/age", '"age" must be at most 150, not 151.'),
        ({"name": "x", "age": True}, "/age", '"age" must be an integer, not a boolean.'),
        ({"name": "x", "mood": "bad"}, "/mood", '"mood" must be one of "good", 3, null; it is "bad".'),
        ({"name": "x", "tags": ["a", 1]}, "/tags/1", "/tags/1 must be a string, not an integer."),
        ({"name": "x", "nick": 5}, "/nick", '"nick" must be a string or null, not an integer.'),
        ({"name": "x", "other": 1}, "", "The value must not have the key other."),
        ([], "", "The value must be an object, not an array."),
    ],
)
def test_each_contradiction_is_one_sentence_with_its_place(value: Any, pointer: str, text: str) -> None:
    assert validate(PERSON, value) == [Problem(pointer, text)]


def test_pointers_escape_as_rfc_6901_asks() -> None:
    assert validate({"properties": {"a/b~c": {"type": "string"}}}, {"a/b~c": 1})[0].pointer == "/a~1b~0c"


def test_the_number_of_problems_is_limited() -> None:
    schema = {"items": {"type": "string"}}
    assert len(validate(schema, list(range(100)))) == 20
    assert len(validate(schema, list(range(100)), limit=3)) == 3


def test_a_remote_reference_is_a_problem_and_is_not_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object) -> None:
        raise AssertionError("a connection was made")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    problems = validate({"$ref": "http://127.0.0.1:9/schema.json"}, {})
    assert [problem.in_schema for problem in problems] == [True]
    assert "http://127.0.0.1:9/schema.json" in problems[0].text
    assert "nothing is fetched" in problems[0].text


def test_local_references_are_followed() -> None:
    schema = {"$defs": {"n": {"type": "integer"}}, "properties": {"a": {"$ref": "#/$defs/n"}}}
    assert validate(schema, {"a": 1}) == []
    assert texts(validate(schema, {"a": "x"})) == ['"a" must be an integer, not a string.']


def test_the_declared_dialect_is_honoured() -> None:
    tuples = {"items": [{"type": "integer"}, {"type": "string"}]}
    draft7 = {"$schema": "http://json-schema.org/draft-07/schema#", **tuples}
    assert texts(validate(draft7, [1, 2])) == ["/1 must be a string, not an integer."]
    assert check_schema(draft7) == []
    assert check_schema(tuples) != []


def test_an_unknown_dialect_is_reported_and_read_as_2020_12() -> None:
    schema = {"$schema": "https://example.com/mine", "type": "string"}
    assert texts(check_schema(schema)) == ["The dialect in $schema is unknown; 2020-12 is assumed."]
    assert texts(validate(schema, 1)) == ["The value must be a string, not an integer."]


@pytest.mark.parametrize(
    "schema",
    [None, 5, "x", [], {"type": "strnig"}, {"properties": []}, {"required": 5}, {"$schema": ["x"]}, {"minimum": "a"}],
    ids=repr,
)
def test_a_broken_schema_is_a_problem_of_the_schema(schema: Any) -> None:
    problems = check_schema(schema)
    assert problems
    assert all(problem.in_schema for problem in problems)
    assert all(problem.in_schema for problem in validate(schema, {"a": 1}))


def test_true_and_false_are_schemas() -> None:
    assert check_schema(True) == check_schema(False) == validate(True, 5) == []
    assert len(validate(False, 5)) == 1


def test_a_schema_without_end_is_given_up() -> None:
    assert validate({"$ref": "#"}, 5)[0].in_schema
    fan = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(40)}
    problems = validate({"$defs": {**fan, "d40": {}}, "$ref": "#/$defs/d0"}, 5)
    assert "took too long" in problems[-1].text


def test_deep_and_large_schemas_are_answered() -> None:
    assert "nested too deeply" in check_schema(nested(1000))[0].text
    large = {"properties": {f"p{n}": {"type": "string"} for n in range(MAX_SCHEMA_PARTS)}}
    assert "was not checked itself" in check_schema(large)[0].text
    assert texts(validate(large, {"p7": 1})) == ['"p7" must be a string, not an integer.']


def test_patterns_are_checked_where_they_end_soon() -> None:
    assert texts(validate({"pattern": "^[a-z]+$"}, "A")) == ['The value does not match the pattern "^[a-z]+$".']
    assert validate({"pattern": "(a+)+$"}, "a" * 60 + "b") == []
    assert validate({"pattern": "a*a*a*a*a*a*b"}, "a" * 5000) == []
    assert validate({"patternProperties": {"(a+)+$": False}}, {"a" * 60 + "b": 1}) == []
    assert validate({"pattern": r"\p{L}"}, "x") == []


def test_big_integers_are_exact() -> None:
    assert validate({"maximum": 2**64}, 2**64) == []
    assert texts(validate({"maximum": 2**64}, 2**64 + 1)) == [f"The value must be at most {2**64}, not {2**64 + 1}."]


def test_defaults_take_what_is_declared_and_what_is_required() -> None:
    schema = {
        "type": "object",
        "required": ["text", "list", "inner", "count", "mode"],
        "properties": {
            "text": {"type": "string"},
            "list": {"type": "array"},
            "count": {"type": "integer"},
            "mode": {"enum": ["a", "b"]},
            "limit": {"type": "integer", "default": 10},
            "skip": {"type": "string"},
            "inner": {"type": "object", "properties": {"deep": {"type": "boolean", "default": False}}},
            "other": {"type": "object", "required": ["x"], "properties": {"x": {"type": "string"}}},
        },
    }
    assert defaults(schema) == {"text": "", "list": [], "limit": 10, "inner": {"deep": False}}


def test_an_optional_object_starts_only_with_a_default_inside() -> None:
    inner = {"type": "object", "required": ["x"], "properties": {"x": {"type": "string"}, "y": {"default": 2}}}
    assert defaults({"properties": {"o": inner}}) == {"o": {"x": "", "y": 2}}


def test_defaults_follow_references_and_null() -> None:
    schema = {
        "$defs": {"n": {"type": "integer", "default": 3}},
        "properties": {
            "a": {"$ref": "#/$defs/n"},
            "b": {"$ref": "#/$defs/n", "default": 4},
            "c": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
            "d": {"allOf": [{"$ref": "#/$defs/n"}]},
        },
    }
    assert defaults(schema) == {"a": 3, "b": 4, "c": None, "d": 3}


def test_a_default_is_a_copy() -> None:
    schema = {"properties": {"a": {"default": [1]}}}
    defaults(schema)["a"].append(2)
    assert defaults(schema) == {"a": [1]}


def test_defaults_of_a_schema_that_contains_itself_end() -> None:
    node: dict[str, Any] = {"type": "object", "required": ["a", "b"]}
    node["properties"] = {"a": {"$ref": "#"}, "b": {"$ref": "#"}}
    assert set(defaults(node)) <= {"a", "b"}
    assert defaults({"$ref": "#"}) == {}


KEYWORDS = st.sampled_from(
    [*PERSON, "items", "enum", "$ref", "anyOf", "allOf", "oneOf", "default", "const", "pattern", "minimum", "$schema"]
)
ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.sampled_from(["string", "object", "#", "("]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYWORDS | st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(ANY_JSON, ANY_JSON)
def test_no_schema_and_no_value_raises(schema: Any, value: Any) -> None:
    assert all(problem.in_schema and problem.text for problem in check_schema(schema))
    assert all(problem.text.endswith(".") for problem in validate(schema, value))
    defaults(schema)
