"""Headers as people have them: lines, curl commands; what may be sent, and what must not be seen. No Qt."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator

from inspector.ui.settings import Header
from inspector.wire.http import mask_headers

MAX_PASTED_CHARS = 65_536
OWN_NAMES = frozenset(
    {
        "accept",
        "accept-encoding",
        "connection",
        "content-length",
        "content-type",
        "host",
        "last-event-id",
        "mcp-protocol-version",
        "mcp-session-id",
        "transfer-encoding",
    }
)
"""What the transports send themselves; from another client's request, these values would do harm."""

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_UNSENDABLE = re.compile(r"[^\t\x20-\x7e]")
_CURL = re.compile(r"\s*(?:\$\s+)?(?:curl\s|-H|--header\s)")
_CONTINUED = re.compile(r"[\\^]\r?\n")
_CURL_HEADERS = {"-b": "Cookie", "--cookie": "Cookie", "-A": "User-Agent", "--user-agent": "User-Agent"}


def read_headers(text: str) -> tuple[Header, ...]:
    """The headers of a text: `Name: value` lines, or the `-H`, `-b` and `-A` options of a curl command.

    Those of `OWN_NAMES` come switched off. Empty if the text holds no header or is longer than `MAX_PASTED_CHARS`.
    """
    if len(text) > MAX_PASTED_CHARS:
        return ()
    lines = _curl_lines(text) if is_curl(text) else text.splitlines()
    return tuple(header for line in lines if (header := _read_line(line)) is not None)


def is_curl(text: str) -> bool:
    """Whether the text is a curl command, or a piece of one."""
    return _CURL.match(text) is not None


def is_secret(name: str) -> bool:
    """Whether values under this name are masked wherever they are shown."""
    return mask_headers(((name, "?"),)) != ((name, "?"),)


def problem(header: Header) -> str | None:
    """Why this header cannot be sent, in one sentence that never repeats the value (RFC 9110 section 5)."""
    if not header.name:
        return "A header has a value but no name; name it, or remove it."
    if not _TOKEN.fullmatch(header.name):
        return f"{_quoted(header.name)} is no header name: use letters, digits and hyphens, without spaces or a colon."
    unsendable = _UNSENDABLE.search(header.value)
    if unsendable is not None:
        return f"The value of {header.name} holds a character that HTTP cannot carry: {_quoted(unsendable[0])}."
    return None


def repeated_name(headers: Iterable[Header]) -> str | None:
    """A name that is on more than once: only the last would be sent."""
    seen: set[str] = set()
    for header in headers:
        if header.on and header.name.lower() in seen:
            return header.name
        if header.on:
            seen.add(header.name.lower())
    return None


def _read_line(line: str) -> Header | None:
    """None for what is no header, such as `GET / HTTP/1.1` or the `:authority` of a browser's copy."""
    name, colon, value = line.strip().partition(":")
    name, value = name.strip(), value.strip()
    if not colon or not value or not _TOKEN.fullmatch(name):
        return None
    return Header(name, value, on=name.lower() not in OWN_NAMES)


def _curl_lines(text: str) -> Iterator[str]:
    try:
        words = shlex.split(_CONTINUED.sub(" ", text).replace(" $'", " '"))
    except ValueError:  # a quote that is never closed
        return
    for option, value in zip(words, [*words[1:], ""], strict=True):
        if option in ("-H", "--header"):
            yield value
        elif option.startswith("-H"):
            yield option[2:]
        elif option in _CURL_HEADERS:
            yield f"{_CURL_HEADERS[option]}: {value}"


def _quoted(text: str) -> str:
    return f'"{text[:40]}"' if text.isprintable() else ascii(text[:40])
