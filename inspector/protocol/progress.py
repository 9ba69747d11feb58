"""Progress of requests: tokens, and the numbers that must grow (R6)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, TypeGuard

from inspector.protocol.breach import Breach, Severity
from inspector.protocol.jsonrpc import shown

ProgressToken = int | str

SECTION = "MCP, base protocol: progress"
ECHO_TOKEN = "Copy params._meta.progressToken of the request, without changing its type."  # noqa: S105 - no secret


@dataclass(frozen=True, slots=True)
class Progress:
    """A `notifications/progress` for a request of ours."""

    progress: float
    total: float | None
    message: str


def is_token(value: Any) -> TypeGuard[ProgressToken]:
    """A string or an integer; in Python a boolean is one too, in JSON it is not."""
    return isinstance(value, int | str) and not isinstance(value, bool)


def token_in(params: dict[str, Any] | None) -> ProgressToken | None:
    """The token that a request of ours carries, whoever put it there."""
    meta = (params or {}).get("_meta")
    token = meta.get("progressToken") if isinstance(meta, dict) else None
    return token if is_token(token) else None


def with_token(params: dict[str, Any], token: ProgressToken) -> dict[str, Any]:
    """The same params asking for progress; a `_meta` that is no object is the user's experiment and stays as it is."""
    meta = params.get("_meta")
    if meta is not None and not isinstance(meta, dict):
        return params
    return {**params, "_meta": {"progressToken": token, **(meta or {})}}


def read(params: dict[str, Any]) -> Progress | None:
    """The step that a notification reports, None if its `progress` is no number to work with."""
    progress, total, message = params.get("progress"), params.get("total"), params.get("message")
    if not _is_finite(progress):
        return None
    return Progress(progress, total if _is_finite(total) else None, message if isinstance(message, str) else "")


def _is_finite(value: Any) -> TypeGuard[float]:
    """A number that fits a double: who draws a bar of it divides."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def check_step(before: Progress | None, now: Progress, token: ProgressToken) -> tuple[Breach, ...]:
    """The value MUST increase with each notification, even if the total is unknown; it ends at the total, if any."""
    if before is not None and now.progress <= before.progress:
        text = f"Progress of {shown(token)} went from {before.progress:g} to {now.progress:g}; it must increase."
        return (_not_monotonic(Severity.WARN, text),)
    if now.total is not None and now.progress > now.total:
        text = f"Progress of {shown(token)} is {now.progress:g}, more than its total of {now.total:g}."
        return (_not_monotonic(Severity.WARN, text),)
    if before is not None and None not in (before.total, now.total) and before.total != now.total:
        text = f"The total of {shown(token)} went from {before.total:g} to {now.total:g} on the way."
        return (_not_monotonic(Severity.NOTE, text),)
    return ()


def _not_monotonic(severity: Severity, text: str) -> Breach:
    fix = "Send strictly increasing values; leave total out if it is unknown."
    return Breach("progress-not-monotonic", severity, text, fix, SECTION)
