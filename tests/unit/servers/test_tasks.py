"""Tasks end with their owner."""

from __future__ import annotations

import asyncio
import logging

import pytest

from inspector.servers.tasks import OwnedTasks, race


async def forever() -> None:
    await asyncio.Event().wait()


async def fail() -> None:
    raise ValueError("broken")


async def nothing() -> None:
    return


async def test_closing_cancels_what_runs() -> None:
    tasks = OwnedTasks()
    running = tasks.start(forever())
    await tasks.start(nothing())
    assert len(tasks) == 1
    await tasks.close()
    assert running.cancelled()
    assert len(tasks) == 0


async def test_nothing_starts_after_closing() -> None:
    tasks = OwnedTasks()
    await tasks.close()
    late = tasks.start(forever())
    await asyncio.wait([late])
    assert late.cancelled()


async def test_a_failure_is_logged_and_leaves_the_others_alone(caplog: pytest.LogCaptureFixture) -> None:
    tasks = OwnedTasks()
    running = tasks.start(forever())
    with caplog.at_level(logging.ERROR), pytest.raises(ValueError, match="broken"):
        await tasks.start(fail())
    await asyncio.sleep(0)
    assert "a task of the server failed" in caplog.text
    assert not running.done()
    await tasks.close()


async def test_a_race_ends_with_the_first() -> None:
    ended: list[str] = []

    async def loser() -> None:
        try:
            await forever()
        finally:
            ended.append("loser")

    await race(loser(), nothing(), loser())
    assert ended == ["loser", "loser"]


async def test_a_race_passes_on_a_failure() -> None:
    with pytest.raises(ExceptionGroup, match="unhandled errors"):
        await race(forever(), fail())
