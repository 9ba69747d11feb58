"""What lanes are called."""

from __future__ import annotations

import pytest

from inspector.record.lanes import CONNECTION, Lanes
from inspector.record.timeline import Timeline
from inspector.ui.views import lanes_words
from tests.support.rivers import Talk


def named(talk: Talk, stream: int) -> tuple[str, str]:
    """The name of the lane of a stream, and what it was for."""
    timeline = talk.into(Timeline())
    lanes = Lanes(timeline)
    lanes.fold()
    lane = lanes.lane_of(stream)
    assert lane is not None
    assert lanes_words.title(timeline, lanes, CONNECTION) == ("", "Connection", "")
    return lanes_words.title(timeline, lanes, lane)[1:]


@pytest.mark.parametrize("method", ["initialize", "tools/list", "subscriptions/listen"])
def test_a_stream_is_for_the_method_that_opened_it(method: str) -> None:
    talk = Talk()
    talk.ask(7, method)
    talk.send(7, purpose=method)
    assert named(talk, 7) == ("POST 7", method)


def test_a_stream_is_for_the_tool_that_is_called() -> None:
    talk = Talk()
    talk.ask(7, name="echo")
    talk.send(7)
    assert named(talk, 7) == ("POST 7", "echo")


def test_a_stream_without_a_message_is_for_what_it_was_opened_for() -> None:
    talk = Talk()
    talk.send(7, "GET", "stream")
    talk.ask(7, "ping")
    assert named(talk, 7) == ("GET 7", "stream")
