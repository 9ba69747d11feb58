"""The times of an event and of the exchange it belongs to. No Qt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from inspector.record import text
from inspector.record.timeline import Timeline
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
from inspector.ui.payload.exchange_times import CONTENT_KINDS, LOOKED_THROUGH, ExchangeTimes, exchange_times
from inspector.ui.payload.facts import Section
from inspector.wire.server_timing import Metric, metrics, server_ms

_CHUNKS_LOOKED_THROUGH = 4_000


def timing_sections(river: River, timeline: Timeline, row: int, http: dict[type, Any]) -> list[Section]:
    """When things happened: within the exchange, and this event among the others of its stream."""
    event = river[timeline.numbers[row]]
    own = [("happened", text.calendar(event.at)), *_own_times(river, timeline, row, event)]
    sections = [Section("This event", tuple(own))]
    request: RequestSent | None = http.get(RequestSent)
    if request is not None:
        times = exchange_times(river, timeline, http)
        title = f"Exchange {timeline.lane_name(event.stream or 0)}"
        sections.append(Section(title, tuple(_exchange(times, request, http))))
        response: HeadersReceived | None = http.get(HeadersReceived)
        if response is not None and (said := metrics(response.headers)):
            sections.append(_server_section(said, response.ttfb_ms))
    return sections


def phases(river: River, timeline: Timeline, row: int, http: dict[type, Any]) -> list[tuple[str, float, float]]:
    """The exchange as bars: name, start and end in milliseconds after the request was sent."""
    request: RequestSent | None = http.get(RequestSent)
    if request is None:
        return []
    times = exchange_times(river, timeline, http)
    bars = times.bars()
    if times.ended_ms is not None:
        bars.append(("whole exchange", 0.0, times.ended_ms))
    here_ms = (timeline.monotonic_ns[row] - request.monotonic_ns) / 1e6
    if here_ms > 0 and timeline.kinds[row] in CONTENT_KINDS:
        bars.append(("to this event", 0.0, here_ms))
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


def _exchange(times: ExchangeTimes, request: RequestSent, http: dict[type, Any]) -> Iterator[tuple[str, str]]:
    """The steps in their order; what an open exchange has not reached yet is said, what it had no need of is not."""
    ended: StreamEnded | None = http.get(StreamEnded)
    not_yet = "not yet" if ended is None else "never"
    yield "sent", text.calendar(request.at)
    yield from _opening(times, http.get(Connected))
    if times.sent_ms is not None:
        yield "request written after", text.duration(times.sent_ms)
    yield "headers after", _or(times.headers_ms, not_yet)
    yield "first byte after", _or(times.first_byte_ms, not_yet)
    yield "first event after", _or(times.first_event_ms, not_yet)
    if times.first_progress_ms is not None:
        yield "first progress after", text.duration(times.first_progress_ms)
    yield "open for", _or(times.ended_ms, "still open")
    yield "end", str(ended.cause) if ended else "still open"
    response: HeadersReceived | None = http.get(HeadersReceived)
    if response is not None:
        yield "version", response.http_version
    yield "socket", _socket(http.get(Connected), response)


def _opening(times: ExchangeTimes, connected: Connected | None) -> Iterator[tuple[str, str]]:
    if connected is None:
        yield "TCP connect", "no new connection"
        return
    if connected.resolve_ms is not None:
        yield "name look-up", text.duration(connected.resolve_ms)
    yield "TCP connect", text.duration(connected.connect_ms - (connected.resolve_ms or 0.0))
    yield "TLS handshake", _or(connected.tls_ms, "none")


def _socket(connected: Connected | None, response: HeadersReceived | None) -> str:
    """Which of the connection's sockets carried it, as far as it was counted."""
    number = connected.socket if connected else response.socket if response else 0
    opened = "opened for this exchange" if connected else "reused: an exchange before had opened it"
    if response is None and connected is None:
        return "none yet"
    return f"{number}, {opened}" if number else opened


def _server_section(said: Sequence[Metric], headers_ms: float) -> Section:
    """What the server says of its own time, each part with its share of it."""
    whole_ms = server_ms(said)
    facts = [(metric.name, _part(metric, whole_ms)) for metric in said]
    if whole_ms is None:
        return Section("Server-Timing", tuple(facts))
    facts.append(("together", text.duration(whole_ms)))
    if whole_ms <= headers_ms:
        facts.append(("not the server", f"{text.duration(headers_ms - whole_ms)} of the time to the headers"))
        return Section("Server-Timing", tuple(facts))
    return Section("Server-Timing", tuple(facts), "The server says that it took longer than the headers did to come.")


def _part(metric: Metric, whole_ms: float | None) -> str:
    parts = [] if metric.duration_ms is None else [text.duration(metric.duration_ms)]
    if metric.duration_ms is not None and whole_ms and metric.duration_ms < whole_ms:
        parts.append(f"{metric.duration_ms / whole_ms:.0%}")
    return " · ".join([*parts, metric.description] if metric.description else parts) or "no duration"


def _or(ms: float | None, words: str) -> str:
    return words if ms is None else text.duration(ms)


def _before_on_stream(timeline: Timeline, row: int) -> int | None:
    stream = timeline.streams[row]
    if not stream:
        return None
    rows = range(row - 1, max(-1, row - LOOKED_THROUGH), -1)
    return next((other for other in rows if timeline.streams[other] == stream), None)
