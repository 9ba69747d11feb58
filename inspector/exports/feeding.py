"""Folding a river of one's own as it flows, and keeping nothing of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from time import perf_counter_ns

from inspector.trace.events import AnyEvent
from inspector.trace.river import River

BATCH = 500
BUDGET_NS = 3_000_000
IDLE_S, BEHIND_S = 0.05, 0.002


class Nowhere:
    """An archive that holds everything and gives nothing back: with it a river forgets what all readers took."""

    def __len__(self) -> int:
        return 1 << 62

    def __getitem__(self, n: int) -> AnyEvent:
        raise IndexError(f"event {n} was not kept")

    def since(self, n: int, limit: int) -> list[AnyEvent]:
        raise IndexError(f"events from {n} on were not kept")


class Feed:
    """Hands `fold` what comes in `river`, which then forgets it."""

    def __init__(self, river: River, fold: Callable[[Sequence[AnyEvent]], None]) -> None:
        self._river, self._fold = river, fold
        self._reader = river.reader()
        river.keep_in(Nowhere())

    @property
    def behind(self) -> int:
        """How many events are not folded yet."""
        return self._reader.behind

    def take(self) -> None:
        """Fold the next events, some hundred of them."""
        self._fold(self._reader.take(BATCH))
        self._river.forget(self._reader.position)

    def catch_up(self) -> None:
        """Fold all there is."""
        while self.behind:
            self.take()


async def flow(behind: Callable[[], int], take: Callable[[], None], on_tick: Callable[[], None]) -> None:
    """Take what comes in small portions, so that the loop breathes, until cancelled; `on_tick` follows each portion."""
    while True:
        deadline_ns = perf_counter_ns() + BUDGET_NS
        while behind() and perf_counter_ns() < deadline_ns:
            take()
        on_tick()
        await asyncio.sleep(BEHIND_S if behind() else IDLE_S)
