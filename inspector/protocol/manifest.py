"""The manifest of a tool stream (`mcp.json`): where calls go and which tools there are, read leniently (R82).

Nobody has written down how such a file looks, so everything people write is understood as far as possible, and what was
understood and what was not is said in words.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit, urlunsplit

from inspector.protocol.jsonrpc import json_type, shown
from inspector.protocol.tool_schema import schema_of
from inspector.protocol.transports.http_sse import origin
from inspector.wire.http import mask_url

PLACES = ("/mcp.json", "/.well-known/mcp.json")
MAX_TOOLS = 1_000
MAX_NOTES = 40
MAX_DEPTH = 6
MAX_ADDRESS_CHARACTERS = 2_048
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

_ADDRESS_KEYS = (
    "sseendpoint",
    "streamendpoint",
    "toolendpoint",
    "callendpoint",
    "sseurl",
    "sse",
    "endpoint",
    "endpointurl",
    "stream",
    "url",
    "uri",
    "href",
    "path",
)
"""What the address of the calls is called, the surest name first; without case, `_` and `-`."""
_SURE = 9
"""The names from here on say what else they may: they count only inside what is about the connection."""
_CONNECTION_KEYS = frozenset(
    {
        "mcp",
        "sse",
        "server",
        "servers",
        "mcpservers",
        "transport",
        "transports",
        "endpoint",
        "endpoints",
        "stream",
        "remote",
        "remotes",
        "connection",
        "api",
        "config",
        "http",
    }
)
_OTHER_KEYS = frozenset(
    {
        "tools",
        "functions",
        "schema",
        "inputschema",
        "parameters",
        "docs",
        "documentation",
        "icon",
        "icons",
        "author",
        "contact",
        "license",
        "repository",
        "homepage",
        "examples",
        "resources",
        "prompts",
        "auth",
        "oauth",
    }
)
_TOOL_KEYS = ("tools", "functions", "toolset", "actions")
_NAME_KEYS = ("name", "id", "tool")
_WORD_KEYS = ("description", "summary", "desc", "title")
_SCHEMA_KEYS = ("inputSchema", "input_schema", "parameters", "params", "schema", "arguments", "args", "input", "inputs")
_SECONDS = re.compile(r"\s*([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*(ms|s|sec|seconds|m|min)?\s*")
_UNITS_S = {"ms": 0.001, "m": 60.0, "min": 60.0}


@dataclass(frozen=True, slots=True)
class ManifestTool:
    """A tool as declared; `schema` is a JSON Schema of type object, whatever way the manifest put it."""

    name: str
    description: str = ""
    schema: dict[str, Any] = field(default_factory=lambda: {"type": "object"})


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a manifest says. `url` is where it was read, `endpoint` the absolute address for calls (None: not named).

    `heartbeat_s` and `timeout_s` are seconds. `notes` say what was understood and what not, `problems` what of it the
    server's developer should mend.
    """

    url: str
    endpoint: str | None = None
    name: str = ""
    version: str = ""
    tools: tuple[ManifestTool, ...] = ()
    heartbeat_s: float | None = None
    timeout_s: float | None = None
    notes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    def tools_as_mcp(self) -> list[dict[str, Any]]:
        """The tools in the shape of a tools/list result."""
        return [
            {"name": tool.name, "inputSchema": tool.schema}
            | ({"description": tool.description} if tool.description else {})
            for tool in self.tools
        ]


def manifest_urls(url: str) -> tuple[str, ...]:
    """Where the manifest of the server at `url` may be; the URL itself first if it names a JSON file."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ()
    places = tuple(urlunsplit((parts.scheme, parts.netloc, place, "", "")) for place in PLACES)
    return (url, *(place for place in places if place != url)) if is_manifest_url(url) else places


def is_manifest_url(url: str) -> bool:
    """Whether an address names a manifest, not an endpoint."""
    try:
        return urlsplit(url).path.lower().endswith(".json")
    except ValueError:
        return False


def read_manifest(value: Any, url: str) -> Manifest:
    """What the JSON `value`, read at `url`, declares. Never raises."""
    if not isinstance(value, dict):
        return Manifest(url, problems=(f"The manifest must be an object, not {json_type(value)}.",))
    notes: list[str] = []
    problems: list[str] = []
    endpoint = _endpoint(value, url, notes, problems)
    tools = tuple(_tools(value, notes, problems))
    heartbeat_s, timeout_s = (_seconds(value, word, notes) for word in ("heartbeat", "timeout"))
    head: dict[str, Any] = next(
        (value[key] for key in ("server", "serverInfo", "info") if isinstance(value.get(key), dict)), {}
    )
    return Manifest(
        url,
        endpoint,
        _text(value, "name", "title") or _text(head, "name", "title"),
        _text(value, "version") or _text(head, "version"),
        tools,
        heartbeat_s,
        timeout_s,
        tuple(notes[:MAX_NOTES]),
        tuple(problems[:MAX_NOTES]),
    )


def _endpoint(value: dict[str, Any], url: str, notes: list[str], problems: list[str]) -> str | None:
    found = sorted(_addresses(value), key=lambda item: item[0])
    for _, where, text in found:
        target = _resolve(url, text)
        if target is None:
            continue
        if origin(target) == origin(url):
            notes.append(f"Calls go to {mask_url(target)}, as {where} says.")
            return target
        problems.append(
            f"{where} leads to {shown(mask_url(target))}, another origin; it is not followed. "
            "Enter that address yourself if you trust it."
        )
    if not problems:
        notes.append("The manifest names no address for calls.")
    return None


def _addresses(value: dict[str, Any]) -> Iterator[tuple[tuple[int, int], str, str]]:
    """What may be the address of the calls: how sure and how deep, where it stands, what it says."""
    queue: deque[tuple[Any, str, int, bool]] = deque([(value, "", 0, True)])
    while queue:
        item, where, depth, is_connection = queue.popleft()
        pairs = item.items() if isinstance(item, dict) else enumerate(item)
        for key, inner in pairs:
            name = re.sub(r"[_\-\s]", "", str(key)).lower()
            place = f"{where}.{key}" if where else str(key)
            if isinstance(inner, str):
                rank = _ADDRESS_KEYS.index(name) if name in _ADDRESS_KEYS else len(_ADDRESS_KEYS)
                if rank < (len(_ADDRESS_KEYS) if is_connection else _SURE):
                    yield (rank, depth), shown(place), inner
            elif isinstance(inner, dict | list) and depth < MAX_DEPTH and name not in _OTHER_KEYS:
                inside = (is_connection and depth > 0) or name in _CONNECTION_KEYS
                queue.append((inner, place, depth + 1, inside))


def _resolve(base: str, text: str) -> str | None:
    """The absolute address that a manifest means, None if it is none; names of this machine are one and the same."""
    text = re.sub(r"^(GET|POST)\s+", "", text.strip())
    if not text or len(text) > MAX_ADDRESS_CHARACTERS or re.search(r"[\s<>\"{}\\^`]", text):
        return None
    if not text.startswith(("/", "./", "http://", "https://")) and ("/" not in text or ":" in text.partition("/")[0]):
        return None
    try:
        base = base.partition("/.well-known/")[0] + "/" if "/.well-known/" in base else base
        target, here = urlsplit(urljoin(base, text)), urlsplit(base)
        same_machine = {target.hostname, here.hostname} <= LOOPBACK and target.port == here.port
    except ValueError:
        return None
    if target.scheme not in ("http", "https") or not target.hostname:
        return None
    netloc = here.netloc if same_machine and target.scheme == here.scheme else target.netloc
    return urlunsplit((target.scheme, netloc, target.path or "/", target.query, ""))


def _tools(value: dict[str, Any], notes: list[str], problems: list[str]) -> Iterator[ManifestTool]:
    declared, where = _declared_tools(value)
    if declared is None:
        notes.append("The manifest declares no tools; type a tool's name to call it.")
        return
    names: set[str] = set()
    for entry in declared[:MAX_TOOLS]:
        tool = _tool(*entry, notes)
        if tool is None:
            problems.append(f"An entry of {where} has no name: {shown(entry[1])}.")
        elif tool.name in names:
            problems.append(f"The tool {shown(tool.name)} is declared twice; the first one counts.")
        else:
            names.add(tool.name)
            yield tool
    more = f" of {len(declared):,}" if len(declared) > MAX_TOOLS else ""
    notes.append(f"{len(names):,}{more} {'tool was' if len(names) == 1 else 'tools were'} read from {where}.")


def _declared_tools(value: dict[str, Any]) -> tuple[list[tuple[str, Any]] | None, str]:
    """The entries with the name each is filed under (empty in a list), and where they stand."""
    for prefix, holder in (
        ("", value),
        *((key, value[key]) for key in ("mcp", "server", "capabilities", "manifest") if key in value),
    ):
        for key in _TOOL_KEYS:
            declared = holder.get(key) if isinstance(holder, dict) else None
            place = f"{prefix}.{key}" if prefix else key
            if isinstance(declared, list):
                return [("", entry) for entry in declared], place
            if isinstance(declared, dict) and any(isinstance(entry, dict | str) for entry in declared.values()):
                return [(str(name), entry) for name, entry in declared.items()], place
    return None, ""


def _tool(filed_under: str, entry: Any, notes: list[str]) -> ManifestTool | None:
    if isinstance(entry, str):
        return ManifestTool(filed_under, entry) if filed_under else ManifestTool(entry) if entry else None
    if not isinstance(entry, dict):
        return ManifestTool(filed_under) if filed_under else None
    if isinstance(entry.get("function"), dict):
        entry = entry["function"]
    name = filed_under or _text(entry, *_NAME_KEYS)
    if not name:
        return None
    key = next((key for key in _SCHEMA_KEYS if isinstance(entry.get(key), dict | list)), None)
    schema, odd = schema_of(entry[key]) if key else ({"type": "object"}, ())
    notes += [f"{shown(name)}: {what}" for what in odd]
    return ManifestTool(name, _text(entry, *_WORD_KEYS), schema)


def _text(value: dict[str, Any], *keys: str) -> str:
    return next((value[key] for key in keys if isinstance(value.get(key), str)), "")


def _seconds(value: dict[str, Any], word: str, notes: list[str]) -> float | None:
    """A duration that the manifest names under a key with `word` in it; `ms` in the key or the value is heard."""
    queue: deque[tuple[dict[str, Any], int]] = deque([(value, 0)])
    while queue:
        item, depth = queue.popleft()
        for key, inner in item.items():
            name = str(key).lower()
            if isinstance(inner, dict) and depth < MAX_DEPTH and name not in _OTHER_KEYS:
                queue.append((inner, depth + 1))
            seconds = (
                _duration_s(name, inner) if word in name or (word == "heartbeat" and "keepalive" in name) else None
            )
            if seconds is not None:
                notes.append(f"The manifest names a {word} of {seconds:g} s.")
                return seconds
    return None


def _duration_s(name: str, value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    match = _SECONDS.fullmatch(str(value))
    if match is None:
        return None
    unit = match[2] or ("ms" if name.endswith(("ms", "millis", "milliseconds")) else "s")
    return float(match[1]) * _UNITS_S.get(unit, 1.0)
