"""The parameters of a tool as JSON Schema, from whatever shorthand a manifest writes them in (R82)."""

from __future__ import annotations

from typing import Any

from inspector.protocol.jsonrpc import json_type, shown

TYPES = {
    "string": ("string", "str", "text", "date", "datetime", "url", "uuid", "path"),
    "integer": ("integer", "int", "long"),
    "number": ("number", "float", "double", "decimal"),
    "boolean": ("boolean", "bool"),
    "array": ("array", "list", "tuple", "set"),
    "object": ("object", "dict", "map", "json", "record"),
}
_TYPES = {word: name for name, words in TYPES.items() for word in words}
_SCHEMA_WORDS = frozenset({"properties", "$ref", "$schema", "$defs", "allOf", "anyOf", "oneOf", "additionalProperties"})
_NO_KEYWORDS = ("required", "optional", "name")


def schema_of(declared: Any) -> tuple[dict[str, Any], tuple[str, ...]]:
    """A JSON Schema of type object, and what of the declaration was not understood. Never raises.

    Taken are: a JSON Schema as it is, `{name: type}`, `{name: {type, description, required}}`, and a list of
    `{name, type, required}`.
    """
    if isinstance(declared, list):
        entries = [(str(item["name"]), item) for item in declared if isinstance(item, dict) and "name" in item]
        entries += [(item, {}) for item in declared if isinstance(item, str)]
        lost = len(declared) - len(entries)
        return _from_entries(entries, (f"{lost} of its parameters have no name.",) if lost else ())
    if not isinstance(declared, dict):
        return {"type": "object"}, (f"its parameters are {json_type(declared)}, which says nothing.",)
    if declared.keys() & _SCHEMA_WORDS or declared.get("type") == "object":
        return declared, ()
    return _from_entries([(str(name), item) for name, item in declared.items()], ())


def _from_entries(entries: list[tuple[str, Any]], odd: tuple[str, ...]) -> tuple[dict[str, Any], tuple[str, ...]]:
    properties: dict[str, Any] = {}
    required: list[str] = []
    notes = list(odd)
    for name, entry in entries:
        is_optional, plain = name.endswith("?"), name.removesuffix("?")
        properties[plain], understood = _property(entry)
        if not understood:
            notes.append(f"the type of {shown(plain)} is {shown(_type_word(entry))}, which is none of JSON Schema.")
        if isinstance(entry, dict) and entry.get("required") is True and not is_optional:
            required.append(plain)
    schema: dict[str, Any] = {"type": "object", "properties": properties}
    return (schema | {"required": required} if required else schema), tuple(notes)


def _property(entry: Any) -> tuple[dict[str, Any], bool]:
    """The schema of one parameter, and whether its type was understood."""
    if isinstance(entry, dict):
        schema = {key: value for key, value in entry.items() if key not in _NO_KEYWORDS}
        word = entry.get("type")
        if not isinstance(word, str):
            return schema, True
        known = _TYPES.get(word.lower().removesuffix("?"))
        schema.pop("type")
        return ({"type": known} if known else {}) | schema, known is not None
    word = _type_word(entry)
    if isinstance(word, str):
        known = _TYPES.get(word.lower().removesuffix("?"))
        return ({"type": known}, True) if known else ({"description": word}, False)
    return {}, False


def _type_word(entry: Any) -> Any:
    return entry.get("type") if isinstance(entry, dict) else entry
