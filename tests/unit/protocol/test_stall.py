"""What is said of a stall can be read again."""

from __future__ import annotations

import pytest

from inspector.protocol.stall import seconds_told, told


@pytest.mark.parametrize("seconds", [1.0, 2.5, 3_600.0, 999_999_999.0])
def test_it_is_read_as_it_was_told(seconds: float) -> None:
    assert seconds_told(told(seconds)) == seconds


@pytest.mark.parametrize("sentence", ["", "Our own event loop runs late.", "This program stood still for nan s"])
def test_anything_else_tells_of_no_stall(sentence: str) -> None:
    assert seconds_told(sentence) == 0.0
