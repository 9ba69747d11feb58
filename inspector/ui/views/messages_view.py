"""A conversation: whose turn each message is, and every block of it, tool uses and tool results among them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from PySide6.QtWidgets import QVBoxLayout, QWidget

from inspector.protocol.jsonrpc import json_type
from inspector.protocol.sampling import content_blocks
from inspector.record.text import counted, plain
from inspector.ui.dialogs.dialog_parts import ColoredLabel
from inspector.ui.forms.parts import muted_label
from inspector.ui.forms.text import write_json
from inspector.ui.views.block_widgets import binary, column, picture
from inspector.ui.views.content import Block, BlockKind, blocks
from inspector.ui.views.text_view import JSON, MARKDOWN, TextView

MAX_BLOCKS = 60
"""Each costs some 7 ms to be shown."""
_ROLES = {"user": ("▸ user", "outbound"), "assistant": ("◂ assistant", "inbound")}


class MessagesView(QWidget):
    """Messages one below the other, as far as there is room for them; nothing in them is opened or fetched."""

    def __init__(self, messages: Any) -> None:
        super().__init__()
        self.setObjectName("messagesView")
        self.setAccessibleName("Conversation")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(6)
        if not isinstance(messages, list):
            self._add([Block(BlockKind.JSON, "messages", messages, f"messages is {json_type(messages)}, no array.")])
            return
        shown = _newest(messages)
        if len(shown) < len(messages):
            earlier = counted(len(messages) - len(shown), "earlier message")
            self._column.addWidget(muted_label(f"{earlier}: see the timeline."))
        for message, parts in shown:
            self._column.addWidget(_role_label(message))
            self._add(parts[:MAX_BLOCKS])
            if len(parts) > MAX_BLOCKS:
                self._column.addWidget(muted_label("There are more blocks: see the timeline."))

    def _add(self, parts: Sequence[Block]) -> None:
        for part in parts:
            self._column.addWidget(block_widget(part))


def _newest(messages: list[Any]) -> list[tuple[Any, list[Block]]]:
    """The messages that there is room for, the newest in any case, each with its blocks and one more than fit."""
    shown: list[tuple[Any, list[Block]]] = []
    left = MAX_BLOCKS
    for message in reversed(messages):
        parts = list(islice(_parts(message), MAX_BLOCKS + 1))
        left -= max(1, len(parts))
        if shown and left < 0:
            break
        shown.append((message, parts))
    return shown[::-1]


def _parts(message: Any) -> Iterator[Block]:
    if not isinstance(message, dict):
        yield Block(BlockKind.JSON, "message", message, f"The message is {json_type(message)}, no object.")
        return
    for item in content_blocks(message.get("content")):
        yield from message_blocks(item)


def _role_label(message: Any) -> ColoredLabel:
    role = message.get("role") if isinstance(message, dict) else None
    words, shade = _ROLES.get(role, ("", "warn")) if isinstance(role, str) else ("", "warn")
    label = ColoredLabel(shade, words or f"⚠ role {plain(write_json(role), 60)}")
    label.setProperty("heading", True)
    return label


def message_blocks(item: Any) -> Iterator[Block]:
    """One content block of a message; a tool result brings its own blocks along."""
    kind = item.get("type") if isinstance(item, dict) else None
    if kind == "tool_use" and isinstance(item, dict):
        named = f"tool use · {plain(str(item.get('name')), 80)} · id {plain(str(item.get('id')), 60)}"
        rest = {key: value for key, value in item.items() if key not in ("type", "name", "id", "input")}
        yield Block(BlockKind.JSON, named, item.get("input"), f"Also: {plain(write_json(rest))}" if rest else "")
    elif kind == "tool_result" and isinstance(item, dict):
        failed = " · error" if item.get("isError") is True else ""
        yield Block(BlockKind.TEXT, f"tool result · for {plain(str(item.get('toolUseId')), 60)}{failed}", "")
        yield from blocks({key: value for key, value in item.items() if key not in ("type", "toolUseId")})
    else:
        yield from blocks({"content": [item]})


def block_widget(part: Block) -> QWidget:
    """A block for looking at; nothing in it asks the server for anything."""
    if part.kind is BlockKind.IMAGE:
        return picture(part)
    if part.kind is BlockKind.BINARY:
        return binary(part)
    if part.kind is BlockKind.LINK:
        return _lines(part.heading, plain(part.uri, 500), part.note)
    if part.kind is BlockKind.TEXT and not part.value:
        return _lines(part.heading, part.note)
    mode = {BlockKind.JSON: JSON, BlockKind.MARKDOWN: MARKDOWN}.get(part.kind, "")
    text = write_json(part.value, pretty=True) if part.kind is BlockKind.JSON else part.value
    return TextView(part.heading, text, mode, part.note)


def _lines(*texts: str) -> QWidget:
    return column(*(muted_label(text) for text in texts if text))
