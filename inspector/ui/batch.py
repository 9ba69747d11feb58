"""Calls of one tool that belong together: when their beginning is told, and how far they are."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Callable
from dataclasses import replace
from time import perf_counter_ns

from inspector.ui.batch_figures import figures_of
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
    """Calls of one tool: how many are left, what the latest came to, and how long the answers took."""

    def __init__(self, tool: str, times: int) -> None:
        self.tool = tool
        self.times = times
        self.left = iter(range(times))
        self.done = 0
        self.failed = 0
        self._rtts_ms = array("d")
        self.view = CANCELLED
        self.answer_n: int | None = None
        self._shown_ns = perf_counter_ns()

    def count(self, view: CallView) -> None:
        """A call came to an end by itself."""
        self.view = view
        self.done += 1
        self.failed += not view.ok
        if view.rtt_ms is not None:
            self._rtts_ms.append(view.rtt_ms)

    def outcome(self) -> CallView:
        """The latest result, with the figures of all if there were many."""
        if self.times == 1:
            return self.view
        return replace(self.view, batch=figures_of(self.times, self.done, self.failed, self._rtts_ms))

    def is_due(self) -> bool:
        """True about ten times a second, for showing how far the batch is."""
        if self.times == 1 or perf_counter_ns() - self._shown_ns < SHOW_EVERY_NS:
            return False
        self._shown_ns = perf_counter_ns()
        return True
