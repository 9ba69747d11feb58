"""The tools of a server as rows; those that must not be called come last, with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from inspector.ui.forms.spec import shown
from inspector.ui.models.offer_list import OfferRow, search_text

HINTS = {
    "readOnlyHint": "read-only",
    "destructiveHint": "destructive",
    "idempotentHint": "idempotent",
    "openWorldHint": "open-world",
}
TASK_BADGES = {"optional": "task", "required": "task only"}
REJECTED = "rejected"


def tool_row(tool: Any, reason: str = "") -> OfferRow:
    """The words for one entry of tools/list, also where it breaks the protocol; `reason`: why it must not be called."""
    fields = tool if isinstance(tool, dict) else {}
    annotations = fields.get("annotations")
    notes: dict[str, Any] = annotations if isinstance(annotations, dict) else {}
    name = shown(fields.get("name"), 200) or "(no name)"
    title = shown(fields.get("title"), 200) or shown(notes.get("title"), 200)
    whole = fields.get("description")
    description = shown(whole, 500) if isinstance(tool, dict) else "This entry is not an object."
    badges = [words for hint, words in HINTS.items() if notes.get(hint) is True]
    execution = fields.get("execution")
    support = execution.get("taskSupport") if isinstance(execution, dict) else None
    if isinstance(support, str) and support in TASK_BADGES:
        badges.append(TASK_BADGES[support])
    return OfferRow(
        key=name,
        name=name,
        title=title if title != name else "",
        description=description,
        badges=(REJECTED,) if reason else tuple(badges),
        entry=tool,
        searched=search_text(name, title, whole, description, reason),
        is_alert=bool(reason) or "destructive" in badges,
        reason=reason,
    )


def tool_rows(tools: Any, rejected: Sequence[tuple[Any, str]] = ()) -> list[OfferRow]:
    """The raw entries of tools/list, anything but a list counts as none; and the rejected ones with their reasons."""
    rows = [tool_row(tool) for tool in tools] if isinstance(tools, list) else []
    return [*rows, *(tool_row(tool, reason or "The tool is invalid.") for tool, reason in rejected)]
