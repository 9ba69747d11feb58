"""Where a body is cut, however its bytes come in."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.session.cuts import CutPlace

EVENTS = (b"id: 0\ndata: \n\n", b"data: one\n\n", b"data: two\ndata: more\n\n", b"event: x\r\ndata: three\r\n\r\n")
BODY = b": hello\n\n" + EVENTS[0] + b": ping\n\n" + EVENTS[1] + EVENTS[2] + b": ping\n\n" + EVENTS[3] + b": bye\n\n"
ENDS = [BODY.index(event) + len(event) for event in EVENTS]


def passed(place: CutPlace, chunks: list[bytes]) -> bytes | None:
    """What comes before the cut; None if it never comes."""
    kept = b""
    for chunk in chunks:
        found = place.find(chunk)
        if found is not None:
            assert 0 <= found <= len(chunk)
            return kept + chunk[:found]
        kept += chunk
    return None


@st.composite
def chunked(draw: st.DrawFn) -> list[bytes]:
    places = sorted(draw(st.sets(st.integers(1, len(BODY) - 1), max_size=20)))
    return [BODY[start:end] for start, end in pairwise([0, *places, len(BODY)])]


@given(chunks=chunked(), events=st.integers(1, 4))
def test_after_so_many_events_not_a_byte_of_the_next(chunks: list[bytes], events: int) -> None:
    kept = passed(CutPlace(events=events), chunks)
    assert kept is not None
    # Between the two halves of the last line end an event is complete, too.
    assert kept in (BODY[: ENDS[events - 1]], BODY[: ENDS[events - 1] - 1])


@given(chunks=chunked(), size=st.integers(1, len(BODY)))
def test_after_exactly_so_many_bytes(chunks: list[bytes], size: int) -> None:
    assert passed(CutPlace(size_bytes=size), chunks) == BODY[:size]


@given(chunks=chunked(), events=st.integers(0, 3))
def test_within_the_next_event(chunks: list[bytes], events: int) -> None:
    kept = passed(CutPlace(events=events, mid_event=True), chunks)
    assert kept is not None
    start = ENDS[events] - len(EVENTS[events])
    assert start < len(kept) < ENDS[events]


@pytest.mark.parametrize("place", [CutPlace(events=5), CutPlace(events=4, mid_event=True), CutPlace(size_bytes=10_000)])
def test_what_never_comes_so_far_is_not_cut(place: CutPlace) -> None:
    assert passed(place, [BODY]) is None


def test_a_comment_is_no_event_to_be_cut() -> None:
    place = CutPlace(events=1, mid_event=True)
    assert place.find(b"data: one\n\n: pi") is None
    assert place.find(b"ng\n\n") is None
    assert place.find(b"data: two\n\n") == 5


def test_an_event_beyond_all_limits_is_cut_as_well() -> None:
    place = CutPlace(events=1)
    assert place.find(b"data: " + b"x" * 3_000_000) is None
    assert place.find(b"\n\ndata: y\n\n") is not None
