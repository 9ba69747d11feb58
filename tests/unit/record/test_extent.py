"""How much of a river is exported, above all the rows that a filter lets through."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings

from inspector.record import query
from inspector.record.extent import EVERYTHING, OneStream, Rows, rows_of, rows_passing
from inspector.record.recording import open_recording, river_of
from inspector.record.saving import save_events
from inspector.record.timeline import Timeline
from tests.support.queries import Asked, Stored, asked, rivers
from tests.support.rivers import Talk


def held(extent: Rows, talk: Talk) -> list[int]:
    return [event.n for event in talk.since(0) if extent.holds(event)]


def test_everything_and_one_stream() -> None:
    talk = Talk()
    talk.calls(2)
    assert all(map(EVERYTHING.holds, talk.since(0))) and EVERYTHING.holds_exchange(7)
    assert [event.n for event in talk.since(0) if OneStream(2).holds(event)] == [4, 5, 6, 7]
    assert OneStream(2).holds_exchange(2) and not OneStream(2).holds_exchange(1)


def test_rows_are_their_events_alone_and_know_their_exchanges() -> None:
    talk = Talk()
    talk.calls(3)
    talk.chunk(3)
    talk.comment(None)
    timeline = talk.into(Timeline())
    rows = rows_of(timeline, [12, 9, 1])
    assert (held(rows, talk), len(rows), rows.streams) == ([1, 9, 13], 3, frozenset({1, 3}))
    assert rows.holds_exchange(3) and not rows.holds_exchange(2)
    assert held(rows_of(timeline, []), talk) == []


def test_a_filter_chooses_among_all_blocks_of_a_recording(tmp_path: Path) -> None:
    talk = Talk()
    talk.calls(400)
    save_events(talk.since(0), tmp_path / "a.mcptrace")
    recording = open_recording(tmp_path / "a.mcptrace")
    found = rows_passing(river_of(recording), query.parse("'{\"n\":39'  n<300 or is:marked"), {1500})
    recording.close()
    assert list(found.numbers) == [39 * 4 + 1, 1500]
    assert found.words == "which pass the filter '{\"n\":39'  n<300 or is:marked"


@settings(max_examples=60, deadline=None)
@given(rivers(), asked)
def test_the_rows_are_those_that_the_timeline_shows(river: Talk, asked: Asked) -> None:
    stored = Stored(river, {2, 5})
    numbers = stored.timeline.numbers
    shown = [numbers[row] for row in stored.found(asked.text)]
    assert list(rows_passing(river, query.parse(asked.text), {2, 5}).numbers) == shown
