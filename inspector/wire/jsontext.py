"""JSON text (RFC 8259) to values and back, without losing a digit and without raising on anything a peer sent.

Valid text takes one call of msgspec, which unlike orjson keeps integers of more than 64 bits. All else goes a slower
way, which reads what a lenient reader would make of it and says in words what is wrong with it.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import accumulate
from typing import Any

import msgspec

MAX_DEPTH = 200
"""Deeper text is refused, so that whoever walks a value may recurse."""
MAX_NOTES = 16
EXCERPT_CHARACTERS = 40
MAX_SAFE_INTEGER = 2**53 - 1
"""JavaScript readers round what is larger (ECMA-262, Number.MAX_SAFE_INTEGER)."""

_BOM = b"\xef\xbb\xbf"
_WHITESPACE = b" \t\r\n"
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[\]{},]', re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder(decimal_format="number").encode


class JsonError(msgspec.Struct, frozen=True):
    """Why text is no JSON: `offset` in bytes, `line` and `column` in characters from 1, `excerpt` the text around."""

    text: str
    offset: int
    line: int
    column: int
    excerpt: str


class Parsed(msgspec.Struct, frozen=True):
    """What text holds: a value, or None and an error. `notes` are the places where readers of JSON disagree."""

    value: Any
    error: JsonError | None = None
    notes: tuple[str, ...] = ()


def parse(raw: bytes | str) -> Parsed:
    """Read JSON text; never raises.

    Integers are exact. A number that Python would refuse to print (over 4300 digits) or that does not fit a double is
    a `Decimal`. The last of duplicate keys counts. Text that is valid gets no notes here: see `inspect`.
    """
    try:
        value = _decode(raw)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return _parse_leniently(_to_bytes(raw))
    return _parse_leniently(_to_bytes(raw)) if is_too_deep(raw) else Parsed(value)


def is_too_deep(raw: bytes | str) -> bool:
    """Whether text that is valid is nested deeper than we read."""
    return len(raw) > 2 * MAX_DEPTH and _is_too_deep(_to_bytes(raw))  # each level takes two brackets


def inspect(raw: bytes | str) -> tuple[str, ...]:
    """What readers may disagree on, in words: duplicate keys, NaN, numbers beyond 2^53, lone surrogates ...

    Several times slower than `parse`: for the one message that somebody looks at.
    """
    return _parse_leniently(_to_bytes(raw)).notes


def dumps(value: Any) -> bytes:
    """Compact JSON in UTF-8; integers and `Decimal` are written exactly, NaN and infinities as null."""
    try:
        return _encode(value)
    except UnicodeEncodeError:  # a lone surrogate has no UTF-8, but an escape
        return json.dumps(value, separators=(",", ":"), default=str).encode()


def pretty(value: Any) -> str:
    """JSON for people: indented by two spaces."""
    return msgspec.json.format(dumps(value), indent=2).decode()


def split_array(raw: bytes) -> list[bytes]:
    """The exact bytes of each element of a top-level array, without the space around; empty if it is no array."""
    parts: list[bytes] = []
    depth = start = 0
    for match in _TOKEN.finditer(raw):
        token = match[0]
        if depth == 0 and token != b"[":
            break
        if token in (b"[", b"{"):
            depth += 1
            if depth == 1:
                start = match.end()
        elif token in (b"]", b"}"):
            depth -= 1
        if (depth == 1 and token == b",") or depth == 0:
            parts.append(raw[start : match.start()].strip(_WHITESPACE))
            start = match.end()
        if depth == 0:
            return parts if parts != [b""] else []
    return []


@dataclass(slots=True)
class _LenientReader:
    """The hooks of `json.loads`, which read what is odd and take note of it."""

    notes: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        if text not in self.notes and len(self.notes) < MAX_NOTES:
            self.notes.append(text)

    def read_object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) < len(pairs):
            seen: set[str] = set()
            for key, _ in pairs:
                if key in seen:
                    self.note(f"The key {_shorten(json.dumps(key))} stands twice in one object; the last one counts.")
                seen.add(key)
        return value

    def read_integer(self, text: str) -> int | Decimal:
        try:
            value = int(text)
        except ValueError:  # more digits than Python converts
            self.note(f"An integer of {len(text.removeprefix('-'))} digits.")
            return Decimal(text)
        if abs(value) > MAX_SAFE_INTEGER:
            self.note(f"The integer {_shorten(text)} is beyond 2^53, where JavaScript rounds.")
        return value

    def read_float(self, text: str) -> float | Decimal:
        value = float(text)
        if math.isfinite(value):
            return value
        self.note(f"The number {_shorten(text)} does not fit a double.")
        return Decimal(text)

    def read_constant(self, text: str) -> float:
        self.note(f"{text} is no JSON (RFC 8259 section 6).")
        return float(text)


def _parse_leniently(data: bytes) -> Parsed:
    reader = _LenientReader()
    if data.startswith(_BOM):
        reader.note("The text begins with a byte order mark (RFC 8259 section 8.1 forbids it).")
    text = data.decode("utf-8", "surrogateescape")
    if _SURROGATE.search(text):
        reader.note("The text is not UTF-8 (RFC 8259 section 8.1); bad bytes are shown as U+FFFD.")
    value: Any = None
    error: JsonError | None = None
    try:
        if _is_too_deep(data):
            error = _deep_error(data, text)
        else:
            value = _read(text, reader)
    except json.JSONDecodeError as failure:
        error = _error_at(text, failure.pos + text.startswith("\ufeff"), failure.msg)
    except RecursionError:
        error = _deep_error(data, text)
    return Parsed(value, error, tuple(reader.notes))


def _read(text: str, reader: _LenientReader) -> Any:
    value = json.JSONDecoder(
        object_pairs_hook=reader.read_object,
        parse_int=reader.read_integer,
        parse_float=reader.read_float,
        parse_constant=reader.read_constant,
    ).decode(text.removeprefix("\ufeff"))
    try:
        _encode(value)
    except UnicodeEncodeError:
        if not _SURROGATE.search(text):
            reader.note("A \\u escape is half of a surrogate pair, which is no character; shown as U+FFFD.")
        return _clean(value)
    return value


def _clean(value: Any) -> Any:
    """The value without lone surrogates, which neither UTF-8 nor SQLite nor Qt can hold."""
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, dict):
        return {_clean(key): _clean(item) for key, item in value.items()}
    return value


def _is_too_deep(data: bytes) -> bool:
    if data.count(b"[") + data.count(b"{") <= MAX_DEPTH:
        return False
    brackets = _STRING.sub(b"", data).translate(None, _NOT_BRACKETS)
    return any(depth > MAX_DEPTH for depth in accumulate(map(_STEPS.__getitem__, brackets)))


def _deep_error(data: bytes, text: str) -> JsonError:
    depth = 0
    for match in _TOKEN.finditer(data):
        depth += _STEPS.get(match[0][0], 0)
        if depth > MAX_DEPTH:
            position = len(data[: match.start()].decode("utf-8", "surrogateescape"))
            return _error_at(text, position, f"Nested deeper than {MAX_DEPTH} levels")
    return _error_at(text, 0, "Nested too deep")


def _error_at(text: str, position: int, reason: str) -> JsonError:
    before = text[:position]
    half = EXCERPT_CHARACTERS // 2
    return JsonError(
        text=reason if text else "The text is empty",
        offset=len(before.encode("utf-8", "surrogateescape")),
        line=before.count("\n") + 1,
        column=position - (before.rfind("\n") + 1) + 1,
        excerpt=_clean(text[max(position - half, 0) : position + half]),
    )


def _shorten(text: str) -> str:
    return text if len(text) <= EXCERPT_CHARACTERS else text[:EXCERPT_CHARACTERS] + "…"


def _to_bytes(raw: bytes | str) -> bytes:
    return raw if isinstance(raw, bytes) else raw.encode("utf-8", "surrogatepass")
