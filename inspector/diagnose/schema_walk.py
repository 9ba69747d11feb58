"""One walk over a JSON Schema, for what costs nothing to see: its size, its references, and whether all is as usual.

Nearly every tool has a schema of a few keywords in their usual shape. Such a schema is valid, and telling so here
spares the comparison with the metaschema, which takes twenty times as long and loads a library first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

MAX_PARTS = 20_000
_TYPES = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})
_DIALECTS = (
    "https://json-schema.org/draft/2020-12/schema",
    "https://json-schema.org/draft/2019-09/schema",
    "http://json-schema.org/draft-07/schema",
    "http://json-schema.org/draft-06/schema",
)
"""In these the usual keywords have the same shapes."""


@dataclass(slots=True)
class Walked:
    """What was seen; `is_usual` means that the schema is valid, `depth` counts schemas within schemas."""

    is_usual: bool = True
    parts: int = 0
    depth: int = 0
    references: list[str] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    """Its own anchors, and the ids under which it contains other documents."""
    has_inner_ids: bool = False


def walk(schema: Any, limit: int = MAX_PARTS) -> Walked:
    """Look at every schema in a schema, at most `limit` of them."""
    seen = Walked()
    waiting: list[tuple[Any, int]] = [(schema, 1)]
    while waiting:
        here, depth = waiting.pop()
        seen.parts += 1
        seen.depth = max(seen.depth, depth)
        if seen.parts > limit:
            seen.is_usual = False
            break
        if isinstance(here, dict):
            _look_at(here, depth, seen)
            waiting.extend((inner, depth + 1) for inner in _inner(here))
        elif not isinstance(here, bool):
            seen.is_usual = False
    return seen


def dangling(schema: dict[str, Any], walked: Walked) -> str | None:
    """The first reference that leads to nothing in the schema itself; nothing is ever fetched."""
    return next((ref for ref in walked.references if not _leads_somewhere(ref, schema, walked)), None)


def _look_at(schema: dict[str, Any], depth: int, seen: Walked) -> None:
    for keyword, value in schema.items():
        is_right = _SHAPES.get(keyword)
        if is_right is not None and not is_right(value):
            seen.is_usual = False
    if isinstance(schema.get("$ref"), str):
        seen.references.append(schema["$ref"])
    for keyword in ("$anchor", "$dynamicAnchor", "$id"):
        name = schema.get(keyword)
        if isinstance(name, str):
            seen.names.add(name.rstrip("#"))
            seen.has_inner_ids = seen.has_inner_ids or (keyword == "$id" and depth > 1)


def _inner(schema: dict[str, Any]) -> Iterator[Any]:
    for keyword, value in schema.items():
        if keyword in _MAPS and isinstance(value, dict):
            yield from value.values()
        elif keyword in _LISTS and isinstance(value, list):
            yield from value
        elif keyword in _SCHEMAS and isinstance(value, dict | bool):
            yield value


def _leads_somewhere(ref: str, root: dict[str, Any], walked: Walked) -> bool:
    document, _, fragment = ref.partition("#")
    if document:
        is_relative = "://" not in document
        return document in walked.names or (is_relative and bool(walked.names))
    if not fragment or walked.has_inner_ids:  # there the reference counts from the inner document
        return True
    return _find(fragment, root) if fragment.startswith("/") else fragment in walked.names


def _find(pointer: str, root: Any) -> bool:
    """Whether a JSON pointer (RFC 6901) leads somewhere."""
    here = root
    for step in pointer.split("/")[1:]:
        key = unquote(step).replace("~1", "/").replace("~0", "~")
        if isinstance(here, list):
            here = here[int(key)] if key.isdecimal() and len(key) < 9 and int(key) < len(here) else None
        else:
            here = here.get(key) if isinstance(here, dict) else None
        if here is None:
            return False
    return True


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_type(value: Any) -> bool:
    if isinstance(value, list):
        names = {name for name in value if isinstance(name, str)}
        return bool(value) and len(names) == len(value) and names <= _TYPES
    return isinstance(value, str) and value in _TYPES


def _are_names(value: Any) -> bool:
    return isinstance(value, list) and len({name for name in value if isinstance(name, str)}) == len(value)


def _is_map(value: Any) -> bool:
    return isinstance(value, dict)


def _is_some_list(value: Any) -> bool:
    return isinstance(value, list) and bool(value)


def _is_schema(value: Any) -> bool:
    return isinstance(value, dict | bool)


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_dialect(value: Any) -> bool:
    return isinstance(value, str) and value.rstrip("#") in _DIALECTS


def _never(_value: Any) -> bool:
    return False


_MAPS = frozenset({"$defs", "definitions", "dependentSchemas", "patternProperties", "properties"})
_LISTS = frozenset({"allOf", "anyOf", "oneOf", "prefixItems", "items"})
_SCHEMAS = frozenset({"additionalProperties", "contains", "else", "if", "items", "not", "propertyNames", "then"}) | {
    "unevaluatedItems",
    "unevaluatedProperties",
}
_SHAPES: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys(_MAPS, _is_map),
    **dict.fromkeys(_LISTS, _is_some_list),
    **dict.fromkeys(_SCHEMAS, _is_schema),
    **dict.fromkeys(("$anchor", "$comment", "$id", "$ref", "description", "format", "pattern", "title"), _is_text),
    **dict.fromkeys(("contentEncoding", "contentMediaType"), _is_text),
    **dict.fromkeys(("exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum"), _is_number),
    **dict.fromkeys(("maxItems", "maxLength", "maxProperties", "minItems", "minLength", "minProperties"), _is_count),
    **dict.fromkeys(("maxContains", "minContains"), _is_count),
    **dict.fromkeys(("deprecated", "readOnly", "uniqueItems", "writeOnly"), _is_flag),
    **dict.fromkeys(("enum",), _is_some_list),
    **dict.fromkeys(("additionalItems", "dependencies", "dependentRequired", "multipleOf"), _never),
    **dict.fromkeys(("$dynamicAnchor", "$dynamicRef", "$recursiveRef", "$recursiveAnchor", "$vocabulary"), _never),
    "$schema": _is_dialect,
    "examples": lambda value: isinstance(value, list),
    "required": _are_names,
    "type": _is_type,
}
"""The shape that a keyword has in all these dialects; `_never` leaves the judgement to the metaschema."""
