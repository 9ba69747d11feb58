"""GET streams again and again, refused ones, and odd times to come back after."""

from __future__ import annotations

import pytest

from inspector.diagnose.rules.reconnect import RULES
from inspector.trace.events import (
    BodyReceived,
    ConnectionState,
    EndCause,
    FrameReceived,
    Framing,
    HeadersReceived,
    MessageType,
    SessionReady,
    Severity,
    StateChanged,
)
from tests.support.diagnosed import S, Watched

STORM, NO_STREAM, REFUSED = "reconnect-storm", "get-200-not-a-stream", "get-404-or-401-instead-of-405"
RETRY, CONFLICT = "retry-hint-odd", "stream-conflict-409"
ABOUT_LOOPS = [rule for rule in RULES if rule.id in (STORM, NO_STREAM, REFUSED, RETRY, CONFLICT)]


def watched(transport: str = "streamable-http") -> Watched:
    talk = Watched(ABOUT_LOOPS, transport)
    ready(talk)
    return talk


def ready(talk: Watched) -> None:
    """The handshake is complete."""
    fields = {"protocol_version": "2025-11-25", "server_name": "s", "server_version": "1"}
    talk.tell(SessionReady, transport="streamable-http", **fields)


def short(
    talk: Watched,
    stream: int,
    life_s: float = 0.1,
    pause_s: float = 1.0,
    cause: EndCause = EndCause.END_OF_STREAM,
    frames: int = 1,
) -> None:
    """A GET stream that is soon over, and the pause until the next."""
    talk.listen(stream)
    talk.wait(life_s * S)
    talk.end(stream, cause, frames=frames, age_ms=life_s * S)
    talk.wait(pause_s * S)


def test_four_short_streams_are_a_storm_and_ten_are_worse() -> None:
    talk = watched()
    for stream in range(1, 4):
        short(talk, stream)
    assert talk.is_silent()
    short(talk, 4)
    found = talk.found(STORM)
    assert (found.severity, found.count) == (Severity.WARN, 1)
    assert "4 streams were opened and over within 3.4 s, 1.00 s apart; no `retry:` was named" in found.text
    for stream in range(5, 20):
        short(talk, stream)
    found = talk.found(STORM)
    assert (found.severity, found.count) == (Severity.ERROR, 2)


@pytest.mark.parametrize(
    ("life_s", "pause_s", "cause"),
    [
        pytest.param(5.1, 1.0, EndCause.END_OF_STREAM, id="they last"),
        pytest.param(0.1, 3.0, EndCause.END_OF_STREAM, id="with pauses"),
        pytest.param(0.1, 20.0, EndCause.END_OF_STREAM, id="seldom"),
        pytest.param(0.1, 1.0, EndCause.CLOSED_BY_US, id="we close them"),
        pytest.param(0.1, 1.0, EndCause.CANCELLED_BY_US, id="the user does"),
    ],
)
def test_other_streams_are_no_storm(life_s: float, pause_s: float, cause: EndCause) -> None:
    talk = watched()
    for stream in range(1, 12):
        short(talk, stream, life_s, pause_s, cause)
    assert talk.is_silent()


def test_a_user_who_connects_again_and_again_is_no_storm() -> None:
    talk = watched()
    for connection in range(1, 12):
        talk.emit(StateChanged, connection=connection, state=ConnectionState.CONNECTING)
        talk.listen(connection)
        talk.end(connection, EndCause.END_OF_STREAM, frames=1)
        talk.wait(100)
    assert STORM not in talk.fired()


def test_polling_at_the_pace_that_the_server_named_is_wanted() -> None:
    talk = watched()
    for stream in range(1, 12):
        talk.listen(stream)
        talk.hear(FrameReceived, stream, raw=b"retry: 1500\n\n", retry_ms=1_500)
        talk.end(stream, EndCause.END_OF_STREAM, frames=1)
        talk.wait(1_500)
    assert talk.is_silent()


def test_a_retry_that_is_not_respected_is_a_storm_all_the_same() -> None:
    talk = watched()
    for stream in range(1, 7):
        talk.listen(stream)
        talk.hear(FrameReceived, stream, raw=b"retry: 1500\n\n", retry_ms=1_500)
        talk.end(stream, EndCause.END_OF_STREAM, frames=1)
        talk.wait(200)
    assert "`retry: 1500` is in force" in talk.found(STORM).text


def test_streams_without_any_event_are_none() -> None:
    talk = watched()
    short(talk, 1, frames=0)
    assert talk.is_silent()
    short(talk, 2, frames=0)
    found = talk.found(NO_STREAM)
    assert (found.severity, len(found.evidence)) == (Severity.ERROR, 6)
    for stream in range(3, 6):
        short(talk, stream, frames=0)
    assert [each.rule for each in talk.found(NO_STREAM).dependants] == [STORM]


@pytest.mark.parametrize(
    ("life_s", "frames", "cause"),
    [(2.0, 0, EndCause.END_OF_STREAM), (0.1, 1, EndCause.END_OF_STREAM), (0.1, 0, EndCause.CLOSED_BY_US)],
)
def test_streams_that_last_or_bring_something_are_some(life_s: float, frames: int, cause: EndCause) -> None:
    talk = watched()
    for stream in (1, 2):
        short(talk, stream, life_s, 30.0, cause, frames)
    assert talk.is_silent()


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_no_stream_is_said_with_405(status: int) -> None:
    talk = watched()
    for stream in (1, 2):
        talk.send(stream, "GET", "stream")
        talk.accept(stream, status, "text/plain")
    found = talk.found(REFUSED)
    assert (found.severity, found.grade, found.count) == (Severity.WARN, "likely", 1)
    assert f"answered with {status}" in found.text


def test_405_is_right() -> None:
    talk = watched()
    talk.send(1, "GET", "stream")
    talk.accept(1, 405, "text/plain")
    assert talk.is_silent()


def test_a_stream_that_there_was_is_another_matter() -> None:
    talk = watched()
    talk.listen(1)
    talk.end(1, EndCause.END_OF_STREAM, frames=1)
    talk.wait(9_000)
    talk.send(2, "GET", "stream")
    talk.accept(2, 404, "text/plain")
    assert talk.is_silent()


@pytest.mark.parametrize("purpose", ["probe:bad-session", "auth metadata"])
def test_other_gets_are_no_streams(purpose: str) -> None:
    talk = watched()
    talk.send(1, "GET", purpose)
    talk.accept(1, 404, "text/plain")
    assert talk.is_silent()


def test_before_the_handshake_nobody_knows_whether_post_works() -> None:
    talk = Watched(ABOUT_LOOPS)
    talk.send(1, "GET", "stream")
    talk.accept(1, 404, "text/plain")
    assert talk.is_silent()


@pytest.mark.parametrize(
    ("raw", "retry_ms", "severity"),
    [
        (b"retry: 100\n\n", 100, Severity.WARN),
        (b"retry: 499\n\n", 499, Severity.WARN),
        (b"retry: 120001\n\n", 120_001, Severity.NOTE),
        (b"retry: 3s\n\n", None, Severity.WARN),
        (b": x\nretry:1.5\n\n", None, Severity.WARN),
    ],
)
def test_an_odd_retry_is_told_once(raw: bytes, retry_ms: int | None, severity: Severity) -> None:
    talk = watched()
    talk.listen(1)
    for _ in range(3):
        talk.hear(FrameReceived, 1, raw=raw, retry_ms=retry_ms)
    found = talk.found(RETRY)
    assert (found.severity, found.count) == (severity, 1)


@pytest.mark.parametrize(
    ("raw", "retry_ms"),
    [(b"retry: 500\n\n", 500), (b"retry: 120000\n\n", 120_000), (b"data: retry: x\n\n", None)],
)
def test_a_usual_retry_is_not(raw: bytes, retry_ms: int | None) -> None:
    talk = watched()
    talk.listen(1)
    talk.hear(FrameReceived, 1, raw=raw, retry_ms=retry_ms)
    assert talk.is_silent()


def test_a_retry_may_come_with_an_answer() -> None:
    talk = watched()
    asked = talk.post(1)
    talk.answer(1, asked, retry_ms=10)
    assert talk.fired() == [RETRY]


def conflict(talk: Watched, stream: int, status: int = 409) -> None:
    """A GET that is refused because of another."""
    talk.send(stream, "GET", "stream")
    talk.accept(stream, status, "text/plain")
    talk.end(stream, EndCause.REJECTED)


def test_an_old_stream_that_is_still_held_is_likely_then_proven() -> None:
    talk = watched()
    short(talk, 1, life_s=60.0, pause_s=2.0)
    conflict(talk, 2)
    found = talk.found(CONFLICT)
    assert (found.severity, found.grade) == (Severity.WARN, "likely")
    assert "409, 2.0 s after the last stream" in found.text
    talk.wait(5 * S)
    conflict(talk, 3)
    found = talk.found(CONFLICT)
    assert (found.severity, found.grade) == (Severity.ERROR, "proven")


def test_it_is_over_once_a_stream_is_taken() -> None:
    talk = watched()
    short(talk, 1, life_s=60.0)
    conflict(talk, 2)
    talk.listen(3)
    assert talk.found(CONFLICT).over_at_s is not None


def test_two_streams_of_ours_are_a_note() -> None:
    talk = watched()
    talk.listen(1)
    conflict(talk, 2)
    assert talk.found(CONFLICT).severity is Severity.NOTE


@pytest.mark.parametrize("as_message", [True, False])
def test_400_may_say_the_same(as_message: bool) -> None:
    talk = watched()
    short(talk, 1, life_s=60.0)
    talk.send(2, "GET", "stream")
    talk.accept(2, 400, "application/json")
    raw = b'{"error":{"message":"A stream already exists for this session"}}'
    if as_message:
        talk.message(2, MessageType.ERROR, raw=raw, framing=Framing.BODY)
    else:
        talk.hear(BodyReceived, 2, content_type="text/plain", raw=raw)
    assert talk.fired() == [CONFLICT]


def test_a_first_409_is_no_conflict_with_a_stream_that_never_was() -> None:
    talk = watched()
    conflict(talk, 1)
    assert talk.is_silent()


def test_a_new_session_starts_over() -> None:
    talk = watched()
    short(talk, 1, life_s=60.0)
    ready(talk)
    conflict(talk, 2)
    assert talk.is_silent()


def test_a_refused_post_is_none_of_it() -> None:
    talk = watched()
    short(talk, 1, life_s=60.0)
    talk.send(2)
    fields = {"reason": "", "http_version": "HTTP/1.1", "ttfb_ms": 1.0, "headers": ()}
    talk.hear(HeadersReceived, 2, status=409, **fields)
    assert talk.is_silent()
