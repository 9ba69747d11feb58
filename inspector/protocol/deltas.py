"""Where the events of a stream carry their piece of text: the places that streaming APIs have in common."""

from __future__ import annotations

from typing import Any

Path = tuple[str | int, ...]
"""Names of members and numbers of elements from the whole value down."""

PATHS: tuple[Path, ...] = (
    ("choices", 0, "delta", "content"),
    ("choices", 0, "text"),
    ("candidates", 0, "content", "parts", 0, "text"),
    ("delta", "text"),
    ("delta", "content"),
    ("delta",),
    ("message", "content"),
    ("data", "text"),
    ("data", "delta"),
    ("data", "content"),
    ("data",),
    ("content",),
    ("text",),
    ("token",),
    ("response",),
    ("params", "data"),
)
"""Streamed completions, tool streams, and log messages of MCP; the first that holds a string counts."""
DONE = "[DONE]"
"""What ends many streams of completions in place of JSON; tolerated everywhere (R80)."""


def at(value: Any, path: Path) -> str | None:
    """The string at `path`, None if there is none."""
    found = value_at(value, path)
    return found if isinstance(found, str) else None


def value_at(value: Any, path: Path) -> Any:
    """Whatever stands at `path`, None if nothing does."""
    for step in path:
        if isinstance(step, str):
            value = value.get(step) if isinstance(value, dict) else None
        else:
            value = value[step] if isinstance(value, list) and step < len(value) else None
    return value


def find(value: Any) -> Path | None:
    """The first of the usual places that holds a string."""
    return next((path for path in PATHS if at(value, path) is not None), None)


def text_of(value: Any) -> str:
    """The piece of text that an event carries, empty if none is where one would look."""
    if isinstance(value, str):
        return value
    path = find(value)
    return "" if path is None else at(value, path) or ""
