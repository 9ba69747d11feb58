"""Calls of one tool that belong together: when their beginning is told, and how far they are."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import perf_counter_ns

from inspector.ui.views.call_pane import CallView

ANNOUNCE_S = 0.03
SHOW_EVERY_NS = 100_000_000
CANCELLED = CallView(False, sentence="Cancelled. The server was told.", cancelled=True)


class Announcement:
    """Says that a call has begun, a moment late: painting would hold up the reading of an answer that comes at once."""

    def __init__(self, say: Callable[[], None]) -> None:
        self._say: Callable[[], None] | None = say
        self._timer = asyncio.get_running_loop().call_later(ANNOUNCE_S, self.make)

    def make(self) -> None:
        """Say it now, if it has not been said."""
        self._timer.cancel()
        say, self._say = self._say, None
        if say is not None:
            say()


class Batch:
    """Calls of one tool: how many are left, and what the latest came to."""

    def __init__(self, tool: str, times: int) -> None:
        self.tool = tool
        self.times = times
        self.left = iter(range(times))
        self.done = 0
        self.view = CANCELLED
        self.answer_n: int | None = None
        self._shown_ns = perf_counter_ns()

    def is_due(self) -> bool:
        """Count a call; True about ten times a second, for showing how far the batch is."""
        self.done += 1
        if self.times == 1 or perf_counter_ns() - self._shown_ns < SHOW_EVERY_NS:
            return False
        self._shown_ns = perf_counter_ns()
        return True
