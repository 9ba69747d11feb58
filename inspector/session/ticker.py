"""What is looked after ten times a second while a session lasts."""

from __future__ import annotations

import asyncio

from inspector.session.conversation import Conversation
from inspector.session.link import Link
from inspector.session.loop_lag import LoopLag
from inspector.session.stream import Stream
from inspector.trace.events import EndCause

TICK_S = 0.1
ALIVE_EVERY_TICKS = 4


class Ticker:
    """Ends what is overdue, and notices a server that is dead."""

    def __init__(self, link: Link, conversation: Conversation) -> None:
        self._link = link
        self._conversation = conversation
        self._lag = LoopLag()

    async def run(self) -> None:
        """Ten times a second: time limits, silent streams, streams that outstay their answer, a dead server."""
        ticks = 0
        while True:
            due_ns = self._link.now_ns() + int(TICK_S * 1e9)
            await asyncio.sleep(TICK_S)
            ticks += 1
            now_ns = self._link.now_ns()
            self._look_at_ourselves((now_ns - due_ns) / 1e6)
            for call in self._conversation.calls.overdue(now_ns):
                self._conversation.time_out(call)
            for stream in tuple(self._link.streams):
                self._look_after(stream, now_ns)
            if ticks % ALIVE_EVERY_TICKS == 0 and self._conversation.channel is not None:
                await self._conversation.channel.check_alive()

    def _look_at_ourselves(self, late_ms: float) -> None:
        river = self._link.river
        breach = self._lag.tick(late_ms, is_held_up=river.is_held_up, events=len(river))
        if breach is not None:
            self._link.report(breach, None)

    def _look_after(self, stream: Stream, now_ns: int) -> None:
        stream.close_if_due(now_ns)
        if not stream.events_silent_since_ns:
            return
        idle_s = (now_ns - stream.events_silent_since_ns) / 1e9
        limit_s = self._link.options.idle_timeout_s
        if limit_s is not None and idle_s > limit_s:
            stream.stop(EndCause.TIMED_OUT_BY_US, f"No byte came for {idle_s:.1f} s; this is our own idle limit.")
