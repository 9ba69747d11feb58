"""Pauses that no single timer could make."""

from __future__ import annotations

import asyncio

import pytest

from inspector.session import pace


@pytest.mark.parametrize(("seconds", "slept"), [(0, []), (2.5, [2.5]), (25 * 3600, [86400, 3600]), (10**9, None)])
async def test_a_pause_is_made_of_timers_that_qt_can_run(
    monkeypatch: pytest.MonkeyPatch, seconds: float, slept: list[float] | None
) -> None:
    made: list[float] = []

    async def sleep(given: float) -> None:
        made.append(given)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    await pace.sleep(seconds)
    assert slept is None or made == slept
    assert sum(made) == seconds
    assert max(made, default=0) * 1000 < 2**31
