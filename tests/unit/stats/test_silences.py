"""The worst silence of listening streams."""

from __future__ import annotations

from inspector.stats.silences import Silence, Silences
from inspector.stats.sleeps import Sleeps
from tests.support.rivers import Talk


def worst(talk: Talk, since_ns: int | None = None) -> Silence | None:
    sleeps = talk.into(Sleeps())
    return talk.into(Silences(sleeps)).worst(talk.clock.monotonic_ns(), since_ns)


def listen(talk: Talk) -> int:
    stream = talk.next_stream()
    talk.send(stream, "GET", "stream")
    talk.clock.advance(60)
    talk.headers(stream)
    return stream


def test_the_longest_time_without_a_byte() -> None:
    talk = Talk()
    assert worst(talk) is None
    stream = listen(talk)
    for pause_s in (3, 7, 2):
        talk.clock.advance(pause_s)
        talk.chunk(stream)
    talk.clock.advance(5)
    assert worst(talk) == Silence(stream, 63_000_000_000, 70_000_000_000)
    talk.clock.advance(5)
    silence = worst(talk)
    assert silence is not None and silence.ms == 10_000.0  # one that lasts
    talk.end(stream)
    talk.clock.advance(100)
    assert worst(talk) == silence


def test_a_window_has_its_own_worst() -> None:
    talk = Talk()
    stream = listen(talk)
    for pause_s in (9, 4, 5, 1):
        talk.clock.advance(pause_s)
        talk.chunk(stream)
    now_ns = talk.clock.monotonic_ns()
    found = [worst(talk, now_ns - int(seconds * 1e9)) for seconds in (15, 7, 5, 0)]
    assert [silence and silence.ms for silence in found] == [9_000.0, 5_000.0, 5_000.0, 1_000.0]


def test_calls_and_refusals_are_not_listened_to() -> None:
    talk = Talk()
    talk.send(1)
    talk.headers(1)
    talk.send(2, "GET", "stream")
    talk.headers(2, 405)
    talk.clock.advance(50)
    talk.chunk(1)
    assert worst(talk) is None


def test_a_sleep_of_the_machine_is_no_silence() -> None:
    talk = Talk()
    stream = listen(talk)
    talk.clock.advance(20)
    talk.clock._start += 3_600
    talk.chunk(stream)
    talk.clock.advance(2)
    talk.chunk(stream)
    silence = worst(talk)
    assert silence is not None and silence.ms == 2_000.0
