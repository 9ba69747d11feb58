"""How much of the time the server was there: uptime, drops and their causes, silence, storms, and calls lost."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass

from inspector.stats.drops import Blame, Drop, LossKind
from inspector.stats.losing import Losing
from inspector.stats.silences import Silence, Silences
from inspector.stats.sleeps import Sleeps
from inspector.stats.storms import Storm, Storms
from inspector.stats.up_time import UpTime, overlap_ns
from inspector.trace.events import ConnectionState, ExchangeFailed, Outcome, StateChanged
from inspector.trace.fold import Fold, Run

MAX_LOST = 1_000
_OF_THE_SESSION = frozenset({"initialize", "server/discover", "subscriptions/listen"})
"""Requests that nobody calls: the session itself makes them, and again where they are lost."""


@dataclass(frozen=True, slots=True)
class LostCall:
    """A request of ours that was under way when the connection broke; `n` is the event that says so."""

    n: int
    at: float
    monotonic_ns: int
    request_n: int
    method: str
    name: str | None


@dataclass(frozen=True, slots=True)
class AvailabilityReport:
    """The figures of a session or of a window; what was not measured is None.

    `uptime_share` is up / (up + down), from 0 to 1; up is open, down from losing the connection until it is open again
    or given up. A *drop* is what the session had to recover from, never what the user did; `drops_by_us` (the
    laboratory) and `drops_by_sleep` (of this machine) are counted apart, and so is their downtime. `polls` are orderly
    ends of streams whose server wants to be polled.

    `mean_time_between_drops_ms` is the time up by the drops; the downtimes of drops are from the loss until what was
    lost was back, which for a listening stream is less than the connection. `drops_by_cause` has the most frequent
    first; `drops_listed` and `calls_lost` are the newest 1,000, `calls_lost_count` is all of them.
    """

    uptime_share: float | None
    up_ms: float
    down_ms: float
    is_down: bool
    drops: int
    drops_by_us: int
    drops_by_sleep: int
    polls: int
    mean_time_between_drops_ms: float | None
    mean_downtime_ms: float | None
    longest_downtime_ms: float | None
    down_by_us_ms: float
    down_by_sleep_ms: float
    drops_by_cause: tuple[tuple[str, int], ...]
    drops_listed: tuple[Drop, ...]
    worst_silence_ms: float | None
    worst_silence: Silence | None
    storms: tuple[Storm, ...]
    storm_now: Storm | None
    calls_lost: tuple[LostCall, ...]
    calls_lost_count: int


class _LostCalls(Fold):
    """The newest 1,000 calls that were lost, and how many there were."""

    def __init__(self) -> None:
        self._states: dict[int, ConnectionState] = {}
        self._calls: deque[LostCall] = deque(maxlen=MAX_LOST)
        self._count = 0
        super().__init__({StateChanged: self._on_state, ExchangeFailed: self._on_failed})

    def since(self, since_ns: int | None) -> tuple[tuple[LostCall, ...], int]:
        """The calls lost since a time, and their number."""
        if since_ns is None:
            return tuple(self._calls), self._count
        found = tuple(call for call in self._calls if call.monotonic_ns >= since_ns)
        return found, len(found)

    def _on_state(self, event: StateChanged) -> None:
        if event.state is ConnectionState.CLOSED:
            self._states.pop(event.connection, None)
        else:
            self._states[event.connection] = event.state

    def _on_failed(self, event: ExchangeFailed) -> None:
        if event.outcome is not Outcome.LOST or event.method in _OF_THE_SESSION:
            return
        if event.method == "ping" and self._states.get(event.connection) is not ConnectionState.OPEN:
            return  # so the session asks whether the server is back
        self._count += 1
        self._calls.append(LostCall(event.n, event.at, event.monotonic_ns, event.request_n, event.method, event.name))


class Availability(Fold):
    """A fold over the river: how long every connection stood, and what it fell for."""

    def __init__(self) -> None:
        self._sleeps = Sleeps()
        self._up = UpTime()
        self._losing = Losing(self._sleeps)
        self._silences = Silences(self._sleeps)
        self._storms = Storms()
        self._lost = _LostCalls()
        super().__init__({})

    def take(self, pieces: Sequence[Run]) -> None:
        """Take in the next events of the river, already cut into `runs`; the sleeps first, which the others ask for."""
        for part in (self._sleeps, self._up, self._losing, self._silences, self._storms, self._lost):
            part.take(pieces)
        super().take(pieces)

    @property
    def now_ns(self) -> int:
        """The time of the last event folded."""
        return self._now_ns

    def drops(self) -> tuple[Drop, ...]:
        """The newest 1,000 drops, whoever is to blame, the oldest of them first."""
        return self._losing.drops()

    def uptime_share(self, now_ns: int, since_ns: int | None = None) -> float | None:
        """What `report` says of it, without the work for the other figures."""
        up_ns = self._up.up_ns(now_ns, since_ns)
        down_ns = 0 if since_ns is not None else self._losing.older.down_ns[Blame.PEER]
        for drop in self._losing.drops():
            if drop.kind is LossKind.CONNECTION and drop.blame is Blame.PEER:
                down_ns += _down_ns(drop, now_ns, since_ns)
        return up_ns / (up_ns + down_ns) if up_ns + down_ns else None

    def report(self, now_ns: int | None = None, since_ns: int | None = None) -> AvailabilityReport:
        """The figures as of `now_ns` (None: the last event folded), since `since_ns` (None: the beginning).

        A window reaches no further back than the newest 1,000 drops and calls.
        """
        now_ns = self._now_ns if now_ns is None else now_ns
        drops = [drop for drop in self._losing.drops() if since_ns is None or _reaches(drop, since_ns)]
        sums = _Sums(drops, now_ns, since_ns)
        if since_ns is None:
            sums.add_older(self._losing)
        up_ns = self._up.up_ns(now_ns, since_ns)
        down_ns, count = sums.down_ns[Blame.PEER], sums.counts[Blame.PEER]
        silence = self._silences.worst(now_ns, since_ns)
        calls, calls_count = self._lost.since(since_ns)
        return AvailabilityReport(
            uptime_share=up_ns / (up_ns + down_ns) if up_ns + down_ns else None,
            up_ms=up_ns / 1e6,
            down_ms=down_ns / 1e6,
            is_down=any(drop.kind is LossKind.CONNECTION and drop.end_ns is None for drop in drops),
            drops=count,
            drops_by_us=sums.counts[Blame.US],
            drops_by_sleep=sums.counts[Blame.SLEEP],
            polls=self._losing.polls(since_ns),
            mean_time_between_drops_ms=up_ns / count / 1e6 if count else None,
            mean_downtime_ms=sums.outages_ns / sums.outages / 1e6 if sums.outages else None,
            longest_downtime_ms=sums.longest_ns / 1e6 if sums.outages else None,
            down_by_us_ms=sums.down_ns[Blame.US] / 1e6,
            down_by_sleep_ms=sums.down_ns[Blame.SLEEP] / 1e6,
            drops_by_cause=tuple(sums.causes.most_common()),
            drops_listed=tuple(drops),
            worst_silence_ms=None if silence is None else silence.ms,
            worst_silence=silence,
            storms=self._storms.storms(since_ns),
            storm_now=self._storms.now(now_ns),
            calls_lost=calls,
            calls_lost_count=calls_count,
        )


def _reaches(drop: Drop, since_ns: int) -> bool:
    """Whether a drop began in the window; or before it, and its downtime reaches into it."""
    return drop.begin_ns >= since_ns or drop.end_ns is None or drop.end_ns > since_ns


def _down_ns(drop: Drop, now_ns: int, since_ns: int | None) -> int:
    """For how long it was down, until now if it still is."""
    end_ns = max(drop.begin_ns, now_ns) if drop.end_ns is None else drop.end_ns
    return overlap_ns(drop.begin_ns, end_ns, since_ns)


class _Sums:
    """What drops come to: how many for whom, for what, and how long."""

    def __init__(self, drops: Sequence[Drop], now_ns: int, since_ns: int | None) -> None:
        self.counts = Counter[Blame]()
        self.causes = Counter[str]()
        self.down_ns = Counter[Blame]()
        self.outages = self.outages_ns = self.longest_ns = 0
        for drop in drops:
            self._add_time(drop, now_ns, since_ns)
            if since_ns is None or drop.begin_ns >= since_ns:
                self._add(drop, now_ns)

    def _add_time(self, drop: Drop, now_ns: int, since_ns: int | None) -> None:
        if drop.kind is LossKind.CONNECTION:
            self.down_ns[drop.blame] += _down_ns(drop, now_ns, since_ns)

    def _add(self, drop: Drop, now_ns: int) -> None:
        self.counts[drop.blame] += 1
        if drop.blame is not Blame.PEER:
            return
        self.causes[drop.cause] += 1
        outage_ns = drop.outage_ns(now_ns)
        if outage_ns is not None:
            self.outages += 1
            self.outages_ns += outage_ns
            self.longest_ns = max(self.longest_ns, outage_ns)

    def add_older(self, losing: Losing) -> None:
        """Add the drops that are not kept one by one any more."""
        older = losing.older
        for (blame, cause), count in older.causes.items():
            self.counts[blame] += count
            if blame is Blame.PEER:
                self.causes[cause] += count
        self.down_ns.update(older.down_ns)
        self.outages += older.outages
        self.outages_ns += older.outages_ns
        self.longest_ns = max(self.longest_ns, older.longest_ns)
