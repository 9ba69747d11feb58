"""Answers in two heaps."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from inspector.diagnose.rules.measurement_latency import RULES
from inspector.trace.events import Connected, LabActed, LabAction
from tests.support.diagnosed import Watched

RULE = "latency-bimodal"


def answered(
    rtts_ms: Sequence[float], new: Sequence[bool], name: str = "say", *, in_laboratory: bool = False
) -> Watched:
    """Calls that took so long, each on a new connection or not."""
    talk = Watched(RULES)
    if in_laboratory:
        talk.tell(LabActed, action=LabAction.DELAY, text="Delays requests by 100 ms.")
    for stream, (rtt_ms, is_new) in enumerate(zip(rtts_ms, new, strict=True), 1):
        talk.send(stream)
        asked = talk.ask(stream, name=name, id=stream)
        if is_new:
            talk.tell(Connected, stream=stream, peer="h:80", connect_ms=rtt_ms / 2)
        talk.accept(stream)
        talk.wait(rtt_ms)
        talk.answer(stream, asked, rtt_ms=rtt_ms)
        talk.end(stream)
    return talk


THIRD = [number % 3 == 0 for number in range(40)]


def test_new_connections_make_the_slow_answers() -> None:
    found = answered([100.0 + n if slow else 4.0 + n / 10 for n, slow in enumerate(THIRD)], THIRD).found(RULE)
    assert found.grade == "likely" and "new connection" in found.text and "tools/call say" in found.text


def test_what_the_laboratory_delays_is_no_population() -> None:
    rtts_ms = [100.0 + n if slow else 4.0 + n / 10 for n, slow in enumerate(THIRD)]
    assert answered(rtts_ms, THIRD, in_laboratory=True).is_silent()


def test_the_wait_for_an_acknowledgement_is_a_hint() -> None:
    found = answered([43.0 if slow else 2.0 for slow in THIRD], [False] * 40).found(RULE)
    assert found.grade == "hint" and "delayed acknowledgement" in found.text


@pytest.mark.parametrize(
    ("rtts_ms", "new"),
    [
        ([100.0] * 40, THIRD),
        ([100.0 if slow else 30.0 for slow in THIRD], THIRD),
        ([5.0 if slow else 0.4 for slow in THIRD], THIRD),
        ([1_000.0 if slow else 4.0 for slow in THIRD], [False] * 40),
        ([100.0 if slow else 4.0 for slow in THIRD], [number % 2 == 0 for number in range(40)]),
        ([100.0 if number == 5 else 4.0 for number in range(40)], [number == 5 for number in range(40)]),
        ([100.0 if slow else 4.0 for slow in THIRD[:19]], THIRD[:19]),
        ([1.5**number for number in range(20)], [number > 9 for number in range(20)]),
    ],
    ids=["alike", "less than five times", "fast", "a tool that works", "no relation", "the first", "few", "spread"],
)
def test_other_latencies_are_none(rtts_ms: list[float], new: list[bool]) -> None:
    assert answered(rtts_ms, new).is_silent()


def test_tools_are_compared_with_themselves_only() -> None:
    talk = Watched(RULES)
    for stream in range(1, 41):
        is_slow = stream % 2 == 0
        talk.send(stream)
        asked = talk.ask(stream, name="slow" if is_slow else "fast", id=stream)
        if is_slow:
            talk.tell(Connected, stream=stream, peer="h:80", connect_ms=1.0)
        talk.answer(stream, asked, rtt_ms=100.0 if is_slow else 2.0)
    assert talk.is_silent()
