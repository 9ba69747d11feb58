"""What the probe of leaving a stream shows."""

from __future__ import annotations

import pytest

from inspector.diagnose.rules.measurement_disconnect import RULES
from inspector.trace.events import EndCause
from tests.support.diagnosed import Watched

RULE = "disconnect-unnoticed"


def left(
    later_s: float, status: int, cause: EndCause = EndCause.CLOSED_BY_US, purpose: str = "probe:disconnect"
) -> Watched:
    """A stream that ended so, and what a new one was answered with so much later."""
    talk = Watched(RULES)
    talk.send(1, "GET", purpose)
    talk.accept(1)
    talk.end(1, cause)
    talk.quiet(later_s * 1_000)
    talk.send(2, "GET", purpose)
    talk.accept(2, status)
    talk.end(2, EndCause.REJECTED)
    return talk


def test_a_stream_that_is_held_long_after_we_left() -> None:
    talk = left(6.0, 409)
    assert talk.fired() == [RULE]
    assert talk.found(RULE).text.startswith("6.0 s after we had left a stream")


@pytest.mark.parametrize(
    "talk",
    [
        pytest.param(left(6.0, 200), id="a new stream"),
        pytest.param(left(1.0, 409), id="noticed soon enough"),
        pytest.param(left(6.0, 405), id="no stream at all"),
        pytest.param(left(6.0, 409, EndCause.END_OF_STREAM), id="the server ended it"),
        pytest.param(left(6.0, 409, purpose="stream"), id="no probe"),
    ],
)
def test_otherwise_it_is_silent(talk: Watched) -> None:
    assert talk.is_silent()
