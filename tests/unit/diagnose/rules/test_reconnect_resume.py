"""Event ids, and what a resume brings."""

from __future__ import annotations

import pytest

from inspector.diagnose.rules import reconnect_resume
from inspector.diagnose.rules.reconnect import RULES
from inspector.trace.events import EndCause, FrameReceived, Message, Outcome, Severity
from tests.support.diagnosed import S, Watched

TWICE, AGAIN, IGNORED = "event-id-not-unique", "resume-duplicates", "last-event-id-ignored"
USELESS = "event-ids-useless-2026"
ABOUT_IDS = [rule for rule in RULES if rule.id in (TWICE, AGAIN, IGNORED, USELESS)]


def watched(transport: str = "streamable-http") -> Watched:
    return Watched(ABOUT_IDS, transport)


def log(talk: Watched, stream: int, event_id: str | None, data: str = "x") -> Message:
    """A notification with an id."""
    raw = f"id: {event_id}\ndata: {data}\n\n".encode()
    return talk.notify(stream, "notifications/message", event_id=event_id, raw=raw)


def resume(talk: Watched, stream: int, last: str, status: int = 200) -> None:
    """A GET with Last-Event-ID."""
    talk.send(stream, "GET", "resume", headers=(("Last-Event-ID", last),))
    talk.accept(stream, status)


def cut_call(talk: Watched, stream: int = 1) -> Message:
    """A call whose stream ends behind an event with an id."""
    asked = talk.post(stream)
    log(talk, stream, f"{stream}-1", f"of {stream}")
    talk.end(stream, EndCause.END_OF_STREAM)
    return asked


def test_two_streams_that_count_alike_are_not_unique() -> None:
    talk = watched()
    talk.listen(1)
    talk.listen(2)
    first, second = log(talk, 1, "1", "a"), log(talk, 2, "1", "b")
    found = talk.found(TWICE)
    assert (found.severity, found.evidence) == (Severity.WARN, (first.n, second.n))
    assert "of another stream" in found.text


def test_one_stream_may_break_it_as_well() -> None:
    talk = watched()
    talk.listen(1)
    log(talk, 1, "1", "a")
    log(talk, 1, "1", "b")
    assert "of the same stream" in talk.found(TWICE).text


@pytest.mark.parametrize("event_id", [None, ""])
def test_events_without_an_id_are_fine(event_id: str | None) -> None:
    talk = watched()
    talk.listen(1)
    log(talk, 1, event_id, "a")
    log(talk, 1, event_id, "b")
    assert talk.is_silent()


def test_other_sessions_may_use_the_same_ids() -> None:
    talk = watched()
    for stream in (1, 3):
        talk.post(stream, method="initialize")
        talk.listen(stream + 1)
        log(talk, stream + 1, "1", f"{stream}")
    assert talk.is_silent()


@pytest.mark.parametrize("transport", ["http+sse", "raw-sse", "tool-stream"])
def test_where_ids_mean_nothing_they_may_repeat(transport: str) -> None:
    talk = watched(transport)
    talk.listen(1)
    log(talk, 1, "1", "a")
    log(talk, 1, "1", "b")
    assert talk.is_silent()


def test_ids_are_useless_where_nothing_is_resumed() -> None:
    talk = watched("stateless")
    for stream in (1, 2):
        asked = talk.post(stream)
        talk.answer(stream, asked, event_id=f"{stream}", raw=b"x")
    found = talk.found(USELESS)
    assert (found.severity, found.count) == (Severity.NOTE, 1)


def test_a_replay_that_begins_at_the_named_event_repeats_it() -> None:
    talk = watched()
    asked = cut_call(talk)
    resume(talk, 2, "1-1")
    log(talk, 2, "1-1", "of 1")
    talk.answer(2, asked, event_id="1-2", raw=b"answer")
    found = talk.found(AGAIN)
    assert (found.severity, found.count) == (Severity.ERROR, 1)
    assert talk.fired() == [AGAIN]


def test_who_asks_again_from_an_older_id_gets_what_he_had() -> None:
    """As the laboratory may: only what lies before the named event was not asked for."""
    talk = watched()
    asked = talk.post(1)
    for number in (1, 2, 3):
        log(talk, 1, f"1-{number}", f"event {number}")
    talk.answer(1, asked, event_id="1-4", raw=b"answer")
    talk.end(1, EndCause.END_OF_STREAM)
    resume(talk, 2, "1-2")
    log(talk, 2, "1-3", "event 3")
    talk.answer(2, None, event_id="1-4", raw=b"answer")
    assert talk.is_silent()
    log(talk, 2, "1-1", "event 1")
    assert talk.fired() == [AGAIN]


def test_an_event_that_was_cut_comes_again_whole() -> None:
    talk = watched()
    talk.post(1)
    log(talk, 1, "1-1")
    talk.hear(FrameReceived, 1, event_id="1-2", raw=b"id: 1-2\ndata: ha", complete=False)
    talk.end(1, EndCause.CUT_MID_EVENT)
    resume(talk, 2, "1-1")
    log(talk, 2, "1-2", "half and whole")
    assert talk.is_silent()


@pytest.mark.parametrize("data", ["", " "])
def test_a_resumed_stream_may_say_again_where_it_stands(data: str) -> None:
    """A priming event brings nothing, so it repeats nothing."""
    talk = watched()
    asked = cut_call(talk)
    resume(talk, 2, "1-1")
    talk.hear(FrameReceived, 2, event_id="1-1", raw=f"id: 1-1\nretry: 500\ndata:{data}\n\n".encode())
    talk.answer(2, asked, event_id="1-2", raw=b"answer")
    assert talk.is_silent()


def test_a_replay_that_begins_behind_it_is_right() -> None:
    talk = watched()
    asked = cut_call(talk)
    resume(talk, 2, "1-1")
    log(talk, 2, "1-2")
    talk.answer(2, asked, event_id="1-3", raw=b"answer")
    talk.quiet(40 * S)
    assert talk.is_silent()


def test_an_answer_that_comes_again_without_an_id_is_a_repetition() -> None:
    talk = watched()
    asked = cut_call(talk)
    resume(talk, 2, "1-1")
    talk.answer(2, asked, id=1)
    talk.end(2, EndCause.END_OF_STREAM)
    resume(talk, 3, "1-1")
    talk.answer(3, None, id=1)
    assert talk.fired() == [AGAIN]


def test_the_answer_of_another_call_belongs_to_its_own_stream() -> None:
    talk = watched()
    cut_call(talk, 1)
    other = talk.post(2)
    resume(talk, 3, "1-1")
    talk.answer(3, other, id=2, event_id="2-1", raw=b"answer")
    assert "another request" in talk.found(AGAIN).text


def test_a_second_resume_still_belongs_to_the_first_stream() -> None:
    talk = watched()
    asked = cut_call(talk)
    resume(talk, 2, "1-1")
    log(talk, 2, "1-2")
    talk.end(2, EndCause.END_OF_STREAM)
    resume(talk, 3, "1-2")
    talk.answer(3, asked, id=1, event_id="1-3", raw=b"answer")
    assert talk.is_silent()


def test_a_second_resume_owes_no_more_than_the_first() -> None:
    talk = watched()
    cut_call(talk, 1)
    other = talk.post(5)
    resume(talk, 2, "1-1")
    log(talk, 2, "1-2")
    talk.end(2, EndCause.END_OF_STREAM)
    resume(talk, 3, "1-2")
    talk.answer(3, other, id=5, event_id="5-1", raw=b"answer")
    assert "another request" in talk.found(AGAIN).text


def test_an_answer_on_the_stand_alone_stream_is_the_protocols_matter() -> None:
    talk = watched()
    talk.listen(1)
    log(talk, 1, "1-1")
    talk.end(1, EndCause.END_OF_STREAM)
    asked = talk.post(2)
    resume(talk, 3, "1-1")
    talk.answer(3, asked, id=2, event_id="1-2", raw=b"answer")
    assert talk.is_silent()


def test_an_answer_that_is_not_replayed_is_missed_after_half_a_minute() -> None:
    talk = watched()
    asked = cut_call(talk)
    resume(talk, 2, "1-1")
    talk.quiet(29 * S)
    assert talk.is_silent()
    talk.quiet(2 * S)
    found = talk.found(IGNORED)
    assert (found.severity, found.grade) == (Severity.WARN, "likely")
    assert asked.n in found.evidence


@pytest.mark.parametrize("status", [400, 405])
def test_a_refused_resume_replays_nothing_either(status: int) -> None:
    talk = watched()
    cut_call(talk)
    resume(talk, 2, "1-1", status)
    assert f"answered with {status}" in talk.found(IGNORED).text


def test_who_gave_up_waiting_misses_nothing() -> None:
    talk = watched()
    asked = cut_call(talk)
    resume(talk, 2, "1-1")
    talk.fail(asked, Outcome.CANCELLED)
    talk.quiet(40 * S)
    assert talk.is_silent()


def test_who_closed_the_resumed_stream_misses_nothing() -> None:
    talk = watched()
    cut_call(talk)
    resume(talk, 2, "1-1")
    talk.end(2, EndCause.CLOSED_BY_US)
    talk.quiet(40 * S)
    assert talk.is_silent()


def test_a_machine_that_slept_misses_nothing() -> None:
    talk = watched()
    cut_call(talk)
    resume(talk, 2, "1-1")
    talk.sleep(600)
    talk.quiet(40 * S)
    assert talk.is_silent()


def test_a_resumed_stream_that_goes_on_about_the_request_owes_its_answer_at_its_leisure() -> None:
    talk = watched()
    asked = cut_call(talk)
    resume(talk, 2, "1-1")
    talk.notify(2, "notifications/progress", asked, event_id="1-2", raw=b"step")
    talk.quiet(40 * S)
    assert talk.is_silent()


def test_the_stand_alone_stream_owes_no_answer() -> None:
    talk = watched()
    talk.listen(1)
    log(talk, 1, "1-1")
    talk.end(1, EndCause.END_OF_STREAM)
    talk.post(2)
    resume(talk, 3, "1-1")
    talk.quiet(40 * S)
    assert talk.is_silent()


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconnect_resume, "MAX_IDS", 3)
    talk = watched()
    talk.listen(1)
    for number in range(7):
        log(talk, 1, f"{number}", "a")
    log(talk, 1, "0", "b")
    assert talk.is_silent()
    log(talk, 1, "6", "b")
    assert talk.fired() == [TWICE]


def test_ids_of_any_length_are_told_apart() -> None:
    talk = watched()
    talk.listen(1)
    log(talk, 1, "a" * 100_000 + "b")
    log(talk, 1, "a" * 100_000 + "c")
    assert talk.is_silent()
    log(talk, 1, "a" * 100_000 + "b", "other")
    assert len(talk.found(TWICE).text) < 300


def test_probes_have_sessions_of_their_own() -> None:
    talk = watched()
    talk.listen(1)
    log(talk, 1, "1", "a")
    talk.send(2, "GET", "probe:hold")
    talk.accept(2)
    log(talk, 2, "1", "b")
    assert talk.is_silent()
