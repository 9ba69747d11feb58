"""Streams that are opened again and again: since when, how fast, and whether it still goes on."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from inspector.stats.purposes import LISTENING
from inspector.trace.events import ConnectionState, HeadersReceived, RequestSent, StateChanged, StreamEnded
from inspector.trace.fold import Fold

OPENS = 10
OVER_BELOW = 5
"""A storm is over when fewer streams than this were opened within the window."""
WINDOW_S = 10.0
POLLING_RETRY_MS = 250
"""From this `retry:` on, coming back each time is the polling that the server asked for, and no storm."""
MAX_STORMS = 100
MAX_ASKED = 1_000
_WINDOW_NS = int(WINDOW_S * 1e9)


@dataclass(frozen=True, slots=True)
class Storm:
    """`opens` streams from `since_ns` (Unix time `at`, event `n`) to `until_ns`; `most` of them within 10 s."""

    connection: int
    n: int
    at: float
    since_ns: int
    until_ns: int
    opens: int
    most: int

    @property
    def per_second(self) -> float:
        """The rate at the worst, over 10 s."""
        return self.most / WINDOW_S


@dataclass(slots=True)
class _Connection:
    opens: deque[RequestSent] = field(default_factory=lambda: deque(maxlen=1_000))
    asked: dict[int | None, RequestSent] = field(default_factory=dict)
    """The streams that nobody has answered yet."""
    is_polling: bool = False
    storm: Storm | None = None

    def within(self, now_ns: int) -> int:
        """How many of the newest streams were opened within the window before a time."""
        return sum(0 <= now_ns - each.monotonic_ns <= _WINDOW_NS for each in self.opens)


class Storms(Fold):
    """A fold over the river: at least `OPENS` streams opened within `WINDOW_S` on one connection are a storm.

    The streams that hold a connection count, and those that resume the stream of a call, once they are answered: to
    knock at a server that is down is no storm. Those that come back after a `retry:` of some length were asked to.
    """

    def __init__(self) -> None:
        self._connections: dict[int, _Connection] = {}
        self._over: deque[Storm] = deque(maxlen=MAX_STORMS)
        super().__init__(
            {
                StateChanged: self._on_state,
                RequestSent: self._on_request,
                HeadersReceived: self._on_headers,
                StreamEnded: self._on_ended,
            }
        )

    def storms(self, since_ns: int | None = None) -> tuple[Storm, ...]:
        """The newest 100 that are over and those that are not, in the order of their begin."""
        going = [each.storm for each in self._connections.values() if each.storm is not None]
        found = sorted((*self._over, *going), key=lambda storm: storm.since_ns)
        return tuple(storm for storm in found if since_ns is None or storm.until_ns >= since_ns)

    def now(self, now_ns: int) -> Storm | None:
        """The storm that is going on at a time, None if there is none."""
        connections = self._connections.values()
        going = (each.storm for each in connections if each.storm and each.within(now_ns) >= OVER_BELOW)
        return next(going, None)

    def _connection(self, number: int) -> _Connection:
        return self._connections.setdefault(number, _Connection())

    def _on_state(self, event: StateChanged) -> None:
        connection = self._connection(event.connection)
        if event.state is ConnectionState.CLOSED:
            self._end(connection)
            del self._connections[event.connection]
        elif event.attempt:
            connection.is_polling = event.asked_ms is not None and event.asked_ms >= POLLING_RETRY_MS

    def _on_request(self, event: RequestSent) -> None:
        if event.purpose not in LISTENING:
            return
        connection = self._connection(event.connection)
        if not connection.is_polling:
            _keep(connection.asked, event)

    def _on_headers(self, event: HeadersReceived) -> None:
        connection = self._connections.get(event.connection)
        request = connection.asked.pop(event.stream, None) if connection is not None else None
        if connection is not None and request is not None:
            self._on_open(connection, request)

    def _on_ended(self, event: StreamEnded) -> None:
        connection = self._connections.get(event.connection)
        if connection is not None:
            connection.asked.pop(event.stream, None)

    def _on_open(self, connection: _Connection, event: RequestSent) -> None:
        connection.opens.append(event)
        while event.monotonic_ns - connection.opens[0].monotonic_ns > _WINDOW_NS:
            connection.opens.popleft()
        count, storm = len(connection.opens), connection.storm
        if storm is not None and count < OVER_BELOW:
            self._end(connection)
        elif storm is not None:
            most = max(storm.most, count)
            connection.storm = Storm(
                storm.connection, storm.n, storm.at, storm.since_ns, event.monotonic_ns, storm.opens + 1, most
            )
        elif count >= OPENS:
            first = connection.opens[0]
            connection.storm = Storm(
                event.connection, first.n, first.at, first.monotonic_ns, event.monotonic_ns, count, count
            )

    def _end(self, connection: _Connection) -> None:
        if connection.storm is not None:
            self._over.append(connection.storm)
            connection.storm = None


def _keep(asked: dict[int | None, RequestSent], event: RequestSent) -> None:
    asked[event.stream] = event
    if len(asked) > MAX_ASKED:
        del asked[next(iter(asked))]
