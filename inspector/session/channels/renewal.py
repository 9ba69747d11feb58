"""A session that may have ended while its server was away: asking for it, and beginning a new one (R28)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.protocol.transports.answer import Meaning
from inspector.session.channels import endings
from inspector.session.channels.endings import meant
from inspector.session.channels.recovery import is_still_gone
from inspector.session.stream import Ended
from inspector.trace.events import ConnectionState

if TYPE_CHECKING:
    from inspector.session.channels.streamable import StreamableChannel

PING_TIMEOUT_S = 5.0


class Renewal:
    """One attempt at a time to find the server of a Streamable HTTP session, and its session, again."""

    def __init__(self, channel: StreamableChannel) -> None:
        self._channel = channel
        self._link = channel.link

    async def ask(self) -> str:
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
        elif not is_still_gone(ended):
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
