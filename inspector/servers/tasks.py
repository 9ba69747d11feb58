"""Who owns a running task: a set that ends with its owner, and a race that ends with its first runner."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

logger = logging.getLogger(__name__)


class OwnedTasks:
    """Tasks that live no longer than the object that started them.

    Unlike in a TaskGroup the failure of one leaves the others alone: one client's trouble is not another's.
    """

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    def __len__(self) -> int:
        return len(self._tasks)

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run `work`; an exception that it lets through is logged. After `close` it is cancelled at once."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._forget)
        if self._closed:
            task.cancel()
        return task

    async def close(self) -> None:
        """Cancel everything and wait until it has ended."""
        self._closed = True
        while self._tasks:
            tasks = list(self._tasks)
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("a task of the server failed", exc_info=error)


async def race(*works: Coroutine[Any, Any, None]) -> None:
    """Run all `works` until the first one ends, cancel the others, and wait for them."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(work) for work in works]

        def stop(_: asyncio.Task[None]) -> None:
            for task in tasks:
                task.cancel()

        for task in tasks:
            task.add_done_callback(stop)
