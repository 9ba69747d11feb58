"""What a walk over a schema sees, and that it calls nothing usual that the metaschema refuses."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.diagnose.schema_walk import dangling, walk
from inspector.protocol.schema import check_schema

USUAL: dict[str, Any] = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "title": "Search",
    "properties": {
        "text": {"type": "string", "minLength": 1, "pattern": "^a", "description": "d"},
        "limit": {"type": ["integer", "null"], "minimum": 0, "exclusiveMaximum": 10.5, "default": None},
        "tags": {"type": "array", "items": {"enum": ["a", 1]}, "uniqueItems": True},
        "where": {"anyOf": [{"$ref": "#/$defs/Place"}, {"type": "null"}]},
        "properties": {"type": "object", "additionalProperties": {"type": "number"}},
    },
    "required": ["text"],
    "additionalProperties": False,
    "$defs": {"Place": {"type": "object", "properties": {}}},
    "x-order": 3,
}


def test_what_most_tools_have_is_usual() -> None:
    seen = walk(USUAL)
    assert seen.is_usual and check_schema(USUAL) == []
    assert (seen.parts, seen.depth) == (12, 3)
    assert dangling(USUAL, seen) is None


@pytest.mark.parametrize(
    "odd",
    [
        {"type": "any"},
        {"type": []},
        {"type": ["string", "string"]},
        {"required": True},
        {"required": ["a", "a"]},
        {"properties": {"a": {}, "required": ["a"]}},
        {"properties": []},
        {"items": [{"type": "string"}]},
        {"anyOf": []},
        {"anyOf": [1]},
        {"minLength": -1},
        {"minLength": True},
        {"exclusiveMinimum": True},
        {"enum": "a"},
        {"additionalProperties": "no"},
        {"$schema": "http://json-schema.org/draft-04/schema#"},
        {"$schema": 4},
        {"multipleOf": 0},
        {"title": 1},
        {"not": {"type": 1}},
    ],
)
def test_what_may_be_wrong_is_left_to_the_metaschema(odd: Any) -> None:
    assert not walk(odd).is_usual


KEYWORDS = st.sampled_from(
    ("type", "properties", "items", "required", "anyOf", "enum", "minLength", "pattern", "$defs", "not", "x", "default")
) | st.sampled_from(("minimum", "uniqueItems", "title", "additionalProperties", "examples", "const", "if", "format"))
SCHEMAS = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 3) | st.sampled_from(["string", "object", "a", ""]) | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYWORDS, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(KEYWORDS, SCHEMAS, max_size=4))
def test_what_is_called_usual_is_valid(schema: dict[str, Any]) -> None:
    if walk(schema).is_usual:
        assert check_schema(schema) == []


@pytest.mark.parametrize(
    "ref",
    ["#", "#/$defs/a%20b~1c", "#/anyOf/1", "#here", "other.json#/x", "http://a/b#/c"],
)
def test_a_reference_to_what_is_there(ref: str) -> None:
    schema = {
        "$ref": ref,
        "$defs": {"a b/c": {"$anchor": "here"}},
        "anyOf": [{}, {"type": "null"}],
        "$id": "http://a/b",
    }
    assert dangling(schema, walk(schema)) is None


@pytest.mark.parametrize(
    "ref", ["#/$defs/Missing", "#/anyOf/2", "#/anyOf/x", "#nowhere", "Place.json", "https://example.com/s.json"]
)
def test_a_reference_to_what_is_not(ref: str) -> None:
    schema = {"properties": {"a": {"$ref": ref}}, "anyOf": [{}, {}]}
    assert dangling(schema, walk(schema)) == ref


def test_in_an_inner_document_references_count_from_there() -> None:
    schema = {"$defs": {"a": {"$id": "inner", "$defs": {"b": {}}, "$ref": "#/$defs/b"}}}
    assert dangling(schema, walk(schema)) is None


def test_a_property_of_that_name_is_no_reference() -> None:
    schema = {"properties": {"$ref": {"type": "string"}}, "default": {"$ref": "#/nowhere"}}
    assert walk(schema).references == []


def test_an_endless_schema_is_given_up() -> None:
    seen = walk({"anyOf": [{"type": "string"}] * 30_000})
    assert not seen.is_usual and seen.parts == 20_001
