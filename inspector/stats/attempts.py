"""Every attempt to get back what was lost: the pause asked for, chosen and really made, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from inspector.stats.purposes import LISTENING, last_event_id
from inspector.trace.events import (
    OWN_ENDS,
    ConnectionState,
    HeadersReceived,
    RequestSent,
    StateChanged,
    StreamEnded,
)
from inspector.trace.fold import Fold

MAX_ATTEMPTS = 1_000
WAITING, ASKING, BACK = "waiting", "asking", "back"
NOT_MADE, GIVEN_UP, NO_SESSION = "not made", "given up", "answered, but no session began"
_SEARCHING = LISTENING | {"ping", "initialize", "server/discover"}
"""What a session asks with whether its server is back."""
_EARLY_MS = 20.0
_MAX_WAITING = 16


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to get back what was lost: the pause before it began at event `n`, at `at_ns`.

    `attempt` counts from 1 since it last stood. `delay_ms` is the pause we chose, `asked_ms` the server's `retry:`,
    `used_ms` how long it really was until request `stream` left, None while we wait. `outcome` is in words;
    `succeeded` is None while it is open, and where the attempt was not needed any more.
    """

    at_ns: int
    n: int
    at: float
    connection: int
    attempt: int
    delay_ms: float | None
    asked_ms: int | None
    used_ms: float | None = None
    outcome: str = WAITING
    succeeded: bool | None = None
    stream: int | None = None
    last_event_id: str | None = None
    is_up: bool = False
    """Whether the connection stands meanwhile, and only one of its streams is missing."""


@dataclass(slots=True)
class _Connection:
    state: ConnectionState = ConnectionState.IDLE
    waiting: list[int] = field(default_factory=list)
    latest: int | None = None


class Attempts(Fold):
    """A fold over the river: the newest 1,000 attempts."""

    def __init__(self) -> None:
        self._attempts: dict[int, Attempt] = {}
        self._streams: dict[int, int] = {}
        """Which attempt a stream is, until its outcome is known."""
        self._connections: dict[int, _Connection] = {}
        super().__init__(
            {
                StateChanged: self._on_state,
                RequestSent: self._on_request,
                HeadersReceived: self._on_headers,
                StreamEnded: self._on_ended,
            }
        )

    def made(self) -> tuple[Attempt, ...]:
        """The attempts, the oldest first."""
        return tuple(self._attempts.values())

    def _on_state(self, event: StateChanged) -> None:
        connection = self._connections.setdefault(event.connection, _Connection())
        before, connection.state = connection.state, event.state
        if event.state is ConnectionState.RECONNECTING and before is event.state:
            self._judge_again(connection)
        if event.state is ConnectionState.OPEN and before is ConnectionState.RECONNECTING:
            self._found(connection)
        if event.state is not before:
            connection.latest = None
            self._settle_waiting(connection, GIVEN_UP if event.state is ConnectionState.CLOSED else NOT_MADE)
        if event.attempt:
            self._begin(connection, event)
        if event.state is ConnectionState.CLOSED:
            del self._connections[event.connection]

    def _begin(self, connection: _Connection, event: StateChanged) -> None:
        self._attempts[event.n] = Attempt(
            event.monotonic_ns,
            event.n,
            event.at,
            event.connection,
            event.attempt,
            event.delay_ms,
            event.asked_ms,
            last_event_id=event.last_event_id,
            is_up=event.state is ConnectionState.OPEN,
        )
        connection.latest = event.n
        connection.waiting.append(event.n)
        if len(connection.waiting) > _MAX_WAITING:
            self._settle(connection.waiting.pop(0), NOT_MADE, None)
        if len(self._attempts) > MAX_ATTEMPTS:
            del self._attempts[next(iter(self._attempts))]

    def _found(self, connection: _Connection) -> None:
        """The search is over: the last attempt found the server, though it may have forgotten our session."""
        latest = self._attempts.get(connection.latest) if connection.latest is not None else None
        if latest is not None and latest.stream is not None:
            self._settle(latest.n, BACK, succeeded=True)
            self._streams.pop(latest.stream, None)

    def _judge_again(self, connection: _Connection) -> None:
        """There is another attempt in the same search: the one before was answered, but that was not enough."""
        latest = self._attempts.get(connection.latest) if connection.latest is not None else None
        if latest is not None and latest.succeeded and not latest.is_up:
            self._settle(latest.n, NO_SESSION, succeeded=False)

    def _settle_waiting(self, connection: _Connection, outcome: str) -> None:
        for n in connection.waiting:
            self._settle(n, outcome, None)
        connection.waiting.clear()

    def _settle(self, n: int, outcome: str, succeeded: bool | None) -> None:
        attempt = self._attempts.get(n)
        if attempt is not None:
            self._attempts[n] = replace(attempt, outcome=outcome, succeeded=succeeded)

    def _on_request(self, event: RequestSent) -> None:
        connection = self._connections.get(event.connection)
        if connection is None or not connection.waiting or event.purpose not in _SEARCHING:
            return
        attempt = self._meant(connection, event)
        if attempt is None or event.stream is None:
            return
        connection.waiting.remove(attempt.n)
        used_ms = (event.monotonic_ns - attempt.at_ns) / 1e6
        self._attempts[attempt.n] = replace(attempt, used_ms=used_ms, outcome=ASKING, stream=event.stream)
        self._streams[event.stream] = attempt.n

    def _meant(self, connection: _Connection, event: RequestSent) -> Attempt | None:
        """The attempt that a request is: one whose pause is over, best the one that resumes from the same event."""
        known = [self._attempts[n] for n in connection.waiting if n in self._attempts]
        due = [each for each in known if _is_due(each, event)]
        if connection.state is ConnectionState.OPEN and event.purpose not in LISTENING:
            return None
        cursor = last_event_id(event)
        same = [each for each in due if each.last_event_id == cursor]
        return next(iter(same or due), None)

    def _on_headers(self, event: HeadersReceived) -> None:
        n = self._streams.get(event.stream or 0)
        if n is None or 300 <= event.status < 400:
            return
        del self._streams[event.stream or 0]
        if 200 <= event.status < 300:
            self._settle(n, BACK, succeeded=True)
        else:
            self._settle(n, f"answered with {event.status}", succeeded=False)

    def _on_ended(self, event: StreamEnded) -> None:
        n = self._streams.pop(event.stream or 0, None)
        if n is not None:
            self._settle(n, str(event.cause), succeeded=None if event.cause in OWN_ENDS else False)


def _is_due(attempt: Attempt, event: RequestSent) -> bool:
    elapsed_ms = (event.monotonic_ns - attempt.at_ns) / 1e6
    return elapsed_ms >= (attempt.delay_ms or 0.0) - _EARLY_MS
