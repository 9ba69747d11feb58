"""Events that never came, and streams that are too many."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from inspector.diagnose.rules.measurement_load import RULES
from inspector.trace.events import FrameReceived, Severity
from tests.support.diagnosed import S, Watched

DROPS, SIX = "server-drops-when-slow", "six-connection-limit"


def counted(*streams: Iterable[object]) -> Watched:
    """Notifications with these ids, the streams one after the other; then time passes."""
    talk = Watched(RULES)
    for stream, ids in enumerate(streams, 1):
        talk.listen(stream)
        for event_id in ids:
            talk.wait(10)
            talk.notify(stream, "notifications/message", event_id=str(event_id))
    talk.quiet(3 * S)
    return talk


def test_a_gap_in_ids_that_counted_up() -> None:
    found = counted([*range(1, 13), *range(20, 25)]).found(DROPS)
    assert (found.severity, found.grade) == (Severity.ERROR, "likely") and "7 are missing: 13 to 19" in found.text


def test_a_prefix_stays_with_its_numbers() -> None:
    ids = [f"stream-7_{number}" for number in (*range(12), 13)]
    assert "1 is missing: stream-7_12." in counted(ids).found(DROPS).text


def test_three_gaps_prove_it() -> None:
    ids = [number for number in range(100) if number not in (30, 60, 61, 90)]
    found = counted(ids).found(DROPS)
    assert (found.grade, found.count) == ("proven", 3)


@pytest.mark.parametrize(
    "streams",
    [
        [range(40)],
        [[*range(5), *range(9, 12)]],
        [range(0, 80, 2)],
        [[*range(20), *range(5, 20)]],
        [[*range(20), 1_700_000_000_000]],
        [[f"{number:x}-uuid" for number in range(40)]],
        [range(20), [*range(20, 40)]],
        [range(20), [*range(100, 140)]],
    ],
    ids=["no gap", "short row", "by two", "restart", "a time", "no number", "goes on", "another stream"],
)
def test_other_ids_say_nothing(streams: list[Iterable[object]]) -> None:
    assert counted(*streams).is_silent()


def test_what_another_stream_brings_was_not_dropped() -> None:
    talk = Watched(RULES)
    talk.listen(1)
    talk.post(2)
    for number in range(40):
        talk.wait(10)
        talk.notify(2 if number in (15, 16, 31) else 1, "notifications/message", event_id=str(number))
    talk.quiet(3 * S)
    assert talk.is_silent()


def test_it_may_come_a_little_later() -> None:
    talk = Watched(RULES)
    talk.listen(1)
    talk.post(2)
    for number in (*range(15), 16, 17):
        talk.notify(1, "notifications/message", event_id=str(number))
    talk.wait(1 * S)
    talk.notify(2, "notifications/message", event_id="15")
    talk.quiet(3 * S)
    assert talk.is_silent()


def test_blocks_without_a_message_count_too() -> None:
    talk = Watched(RULES)
    talk.listen(1)
    for number in range(30):
        if number == 20:
            talk.hear(FrameReceived, 1, event_id=str(number), raw=b"id: 20\ndata:\n\n")
        else:
            talk.notify(1, "notifications/message", event_id=str(number))
    talk.quiet(3 * S)
    assert talk.is_silent()


def test_six_streams_are_all_that_a_browser_has() -> None:
    talk = Watched(RULES)
    for stream in range(1, 9):
        talk.listen(stream)
    found = talk.found(SIX)
    assert (found.severity, found.count) == (Severity.NOTE, 1) and "6 event streams" in found.text


def test_streams_that_ended_do_not_count() -> None:
    talk = Watched(RULES)
    for stream in range(1, 20):
        talk.listen(stream)
        talk.end(stream)
    assert talk.is_silent()


def test_plain_answers_do_not_count() -> None:
    talk = Watched(RULES)
    for stream in range(1, 20):
        talk.post(stream, kind="application/json")
    assert talk.is_silent()
