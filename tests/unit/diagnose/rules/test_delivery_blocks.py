"""A stream that comes in blocks of a fixed size."""

from __future__ import annotations

import pytest

from inspector.trace.events import Headers, LabActed, LabAction, Severity
from tests.support.deliveries import Delivery, findings

RULE = "proxy-buffer-quantised"


def blocks(*sizes: int, pause_ms: float = 900, end: bytes = b"x", headers: Headers = ()) -> Delivery:
    """A stream whose chunks have these sizes and end with `end`, with pauses between them."""
    talk = Delivery()
    talk.ask_for_stream(1)
    talk.head(1, *headers)
    offset = 0
    for size in sizes:
        talk.chunk(1, b"d" * (size - len(end)) + end, offset)
        offset += size
        talk.wait(pause_ms)
    return talk


def test_pauses_in_lines_at_multiples_of_a_block_are_seen() -> None:
    found = findings(blocks(4096, 4096, 8192, 4096))[RULE]
    assert (found.severity, found.grade) == (Severity.WARN, "proven")
    assert "3 of 3 pauses" in found.text and "multiple of 4,096 bytes" in found.text


def test_the_first_block_may_hold_the_headers_as_well() -> None:
    found = findings(blocks(8192 - 317, 8192, 8192, 8192))[RULE]
    assert "multiple of 8,192 bytes" in found.text


def test_four_of_five_pauses_are_enough_and_three_are_not() -> None:
    assert "4 of 5 pauses" in findings(blocks(100, 77, 4096, 4096, 4096, 1))[RULE].text
    assert RULE not in findings(blocks(100, 50, 77, 4096, 4096, 1))


@pytest.mark.parametrize(
    "talk",
    [
        pytest.param(blocks(4096, 4096, 8192, 4096, pause_ms=40), id="one large event in many reads"),
        pytest.param(blocks(4096, 4096, 4096, 4096, 4096, end=b"\n"), id="events of just that size"),
        pytest.param(blocks(4096, 4096, 4096), id="too few"),
        pytest.param(blocks(4000, 4100, 4200, 4300, 4400, 4500), id="no common size"),
        pytest.param(blocks(*[20_000] * 6, end=b"\n\n"), id="large events, far apart"),
        pytest.param(blocks(*[4096] * 6, headers=(("Content-Encoding", "gzip"),)), id="compressed: lines are not seen"),
        pytest.param(blocks(*[4096] * 6, headers=(("Content-Type", "application/json"),)), id="no event stream"),
    ],
)
def test_other_streams_say_nothing(talk: Delivery) -> None:
    assert RULE not in findings(talk)


def test_a_slow_reader_in_the_laboratory_makes_blocks_itself() -> None:
    talk = blocks(4096)
    talk.tell(LabActed, action=LabAction.SLOW, text="Reads slowly.")
    for number in range(1, 5):
        talk.chunk(1, b"d" * 4096, 4096 * number)
        talk.wait(900)
    talk.tell(LabActed, action=LabAction.CLEAR, text="As before.")
    talk.chunk(1, b"d" * 4096, 4096 * 5)
    assert RULE not in findings(talk)


def test_a_sleeping_machine_makes_pauses_anywhere() -> None:
    talk = blocks(4096, 4096, 4096, pause_ms=600)
    talk.clock._start += 60
    talk.chunk(1, b"d" * 10, 3 * 4096)
    assert RULE not in findings(talk)


def test_streams_are_told_apart() -> None:
    talk = Delivery()
    for stream in (1, 2):
        talk.ask_for_stream(stream)
        talk.head(stream)
    for number in range(2):
        for stream in (1, 2):
            talk.chunk(stream, b"d" * 4096, number * 4096)
            talk.wait(700)
    talk.chunk(1, b"d", 8192)
    assert RULE not in findings(talk)
