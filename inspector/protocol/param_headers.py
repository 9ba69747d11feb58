"""Tool arguments that travel as HTTP headers too: `x-mcp-header` in a tool's input schema (R45)."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from inspector.protocol.breach import Breach, Severity
from inspector.protocol.jsonrpc import json_type, shown
from inspector.wire import jsontext
from inspector.wire.http import HeaderList
from inspector.wire.jsontext import MAX_SAFE_INTEGER

KEYWORD = "x-mcp-header"
PREFIX = "Mcp-Param-"
MAX_PLACES = 100_000
"""How many sub-schemas of one tool are searched for annotations."""
SECTION = "Streamable HTTP: custom headers from tool parameters (2026-07-28)"

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_PLAIN = re.compile(r"[\x20-\x7e\t]*")
_SENTINEL = re.compile(r"=\?base64\?.*\?=", re.DOTALL | re.IGNORECASE)
_SENSITIVE = re.compile(r"passw|token|secret|api[-_]?key|credential", re.IGNORECASE)
_TYPES = ("string", "integer", "boolean")

_ONE_SCHEMA = frozenset(
    ("additionalItems", "additionalProperties", "contains", "contentSchema", "else", "if", "items", "not", "then")
) | {"propertyNames", "unevaluatedItems", "unevaluatedProperties"}
_LISTS_OF_SCHEMAS = frozenset(("allOf", "anyOf", "items", "oneOf", "prefixItems"))
_MAPS_OF_SCHEMAS = frozenset(("$defs", "definitions", "dependencies", "dependentSchemas", "patternProperties"))
"""Where JSON Schema has schemas; what stands under other keywords, such as `default` or `enum`, is data."""

_Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Annotations:
    """The headers of a tool: name, path of the argument and its type; or the reason why it is to be rejected."""

    headers: tuple[tuple[str, _Path, str], ...] = ()
    reason: str = ""


def read_annotations(input_schema: Any) -> Annotations:
    """Find and check every annotation in the schema; nothing is dereferenced."""
    try:
        if KEYWORD.encode() not in jsontext.dumps(input_schema):
            return Annotations()
    except (RecursionError, ValueError):
        return Annotations(reason=f"The schema is too deep, or a number in it too long, to search it for {KEYWORD}.")
    found: dict[str, tuple[str, _Path, str]] = {}
    for count, (path, schema) in enumerate(_places(input_schema)):
        if count >= MAX_PLACES:
            return Annotations(reason=f"The schema has more than {MAX_PLACES:,} parts, too many to check {KEYWORD}.")
        if KEYWORD not in schema:
            continue
        reason = _why_invalid(path, schema)
        if not path or reason:
            return Annotations(reason=reason)
        name = PREFIX + schema[KEYWORD]
        if name.lower() in found:
            first = _where(found[name.lower()][1])
            return Annotations(reason=f"{KEYWORD} {shown(schema[KEYWORD])} stands on {first} and on {_where(path)}.")
        found[name.lower()] = (name, path, schema["type"])
    return Annotations(tuple(found.values()))


def _places(root: Any) -> Iterator[tuple[_Path | None, dict[str, Any]]]:
    """Every schema in a schema, in the order it is written; the path is None behind anything but `properties`."""
    waiting: list[tuple[_Path | None, Any]] = [((), root)]
    while waiting:
        path, schema = waiting.pop()
        if isinstance(schema, dict):
            yield path, schema
            waiting.extend(reversed(list(_inner(path, schema))))


def _inner(path: _Path | None, schema: dict[str, Any]) -> Iterator[tuple[_Path | None, Any]]:
    for keyword, value in schema.items():
        if keyword == "properties" and isinstance(value, dict):
            for name, inner in value.items():
                yield (None if path is None else (*path, name)), inner
        elif keyword in _MAPS_OF_SCHEMAS and isinstance(value, dict):
            yield from ((None, inner) for inner in value.values())
        elif keyword in _LISTS_OF_SCHEMAS and isinstance(value, list):
            yield from ((None, inner) for inner in value)
        elif keyword in _ONE_SCHEMA:
            yield None, value


def _why_invalid(path: _Path | None, schema: dict[str, Any]) -> str:
    name, declared = schema[KEYWORD], schema.get("type")
    if not path:
        return f"{KEYWORD} {shown(name)} stands where no argument is: only nested `properties` may lead to it."
    where = f"{KEYWORD} on {_where(path)}"
    if not isinstance(name, str):
        return f"{where} must be a string, not {json_type(name)}."
    if not name:
        return f"{where} is empty."
    if not _TOKEN.fullmatch(name):
        return f"{where} is {shown(name)}, which no header name may hold (RFC 9110 section 5.6.2)."
    if not isinstance(declared, str) or declared not in _TYPES:
        given = "missing" if declared is None else shown(declared)
        return f"{where} needs the type string, integer or boolean; the type is {given}."
    return ""


def _where(path: _Path) -> str:
    return shown(".".join(path))


def mirror(annotations: Annotations, arguments: Any) -> HeaderList:
    """The `Mcp-Param-*` fields for a call with these arguments; what is absent or null has none.

    A value that is not of the declared type, or an integer beyond 2^53, is the user's experiment: if it is a string,
    number or boolean it is mirrored as it stands in the body, so that both agree and the server judges the value
    itself. An array or object has no such form and is left out.
    """
    fields = []
    for name, path, declared in annotations.headers:
        text = _text(_at(arguments, path), declared)
        if text is not None:
            fields.append((name, encode_value(text)))
    return tuple(fields)


def _at(arguments: Any, path: _Path) -> Any:
    for step in path:
        if not isinstance(arguments, dict):
            return None
        arguments = arguments.get(step)
    return arguments


def _text(value: Any, declared: str) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if declared == "integer" and isinstance(value, float) and value.is_integer() and abs(value) <= MAX_SAFE_INTEGER:
        value = int(value)  # 5.0 is the integer 5 to JSON Schema and to JavaScript
    if not isinstance(value, bool | int | float | Decimal):
        return None
    try:
        return jsontext.dumps(value).decode()
    except ValueError:  # more digits than Python prints
        return None


def encode_value(text: str) -> str:
    """A header value that comes back as it was: plain ASCII as it is, all else as base64 of UTF-8 in a marker.

    The same for `Mcp-Name`.
    """
    if _PLAIN.fullmatch(text) and text == text.strip(" \t") and not _SENTINEL.fullmatch(text):
        return text
    return f"=?base64?{base64.b64encode(text.encode('utf-8', 'replace')).decode()}?="


def split_tools(tools: list[Any]) -> tuple[list[Any], list[tuple[Any, str]]]:
    """The tools that may be called, and those that must not, each with the reason."""
    kept, rejected = [], []
    for tool in tools:
        reason = read_annotations(tool.get("inputSchema")).reason if isinstance(tool, dict) else ""
        if reason:
            rejected.append((tool, reason))
        else:
            kept.append(tool)
    return kept, rejected


def breaches(kept: list[Any], rejected: list[tuple[Any, str]]) -> list[Breach]:
    """What is wrong with the annotations of a list of tools: those rejected, and secrets put where proxies log them."""
    fix = "Annotate string, integer or boolean properties only, each with its own token as name."
    told = []
    for tool, reason in rejected:
        text = f"The tool {_name(tool)} must not be used. {reason}"
        told.append(Breach("x-mcp-header-invalid", Severity.ERROR, text, fix, SECTION))
    for tool in kept:
        if isinstance(tool, dict):
            told.extend(_exposed(tool))
    return told


def _exposed(tool: dict[str, Any]) -> Iterator[Breach]:
    for name, path, _ in read_annotations(tool.get("inputSchema")).headers:
        if _SENSITIVE.search(name.removeprefix(PREFIX)) or _SENSITIVE.search(path[-1]):
            text = f"The tool {_name(tool)} sends {_where(path)}, which looks secret, as the header {shown(name)}."
            fix = f"Take {KEYWORD} off it: proxies read and log headers."
            yield Breach("x-mcp-header-invalid", Severity.WARN, text, fix, SECTION)


def _name(tool: Any) -> str:
    return shown(tool.get("name") if isinstance(tool, dict) else tool)
