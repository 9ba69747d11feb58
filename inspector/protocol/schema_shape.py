"""A schema as a form needs it: unwrapped, and the value to start from.

Only local references are followed, and only as far as fixed bounds; `validate` reads the schema as it stands.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

MAX_HOPS = 16


@dataclass(frozen=True, slots=True)
class Simple:
    """A schema without the wrappings a form need not know of: `null` alternatives, local references, single `allOf`."""

    schema: dict[str, Any]
    nullable: bool


def simplify(schema: Any, root: Any) -> Simple | None:
    """`schema` with local `$ref`, a lone `allOf` and a `null` alternative taken out; None if it is no object or a
    reference leads nowhere or in a circle. `root` is the document that `#/...` points into."""
    nullable = False
    for _ in range(MAX_HOPS):
        if not isinstance(schema, dict):
            return None
        inner, null = _unwrap(schema, root)
        nullable = nullable or null
        if inner is schema:
            return Simple(schema, nullable)
        schema = inner
    return None


def defaults(schema: Any) -> Any:
    """The value a form starts with: declared defaults, also nested ones; without a default only what is required.

    A required text starts empty, a required object or array too; a required number or choice is left to the user.
    """
    start = _Start(schema)
    return start.value_or({})


class _Start:
    """One walk over a schema for its starting value; `_left` bounds what recursion can multiply."""

    MISSING = object()

    def __init__(self, root: Any) -> None:
        self._root = root
        self._left = 2_000

    def value_or(self, fallback: Any) -> Any:
        value = self._value(self._root, required=True, depth=0)
        return fallback if value is self.MISSING else value

    def _value(self, schema: Any, *, required: bool, depth: int) -> Any:
        self._left -= 1
        simple = simplify(schema, self._root)
        if simple is None or self._left < 0 or depth > MAX_HOPS:
            return self.MISSING
        if "default" in simple.schema:
            return copy.deepcopy(simple.schema["default"])
        if required and "const" in simple.schema:
            return copy.deepcopy(simple.schema["const"])
        if is_object(simple.schema):
            declared = self._object(simple.schema, depth, fill=False)
            return self._object(simple.schema, depth, fill=True) if declared or required else self.MISSING
        if not required or "enum" in simple.schema:
            return self.MISSING
        return {"string": "", "array": []}.get(str(simple.schema.get("type")), self.MISSING)

    def _object(self, schema: dict[str, Any], depth: int, *, fill: bool) -> dict[str, Any]:
        """Declared defaults; with `fill` also the empty starts of what is required."""
        needed = required_names(schema) if fill else ()
        made = {}
        for name, inner in schema["properties"].items() if isinstance(schema.get("properties"), dict) else ():
            value = self._value(inner, required=name in needed, depth=depth + 1)
            if value is not self.MISSING:
                made[name] = value
        return made


def is_object(schema: dict[str, Any]) -> bool:
    """Whether a simplified schema describes an object, by its type or by having properties."""
    declared = schema.get("type")
    return declared == "object" or (declared is None and isinstance(schema.get("properties"), dict))


def required_names(schema: dict[str, Any]) -> frozenset[str]:
    """The names under `required`, whatever shape it has."""
    names = schema.get("required")
    return frozenset(name for name in names if isinstance(name, str)) if isinstance(names, list) else frozenset()


def _unwrap(schema: dict[str, Any], root: Any) -> tuple[Any, bool]:
    """One layer off `schema` (the same object if there is none), and whether that layer allowed null."""
    ref, all_of, declared = schema.get("$ref"), schema.get("allOf"), schema.get("type")
    if isinstance(ref, str):
        return _merge(_local(ref, root), schema, "$ref"), False
    if isinstance(all_of, list) and len(all_of) == 1:
        return _merge(all_of[0], schema, "allOf"), False
    for keyword in ("anyOf", "oneOf"):
        options = schema.get(keyword)
        if isinstance(options, list) and len(options) == 2 and {"type": "null"} in options:
            return _merge(options[options[0] == {"type": "null"}], schema, keyword), True
    if isinstance(declared, list) and len(declared) == 2 and "null" in declared:
        return {**schema, "type": declared[declared[0] == "null"]}, True
    return schema, False


def _merge(inner: Any, outer: dict[str, Any], without: str) -> dict[str, Any] | None:
    """What both say, the outer one winning, for a form; `validate` reads the schema as it stands."""
    if not isinstance(inner, dict):
        return None
    merged = {**inner, **{key: value for key, value in outer.items() if key != without}}
    mine, theirs = outer.get("properties"), inner.get("properties")
    if isinstance(mine, dict) and isinstance(theirs, dict):
        merged["properties"] = {**theirs, **mine}
    if names := required_names(inner) | required_names(outer):
        merged["required"] = sorted(names)
    return merged


def _local(ref: str, root: Any) -> Any:
    """What a reference within the same document points to, or None."""
    if not ref.startswith("#"):
        return None
    found = root
    for part in ref[1:].split("/")[1:]:
        key = unquote(part).replace("~1", "/").replace("~0", "~")
        if not isinstance(found, dict) or key not in found:
            return None
        found = found[key]
    return found
