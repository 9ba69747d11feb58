"""The short way to read `notifications/message`, which servers send more than all else.

It takes only what is beyond doubt: whatever it refuses may still be a log entry, and is for `jsonrpc.read` to tell.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from inspector.wire import jsontext

METHOD = "notifications/message"

_QUOTED = f'"{METHOD}"'


class _LogEntry(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    jsonrpc: Literal["2.0"]
    method: Literal["notifications/message"]
    params: dict[str, Any]


_decode = msgspec.json.Decoder(_LogEntry).decode


def read_params(text: str) -> dict[str, Any] | None:
    """The params of a message that is a log entry and has nothing wrong or odd; None for every other text."""
    if _QUOTED not in text:
        return None
    try:
        params = _decode(text).params
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
    return None if jsontext.is_too_deep(text) else params
