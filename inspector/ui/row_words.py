"""What a row says beyond its message: its place in an attempt, a subscription, a tool's run. No Qt."""

from __future__ import annotations

from typing import Any

from inspector.protocol.envelope import SUBSCRIPTION_ID
from inspector.protocol.schema_words import brief
from inspector.protocol.subscriptions import ACKNOWLEDGED, METHOD
from inspector.record import text
from inspector.record.message_text import payload
from inspector.trace.events import AnyEvent, AttemptMade, Message, MessageType, ToolStep
from inspector.trace.river import River
from inspector.wire import jsontext

MAX_READ_BYTES = 65_536
_STEPS = {
    "call": "The call of {}",
    "started": "{} has started",
    "progress": "{} reports progress",
    "data": "{} sends data",
    "complete": "{} is complete",
    "result": "{} answers in one piece",
    "error": "{} failed",
}


def preview(event: AnyEvent, river: River) -> str:
    """The text of the preview column: what the row adds to its other columns."""
    if isinstance(event, AttemptMade):
        return f"{'✓ fits' if event.succeeded else '✕ does not fit'}: {event.verdict}"
    said = annotation(event, river)
    return f"{said[0].lower()}{said[1:].rstrip('.')}" if said else text.preview(event)


def annotation(event: AnyEvent, river: River) -> str:
    """A sentence about a message's place in a subscription (R47), empty for all others."""
    if not isinstance(event, Message):
        return ""
    if event.method == ACKNOWLEDGED:
        return _acknowledged(_value(event))
    if event.message_type is MessageType.RESPONSE and _request_method(event, river) == METHOD:
        return "Graceful end: the server closed the subscription."
    return ""


def about(event: AnyEvent, river: River) -> str:
    """The sentence for the detail of one event: its annotation, or what a step is to its tool's run."""
    if isinstance(event, ToolStep):
        return _step(event)
    if isinstance(event, AttemptMade):
        return text.summary(event)
    return annotation(event, river) or _subscription(event)


def _acknowledged(value: Any) -> str:
    """The filter that the server honours: which lists, how many resources."""
    params = value.get("params") if isinstance(value, dict) else None
    given = params.get("notifications") if isinstance(params, dict) else None
    if not isinstance(given, dict):
        return "Acknowledged, but not what."
    parts = [
        f"{brief(key)} ({len(wanted)})" if isinstance(wanted, list) else brief(key)
        for key, wanted in given.items()
        if wanted not in (False, None, [])
    ]
    return f"Acknowledged: {', '.join(parts) or 'nothing that was asked for'}."


def _subscription(event: AnyEvent) -> str:
    """Which subscription brought a notification."""
    if not isinstance(event, Message) or event.message_type is not MessageType.NOTIFICATION:
        return ""
    value = _value(event)
    params = value.get("params") if isinstance(value, dict) else None
    meta = params.get("_meta") if isinstance(params, dict) else None
    if not isinstance(meta, dict) or SUBSCRIPTION_ID not in meta:
        return ""
    return f"For subscription {brief(meta[SUBSCRIPTION_ID])}."


def _step(step: ToolStep) -> str:
    tool = text.plain(step.tool, 80) or "?"
    known = _STEPS.get(step.step)
    words = f"Step {text.plain(step.step, 40)} of {tool}" if known is None else known.format(tool)
    took = "" if step.rtt_ms is None else f", {text.duration(step.rtt_ms)} after the call"
    call = "" if step.request_n is None else f" (call #{step.request_n:,})"
    return f"{words}{took}{call}."


def _request_method(event: Message, river: River) -> str | None:
    if event.request_n is None or not 0 <= event.request_n < len(river):
        return None
    request = river[event.request_n]
    return request.method if isinstance(request, Message) else None


def _value(event: Message) -> Any:
    return jsontext.parse(payload(event)).value if len(event.raw) <= MAX_READ_BYTES else None
