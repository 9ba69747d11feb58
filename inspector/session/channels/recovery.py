"""A server that is gone: noticing it, telling what is lost, and asking until it is back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from inspector.session.calls import Calls
from inspector.session.channels import endings
from inspector.session.channels.endings import NETWORK_CAUSES
from inspector.session.link import Link
from inspector.session.liveness import Liveness, connect_error, gone
from inspector.session.pace import Pace
from inspector.session.reconnect import StormGuard
from inspector.session.stream import Ended
from inspector.trace.events import ConnectionState

Ask = Callable[[], Awaitable[str]]


class Recovery:
    """At most one search for the server at a time; `times` counts how often it was found again.

    `ask` makes one attempt: it moves the connection on if that settles the matter, else it says why not.
    """

    def __init__(self, link: Link, calls: Calls, storm: StormGuard, ask: Ask) -> None:
        self.times = 0
        self._link = link
        self._calls = calls
        self._storm = storm
        self._ask = ask
        self._liveness = Liveness(link)
        self._running: asyncio.Future[None] | None = None

    async def check_alive(self) -> None:
        """Notice a dead server while no stream of ours would tell."""
        if self._running is not None or self._link.state is not ConnectionState.OPEN:
            return
        reason = await self._liveness.why_dead(self._link.options.url)
        if reason:
            self._link.spawn(self.run(reason), "recover")

    async def suspect(self, reason: str, retry_ms: int | None = None) -> None:
        """A stream broke. If the server still takes connections, that was all; else the server is gone."""
        error = await connect_error(self._link.options.url)
        if error is not None or self._running is not None:
            await self.run(reason if error is None else f"{reason} {gone(error)}", retry_ms)

    async def run(self, reason: str, retry_ms: int | None = None) -> None:
        """Everything outstanding is lost; ask until the server answers again, or until there is no sense in it."""
        if self._running is not None:
            await asyncio.shield(self._running)
            return
        if self._link.state is ConnectionState.CLOSED:
            return
        self._running = asyncio.get_running_loop().create_future()
        try:
            self._calls.lose_all(reason)
            if not self._link.options.reconnect:
                self._link.move(ConnectionState.CLOSED, f"{reason} Reconnecting is switched off.")
                return
            await self._search(reason, retry_ms)
        finally:
            self._running.set_result(None)
            self._running = None

    async def _search(self, reason: str, retry_ms: int | None) -> None:
        self._link.move(ConnectionState.RECONNECTING, reason)
        pace = Pace(self._link, self._storm)
        while self._link.state is ConnectionState.RECONNECTING:
            await pace.after_failure(reason, ConnectionState.RECONNECTING, retry_ms)
            reason = await self._ask() or reason
        self.times += 1


def is_still_gone(ended: Ended) -> bool:
    """Whether an attempt found nobody, or only somebody who says that the server is not there."""
    broke = ended.verdict is None or ended.event.cause in NETWORK_CAUSES
    return broke or endings.is_unavailable(ended.event.status)
