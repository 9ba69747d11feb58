"""What the user asked for, before it becomes a request of a certain revision."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from inspector.protocol.peer import Progress


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as the user wants it; the channel adds what its revision needs.

    `round` counts the requests that were sent for it before this one (R48), `is_repeat` says that it is sent once
    more because the server asked for it to be corrected (R44).
    """

    method: str
    params: dict[str, Any] | None = None
    timeout_s: float | None = None
    on_progress: Callable[[Progress], None] | None = None
    with_progress: bool = False
    round: int = 0
    is_repeat: bool = False


def with_meta(params: dict[str, Any] | None, meta: dict[str, Any] | None) -> dict[str, Any] | None:
    """The params with the user's own `_meta` keys."""
    if not meta:
        return params
    before = (params or {}).get("_meta")
    return {**(params or {}), "_meta": {**(before if isinstance(before, dict) else {}), **meta}}
