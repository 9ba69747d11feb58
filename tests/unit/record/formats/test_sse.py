"""Raw event streams out of a river."""

from __future__ import annotations

import gzip
import io

from inspector.record.extent import EVERYTHING, Extent, OneStream, rows_of
from inspector.record.formats.sse import write_sse
from inspector.record.redaction import RedactionRules, Redactor
from inspector.record.timeline import Timeline
from inspector.trace.events import FrameReceived, HeadersReceived, MessageType
from tests.support.rivers import Talk

ONE = b": hello\n\nid: 1\ndata: {}\n\n"
TWO = b"data: cut"


def written(talk: Talk, extent: Extent = EVERYTHING, redactor: Redactor | None = None) -> tuple[int, bytes]:
    out = io.BytesIO()
    return write_sse(talk, out, redactor, extent), out.getvalue()


def two_streams() -> Talk:
    talk = Talk()
    talk.send(1)
    talk.send(2)
    talk.headers(1)
    talk.headers(2)
    talk.chunk(1, ONE[:5])
    talk.chunk(2, TWO)
    talk.end(2)
    talk.chunk(1, ONE[5:], 5)
    talk.message(1, MessageType.RESPONSE, raw=ONE[9:])
    return talk


def test_all_streams_one_after_the_other_in_the_order_of_their_headers() -> None:
    assert written(two_streams()) == (2, ONE + b"\n\n" + TWO)


def test_one_stream_is_there_byte_for_byte() -> None:
    assert written(two_streams(), OneStream(1)) == (1, ONE)
    assert written(two_streams(), OneStream(2)) == (1, TWO)
    assert written(two_streams(), OneStream(3)) == (0, b"")


def test_some_rows_are_their_bytes_alone() -> None:
    talk = two_streams()
    talk.comment(1, "ping")
    talk.message(1, MessageType.RESPONSE, raw=b'data: {"token":"abcdef"}\n\n')
    talk.headers(3)
    timeline = talk.into(Timeline())
    rows = [row for row in range(len(timeline)) if timeline.kind_word(row) in ("comment", "response", "HTTP response")]
    assert written(talk, rows_of(timeline, rows)) == (1, ONE[9:] + b': ping\ndata: {"token":"abcdef"}\n\n')
    last = rows_of(timeline, [len(timeline) - 2])
    assert written(talk, last, Redactor(RedactionRules())) == (1, b'data: {"token":"******"}\n\n')


def test_answers_that_are_no_event_stream_are_left_out() -> None:
    talk = Talk()
    talk.send(1)
    headers = (("content-type", "application/json"),)
    talk.hear(HeadersReceived, 1, status=200, reason="", http_version="", headers=headers, ttfb_ms=1.0)
    talk.chunk(1, b"{}")
    assert written(talk) == (0, b"")


def test_without_chunks_the_events_are_written() -> None:
    talk = Talk()
    talk.headers(1)
    talk.message(1, MessageType.RESPONSE, raw=b"data: 1\n\n")
    talk.hear(FrameReceived, 1, raw=b"data: 2\n\n", offset=9)
    assert written(talk) == (1, b"data: 1\n\ndata: 2\n\n")


def test_content_coding_is_undone_and_then_masked() -> None:
    talk = Talk()
    headers = (("content-type", "text/event-stream"), ("content-encoding", "gzip"))
    talk.hear(HeadersReceived, 1, status=200, reason="", http_version="", headers=headers, ttfb_ms=1.0)
    packed = gzip.compress(b'data: {"token":"abcdef"}\n\n')
    talk.chunk(1, packed[:15])
    talk.chunk(1, packed[15:], 15)
    assert written(talk) == (1, b'data: {"token":"abcdef"}\n\n')
    assert written(talk, redactor=Redactor(RedactionRules())) == (1, b'data: {"token":"******"}\n\n')
