"""The server's clock: two clocks whose difference is known, and what the stamps make of it."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime
from email.utils import formatdate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.stats import clock_offset
from inspector.stats.clock_offset import MAX_CONNECTIONS, ClockOffset, ClockOffsets
from inspector.trace.events import HeadersReceived, MessageType
from tests.support.rivers import Talk


class Exchanges(Talk):
    """Exchanges with a server whose clock is `ahead_s` ahead of ours."""

    def __init__(self, ahead_s: float, seed: int = 1) -> None:
        super().__init__()
        self.ahead_s = ahead_s
        self._chance = random.Random(seed)

    def server_time(self) -> float:
        return self.clock.time() + self.ahead_s

    def travel(self, up_to_ms: float = 40.0) -> None:
        self.wait(self._chance.uniform(0.1, up_to_ms))

    def dated(self, lag_s: float = 0.0, **fields: str) -> int:
        """One POST whose answer has a Date, which the server wrote up to `lag_s` before."""
        stream = self.next_stream()
        self.wait(self._chance.uniform(0, 3_000))
        self.send(stream, **fields)
        begun_ns = self.clock.monotonic_ns()
        self.travel()
        date = formatdate(math.floor(self.server_time() - self._chance.uniform(0, lag_s)), usegmt=True)
        self.travel()
        ttfb_ms = (self.clock.monotonic_ns() - begun_ns) / 1e6
        head = {"status": 200, "reason": "", "http_version": "HTTP/1.1", "headers": (("Date", date),)}
        self.hear(HeadersReceived, stream, ttfb_ms=ttfb_ms, **head)
        return stream

    def stamped(self, stream: int) -> None:
        """A log entry that says when it was written, to the millisecond."""
        written = datetime.fromtimestamp(math.floor(self.server_time() * 1e3) / 1e3, UTC)
        self.travel()
        raw = b'{"params":{"data":"%s"}}' % written.isoformat(timespec="milliseconds").encode()
        self.message(stream, MessageType.NOTIFICATION, method="notifications/message", raw=raw)

    def offset(self) -> ClockOffset | None:
        return self.into(ClockOffsets()).offset()


def holds(found: ClockOffset | None, ahead_s: float) -> bool:
    return found is not None and abs(found.ahead_ms - ahead_s * 1e3) <= found.uncertainty_ms + 1e-3


@settings(max_examples=60)
@given(st.floats(-5_000, 5_000), st.integers(0, 9_999), st.floats(0, 1), st.integers(1, 30))
def test_dates_hold_the_truth_between_them(ahead_s: float, seed: int, lag_s: float, count: int) -> None:
    talk = Exchanges(ahead_s, seed)
    for _ in range(count):
        talk.dated(lag_s)
    found = talk.offset()
    assert holds(found, ahead_s)
    assert found is not None
    assert (found.bounds, found.moves) == (count, 0)
    assert found.uncertainty_ms <= 1_050


def test_many_dates_say_more_than_one() -> None:
    one, many = Exchanges(12.3), Exchanges(12.3)
    one.dated()
    for _ in range(60):
        many.dated()
    first, last = one.offset(), many.offset()
    assert first is not None
    assert last is not None
    assert last.uncertainty_ms < 0.7 * first.uncertainty_ms


@settings(max_examples=40)
@given(st.floats(-5_000, 5_000), st.integers(0, 9_999))
def test_fine_stamps_are_as_good_as_the_way_is_short(ahead_s: float, seed: int) -> None:
    talk = Exchanges(ahead_s, seed)
    for _ in range(5):
        stream = talk.dated()
        talk.stamped(stream)
        talk.end(stream)
    found = talk.offset()
    assert holds(found, ahead_s)
    assert found is not None
    assert found.uncertainty_ms < 130


def test_a_clock_that_is_set_is_followed_and_one_odd_stamp_is_not() -> None:
    talk = Exchanges(2.0)
    for _ in range(10):
        talk.dated()
    talk.ahead_s = 500.0
    talk.dated()
    odd = talk.offset()
    assert holds(odd, 2.0)
    assert odd is not None
    assert odd.moves == 0
    talk.ahead_s = 2.0
    talk.dated()
    talk.ahead_s = -30.0
    for _ in range(3):
        talk.dated()
    found = talk.offset()
    assert holds(found, -30.0)
    assert found is not None
    assert (found.moves, found.bounds) == (1, 3)


def test_odd_stamps_now_and_then_are_no_clock_that_was_set() -> None:
    talk = Exchanges(2.0)
    for _ in range(6):
        talk.dated()
        talk.ahead_s = 500.0
        talk.dated()
        talk.ahead_s = 2.0
    found = talk.offset()
    assert holds(found, 2.0)
    assert found is not None
    assert found.moves == 0


def test_a_stamp_of_whole_seconds_may_be_up_to_a_second_old() -> None:
    talk = Exchanges(50.7)
    stream = talk.next_stream()
    talk.send(stream)
    for _ in range(3):
        written = datetime.fromtimestamp(math.floor(talk.server_time()), UTC).isoformat(timespec="seconds")
        talk.travel()
        raw = b'{"params":{"data":"%s"}}' % written.encode()
        talk.message(stream, MessageType.NOTIFICATION, method="notifications/message", raw=raw)
    assert holds(talk.offset(), 50.7)


def test_clocks_that_drift_apart_are_followed() -> None:
    talk = Exchanges(0.0)
    for _ in range(300):
        talk.wait(60_000)
        talk.ahead_s += 60 * 80e-6
        stream = talk.dated()
        talk.stamped(stream)
        talk.end(stream)
    found = talk.offset()
    assert holds(found, talk.ahead_s)
    assert found is not None
    assert (found.moves, found.uncertainty_ms < 100) == (0, True)


def test_a_listening_stream_alone_bounds_it_from_one_side() -> None:
    talk = Exchanges(5.0)
    stream = talk.next_stream()
    talk.send(stream, "GET", "stream")
    talk.comment(stream, f"ping - {datetime.fromtimestamp(talk.server_time(), UTC).isoformat(sep=' ')}")
    assert talk.offset() is None
    talk.dated()
    found = talk.offset()
    assert holds(found, 5.0)
    assert found is not None
    assert found.bounds == 2


def test_stamps_are_still_read_after_a_while_where_there_are_some() -> None:
    talk = Exchanges(5.0)
    stream = talk.dated()
    for _ in range(2_000):
        talk.stamped(stream)
    found = talk.offset()
    assert found is not None
    assert 20 < found.bounds <= 64
    assert holds(found, 5.0)


def test_who_else_answers_says_nothing_of_the_server() -> None:
    talk = Exchanges(5.0)
    talk.dated(purpose="oauth: token")
    assert talk.offset() is None
    stream = talk.next_stream()
    head = {"status": 200, "reason": "", "http_version": "HTTP/1.1", "ttfb_ms": 1.0}
    date = formatdate(talk.server_time(), usegmt=True)
    talk.hear(HeadersReceived, stream, headers=(("Age", "60"), ("Date", date)), **head)
    talk.hear(HeadersReceived, stream, headers=(("Date", "no date"),), **head)
    assert talk.offset() is None


def test_each_connection_has_its_own_and_the_oldest_are_forgotten() -> None:
    talk = Talk()
    head = {"status": 200, "reason": "", "http_version": "HTTP/1.1", "ttfb_ms": 1.0}
    for connection in range(1, MAX_CONNECTIONS + 3):
        headers = (("Date", formatdate(talk.clock.time() + 100 * connection, usegmt=True)),)
        talk.hear(HeadersReceived, 1, connection=connection, headers=headers, **head)
    offsets = talk.into(ClockOffsets())
    last = offsets.offset()
    assert last == offsets.offset(MAX_CONNECTIONS + 2)
    assert last is not None
    assert round(last.ahead_ms / 1e5) == MAX_CONNECTIONS + 2
    assert offsets.offset(2) is None
    assert offsets.offset(3) is not None
    assert ClockOffsets().offset() is None


def test_exchanges_that_never_end_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock_offset, "MAX_EXCHANGES", 3)
    talk = Exchanges(5.0)
    streams = [talk.dated() for _ in range(5)]
    for stream in (streams[0], streams[-1]):
        talk.stamped(stream)
    found = talk.offset()
    assert found is not None
    assert found.bounds == 6


def test_the_estimate_is_said_with_its_uncertainty() -> None:
    assert ClockOffset(12.0, 3.0, 5, 0).words == "The server's clock is 12 ms ahead of ours (±3.0 ms)."
    assert ClockOffset(-3_600_000.0, 900.0, 5, 0).words == "The server's clock is 3,600,000 ms behind ours (±900 ms)."
    assert ClockOffset(400.0, 950.0, 5, 0).words == (
        "The server's clock agrees with ours, as far as its stamps tell (±950 ms)."
    )


def test_a_one_way_time_is_corrected_by_what_the_server_is_ahead() -> None:
    assert ClockOffset(12.0, 3.0, 5, 0).corrected_ms(-7.0) == 5.0


@pytest.mark.parametrize("size", [1, 3, 50])
def test_pieces_do_not_matter(size: int) -> None:
    talk = Exchanges(5.0)
    for _ in range(4):
        stream = talk.dated()
        for _ in range(30):
            talk.stamped(stream)
    offsets = ClockOffsets()
    for start in range(0, len(talk), size):
        offsets.fold(talk.since(start, size))
    assert offsets.offset() == talk.offset()
