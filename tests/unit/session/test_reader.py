"""Frames with the times of their first and last bytes."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from inspector.session.reader import EventReader
from inspector.wire.sse import Comment, Frame

STREAM = b": hello\n\nid: 1\ndata: one\n\ndata: two\ndata: more\n\nevent: x\ndata: three\n\n"


def read(chunks: list[bytes]) -> list[tuple[Frame | Comment, int, int]]:
    """Each item with the numbers of the chunks that brought its first and its last byte."""
    reader = EventReader(7, 1000, "text/event-stream")
    seen = []
    for number, chunk in enumerate(chunks):
        items, _ = reader.feed(chunk, number)
        for run, arrival in reader.runs(items, number):
            assert arrival.stream == 7
            seen += [(item, arrival.first_ns, arrival.last_ns) for item in run]
    return seen


@given(st.lists(st.integers(1, len(STREAM) - 1), max_size=12))
def test_first_and_last_byte_for_any_chunking(cuts: list[int]) -> None:
    bounds = [0, *sorted(set(cuts)), len(STREAM)]
    chunks = [STREAM[start:end] for start, end in itertools.pairwise(bounds)]

    def chunk_of(offset: int) -> int:
        return next(number for number, end in enumerate(bounds[1:]) if offset < end)

    seen = read(chunks)
    assert len(seen) == 4
    for item, first, last in seen:
        assert first == chunk_of(item.offset)
        end = item.offset + len(item.raw) - 1
        assert last >= chunk_of(end) if isinstance(item, Frame) else last >= first


def test_items_of_one_chunk_share_their_arrival() -> None:
    reader = EventReader(1, 1000, None)
    items, _ = reader.feed(STREAM, 5)
    assert [run for run, _ in reader.runs(items, 5)] == [items]


def test_the_lens_tells_each_kind_of_difference_once() -> None:
    reader = EventReader(1, 100_000, "text/event-stream")
    differences = [found.rule for _ in range(3) for found in reader.feed(b"id: 1\n\n: ping\n\n", 1)[1]]
    assert differences == ["lens-phantom-event"]


def test_what_the_end_cuts_off() -> None:
    reader = EventReader(1, 1000, None)
    reader.feed(b"data: half", 1)
    left_over = reader.finish()
    assert left_over is not None and not left_over.complete and left_over.data == "half"
    assert EventReader(1, 1000, None).finish() is None
