"""The folders that a client names to a server (roots/list)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any
from urllib.parse import urlsplit

MAX_ROOTS = 100
MAX_URI_CHARS = 8_192


@dataclass(frozen=True, slots=True)
class Root:
    """A `file://` URI, and a name for people; an empty name is not sent."""

    uri: str
    name: str = ""


def of_folder(path: PurePath) -> Root:
    """The root of an absolute path, named after its last part; raises `ValueError` for a relative one."""
    return Root(path.as_uri(), path.name)


def problem(uri: str) -> str:
    """Why this is no URI of a root, in one sentence; empty if it is one."""
    if not uri:
        return "A root needs an address, such as file:///home/me/project."
    if len(uri) > MAX_URI_CHARS or not uri.isascii() or not uri.isprintable() or set(uri) & set(' "<>\\^`{|}'):
        return "A URI has only ASCII characters and no spaces; write others as %20 and the like."
    try:
        parts = urlsplit(uri)
    except ValueError:
        return f"{uri[:60]} cannot be read as a URI."
    if parts.scheme != "file" or not uri.lower().startswith("file://"):
        return "The address of a root starts with file:// (roots, data types)."
    if parts.netloc not in ("", "localhost"):
        return f"file://{parts.netloc[:60]} names another machine; a local path has three slashes: file:///…"
    if not parts.path.startswith("/") or parts.query or parts.fragment:
        return "The address of a root is an absolute path without ? and #: file:///home/me/project."
    if ".." in parts.path.split("/"):
        return "The path of a root must not go up with “..”."
    return ""


def first_problem(roots: Sequence[Root]) -> tuple[int, str] | None:
    """The place of the first root that cannot be used, and why; None if all can."""
    seen: set[str] = set()
    for place, root in enumerate(roots):
        sentence = problem(root.uri) or (f"{root.uri[:60]} is listed twice." if root.uri in seen else "")
        if sentence:
            return place, sentence
        seen.add(root.uri)
    return None


def result(roots: Iterable[Root]) -> dict[str, Any]:
    """The result of roots/list."""
    return {"roots": [{"uri": root.uri, **({"name": root.name} if root.name else {})} for root in roots]}


def read(value: Any) -> tuple[Root, ...]:
    """Roots out of JSON that was kept in a file, which anybody may have edited; what is no usable root is left out."""
    items = value if isinstance(value, list) else []
    found: dict[str, Root] = {}
    for item in items[:MAX_ROOTS]:
        uri, name = (item.get("uri"), item.get("name", "")) if isinstance(item, dict) else (None, "")
        if isinstance(uri, str) and not problem(uri):
            found[uri] = Root(uri, name if isinstance(name, str) else "")
    return tuple(found.values())
