"""What messages carry, read again from their bytes: for rules that look into few of them."""

from __future__ import annotations

from typing import Any

from inspector.trace.events import Framing, Message
from inspector.wire import jsontext, sse


def value_of(message: Message) -> Any:
    """The whole message as parsed JSON; None for what is none."""
    if message.framing is not Framing.SSE:
        return jsontext.parse(message.raw).value
    frame = sse.decode_frame(message.raw)
    return None if frame is None else jsontext.parse(frame.data).value


def result_of(message: Message) -> dict[str, Any]:
    """The result object of an answer; empty where there is none."""
    value = value_of(message)
    result = value.get("result") if isinstance(value, dict) else None
    return result if isinstance(result, dict) else {}
