"""What resources/read and prompts/get bring, each part as it is shown best; none is dropped, none raises."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from inspector.protocol.schema_words import brief
from inspector.ui.forms.spec import shown
from inspector.ui.forms.text import read_json
from inspector.ui.views.content import Block, BlockKind, blocks
from inspector.ui.views.picture import image_kind
from inspector.ui.views.result_lines import Line

MAX_CHECKED_CHARS = 1_048_576
SVG = "image/svg+xml"
_KNOWN = ("contents", "_meta", "resultType", "ttlMs", "cacheScope")
_ROLES = {"user": "outbound", "assistant": "inbound"}
_TEXTUAL = ("text/", "application/json", "application/xml", "application/javascript")


def read_parts(result: Any, uri: str = "") -> Iterator[Block]:
    """The parts of the raw `result` of resources/read for `uri`, which need not be named again in each heading."""
    contents = result.get("contents") if isinstance(result, dict) else None
    if not isinstance(result, dict) or not isinstance(contents, list):
        yield Block(BlockKind.JSON, "result", result, "The result has no list of contents.")
        return
    for n, item in enumerate(contents):
        place = f"{n + 1} of {len(contents)}" if len(contents) > 1 else ""
        for part in _content(item):
            other = shown(part.uri, 200) if part.uri != uri else ""
            yield replace(part, heading=" · ".join(filter(None, (place, other, part.heading))))
    if "_meta" in result:
        yield Block(BlockKind.JSON, "_meta", result["_meta"])
    others = {key: value for key, value in result.items() if key not in _KNOWN}
    if others:
        yield Block(BlockKind.JSON, "other fields", others)


def prompt_parts(result: Any) -> Iterator[Block | Line]:
    """The messages of the raw `result` of prompts/get, each below its role."""
    messages = result.get("messages") if isinstance(result, dict) else None
    if not isinstance(result, dict) or not isinstance(messages, list):
        yield Block(BlockKind.JSON, "result", result, "The result has no list of messages.")
        return
    if description := shown(result.get("description"), 500):
        yield "muted", description
    for n, message in enumerate(messages):
        yield from _message(message, n, len(messages))
    others = {key: value for key, value in result.items() if key not in ("messages", "description", "resultType")}
    if others:
        yield Block(BlockKind.JSON, "other fields", others)


def _message(message: Any, n: int, count: int) -> Iterator[Block | Line]:
    if not isinstance(message, dict):
        yield Block(BlockKind.JSON, "message", message, "This message is not an object.")
        return
    role = message.get("role")
    name = shown(role, 60) or "no role"
    colour = _ROLES.get(role, "warn") if isinstance(role, str) else "warn"
    yield colour, f"{n + 1} of {count} · {name}{'' if colour != 'warn' else ' (neither user nor assistant)'}"
    content = message.get("content")
    # One block since the first revision; some servers send a list, as sampling may.
    yield from blocks({"content": content if isinstance(content, list) else [content]})
    others = {key: value for key, value in message.items() if key not in ("role", "content")}
    if others:
        yield Block(BlockKind.JSON, "other fields of the message", others)


def _content(item: Any) -> Iterator[Block]:
    if not isinstance(item, dict):
        yield Block(BlockKind.JSON, "content", item, "This content is not an object.")
        return
    uri = item["uri"] if isinstance(item.get("uri"), str) else ""
    note = "" if uri else "This content names no uri."
    keys = [key for key in ("text", "blob") if key in item]
    if not keys:
        yield Block(BlockKind.JSON, "content", item, "This content has neither text nor blob.", uri)
        return
    if len(keys) == 2:
        note = f"{note} This content has both text and blob; only one is allowed.".strip()
    for key in keys:
        part = _text(item) if key == "text" else _blob(item)
        extras = ", ".join(f"{name}: {brief(item[name])}" for name in ("annotations", "_meta") if name in item)
        yield replace(part, uri=uri, note=" ".join(filter(None, (part.note, note, extras))))


def _text(item: dict[str, Any]) -> Block:
    text, mime = item["text"], _mime(item)
    if not isinstance(text, str):
        return Block(BlockKind.JSON, mime or "text", text, "text is not a string.")
    if mime == SVG:
        return Block(BlockKind.IMAGE, mime, text.encode("utf-8", "replace"))
    # The content view knows which text is Markdown.
    part = next(blocks({"content": [{"type": "resource", "resource": {"text": text, "mimeType": mime}}]}))
    return replace(part, heading=mime or "text", note=_mismatch(text, mime))


def _blob(item: dict[str, Any]) -> Block:
    mime = _mime(item)
    encoded = item["blob"]
    if not isinstance(encoded, str):
        return Block(BlockKind.JSON, mime or "blob", encoded, "blob is not a string.")
    resource = {"type": "resource", "resource": {"blob": encoded, "mimeType": mime}}
    part = replace(next(blocks({"content": [resource]})), heading=mime or "blob")
    if not part.value:
        return part
    if mime.startswith(_TEXTUAL):
        return _decoded(part, mime)
    kind = image_kind(part.value)
    if part.kind is BlockKind.IMAGE:
        named = mime.removeprefix("image/").partition("+")[0].upper()
        if kind and kind.upper() != {"JPG": "JPEG"}.get(named, named):
            return replace(part, note=f"The type is {mime}, but the bytes are {kind}.")
    elif kind and not mime:
        return replace(part, kind=BlockKind.IMAGE, note=f"No type is given; the bytes are {kind}.")
    return part


def _decoded(part: Block, mime: str) -> Block:
    """Text that was sent as bytes."""
    try:
        text = part.value.decode()
    except UnicodeDecodeError as error:
        return replace(part, note=f"The type is {mime}, but the bytes are no UTF-8 (at byte {error.start:,}).")
    note = " ".join(filter(None, ("Text that was sent as blob (base64).", _mismatch(text, mime))))
    return replace(part, kind=BlockKind.TEXT, value=text, note=note)


def _mime(item: dict[str, Any]) -> str:
    return shown(item.get("mimeType"), 100).partition(";")[0].strip().lower()


def _mismatch(text: str, mime: str) -> str:
    """A sentence where the text is not what its type says."""
    if mime.startswith(("image/", "audio/", "video/")):
        return f"The type is {mime}, but this is text; bytes belong into blob."
    if (mime == "application/json" or mime.endswith("+json")) and len(text) <= MAX_CHECKED_CHARS:
        _, error = read_json(text)
        return f"The type is {mime}, but the text is no JSON. {error}" if error else ""
    return ""
