"""A recording that is told once more comes in its own time, and the same again."""

from __future__ import annotations

from inspector.trace.clock import FakeClock
from inspector.trace.events import AnyEvent
from inspector.ui.playing import Playing
from tests.support.rivers import Talk


def told(river: Talk, start: int = 0) -> tuple[Playing, FakeClock]:
    clock = FakeClock()
    clock.advance(1_000)  # that of now has nothing to do with that of the recording
    return Playing(river, start, clock), clock


def read(playing: Playing) -> list[int]:
    events: list[AnyEvent] = []
    while len(playing) > playing.start + len(events):
        events += playing.since(playing.start + len(events), 50)
    return [event.n for event in events]


def test_events_come_when_they_came() -> None:
    river = Talk()
    for _ in range(4):
        river.comment(1)
        river.wait(1_000)
    playing, clock = told(river, 1)
    assert read(playing) == [1] and list(playing.timeline.numbers) == [1]
    clock.advance(0.999)
    assert read(playing) == [1]
    clock.advance(0.001)
    assert read(playing) == [1, 2] and playing.now_ns() == 2 * 10**9
    clock.advance(3_600)
    assert read(playing) == [1, 2, 3]
    assert playing.now_ns() == river[-1].monotonic_ns


def test_it_can_be_told_again_and_its_rows_stay() -> None:
    river = Talk()
    for _ in range(3):
        river.chunk(1)
        river.comment(1)
        river.wait(1_000)
    playing, clock = told(river)
    clock.advance(5)
    assert read(playing) == list(range(6))
    playing.restart()
    assert read(playing) == [0, 1]
    clock.advance(5)
    assert read(playing) == list(range(6)) and list(playing.timeline.numbers) == [1, 3, 5]


def test_a_flood_is_told_in_portions() -> None:
    river = Talk()
    for _ in range(5_000):
        river.comment(1)
    playing, _ = told(river)
    assert len(playing) == 2_000
    assert read(playing) == list(range(5_000)) == list(playing.timeline.numbers)
