"""The parts of a tool result in reading order: content items, structured content, metadata, and what nobody knows.

A result has whatever shape the server gave it. Every part becomes a `Block`, none is dropped, nothing raises.
"""

from __future__ import annotations

import base64
import binascii
import enum
import io
import re
import wave
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from inspector.protocol.schema_words import brief
from inspector.record.text import counted
from inspector.record.text import size as size_words
from inspector.ui.forms.spec import shown

MAX_BINARY_BYTES = 32_000_000
MAX_STATED_BYTES = 1 << 63
MAX_MARKDOWN_LENGTH = 32_768
MAX_MARKDOWN_LINES = 1_000
"""Qt lays tables and lists out in quadratic time: 1,300 rows take 0.3 s, 11,000 rows 6 s."""
_MARKDOWN = re.compile(r"^(#{1,6} \S|```|\|.+\|$|> \S)|\[[^\]\n]+\]\([^)\s]+\)|\*\*\S", re.MULTILINE)
_WRAPPED = {"content", "structuredContent", "_meta", "isError"}
_USUAL = ("resultType", "complete")


class BlockKind(enum.StrEnum):
    """How a part is shown."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"
    IMAGE = "image"
    BINARY = "binary"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Block:
    """One part: `value` is a str (TEXT, MARKDOWN), any JSON value, or bytes; `note` a sentence about it."""

    kind: BlockKind
    heading: str
    value: Any = None
    note: str = ""
    uri: str = ""


def blocks(result: Any) -> Iterator[Block]:
    """The parts of the raw `result` of tools/call; of `resultType`, only what is not the usual "complete"."""
    if not isinstance(result, dict):
        yield Block(BlockKind.JSON, "result", result, "The result is not an object.")
        return
    content = result.get("content", [])
    if isinstance(content, list):
        for item in content:
            yield _item(item)
    else:
        yield Block(BlockKind.JSON, "content", content, "content is not an array.")
    for key in ("structuredContent", "_meta"):
        if key in result:
            yield Block(BlockKind.JSON, key, result[key])
    others = {key: value for key, value in result.items() if key not in _WRAPPED and (key, value) != _USUAL}
    if others:
        yield Block(BlockKind.JSON, "other fields", others)


def looks_like_json(text: str) -> bool:
    """Whether it is worth trying to read `text` as a JSON object or array."""
    start, end = text[:64].lstrip()[:1], text[-64:].rstrip()[-1:]
    return (start, end) in (("{", "}"), ("[", "]"))


def fits_markdown(text: str) -> bool:
    """Whether `text` is short enough to be laid out as Markdown at once."""
    return len(text) <= MAX_MARKDOWN_LENGTH and text.count("\n") <= MAX_MARKDOWN_LINES


def looks_like_markdown(text: str) -> bool:
    """Whether `text` has a heading, fence, table, quote, link or bold word, and is short enough."""
    return fits_markdown(text) and _MARKDOWN.search(text) is not None


def _item(item: Any) -> Block:
    if not isinstance(item, dict):
        return Block(BlockKind.JSON, "content item", item, "This content item is not an object.")
    readers: dict[str, Callable[[dict[str, Any]], Block | None]] = {
        "text": _text,
        "image": _binary,
        "audio": _binary,
        "resource": _resource,
        "resource_link": _link,
    }
    kind = item.get("type")
    reader = readers.get(kind) if isinstance(kind, str) else None
    block = reader(item) if reader is not None else None
    if block is None:
        note = "Unknown content type." if reader is None else "The fields do not fit this content type."
        return Block(BlockKind.JSON, shown(kind, 60) or "content item", item, note)
    extras = {key: item[key] for key in ("annotations", "_meta") if key in item}
    if extras:
        words = ", ".join(f"{key}: {brief(value)}" for key, value in extras.items())
        return Block(block.kind, block.heading, block.value, " ".join(filter(None, (block.note, words))), block.uri)
    return block


def _text(item: dict[str, Any], heading: str = "text") -> Block | None:
    text = item.get("text")
    if not isinstance(text, str):
        return None
    mime = shown(item.get("mimeType"), 60)
    is_markdown = (mime == "text/markdown" and fits_markdown(text)) or (not mime and looks_like_markdown(text))
    return Block(BlockKind.MARKDOWN if is_markdown else BlockKind.TEXT, heading, text)


def _binary(item: dict[str, Any], key: str = "data", heading: str = "") -> Block | None:
    encoded = item.get(key)
    if not isinstance(encoded, str):
        return None
    mime = shown(item.get("mimeType"), 60) or "unknown type"
    name = heading or f"{item.get('type')} · {mime}"
    size = len(encoded) * 3 // 4
    if size > MAX_BINARY_BYTES:
        return Block(
            BlockKind.BINARY, name, b"", f"{size_words(size)} is over the limit of 32 MB, so it is not decoded."
        )
    try:
        data = base64.b64decode("".join(encoded.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        return Block(BlockKind.BINARY, name, b"", f"The data is not valid base64: {error}.")
    if mime.startswith("image/") or item.get("type") == "image":
        return Block(BlockKind.IMAGE, name, data)
    return Block(BlockKind.BINARY, name, data, _audio_facts(data))


def _resource(item: dict[str, Any]) -> Block | None:
    resource = item.get("resource")
    if not isinstance(resource, dict):
        return None
    uri = shown(resource.get("uri"), 200)
    heading = " · ".join(filter(None, ("resource", uri, shown(resource.get("mimeType"), 60))))
    return _text(resource, heading) if "text" in resource else _binary(resource, "blob", heading)


def _link(item: dict[str, Any]) -> Block | None:
    uri = item.get("uri")
    if not isinstance(uri, str):
        return None
    size = item.get("size")
    facts = (
        shown(item.get("title"), 80) or shown(item.get("name"), 80),
        shown(item.get("mimeType"), 60),
        size_words(size) if type(size) is int and 0 <= size < MAX_STATED_BYTES else "",
    )
    heading = " · ".join(filter(None, ("resource link", *facts)))
    return Block(BlockKind.LINK, heading, None, shown(item.get("description"), 500), uri)


def _audio_facts(data: bytes) -> str:
    """Duration and format of a WAV file, from its header; empty for other data."""
    if not data.startswith(b"RIFF"):
        return ""
    try:
        with wave.open(io.BytesIO(data)) as sound:
            seconds = sound.getnframes() / sound.getframerate()
            return f"WAV, {seconds:.1f} s, {sound.getframerate():,} Hz, {counted(sound.getnchannels(), 'channel')}"
    except (wave.Error, EOFError, ValueError, ZeroDivisionError, RuntimeError):
        return "The WAV header cannot be read."
