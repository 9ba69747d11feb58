"""What charts draw, against what the river tells."""

from __future__ import annotations

from inspector.stats.series import MAX_MARKS, MarkKind, Series
from inspector.stats.slots import SLOT_NS
from inspector.trace.events import (
    ConnectionState,
    EndCause,
    Severity,
    Violation,
)
from tests.support.rivers import Talk

S = 10**9
MS = 10**6


def listen(talk: Talk, stream: int = 1) -> None:
    talk.send(stream, "GET", "stream")
    talk.headers(stream)


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


def test_broken_rules_and_returns_are_marks_and_ends_of_streams_are_not() -> None:
    talk = Talk()
    listen(talk)
    talk.wait(1_000)
    talk.end(1, EndCause.RESET, "It was reset.")
    talk.end(2, EndCause.COMPLETE)
    talk.end(3, EndCause.REJECTED)
    opened = talk.state(ConnectionState.OPEN, reason="It stands.")
    talk.state(ConnectionState.OPEN, reason="The notification stream ended; again in 1.0 s.", attempt=1)
    for text in ("One.", "Two."):
        finding = talk.tell(Violation, rule="r", severity=Severity.WARN, text=text)
    talk.tell(Violation, rule="r", severity=Severity.NOTE, text="Small.")
    marks = talk.into(Series()).marks
    assert [(mark.kind, mark.n, mark.text, mark.count) for mark in marks] == [
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
