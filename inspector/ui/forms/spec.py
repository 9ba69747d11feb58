"""What a form makes of a schema: one `FieldSpec` for each value it can edit, and JSON for everything else.

The schema comes from the server and may have any shape; reading it never raises and stops at fixed bounds.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from inspector.protocol.schema_shape import is_object, required_names, simplify
from inspector.protocol.schema_words import brief

MAX_FIELDS = 200
MAX_DEPTH = 6
MAX_CHOICES = 500
MAX_TICKS = 60
"""Choices that can be ticked one by one; more make a list to add to."""
TICKS_A_FIELD = 10
"""How many of them cost as much time as a field."""
MAX_TITLE = 80
MAX_DESCRIPTION = 2_000


class Kind(enum.StrEnum):
    """Which editor a value gets; the value is the word shown to the user."""

    STRING = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "true or false"
    CHOICE = "choice"
    CHOICES = "choices"
    ARRAY = "list"
    OBJECT = "object"
    JSON = "JSON"


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One value of the form. `reason` says why a JSON field is one; `fields` and `items` belong to containers."""

    kind: Kind
    schema: dict[str, Any]
    nullable: bool = False
    reason: str = ""
    choices: tuple[tuple[str, Any], ...] = ()
    fields: tuple[tuple[str, FieldSpec], ...] = ()
    required: frozenset[str] = frozenset()
    items: FieldSpec | None = None

    @property
    def title(self) -> str:
        return shown(self.schema.get("title"), MAX_TITLE)

    @property
    def description(self) -> str:
        return shown(self.schema.get("description"), MAX_DESCRIPTION)

    @property
    def hint(self) -> str:
        """The kind and its limits in words, such as "integer, 1 to 10"."""
        words = [self.kind.value, *_limits(self.schema), _format(self.schema)]
        return ", ".join(word for word in words if word) + (" or null" if self.nullable else "")


def shown(text: object, limit: int) -> str:
    """A peer's text on one line and cut; empty if it is no text."""
    if not isinstance(text, str):
        return ""
    line = " ".join(text[: limit * 4].split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def read_form(schema: Any) -> FieldSpec:
    """The form of a whole schema: an object, or a JSON field that says why it is none."""
    spec = _Reader(schema).read(schema)
    if spec.kind in (Kind.OBJECT, Kind.JSON):
        return spec
    return _as_json("The schema does not describe an object.")


class _Reader:
    """One walk over a schema; `_left` bounds the number of fields, the depth what recursion can build."""

    def __init__(self, root: Any) -> None:
        self._root = root
        self._left = MAX_FIELDS

    def read(self, schema: Any) -> FieldSpec:
        try:
            spec = self._read(schema, 0, frozenset({"#"}))
        except RecursionError:
            return _as_json("The schema is nested too deeply for a form.")
        return spec if self._left >= 0 else _as_json(f"The schema has more than {MAX_FIELDS} fields.")

    def _read(self, schema: Any, depth: int, trail: frozenset[str]) -> FieldSpec:
        self._left -= 1
        if self._left < 0:
            return _as_json("The schema has too many fields.")
        refs = _refs(schema)
        if refs & trail:
            return _as_json("The schema contains itself here: written as JSON.")
        simple = simplify(schema, self._root)
        if simple is None:
            return _as_json(_why_unreadable(schema))
        spec = self._plain(simple.schema, simple.nullable, depth, trail | refs)
        return spec or _as_json(_why_json(simple.schema), simple.schema)

    def _plain(self, schema: dict[str, Any], nullable: bool, depth: int, trail: frozenset[str]) -> FieldSpec | None:
        choices = _choices(schema)
        if choices:
            kept = tuple(item for item in choices if not (nullable and item[1] is None))
            return FieldSpec(Kind.CHOICE, schema, nullable, choices=kept)
        if is_object(schema):
            return self._object(schema, nullable, depth, trail)
        declared = schema.get("type")
        if declared == "array":
            return self._array(schema, nullable, depth, trail)
        kinds = {
            "string": Kind.STRING,
            "integer": Kind.INTEGER,
            "number": Kind.NUMBER,
            "boolean": Kind.BOOLEAN,
        }
        kind = kinds.get(declared) if isinstance(declared, str) else None
        return FieldSpec(kind, schema, nullable) if kind else None

    def _object(self, schema: dict[str, Any], nullable: bool, depth: int, trail: frozenset[str]) -> FieldSpec | None:
        properties = schema.get("properties", {})
        if not isinstance(properties, dict) or depth >= MAX_DEPTH or (not properties and (depth or _is_open(schema))):
            return None
        if len(properties) > self._left:
            self._left = -1
            return None
        fields = tuple((name, self._read(inner, depth + 1, trail)) for name, inner in properties.items())
        return FieldSpec(Kind.OBJECT, schema, nullable, fields=fields, required=required_names(schema))

    def _array(self, schema: dict[str, Any], nullable: bool, depth: int, trail: frozenset[str]) -> FieldSpec | None:
        if depth >= MAX_DEPTH or "prefixItems" in schema or not isinstance(schema.get("items"), dict):
            return None
        items = self._read(schema["items"], depth + 1, trail)
        if schema.get("uniqueItems") is True and items.kind is Kind.CHOICE and len(items.choices) <= MAX_TICKS:
            self._left -= len(items.choices) // TICKS_A_FIELD
            return FieldSpec(Kind.CHOICES, schema, nullable, choices=items.choices)
        return FieldSpec(Kind.ARRAY, schema, nullable, items=items)


def _as_json(reason: str, schema: dict[str, Any] | None = None) -> FieldSpec:
    return FieldSpec(Kind.JSON, schema or {}, reason=reason)


def _refs(schema: Any) -> frozenset[str]:
    """The references that stand for the whole of `schema`, alone or as an alternative to null."""
    if not isinstance(schema, dict):
        return frozenset()
    inner = [schema]
    for keyword in ("anyOf", "oneOf", "allOf"):
        options = schema.get(keyword)
        inner += [option for option in options if isinstance(option, dict)] if isinstance(options, list) else []
    return frozenset(item["$ref"] for item in inner if isinstance(item.get("$ref"), str))


def _is_open(schema: dict[str, Any]) -> bool:
    """Whether the schema explicitly invites keys that it does not name."""
    return bool(schema.get("additionalProperties")) or "patternProperties" in schema


def _why_unreadable(schema: Any) -> str:
    if not isinstance(schema, dict):
        return f"The schema is {brief(schema)}, not an object."
    return f"The reference {brief(schema.get('$ref', ''))} leads nowhere in this schema or in a circle."


def _why_json(schema: dict[str, Any]) -> str:
    for keyword, words in _REASONS.items():
        if keyword in schema:
            return words
    return "The schema leaves the type open."


_REASONS = {
    "anyOf": "Several alternatives: written as JSON.",
    "oneOf": "Several alternatives: written as JSON.",
    "properties": "Nested too deeply or without a list of fields: written as JSON.",
    "patternProperties": "The keys are free: written as JSON.",
    "additionalProperties": "The keys are free: written as JSON.",
    "prefixItems": "A list of fixed places: written as JSON.",
}


def _choices(schema: dict[str, Any]) -> tuple[tuple[str, Any], ...]:
    """(label, value) of an enum, titled constants, or the legacy `enumNames` (MCP elicitation)."""
    options = schema.get("enum")
    if isinstance(options, list):
        names = schema.get("enumNames")
        labels = names if isinstance(names, list) and len(names) == len(options) else [None] * len(options)
        return _labelled(zip(labels, options, strict=True), len(options))
    if "const" in schema:
        return _labelled([(None, schema["const"])], 1)
    for keyword in ("oneOf", "anyOf"):
        constants = schema.get(keyword)
        if isinstance(constants, list) and all(isinstance(item, dict) and "const" in item for item in constants):
            return _labelled(((item.get("title"), item["const"]) for item in constants), len(constants))
    return ()


def _labelled(pairs: Iterable[tuple[object, Any]], count: int) -> tuple[tuple[str, Any], ...]:
    if count > MAX_CHOICES:
        return ()
    listed = list(pairs)
    plain = all(isinstance(value, str) and value for _, value in listed)
    return tuple(
        (shown(label, MAX_TITLE) or (shown(value, MAX_TITLE) if plain else brief([value])[1:-1]), value)
        for label, value in listed
    )


def _limits(schema: dict[str, Any]) -> list[str]:
    pairs = (("minimum", "maximum", ""), ("minLength", "maxLength", " characters"), ("minItems", "maxItems", " items"))
    return [_range(schema.get(low), schema.get(high), unit) for low, high, unit in pairs]


def _range(low: Any, high: Any, unit: str) -> str:
    if low is None and high is None:
        return ""
    if high is None:
        return f"at least {brief(low)}{unit}"
    return f"at most {brief(high)}{unit}" if low is None else f"{brief(low)} to {brief(high)}{unit}"


def _format(schema: dict[str, Any]) -> str:
    return shown(schema.get("format"), 20)
