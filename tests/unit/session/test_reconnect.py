"""The pauses between attempts, without waiting for any."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from inspector.session.reconnect import DEFAULT_RETRY_MS, Backoff, StormGuard

SECOND = 1_000_000_000


def test_after_an_end_the_server_is_obeyed_to_the_millisecond() -> None:
    backoff = Backoff()
    assert [backoff.after_end(retry) for retry in (None, 0, 1, 500)] == [DEFAULT_RETRY_MS, 0, 1, 500]


@given(st.integers(0, 10_000), st.one_of(st.none(), st.integers(0, 5000)))
def test_after_failures_pauses_grow_to_a_bound_and_never_undercut_retry(seed: int, retry_ms: int | None) -> None:
    backoff = Backoff(random=random.Random(seed))
    for attempt in range(30):
        pause_ms = backoff.after_failure(retry_ms)
        bound_ms = min(backoff.cap_ms, backoff.first_ms * 2.0**attempt)
        assert max(backoff.floor_ms, retry_ms or 0) <= pause_ms <= max(bound_ms, retry_ms or 0)


def test_success_starts_over() -> None:
    backoff = Backoff()
    for _ in range(10):
        backoff.after_failure(None)
    backoff.reset()
    assert backoff.after_failure(None) <= backoff.first_ms


def test_the_guard_lets_the_window_pass() -> None:
    guard = StormGuard(limit=3, window_s=10)
    for second in (0, 1, 2):
        assert guard.pause_ms(second * SECOND, 5.0) == (5.0, False)
        guard.opened(second * SECOND)
    assert guard.pause_ms(2 * SECOND, 5.0) == (8000.0, True)
    assert guard.pause_ms(2 * SECOND, 9000.0) == (9000.0, False)
    assert guard.pause_ms(int(10.5 * SECOND), 5.0) == (5.0, False)
