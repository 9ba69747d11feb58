"""Blocks that are never finished, too large, or declared in another charset."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.diagnose.context import Context
from inspector.diagnose.engine import Engine
from inspector.diagnose.rules.framing import RULES
from inspector.diagnose.rules.framing_blocks import MissingBlankLine
from inspector.diagnose.thresholds import Thresholds
from inspector.trace.events import (
    ConnectionState,
    EndCause,
    FrameReceived,
    Framing,
    HeadersReceived,
    MessageType,
    Severity,
)
from tests.support.diagnosed import S, Watched

MESSAGE = b'data: {"jsonrpc":"2.0","method":"a"}\n'
RULE = "sse-missing-blank-line"


def stream(*chunks: bytes, encoding: str = "", gap_ms: float = 10.0) -> Watched:
    talk = Watched(RULES)
    talk.send(1, "GET", "stream")
    headers = (("Content-Type", "text/event-stream"), *((("Content-Encoding", encoding),) if encoding else ()))
    talk.hear(HeadersReceived, 1, status=200, reason="", http_version="HTTP/1.1", headers=headers, ttfb_ms=1.0)
    for chunk in chunks:
        talk.wait(gap_ms)
        talk.chunk(1, chunk)
    return talk


def test_a_message_waits_for_its_blank_line() -> None:
    talk = stream(b": hi\n\n", MESSAGE)
    talk.quiet(1.9 * S)
    assert talk.is_silent()
    talk.quiet(0.2 * S)
    found = talk.found(RULE)
    assert (found.severity, found.grade, found.over_at_s) == (Severity.ERROR, "likely", None)
    assert "2.00 s later still no blank line" in found.text


def test_the_blank_line_comes_after_all() -> None:
    talk = stream(MESSAGE)
    talk.quiet(3 * S)
    talk.chunk(1, b"\n")
    assert talk.found(RULE).over_at_s is not None


def test_more_lines_of_the_same_kind_do_not_end_it() -> None:
    talk = stream(MESSAGE)
    talk.quiet(3 * S)
    talk.chunk(1, MESSAGE)
    assert talk.found(RULE).over_at_s is None


@pytest.mark.parametrize(
    "chunks",
    [
        (MESSAGE + b"\n",),
        (MESSAGE, b"\n"),
        (MESSAGE.replace(b"\n", b"\r\n") + b"\r", b"\n"),
        (MESSAGE.replace(b"\n", b"\r\r"),),
        (MESSAGE + b"\r\n",),
        (MESSAGE + b"\n: ping\n",),
        (b'data: {"jsonrpc":\n',),
        (b": ping\n",),
        (b"data: plain text\n",),
        (b"",),
    ],
)
def test_what_is_whole_or_no_message_yet_is_no_fault(chunks: tuple[bytes, ...]) -> None:
    talk = stream(*chunks)
    talk.quiet(3 * S)
    assert talk.is_silent()


def test_a_message_that_is_still_coming_is_not_judged() -> None:
    talk = stream(MESSAGE[:10], MESSAGE[10:], gap_ms=1.5 * S)
    talk.quiet(1.9 * S)
    assert talk.is_silent(), "the silence counts from the last byte"
    talk.quiet(0.2 * S)
    assert not talk.is_silent()


def test_a_machine_that_slept_says_nothing() -> None:
    talk = stream(MESSAGE)
    talk.sleep(60)
    talk.quiet(3 * S)
    assert talk.is_silent()


def test_compressed_bytes_are_not_looked_into() -> None:
    talk = stream(MESSAGE, encoding="gzip")
    talk.quiet(3 * S)
    assert talk.is_silent()


@pytest.mark.parametrize(
    ("chunk", "cause", "error", "grade"),
    [
        (MESSAGE, EndCause.CUT_MID_EVENT, None, "proven"),
        (b"data: plain text\n", EndCause.CUT_MID_EVENT, None, "proven"),
        (MESSAGE[:-1], EndCause.CUT_MID_EVENT, None, "proven"),
        (MESSAGE, EndCause.CUT_MID_EVENT, "reset", "likely"),
        (b"data: plain text\n", EndCause.CUT_MID_EVENT, "reset", ""),
        (b"data: plain te", EndCause.CUT_MID_EVENT, None, ""),
        (MESSAGE, EndCause.CLOSED_BY_US, None, ""),
        (MESSAGE + b"\n", EndCause.END_OF_STREAM, None, ""),
        (b": ping\n", EndCause.END_OF_STREAM, None, ""),
    ],
)
def test_the_end_comes_before_the_blank_line(chunk: bytes, cause: EndCause, error: str | None, grade: str) -> None:
    talk = stream(chunk)
    talk.end(1, cause, error=error)
    assert [found.grade for found in talk.findings()] == ([grade] if grade else [])


@given(cuts=st.sets(st.integers(1, 199)), line_end=st.sampled_from([b"\n", b"\r\n", b"\r"]))
def test_it_makes_no_difference_how_the_bytes_are_cut(cuts: set[int], line_end: bytes) -> None:
    whole = (MESSAGE + b"\n: ping\n\n" + MESSAGE + b"\n" + MESSAGE + b"\n" + MESSAGE).replace(b"\n", line_end)
    edges = [0, *sorted(cut for cut in cuts if cut < len(whole)), len(whole)]
    talk = stream(*(whole[begin:end] for begin, end in pairwise(edges)))
    talk.quiet(3 * S)
    assert talk.found(RULE).count == 1


def test_a_long_event_takes_no_more_memory_than_its_beginning() -> None:
    thresholds = Thresholds()
    watch = MissingBlankLine(Context(thresholds, Engine(rules={})))
    kept = b'data: {"a":"'
    for _ in range(40):
        kept = watch._behind_blank(kept, b"x" * 50_000)
    assert len(kept) == thresholds.unfinished_bytes and kept.startswith(b"data: {")
    assert watch._behind_blank(kept, b'x"}\n\n' + MESSAGE) == MESSAGE


def block(size: int) -> bytes:
    return b"data: " + b"x" * size + b"\n\n"


@pytest.mark.parametrize(
    ("size", "severity"),
    [
        (262_143, None),
        (262_144, Severity.WARN),
        (900_000, Severity.WARN),
        (1_048_575, Severity.WARN),
        (1_048_576, Severity.ERROR),
    ],
)
def test_how_grave_a_size_is(size: int, severity: Severity | None) -> None:
    talk = Watched(RULES)
    talk.post(1)
    talk.message(1, MessageType.RESPONSE, raw=block(size), method="tools/list")
    assert [found.severity for found in talk.findings()] == ([severity] if severity else [])
    if severity:
        assert f"An event (tools/list) carries {size:,} bytes" in talk.found("sse-event-over-1mib").text


def test_a_document_may_be_large() -> None:
    talk = Watched(RULES)
    talk.post(1)
    talk.message(1, MessageType.RESPONSE, raw=block(2_000_000), framing=Framing.BODY)
    talk.hear(FrameReceived, 1, raw=b"".join(b": %d\n" % n for n in range(100_000)) + b"data: x\n\n")
    assert talk.is_silent()


def test_any_block_may_be_too_large() -> None:
    talk = Watched(RULES)
    talk.post(1)
    talk.hear(FrameReceived, 1, raw=block(1_100_000))
    talk.state(ConnectionState.OPEN)
    assert talk.found("sse-event-over-1mib").text.startswith("An event carries 1,100,000 bytes")


@pytest.mark.parametrize(
    ("kind", "fires"),
    [
        ("text/event-stream; charset=iso-8859-1", True),
        ('application/json; charset="ISO-8859-1"', True),
        ("text/event-stream; charset=UTF-8", False),
        ("text/event-stream", False),
        ("text/html; charset=iso-8859-1", False),
    ],
)
def test_a_charset_is_declared(kind: str, fires: bool) -> None:
    talk = Watched(RULES)
    talk.post(1, kind=kind)
    found = talk.findings()
    assert [each.rule for each in found] == (["sse-charset"] if fires else [])
    if fires:
        assert found[0].severity is Severity.WARN and "charset=iso-8859-1" in found[0].text


def test_the_data_of_a_block_of_endless_lines() -> None:
    talk = Watched(RULES)
    talk.post(1)
    talk.hear(FrameReceived, 1, raw=b"data: 0123456789\n" * 100_000 + b"\n")
    assert talk.found("sse-event-over-1mib").text.startswith("An event carries 1,000,000 bytes")
