"""Bodies that hold credentials, as others may see them: every secret overwritten, every length and offset kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import unquote_to_bytes

from inspector.wire import http, jsontext

MASK = b"*"
MIN_ECHO_BYTES = 6
"""A secret shorter than this is not looked for elsewhere in a body: it would be found in any text."""

Span = tuple[int, int]

_STRING = rb'"(?:[^"\\]++|\\.)*+"'
_MEMBER = re.compile(rb"(%s)\s*:\s*" % _STRING, re.DOTALL)
_TOKEN = re.compile(rb"%s|[\[\]{}]|[^\s\"\[\]{},]+" % _STRING, re.DOTALL)
_FIELD = re.compile(rb"([^&;=]*)=([^&;]*)")
_PLAIN = frozenset({b"true", b"false", b"null"})


def mask_body(body: bytes, content_type: str | None, known: Iterable[bytes] = ()) -> tuple[bytes, set[bytes]]:
    """The body with the values of all credentials overwritten by as many `*`, and those values themselves.

    Forms and JSON objects are masked member by member (by the names of `http.is_secret_name`); of anything else
    nothing is shown, as nobody can tell where the secret is. `known` are secrets that the peer may repeat.
    """
    find = _spans_of(body, content_type)
    if find is None:
        return MASK * len(body), set()
    masked = bytearray(body)
    secrets: set[bytes] = set()
    for start, end in find(body):
        secrets.add(body[start:end])
        masked[start:end] = MASK * (end - start)
    for secret in {*known, *secrets}:
        _overwrite(masked, secret)
        _overwrite(masked, unquote_to_bytes(secret.replace(b"+", b" ")))
    return bytes(masked), secrets


def mask_known(text: str, known: Iterable[bytes]) -> str:
    """Text of the peer's, such as an error description, without the secrets that it may repeat."""
    masked = bytearray(text.encode())
    for secret in known:
        _overwrite(masked, secret)
    return masked.decode(errors="replace")


def _overwrite(masked: bytearray, secret: bytes) -> None:
    if len(secret) < MIN_ECHO_BYTES:
        return
    at = masked.find(secret)
    while at >= 0:
        masked[at : at + len(secret)] = MASK * len(secret)
        at = masked.find(secret, at + len(secret))


def _spans_of(body: bytes, content_type: str | None) -> Callable[[bytes], Iterator[Span]] | None:
    """How to find the secrets of such a body; None if it is of no kind that we can read."""
    parsed = jsontext.parse(body)
    if parsed.error is None:
        return _in_json if isinstance(parsed.value, dict) else None
    is_form = http.media_type(content_type) == "application/x-www-form-urlencoded"
    return _in_form if is_form and all(b"=" in field for field in re.split(b"[&;]", body)) else None


def _in_form(body: bytes) -> Iterator[Span]:
    for field in _FIELD.finditer(body):
        name = unquote_to_bytes(field[1].replace(b"+", b" ")).decode(errors="replace").strip()
        if field[2] and http.is_secret_name(name):
            yield field.span(2)


def _in_json(body: bytes) -> Iterator[Span]:
    """The values behind the names of credentials, at any depth; strings without their quotes."""
    at = 0
    while member := _MEMBER.search(body, at):
        at = member.end()
        name = jsontext.parse(member[1]).value
        if isinstance(name, str) and http.is_secret_name(name):
            yield from _value_at(body, at)


def _value_at(body: bytes, at: int) -> Iterator[Span]:
    """The span of the JSON value that begins here, of an object or an array with all that is in it."""
    start, depth = at, 0
    while token := _TOKEN.search(body, at):
        at = token.end()
        depth += (token[0] in (b"[", b"{")) - (token[0] in (b"]", b"}"))
        if depth <= 0:
            break
    is_string = body[start : start + 1] == b'"'
    if body[start:at] not in _PLAIN and at - start > 2 * is_string:
        yield (start + 1, at - 1) if is_string else (start, at)
