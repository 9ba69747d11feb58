"""The stand-alone stream of Streamable HTTP (R25): kept open, given up where it is not offered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.protocol.transports.answer import Meaning
from inspector.session.authorization import authorised
from inspector.session.channels import endings
from inspector.session.channels.endings import NETWORK_CAUSES, meant
from inspector.session.pace import Pace
from inspector.session.stream import Ended, Stream
from inspector.trace.events import ConnectionState, EndCause

if TYPE_CHECKING:
    from inspector.session.channels.streamable import StreamableChannel

LISTEN_FAILURES = 5
CONFLICT = 409


class Listening:
    """One GET after the other, for as long as the session lasts."""

    def __init__(self, channel: StreamableChannel) -> None:
        self._channel = channel
        self._link = channel.link
        self._pace = Pace(channel.link, channel.storm)
        self._stream: Stream | None = None
        self._is_closing = False
        self._was_open = False
        self._event_id = ""
        self._retry_ms: int | None = None

    async def run(self) -> None:
        failures = 0
        while not self._is_closing:
            handshakes, recoveries = self._channel.handshakes, self._channel.recovery.times
            ended = await authorised(self._link, self._listen_once)
            self._was_open = self._was_open or ended.was_stream
            failures = 0 if ended.was_stream else failures + 1
            if self._is_closing or not await self._may_go_on(ended, handshakes):
                return
            if self._channel.handshakes != handshakes:
                self._event_id, self._was_open, failures = "", False, 0  # all that belonged to the old session
            elif self._channel.recovery.times == recoveries:
                if failures >= LISTEN_FAILURES:
                    self._give_up(f"{failures} attempts failed, the last one so: {ended.sentence}")
                    return
                await self._pause(ended)

    async def _listen_once(self) -> Ended:
        self._pace.opening()
        self._stream = self._channel.listening_stream()
        try:
            ended = await self._channel.listen(self._stream, self._event_id)
        finally:
            self._stream = None
        self._event_id = ended.last_event_id or self._event_id
        self._retry_ms = self._retry_ms if ended.retry_ms is None else ended.retry_ms
        return ended

    async def _may_go_on(self, ended: Ended, handshakes: int) -> bool:
        if meant(ended, Meaning.NOT_OFFERED):
            return False
        if meant(ended, Meaning.SESSION_GONE) and self._was_open:
            return await self._channel.renew(ended, handshakes)
        if meant(ended, Meaning.SESSION_GONE):  # more likely it has no GET at all: the session is only just open
            self._give_up("GET was answered with 404; a server without this stream answers 405.")
            return False
        if ended.event.cause in NETWORK_CAUSES:
            await self._channel.recovery.suspect(ended.sentence, self._retry_ms)
            return self._link.state is not ConnectionState.CLOSED
        if endings.is_refused(ended) and not self._may_be_offered_later(ended):
            self._give_up(ended.sentence)
            return False
        return True

    def _may_be_offered_later(self, ended: Ended) -> bool:
        """A 4xx stays what it is; a 200 of the wrong kind may be a proxy's.

        A conflict ends once the server has noticed that the stream which we had is dead.
        """
        status = ended.event.status or 0
        return endings.is_unavailable(status) or status < 300 or (status == CONFLICT and self._was_open)

    def _give_up(self, reason: str) -> None:
        text = f"There is no notification stream and we stop asking for it; requests still work. {reason}"
        self._link.move(self._link.state, text)

    async def _pause(self, ended: Ended) -> None:
        state = self._link.state
        if ended.was_stream:
            await self._pace.after_end(
                f"The notification stream ended: {ended.sentence}", state, self._retry_ms, self._event_id
            )
        else:
            await self._pace.after_failure(
                f"There is no notification stream yet: {ended.sentence}", state, self._retry_ms, self._event_id
            )

    def start_over(self) -> None:
        """A new session has begun: the stream of the old one is of no use."""
        if self._stream is not None:
            self._stream.stop(EndCause.CLOSED_BY_US, "Its session is gone and a new one has begun.")

    def close(self) -> None:
        self._is_closing = True
        if self._stream is not None:
            self._stream.stop(EndCause.CLOSED_BY_US, "We closed the session.")
