"""A server of Streamable HTTP that is gone: noticing it, telling what is lost, and asking until it is back."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from inspector.protocol.transports.answer import Meaning
from inspector.session.channels import endings
from inspector.session.channels.endings import NETWORK_CAUSES, meant
from inspector.session.liveness import Liveness, connect_error, gone
from inspector.session.pace import Pace
from inspector.session.stream import Ended
from inspector.trace.events import ConnectionState

if TYPE_CHECKING:
    from inspector.session.channels.streamable import StreamableChannel

PING_TIMEOUT_S = 5.0


class Recovery:
    """At most one search for the server at a time; `times` counts how often it was found again."""

    def __init__(self, channel: StreamableChannel) -> None:
        self.times = 0
        self._channel = channel
        self._link = channel.link
        self._liveness = Liveness(channel.link)
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
            self._channel.conversation.calls.lose_all(reason)
            if not self._link.options.reconnect:
                self._link.move(ConnectionState.CLOSED, f"{reason} Reconnecting is switched off.")
                return
            await self._search(reason, retry_ms)
        finally:
            self._running.set_result(None)
            self._running = None

    async def _search(self, reason: str, retry_ms: int | None) -> None:
        self._link.move(ConnectionState.RECONNECTING, reason)
        pace = Pace(self._link, self._channel.storm)
        while self._link.state is ConnectionState.RECONNECTING:
            await pace.after_failure(reason, ConnectionState.RECONNECTING, retry_ms)
            reason = await self._ask() or reason
        self.times += 1

    async def _ask(self) -> str:
        """One attempt; moves the connection on if it settles the matter, else says why not."""
        handshakes = self._channel.handshakes
        if self._channel.must_initialize:
            return await self._begin_anew(handshakes)
        ended = await self._ping()
        if self._has_forgotten(ended):
            if self._link.options.reinitialize_on_404:
                return await self._begin_anew(handshakes)
            reason = "The server is back but no longer knows this session; beginning anew is switched off."
            self._link.move(ConnectionState.CLOSED, reason)
        elif meant(ended, Meaning.UNAUTHORISED):
            self._link.move(ConnectionState.CLOSED, ended.sentence)
        elif not _is_still_gone(ended):
            self._link.move(ConnectionState.OPEN, "The server answers again.")
        return ended.sentence

    async def _ping(self) -> Ended:
        calls = self._channel.conversation.calls
        call = calls.start("ping", None, PING_TIMEOUT_S, None, with_progress=False)
        ended = call.ended = await self._channel.post(call)
        calls.fail(call, endings.outcome_of(ended), f"{call.label} got no answer: {endings.why(ended)}")
        return ended

    def _has_forgotten(self, ended: Ended) -> bool:
        """404 says so (R28); after a restart several servers say 400 for an id that they do not know."""
        is_400 = ended.event.status == 400 and self._channel.session_id() is not None
        return is_400 or meant(ended, Meaning.SESSION_GONE)

    async def _begin_anew(self, handshakes: int) -> str:
        error = await self._channel.begin_anew(handshakes)
        if error is None:
            return ""
        if not endings.may_pass(error):
            reason = f"The server is back but no session began: {error.sentence}"
            self._link.move(ConnectionState.CLOSED, reason)
        return error.sentence


def _is_still_gone(ended: Ended) -> bool:
    broke = ended.verdict is None or ended.event.cause in NETWORK_CAUSES
    return broke or endings.is_unavailable(ended.event.status)
