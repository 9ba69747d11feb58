"""Facts about an event in named sections: the event-stream fields, the HTTP exchange, the times. No Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from inspector.record import text
from inspector.record.timeline import Timeline
from inspector.trace.events import (
    AnyEvent,
    CommentReceived,
    Connected,
    Framing,
    Headers,
    HeadersReceived,
    Message,
    Redirected,
    RequestSent,
    SseEvent,
    StreamEnded,
    ToolStep,
)
from inspector.trace.river import River
from inspector.wire import sse

_VALUE_CHARS = 2_000
_LINE_END_NAMES = {"\n": "LF", "\r\n": "CRLF", "\r": "CR"}


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, pairs of name and value, and a sentence where there are no pairs or something is to be said."""

    title: str
    facts: tuple[tuple[str, str], ...] = ()
    sentence: str = ""


def sse_sections(event: AnyEvent) -> list[Section]:
    """The fields of an event-stream block as the WHATWG standard reads them."""
    facts: tuple[tuple[str, str], ...]
    if isinstance(event, CommentReceived):
        facts = (
            ("comment", event.text),
            ("line ends", _line_end(event.raw)),
            ("place", _place(event.offset, len(event.raw), event.stream)),
        )
        return [Section("Comment", facts, "A comment keeps the connection alive; an EventSource never shows it.")]
    if not isinstance(event, SseEvent) or (isinstance(event, Message | ToolStep) and event.framing is not Framing.SSE):
        return [Section("", sentence="This event did not come in an event stream.")]
    frame = sse.decode_frame(event.raw)
    if frame is None:
        return [Section("", sentence="The block holds no field.")]
    fields = (
        ("event", frame.event if b"event" in event.raw else f"{frame.event} (by default)"),
        (
            "data",
            f"{text.counted(frame.data.count(chr(10)) + 1, 'line')}, {len(frame.data):,} characters: {frame.data}",
        ),
        ("id", "none" if frame.id is None else frame.id or "empty: forgets the last id"),
        ("retry", "none" if frame.retry_ms is None else f"{frame.retry_ms:,} ms until a reconnect"),
    )
    facts = (
        ("seen by an EventSource", "yes" if frame.dispatched else "no: the block has no data"),
        ("comments inside", f"{frame.comments}"),
        ("line ends", ", ".join(_LINE_END_NAMES.get(end, end) for end in frame.line_ends) or "none"),
        ("byte order mark", "yes, ignored" if frame.bom else "no"),
        ("UTF-8", "invalid: U+FFFD stands for what is not UTF-8" if frame.invalid_utf8 else "valid"),
        (
            "complete",
            "no: the stream ended inside" if not frame.complete else "cut: too long" if event.truncated else "yes",
        ),
        ("place", _place(event.offset, len(event.raw), event.stream)),
    )
    ignored = tuple(("ignored line", text.decoded(line)) for line in frame.unknown_lines)
    return [Section("Fields", fields), Section("Block", facts + ignored)]


def _place(offset: int, count: int, stream: int | None) -> str:
    of = "" if stream is None else f" of stream {stream}"
    return f"bytes {offset:,} to {offset + count:,}{of} ({text.size(count)})"


def _line_end(raw: bytes) -> str:
    return "CRLF" if raw.endswith(b"\r\n") else "LF" if raw.endswith(b"\n") else "CR" if raw.endswith(b"\r") else "none"


def http_events(river: River, timeline: Timeline, stream: int | None) -> dict[type, Any]:
    """The HTTP events of a stream by their class, the newest of each."""
    rows = timeline.http_rows(stream) if stream else []
    return {type(event): event for event in (river[timeline.numbers[row]] for row in rows)}


def http_sections(events: dict[type, Any]) -> list[Section]:
    """Request, connection, response and end of the exchange, as far as they have come."""
    request: RequestSent | None = events.get(RequestSent)
    if request is None:
        return [Section("", sentence="This event belongs to no HTTP exchange.")]
    line = (("request", f"{request.method} {request.url}"), ("for", request.purpose))
    body = (("body", text.size(len(request.body)) if request.body else "none"),)
    sections = [Section("Request", (*line, *body)), Section("Request headers", _headers(request.headers))]
    redirect: Redirected | None = events.get(Redirected)
    if redirect is not None:
        sections.append(Section("Redirect", sentence=text.summary(redirect)))
    response: HeadersReceived | None = events.get(HeadersReceived)
    if response is None:
        sections.append(Section("Response", sentence="No response headers have come."))
    else:
        status = f"{response.status} {response.reason}".rstrip()
        facts = (("status", status), ("version", response.http_version))
        sections += [Section("Response", facts), Section("Response headers", _headers(response.headers))]
    return [*sections, _connection(events.get(Connected), response), _end(events.get(StreamEnded))]


def _headers(headers: Headers) -> tuple[tuple[str, str], ...]:
    return tuple((name, value[:_VALUE_CHARS]) for name, value in headers)


def _connection(connected: Connected | None, response: HeadersReceived | None) -> Section:
    if connected is None:
        socket = (("socket", f"{response.socket}"),) if response is not None and response.socket else ()
        return Section("Connection", socket, "No new connection was opened for this exchange.")
    facts = [("peer", connected.peer)]
    if connected.socket:
        facts.append(("socket", f"{connected.socket}"))
    if connected.resolve_ms is not None:
        facts.append(("name look-up", text.duration(connected.resolve_ms)))
    facts.append(("TCP", text.duration(connected.connect_ms - (connected.resolve_ms or 0.0))))
    if connected.tls_ms is not None:
        facts.append((connected.tls_version or "TLS", text.duration(connected.tls_ms)))
    return Section("Connection", tuple(facts))


def _end(ended: StreamEnded | None) -> Section:
    if ended is None:
        return Section("End", sentence="The exchange is still open.")
    facts = [
        ("cause", str(ended.cause)),
        ("received", f"{text.size(ended.bytes_received)} in {text.counted(ended.chunks, 'chunk')}"),
        ("events", f"{ended.frames:,}"),
        ("open for", text.duration(ended.age_ms)),
        ("silent before", text.duration(ended.idle_ms)),
    ]
    if ended.pending:
        facts.append(("unfinished", text.decoded(ended.pending)))
    if ended.error:
        facts.append(("error", ended.error))
    return Section("End", tuple(facts), ended.sentence)
