"""How long a connection stood, how often and why it fell, and how it came back."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from inspector.stats.attempts import Attempt as Attempt  # noqa: PLC0414 - part of this vocabulary
from inspector.stats.attempts import Attempts
from inspector.stats.purposes import LISTENING as LISTENING  # noqa: PLC0414 - part of this vocabulary
from inspector.trace.events import (
    ConnectionState,
    Direction,
    EndCause,
    FrameReceived,
    Message,
    RequestSent,
    StateChanged,
    StreamEnded,
)
from inspector.trace.fold import Fold, Run

MAX_STEPS = 1_000

NO_LOSS = frozenset(
    {
        EndCause.COMPLETE,
        EndCause.END_OF_STREAM,
        EndCause.CANCELLED_BY_US,
        EndCause.TIMED_OUT_BY_US,
        EndCause.CLOSED_BY_US,
        EndCause.DROPPED_BY_US,
    }
)
"""Causes that blame neither the server nor the path to it."""

_OVER = (ConnectionState.CLOSED, ConnectionState.IDLE)
_STEP_STATES = (ConnectionState.OPEN, ConnectionState.RECONNECTING, ConnectionState.CLOSED)


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a connection's history: event `n` at Unix time `at`.

    `cause` is set where a stream ended (after `age_ms`), `state` where the connection moved. `delay_ms` is the pause
    we chose before attempt `attempt`, `asked_ms` the server's `retry:`.
    """

    n: int
    at: float
    connection: int
    reason: str
    state: ConnectionState | None = None
    cause: EndCause | None = None
    age_ms: float | None = None
    attempt: int = 0
    delay_ms: float | None = None
    asked_ms: int | None = None
    last_event_id: str | None = None


@dataclass(frozen=True, slots=True)
class ReconnectSummary:
    """One connection as it stands; up is open, down is the time from losing it until it is open again.

    `open_ms` is how long it has been open now, `down_ms` how long it has been down now; one of them is None.
    `availability` is up / (up + down), from 0 to 1, None if it was never open: the first connecting is neither.
    `last_downtime_ms` is the latest completed downtime, `asked_ms` the latest `retry:`.
    """

    connection: int
    state: ConnectionState
    uptime_ms: float
    open_ms: float | None
    availability: float | None
    attempts: int
    reconnects: int
    downtime_ms: float
    last_downtime_ms: float | None
    down_ms: float | None
    asked_ms: int | None
    last_event_id: str | None
    ends: tuple[tuple[EndCause, int], ...]


@dataclass(slots=True)
class _Connection:
    number: int
    state: ConnectionState = ConnectionState.IDLE
    up_since_ns: int | None = None
    down_since_ns: int | None = None
    up_ns: int = 0
    down_ns: int = 0
    last_down_ns: int | None = None
    attempts: int = 0
    reconnects: int = 0
    asked_ms: int | None = None
    last_event_id: str | None = None
    ends: Counter[EndCause] = field(default_factory=Counter)

    def move(self, state: ConnectionState, now_ns: int) -> None:
        self.state = state
        if state is ConnectionState.OPEN:
            self._rise(now_ns)
        elif self.up_since_ns is not None:
            self.up_ns += now_ns - self.up_since_ns
            self.up_since_ns = None
            self.down_since_ns = None if state in _OVER else now_ns
        elif state in _OVER:
            self._settle_downtime(now_ns)

    def _rise(self, now_ns: int) -> None:
        if self.up_since_ns is None:
            self.up_since_ns = now_ns
            self.reconnects += self.down_since_ns is not None
            self._settle_downtime(now_ns)

    def _settle_downtime(self, now_ns: int) -> None:
        if self.down_since_ns is not None:
            self.last_down_ns = now_ns - self.down_since_ns
            self.down_ns += self.last_down_ns
            self.down_since_ns = None

    def downtime_ns(self, now_ns: int) -> int:
        return self.down_ns + _since(self.down_since_ns, now_ns)

    def summary(self, now_ns: int) -> ReconnectSummary:
        up_ns = self.up_ns + _since(self.up_since_ns, now_ns)
        down_ns = self.downtime_ns(now_ns)
        return ReconnectSummary(
            connection=self.number,
            state=self.state,
            uptime_ms=up_ns / 1e6,
            open_ms=None if self.up_since_ns is None else _since(self.up_since_ns, now_ns) / 1e6,
            availability=up_ns / (up_ns + down_ns) if up_ns + down_ns else None,
            attempts=self.attempts,
            reconnects=self.reconnects,
            downtime_ms=down_ns / 1e6,
            last_downtime_ms=None if self.last_down_ns is None else self.last_down_ns / 1e6,
            down_ms=None if self.down_since_ns is None else _since(self.down_since_ns, now_ns) / 1e6,
            asked_ms=self.asked_ms,
            last_event_id=self.last_event_id,
            ends=tuple(self.ends.most_common()),
        )


def _since(start_ns: int | None, now_ns: int) -> int:
    return 0 if start_ns is None else max(0, now_ns - start_ns)


class ReconnectStats(Fold):
    """A fold over the river: the state of every connection, and the newest 1,000 steps of their history.

    Where `now_ns` is None it is the time of the last event folded.
    """

    def __init__(self) -> None:
        self._connections: dict[int, _Connection] = {}
        self._latest: _Connection | None = None
        self._purposes: dict[int | None, str] = {}
        self._attempts = Attempts()
        self.steps: deque[Step] = deque(maxlen=MAX_STEPS)
        super().__init__(
            {
                StateChanged: self._on_state,
                RequestSent: self._on_request,
                StreamEnded: self._on_ended,
            },
            {Message: self._on_events, FrameReceived: self._on_events},
        )

    def take(self, pieces: Sequence[Run]) -> None:
        """Take in the next events of the river, already cut into `runs`."""
        self._attempts.take(pieces)
        super().take(pieces)

    @property
    def reconnects(self) -> int:
        """How often any connection came back."""
        return sum(connection.reconnects for connection in self._connections.values())

    @property
    def attempts(self) -> int:
        """How often any connection tried to come back."""
        return sum(connection.attempts for connection in self._connections.values())

    @property
    def attempts_made(self) -> Sequence[Attempt]:
        """The newest 1,000 attempts, the oldest first: the pause asked for, chosen and really made, and the outcome."""
        return self._attempts.made()

    @property
    def backoff(self) -> Sequence[Attempt]:
        """The attempts of the latest search, as a curve of pauses; empty before the first loss."""
        made = self._attempts.made()
        if not made:
            return ()
        first = max((place for place, each in enumerate(made) if each.attempt == 1), default=0)
        return tuple(each for each in made[first:] if each.connection == made[-1].connection)

    def downtime_ms(self, now_ns: int | None = None) -> float:
        """How long any connection was down, a downtime that still lasts included."""
        now_ns = self._now_ns if now_ns is None else now_ns
        return sum(connection.downtime_ns(now_ns) for connection in self._connections.values()) / 1e6

    def summary(self, now_ns: int | None = None, connection: int | None = None) -> ReconnectSummary | None:
        """The connection of that number, or the latest one; None if there is none."""
        found = self._latest if connection is None else self._connections.get(connection)
        if found is None:
            return None
        return found.summary(self._now_ns if now_ns is None else now_ns)

    def _connection(self, number: int) -> _Connection:
        found = self._connections.get(number)
        if found is None:
            found = self._latest = self._connections[number] = _Connection(number)
        return found

    def _on_state(self, event: StateChanged) -> None:
        connection = self._connection(event.connection)
        connection.move(event.state, event.monotonic_ns)
        if event.state is ConnectionState.RECONNECTING and event.attempt:
            connection.attempts += 1
        if event.asked_ms is not None:
            connection.asked_ms = event.asked_ms
        if event.last_event_id is not None:
            connection.last_event_id = event.last_event_id
        if event.state in _STEP_STATES:
            self._add_state_step(event)

    def _add_state_step(self, event: StateChanged) -> None:
        self.steps.append(
            Step(
                event.n,
                event.at,
                event.connection,
                event.reason,
                state=event.state,
                attempt=event.attempt,
                delay_ms=event.delay_ms,
                asked_ms=event.asked_ms,
                last_event_id=event.last_event_id,
            )
        )

    def _on_request(self, event: RequestSent) -> None:
        self._purposes[event.stream] = event.purpose

    def _on_ended(self, event: StreamEnded) -> None:
        listening = self._purposes.pop(event.stream, "") in LISTENING
        if not listening and event.cause in NO_LOSS:
            return
        self._connection(event.connection).ends[event.cause] += 1
        self.steps.append(
            Step(event.n, event.at, event.connection, event.sentence, cause=event.cause, age_ms=event.age_ms)
        )

    def _on_events(self, events: list[Message | FrameReceived]) -> None:
        """Of each connection the latest word of the server counts."""
        outbound = Direction.OUTBOUND
        ids = {it.connection: it.event_id for it in events if it.event_id is not None and it.direction is not outbound}
        asked = {
            it.connection: it.retry_ms for it in events if it.retry_ms is not None and it.direction is not outbound
        }
        for number, event_id in ids.items():
            self._connection(number).last_event_id = event_id
        for number, retry_ms in asked.items():
            self._connection(number).asked_ms = retry_ms
