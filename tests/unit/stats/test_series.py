"""What charts draw, against what the river tells."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from inspector.stats.series import MAX_KEYS, MAX_MARKS, OTHER_KEY, Beat, CallOutcome, MarkKind, Series
from inspector.stats.slots import SLOT_NS
from inspector.trace.events import (
    ChunkReceived,
    ConnectionState,
    EndCause,
    FrameReceived,
    MessageType,
    Outcome,
    Severity,
    Violation,
)
from tests.support.rivers import Talk

S = 10**9
MS = 10**6


def calls(series: Series) -> list[tuple[Any, ...]]:
    columns = (series.calls.column(name) for name in ("at_ns", "ms", "n", "key", "outcome"))
    return [
        (at_ns, ms, n, series.keys[key], CallOutcome(outcome))
        for at_ns, ms, n, key, outcome in zip(*columns, strict=True)
    ]


def gaps(series: Series, *beats: Beat) -> list[tuple[Any, ...]]:
    columns = (series.gaps.column(name) for name in ("at_ns", "ms", "n", "stream", "beat"))
    rows = [(at_ns, ms, n, stream, Beat(beat)) for at_ns, ms, n, stream, beat in zip(*columns, strict=True)]
    return [row for row in rows if row[4] in (beats or (Beat.EVENT, Beat.HEARTBEAT))]


def listen(talk: Talk, stream: int = 1) -> None:
    talk.send(stream, "GET", "stream")
    talk.headers(stream)


def test_a_call_is_a_point_whatever_became_of_it() -> None:
    talk = Talk()
    asked = [talk.ask(n, name="echo") for n in range(1, 5)]
    listed = talk.ask(5, "tools/list")
    talk.wait(20)
    facts = {"method": "tools/call", "name": "echo"}
    talk.answer(1, asked[0], rtt_ms=20.5, **facts)
    talk.answer(2, asked[1], rtt_ms=21.0, is_tool_error=True, **facts)
    talk.message(3, MessageType.ERROR, asked[2], rtt_ms=22.0, **facts)
    talk.fail(asked[3], Outcome.TIMED_OUT, 23.0)
    talk.answer(5, listed, rtt_ms=24.0, method="tools/list")
    series = talk.into(Series())
    at_ns = 20 * MS
    assert calls(series) == [
        (at_ns, 20.5, asked[0].n, "tools/call echo", CallOutcome.ANSWERED),
        (at_ns, 21.0, asked[1].n, "tools/call echo", CallOutcome.FAILED),
        (at_ns, 22.0, asked[2].n, "tools/call echo", CallOutcome.FAILED),
        (at_ns, 23.0, asked[3].n, "tools/call", CallOutcome.TIMED_OUT),
        (at_ns, 24.0, listed.n, "tools/list", CallOutcome.ANSWERED),
    ]


def test_the_step_that_ends_a_tool_stream_is_a_point() -> None:
    talk = Talk()
    asked = talk.call_stream(1, "echo")
    talk.step(1, "progress", asked)
    talk.step(1, "complete", asked, rtt_ms=5.0)
    other = talk.call_stream(2, "echo")
    talk.step(2, "error", other, rtt_ms=6.0)
    assert [(ms, n, outcome) for _, ms, n, _, outcome in calls(talk.into(Series()))] == [
        (5.0, asked.n, CallOutcome.ANSWERED),
        (6.0, other.n, CallOutcome.FAILED),
    ]


def test_there_are_never_more_keys_than_can_be_shown() -> None:
    talk = Talk()
    for number in range(MAX_KEYS + 5):
        asked = talk.ask(None, f"m{number}")
        talk.answer(None, asked, rtt_ms=1.0, method=f"m{number}")
    series = talk.into(Series())
    assert len(series.keys) == MAX_KEYS + 1
    assert series.keys[-1] == OTHER_KEY
    assert len(series._key_numbers) == MAX_KEYS + 1
    assert calls(series)[-1][3] == OTHER_KEY


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
    assert gaps(talk.into(Series())) == [
        (3 * S, 3_000.0, beat.n, 1, Beat.HEARTBEAT),
        (5 * S, 5_000.0, event.n, 1, Beat.EVENT),
        (6 * S, 3_000.0, again.n, 1, Beat.HEARTBEAT),
    ]
    assert [ms for _, ms, _, _, _ in gaps(talk.into(Series()), Beat.ANYTHING)] == [3_000.0, 2_000.0, 1_000.0]


def test_a_silence_lasts_until_the_stream_ends() -> None:
    talk = Talk()
    listen(talk)
    listen(talk, 2)
    talk.wait(3_000)
    talk.comment(1)
    talk.send(3)
    talk.headers(3)
    series = talk.into(Series())
    assert series.silent_since == {1: 3 * S, 2: 0}
    series.fold([talk.end(2)])
    assert series.silent_since == {1: 3 * S}


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
    found = gaps(talk.into(Series()))
    assert [(ms, n) for _, ms, n, _, _ in found] == [(1_000.0, numbers[0]), (100.0, numbers[-1])]


def test_open_streams_are_counted_up_and_down() -> None:
    talk = Talk()
    listen(talk)
    talk.wait(1_000)
    for stream in (2, 3):
        talk.send(stream)
    talk.wait(10)
    for stream in (2, 3):
        talk.end(stream)
    talk.wait(1_990)
    talk.end(1)
    talk.end(99)
    series = talk.into(Series())
    assert series.streams.read(0, 4 * S, S).values == [1, 3, 1, 1]
    assert series.streams.level == 0


def test_bytes_and_events_are_summed_up() -> None:
    talk = Talk()
    listen(talk)
    talk.chunk(1, b"x" * 10)
    talk.wait(1_000)
    talk.chunk(1, b"x" * 5)
    talk.comment(1)
    series = talk.into(Series())
    assert series.bytes_received.read(0, 2 * S, S).values == [10, 5]
    assert series.events.read(0, 2 * S, S).values == [2, 1]
    assert series.firsts.nearest(S, SLOT_NS) == 4


def test_drops_findings_and_returns_are_marks() -> None:
    talk = Talk()
    listen(talk)
    talk.wait(1_000)
    drop = talk.end(1, EndCause.RESET, "It was reset.")
    talk.end(2, EndCause.COMPLETE)
    opened = talk.state(ConnectionState.OPEN, reason="It stands.")
    for text in ("One.", "Two."):
        finding = talk.tell(Violation, rule="r", severity=Severity.WARN, text=text)
    talk.tell(Violation, rule="r", severity=Severity.NOTE, text="Small.")
    marks = talk.into(Series()).marks
    assert [(mark.kind, mark.n, mark.text, mark.count) for mark in marks] == [
        (MarkKind.DROP, drop.n, "It was reset.", 1),
        (MarkKind.OPEN, opened.n, "It stands.", 1),
        (MarkKind.FINDING, finding.n - 1, "One.", 2),
    ]


def test_marks_are_bounded() -> None:
    talk = Talk()
    for _ in range(MAX_MARKS + 3):
        talk.wait(200)
        talk.tell(Violation, rule="r", severity=Severity.ERROR, text="x" * 10_000)
    marks = talk.into(Series()).marks
    assert len(marks) == MAX_MARKS
    assert len(marks[0].text) == 200


def test_times_are_told_on_the_clock_of_the_river() -> None:
    talk = Talk()
    talk.wait(2_000)
    first = talk.state(ConnectionState.CONNECTING)
    series = talk.into(Series())
    assert series.first_ns == 2 * S
    assert series.wall_of(first.monotonic_ns + S) == first.at + 1
    assert series.now_ns == 2 * S
    assert Series().wall_of(0) == 0


@given(
    st.lists(
        st.tuples(st.sampled_from(["frame", "comment", "message", "chunk", "headers"]), st.integers(0, 150)),
        max_size=60,
    )
)
def test_gaps_are_those_of_a_slow_look_at_all_events(told: list[tuple[str, int]]) -> None:
    talk = Talk()
    listen(talk)
    for what, pause_ms in told:
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
    found = {(beat, at_ns // SLOT_NS): ms for at_ns, ms, _, _, beat in gaps(talk.into(Series()), *Beat)}
    assert found == longest
