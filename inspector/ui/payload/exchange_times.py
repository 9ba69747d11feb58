"""When the steps of an HTTP exchange were reached. No Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from inspector.record.rows import RowKind
from inspector.record.timeline import INBOUND, Timeline
from inspector.trace.events import ChunkReceived, Connected, HeadersReceived, RequestSent, StreamEnded
from inspector.trace.river import River

LOOKED_THROUGH = 20_000
_CHUNKS_LOOKED_THROUGH = 4_000
CONTENT_KINDS = frozenset(
    {
        RowKind.RESPONSE,
        RowKind.REQUEST,
        RowKind.NOTIFICATION,
        RowKind.TOOL_STEP,
        RowKind.ERROR,
        RowKind.INVALID,
        RowKind.FRAME,
    }
)
_PROGRESS = {(RowKind.NOTIFICATION, "notifications/progress"), (RowKind.TOOL_STEP, "progress")}


@dataclass(frozen=True, slots=True)
class ExchangeTimes:
    """Milliseconds after the request began; None for what was not reached, not measured, or not needed.

    `resolved_ms`, `connected_ms` and `secured_ms` are the end of name look-up, TCP and TLS, where a socket was opened.
    """

    resolved_ms: float | None = None
    connected_ms: float | None = None
    secured_ms: float | None = None
    sent_ms: float | None = None
    headers_ms: float | None = None
    first_byte_ms: float | None = None
    first_event_ms: float | None = None
    first_progress_ms: float | None = None
    ended_ms: float | None = None

    def bars(self) -> list[tuple[str, float, float]]:
        """The steps one after the other: name, start and end."""
        bars: list[tuple[str, float, float]] = []
        reached = 0.0
        steps = (
            ("name look-up", self.resolved_ms),
            ("TCP", self.connected_ms),
            ("TLS", self.secured_ms),
            ("to request sent", self.sent_ms),
            ("to headers", self.headers_ms),
        )
        for name, end in steps:
            if end is not None:
                bars.append((name, min(reached, end), end))
                reached = max(reached, end)
        if self.headers_ms is None:
            return bars
        firsts = (
            ("to first byte", self.first_byte_ms),
            ("to first event", self.first_event_ms),
            ("to first progress", self.first_progress_ms),
        )
        return bars + [(name, self.headers_ms, max(self.headers_ms, end)) for name, end in firsts if end is not None]


def exchange_times(river: River, timeline: Timeline, http: dict[type, Any]) -> ExchangeTimes:
    """The times of the exchange whose HTTP events are `http`, the request among them."""
    request: RequestSent = http[RequestSent]
    connected: Connected | None = http.get(Connected)
    response: HeadersReceived | None = http.get(HeadersReceived)
    ended: StreamEnded | None = http.get(StreamEnded)
    event_row, progress_row = _firsts(timeline, request, ended)
    event_ns = None if event_row is None else timeline.monotonic_ns[event_row]
    progress_ns = None if progress_row is None else timeline.monotonic_ns[progress_row]
    end_n = len(river) if event_row is None else timeline.numbers[event_row]
    byte_ns = None if response is None else _first_byte_ns(river, response, end_n)
    connected_ms, tls_ms = (connected.connect_ms, connected.tls_ms) if connected else (None, None)
    return ExchangeTimes(
        resolved_ms=connected.resolve_ms if connected else None,
        connected_ms=connected_ms,
        secured_ms=None if connected_ms is None or tls_ms is None else connected_ms + tls_ms,
        sent_ms=response.sent_ms if response else None,
        headers_ms=response.ttfb_ms if response else None,
        first_byte_ms=_after_ms(byte_ns, request),
        first_event_ms=_after_ms(event_ns, request),
        first_progress_ms=_after_ms(progress_ns, request),
        ended_ms=ended.age_ms if ended else None,
    )


def _after_ms(at_ns: int | None, request: RequestSent) -> float | None:
    return None if at_ns is None else (at_ns - request.monotonic_ns) / 1e6


def _firsts(timeline: Timeline, request: RequestSent, ended: StreamEnded | None) -> tuple[int | None, int | None]:
    """The rows of the first message or event that came on the stream of `request`, and of the first progress."""
    start = timeline.row_of(request.n)
    if start is None:
        return None, None
    first: int | None = None
    last_n = timeline.numbers[-1] if ended is None else ended.n
    for row in range(start + 1, min(len(timeline), start + LOOKED_THROUGH)):
        if timeline.numbers[row] > last_n:
            break
        kind = RowKind(timeline.kinds[row])
        if timeline.streams[row] != request.stream or timeline.directions[row] != INBOUND or kind not in CONTENT_KINDS:
            continue
        first = row if first is None else first
        if (kind, timeline.label(row)) in _PROGRESS:
            return first, row
    return first, None


def _first_byte_ns(river: River, response: HeadersReceived, end_n: int) -> int | None:
    """When the first bytes of the body came; chunks make no rows, so they are looked for between two events."""
    for n in range(response.n + 1, min(end_n, response.n + _CHUNKS_LOOKED_THROUGH)):
        event = river[n]
        if isinstance(event, ChunkReceived) and event.stream == response.stream:
            return event.monotonic_ns
    return None
