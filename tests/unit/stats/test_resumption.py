"""Resumes as conversations: what came before the break, what was asked for, and what came then."""

from __future__ import annotations

import tracemalloc
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.stats.resumption import MAX_RESUMPTIONS, ResumeOutcome, Resumption, Resumptions
from inspector.trace.events import ConnectionState, EndCause, FrameReceived, MessageType
from tests.support.floods import CHUNKS, CUTS, flood, folded
from tests.support.rivers import Talk

RESUMED, IGNORED, REFUSED = ResumeOutcome.RESUMED, ResumeOutcome.IGNORED, ResumeOutcome.REFUSED


class Line(Talk):
    """One stream that breaks and is resumed."""

    def get(self, cursor: str | None = None, status: int = 200) -> int:
        stream = self.next_stream()
        headers = () if cursor is None else (("Last-Event-ID", cursor),)
        self.send(stream, "GET", "resume" if cursor else "stream", headers=headers)
        self.headers(stream, status)
        return stream

    def events(self, stream: int, ids: Sequence[object], **fields: Any) -> None:
        for event_id in ids:
            raw = b"id: %s\ndata: %s\n\n" % (str(event_id).encode(), str(event_id).encode())
            self.hear(FrameReceived, stream, **{"event_id": str(event_id), "raw": raw, **fields})

    def progress(self, stream: int, event_id: str, value: int) -> None:
        raw = b'data: {"params":{"progressToken":1,"progress":%d}}\n\n' % value
        method = "notifications/progress"
        self.message(stream, MessageType.NOTIFICATION, event_id=event_id, raw=raw, method=method, progress_token=1)

    def resumptions(self) -> list[Resumption]:
        return list(self.into(Resumptions()).resumptions)

    def only(self) -> Resumption:
        (resumption,) = self.resumptions()
        return resumption


def resumed(before: Sequence[object], after: Sequence[object], cursor: object = None, *, is_over: bool = True) -> Line:
    """`before` came on the first stream, `after` on the one that resumes it, after its last id unless one is named."""
    talk = Line()
    first = talk.get()
    talk.events(first, before)
    talk.end(first, EndCause.RESET)
    stream = talk.get(str(before[-1] if cursor is None else cursor))
    talk.wait(5)
    talk.events(stream, after)
    if is_over:
        talk.end(stream, EndCause.END_OF_STREAM)
    return talk


def figures(it: Resumption) -> tuple[Any, ...]:
    return it.outcome, it.replayed, it.lost, it.duplicated, it.reordered


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([1, 2, 3], [4, 5, 6], (RESUMED, 3, 0, 0, 0)),
        ([1, 2, 3], [3, 4, 5], (RESUMED, 3, 0, 1, 0)),
        ([1, 2, 3], [2, 3, 4], (RESUMED, 3, 0, 2, 0)),
        ([1, 2, 3], [1, 2, 3, 4], (IGNORED, 4, 0, 3, 0)),
        ([1, 2, 3], [4, 5, 4, 5, 6], (RESUMED, 5, 0, 2, 0)),
        ([1, 2, 3], [5, 6], (RESUMED, 2, 1, 0, 0)),
        ([1, 2, 3], [4, 8], (RESUMED, 2, 3, 0, 0)),
        ([1, 2, 3], [6, 5, 4], (RESUMED, 3, 0, 0, 2)),
        ([1, 2, 3], [4, 6, 5], (RESUMED, 3, 0, 0, 1)),
        ([1, 2, 3], [], (RESUMED, None, None, None, None)),
        (["s-1", "s-2", "s-3"], ["s-5"], (RESUMED, 1, 1, 0, 0)),
        (["a/01/x", "a/02/x", "a/03/x"], ["a/05/x"], (RESUMED, 1, 1, 0, 0)),
        # nothing tells: two ids make no counter, steps of ten, letters
        ([1, 2], [4], (RESUMED, 1, None, 0, None)),
        ([10, 20, 30], [50], (RESUMED, 1, None, 0, None)),
        (["a", "b", "c"], ["e", "d"], (RESUMED, 2, None, 0, None)),
        (["a", "b", "c"], ["c", "d"], (RESUMED, 2, None, 1, None)),
        (["a", "b", "c"], ["a", "b", "c", "d"], (IGNORED, 4, None, 3, None)),
        (["9" * 40, "9" * 41, "x" * 5_000], ["x" * 5_000], (RESUMED, 1, None, 1, None)),
    ],
)
def test_what_came_against_what_should_have_come(
    before: list[object], after: list[object], expected: tuple[Any, ...]
) -> None:
    assert figures(resumed(before, after).only()) == expected


def test_events_that_we_had_are_asked_for_again() -> None:
    """Resumed from a chosen id: what lay behind it is known, so that a loss is certain without any counter."""
    ids = ["a", "b", "c", "d", "e"]
    assert figures(resumed(ids, ["c", "d", "e", "f"], "b").only()) == (RESUMED, 4, 0, 0, 0)
    assert figures(resumed(ids, ["c", "e"], "b").only()) == (RESUMED, 2, 1, 0, 0)
    assert figures(resumed(ids, ["e", "d", "c"], "b").only()) == (RESUMED, 3, 0, 0, 2)
    assert figures(resumed(ids, [], "b").only())[:3] == (RESUMED, None, 3)
    assert figures(resumed(ids, ["a", "b"], "b").only()) == (IGNORED, 2, 3, 2, None)
    assert resumed(ids, ["c"], "b", is_over=False).only().lost == 0  # d and e may still come
    numbers = [1, 2, 3, 4, 5]
    assert figures(resumed(numbers, [3, 5, 7], 2).only()) == (RESUMED, 3, 2, 0, 0)


def test_what_comes_later_is_no_replay() -> None:
    talk = resumed([1, 2, 3], [4, 5], is_over=False)
    talk.clock.advance(1)
    talk.events(2, [6])
    talk.events(2, [7])
    it = talk.only()
    assert (it.replayed, it.lost, it.is_over) == (2, 0, False)


def test_a_priming_event_is_not_replayed() -> None:
    talk = resumed([1, 2, 3], [], is_over=False)
    talk.events(2, [4], dispatched=False)
    talk.events(2, [5])
    assert figures(talk.only()) == (RESUMED, 1, 0, 0, 0)


def test_ids_of_other_streams_are_not_missed() -> None:
    """One counter for all streams of the session: what came on another one is not lost."""
    talk = Line()
    first, other = talk.get(), talk.next_stream()
    talk.send(other)
    talk.headers(other)
    talk.events(first, [1, 2, 3])
    talk.end(first, EndCause.RESET)
    talk.events(other, [4, 5])
    talk.events(talk.get("3"), [6, 8])
    assert figures(talk.only()) == (RESUMED, 2, 1, 0, 0)


@pytest.mark.parametrize(
    ("first_ids", "other_ids", "lost"),
    [
        pytest.param(["a/1", "a/2", "a/3"], ["b/1"], 1, id="each stream has a counter"),
        pytest.param(["a/1", "a/2", "a/3"], ["b/4"], None, id="one counter for all streams"),
        pytest.param(["a/57", "a/58", "a/59"], [], None, id="others may count along"),
    ],
)
def test_a_gap_is_only_a_loss_where_nobody_else_can_use_up_numbers(
    first_ids: list[str], other_ids: list[str], lost: int | None
) -> None:
    talk = Line()
    talk.send(talk.next_stream(), purpose="initialize")
    first, other = talk.get(), talk.next_stream()
    talk.events(first, first_ids)
    talk.events(other, other_ids)
    talk.end(first, EndCause.RESET)
    head, _, number = first_ids[-1].partition("/")
    talk.events(talk.get(first_ids[-1]), [f"{head}/{int(number) + 2}"])
    assert talk.only().lost == lost


def test_an_event_of_another_stream_had_come_before() -> None:
    talk = Line()
    first, other = talk.get(), talk.next_stream()
    talk.events(first, ["a", "b"])
    talk.events(other, ["x"])
    talk.end(first, EndCause.RESET)
    talk.events(talk.get("b"), ["x", "c"])
    assert talk.only().duplicated == 1


def test_progress_that_counts_tells_of_a_loss_where_ids_do_not() -> None:
    def work(values: Sequence[int]) -> Resumption:
        talk = Line()
        call = talk.next_stream()
        talk.send(call)
        talk.headers(call)
        for value in (1, 2, 3):
            talk.progress(call, f"x{value * 7919 % 100}y{value}z{value * 31}q", value)
        talk.end(call, EndCause.RESET)
        stream = talk.get("x57y3z93q")
        for place, value in enumerate(values):
            talk.progress(stream, f"new{'abcdef'[place]}", value)
        return talk.only()

    assert figures(work([4, 5])) == (RESUMED, 2, 0, 0, 0)
    assert figures(work([6, 7])) == (RESUMED, 2, 2, 0, 0)
    assert figures(work([5, 4])) == (RESUMED, 2, 0, 0, 1)
    assert figures(work([3, 4])) == (RESUMED, 2, 0, 1, 0)
    assert figures(work([1, 2, 3, 4])) == (IGNORED, 4, 0, 3, 0)


def test_a_stream_that_begins_with_the_same_words_under_new_ids_has_begun_anew() -> None:
    talk = Line()
    first = talk.get()
    for event_id, text in (("a", b"one"), ("b", b"two")):
        talk.events(first, [event_id], raw=b"id: %s\ndata: %s\n\n" % (event_id.encode(), text))
    talk.end(first, EndCause.RESET)
    talk.events(talk.get("b"), ["c"], raw=b"id: c\ndata: one\n\n")
    assert talk.only().outcome is IGNORED


def test_a_refusal() -> None:
    talk = Line()
    talk.get("7", 404)
    it = talk.only()
    assert figures(it) == (REFUSED, None, None, None, None)
    assert (it.status, it.last_event_id, it.stream) == (404, "7", 1)
    assert it.words == "The server refused to resume the stream: it answered with 404."
    talk.end(talk.get("7"), EndCause.REJECTED)
    assert talk.resumptions()[1].words == "The server answered with 200, but with no event stream."


def test_an_attempt_without_an_answer_is_no_resume() -> None:
    talk = Line()
    talk.send(1, "GET", "resume", headers=(("Last-Event-ID", "7"),))
    talk.end(1, EndCause.REFUSED)
    assert talk.resumptions() == []


def test_a_probe_is_none() -> None:
    talk = Line()
    talk.send(1, "GET", "probe:resume", headers=(("Last-Event-ID", "7"),))
    talk.headers(1)
    assert talk.resumptions() == []


def test_a_stream_that_is_opened_anew_without_an_id() -> None:
    talk = Line()
    talk.end(talk.get(), EndCause.END_OF_STREAM)
    talk.get()
    assert talk.only().outcome is ResumeOutcome.NEW
    assert "nothing tells what was lost" in talk.only().words


def test_the_first_stream_of_a_new_session_resumes_nothing() -> None:
    talk = Line()
    talk.end(talk.get(), EndCause.END_OF_STREAM)
    talk.send(talk.next_stream(), purpose="initialize")
    talk.get()
    assert talk.resumptions() == []


def test_ids_of_an_earlier_session_mean_nothing() -> None:
    talk = Line()
    talk.events(talk.get(), [1, 2, 3])
    talk.send(talk.next_stream(), purpose="initialize")
    talk.events(talk.get("3"), [1])
    assert (talk.only().duplicated, talk.only().lost) == (0, None)


def test_a_stream_that_is_resumed_again_goes_on() -> None:
    talk = resumed([1, 2, 3], [4, 5])
    talk.events(talk.get("5"), [7])
    assert [figures(it) for it in talk.resumptions()] == [(RESUMED, 2, 0, 0, 0), (RESUMED, 1, 1, 0, 0)]


def test_figures_stay_when_the_session_is_over() -> None:
    talk = resumed([1, 2, 3], [5], is_over=False)
    before = talk.only()
    talk.state(ConnectionState.CLOSED)
    assert figures(talk.only()) == figures(before)
    assert talk.only().is_over


@pytest.mark.parametrize(
    ("after", "words"),
    [
        ([4, 5], "The stream goes on: 2 replayed, none lost."),
        ([6, 5, 5], "The stream goes on: 3 replayed, 1 lost, 1 had come before, 1 out of order."),
        ([1, 2, 3], "The server ignored Last-Event-ID: 3 replayed, none lost, 3 had come before."),
        ([], "The stream goes on; no event with an id has come."),
    ],
)
def test_each_is_said_in_words(after: list[object], words: str) -> None:
    assert resumed([1, 2, 3], after).only().words == words


def test_memory_is_bounded() -> None:
    talk = Line()
    for number in range(MAX_RESUMPTIONS + 20):
        talk.get(str(number), 404)
    assert len(talk.resumptions()) == MAX_RESUMPTIONS


def test_hostile_numbers_cost_nothing() -> None:
    far = 10**17
    assert figures(resumed([1, 2, 3], [far, 4]).only()) == (RESUMED, 2, None, 0, None)


def test_what_came_with_an_id_is_not_kept() -> None:
    talk = Line()
    for stream in [talk.get() for _ in range(20)]:
        talk.events(stream, [f"{stream}-{place}" for place in range(3)], raw=b"data: %s\n\n" % (b"x" * 100_000))
    tracemalloc.start()
    try:
        resumptions = talk.into(Resumptions())
        held_bytes, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert not resumptions.resumptions and held_bytes < 1_000_000, "the first two events of each stream are 4 MB"


def test_only_the_newest_ids_of_a_stream_are_known() -> None:
    talk = Line()
    stream = talk.get()
    talk.events(stream, [f"s-{place}" for place in range(1, 25_001)])
    talk.end(stream, EndCause.RESET)
    talk.events(talk.get("s-25000"), ["s-15000", "s-15001", "s-25001"])  # the first is known no more
    assert figures(talk.only()) == (IGNORED, 3, 0, 2, 0)


def test_of_the_ids_of_many_streams_only_the_newest_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inspector.stats.resumption.MAX_IDS_IN_ALL", 3_000)
    talk = Line()
    streams = [talk.get() for _ in range(4)]
    for stream in streams:
        talk.events(stream, [f"{stream}-{place}" for place in range(1_000)])
    for stream in (streams[0], streams[-1]):
        talk.end(stream, EndCause.RESET)
        talk.events(talk.get(f"{stream}-990"), [f"{stream}-{place}" for place in range(985, 1_000)])

    first, last = talk.resumptions()

    assert (first.duplicated, last.duplicated) == (0, 6)


STEPS = st.lists(st.sampled_from([1, 1, 1, 1, 1, 1, 2, 0, -1]), max_size=60)


@given(STEPS, st.lists(st.integers(1, 20), min_size=1, max_size=5), st.sampled_from(["", "s-", "0"]), st.booleans())
def test_rows_of_ids_are_the_same_in_any_pieces(steps: list[int], cuts: list[int], head: str, has_tail: bool) -> None:
    talk = Line()
    stream, value, ids = talk.get(), 7, []
    for step in steps:
        value += step
        ids.append(f"{head}{value}{'-x' if has_tail else ''}")
    talk.events(stream, ids)
    talk.end(stream, EndCause.RESET)
    talk.events(talk.get(ids[-1] if ids else "7"), [*ids[-3:], f"{head}{value + 3}"])
    events = talk.since(0)
    whole, single, pieces = Resumptions(), Resumptions(), Resumptions()
    whole.fold(events)
    at = 0
    while at < len(events):
        size = cuts[at % len(cuts)]
        pieces.fold(events[at : at + size])
        at += size
    for event in events:
        single.fold((event,))
    assert whole.resumptions == single.resumptions == pieces.resumptions


@given(CHUNKS, CUTS, st.integers(1, 60))
def test_a_flood_is_resumed_the_same_in_any_pieces(chunks: Any, cuts: list[int], cursor: int) -> None:
    talk = Line()
    streams = [talk.get() for _ in range(2)]
    flood(talk, chunks)
    for stream, head in zip(streams, ("s-", ""), strict=True):
        talk.end(stream, EndCause.RESET)
        talk.events(talk.get(f"{head}{cursor}"), [f"{head}{cursor + step}" for step in (1, 2, 4)])
    events = talk.since(0)
    found = [folded(Resumptions(), events, sizes).resumptions for sizes in ([1], cuts, [10_000])]
    assert found[0] == found[1] == found[2]
