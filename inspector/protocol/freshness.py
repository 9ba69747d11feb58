"""How long a result may be taken for current: cache hints, and what makes them void (R49)."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any, Literal

from inspector.protocol.breach import Breach, Severity
from inspector.protocol.jsonrpc import shown
from inspector.wire import jsontext

Scope = Literal["public", "private"]

CACHEABLE = frozenset(
    ("server/discover", "tools/list", "prompts/list", "resources/list", "resources/templates/list", "resources/read")
)
"""The requests whose results carry hints."""
LONGEST_TTL_MS = 10 * 365 * 24 * 3600 * 1000
MAX_ENTRIES = 1000
SECTION = "Caching (2026-07-28)"

_VOIDED_BY = {
    "notifications/tools/list_changed": ("tools/list",),
    "notifications/prompts/list_changed": ("prompts/list",),
    "notifications/resources/list_changed": ("resources/list", "resources/templates/list"),
}
_NOT_PART_OF_THE_KEY = ("_meta", "inputResponses", "requestState")


@dataclass(frozen=True, slots=True)
class Freshness:
    """For how long, and for whom, a result is fresh; `received_at` is in seconds of a monotonic clock."""

    ttl_ms: int
    scope: Scope
    received_at: float

    @property
    def fresh_until(self) -> float:
        return self.received_at + self.ttl_ms / 1000

    def is_fresh(self, now: float) -> bool:
        return now < self.fresh_until


def read_hints(result: Any, received_at: float) -> tuple[Freshness | None, list[Breach]]:
    """The hints of a complete result of a cacheable request, and what is wrong with them.

    A lifetime that is absent, negative or no number is 0, and a scope that cannot be read is `private`, which is the
    cautious reading. None where there are no hints at all, or where the result is not complete.
    """
    if not isinstance(result, dict) or result.get("resultType", "complete") != "complete":
        return None, []
    if "ttlMs" not in result and "cacheScope" not in result:
        text = "The result has no ttlMs and no cacheScope; it counts as stale at once."
        return None, [_breach(Severity.NOTE, text)]
    told: list[Breach] = []
    return Freshness(_ttl_ms(result.get("ttlMs"), told), _scope(result.get("cacheScope"), told), received_at), told


def _ttl_ms(given: Any, told: list[Breach]) -> int:
    if given is None:
        told.append(_breach(Severity.NOTE, "The result has no ttlMs; it counts as stale at once."))
        return 0
    is_number = isinstance(given, int | float) and not isinstance(given, bool)
    if not is_number or given != given // 1:
        told.append(_breach(Severity.WARN, f"`ttlMs` must be a whole number, not {shown(given)}; it counts as 0."))
        return 0
    if given < 0:
        told.append(_breach(Severity.WARN, f"`ttlMs` must not be negative; it is {shown(given)} and counts as 0."))
        return 0
    return int(min(given, LONGEST_TTL_MS))


def _scope(given: Any, told: list[Breach]) -> Scope:
    if given == "public":
        return "public"
    if given != "private":
        severity = Severity.NOTE if given is None else Severity.WARN
        told.append(_breach(severity, f"`cacheScope` must be public or private, not {shown(given)}; we take private."))
    return "private"


@dataclass(slots=True)
class FreshnessTable:
    """What is known about the freshness of results, by method and params; the oldest notes go first."""

    _notes: OrderedDict[bytes, tuple[str, Any, Freshness]] = field(default_factory=OrderedDict)

    def note(self, method: str, params: dict[str, Any] | None, freshness: Freshness | None) -> None:
        """Remember the hints of the newest result; None forgets those of an earlier one."""
        key = _key(method, params)
        self._notes.pop(key, None)
        if freshness is not None and method in CACHEABLE:
            uri = (params or {}).get("uri")
            self._notes[key] = method, uri, freshness
            if len(self._notes) > MAX_ENTRIES:
                self._notes.popitem(last=False)

    def get(self, method: str, params: dict[str, Any] | None = None) -> Freshness | None:
        """The hints of the newest result, if nothing has voided them since."""
        found = self._notes.get(_key(method, params))
        return found[2] if found else None

    def invalidate(self, method: str, params: Any = None) -> int:
        """Void what a notification of the server's says has changed; how many results that were.

        An update of a resource voids the resource itself and those that it lies within.
        """
        methods = _VOIDED_BY.get(method, ())
        uri = params.get("uri") if method == "notifications/resources/updated" and isinstance(params, dict) else None
        return self._drop(
            [key for key, (name, read, _) in self._notes.items() if name in methods or _is_within(uri, read)]
        )

    def forget_private(self) -> int:
        """Void what was only for the former credentials; how many results that were."""
        return self._drop([key for key, (_, _, freshness) in self._notes.items() if freshness.scope == "private"])

    def _drop(self, keys: list[bytes]) -> int:
        for key in keys:
            del self._notes[key]
        return len(keys)


def _is_within(updated: Any, read: Any) -> bool:
    if not isinstance(updated, str) or not isinstance(read, str):
        return False
    return updated == read or updated.startswith(read if read.endswith("/") else f"{read}/")


def _key(method: str, params: dict[str, Any] | None) -> bytes:
    """The same bytes for the same request, whatever the order of its params."""
    given = {key: value for key, value in (params or {}).items() if key not in _NOT_PART_OF_THE_KEY}
    return jsontext.dumps([method, _sorted(given)])


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def _breach(severity: Severity, text: str) -> Breach:
    fix = "Send ttlMs as a whole number of milliseconds and cacheScope as public or private."
    return Breach("cache-hints-invalid", severity, text, fix, SECTION)
