"""Trace events as JSON lines, one event a line, in the field order that people and scripts rely on."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any, BinaryIO

import msgspec

from inspector.record.extent import EVERYTHING, Extent
from inspector.record.redaction import Redactor
from inspector.trace.events import TraceEvent
from inspector.trace.river import River
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
    plain["at"] = iso(event.at)
    ordered = {name: plain.pop(name) for name in _FIRST}
    return ordered | plain


def line(event: TraceEvent) -> bytes:
    """One line with its line feed."""
    return jsontext.dumps(fields(event)) + b"\n"


def iso(at: float) -> str:
    """Unix seconds as `2026-11-20T12:03:04.123456Z`; the epoch for a time that no calendar has."""
    try:
        moment = datetime.fromtimestamp(at, UTC)
    except (OverflowError, OSError, ValueError):  # a file that was read may claim anything
        moment = datetime.fromtimestamp(0, UTC)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def write_jsonl(river: River, out: BinaryIO, redactor: Redactor | None = None, extent: Extent = EVERYTHING) -> int:
    """Write the events that `extent` holds; returns how many."""
    written = 0
    for block in river.blocks():
        for event in block:
            shown = redactor.event(event) if redactor else event  # also what is left out: it may tell of secrets
            if extent.holds(event):
                out.write(line(shown))
                written += 1
    return written
