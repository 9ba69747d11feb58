"""The pieces of a call's bar lie end to end, whatever was measured."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.ui.models.call_phases import Phase, in_words, length_ms, segments
from tests.support.timings import timing

ALL = {
    "resolve_ms": 1.0,
    "connect_ms": 2.0,
    "tls_ms": 3.0,
    "sent_ms": 7.0,
    "headers_ms": 10.0,
    "first_byte_ms": 11.0,
    "first_event_ms": 12.0,
    "first_progress_ms": 12.0,
    "total_ms": 20.0,
    "last_event_to_end_ms": 5.0,
}
STEPS = st.fixed_dictionaries({}, optional=dict.fromkeys(ALL, st.floats(0, 1e6)))


def test_every_step_has_its_piece() -> None:
    pieces = segments(timing(1, **ALL))
    assert [(piece.phase, piece.end_ms) for piece in pieces] == list(
        zip(Phase, (1.0, 3.0, 6.0, 7.0, 10.0, 11.0, 12.0, 20.0, 25.0), strict=True)
    )
    assert length_ms(timing(1, **ALL)) == 25.0
    words = in_words(timing(1, **ALL))
    assert words.startswith("name look-up 1.00 ms, TCP 2.00 ms, TLS 3.00 ms, sending 1.00 ms, to the headers 3.00 ms")
    assert words.endswith("to the end of the stream 5.00 ms, first progress after 12.0 ms")


@pytest.mark.parametrize(
    ("fields", "phases"),
    [
        ({}, []),
        ({"total_ms": 3.0}, [Phase.ANSWER]),
        ({"headers_ms": 3.0, "total_ms": 3.0}, [Phase.HEADERS]),
        ({"headers_ms": 9.0, "first_event_ms": 4.0, "total_ms": 5.0}, [Phase.HEADERS]),
        ({"sent_ms": 1.0, "first_event_ms": 4.0}, [Phase.SEND, Phase.FIRST_EVENT]),
    ],
)
def test_what_was_not_measured_has_none(fields: dict[str, float], phases: list[Phase]) -> None:
    assert [piece.phase for piece in segments(timing(1, **fields))] == phases


def test_a_call_of_which_nothing_is_known_says_so() -> None:
    assert (in_words(timing(1)), length_ms(timing(1))) == ("nothing was measured yet", 0.0)


@given(STEPS)
def test_pieces_lie_end_to_end_and_fill_the_bar(fields: dict[str, Any]) -> None:
    call = timing(1, **fields)
    pieces = segments(call)
    assert all(before.end_ms == after.start_ms for before, after in pairwise(pieces))
    assert all(piece.start_ms < piece.end_ms or piece.phase is Phase.END for piece in pieces)
    assert (pieces[-1].end_ms if pieces else 0.0) == pytest.approx(length_ms(call))
