"""One sentence for each trace event, and the small words it is made of: durations, sizes, text made safe to show.

The timeline's preview, the detail pane and `watch --format text` all speak through here. Every result is one line,
bounded, and free of characters that could disturb the line it stands in.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable
from datetime import datetime
from typing import Any

from inspector.record import message_text
from inspector.trace.events import (
    AnyEvent,
    AttemptMade,
    BodyReceived,
    ChunkReceived,
    CommentReceived,
    Connected,
    ExchangeFailed,
    FrameReceived,
    Headers,
    HeadersReceived,
    LabActed,
    Message,
    MessageType,
    Redirected,
    RequestSent,
    SessionReady,
    SseEvent,
    StateChanged,
    StreamEnded,
    ToolStep,
    Violation,
)

SUMMARY_CHARS = 240
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
_SEPARATOR = " · "


def plain(text: str, limit: int = SUMMARY_CHARS) -> str:
    """`text` on one line, cut to `limit` with `…`; controls, bidirectional marks and lone surrogates as escapes."""
    cut = text[: limit + 1]
    if not cut.isprintable():
        cut = "".join(map(_visible, cut))
    return cut if len(cut) <= limit else cut[: limit - 1] + "…"


def visible(text: str) -> str:
    """`text` with its line breaks (LF) and tabs; what else has no glyph, or turns the reading direction, as escapes."""
    return _UNSEEN.sub(lambda match: _visible(match[0]), text)


def _visible(char: str) -> str:
    if char.isprintable() or unicodedata.category(char) == "Zs":
        return char
    return char.encode("unicode_escape").decode("ascii")


def decoded(raw: bytes, limit: int = SUMMARY_CHARS) -> str:
    """The beginning of `raw` as UTF-8 on one line; bytes that are none stand as `\\xff`."""
    return plain(raw[: 4 * limit + 4].decode("utf-8", "backslashreplace"), limit)


def duration(ms: float) -> str:
    """`412 µs`, `3.21 ms`, `321 ms`, `3.204 s`, `2 min 03 s`, `5 h 04 min`; `?` for no number."""
    if not math.isfinite(ms):
        return "?"
    if ms < 0:
        return f"-{duration(-ms)}"
    if ms < 0.9995:
        return f"{ms * 1000:.0f} µs"
    if ms < 999.5:
        return f"{ms:.{2 if ms < 9.995 else 1 if ms < 99.95 else 0}f} ms"
    if ms < 59_999.5:
        return f"{ms / 1000:.3f} s"
    seconds = round(ms / 1000)
    minutes, seconds = divmod(seconds, 60)
    if minutes < 60:
        return f"{minutes} min {seconds:02} s"
    return f"{minutes // 60:,} h {minutes % 60:02} min"


def calendar(at: float) -> str:
    """Unix seconds as `2026-11-20 12:03:04.123456` where the user is; `?` for a time no calendar has."""
    try:
        return datetime.fromtimestamp(at).strftime("%Y-%m-%d %H:%M:%S.%f")  # noqa: DTZ006 - the user's own clock is meant
    except (OverflowError, OSError, ValueError):
        return "?"


def size(count_bytes: int) -> str:
    """`312 B`, `1.2 kB`, `10.5 MB`, in powers of 1000."""
    if count_bytes < 1000:
        return f"{count_bytes} B"
    for unit, scale in (("kB", 1e3), ("MB", 1e6)):
        if count_bytes < scale * 999.95:
            return f"{count_bytes / scale:.1f} {unit}"
    return f"{count_bytes / 1e9:,.2f} GB"


def counted(count: int, word: str) -> str:
    """`1 event`, `1,204 events`."""
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def summary(event: AnyEvent) -> str:
    """What the event says, in one line of at most 240 characters."""
    return plain(_SENTENCES[type(event)](event))


def preview(event: AnyEvent) -> str:
    """Like `summary` for a row that shows kind, method, name and id beside it: of a message, only what it carries."""
    if isinstance(event, Message):
        return plain(message_text.content(event))
    if isinstance(event, ToolStep):
        return plain(message_text.step_content(event))
    if isinstance(event, FrameReceived):
        return plain(_joined(message_text.payload_start(event), event.note))
    if isinstance(event, CommentReceived):
        return plain(event.text)
    if isinstance(event, Violation | LabActed):
        return plain(event.text)
    return summary(event)


def searchable(event: AnyEvent) -> bytes:
    """The bytes in which a text search looks: those of the wire where the event has some, else what it says."""
    if isinstance(event, SseEvent | CommentReceived | BodyReceived):
        return event.raw
    said = _SENTENCES[type(event)](event)
    headers: Headers = getattr(event, "headers", ())
    lines = (said, *(f"{name}: {value}" for name, value in headers))
    return "\n".join(lines).encode("utf-8", "surrogatepass")


def header(headers: Headers, name: str) -> str:
    """The first value of a header field, empty if there is none."""
    return next((value for key, value in headers if key.lower() == name), "")


def _joined(*parts: str) -> str:
    return _SEPARATOR.join(part for part in parts if part)


def _state(event: StateChanged) -> str:
    waits = "" if event.delay_ms is None else f"waits {duration(event.delay_ms)}"
    if waits and event.asked_ms is not None:
        waits += f" (the server asked for {duration(event.asked_ms)})"
    resumes = f"resumes after id {event.last_event_id}" if event.last_event_id else ""
    said = f"{event.state}: {event.reason}" if event.reason else str(event.state)
    return _joined(said, f"attempt {event.attempt}" if event.attempt else "", waits, resumes)


def _attempt(event: AttemptMade) -> str:
    return f"{event.transport} {'fits' if event.succeeded else 'does not fit'}: {event.verdict}"


def _session_ready(event: SessionReady) -> str:
    return _joined(
        f"{event.server_name} {event.server_version}".strip(),
        event.transport,
        f"protocol {event.protocol_version}",
        ", ".join(event.capabilities) or "no capabilities",
        f"session {event.session_id}" if event.session_id else "",
        f"ready after {duration(event.handshake_ms)}",
    )


def _request_sent(event: RequestSent) -> str:
    body = f"{size(len(event.body))} body" if event.body else ""
    return _joined(f"{event.method} {event.url}", event.purpose, body)


def _connected(event: Connected) -> str:
    """Where the name look-up was timed apart, `connect_ms` is told without it."""
    looked_up = "" if event.resolve_ms is None else f"name {duration(event.resolve_ms)}"
    tcp_ms = event.connect_ms - (event.resolve_ms or 0.0)
    tls = "" if event.tls_ms is None else f"{event.tls_version or 'TLS'} {duration(event.tls_ms)}"
    return _joined(f"connected to {event.peer}", looked_up, f"TCP {duration(tcp_ms)}", tls)


def _headers_received(event: HeadersReceived) -> str:
    return _joined(
        f"{event.status} {event.reason}".rstrip(),
        header(event.headers, "content-type") or "no content type",
        f"{duration(event.ttfb_ms)} to headers",
        event.http_version,
    )


def _redirected(event: Redirected) -> str:
    went = "followed" if event.followed else "not followed"
    return _joined(f"{event.status} to {event.location}", f"{went}: {event.reason}" if event.reason else went)


def _chunk(event: ChunkReceived) -> str:
    return f"{size(len(event.data))} at offset {event.offset:,}"


def _frame(event: FrameReceived) -> str:
    return _joined(f"event {event.event}: {message_text.payload_start(event)}".rstrip(": "), event.note)


def _comment(event: CommentReceived) -> str:
    return f"comment: {event.text}" if event.text else "empty comment"


def _message(event: Message) -> str:
    about = " ".join(part for part in (event.method, event.name) if part)
    number = "" if event.id is None else f"id {message_text.id_text(event.id)}"
    took = "" if event.rtt_ms is None else f"in {duration(event.rtt_ms)}"
    kinds = {MessageType.REQUEST: "request", MessageType.NOTIFICATION: "notification", MessageType.INVALID: "invalid"}
    kind = kinds.get(event.message_type, "error" if event.message_type is MessageType.ERROR else "response")
    head = " ".join(part for part in (kind, about, number, took) if part)
    content = message_text.content(event)
    return f"{head}: {content}" if content else head


def _tool_step(event: ToolStep) -> str:
    took = "" if event.rtt_ms is None else f" in {duration(event.rtt_ms)}"
    content = message_text.step_content(event)
    return f"{event.step} {event.tool}{took}{f': {content}' if content else ''}"


def _body(event: BodyReceived) -> str:
    return _joined(event.content_type or "no content type", size(len(event.raw)), decoded(event.raw, 120))


def _stream_ended(event: StreamEnded) -> str:
    got = f"{size(event.bytes_received)} in {counted(event.chunks, 'chunk')}, {counted(event.frames, 'event')}"
    silent = f"silent for the last {duration(event.idle_ms)}" if event.idle_ms >= 1000 else ""
    pending = f"{size(len(event.pending))} unfinished" if event.pending else ""
    return _joined(event.sentence or event.cause, got, f"open {duration(event.age_ms)}", silent, pending)


def _exchange_failed(event: ExchangeFailed) -> str:
    about = " ".join(part for part in (event.method, event.name) if part)
    number = message_text.id_text(event.id)
    return f"{about} id {number} {event.outcome} after {duration(event.elapsed_ms)}: {event.reason}"


def _violation(event: Violation) -> str:
    return f"{event.severity}: {event.text}{f' Fix: {event.fix}' if event.fix else ''}"


def _lab_acted(event: LabActed) -> str:
    return f"laboratory: {event.text}"


_SENTENCES: dict[type, Callable[[Any], str]] = {
    StateChanged: _state,
    AttemptMade: _attempt,
    SessionReady: _session_ready,
    RequestSent: _request_sent,
    Connected: _connected,
    HeadersReceived: _headers_received,
    Redirected: _redirected,
    ChunkReceived: _chunk,
    FrameReceived: _frame,
    CommentReceived: _comment,
    Message: _message,
    ToolStep: _tool_step,
    BodyReceived: _body,
    StreamEnded: _stream_ended,
    ExchangeFailed: _exchange_failed,
    Violation: _violation,
    LabActed: _lab_acted,
}
