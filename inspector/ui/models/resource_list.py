"""Resources, resource templates and prompts of a server as rows."""

from __future__ import annotations

from typing import Any

from inspector.protocol.schema_words import brief
from inspector.record.text import counted, size
from inspector.ui.forms.spec import shown
from inspector.ui.models.offer_list import OfferRow, search_text

MAX_STATED_BYTES = 1 << 63
MAX_ANNOTATIONS = 10
NOT_AN_OBJECT = "This entry is not an object."
DEPRECATED, CHANGED, SUBSCRIBED = "deprecated", "changed", "subscribed"
_ICONS = (
    ("text/markdown", "mdi6.language-markdown-outline"),
    ("text/html", "mdi6.web"),
    ("text/", "mdi6.file-document-outline"),
    ("image/", "mdi6.image-outline"),
    ("audio/", "mdi6.music-note-outline"),
    ("video/", "mdi6.video-outline"),
    ("application/json", "mdi6.code-json"),
    ("application/xml", "mdi6.xml"),
    ("application/pdf", "mdi6.file-pdf-box"),
    ("application/zip", "mdi6.zip-box-outline"),
    ("inode/directory", "mdi6.folder-outline"),
)
FILE_ICON, TEMPLATE_ICON, PROMPT_ICON = "mdi6.file-outline", "mdi6.code-braces", "mdi6.message-text-outline"


def mime_icon(mime: object) -> str:
    """The name of a picture for a type."""
    name = shown(mime, 100).lower()
    if name.partition(";")[0].endswith("+json"):
        return "mdi6.code-json"
    return next((icon for start, icon in _ICONS if name.startswith(start)), FILE_ICON)


def resource_row(entry: Any, *, is_updated: bool = False, is_subscribed: bool = False) -> OfferRow:
    """The words for one entry of resources/list, also where it breaks the protocol."""
    fields = entry if isinstance(entry, dict) else {}
    states = ((CHANGED, is_updated), (SUBSCRIBED, is_subscribed), (DEPRECATED, is_deprecated(entry)))
    return _row(entry, "uri", mime_icon(fields.get("mimeType")), [word for word, holds in states if holds])


def template_row(entry: Any) -> OfferRow:
    """The words for one entry of resources/templates/list."""
    return _row(entry, "uriTemplate", TEMPLATE_ICON, [DEPRECATED] if is_deprecated(entry) else [])


def prompt_row(entry: Any) -> OfferRow:
    """The words for one entry of prompts/list."""
    arguments = entry.get("arguments") if isinstance(entry, dict) else None
    badges = [counted(len(arguments), "argument")] if isinstance(arguments, list) and arguments else []
    return _row(entry, "name", PROMPT_ICON, [*badges, *([DEPRECATED] if is_deprecated(entry) else [])])


def is_deprecated(entry: Any) -> bool:
    """Whether the server says that an entry is not to be used any more; MCP has no word for it, servers use this."""
    fields = entry if isinstance(entry, dict) else {}
    places = (fields, fields.get("annotations"), fields.get("_meta"))
    return any(isinstance(place, dict) and place.get("deprecated") is True for place in places)


def facts(entry: Any) -> list[str]:
    """What an entry says about itself beside its name and description: type, size, annotations."""
    fields = entry if isinstance(entry, dict) else {}
    found = [shown(fields.get("mimeType"), 100)]
    count = fields.get("size")
    if type(count) is int and 0 <= count < MAX_STATED_BYTES:
        found.append(size(count))
    notes = fields.get("annotations")
    if isinstance(notes, dict):
        found += [_annotation(key, notes[key]) for key in list(notes)[:MAX_ANNOTATIONS]]
    return [shown(word, 200) for word in found if word]


def _annotation(key: str, value: Any) -> str:
    if key == "audience" and isinstance(value, list) and all(isinstance(item, str) for item in value):
        return f"for {' and '.join(value)}"
    if key == "lastModified" and isinstance(value, str):
        return f"changed {value}"
    return f"{key} {brief(value)}"


def _row(entry: Any, key: str, icon: str, badges: list[str]) -> OfferRow:
    fields = entry if isinstance(entry, dict) else {}
    address = shown(fields.get(key), 2_000)
    name = shown(fields.get("name"), 200) or shown(address, 200) or "(no name)"
    title = shown(fields.get("title"), 200)
    whole = fields.get("description")
    description = shown(whole, 500) if isinstance(entry, dict) else NOT_AN_OBJECT
    place = address if address != name else ""
    lines = (title, place, description, " · ".join(facts(entry)))
    return OfferRow(
        key=address or name,
        name=name,
        title=title if title != name else "",
        description=description or place,
        badges=tuple(badges),
        entry=entry,
        searched=search_text(name, title, whole, address),
        tip="\n".join(filter(None, lines)),
        icon=icon,
        is_alert=CHANGED in badges or DEPRECATED in badges,
    )
