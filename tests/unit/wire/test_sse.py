from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from inspector.wire.sse import Comment, Frame, SseParser, decode_frame

Item = Frame | Comment

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parents[2] / "data" / "sse_cases.json").read_text("utf-8"))[
    "cases"
]
READABLE = [case for case in CASES if case.get("outcome") != "fail-no-reconnect"]
PIECES = (
    *b"data: x|data:  y|event: message|event:e|id: 1|id:2|id|id:\0|retry: 50|retry:+5|: ping|:".split(b"|"),
    *(b"data:", b"data", b": c", b"data: \xe4\xb8\x96", b"data: \xff", b"event: \xff", b"id: \xe2\x82", b" data: z"),
    *(b"\xef\xbb\xbf", b"\xef\xbb\xbfdata: b", b"Data: n", b'{"jsonrpc": "2.0"}', b"data: data: d", b"event: data: e"),
)
LINE_ENDS = (b"\n", b"\r\n", b"\r", b"\n\n", b"\r\n\r\n", b"\r\r", b"\n\r\n", b"\r\n\r", b"")
mixed_streams = st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from(LINE_ENDS))).map(
    lambda pairs: b"".join(piece + end for piece, end in pairs)
)
uniform_streams = st.builds(
    lambda pieces, line_end: line_end.join(pieces),
    st.lists(st.one_of(st.sampled_from(PIECES), st.just(b""))),
    st.sampled_from((b"\n", b"\r\n")),
)
HEAD_LINES = (
    b"id: 1",
    b"id: 2",
    b"id:3",
    b"id: \0",
    b"id: \xff",
    b"event: a",
    b"event: b\0",
    b"event: id: 4",
    b"id: data:",
)
headed_streams = st.builds(
    lambda heads, line_end: b"".join(line_end.join((*head, b"data: x", b"", b"")) for head in heads),
    st.lists(st.lists(st.sampled_from(HEAD_LINES), max_size=3), max_size=8),
    st.sampled_from((b"\n", b"\r\n")),
)
streams = st.one_of(mixed_streams, uniform_streams, headed_streams)
cuts = st.lists(st.integers(1, 40), max_size=30)
unhurried = settings(deadline=None, max_examples=300)


class LineByLine(SseParser):
    """The parser without its fast route."""

    def _line_end_of(self, chunk: bytes) -> bytes:
        return b""


def chunked(stream: bytes, sizes: list[int]) -> list[bytes]:
    chunks = []
    for size in sizes:
        chunks.append(stream[:size])
        stream = stream[size:]
    return [*chunks, stream]


def read(parser: SseParser, chunks: list[bytes]) -> list[Item]:
    items = [item for chunk in chunks for item in parser.feed(chunk)]
    left_over = parser.finish()
    return items if left_over is None else [*items, left_over]


def without_torn_ends(items: list[Item]) -> list[Item]:
    """The LF of a CRLF that was torn between two chunks is in no item; all else must not depend on the chunks."""
    return [msgspec.structs.replace(item, raw=item.raw.rstrip(b"\r\n")) for item in items]


def dispatched(items: list[Item]) -> list[dict[str, str]]:
    return [
        {"type": item.event, "data": item.data, "id": item.last_event_id}
        for item in items
        if isinstance(item, Frame) and item.dispatched
    ]


def what_the_standard_says(stream: bytes) -> tuple[list[dict[str, str]], list[str], int | None]:
    """Section 9.2.6 word for word on the whole text: events, comments, reconnection time."""
    text = stream.decode("utf-8", "replace")
    lines = re.split("\r\n|\n|\r", text.removeprefix("\ufeff"))[:-1]
    events: list[dict[str, str]] = []
    comments: list[str] = []
    retry_ms = None
    data, event, id_buffer, last_event_id = "", "", "", ""
    for line in lines:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line:
            last_event_id = id_buffer
            if data:
                events.append({"type": event or "message", "data": data[:-1], "id": last_event_id})
            data = event = ""
        elif not name:
            comments.append(line[1:])
        elif name == "data":
            data += value + "\n"
        elif name == "event":
            event = value
        elif name == "id" and "\0" not in value:
            id_buffer = value
        elif name == "retry" and re.fullmatch("[0-9]+", value):
            retry_ms = int(value)
    return events, comments, retry_ms


@pytest.mark.parametrize("size", [1, 2, 3, 1 << 20])
@pytest.mark.parametrize("case", READABLE, ids=lambda case: case["name"])
def test_case_gives_the_same_in_chunks_of_any_size(case: dict[str, Any], size: int) -> None:
    stream = case["input"].encode("latin-1")
    parser = SseParser()
    items = read(parser, [stream[at : at + size] for at in range(0, len(stream), size)])
    assert dispatched(items) == case["events"]
    assert [item.text for item in items if isinstance(item, Comment)] == case.get("comments", [])
    assert parser.reconnection_time_ms == case.get("retry_ms")
    assert parser.bytes_fed == len(stream)


@unhurried
@given(case=st.sampled_from(READABLE), sizes=cuts)
def test_case_gives_the_same_for_any_split(case: dict[str, Any], sizes: list[int]) -> None:
    assert dispatched(read(SseParser(), chunked(case["input"].encode("latin-1"), sizes))) == case["events"]


@unhurried
@given(stream=streams, sizes=cuts)
@example(stream=b"data: a\r\r\ndata: b\r\n\r\n", sizes=[8])
def test_parser_does_what_the_standard_says(stream: bytes, sizes: list[int]) -> None:
    parser = SseParser()
    items = read(parser, chunked(stream, sizes))
    events, comments, retry_ms = what_the_standard_says(stream)
    assert dispatched(items) == events
    assert [item.text for item in items if isinstance(item, Comment)] == comments
    assert parser.reconnection_time_ms == retry_ms


@unhurried
@given(stream=streams, sizes=cuts, limit=st.sampled_from([1, 5, 9, 30, 1 << 20]))
def test_both_routes_agree(stream: bytes, sizes: list[int], limit: int) -> None:
    chunks = chunked(stream, sizes)
    fast, slow = SseParser(limit), LineByLine(limit)
    assert read(fast, chunks) == read(slow, chunks)
    assert (fast.last_event_id, fast.pending) == (slow.last_event_id, slow.pending)


@unhurried
@given(stream=streams, sizes=cuts, limit=st.sampled_from([1, 2, 5, 8, 9, 10, 30, 1 << 20]))
@example(stream=b"data: a\r\n\r\n", sizes=[8], limit=8)
@example(stream=b": c\r\ndata: a\r\n\r\n", sizes=[4], limit=4)
def test_items_do_not_depend_on_the_chunks(stream: bytes, sizes: list[int], limit: int) -> None:
    whole = without_torn_ends(read(SseParser(limit), [stream]))
    assert without_torn_ends(read(SseParser(limit), chunked(stream, sizes))) == whole
    assert without_torn_ends(read(SseParser(limit), [stream[at : at + 1] for at in range(len(stream))])) == whole


@unhurried
@given(stream=st.binary(max_size=300), sizes=cuts, limit=st.integers(1, 400))
def test_arbitrary_bytes_never_raise_and_stay_within_the_limit(stream: bytes, sizes: list[int], limit: int) -> None:
    parser = SseParser(limit)
    for item in read(parser, chunked(stream, sizes)):
        assert len(item.raw) <= limit
    assert len(parser.pending) <= limit


@unhurried
@given(stream=streams, sizes=cuts)
def test_items_cover_the_stream(stream: bytes, sizes: list[int]) -> None:
    covered = bytearray(len(stream))
    frame_end = 0
    for item in read(SseParser(), chunked(stream, sizes)):
        end = item.offset + len(item.raw)
        assert stream[item.offset : end] == item.raw
        covered[item.offset : end] = b"x" * len(item.raw)
        if isinstance(item, Frame):
            assert item.offset >= frame_end
            frame_end = end
    gaps = bytes(byte for byte, seen in zip(stream, covered, strict=True) if not seen)
    assert gaps.removeprefix(b"\xef\xbb\xbf").strip(b"\r\n") == b""


@unhurried
@given(stream=streams)
def test_a_frame_can_be_read_again_from_its_bytes(stream: bytes) -> None:
    for item in read(SseParser(), [stream]):
        if isinstance(item, Frame):
            again = decode_frame(item.raw, item.offset)
            assert again is not None
            assert again.last_event_id == (item.id or "" if item.complete else "")
            assert again == msgspec.structs.replace(item, last_event_id=again.last_event_id)


@pytest.mark.parametrize("raw", [b"", b"\n\n", b": ping\n\n", b"\xef\xbb\xbf\n"])
def test_bytes_without_a_block_hold_no_frame(raw: bytes) -> None:
    assert decode_frame(raw) is None


def test_a_comment_is_told_of_as_soon_as_its_line_ends() -> None:
    parser = SseParser()
    assert parser.feed(b"id: 1\n\n: pi") == [
        Frame(b"id: 1\n\n", 0, id="1", last_event_id="1", dispatched=False, data_lines=0)
    ]
    assert parser.feed(b"ng\n") == [Comment(" ping", 7, b": ping\n")]
    assert parser.pending == b""
    assert parser.finish() is None


def test_comments_in_a_block_are_told_of_and_stay_in_its_bytes() -> None:
    comment, frame = SseParser().feed(b": c\ndata: x\n\n")
    assert comment == Comment(" c", 0, b": c\n")
    assert frame == Frame(b": c\ndata: x\n\n", 0, data="x", comments=1)


def test_the_retry_line_counts_at_once_and_the_id_at_the_blank_line() -> None:
    parser = SseParser()
    parser.feed(b"retry: 20\nid: 7\n")
    assert (parser.reconnection_time_ms, parser.last_event_id) == (20, "")
    parser.feed(b"\n")
    assert parser.last_event_id == "7"


@pytest.mark.parametrize(("digits", "expected"), [("0" * 5000 + "5", 5), ("9" * 5000, 10**12), ("0", 0)])
def test_a_retry_of_any_length_is_read(digits: str, expected: int) -> None:
    parser = SseParser()
    parser.feed(f"retry: {digits}\n".encode())
    assert parser.reconnection_time_ms == expected


def test_a_cr_dispatches_at_once_and_its_lf_is_swallowed() -> None:
    parser = SseParser()
    (frame,) = parser.feed(b"data: a\r\n\r")
    assert frame == Frame(b"data: a\r\n\r", 0, data="a", line_ends=("\r\n",))
    (following,) = parser.feed(b"\ndata: b\r\n\r\n")
    assert (following.offset, following.raw) == (11, b"data: b\r\n\r\n")


def test_a_frame_tells_what_is_odd_about_its_bytes() -> None:
    (frame,) = SseParser().feed(b"\xef\xbb\xbfdata: a\r{}\r\nData: b\ndata: \xff\n\n")
    assert isinstance(frame, Frame)
    assert frame.unknown_lines == (b"{}", b"Data: b")
    assert frame.line_ends == ("\n", "\r\n", "\r")
    assert (frame.bom, frame.invalid_utf8, frame.data, frame.data_lines) == (True, True, "a\n\ufffd", 2)


def test_unknown_lines_are_bounded() -> None:
    (frame,) = SseParser().feed(b"x\n" * 1000 + b"y" * 1000 + b"\n\n")
    assert isinstance(frame, Frame)
    assert len(frame.unknown_lines) == 32
    (frame,) = SseParser().feed(b"y" * 1000 + b"\n\n")
    assert isinstance(frame, Frame)
    assert [len(line) for line in frame.unknown_lines] == [256]


def test_what_the_end_cuts_off_is_told_and_not_dispatched() -> None:
    parser = SseParser()
    parser.feed(b"data: a\n\nevent: e\nid: 4")
    assert parser.pending_bytes == len(parser.pending) == 14
    frame = parser.finish()
    assert frame == Frame(
        b"event: e\nid: 4", 9, event="e", dispatched=False, complete=False, data_lines=0, line_ends=("\n",)
    )
    assert parser.pending == b"event: e\nid: 4"


def test_a_character_that_the_end_cuts_in_two_is_not_called_invalid() -> None:
    parser = SseParser()
    parser.feed("data: a世".encode()[:-1])
    frame = parser.finish()
    assert frame is not None
    assert (frame.data, frame.invalid_utf8) == ("a", False)


def test_half_a_comment_at_the_end_is_left_over_without_the_comments_before() -> None:
    parser = SseParser()
    parser.feed(b": a\n: b")
    frame = parser.finish()
    assert frame is not None
    assert (frame.raw, frame.offset, frame.complete) == (b": b", 4, False)


@pytest.mark.parametrize("size", [1, 3, 10_000])
def test_a_block_over_the_limit_is_cut_and_the_next_one_is_whole(size: int) -> None:
    stream = b"id: 5\ndata: " + b"x" * 1000 + b"\ndata: y\r\n\r\ndata: next\n\n"
    long, following = read(SseParser(100), [stream[at : at + size] for at in range(0, len(stream), size)])
    assert isinstance(long, Frame)
    assert (long.raw, long.truncated, long.data) == (stream[:100], True, "x" * 88)
    assert isinstance(following, Frame)
    assert (following.data, following.last_event_id, following.truncated) == ("next", "5", False)
    assert stream[following.offset :] == following.raw


def test_a_line_of_50_mib_is_read_whole() -> None:
    parser = SseParser()
    block = b"x" * 65536
    parser.feed(b"data: ")
    assert all(parser.feed(block) == [] for _ in range(800))
    (frame,) = parser.feed(b"\n\n")
    assert isinstance(frame, Frame)
    assert (len(frame.data), len(frame.raw)) == (50 << 20, (50 << 20) + 8)
