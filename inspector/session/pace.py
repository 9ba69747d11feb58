"""The pause before a stream is opened again: how long, why, and told as an event."""

from __future__ import annotations

import asyncio

from inspector.session.link import Link
from inspector.session.reconnect import Backoff, StormGuard
from inspector.trace.events import ConnectionState

POLLING_RETRY_MS = 250
"""From this `retry:` on, coming back each time is the polling that the server asked for, and no storm."""
LONGEST_SLEEP_S = 24 * 3600.0


class Pace:
    """Pauses between the attempts of one loop; the storm guard may be shared with other loops."""

    def __init__(self, link: Link, storm: StormGuard | None = None, backoff: Backoff | None = None) -> None:
        self._link = link
        self._storm = storm or StormGuard()
        self._backoff = backoff or Backoff()
        self._attempt = 0

    def opening(self) -> None:
        """A stream is about to be opened."""
        self._storm.opened(self._link.now_ns())

    def succeeded(self) -> None:
        """The connection stands: the next loss starts from the shortest pause."""
        self._backoff.reset()
        self._attempt = 0

    async def after_end(self, reason: str, state: ConnectionState, retry_ms: int | None, event_id: str = "") -> None:
        """Wait as the server asked, after a stream that had been open."""
        await self._pause(reason, state, self._backoff.after_end(retry_ms), retry_ms, event_id)

    async def after_failure(
        self, reason: str, state: ConnectionState, retry_ms: int | None, event_id: str = ""
    ) -> None:
        """Wait longer each time, after an attempt that came to nothing."""
        await self._pause(reason, state, self._backoff.after_failure(retry_ms), retry_ms, event_id)

    async def _pause(
        self, reason: str, state: ConnectionState, wanted_ms: float, asked_ms: int | None, event_id: str
    ) -> None:
        pause_ms, is_longer = wanted_ms, False
        if asked_ms is None or asked_ms < POLLING_RETRY_MS:
            pause_ms, is_longer = self._storm.pause_ms(self._link.now_ns(), wanted_ms)
        if is_longer:
            times = f"{self._storm.limit} streams in {self._storm.window_s:g} s"
            reason = f"{reason.rstrip('.')}. That were {times}: we slow down"
        self._attempt += 1
        self._link.move(
            state,
            f"{reason.rstrip('.')}; again in {pause_ms / 1000:.1f} s.",
            attempt=self._attempt,
            delay_ms=pause_ms,
            asked_ms=asked_ms,
            last_event_id=event_id or None,
        )
        await sleep(pause_ms / 1000)


async def sleep(seconds: float) -> None:
    """Sleep, for years if a server asks for it: a single timer of Qt's cannot run longer than 24 days."""
    while seconds > 0:
        await asyncio.sleep(min(seconds, LONGEST_SLEEP_S))
        seconds -= LONGEST_SLEEP_S
