from __future__ import annotations

from typing import Any

import pytest

from inspector.record import text
from inspector.trace.clock import FakeClock
from inspector.trace.events import (
    AttemptMade,
    BodyReceived,
    ChunkReceived,
    CommentReceived,
    Connected,
    ConnectionState,
    EndCause,
    ExchangeFailed,
    FrameReceived,
    Framing,
    HeadersReceived,
    LabActed,
    Message,
    MessageType,
    Outcome,
    Phase,
    Redirected,
    RequestSent,
    SessionReady,
    Severity,
    StateChanged,
    StreamEnded,
    ToolStep,
    Violation,
)
from inspector.trace.river import River


@pytest.mark.parametrize(
    ("ms", "said"),
    [
        (0, "0 µs"),
        (0.412, "412 µs"),
        (0.9999, "1.00 ms"),
        (3.2, "3.20 ms"),
        (9.999, "10.0 ms"),
        (99.99, "100 ms"),
        (338.2, "338 ms"),
        (999.6, "1.000 s"),
        (3204.1, "3.204 s"),
        (59_999.9, "1 min 00 s"),
        (123_000, "2 min 03 s"),
        (18_240_000, "5 h 04 min"),
        (-3.2, "-3.20 ms"),
        (float("inf"), "?"),
        (float("nan"), "?"),
    ],
)
def test_durations_keep_three_digits(ms: float, said: str) -> None:
    assert text.duration(ms) == said


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (10_485_760, "10.5 MB"),
        (2_500_000_000, "2.50 GB"),
    ],
)
def test_sizes(count: int, said: str) -> None:
    assert text.size(count) == said


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("plain", "plain"),
        ("a\nb\tc\0", "a\\nb\\tc\\x00"),
        ("file:///\u202egnp.exe", "file:///\\u202egnp.exe"),
        ("\ud800", "\\ud800"),
        ("日本　語 é", "日本　語 é"),
        ("x" * 50, "x" * 9 + "…"),
    ],
)
def test_plain_shows_what_has_no_glyph(given: str, shown: str) -> None:
    assert text.plain(given, 10 if len(given) == 50 else 100) == shown


def test_visible_keeps_lines_and_tabs_only() -> None:
    assert text.visible("a\n\tb\r\u2028\u200f") == "a\n\tb\\r\\u2028\\u200f"


def test_decoded_bytes_show_what_is_no_utf8() -> None:
    assert text.decoded(b"ok \xff\xc3") == "ok \\xff\\xc3"


def test_calendar_survives_times_out_of_range() -> None:
    assert [text.calendar(at) for at in (float("nan"), 1e300, -1e300)] == ["?", "?", "?"]
    assert text.calendar(1_700_000_000.25).endswith(".250000")


SENTENCES: list[tuple[type[Any], dict[str, Any], str]] = [
    (
        StateChanged,
        {
            "state": ConnectionState.RECONNECTING,
            "reason": "the stream was cut",
            "attempt": 2,
            "delay_ms": 1000.0,
            "asked_ms": 500,
            "last_event_id": "41",
        },
        "reconnecting: the stream was cut · attempt 2 · waits 1.000 s (the server asked for 500 ms)"
        " · resumes after id 41",
    ),
    (StateChanged, {"state": ConnectionState.IDLE}, "idle"),
    (
        AttemptMade,
        {"transport": "http+sse", "verdict": "405 to GET", "succeeded": False},
        "http+sse does not fit: 405 to GET",
    ),
    (
        SessionReady,
        {
            "transport": "Streamable HTTP",
            "protocol_version": "2025-11-25",
            "server_name": "demo",
            "server_version": "1.2.0",
            "session_id": "3f2a",
            "capabilities": ("tools", "prompts"),
            "handshake_ms": 12.34,
        },
        "demo 1.2.0 · Streamable HTTP · protocol 2025-11-25 · tools, prompts · session 3f2a · ready after 12.3 ms",
    ),
    (
        RequestSent,
        {"method": "POST", "url": "http://h/mcp", "purpose": "tools/call", "body": b"{}"},
        "POST http://h/mcp · tools/call · 2 B body",
    ),
    (
        Connected,
        {"peer": "h:443", "connect_ms": 0.4, "tls_ms": 12.0, "tls_version": "TLSv1.3"},
        "connected to h:443 · TCP 400 µs · TLSv1.3 12.0 ms",
    ),
    (
        Connected,
        {"peer": "h:80", "connect_ms": 3.5, "resolve_ms": 3.0},
        "connected to h:80 · name 3.00 ms · TCP 500 µs",
    ),
    (
        HeadersReceived,
        {
            "status": 200,
            "reason": "OK",
            "http_version": "HTTP/1.1",
            "headers": (("Content-Type", "text/event-stream"),),
            "ttfb_ms": 3.1,
        },
        "200 OK · text/event-stream · 3.10 ms to headers · HTTP/1.1",
    ),
    (
        Redirected,
        {"status": 307, "location": "https://x/", "followed": False, "reason": "another origin"},
        "307 to https://x/ · not followed: another origin",
    ),
    (ChunkReceived, {"offset": 4096, "data": b"abc"}, "3 B at offset 4,096"),
    (
        FrameReceived,
        {"raw": b"event: endpoint\ndata: /messages\n\n", "note": "the address for messages"},
        "event message: /messages · the address for messages",
    ),
    (CommentReceived, {"text": "ping", "offset": 0, "raw": b": ping\n"}, "comment: ping"),
    (CommentReceived, {"text": "", "offset": 0, "raw": b":\n"}, "empty comment"),
    (
        Message,
        {
            "message_type": MessageType.REQUEST,
            "framing": Framing.BODY,
            "method": "tools/call",
            "name": "echo",
            "id": 3,
            "raw": b'{"method":"tools/call","params":{"arguments":{"a":1}}}',
        },
        'request tools/call echo id 3: {"a":1}',
    ),
    (
        Message,
        {
            "message_type": MessageType.ERROR,
            "framing": Framing.SSE,
            "id": "x",
            "rtt_ms": 5.0,
            "raw": b'data: {"error":{"code":-32602,"message":"bad"}}\n\n',
        },
        'error id "x" in 5.00 ms: -32602 bad',
    ),
    (
        ToolStep,
        {"tool": "report", "step": "complete", "rtt_ms": 1204.0, "raw": b'data: {"data":"done"}\n\n'},
        "complete report in 1.204 s: done",
    ),
    (BodyReceived, {"content_type": "text/html", "raw": b"<h1>\r\n"}, "text/html · 6 B · <h1>\\r\\n"),
    (
        StreamEnded,
        {
            "cause": EndCause.RESET,
            "phase": Phase.BODY,
            "sentence": "The connection was reset.",
            "bytes_received": 1234,
            "chunks": 1,
            "frames": 2,
            "age_ms": 3204.0,
            "idle_ms": 1500.0,
            "pending": b"data:",
        },
        "The connection was reset. · 1.2 kB in 1 chunk, 2 events · open 3.204 s"
        " · silent for the last 1.500 s · 5 B unfinished",
    ),
    (
        ExchangeFailed,
        {
            "request_n": 1,
            "method": "tools/call",
            "id": 3,
            "outcome": Outcome.TIMED_OUT,
            "reason": "no answer",
            "elapsed_ms": 30_000.0,
            "name": "echo",
        },
        "tools/call echo id 3 timed out after 30.000 s: no answer",
    ),
    (
        Violation,
        {"rule": "r", "severity": Severity.WARN, "text": "No id.", "fix": "Send one."},
        "warn: No id. Fix: Send one.",
    ),
    (LabActed, {"action": "drop", "text": "Stream 3 is cut."}, "laboratory: Stream 3 is cut."),
]


@pytest.mark.parametrize(("make", "fields", "said"), SENTENCES, ids=lambda value: getattr(value, "__name__", None))
def test_every_kind_has_a_precise_sentence(make: type[Any], fields: dict[str, Any], said: str) -> None:
    event = River(FakeClock()).emit(make, **fields)
    assert text.summary(event) == said
    assert text.searchable(event)


def test_sentences_cover_every_kind_of_event() -> None:
    assert {make for make, _, _ in SENTENCES} == set(text._SENTENCES)


def test_preview_leaves_out_what_other_columns_say() -> None:
    river = River(FakeClock())
    comment = river.emit(CommentReceived, text="ping - 10:00", offset=0, raw=b": ping - 10:00\n")
    finding = river.emit(Violation, rule="r", severity=Severity.WARN, text="No id.", fix="Send one.")
    step = river.emit(ToolStep, tool="report", step="complete", raw=b'data: {"type":"complete","data":"done"}\n\n')
    assert [text.preview(comment), text.preview(finding), text.preview(step)] == ["ping - 10:00", "No id.", "done"]


def test_sentences_stay_short_and_safe_whatever_came() -> None:
    river = River(FakeClock())
    event = river.emit(BodyReceived, content_type="x\n\u202e" * 10_000, raw=b"\0\xff" * 5_000_000)
    said = text.summary(event)
    assert len(said) <= text.SUMMARY_CHARS
    assert said.isprintable()
