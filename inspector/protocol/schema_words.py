"""The words for a contradiction between a value and its schema: one sentence each, values cut short."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

MAX_BRIEF = 60


def pointer(path: Iterable[Any]) -> str:
    """A JSON pointer (RFC 6901) from the steps of a path."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def brief(value: Any) -> str:
    """A value as JSON, or a text as it is, in at most 60 characters."""
    try:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    except (ValueError, TypeError, RecursionError):
        text = type_name(value)
    return text if len(text) <= MAX_BRIEF else text[: MAX_BRIEF - 1] + "…"


def type_name(value: Any) -> str:
    """The JSON Schema type of a value, with its article."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    names = {int: "an integer", str: "a string", list: "an array", dict: "an object"}
    return names.get(type(value), "a number")


def sentence(error: ValidationError) -> str:
    """What one validation error says, with the place in front."""
    words = _WORDS.get(str(error.validator), _other)
    return f"{_subject(list(error.absolute_path))} {words(error)}."


def _subject(path: list[Any]) -> str:
    if not path:
        return "The value"
    return f'"{brief(path[0])}"' if len(path) == 1 and isinstance(path[0], str) else pointer(path)


def _other(error: ValidationError) -> str:
    return f"does not fit: {brief(error.message)}"


def _type(error: ValidationError) -> str:
    wanted = error.validator_value
    names = wanted if isinstance(wanted, list) else [wanted]
    return f"must be {' or '.join(_article(name) for name in names)}, not {type_name(error.instance)}"


def _article(name: Any) -> str:
    text = brief(name)
    return text if text == "null" else f"{'an' if text[:1] in 'aeiou' else 'a'} {text}"


def _alternatives(error: ValidationError) -> str:
    reasons = [inner for inner in error.context or () if inner.validator == "type"]
    if reasons and len(reasons) == len(error.context or ()):
        return f"must be {' or '.join(_article(inner.validator_value) for inner in reasons)}, not {_got(error)}"
    return (
        f"fits none of the {len(_list(error.validator_value))} alternatives"
        if error.context
        else "fits several alternatives"
    )


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, dict)) else []


def _got(error: ValidationError) -> str:
    return type_name(error.instance)


def _additional(error: ValidationError) -> str:
    known = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
    extra = [name for name in _list(error.instance) if name not in known]
    return f"must not have the key {', '.join(brief(name) for name in extra[:3])}{' …' if len(extra) > 3 else ''}"


def _choices(error: ValidationError) -> str:
    options = _list(error.validator_value)
    listed = ", ".join(_quoted(option) for option in options[:5]) + (" …" if len(options) > 5 else "")
    return f"must be one of {listed}; it is {_quoted(error.instance)}"


def _quoted(value: Any) -> str:
    return f'"{brief(value)}"' if isinstance(value, str) else brief(value)


def _limit(words: str) -> Callable[[ValidationError], str]:
    """Words with the limit (`{0}`) and, where it helps, what was given (`{1}`)."""

    def say(error: ValidationError) -> str:
        value = error.instance
        given = f"{len(value):,}" if isinstance(value, (str, list, dict)) else brief(value)
        return words.format(_quoted(error.validator_value), given)

    return say


_WORDS: dict[str, Callable[[ValidationError], str]] = {
    "required": lambda _: "is required and missing",
    "type": _type,
    "enum": _choices,
    "const": _limit("must be {0}"),
    "anyOf": _alternatives,
    "oneOf": _alternatives,
    "additionalProperties": _additional,
    "unevaluatedProperties": _other,
    "minimum": _limit("must be at least {0}, not {1}"),
    "maximum": _limit("must be at most {0}, not {1}"),
    "exclusiveMinimum": _limit("must be more than {0}, not {1}"),
    "exclusiveMaximum": _limit("must be less than {0}, not {1}"),
    "multipleOf": _limit("must be a multiple of {0}, not {1}"),
    "minLength": _limit("must have {0} or more characters, not {1}"),
    "maxLength": _limit("must have {0} or fewer characters, not {1}"),
    "pattern": _limit("does not match the pattern {0}"),
    "minItems": _limit("must have {0} or more items, not {1}"),
    "maxItems": _limit("must have {0} or fewer items, not {1}"),
    "uniqueItems": lambda _: "holds the same item twice",
    "minProperties": _limit("must have {0} or more keys, not {1}"),
    "maxProperties": _limit("must have {0} or fewer keys, not {1}"),
    "not": lambda _: "is what the schema forbids",
}
