"""A generator that was left in the middle says its last words, at the latest when the scope is left."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import AsyncGenerator

from inspector.ui.generators import GeneratorScope


async def _inner(said: list[str], name: str) -> AsyncGenerator[int, None]:
    try:
        while True:
            yield 1
    finally:
        await asyncio.sleep(0)
        said.append(name)


async def _outer(said: list[str]) -> AsyncGenerator[int, None]:
    async for number in _inner(said, "inner"):
        yield number


async def test_what_is_still_open_is_closed_on_leaving() -> None:
    said: list[str] = []
    async with GeneratorScope():
        left = _outer(said)
        assert await anext(left) == 1
    assert said == ["inner"]


async def test_what_is_let_go_of_is_closed_at_once() -> None:
    said: list[str] = []
    async with GeneratorScope():
        await anext(_inner(said, "forgotten"))
        gc.collect()
        for _ in range(20):
            await asyncio.sleep(0)
        assert said == ["forgotten"]


async def test_one_that_fails_at_its_end_disturbs_nobody() -> None:
    async def failing() -> AsyncGenerator[int, None]:
        try:
            yield 1
        finally:
            raise OSError("gone")

    said: list[str] = []
    async with GeneratorScope():
        bad, good = failing(), _inner(said, "good")
        await anext(bad)
        await anext(good)
    assert said == ["good"]


async def test_the_hooks_of_before_come_back() -> None:
    before = sys.get_asyncgen_hooks()
    async with GeneratorScope():
        assert sys.get_asyncgen_hooks() != before
    assert sys.get_asyncgen_hooks() == before
