"""What a message carries, in words: the payload inside the bytes of an event, and one line about it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from inspector.trace.events import (
    AnyEvent,
    BodyReceived,
    CommentReceived,
    Framing,
    Message,
    RequestId,
    RequestSent,
    SseEvent,
    StreamEnded,
    ToolStep,
)
from inspector.wire import jsontext, sse

_READ_LIMIT_BYTES = 16_384
"""Larger messages are not parsed for one line: the line shows how they begin."""
_START_BYTES = 2_048
_NAMES_SHOWN = 12
_STEP_KEYS = ("type", "tool")
"""What the row of a step shows in columns of their own."""


def payload(event: AnyEvent) -> bytes:
    """The bytes that matter to a reader: the data of an event-stream block, else the body; empty if there are none."""
    if isinstance(event, Message | ToolStep) and event.framing is not Framing.SSE:
        return event.raw
    if isinstance(event, SseEvent):
        return _data(event.raw).encode("utf-8", "surrogatepass")
    if isinstance(event, CommentReceived):
        return event.text.encode("utf-8", "surrogatepass")
    if isinstance(event, BodyReceived):
        return event.raw
    if isinstance(event, RequestSent):
        return event.body
    return event.pending if isinstance(event, StreamEnded) else b""


def payload_start(event: SseEvent) -> str:
    """How the payload begins, without reading all of it."""
    raw = event.raw[:_START_BYTES]
    if isinstance(event, Message | ToolStep) and event.framing is not Framing.SSE:
        return raw.decode("utf-8", "backslashreplace")
    return _data(raw)


def _data(raw: bytes) -> str:
    frame = sse.decode_frame(raw, 0)
    return "" if frame is None else frame.data


def id_text(request_id: RequestId) -> str:
    """An id as it stood on the wire: `3`, `"3"`, `null`."""
    return json.dumps(request_id, ensure_ascii=False)


def content(message: Message) -> str:
    """One line about the parameters, the result or the error of a message."""
    if len(message.raw) > _READ_LIMIT_BYTES:
        return payload_start(message)
    value = jsontext.parse(payload(message)).value
    if not isinstance(value, dict):
        return payload_start(message)
    said = _read(value)
    return "; ".join((*message.problems, said) if said else message.problems)


def step_content(step: ToolStep) -> str:
    """One line about what a step of a tool's run carries beside its name and its tool."""
    if len(step.raw) > _READ_LIMIT_BYTES:
        return payload_start(step)
    value = jsontext.parse(payload(step)).value
    if not isinstance(value, dict):
        return payload_start(step)
    if step.step == "call":
        return _compact(value.get("params")) or "no parameters"
    rest = {key: item for key, item in value.items() if key not in _STEP_KEYS}
    only = next(iter(rest.values())) if len(rest) == 1 else None
    if isinstance(only, dict):
        return _result(only) or _compact(only)
    return only if isinstance(only, str) else _compact(rest)


def _read(value: dict[str, Any]) -> str:
    if "method" in value:
        params = value.get("params")
        read = _PARAMS.get(str(value["method"]))
        return (read(params) if read and isinstance(params, dict) else "") or _compact(params)
    if "error" in value:
        return _error(value["error"])
    if "result" in value:
        result = value["result"]
        return (_result(result) if isinstance(result, dict) else "") or _compact(result)
    return _compact(value)


def _compact(value: Any) -> str:
    if value is None or value == {}:
        return ""
    return jsontext.dumps(value).decode()


def _identity(value: Any) -> str:
    return f"{value.get('name', '?')} {value.get('version', '')}".strip() if isinstance(value, dict) else ""


def _handshake(value: dict[str, Any], peer: str) -> str:
    return " · ".join(part for part in (f"protocol {value.get('protocolVersion')}", _identity(value.get(peer))) if part)


def _progress(params: dict[str, Any]) -> str:
    done, total, said = params.get("progress"), params.get("total"), params.get("message")
    of = "" if total is None else f" of {total}"
    return f"{done}{of}{f' · {said}' if said else ''}"


def _log(params: dict[str, Any]) -> str:
    data = params.get("data")
    logger = f" {params['logger']}" if params.get("logger") else ""
    said = data.strip() if isinstance(data, str) else _compact(data)
    return f"{said} · {params.get('level', '?')}{logger}"


def _cancelled(params: dict[str, Any]) -> str:
    reason = params.get("reason")
    return f"id {_compact(params.get('requestId'))}{f': {reason}' if reason else ''}"


def _arguments(params: dict[str, Any]) -> str:
    return _compact(params.get("arguments")) or "no arguments"


_PARAMS: dict[str, Callable[[dict[str, Any]], str]] = {
    "initialize": lambda params: _handshake(params, "clientInfo"),
    "notifications/progress": _progress,
    "notifications/message": _log,
    "notifications/cancelled": _cancelled,
    "tools/call": _arguments,
    "prompts/get": _arguments,
    "resources/read": lambda params: str(params.get("uri", "")),
    "notifications/resources/updated": lambda params: str(params.get("uri", "")),
}
_LISTS = {"tools": "name", "prompts": "name", "resources": "uri", "resourceTemplates": "uriTemplate", "contents": "uri"}


def _error(error: Any) -> str:
    if not isinstance(error, dict):
        return _compact(error)
    data = _compact(error.get("data"))
    return f"{error.get('code')} {error.get('message', '')}{f' · {data}' if data else ''}"


def _result(result: dict[str, Any]) -> str:
    if "protocolVersion" in result:
        return _handshake(result, "serverInfo")
    if isinstance(result.get("content"), list):
        parts = " · ".join(_part(part) for part in result["content"][:_NAMES_SHOWN])
        return f"tool error: {parts}" if result.get("isError") else parts
    for key, label in _LISTS.items():
        items = result.get(key)
        if isinstance(items, list):
            names = [str(item.get(label, "?")) for item in items[:_NAMES_SHOWN] if isinstance(item, dict)]
            more = ", …" if len(items) > len(names) else ""
            noun = key.removesuffix("s") if len(items) == 1 else key
            return f"{len(items)} {noun}: {', '.join(names)}{more}" if items else f"no {key}"
    return ""


def _part(part: Any) -> str:
    if not isinstance(part, dict):
        return _compact(part)
    if isinstance(part.get("text"), str):
        return str(part["text"])
    if part.get("type") in ("image", "audio") and isinstance(part.get("data"), str):
        return f"{part['type']} {part.get('mimeType', '')} ({len(part['data']):,} characters of base64)"
    return _compact(part)
