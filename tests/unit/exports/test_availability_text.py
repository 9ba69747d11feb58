"""Availability in words."""

from __future__ import annotations

import json

import pytest

from inspector.exports import availability_text
from inspector.exports.availability_text import as_json, as_text, share
from inspector.stats.availability import Availability
from inspector.trace.events import ConnectionState, EndCause, Outcome
from tests.support.rivers import Talk


@pytest.fixture
def talk() -> Talk:
    """Up for 9 s, down for 1 s, with a call lost."""
    talk = Talk()
    talk.state(ConnectionState.OPEN)
    stream = talk.next_stream()
    talk.send(stream, "GET", "stream")
    talk.headers(stream)
    talk.clock.advance(9)
    talk.end(stream, EndCause.RESET)
    asked = talk.ask(None, name="echo")
    talk.fail(asked, Outcome.LOST)
    talk.state(ConnectionState.RECONNECTING)
    talk.clock.advance(1)
    talk.state(ConnectionState.OPEN)
    return talk


def test_the_text_says_what_was_measured(talk: Talk) -> None:
    lines = as_text(talk.into(Availability()).report()).splitlines()
    assert [line.split("  ")[0] for line in lines[:5]] == ["Availability", "Up", "Down", "Drops", ""]
    said = " ".join(" ".join(lines).split())
    for words in ("Availability 90 %", "connection reset 1", "Worst silence 9.000 s", "Storms none", "tools/call"):
        assert words in said
    assert "slept" not in said and "Dropped by us" not in said


def test_nothing_measured_is_said_so() -> None:
    report = Availability().report()
    assert as_text(report).splitlines()[0].split() == ["Availability", availability_text.NOTHING]
    assert as_json(report)["uptime_share"] is None


def test_the_json_is_json(talk: Talk) -> None:
    document = json.loads(json.dumps(as_json(talk.into(Availability()).report())))
    assert document["drops_by_cause"] == {"connection reset": 1}
    assert (document["uptime_share"], document["calls_lost"]) == (0.9, 1)
    assert [call["method"] for call in document["calls_lost_last"]] == ["tools/call"]


@pytest.mark.parametrize(
    ("uptime", "words"),
    [(1.0, "100 %"), (0.9999999, "99.999 %"), (0.9998, "99.98 %"), (0.5, "50 %"), (0.0, "0 %"), (None, "–")],
)
def test_a_share_never_hides_a_drop(uptime: float | None, words: str) -> None:
    assert share(uptime) == words


def test_a_storm_that_goes_on_is_said_so() -> None:
    talk = Talk()
    for _ in range(12):
        stream = talk.next_stream()
        talk.send(stream, "GET", "stream")
        talk.headers(stream)
        talk.wait(100)
    going = as_text(talk.into(Availability()).report())
    assert "12 streams opened since" in going and "still going on" in going
    over = as_text(talk.into(Availability()).report(60_000_000_000))
    assert "12 streams opened within 1.100 s, at most 12 in 10 s" in over
