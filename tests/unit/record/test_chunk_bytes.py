"""Bytes stand in the file once, and every chunk is read back to the byte."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.record import chunk_bytes
from inspector.record.chunk_bytes import Covering, put_together
from inspector.trace.events import AnyEvent, BodyReceived, ChunkReceived, CommentReceived, FrameReceived, Framing
from inspector.wire.sse import Comment, SseParser
from tests.support.rivers import Talk
from tests.support.stored import ask, read_back, record

STREAM = 1
SLACK_BYTES = chunk_bytes.WORTH_BYTES
line_ends = st.sampled_from((b"\n", b"\r\n", b"\r"))
lines = st.sampled_from((b"data: {}", b"data: " + b"x" * 300, b": ping", b":", b"id: 7", b"event: e", b"odd", b""))
bodies = st.builds(
    lambda texts, end, rest: end.join(texts) + end * 2 + rest, st.lists(lines, max_size=14), line_ends, st.binary()
)


def hear(river: Talk, data: bytes, cuts: Sequence[int], stream: int = STREAM) -> None:
    """An event stream as it comes: chunk by chunk, with the events that each one completes."""
    parser, offset = SseParser(), 0
    bounds = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    for start, end in pairwise(bounds):
        river.chunk(stream, data[start:end], start)
        offset = end
        for item in parser.feed(data[start:end]):
            if isinstance(item, Comment):
                river.hear(CommentReceived, stream, text=item.text, offset=item.offset, raw=item.raw)
            else:
                river.hear(FrameReceived, stream, offset=item.offset, raw=item.raw)
    assert offset == len(data)
    river.end(stream)


def stored_bytes(path: Path) -> int:
    return int(ask(path, "SELECT coalesce(sum(length(raw)), 0) FROM event")[0][0])


def has_inner_comment(events: Sequence[AnyEvent]) -> bool:
    """Whether a comment stands between the lines of an event: then its bytes are in both."""
    frames = [(event.offset, event.offset + len(event.raw)) for event in events if isinstance(event, FrameReceived)]
    comments = [event.offset for event in events if isinstance(event, CommentReceived)]
    return any(start <= offset < end for start, end in frames for offset in comments)


def kept(events: Sequence[AnyEvent], size: int, *, flushing: bool = False) -> int:
    """Write, read back equal, and say how many bytes of the wire the file holds."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "stream.mcptrace")
        record(path, events, size, flushing=flushing)
        assert read_back(path) == list(events)
        return stored_bytes(path)


@settings(max_examples=80)
@given(bodies, st.lists(st.integers(0, 5000), max_size=8), st.integers(1, 40))
def test_a_stream_is_read_back_to_the_byte_and_kept_once(data: bytes, cuts: list[int], size: int) -> None:
    river = Talk()
    hear(river, data, cuts)
    events = river.since(0)
    chunks = sum(isinstance(event, ChunkReceived) for event in events)
    whole, portioned = kept(events, len(events)), kept(events, size)
    if not has_inner_comment(events):
        assert whole == len(data)
        assert portioned <= len(data) + chunks * SLACK_BYTES


def test_an_event_over_many_chunks_is_kept_once(river: Talk) -> None:
    data = b"data: " + b"x" * 300_000 + b"\n\ndata: y\n\n"
    hear(river, data, range(0, len(data), 16_384))
    for flushing in (False, True):
        assert len(data) <= kept(river.since(0), 3, flushing=flushing) <= len(data) + SLACK_BYTES


def test_a_comment_inside_an_event_stands_there_too(river: Talk) -> None:
    data = b"data: {}\n: ping\n\n"
    hear(river, data, [])
    assert kept(river.since(0), 100) == len(data) + len(b": ping\n")


def test_two_streams_at_once_keep_apart(river: Talk) -> None:
    one, two = b"data: one\n\n" * 3, b"data: two\n\n" * 3
    for start in range(0, 33, 11):
        for stream, data in ((1, one), (2, two)):
            river.chunk(stream, data[start : start + 11], start)
        for stream, data in ((2, two), (1, one)):
            river.hear(FrameReceived, stream, offset=start, raw=data[start : start + 11])
    assert kept(river.since(0), 100) == len(one + two)


def test_a_body_is_kept_once(river: Talk) -> None:
    body = b"<html>" + b"a" * 5_000
    for start in range(0, len(body), 1_000):
        river.chunk(STREAM, body[start : start + 1_000], start)
    river.hear(BodyReceived, STREAM, content_type="text/html", raw=body)
    assert kept(river.since(0), 100) == len(body)


def test_of_a_compressed_stream_both_are_kept(river: Talk) -> None:
    data = b"".join(b"data: %d\n\n" % number for number in range(200))
    packed = gzip.compress(data)
    river.chunk(STREAM, packed[:50], 0)
    river.chunk(STREAM, packed[50:], 50)
    parser = SseParser()
    for item in parser.feed(data):
        river.hear(FrameReceived, STREAM, offset=item.offset, raw=item.raw)
    for size in (1, 7, 500):
        assert kept(river.since(0), size) == len(data) + len(packed)


def test_a_batch_is_read_back_to_the_byte(river: Talk) -> None:
    parts = [b'{"jsonrpc":"2.0","id":%d,"result":{}}' % number for number in range(3)]
    body = b"[ " + b" ,\n ".join(parts) + b" ]"
    river.chunk(STREAM, body)
    for number, part in enumerate(parts):
        river.answer(STREAM, None, id=number, raw=part, framing=Framing.BATCH, offset=9)
    assert kept(river.since(0), 100) == len(body) + sum(map(len, parts))


def test_a_request_and_its_message_share_their_bytes(river: Talk) -> None:
    river.ask(STREAM, id=1, raw=b'{"id":1}')
    river.send(STREAM, body=b'{"id":1}')
    river.send(STREAM, body=b'{"id":1}')  # again, after a sign-in
    river.send(STREAM, body=b"another")
    river.send(2, body=b'{"id":1}')  # on a stream without the message
    assert kept(river.since(0), 1) == 8 + 7 + 8


def test_overlapping_events_do_no_harm(river: Talk) -> None:
    river.chunk(STREAM, b"abcdef")
    for offset, raw in ((0, b"abcd"), (2, b"cdef"), (1, b""), (0, b"abcdef")):
        river.hear(FrameReceived, STREAM, offset=offset, raw=raw)
    for size in (1, 10):
        kept(river.since(0), size)


def test_what_comes_on_no_stream_is_kept(river: Talk) -> None:
    river.hear(ChunkReceived, None, offset=0, data=b"data: x\n\n")
    river.hear(FrameReceived, None, offset=0, raw=b"data: x\n\n")
    assert kept(river.since(0), 10) == 18


def test_of_too_long_an_event_both_copies_stay(river: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunk_bytes, "MAX_OPEN_BYTES", 20)
    data = b"data: " + b"x" * 100 + b"\n\n"
    hear(river, data, range(0, len(data), 10))
    assert len(data) < kept(river.since(0), 500) < 2 * len(data)


def test_small_savings_are_not_worth_writing_again(river: Talk) -> None:
    covering = Covering()
    for offset, size in ((0, 100), (100, SLACK_BYTES)):
        chunk = river.chunk(STREAM, b"x" * size, offset)
        covering.add_chunk(chunk)
        assert len(covering.take()[0]) == 1
        covering.add_bytes(STREAM, chunk.n + 1, offset, chunk.data)
        rows, rewrites = covering.take()
        assert rows == []
        assert [(rewrite.n, rewrite.raw) for rewrite in rewrites] == ([] if size == 100 else [(chunk.n, b"")])


def test_chunks_are_put_together_from_what_they_kept_and_what_events_hold() -> None:
    ranges = [(5, b"56789"), (12, b"cdefgh"), (30, b"?")]
    assert put_together(8, 7, b"ab", ranges) == b"89abcde"
    assert put_together(0, 4, b"0123", []) == b"0123"


def test_a_stream_that_ended_is_let_go(river: Talk) -> None:
    covering = Covering()
    covering.add_chunk(river.chunk(STREAM, b"x" * SLACK_BYTES))
    covering.take()
    covering.end_stream(STREAM)
    covering.add_bytes(STREAM, 9, 0, b"x" * SLACK_BYTES)
    assert covering.take() == ([], [])
