"""The flood is numbered, sized and paced."""

from __future__ import annotations

import json

import pytest

from inspector.servers.demo import flood


@pytest.mark.parametrize("size_bytes", [200, 500, 65_536])
def test_every_message_has_the_size_asked_for(size_bytes: int) -> None:
    messages = flood.build(flood.message_template(size_bytes), 9_999_998, 2, lambda: 1_700_000_000_123_456_789)
    assert [len(message) for message in messages] == [size_bytes, size_bytes]
    data = json.loads(messages[1])["params"]["data"]
    assert (data["seq"], data["sent_ns"]) == (9_999_999, 1_700_000_000_123_456_789)


def test_a_size_that_is_too_small_gives_the_smallest() -> None:
    (message,) = flood.build(flood.message_template(0), 0, 1)
    assert json.loads(message)["params"]["data"]["pad"] == ""


def test_the_rate_is_kept() -> None:
    assert flood.due(0, 100, 0.0, 10) == 1
    assert flood.due(1, 100, 0.95, 10) == 9
    assert flood.due(10, 100, 0.95, 10) == 0
    assert flood.due(95, 100, 60.0, 10) == 5
    assert flood.due(3, 100, 0.0, 0) == 97


def test_the_pause_is_at_least_a_tick() -> None:
    assert flood.pause_s(1, 0.0, 10) == pytest.approx(0.1)
    assert flood.pause_s(1000, 0.0, 1_000_000) == flood.TICK_S
    assert flood.pause_s(1, 5.0, 10) == flood.TICK_S
