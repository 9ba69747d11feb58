"""The address of a server as somebody types it: made whole, or a sentence why it can be none."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

MAX_SHOWN_CHARS = 60
_HALF_A_SCHEME = re.compile(r"https?:(?!\d)|\w+:/", re.IGNORECASE)
"""`http:host`, `htp:/host`; but `host:8000` is a host."""
_COMMAND = re.compile(r"[^\s./:]+(\.(exe|py|js|sh))?\s+\S")


def read(typed: str) -> tuple[str, str]:
    """The URL, `host:port/path` taken as http, and an empty text; or what was typed and what to type instead."""
    text = typed.strip()
    shown = repr(text if len(text) <= MAX_SHOWN_CHARS else f"{text[:MAX_SHOWN_CHARS]}…")
    if _COMMAND.match(text):
        return text, (
            f"{shown} is a command. Start it yourself so that it serves HTTP, and give the address it names, "
            "such as http://localhost:8000/mcp."
        )
    if any(char.isspace() for char in text):
        return text, f"The address {shown} has a space in it. Take it out, or write %20."
    if "://" not in text and _HALF_A_SCHEME.match(text):
        return text, f"{shown} is no http:// or https:// address. Write the scheme whole, with two slashes."
    url = text if "://" in text else f"http://{text}"
    if not url.lower().startswith(("http://", "https://")):
        return url, f"{shown} is no http:// or https:// address."
    return url, _wrong_place(url, shown)


def _wrong_place(url: str, shown: str) -> str:
    try:
        parts = urlsplit(url)
        has_host = bool(parts.hostname)
    except ValueError:
        has_host = False
    if not has_host:
        return f"The address {shown} names no host. Write it like http://localhost:8000/mcp."
    try:
        port = parts.port
    except ValueError:
        port = 0
    return f"The port in {shown} cannot be: ports go from 1 to 65535." if port == 0 else ""
