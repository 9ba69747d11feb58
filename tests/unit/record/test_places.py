from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest

from inspector.record.places import PlaceError, row_at
from inspector.record.timeline import Timeline
from inspector.trace.events import ConnectionState
from tests.support.rivers import Talk


@pytest.fixture
def timeline() -> Timeline:
    """Ten rows a second apart, with a chunk before each; event 2 r + 1 is row r."""
    river = Talk()
    for _ in range(10):
        river.chunk(1)
        river.state(ConnectionState.OPEN)
        river.wait(1_000)
    return river.into(Timeline())


@pytest.mark.parametrize(("place", "row"), [("7", 3), ("#7", 3), (" 6 ", 3), ("0", 0), ("19", 9), ("1,9", 9)])
def test_an_event_number_is_its_row_or_the_next(timeline: Timeline, place: str, row: int) -> None:
    assert row_at(timeline, place) == row


@pytest.mark.parametrize(("place", "row"), [("+0", 0), ("+3", 3), ("+ 3.0001 s", 4), ("+9.0", 9)])
def test_seconds_since_the_start(timeline: Timeline, place: str, row: int) -> None:
    assert row_at(timeline, place) == row


def test_a_time_of_day_is_of_the_day_of_the_events(timeline: Timeline) -> None:
    stamp = datetime.fromtimestamp(timeline.at[4]).astimezone()
    assert row_at(timeline, f"{stamp:%H:%M:%S.%f}") == 4
    assert row_at(timeline, f"{stamp + timedelta(microseconds=1):%H:%M:%S.%f}") == 5
    assert row_at(timeline, "0:00") == 0


def test_a_time_behind_midnight_is_of_the_next_day() -> None:
    river = Talk()
    river.state(ConnectionState.OPEN)
    start = datetime.fromtimestamp(river[0].at).astimezone()
    midnight = datetime.combine(start.date() + timedelta(days=1), time()).astimezone()
    river.wait((midnight - start).total_seconds() * 1e3)
    for _ in range(3):
        river.state(ConnectionState.OPEN)
        river.wait(1_000)
    timeline = river.into(Timeline())
    assert row_at(timeline, f"{start:%H:%M:%S.%f}") == 0
    assert row_at(timeline, "0:00:01") == 2


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        ("20", "There is no event 20: the last one is 19."),
        ("+9.5", "The last event came 9.000 s after the start."),
        ("25:00", "A day has no such time: it ends at 23:59:59."),
        ("soon", "Type an event number, a time of day, or seconds since the start: 1234, 12:03:04.5 or +3.2."),
        ("", "Type an event number, a time of day, or seconds since the start: 1234, 12:03:04.5 or +3.2."),
    ],
)
def test_what_is_nowhere_is_said(timeline: Timeline, place: str, sentence: str) -> None:
    with pytest.raises(PlaceError, match=sentence.replace("+", r"\+")):
        row_at(timeline, place)


def test_an_empty_timeline_has_no_place() -> None:
    with pytest.raises(PlaceError, match="There is no event yet"):
        row_at(Timeline(), "1")


def test_times_no_calendar_knows_are_said() -> None:
    river = Talk()
    river.state(ConnectionState.OPEN)
    timeline = river.into(Timeline())
    timeline.at[0] = 1e300
    with pytest.raises(PlaceError, match="no time of day"):
        row_at(timeline, "12:00")
