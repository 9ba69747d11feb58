"""Holding a connection for hours, with a call now and then: what a soak does, without its figures."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from inspector.session.failure import ConnectError
from inspector.session.session import CLOSE_TIMEOUT_S, Session
from inspector.trace.events import ConnectionState

EVERY_S = 30.0
MAX_CONCURRENCY = 100
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 30.0
"""How long to wait before a session is begun anew that was lost for good: twice as long after each failure."""
GRACE_S = 5.0
"""So long the last calls may take once the time is up; then they are cancelled."""


@dataclass(frozen=True, slots=True)
class SoakPlan:
    """What a soak shall do: hold a connection for `for_s`, and call `tool` `concurrency` times `every_s`.

    Without a `tool` nothing is called: the connection alone is watched.
    """

    for_s: float
    tool: str = ""
    arguments: dict[str, Any] = field(default_factory=dict)
    every_s: float = EVERY_S
    concurrency: int = 1

    @property
    def most_calls(self) -> int:
        """So many calls at most, however fast they are answered."""
        return (int(self.for_s / self.every_s) + 1) * self.concurrency if self.tool else 0


class Soak:
    """Runs a plan; `open_session` makes a session with the number it is given.

    A session that is lost for good is begun anew, so that a soak ends when its time is up and not before. `sessions`
    counts those that stood, `connect_failures` the attempts that came to nothing, `calls` the calls that were made.
    """

    def __init__(self, plan: SoakPlan, open_session: Callable[[int], Session]) -> None:
        self.plan = plan
        self._open_session = open_session
        self._is_over = asyncio.Event()
        self._failure: ConnectError | None = None
        self.session: Session | None = None
        self.sessions = 0
        self.connect_failures = 0
        self.calls = 0
        self._apart_s = 0.0
        self._lost_at_s: float | None = None

    @property
    def apart_s(self) -> float:
        """For how long there was no session at all, after one was lost for good and before the next one stood."""
        lost_at_s = self._lost_at_s
        return self._apart_s + (0.0 if lost_at_s is None else asyncio.get_running_loop().time() - lost_at_s)

    def stop(self) -> None:
        """End before the time is up, in order."""
        self._is_over.set()

    async def run(self) -> None:
        """Until the time is up or `stop`. Raises `ConnectError` if the first connection could not be made."""
        alarm = asyncio.get_running_loop().call_later(self.plan.for_s, self.stop)
        try:
            async with asyncio.TaskGroup() as group:
                holding = group.create_task(self._hold())
                over = group.create_task(self._is_over.wait())
                await asyncio.wait({holding, over}, return_when=asyncio.FIRST_COMPLETED)
                await asyncio.wait({holding}, timeout=GRACE_S + CLOSE_TIMEOUT_S)
                holding.cancel()
                over.cancel()
        finally:
            alarm.cancel()
            self._apart_s, self._lost_at_s = self.apart_s, None
        if self._failure is not None:
            raise self._failure

    async def _hold(self) -> None:
        pause_s = FIRST_PAUSE_S
        while not self._is_over.is_set():
            if await self._hold_one():
                pause_s = FIRST_PAUSE_S
            await self._wait(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    async def _hold_one(self) -> bool:
        """One session from its begin to its end; whether it ever stood."""
        try:
            async with self._open_session(self.sessions + self.connect_failures + 1) as session:
                self.session = session
                self.sessions += 1
                self._apart_s, self._lost_at_s = self.apart_s, None
                await self._work(session)
        except ConnectError as error:
            self.connect_failures += 1
            if not self.sessions:
                self._failure = error
                self.stop()
            return False
        finally:
            self.session = None
        return True

    async def _work(self, session: Session) -> None:
        async with asyncio.TaskGroup() as group:
            workers = [group.create_task(self._call_on(session)) for _ in range(self._workers)]
            over = group.create_task(self._is_over.wait())
            lost = group.create_task(session.closed())
            await asyncio.wait({over, lost}, return_when=asyncio.FIRST_COMPLETED)
            if lost.done():
                self._lost_at_s = asyncio.get_running_loop().time()
            if workers:
                await asyncio.wait(workers, timeout=0 if lost.done() else GRACE_S)
            for task in (*workers, over, lost):
                task.cancel()

    @property
    def _workers(self) -> int:
        return min(self.plan.concurrency, MAX_CONCURRENCY) if self.plan.tool else 0

    async def _call_on(self, session: Session) -> None:
        """Call, wait until the next round, and call again; while the connection is down nothing is sent."""
        loop = asyncio.get_running_loop()
        due_s = loop.time()
        while not self._is_over.is_set():
            if session.state is ConnectionState.OPEN:
                self.calls += 1
                await session.call_tool(self.plan.tool, self.plan.arguments, with_progress=True)
            due_s = max(due_s + self.plan.every_s, loop.time())
            await self._wait(due_s - loop.time())

    async def _wait(self, seconds: float) -> None:
        """Sleep, but no longer than the soak."""
        try:
            async with asyncio.timeout(seconds):
                await self._is_over.wait()
        except TimeoutError:
            return
