"""Call timings made by hand."""

from __future__ import annotations

from typing import Any

from inspector.stats.call_timing import CallTiming
from inspector.stats.percentiles import NOTHING

_ABSENT: dict[str, Any] = {
    "at": 1_700_000_000.0,
    "sent_ns": 0,
    "key": "tools/call echo",
    "connection": 1,
    "stream": 1,
    "socket": None,
    "http_version": None,
    "is_reused": None,
    "outcome": "answered",
    "resumed": 0,
    "gaps": NOTHING,
    "server_source": "",
}
_MEASURES = (
    *("resolve_ms", "connect_ms", "tls_ms", "sent_ms", "headers_ms", "first_byte_ms", "first_event_ms"),
    *("first_progress_ms", "last_event_to_end_ms", "total_ms", "server_ms", "network_ms", "one_way_ms", "settled_ns"),
)


def timing(request_n: int, **fields: Any) -> CallTiming:
    """A call of which only this is known."""
    return CallTiming(**{"request_n": request_n, **_ABSENT, **dict.fromkeys(_MEASURES), **fields})
