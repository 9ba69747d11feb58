"""Trace events as JSON lines, one event a line, in the field order that people and scripts rely on."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

import msgspec

from inspector.trace.events import TraceEvent
from inspector.wire import jsontext

_FIRST = ("n", "at", "monotonic_ns", "connection", "stream", "direction", "kind")


def fields(event: TraceEvent) -> dict[str, Any]:
    """The event as a JSON object: `at` in ISO 8601 (UTC, microseconds), bytes as text.

    Bytes that are no UTF-8 stand in base64 under the field's name with `_base64` behind it.
    """
    plain: dict[str, Any] = {"kind": event.kind}
    for name in event.__struct_fields__:
        value = getattr(event, name)
        if not isinstance(value, bytes):
            plain[name] = msgspec.to_builtins(value)
            continue
        try:
            plain[name] = value.decode()
        except UnicodeDecodeError:
            plain[f"{name}_base64"] = base64.b64encode(value).decode()
    plain["at"] = datetime.fromtimestamp(event.at, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    ordered = {name: plain.pop(name) for name in _FIRST}
    return ordered | plain


def line(event: TraceEvent) -> bytes:
    """One line with its line feed."""
    return jsontext.dumps(fields(event)) + b"\n"
