from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.protocol.tool_schema import schema_of
from tests.unit.protocol.test_deltas import JSON

OBJECT = {"type": "object"}


@pytest.mark.parametrize(
    ("declared", "properties", "required"),
    [
        ({"a": "string", "n": "int"}, {"a": {"type": "string"}, "n": {"type": "integer"}}, None),
        (
            {"a": {"type": "str", "description": "d", "required": True}},
            {"a": {"type": "string", "description": "d"}},
            ["a"],
        ),
        (
            {"a?": "number", "b": {"type": "list", "optional": True}},
            {"a": {"type": "number"}, "b": {"type": "array"}},
            None,
        ),
        ([{"name": "a", "type": "float", "required": True}, "b"], {"a": {"type": "number"}, "b": {}}, ["a"]),
        ({}, {}, None),
        ({"b": {"enum": [1, 2]}}, {"b": {"enum": [1, 2]}}, None),
    ],
)
def test_shorthand_becomes_json_schema(declared: Any, properties: Any, required: list[str] | None) -> None:
    schema, odd = schema_of(declared)
    assert schema == {**OBJECT, "properties": properties, **({"required": required} if required else {})}
    assert odd == ()


@pytest.mark.parametrize(
    "schema", [{"type": "object", "properties": {"a": {}}}, {"$ref": "#/$defs/a"}, {"type": "object"}]
)
def test_json_schema_stays_as_it_is(schema: Any) -> None:
    assert schema_of(schema) == (schema, ())


def test_what_is_no_type_is_told() -> None:
    schema, odd = schema_of({"a": "colour", "b": {"type": "wavelength"}, "c": None})
    assert schema["properties"] == {"a": {"description": "colour"}, "b": {}, "c": {}}
    assert len(odd) == 3 and '"colour"' in odd[0]
    assert schema_of([{"type": "string"}])[1] == ("1 of its parameters have no name.",)
    assert schema_of("text")[0] == OBJECT


@given(JSON | st.lists(st.dictionaries(st.sampled_from(["name", "type", "required"]), JSON)))
def test_any_declaration_gives_an_object_schema(declared: Any) -> None:
    assert isinstance(schema_of(declared)[0], dict)
