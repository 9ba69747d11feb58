"""What a server may ask a user for in a form (R50): its schema read, its defaults, and whether an answer fits.

The schema and the answer may be any JSON value; every function answers for all of them and never raises.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from inspector.protocol.jsonrpc import json_type, shown
from inspector.protocol.schema import check_schema, validate
from inspector.protocol.schema_shape import required_names
from inspector.protocol.url_facts import UrlFacts, url_facts

__all__ = ["RequestedSchema", "UrlFacts", "check", "defaults", "read_schema", "url_facts"]

MAX_PROBLEMS = 20
MAX_FIELDS = 500
"""A form of more fields nobody fills in; each costs up to 0.1 ms to be checked."""
_PRIMITIVES = ("string", "number", "integer", "boolean")
_COMPOSED = ("$ref", "allOf", "not", "if", "anyOf")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
_SECRET = re.compile(r"passw|secret|api.?key|token|credit.?card|cvv", re.IGNORECASE)
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)*")


@dataclass(frozen=True, slots=True)
class RequestedSchema:
    """A requestedSchema as a form takes it; `problems` are sentences on where it leaves what R50 allows.

    Where `is_form` is false there is no list of fields to build a form from.
    """

    schema: dict[str, Any]
    problems: tuple[str, ...] = ()
    is_form: bool = True


def read_schema(schema: Any) -> RequestedSchema:
    """The schema of the form; lists of choices are marked `uniqueItems`, so that each can be chosen once."""
    fatal = _why_no_form(schema)
    if fatal:
        return RequestedSchema({}, (fatal,), is_form=False)
    problems = tuple(islice(_problems(schema), MAX_PROBLEMS))
    properties = {name: _with_unique_choices(field) for name, field in schema["properties"].items()}
    return RequestedSchema({**schema, "properties": properties}, problems)


def defaults(schema: Any) -> dict[str, Any]:
    """The declared defaults of the fields (SEP-1034); one that its own field would refuse is left out."""
    fields = _fields(schema)
    declared = {name: field["default"] for name, field in fields.items() if "default" in field}
    return {name: copy.deepcopy(value) for name, value in declared.items() if not validate(fields[name], value)}


def check(schema: Any, content: Any) -> list[str]:
    """Why `content` is no answer to this form, in sentences; empty if it is one."""
    if not isinstance(content, dict):
        return [f"The content must be an object, not {json_type(content)}."]
    found = [problem.text for problem in validate(schema, content)]
    fields = _fields(schema)
    for name, value in content.items():
        if not _is_plain(value):
            found.append(
                f"{shown(name)} is {json_type(value)}; a form carries only texts, numbers, booleans, lists of texts."
            )
        elif isinstance(value, str) and (sentence := _format_problem(name, fields.get(name, {}), value)):
            found.append(sentence)
    return found[:MAX_PROBLEMS]


def _why_no_form(schema: Any) -> str:
    if not isinstance(schema, dict):
        return f"requestedSchema must be an object, not {json_type(schema)}."
    if schema.get("type") != "object":
        return f'requestedSchema.type must be "object", not {shown(schema.get("type"))}.'
    if not isinstance(schema.get("properties"), dict):
        return f"requestedSchema.properties must be an object, not {json_type(schema.get('properties'))}."
    if len(schema["properties"]) > MAX_FIELDS:
        return f"requestedSchema has {len(schema['properties']):,} fields; more than {MAX_FIELDS} make no form."
    return ""


def _fields(schema: Any) -> dict[str, dict[str, Any]]:
    properties = schema.get("properties") if isinstance(schema, dict) else None
    if not isinstance(properties, dict):
        return {}
    return {name: field for name, field in islice(properties.items(), MAX_FIELDS) if isinstance(field, dict)}


def _problems(schema: dict[str, Any]) -> Iterator[str]:
    properties = schema["properties"]
    for name, field in properties.items():
        if not isinstance(field, dict):
            yield f"The field {shown(name)} must be an object, not {json_type(field)}."
        else:
            yield from (f"The field {shown(name)} {words}." for words in _field_problems(field))
            if field.get("type") == "string" and _SECRET.search(name):
                yield f"The field {shown(name)} looks like a secret, which a server must not ask for in a form."
    for name in sorted(required_names(schema) - properties.keys()):
        yield f"{shown(name)} is required, but there is no such field."
    for problem in check_schema(schema):
        yield f"The schema is broken at {problem.pointer or 'its root'}: {problem.text}"


def _field_problems(field: dict[str, Any]) -> Iterator[str]:
    """What a field has that a form of MCP does not know, as the rest of a sentence."""
    composed = [word for word in _COMPOSED if word in field]
    if composed:
        yield f"uses {composed[0]}, which forms do not know"
        return
    kind = field.get("type")
    if kind == "array":
        yield from _list_problems(field)
    elif kind not in _PRIMITIVES:
        yield f"is of type {shown(kind)}; forms are flat and take string, number, integer, boolean and lists of choices"
    else:
        yield from _primitive_problems(field)


def _primitive_problems(field: dict[str, Any]) -> Iterator[str]:
    if "enum" in field or "oneOf" in field:
        yield from _choice_problems(field, "oneOf")
    known = field.get("format")
    if known is not None and known not in _FORMATS:
        yield f"has the format {shown(known)}, which forms do not know"
    if "default" in field and validate(field, field["default"]):
        yield f"has the default {shown(field['default'])}, which it would not accept itself"


def _list_problems(field: dict[str, Any]) -> Iterator[str]:
    items = field.get("items")
    if not isinstance(items, dict) or not ("enum" in items or "anyOf" in items):
        yield "is a list without choices; forms take only lists of choices (items.enum or items.anyOf)"
        return
    yield from _choice_problems(items, "anyOf")
    if "default" in field and validate(field, field["default"]):
        yield f"has the default {shown(field['default'])}, which it would not accept itself"


def _choice_problems(field: dict[str, Any], titled: str) -> Iterator[str]:
    """The choices are texts: plain under `enum`, with titles under `oneOf` (one) or `anyOf` (several)."""
    options = field.get("enum", field.get(titled))
    if not isinstance(options, list) or not options:
        yield "offers no choices"
        return
    if "enum" not in field:
        options = [option.get("const") if isinstance(option, dict) else None for option in options]
    if not all(isinstance(option, str) for option in options):
        yield "offers choices that are no texts"
    names = field.get("enumNames")
    if names is not None and (not isinstance(names, list) or len(names) != len(options)):
        yield "has enumNames that do not match its choices one to one"


def _with_unique_choices(field: Any) -> Any:
    items = field.get("items") if isinstance(field, dict) else None
    if not isinstance(items, dict) or not ("enum" in items or "anyOf" in items):
        return field
    return {"uniqueItems": True, **field}


def _is_plain(value: Any) -> bool:
    if isinstance(value, list):
        return all(isinstance(item, str) for item in value)
    return not isinstance(value, dict) and value is not None


def _format_problem(name: str, field: dict[str, Any], value: str) -> str:
    known = field.get("format")
    fits = _FORMATS.get(known) if isinstance(known, str) else None
    return "" if fits is None or fits(value) else f"{shown(name)} is no {_FORMAT_WORDS[str(known)]}."


def _is_uri(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return bool(parts.scheme and (parts.netloc or parts.path)) and text.isprintable() and " " not in text


def _is_date(text: str) -> bool:
    return _DATE.fullmatch(text) is not None and _reads(date.fromisoformat, text)


def _is_date_time(text: str) -> bool:
    """RFC 3339; a leap second, which Python does not know, counts as the second before it."""
    without_leap = re.sub(r":60(?=[.Zz+-])", ":59", text)
    return _DATE_TIME.fullmatch(text) is not None and _reads(datetime.fromisoformat, without_leap.upper())


def _reads(read: Callable[[str], object], text: str) -> bool:
    try:
        read(text)
    except ValueError:
        return False
    return True


_FORMATS: dict[str, Callable[[str], bool]] = {
    "email": lambda text: _EMAIL.fullmatch(text) is not None,
    "uri": _is_uri,
    "date": _is_date,
    "date-time": _is_date_time,
}
_FORMAT_WORDS = {
    "email": "e-mail address, such as name@example.com",
    "uri": "URI, such as https://example.com/",
    "date": "date, such as 2026-01-31",
    "date-time": "date and time, such as 2026-01-31T12:00:00Z",
}
