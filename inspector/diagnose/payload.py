"""What messages carry, read again from their bytes: for rules that look into few of them."""

from __future__ import annotations

from typing import Any

from inspector.trace.events import Framing, Message
from inspector.wire import jsontext, sse

MAX_LINES = 10_000
"""A block of more lines carries no message that anybody meant: to read it again takes a microsecond for each."""


def has_many_lines(raw: bytes) -> bool:
    """Whether a block has more lines than are worth their time."""
    return len(raw) > MAX_LINES and raw.count(b"\n") + raw.count(b"\r") > MAX_LINES


def value_of(message: Message) -> Any:
    """The whole message as parsed JSON; None for what is none, or a block of too many lines."""
    if message.framing is not Framing.SSE:
        return jsontext.parse(message.raw).value
    if has_many_lines(message.raw):
        return None
    frame = sse.decode_frame(message.raw)
    return None if frame is None else jsontext.parse(frame.data).value


def result_of(message: Message) -> dict[str, Any]:
    """The result object of an answer; empty where there is none."""
    value = value_of(message)
    result = value.get("result") if isinstance(value, dict) else None
    return result if isinstance(result, dict) else {}
