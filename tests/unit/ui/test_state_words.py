from __future__ import annotations

import pytest

from inspector.trace.clock import FakeClock
from inspector.trace.events import ConnectionState, StateChanged
from inspector.trace.river import River
from inspector.ui import state_words


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def river(clock: FakeClock) -> River:
    return River(clock)


def test_before_anything_happened() -> None:
    assert state_words.words(None, 0) == "not connected"
    assert not state_words.is_failure(None)


def test_reconnecting_counts_down(river: River, clock: FakeClock) -> None:
    state = river.emit(
        StateChanged, state=ConnectionState.RECONNECTING, reason="The stream ended.", attempt=1, delay_ms=5000.0
    )
    clock.advance(1.8)
    assert state_words.words(state, clock.monotonic_ns()) == "reconnecting in 3.2 s: The stream ended."
    clock.advance(3.2)
    assert state_words.words(state, clock.monotonic_ns()) == "reconnecting now: The stream ended."
    assert not state_words.is_failure(state)


def test_reconnecting_without_a_pause_is_now(river: River) -> None:
    state = river.emit(StateChanged, state=ConnectionState.RECONNECTING, reason="Why.")
    assert state_words.words(state, 0) == "reconnecting now: Why."


@pytest.mark.parametrize("state", [ConnectionState.CONNECTING, ConnectionState.WAITING_FOR_HEADERS])
def test_waiting_says_for_how_long(river: River, clock: FakeClock, state: ConnectionState) -> None:
    event = river.emit(StateChanged, state=state, reason="Whatever.")
    clock.advance(1.4)
    assert state_words.words(event, clock.monotonic_ns()) == f"{state.value} 1.4 s"
    assert not state_words.is_failure(event)


def test_an_open_connection_is_connected(river: River, clock: FakeClock) -> None:
    event = river.emit(StateChanged, state=ConnectionState.OPEN, reason="Open.")
    clock.advance(100)
    assert state_words.words(event, clock.monotonic_ns()) == "connected"
    assert not state_words.is_failure(event)


def test_a_lost_connection_says_why(river: River) -> None:
    event = river.emit(StateChanged, state=ConnectionState.CLOSED, reason="127.0.0.1:1 refused the connection.")
    assert state_words.words(event, 0) == "127.0.0.1:1 refused the connection."
    assert state_words.is_failure(event)


@pytest.mark.parametrize("reason", state_words.BY_USER)
def test_what_the_user_ended_is_no_failure(river: River, reason: str) -> None:
    event = river.emit(StateChanged, state=ConnectionState.CLOSED, reason=reason)
    assert state_words.words(event, 0) == "not connected"
    assert not state_words.is_failure(event)


def test_facts_say_what_is_known() -> None:
    transport, revision = "streamable-http", "2025-11-25"
    expected = "Streamable HTTP · 2025-11-25 · last rtt 1.20 ms · up 03:12 · 2 reconnects"
    assert state_words.facts(transport, revision, 1.2, 192_000.0, 2) == expected
    assert state_words.facts(transport, revision, None, None, 0) == "Streamable HTTP · 2025-11-25"
    assert state_words.facts("tool-stream", "", None, None, 0) == "Tool stream"
    assert state_words.facts("", "", None, None, 1) == "1 reconnect"
    assert state_words.facts("", "", None, None, 0) == ""


@pytest.mark.parametrize(
    ("ms", "text"), [(0.0, "00:00"), (59_999.0, "00:59"), (3_599_999.0, "59:59"), (3_792_000.0, "1:03:12")]
)
def test_the_time_a_connection_stands(ms: float, text: str) -> None:
    assert state_words.clock(ms) == text


def test_the_pause_of_an_attempt_is_said_once(river: River) -> None:
    reason = "Nothing listens; again in 1.4 s."
    state = river.emit(StateChanged, state=ConnectionState.RECONNECTING, reason=reason, delay_ms=1400.0)
    assert state_words.words(state, state.monotonic_ns) == "reconnecting in 1.4 s: Nothing listens."
