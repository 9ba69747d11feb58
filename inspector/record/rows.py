"""What one trace event puts into the columns of the timeline: pure functions from an event to a `Row`."""

from __future__ import annotations

import enum
import math
from collections.abc import Callable
from typing import Any, NamedTuple

from inspector.trace.events import (
    AnyEvent,
    AttemptMade,
    BodyReceived,
    CommentReceived,
    Connected,
    ConnectionState,
    EndCause,
    ExchangeFailed,
    FrameReceived,
    HeadersReceived,
    LabActed,
    Message,
    MessageType,
    Outcome,
    Redirected,
    RequestSent,
    SessionReady,
    Severity,
    StateChanged,
    StreamEnded,
    ToolStep,
    Violation,
)

ABSENT_MS = math.nan
"""Stands in the latency column where there is nothing to measure."""
ABSENT_BYTES = -1
"""Stands in the size column of events that carry no bytes."""


class RowKind(enum.IntEnum):
    """The kinds of row as a person tells them apart; a code fits one byte of a column."""

    STATE = 0
    ATTEMPT = 1
    SESSION = 2
    HTTP_REQUEST = 3
    CONNECT = 4
    HTTP_RESPONSE = 5
    REDIRECT = 6
    HTTP_END = 7
    REQUEST = 8
    NOTIFICATION = 9
    RESPONSE = 10
    ERROR = 11
    INVALID = 12
    FRAME = 13
    COMMENT = 14
    BODY = 15
    FAILED = 16
    VIOLATION = 17
    TOOL_STEP = 18
    LAB = 19


KIND_WORDS: tuple[str, ...] = (
    "state",
    "attempt",
    "session",
    "HTTP request",
    "connect",
    "HTTP response",
    "redirect",
    "HTTP end",
    "request",
    "notification",
    "response",
    "error",
    "invalid",
    "SSE event",
    "comment",
    "body",
    "failed",
    "violation",
    "tool step",
    "laboratory",
)
"""The word for each `RowKind`, by its code."""

CONNECTION_KINDS = frozenset({RowKind.STATE, RowKind.ATTEMPT, RowKind.SESSION})
HTTP_KINDS = frozenset(
    {RowKind.HTTP_REQUEST, RowKind.CONNECT, RowKind.HTTP_RESPONSE, RowKind.REDIRECT, RowKind.HTTP_END}
)
ANSWER_KINDS = frozenset({RowKind.RESPONSE, RowKind.ERROR, RowKind.FAILED})
HEARTBEAT_LABELS = ("ping", "heartbeat", "keepalive", "keep-alive")
"""Event names and methods that only say "I am still here"; comments do too."""

NONE, CHAT, NOTE, WARN, ERROR = range(5)
"""Codes of the severity column: `Severity` in ascending order after "nothing to remark"."""
SEVERITY_CODES = {severity: code for code, severity in enumerate(Severity, start=1)}


class Row(NamedTuple):
    """One row of the timeline; an empty `label` is taken over from the row of event `about_n`."""

    kind: RowKind
    label: str
    name: str = ""
    size_bytes: int = ABSENT_BYTES
    latency_ms: float = ABSENT_MS
    severity: int = NONE
    about_n: int | None = None


Facts = tuple[RowKind, str, str, int, float, int, int | None]
"""The fields of a `Row` without their names, which would take longer than finding them out."""
_MESSAGE_KINDS = {
    MessageType.REQUEST: (RowKind.REQUEST, NONE),
    MessageType.NOTIFICATION: (RowKind.NOTIFICATION, NONE),
    MessageType.RESPONSE: (RowKind.RESPONSE, NONE),
    MessageType.ERROR: (RowKind.ERROR, ERROR),
    MessageType.INVALID: (RowKind.INVALID, ERROR),
}
_END_SEVERITIES = {
    EndCause.COMPLETE: NONE,
    EndCause.END_OF_STREAM: NONE,
    EndCause.CANCELLED_BY_US: NONE,
    EndCause.CLOSED_BY_US: NONE,
    EndCause.DROPPED_BY_US: NOTE,
    EndCause.TIMED_OUT_BY_US: WARN,
    EndCause.REJECTED: WARN,
}
"""Every other cause is an error."""


def row_of(event: AnyEvent) -> Row | None:
    """The row that an event makes, None for a chunk."""
    make = ROW_MAKERS.get(type(event))
    return Row._make(make(event)) if make is not None else None


def _message(event: Message) -> Facts:
    kind, severity = _MESSAGE_KINDS[event.message_type]
    if severity < WARN and (event.problems or event.is_tool_error):
        severity = WARN
    rtt_ms = event.rtt_ms
    return (
        kind,
        event.method or "",
        event.name or "",
        len(event.raw),
        ABSENT_MS if rtt_ms is None else rtt_ms,
        severity,
        event.request_n,
    )


def _tool_step(event: ToolStep) -> Facts:
    """A run of a tool reads like a request: the call, its steps, and the step that ends it."""
    is_call, rtt_ms = event.step == "call", event.rtt_ms
    kind, severity = RowKind.REQUEST if is_call else RowKind.TOOL_STEP, NONE
    if event.step == "error":
        kind, severity = RowKind.ERROR, ERROR
    elif rtt_ms is not None:
        kind = RowKind.RESPONSE
    latency_ms = ABSENT_MS if rtt_ms is None else rtt_ms
    label = "tools/call" if is_call else event.step
    return kind, label, event.tool, len(event.raw), latency_ms, severity, event.request_n


def _frame(event: FrameReceived) -> Facts:
    severity = NONE if event.complete else WARN
    return RowKind.FRAME, event.event, "", len(event.raw), ABSENT_MS, severity, None


def _comment(event: CommentReceived) -> Facts:
    # The first word only: sse-starlette puts a time behind it, and the labels are interned.
    words = event.text[:64].split(maxsplit=1)
    return RowKind.COMMENT, f": {words[0]}" if words else ":", "", len(event.raw), ABSENT_MS, NONE, None


def _request_sent(event: RequestSent) -> Facts:
    return RowKind.HTTP_REQUEST, event.method, event.purpose, len(event.body), ABSENT_MS, NONE, None


def _connected(event: Connected) -> Facts:
    return RowKind.CONNECT, event.peer, "", ABSENT_BYTES, event.connect_ms + (event.tls_ms or 0.0), NONE, None


def _headers_received(event: HeadersReceived) -> Facts:
    label = f"{event.status} {event.reason}".rstrip()
    severity = _status_severity(event.status)
    return RowKind.HTTP_RESPONSE, label, "", ABSENT_BYTES, event.ttfb_ms, severity, None


def _status_severity(status: int) -> int:
    if status < 400:
        return NONE
    if status in (404, 405):  # how a server says "not offered here": part of every detection
        return NOTE
    return WARN if status < 500 else ERROR


def _redirected(event: Redirected) -> Facts:
    severity = NONE if event.followed else WARN
    return RowKind.REDIRECT, str(event.status), event.location, ABSENT_BYTES, ABSENT_MS, severity, None


def _stream_ended(event: StreamEnded) -> Facts:
    severity = _END_SEVERITIES.get(event.cause, ERROR)
    return RowKind.HTTP_END, event.cause, "", event.bytes_received, event.age_ms, severity, None


def _body(event: BodyReceived) -> Facts:
    return RowKind.BODY, event.content_type or "no content type", "", len(event.raw), ABSENT_MS, NONE, None


def _exchange_failed(event: ExchangeFailed) -> Facts:
    severity = NOTE if event.outcome is Outcome.CANCELLED else ERROR
    return RowKind.FAILED, event.method, event.name or "", ABSENT_BYTES, event.elapsed_ms, severity, event.request_n


def _violation(event: Violation) -> Facts:
    severity = SEVERITY_CODES[event.severity]
    return RowKind.VIOLATION, event.rule, "", ABSENT_BYTES, ABSENT_MS, severity, event.about_n


def _session_ready(event: SessionReady) -> Facts:
    return RowKind.SESSION, event.protocol_version, event.server_name, ABSENT_BYTES, event.handshake_ms, NONE, None


def _attempt(event: AttemptMade) -> Facts:
    return RowKind.ATTEMPT, event.transport, "", ABSENT_BYTES, ABSENT_MS, NONE, None


def _state(event: StateChanged) -> Facts:
    severity = WARN if event.state is ConnectionState.RECONNECTING else NONE
    return RowKind.STATE, event.state, "", ABSENT_BYTES, ABSENT_MS, severity, None


def _lab_acted(event: LabActed) -> Facts:
    return RowKind.LAB, event.action, "", ABSENT_BYTES, ABSENT_MS, NOTE, None


ROW_MAKERS: dict[type, Callable[[Any], Facts]] = {
    Message: _message,
    ToolStep: _tool_step,
    FrameReceived: _frame,
    CommentReceived: _comment,
    RequestSent: _request_sent,
    Connected: _connected,
    HeadersReceived: _headers_received,
    Redirected: _redirected,
    StreamEnded: _stream_ended,
    BodyReceived: _body,
    ExchangeFailed: _exchange_failed,
    Violation: _violation,
    SessionReady: _session_ready,
    AttemptMade: _attempt,
    StateChanged: _state,
    LabActed: _lab_acted,
}
"""What makes the row of an event, by its type; chunks make none."""
