from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.wire.lens import ClientLens, Difference
from inspector.wire.sse import Frame, SseParser

PIECES = b"data: x|data|id: 1|event: e|: ping|retry: 5|retry: +5|\xff|data: \xe4\xb8\x96|\xef\xbb\xbf".split(b"|")
streams = st.lists(st.sampled_from([*PIECES, b"\n", b"\n", b"\n\n", b"\r", b"\r\n", b"\r\n\r\n"])).map(b"".join)
charsets = st.sampled_from(
    ["", ";charset=latin-1", ";charset=hex", ";charset=idna", ";charset=utf-16", ";charset=utf-8-sig", ";charset=\0é"]
)


def look(chunks: list[bytes], content_type: str | None = "text/event-stream") -> tuple[list[Difference], ClientLens]:
    parser, lens = SseParser(), ClientLens(content_type=content_type)
    found = []
    for chunk in chunks:
        found += lens.feed(chunk, [item for item in parser.feed(chunk) if isinstance(item, Frame)])
    return found, lens


def rules(chunks: list[bytes], content_type: str | None = "text/event-stream") -> list[str]:
    return [difference.rule for difference in look(chunks, content_type)[0]]


@pytest.mark.parametrize(
    "stream",
    [
        b"event: message\ndata: {}\n\n: ping\n\nid: 3\ndata: a\ndata: b\n\n",
        b"data: a\r\n\r\ndata: \xff\xe4\xb8\x96\r\n\r\nretry: 5\ndata\n\n",
        b"data: cut",
    ],
)
def test_where_both_agree_there_is_nothing_to_tell(stream: bytes) -> None:
    assert rules([stream]) == []
    assert rules([stream[at : at + 1] for at in range(len(stream))]) == []


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [
        ([b"\xef\xbb\xbfdata: x\n\ndata: y\n\n"], ["lens-bom"]),
        ([b"\xef\xbb\xbfevent: endpoint\ndata: /m\n\n"], ["lens-bom"]),
        ([b"id: 1\ndata: x\n\n", b": ping\n\n", b": ping\n\n", b"data: y\n\n"], ["lens-phantom-event"]),
        ([b"event: x\n\ndata: y\n\n"], ["lens-phantom-event"]),
        ([b"data: x\r\r", b"data: y\r\r"], ["lens-held-back"]),
        ([b"data: x\r\n\r", b"\ndata: y\r\n\r\n"], []),
        ([b"retry: +5\ndata: x\n\n"], ["lens-retry"]),
    ],
)
def test_differences_of_the_decoders(chunks: list[bytes], expected: list[str]) -> None:
    assert rules(chunks) == expected


@pytest.mark.parametrize(
    ("content_type", "stream", "expected"),
    [
        ("text/event-stream; charset=iso-8859-1", "data: é\n\n".encode(), ["lens-charset"]),
        ("text/event-stream; charset=iso-8859-1", b"data: e\n\n", []),
        ("text/event-stream; charset=utf-8-sig", b"\xef\xbb\xbfdata: e\n\n", []),
        ("text/event-stream; charset=unheard-of", "data: é\n\n".encode(), []),
        ("text/event-stream; charset=hex", b"data: e\n\n", ["lens-charset"]),
        ("text/event-stream; charset=utf-16-le", b"data: e\n\n", ["lens-charset"]),
        ("Text/Event-Stream", b"data: e\n\n", ["lens-content-type"]),
        (None, b"data: e\n\n", ["lens-content-type"]),
    ],
)
def test_differences_by_the_content_type(content_type: str | None, stream: bytes, expected: list[str]) -> None:
    assert rules([stream], content_type) == expected


def test_each_kind_is_told_once_and_counted() -> None:
    found, lens = look([b"id: 1\ndata: x\n\n", *[b": ping\n\n"] * 5])
    assert [difference.text for difference in found] == [
        "httpx-sse hands its client an empty event here, for a block without data or a heartbeat after an id."
    ]
    assert lens.counts == {"lens-phantom-event": 5}


def test_the_lens_stops_when_its_budget_is_used_up() -> None:
    lens = ClientLens(budget_bytes=10)
    told = [
        ([difference.rule for difference in lens.feed(chunk, [])], lens.exhausted) for chunk in (b"id: 1\n", b"\n" * 9)
    ]
    assert told == [([], False), (["lens-phantom-event"], True)]
    assert lens.feed(b"retry: 1\n\n", []) == []
    assert lens.counts.total() == 9


def test_events_that_the_parser_truncated_are_not_compared() -> None:
    parser, lens = SseParser(limit_bytes=20), ClientLens()
    stream = b"data: " + b"x" * 100 + b"\n\n"
    frames = [item for item in parser.feed(stream) if isinstance(item, Frame)]
    assert [frame.truncated for frame in frames] == [True]
    assert lens.feed(stream, frames) == []


@settings(deadline=None, max_examples=300)
@given(stream=streams, charset=charsets, size=st.integers(1, 50))
def test_arbitrary_streams_never_raise(stream: bytes, charset: str, size: int) -> None:
    chunks = [stream[at : at + size] for at in range(0, len(stream), size)]
    found, lens = look(chunks, "text/event-stream" + charset)
    assert len(found) == len(lens.counts)
    if not charset:
        assert not {"lens-charset", "lens-content-type", "lens-different"} & set(lens.counts)
