"""Closes async generators that nobody reads to their end, as the loop of asyncio does and that of Qt does not."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator
from contextlib import suppress
from types import TracebackType
from typing import Any, Self
from weakref import WeakSet

MAX_ROUNDS = 10
"""Closing one generator lets go of the one that it read, so they end one after the other."""


class GeneratorScope:
    """Watches the generators of the running loop (PEP 525); leaving it closes those that are still open.

    A stream that is left in the middle of its body is such a generator, and its last words need the loop.
    """

    def __init__(self) -> None:
        self._open: WeakSet[AsyncGenerator[Any, Any]] = WeakSet()
        self._closing: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()
        self._hooks_before = sys.get_asyncgen_hooks()

    async def __aenter__(self) -> Self:
        self._hooks_before = sys.get_asyncgen_hooks()
        sys.set_asyncgen_hooks(firstiter=self._open.add, finalizer=self._let_go)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for _ in range(MAX_ROUNDS):
            for generator in tuple(self._open):
                self._close(generator)
            if not self._closing:
                break
            await asyncio.wait(self._closing)
            await asyncio.sleep(0)  # what was let go of meanwhile
        sys.set_asyncgen_hooks(*self._hooks_before)

    def _let_go(self, generator: AsyncGenerator[Any, Any]) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._close, generator)

    def _close(self, generator: AsyncGenerator[Any, Any]) -> None:
        self._open.discard(generator)
        task = self._loop.create_task(_closed(generator), name="close generator")
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)


async def _closed(generator: AsyncGenerator[Any, Any]) -> None:
    """It ends however it likes: who read it has left."""
    with suppress(Exception):
        await generator.aclose()
