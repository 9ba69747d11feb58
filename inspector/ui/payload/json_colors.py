"""Which characters of a line of JSON get which colour. No Qt: views and editors bring their own way to paint."""

from __future__ import annotations

import re
from collections.abc import Iterator

_TOKEN = re.compile(
    r'(?P<key>"(?:[^"\\]|\\.)*"(?=\s*:))|(?P<string>"(?:[^"\\]|\\.)*"?)'
    r"|(?P<number>-?\d[\d.eE+-]*)|(?P<word>\b(?:true|false|null)\b)"
)
_ROLES = {"key": "outbound", "string": "inbound", "number": "warn", "word": "http"}
ROLES = tuple(_ROLES.values())
"""The palette's roles that spans name."""


def spans(line: str) -> Iterator[tuple[int, int, str]]:
    """Start, length and role of each coloured piece of one line, valid JSON or not."""
    for token in _TOKEN.finditer(line):
        yield token.start(), token.end() - token.start(), _ROLES[token.lastgroup or "word"]
