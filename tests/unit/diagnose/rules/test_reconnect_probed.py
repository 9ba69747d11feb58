"""What the probe of resuming shows."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from inspector.diagnose.rules.reconnect import RULES
from inspector.trace.events import EndCause, FrameReceived
from tests.support.diagnosed import Watched

IGNORED, AGAIN = "last-event-id-ignored", "resume-duplicates"


def probed(sent: Sequence[str], again: Sequence[str], purpose: str = "probe:resume", status: int = 200) -> Watched:
    """An answer with these ids, and what a GET that resumes behind the first of them brings."""
    talk = Watched(RULES)
    talk.send(1, "POST", purpose)
    talk.accept(1)
    _bring(talk, 1, sent)
    talk.end(1, EndCause.END_OF_STREAM)
    talk.send(2, "GET", purpose, headers=(("Last-Event-ID", "1"),))
    talk.accept(2, status)
    _bring(talk, 2, again)
    talk.end(2, EndCause.CLOSED_BY_US)
    return talk


def _bring(talk: Watched, stream: int, ids: Sequence[str]) -> None:
    for event_id in ids:
        talk.hear(FrameReceived, stream, event_id=event_id, raw=f"id: {event_id}\ndata: x\n\n".encode())


def test_nothing_of_the_rest_is_ignoring_it() -> None:
    talk = probed(["1", "2", "3"], [])
    assert talk.fired() == [IGNORED]
    assert "none of the 2 others" in talk.found(IGNORED).text


def test_the_named_event_again_is_a_repetition() -> None:
    assert probed(["1", "2"], ["1", "2"]).fired() == [AGAIN]


@pytest.mark.parametrize(
    "talk",
    [
        pytest.param(probed(["1", "2", "3"], ["2", "3"]), id="the rest"),
        pytest.param(probed(["1"], []), id="there is no rest"),
        pytest.param(probed([], []), id="no ids"),
        pytest.param(probed(["1", "2"], [], status=405), id="no stream"),
        pytest.param(probed(["1", "2"], ["1", "2"], purpose="probe:hold"), id="another probe"),
    ],
)
def test_other_answers_are_fine(talk: Watched) -> None:
    assert talk.is_silent()
