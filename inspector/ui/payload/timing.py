"""The times of an event and of the exchange it belongs to. No Qt."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from inspector.record import text
from inspector.record.rows import RowKind
from inspector.record.timeline import INBOUND, Timeline
from inspector.trace.events import (
    AnyEvent,
    ChunkReceived,
    CommentReceived,
    Connected,
    HeadersReceived,
    Message,
    RequestSent,
    SseEvent,
    StreamEnded,
    ToolStep,
)
from inspector.trace.river import River
from inspector.ui.payload.facts import Section

_LOOKED_THROUGH = 20_000
_CHUNKS_LOOKED_THROUGH = 4_000
_CONTENT_KINDS = frozenset(
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


def timing_sections(river: River, timeline: Timeline, row: int, http: dict[type, Any]) -> list[Section]:
    """When things happened: within the exchange, and this event among the others of its stream."""
    event = river[timeline.numbers[row]]
    own = [("happened", text.calendar(event.at)), *_own_times(river, timeline, row, event)]
    sections = [Section("This event", tuple(own))]
    request: RequestSent | None = http.get(RequestSent)
    if request is not None:
        sections.append(
            Section(f"Exchange {timeline.lane_name(event.stream or 0)}", _exchange(timeline, request, http))
        )
    return sections


def phases(timeline: Timeline, row: int, http: dict[type, Any]) -> list[tuple[str, float, float]]:
    """The exchange as bars: name, start and end in milliseconds after the request was sent."""
    request: RequestSent | None = http.get(RequestSent)
    if request is None:
        return []
    bars: list[tuple[str, float, float]] = []
    connected: Connected | None = http.get(Connected)
    reached = 0.0
    if connected is not None:
        reached = connected.connect_ms
        bars.append(("TCP", 0.0, reached))
        if connected.tls_ms is not None:
            bars.append(("TLS", reached, reached + connected.tls_ms))
            reached += connected.tls_ms
    response: HeadersReceived | None = http.get(HeadersReceived)
    if response is not None:
        bars.append(("to headers", min(reached, response.ttfb_ms), response.ttfb_ms))
        first = _first_content(timeline, request)
        if first is not None:
            bars.append(("to first event", response.ttfb_ms, max(response.ttfb_ms, _since(timeline, first, request))))
    ended: StreamEnded | None = http.get(StreamEnded)
    here = _since(timeline, row, request)
    if ended is not None:
        bars.append(("whole exchange", 0.0, ended.age_ms))
    if here > 0 and timeline.kinds[row] in _CONTENT_KINDS:
        bars.append(("to this event", 0.0, here))
    return bars


def arrivals(river: River, event: AnyEvent) -> list[tuple[int, int]]:
    """Where in the bytes of `event` each chunk began, and when it came: pairs of offset and `monotonic_ns`.

    Empty if the chunks are not known, or hold other bytes because the body was compressed.
    """
    if not isinstance(event, SseEvent | CommentReceived) or event.stream is None or not event.raw:
        return []
    found: list[tuple[int, int]] = []
    start, end = event.offset, event.offset + len(event.raw)
    for n in range(event.n - 1, max(-1, event.n - _CHUNKS_LOOKED_THROUGH), -1):
        chunk = river[n]
        if not isinstance(chunk, ChunkReceived) or chunk.stream != event.stream or chunk.offset >= end:
            continue
        begin, stop = max(start, chunk.offset), min(end, chunk.offset + len(chunk.data))
        if (
            stop <= begin
            or event.raw[begin - start : stop - start] != chunk.data[begin - chunk.offset : stop - chunk.offset]
        ):
            break
        found.append((begin - start, chunk.monotonic_ns))
        if chunk.offset <= start:
            return found[::-1]
    return []


def _own_times(river: River, timeline: Timeline, row: int, event: AnyEvent) -> Iterator[tuple[str, str]]:
    if isinstance(event, SseEvent) and event.first_byte_ns and event.monotonic_ns >= event.first_byte_ns:
        chunks = arrivals(river, event)
        came = f" in {text.counted(len(chunks), 'chunk')}" if chunks else ""
        yield "arrived within", text.duration((event.monotonic_ns - event.first_byte_ns) / 1e6) + came
    root = timeline.root(row)
    if root is not None:
        about = f"#{timeline.numbers[root]:,} {timeline.kind_word(root)}"
        yield f"after {about}", text.duration((event.monotonic_ns - timeline.monotonic_ns[root]) / 1e6)
    if isinstance(event, Message | ToolStep) and event.rtt_ms is not None:
        yield "round trip", text.duration(event.rtt_ms)
    before = _before_on_stream(timeline, row)
    if before is not None:
        gap_ms = (event.monotonic_ns - timeline.monotonic_ns[before]) / 1e6
        yield "gap on the stream", f"{text.duration(gap_ms)} since #{timeline.numbers[before]:,}"


def _exchange(timeline: Timeline, request: RequestSent, http: dict[type, Any]) -> tuple[tuple[str, str], ...]:
    connected: Connected | None = http.get(Connected)
    response: HeadersReceived | None = http.get(HeadersReceived)
    ended: StreamEnded | None = http.get(StreamEnded)
    first = _first_content(timeline, request)
    tls_ms = connected.tls_ms if connected else None
    return (
        ("sent", text.calendar(request.at)),
        ("TCP connect", text.duration(connected.connect_ms) if connected else "no new connection"),
        ("TLS handshake", text.duration(tls_ms) if tls_ms is not None else "none"),
        ("headers after", text.duration(response.ttfb_ms) if response else "not yet"),
        ("first event after", "none yet" if first is None else text.duration(_since(timeline, first, request))),
        ("open for", text.duration(ended.age_ms) if ended else "still open"),
        ("end", str(ended.cause) if ended else "still open"),
    )


def _since(timeline: Timeline, row: int, request: RequestSent) -> float:
    return (timeline.monotonic_ns[row] - request.monotonic_ns) / 1e6


def _first_content(timeline: Timeline, request: RequestSent) -> int | None:
    """The first inbound message or event of the stream that `request` opened."""
    start = timeline.row_of(request.n)
    if start is None:
        return None
    for row in range(start + 1, min(len(timeline), start + _LOOKED_THROUGH)):
        if (
            timeline.streams[row] == request.stream
            and timeline.directions[row] == INBOUND
            and timeline.kinds[row] in _CONTENT_KINDS
        ):
            return row
    return None


def _before_on_stream(timeline: Timeline, row: int) -> int | None:
    stream = timeline.streams[row]
    if not stream:
        return None
    rows = range(row - 1, max(-1, row - _LOOKED_THROUGH), -1)
    return next((other for other in rows if timeline.streams[other] == stream), None)
