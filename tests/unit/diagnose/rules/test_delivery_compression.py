"""Compressed event streams."""

from __future__ import annotations

import pytest

from inspector.trace.events import ConnectionState, EndCause, Severity, Violation
from tests.support.deliveries import Delivery, findings

RULE = "gzip-stalls-stream"
MISSING = "endpoint-event-missing"


def pressed(
    talk: Delivery,
    stream: int,
    *,
    coding: str = "gzip",
    silent_ms: float = 2_500,
    blocks: int = 4,
    stamped: bool = False,
) -> None:
    """A stream whose first bytes come at once and whose events come with its end."""
    talk.send(stream)
    talk.head(stream, ("Content-Encoding", coding))
    talk.chunk(stream, b"\x1f\x8b")
    talk.wait(silent_ms)
    talk.chunk(stream, b"compressed", 2)
    for number in range(blocks):
        ago_s = (blocks - number) * 0.5
        talk.notify(stream, talk.now(ago_s) if stamped else "x")
    talk.wait(1)
    talk.end(stream)


def test_bytes_without_events_are_a_stall() -> None:
    talk = Delivery()
    pressed(talk, 1)
    found = findings(talk)[RULE]
    assert (found.severity, found.grade) == (Severity.WARN, "likely")
    assert "for 2.5 s no event could be read" in found.text and "4 came at once" in found.text


@pytest.mark.parametrize(("times", "grade"), [(2, "likely"), (3, "proven")])
def test_again_it_is_an_error(times: int, grade: str) -> None:
    talk = Delivery()
    for stream in range(1, times + 1):
        pressed(talk, stream)
    found = findings(talk)[RULE]
    assert (found.severity, found.grade) == (Severity.ERROR, grade)


def test_stamps_prove_it_and_the_batch_is_folded_under_it() -> None:
    talk = Delivery()
    pressed(talk, 1, stamped=True)
    found = findings(talk)[RULE]
    assert (found.severity, found.grade) == (Severity.ERROR, "proven")
    assert [below.rule for below in found.dependants] == ["stream-batched-at-end"]


def test_a_flush_after_each_event_says_nothing() -> None:
    talk = Delivery()
    talk.send(1)
    talk.head(1, ("Content-Encoding", "gzip"))
    talk.chunk(1, b"\x1f\x8b")
    for number in range(6):
        talk.wait(900)
        talk.chunk(1, b"flushed", 2 + 7 * number)
        talk.notify(1)
    talk.end(1)
    assert RULE not in findings(talk)


def test_short_silences_and_lone_answers_say_nothing() -> None:
    talk = Delivery()
    pressed(talk, 1, silent_ms=500)
    pressed(talk, 2, blocks=2)
    assert RULE not in findings(talk)


def test_other_codings_cannot_be_judged() -> None:
    talk = Delivery()
    pressed(talk, 1, coding="br")
    pressed(talk, 2, coding="identity")
    assert RULE not in findings(talk)


def test_a_server_that_writes_all_at_the_end_is_not_blamed() -> None:
    talk = Delivery()
    talk.send(1)
    talk.head(1, ("Content-Encoding", "gzip"))
    talk.chunk(1, b"\x1f\x8b")
    talk.wait(3_000)
    for _ in range(4):
        talk.notify(1, talk.now())
    talk.end(1)
    assert RULE not in findings(talk)


@pytest.mark.parametrize("cause", [EndCause.CANCELLED_BY_US, EndCause.CLOSED_BY_US])
def test_our_own_end_says_nothing(cause: EndCause) -> None:
    talk = Delivery()
    talk.send(1)
    talk.head(1, ("Content-Encoding", "gzip"))
    talk.chunk(1, b"\x1f\x8b")
    talk.wait(3_000)
    for _ in range(4):
        talk.notify(1)
    talk.end(1, cause)
    assert RULE not in findings(talk)


def mute(rule: str = MISSING, *, size: int = 10, heard: bool = False, coding: str = "gzip") -> Delivery:
    """A compressed GET stream whose endpoint did not come."""
    talk = Delivery()
    talk.state(ConnectionState.CONNECTING)
    talk.ask_for_stream(1)
    talk.head(1, ("Content-Encoding", coding))
    if size:
        talk.chunk(1, b"g" * size)
    if heard:
        talk.comment(1)
    talk.wait(10_000)
    talk.hear(Violation, 1, rule=rule, severity=Severity.ERROR, text="Nothing came.")
    talk.end(1, EndCause.CLOSED_BY_US)
    return talk


def test_a_session_that_never_begins_because_of_compression() -> None:
    found = findings(mute())[RULE]
    assert (found.severity, found.grade) == (Severity.ERROR, "likely")
    assert "10 bytes of it came, but not one event could be read of them" in found.text
    assert [below.rule for below in found.dependants] == [MISSING]


@pytest.mark.parametrize(
    "talk",
    [
        pytest.param(mute("sse-bom"), id="another violation"),
        pytest.param(mute(size=0), id="no byte: not the compressor"),
        pytest.param(mute(heard=True), id="something could be read"),
        pytest.param(mute(coding="br"), id="we could not read it anyway"),
    ],
)
def test_other_missing_endpoints_are_not_its_doing(talk: Delivery) -> None:
    assert RULE not in findings(talk)
