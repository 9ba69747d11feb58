from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from inspector.stats.gaps import Beat, Gaps
from inspector.stats.slots import SLOT_NS
from inspector.trace.events import ChunkReceived, FrameReceived, MessageType
from tests.support.rivers import Talk

S = 10**9


def listen(talk: Talk, stream: int = 1) -> None:
    talk.send(stream, "GET", "stream")
    talk.headers(stream)


def told(gaps: Gaps, *beats: Beat) -> list[tuple[Any, ...]]:
    columns = (gaps.points.column(name) for name in ("at_ns", "ms", "n", "stream", "beat"))
    rows = [(at_ns, ms, n, stream, Beat(beat)) for at_ns, ms, n, stream, beat in zip(*columns, strict=True)]
    return [row for row in rows if row[4] in (beats or (Beat.EVENT, Beat.HEARTBEAT))]


def test_silences_of_a_listening_stream_begin_with_its_headers() -> None:
    talk = Talk()
    listen(talk)
    talk.wait(3_000)
    beat = talk.comment(1)
    talk.wait(2_000)
    event = talk.hear(FrameReceived, 1, raw=b"data: 1\n\n")
    talk.wait(1_000)
    again = talk.comment(1)
    talk.send(2)
    talk.headers(2)
    talk.wait(500)
    talk.comment(2)
    assert told(talk.into(Gaps())) == [
        (3 * S, 3_000.0, beat.n, 1, Beat.HEARTBEAT),
        (5 * S, 5_000.0, event.n, 1, Beat.EVENT),
        (6 * S, 3_000.0, again.n, 1, Beat.HEARTBEAT),
    ]
    assert [ms for _, ms, _, _, _ in told(talk.into(Gaps()), Beat.ANYTHING)] == [3_000.0, 2_000.0, 1_000.0]


def test_a_silence_lasts_until_the_stream_ends() -> None:
    talk = Talk()
    listen(talk)
    listen(talk, 2)
    talk.wait(3_000)
    talk.comment(1)
    talk.send(3)
    talk.headers(3)
    gaps = talk.into(Gaps())
    assert gaps.silent_since == {1: 3 * S, 2: 0}
    gaps.fold([talk.end(2)])
    assert gaps.silent_since == {1: 3 * S}


def test_the_longest_silence_of_a_slot_stands_for_it() -> None:
    talk = Talk()
    listen(talk)
    numbers = []
    for pause_ms in (1_000, 10, 30, 20):
        talk.wait(pause_ms)
        numbers.append(talk.hear(FrameReceived, 1).n)
        talk.hear(FrameReceived, 1)
    talk.wait(100)
    numbers.append(talk.hear(FrameReceived, 1).n)
    found = told(talk.into(Gaps()))
    assert [(ms, n) for _, ms, n, _, _ in found] == [(1_000.0, numbers[0]), (100.0, numbers[-1])]


@given(
    st.lists(
        st.tuples(st.sampled_from(["frame", "comment", "message", "chunk", "headers"]), st.integers(0, 150)),
        max_size=60,
    )
)
def test_gaps_are_those_of_a_slow_look_at_all_events(heard: list[tuple[str, int]]) -> None:
    talk = Talk()
    listen(talk)
    for what, pause_ms in heard:
        talk.wait(pause_ms)
        if what == "frame":
            talk.hear(FrameReceived, 1)
        elif what == "comment":
            talk.comment(1)
        elif what == "message":
            talk.message(1, MessageType.NOTIFICATION, method="x")
        elif what == "chunk":
            talk.hear(ChunkReceived, 1, offset=0, data=b"x")
        else:
            talk.wait(1)
    longest: dict[tuple[Beat, int], float] = {}
    last = dict.fromkeys(Beat, 0)
    for event in talk.since(2):
        beat = {"comment": Beat.HEARTBEAT, "frame": Beat.EVENT, "message": Beat.EVENT}.get(event.kind)
        for each in () if beat is None else (beat, Beat.ANYTHING):
            if event.monotonic_ns == last[each]:
                continue
            slot = each, event.monotonic_ns // SLOT_NS
            longest[slot] = max(longest.get(slot, 0.0), (event.monotonic_ns - last[each]) / 1e6)
            last[each] = event.monotonic_ns
    found = {(beat, at_ns // SLOT_NS): ms for at_ns, ms, _, _, beat in told(talk.into(Gaps()), *Beat)}
    assert found == longest
