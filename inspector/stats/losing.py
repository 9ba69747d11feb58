"""Recognising drops in the river: which end of a stream was one, and what else had to be recovered from."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace

from inspector.stats.call_timing import sane_ms
from inspector.stats.drops import FORGOTTEN, IDLE, Blame, Drop, LossKind, OlderDrops, words_of
from inspector.stats.purposes import LISTENING, last_event_id
from inspector.stats.sleeps import Sleeps
from inspector.trace.events import (
    ConnectionState,
    EndCause,
    ExchangeFailed,
    HeadersReceived,
    Outcome,
    RequestSent,
    SessionReady,
    StateChanged,
    StreamEnded,
)
from inspector.trace.fold import Fold

MAX_DROPS = 1_000
SOON_NS = 2_000_000_000
"""So long after a stream broke the session may take to find out what that means: a bare connect has one second."""
TOGETHER_NS = 200_000_000
"""Streams that end so close to each other ended for one reason."""
_NO_DROP = frozenset({EndCause.COMPLETE, EndCause.CANCELLED_BY_US, EndCause.TIMED_OUT_BY_US, EndCause.CLOSED_BY_US})
_NO_MCP = ("raw ", "close", "manifest")
_MAX_ENDS = 64
_MAX_REQUESTS = 10_000


@dataclass(frozen=True, slots=True)
class _Request:
    """An HTTP request under way; `is_open` once its headers came and promised a stream or an answer."""

    purpose: str
    sent_ns: int
    kind: LossKind
    last_event_id: str | None
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class _End:
    """The end of a stream whose meaning is not known yet."""

    event: StreamEnded
    request: _Request


@dataclass(slots=True)
class _Connection:
    """What is known of a connection: the ends that may be drops, and the drops that last."""

    state: ConnectionState = ConnectionState.IDLE
    is_ready: bool = False
    heard_ns: int = 0
    own_end: StreamEnded | None = None
    ends: deque[_End] = field(default_factory=lambda: deque(maxlen=_MAX_ENDS))
    lost: deque[int] = field(default_factory=lambda: deque(maxlen=_MAX_ENDS))
    pausing: dict[str, LossKind] = field(default_factory=dict)
    """What is fetched with which Last-Event-ID."""

    def recent_ends(self, now_ns: int) -> list[_End]:
        return [end for end in self.ends if now_ns - end.event.monotonic_ns <= SOON_NS]


class Losing(Fold):
    """A fold over the river: the newest 1,000 drops, and the sums of the older ones.

    An end of a stream is only a drop if the session then has to do something about it: reconnect, open the stream
    again, resume it, begin a new session, or give up a request. Ends that come together are one drop. A server that
    names a `retry:` and ends its stream in order wants to be polled (2025-11-25): `polls` counts that, as no drop.
    """

    def __init__(self, sleeps: Sleeps) -> None:
        self._sleeps = sleeps
        self._connections: dict[int, _Connection] = {}
        self._requests: dict[int, _Request] = {}
        self._drops: dict[int, Drop] = {}
        self.older = OlderDrops()
        self._polls: deque[int] = deque(maxlen=MAX_DROPS)
        self._polls_count = 0
        super().__init__(
            {
                StateChanged: self._on_state,
                RequestSent: self._on_request,
                HeadersReceived: self._on_headers,
                StreamEnded: self._on_ended,
                SessionReady: self._on_ready,
                ExchangeFailed: self._on_failed,
            }
        )

    def drops(self) -> tuple[Drop, ...]:
        """The newest 1,000, the oldest of them first; a drop that lasts has no end yet."""
        return tuple(self._drops.values())

    def polls(self, since_ns: int | None = None) -> int:
        """How often a stream ended in order whose server had said when to come back."""
        if since_ns is None:
            return self._polls_count
        return sum(at_ns >= since_ns for at_ns in self._polls)

    def _connection(self, number: int) -> _Connection:
        return self._connections.setdefault(number, _Connection())

    def _on_request(self, event: RequestSent) -> None:
        if event.stream is None or ":" in event.purpose or event.purpose.startswith(_NO_MCP):
            return
        connection = self._connection(event.connection)
        cursor = last_event_id(event)
        kind = LossKind.LISTENING if event.purpose in LISTENING else LossKind.CALL
        kind = connection.pausing.pop(cursor, kind) if cursor is not None else kind
        self._requests[event.stream] = _Request(event.purpose, event.monotonic_ns, kind, cursor)
        if len(self._requests) > _MAX_REQUESTS:
            del self._requests[next(iter(self._requests))]
        is_up = connection.state is ConnectionState.OPEN and connection.is_ready
        if is_up and event.purpose == "initialize" and not self._lasting(connection, LossKind.SESSION):
            self._lose(connection, event, LossKind.SESSION, FORGOTTEN)

    def _on_headers(self, event: HeadersReceived) -> None:
        connection = self._connection(event.connection)
        connection.heard_ns = event.monotonic_ns
        request = self._requests.get(event.stream or 0)
        if request is None or not 200 <= event.status < 300:
            return
        self._requests[event.stream or 0] = replace(request, is_open=True)
        if request.purpose in LISTENING:
            lost = self._lasting(connection, request.kind)
            same = [drop for drop in lost if drop.last_event_id == request.last_event_id]
            for drop in (same or lost)[:1]:
                self._end(drop, event.monotonic_ns, is_back=True)

    def _on_ended(self, event: StreamEnded) -> None:
        request = self._requests.pop(event.stream or 0, None)
        if request is None:
            return
        connection = self._connection(event.connection)
        if event.cause is not EndCause.DROPPED_BY_US and event.cause in _NO_DROP:
            if request.kind is LossKind.LISTENING:
                connection.own_end = event
        elif connection.state is ConnectionState.OPEN:
            connection.ends.append(_End(event, request))

    def _on_ready(self, event: SessionReady) -> None:
        connection = self._connection(event.connection)
        connection.is_ready = True
        for drop in self._lasting(connection, LossKind.SESSION):
            self._end(drop, event.monotonic_ns, is_back=True)

    def _on_state(self, event: StateChanged) -> None:
        connection = self._connection(event.connection)
        before, connection.state = connection.state, event.state
        if event.state is ConnectionState.OPEN and before is not ConnectionState.OPEN:
            connection.ends.clear()
            for drop in self._lasting(connection, LossKind.CONNECTION):
                self._end(drop, event.monotonic_ns, is_back=True)
        elif event.state is ConnectionState.OPEN:
            self._on_pause(connection, event)
        elif event.state is ConnectionState.RECONNECTING and before is ConnectionState.OPEN:
            self._lose(connection, event, LossKind.CONNECTION, IDLE)
        elif event.state is ConnectionState.CLOSED:
            self._on_closed(connection, event)

    def _on_pause(self, connection: _Connection, event: StateChanged) -> None:
        """The connection stands, but one of its streams does not: it is opened again after a pause, or given up."""
        ends = [end for end in connection.recent_ends(event.monotonic_ns) if end.request.is_open]
        if not event.attempt:
            ends = [end for end in ends if end.request.kind is LossKind.LISTENING]
        if not ends:
            return
        # the stream of a call goes into its pause at once, a listening one only after a look at the server
        end = next((each for each in ends if each.request.kind is LossKind.CALL), ends[0])
        connection.ends.remove(end)
        if event.last_event_id:
            connection.pausing = {event.last_event_id: end.request.kind, **connection.pausing}
            connection.pausing = dict(list(connection.pausing.items())[:_MAX_ENDS])
        if end.event.cause is EndCause.END_OF_STREAM and event.asked_ms is not None and event.attempt:
            self._polls.append(event.monotonic_ns)
            self._polls_count += 1
            return
        drop = self._add(connection, self._drop_of(end, event.last_event_id))
        if drop is not None and not event.attempt:
            self._end(drop, event.monotonic_ns, is_back=False)

    def _on_failed(self, event: ExchangeFailed) -> None:
        """A request that is lost with its stream, while the connection stands."""
        if event.outcome is not Outcome.LOST:
            return
        connection = self._connection(event.connection)
        for end in reversed(connection.recent_ends(event.monotonic_ns)):
            if end.request.purpose == event.method:
                connection.ends.remove(end)
                drop = self._add(connection, self._drop_of(end, None))
                if drop is not None:
                    self._end(drop, event.monotonic_ns, is_back=False)
                return

    def _on_closed(self, connection: _Connection, event: StateChanged) -> None:
        ends = [end for end in connection.recent_ends(event.monotonic_ns) if end.request.is_open]
        for end in [each for each in ends if each.request.kind is LossKind.LISTENING][:1]:
            self._add(connection, self._drop_of(end, None))
        for n in list(connection.lost):
            if n in self._drops:
                self._end(self._drops[n], event.monotonic_ns, is_back=False)
        del self._connections[event.connection]

    def _lose(self, connection: _Connection, event: StateChanged | RequestSent, kind: LossKind, cause: str) -> None:
        """A connection or a session is lost: what broke shortly before is the cause, and no drop of its own."""
        now_ns = event.monotonic_ns
        ends = connection.recent_ends(now_ns)
        connection.ends.clear()
        absorbed = self._absorb(connection, now_ns)
        end = next((each for each in ends if each.request.kind is LossKind.LISTENING), ends[-1] if ends else None)
        if absorbed is not None and (end is None or absorbed.cause != EndCause.END_OF_STREAM):
            drop = replace(absorbed, kind=kind, begin_ns=now_ns, end_ns=None, is_back=False)
        elif end is not None:
            drop = replace(self._drop_of(end, None), kind=kind, begin_ns=now_ns)
        else:
            drop = self._without_end(connection, event, kind, cause)
        if any(each.event.cause is EndCause.DROPPED_BY_US for each in ends):
            drop = replace(drop, blame=Blame.US, cause=str(EndCause.DROPPED_BY_US))
        self._add(connection, drop)

    def _without_end(
        self, connection: _Connection, event: StateChanged | RequestSent, kind: LossKind, cause: str
    ) -> Drop:
        own, words = connection.own_end, ""
        if own is not None and event.monotonic_ns - own.monotonic_ns <= SOON_NS:
            cause, words = FORGOTTEN, own.sentence
        slept = self._sleeps.between(connection.heard_ns, event.monotonic_ns)
        blame = Blame.SLEEP if slept else Blame.PEER
        return Drop(event.n, event.at, event.monotonic_ns, event.connection, kind, cause, words, blame)

    def _absorb(self, connection: _Connection, now_ns: int) -> Drop | None:
        """Take back the drops of the last moments that did not come back: they belong to the one that follows."""
        first = None
        for n in reversed(list(connection.lost)):
            drop = self._drops.get(n)
            if drop is None or now_ns - drop.begin_ns > SOON_NS:
                break
            if not drop.is_back:
                first = self._drops.pop(n)
                connection.lost.remove(n)
        return first

    def _drop_of(self, end: _End, cursor: str | None) -> Drop:
        event, request = end.event, end.request
        quiet_ns = event.monotonic_ns - int(sane_ms(event.idle_ms) * 1e6)
        heard_ns = max(request.sent_ns, quiet_ns) if event.bytes_received else request.sent_ns
        blame = Blame.PEER
        if event.cause is EndCause.DROPPED_BY_US:
            blame = Blame.US
        elif self._sleeps.between(heard_ns, event.monotonic_ns):
            blame = Blame.SLEEP
        return Drop(
            event.n,
            event.at,
            event.monotonic_ns,
            event.connection,
            request.kind,
            str(event.cause),
            words_of(event),
            blame,
            event.stream,
            cursor,
        )

    def _add(self, connection: _Connection, drop: Drop) -> Drop | None:
        """Count a drop, unless it came together with one that is not over: then that may have more to get back."""
        if drop.kind in (LossKind.LISTENING, LossKind.CALL):
            for n in reversed(connection.lost):
                other = self._drops.get(n)
                if other and not other.is_back and abs(drop.begin_ns - other.begin_ns) <= TOGETHER_NS:
                    if other.kind is not LossKind.CALL or drop.kind is not LossKind.LISTENING:
                        return None
                    both = replace(other, kind=drop.kind, last_event_id=drop.last_event_id, end_ns=None)
                    self._drops[n] = both
                    return both
        self._drops[drop.n] = drop
        connection.lost.append(drop.n)
        if len(self._drops) > MAX_DROPS:
            self.older.add(self._drops.pop(next(iter(self._drops))))
        return drop

    def _lasting(self, connection: _Connection, kind: LossKind) -> list[Drop]:
        known = (self._drops.get(n) for n in connection.lost)
        return [drop for drop in known if drop is not None and drop.kind is kind and drop.end_ns is None]

    def _end(self, drop: Drop, now_ns: int, *, is_back: bool) -> None:
        known = self._drops.get(drop.n)
        if known is not None and known.end_ns is None:
            self._drops[drop.n] = replace(known, end_ns=now_ns, is_back=is_back)
