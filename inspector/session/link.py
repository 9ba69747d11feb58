"""The one connection that everything in a session shares: the river, the HTTP pool, the state, and the owned tasks."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from inspector.protocol.breach import Breach
from inspector.session.cut_rules import CutRule
from inspector.session.http import HttpClient
from inspector.session.options import Options
from inspector.trace.events import ConnectionState, StateChanged, Violation
from inspector.trace.river import River

if TYPE_CHECKING:
    from inspector.session.authorization import Authorization
    from inspector.session.stream import Stream

log = logging.getLogger(__name__)

State = ConnectionState
TRANSITIONS: dict[ConnectionState, frozenset[ConnectionState]] = {
    State.IDLE: frozenset({State.CONNECTING, State.CLOSED}),
    State.CONNECTING: frozenset({State.CONNECTING, State.WAITING_FOR_HEADERS, State.OPEN, State.CLOSED}),
    State.WAITING_FOR_HEADERS: frozenset(
        {State.WAITING_FOR_HEADERS, State.CONNECTING, State.OPEN, State.RECONNECTING, State.CLOSED}
    ),
    State.OPEN: frozenset({State.OPEN, State.RECONNECTING, State.CLOSED}),
    State.RECONNECTING: frozenset({State.RECONNECTING, State.WAITING_FOR_HEADERS, State.OPEN, State.CLOSED}),
    State.CLOSED: frozenset(),
}
"""Which state may follow which."""


class Link:
    """Emits events under one connection number, keeps the state machine, and owns every task of the session.

    `streams` are the exchanges under way, `sockets` the last ones used, for the watch on a dead server; `cut_rules` are
    the laboratory's. `is_ending` says that the session stops its tasks, or has done so.
    """

    def __init__(self, river: River, number: int, options: Options) -> None:
        self.river = river
        self.number = number
        self.options = options
        self.http = HttpClient(options, self.spawn)
        self.state = ConnectionState.IDLE
        self.closed = asyncio.Event()
        self.streams: set[Stream] = set()
        self.sockets: deque[Any] = deque(maxlen=8)
        self.cut_rules: list[CutRule] = []
        self._group: asyncio.TaskGroup | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.is_ending = False
        self._told: set[tuple[int | None, str, str]] = set()
        self._authorization: Authorization | None = None

    @property
    def authorization(self) -> Authorization:
        """Who signs our requests, and in; there always is one, though it may have nothing to do."""
        if self._authorization is None:
            from inspector.session.authorization import Authorization  # noqa: PLC0415 - it is built on this module

            self._authorization = Authorization(self)
        return self._authorization

    def now_ns(self) -> int:
        return self.river.clock.monotonic_ns()

    def move(
        self,
        state: ConnectionState,
        reason: str,
        *,
        attempt: int = 0,
        delay_ms: float | None = None,
        asked_ms: int | None = None,
        last_event_id: str | None = None,
    ) -> None:
        """Change the state and say so. A step that the table does not know is our own misuse."""
        if state not in TRANSITIONS[self.state]:
            if self.state is ConnectionState.CLOSED:
                return
            raise AssertionError(f"{self.state} cannot become {state}")
        self.state = state
        if state is ConnectionState.CLOSED:
            self.closed.set()
        self.river.emit(
            StateChanged,
            connection=self.number,
            state=state,
            reason=reason,
            attempt=attempt,
            delay_ms=delay_ms,
            asked_ms=asked_ms,
            last_event_id=last_event_id,
        )

    def wait_for_headers(self) -> None:
        """A request of the handshake has left."""
        if self.state is ConnectionState.CONNECTING:
            self.move(ConnectionState.WAITING_FOR_HEADERS, "The request has been sent; waiting for the headers.")

    def report(self, breach: Breach, stream: int | None = None, about_n: int | None = None) -> None:
        """Make a broken rule an event."""
        self.river.emit(
            Violation,
            connection=self.number,
            stream=stream,
            rule=breach.rule,
            severity=breach.severity,
            text=breach.text,
            fix=breach.fix,
            requirement=breach.requirement,
            about_n=about_n,
        )

    def report_once(self, breach: Breach, stream: int | None, about_n: int | None = None) -> None:
        """The same, but only the first time for this rule at this severity on this stream."""
        told = stream, breach.rule, breach.severity
        if told not in self._told:
            self._told.add(told)
            self.report(breach, stream, about_n)

    def use(self, group: asyncio.TaskGroup) -> None:
        self._group = group

    def spawn(self, work: Coroutine[Any, Any, object], name: str) -> asyncio.Task[None]:
        """Run `work` as a task of this session; a bug in it is logged and ends neither the session nor its siblings."""
        assert self._group is not None, "spawn before use"  # noqa: S101 - our own misuse
        task = self._group.create_task(_guarded(work, name), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: work.close())  # cancelled before its first step, nobody has awaited it
        if self.is_ending:
            task.cancel()  # else the session would wait for it, with nobody left to end it
        return task

    def cancel_all(self) -> None:
        """Stop every task, also those to come; leaving the task group then waits for them."""
        self.is_ending = True
        for task in self._tasks:
            task.cancel()


async def _guarded(work: Coroutine[Any, Any, object], name: str) -> None:
    try:
        await work
    except Exception:
        log.exception("The task %s failed; this is a bug of the inspector", name)
