"""How long the server takes, per method and per tool, in any part of the session."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from inspector.stats.call_times import CallTimes
from inspector.stats.call_timing import ERROR, Call
from inspector.stats.percentiles import NOTHING, Distribution
from inspector.stats.samples import Pool, Samples
from inspector.trace.events import Outcome
from inspector.trace.fold import Fold, Run

MAX_KEYS = 1_000
OTHER_KEY = "(other methods)"
TOTAL_KEY = "(all methods)"
PHASES = (
    *("resolve", "connect", "tls", "sent", "headers", "first_byte", "first_event", "first_progress"),
    *("gap", "last_event_to_end", "total", "server", "network"),
)
"""What is measured of calls: the fields of `CallTiming` without their unit, and the gaps between events."""
_SENT = "sent requests"


@dataclass(frozen=True, slots=True)
class LatencyRow:
    """The figures of one method, or of one tool (`tools/call echo`); a figure without a sample is None.

    `count` requests were sent: `errors` of them answered with an error or a failed tool, `lost`, `timed_out` and
    `cancelled` never answered. `slowest_n` is the number of the request with the longest round trip. Percentiles are
    exact, or within 1 % where `is_exact` says that the oldest of very many measurements are only counted.
    """

    key: str
    count: int
    in_flight: int
    errors: int
    lost: int
    timed_out: int
    cancelled: int
    last_ms: float | None
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    max_ms: float | None
    ttfb_p50_ms: float | None
    ttfe_p50_ms: float | None
    gap_p50_ms: float | None
    gap_p95_ms: float | None
    gap_max_ms: float | None
    slowest_n: int | None
    mean_ms: float | None = None
    min_ms: float | None = None
    jitter_ms: float | None = None
    gap_p99_ms: float | None = None
    gap_jitter_ms: float | None = None
    connect_p50_ms: float | None = None
    sent_p50_ms: float | None = None
    first_byte_p50_ms: float | None = None
    first_progress_p50_ms: float | None = None
    last_event_to_end_p50_ms: float | None = None
    server_p50_ms: float | None = None
    network_p50_ms: float | None = None
    is_exact: bool = True


class _Series:
    """What was measured and counted under one key; a series is made when it is first needed."""

    __slots__ = ("_pool", "_series", "in_flight", "key")

    def __init__(self, key: str, pool: Pool) -> None:
        self.key = key
        self.in_flight = 0
        self._pool = pool
        self._series: dict[str, Samples] = {}

    def add(self, phase: str, at_ns: int, value_ms: float, count: int, n: int) -> None:
        series = self._series.get(phase)
        if series is None:
            series = self._series[phase] = Samples(pool=self._pool)
        series.add(at_ns, value_ms, count, n)

    def samples(self, phase: str) -> Samples | None:
        return self._series.get(phase)

    def distribution(self, phase: str, since_ns: int | None) -> Distribution:
        series = self._series.get(phase)
        return NOTHING if series is None else series.distribution(since_ns)

    def has_any(self, since_ns: int | None) -> bool:
        return self.in_flight > 0 or any(series.count(since_ns) for series in self._series.values())

    def row(self, since_ns: int | None) -> LatencyRow:
        total, gap = self.distribution("total", since_ns), self.distribution("gap", since_ns)
        answers = self._series.get("total")
        counts = (self._count(what, since_ns) for what in (_SENT, ERROR, *_UNANSWERED))
        sent, errors, lost, refused, timed_out, cancelled = counts
        return LatencyRow(
            key=self.key,
            count=sent,
            in_flight=self.in_flight,
            errors=errors,
            lost=lost + refused,
            timed_out=timed_out,
            cancelled=cancelled,
            last_ms=answers.last_ms if answers is not None and total.count else None,
            p50_ms=total.p50_ms,
            p95_ms=total.p95_ms,
            p99_ms=total.p99_ms,
            max_ms=total.max_ms,
            ttfb_p50_ms=self._median("headers", since_ns),
            ttfe_p50_ms=self._median("first_event", since_ns),
            gap_p50_ms=gap.p50_ms,
            gap_p95_ms=gap.p95_ms,
            gap_max_ms=gap.max_ms,
            slowest_n=answers.slowest_n(since_ns) if answers is not None else None,
            mean_ms=total.mean_ms,
            min_ms=total.min_ms,
            jitter_ms=total.jitter_ms,
            gap_p99_ms=gap.p99_ms,
            gap_jitter_ms=gap.jitter_ms,
            connect_p50_ms=self._median("connect", since_ns),
            sent_p50_ms=self._median("sent", since_ns),
            first_byte_p50_ms=self._median("first_byte", since_ns),
            first_progress_p50_ms=self._median("first_progress", since_ns),
            last_event_to_end_p50_ms=self._median("last_event_to_end", since_ns),
            server_p50_ms=self._median("server", since_ns),
            network_p50_ms=self._median("network", since_ns),
            is_exact=all(self.distribution(phase, since_ns).is_exact for phase in PHASES),
        )

    def _median(self, phase: str, since_ns: int | None) -> float | None:
        return self.distribution(phase, since_ns).p50_ms

    def _count(self, what: str, since_ns: int | None) -> int:
        series = self._series.get(what)
        return 0 if series is None else series.count(since_ns)


_UNANSWERED = (Outcome.LOST.value, Outcome.REFUSED.value, Outcome.TIMED_OUT.value, Outcome.CANCELLED.value)


class _Ledger:
    """What is measured of calls, under their keys and of all together."""

    def __init__(self) -> None:
        self._pool = Pool()
        self.total = _Series(TOTAL_KEY, self._pool)
        self.series: dict[str, _Series] = {}

    def on_sent(self, call: Call) -> None:
        for series in (self._series_of(call), self.total):
            series.in_flight += 1
            series.add(_SENT, call.sent_ns, 0.0, 1, call.request_n)

    def on_measured(self, call: Call, phase: str, at_ns: int, value_ms: float, count: int, n: int) -> None:
        self._series_of(call).add(phase, at_ns, value_ms, count, n)
        self.total.add(phase, at_ns, value_ms, count, n)

    def on_settled(self, call: Call) -> None:
        for series in (self._series_of(call), self.total):
            series.in_flight -= 1
            if call.outcome == ERROR or call.outcome in _UNANSWERED:
                series.add(call.outcome, call.settled_ns or 0, 0.0, 1, call.request_n)

    def on_closed(self, call: Call) -> None: ...

    def _series_of(self, call: Call) -> _Series:
        series = self.series.get(call.key)
        if series is None:
            key = call.key if len(self.series) < MAX_KEYS else OTHER_KEY
            series = self.series.setdefault(key, _Series(key, self._pool))
        return series


class LatencyStats(Fold):
    """A fold over the river: the requests we sent, what became of them and how fast; `calls` has them one by one.

    Figures are of all there is, or of what was measured since `since_ns`. The server's own requests
    (`sampling/createMessage` ...) are not in it: how fast we answer is not its merit.
    """

    def __init__(self) -> None:
        super().__init__({})
        self._ledger = _Ledger()
        self.calls = CallTimes(self._ledger)

    def take(self, pieces: Sequence[Run]) -> None:
        """Take in the next events of the river, already cut into `runs`."""
        self.calls.take(pieces)

    @property
    def keys(self) -> tuple[str, ...]:
        """The methods and tools, in the order of first use."""
        return tuple(self._ledger.series)

    def rows(self, since_ns: int | None = None) -> list[LatencyRow]:
        """One row per method or tool, in the order of first use; with `since_ns` those that had something to tell."""
        return [row for key in self._ledger.series if (row := self.row(key, since_ns)) is not None]

    def row(self, key: str, since_ns: int | None = None) -> LatencyRow | None:
        """The row of one method or tool; None if it has nothing to tell."""
        series = self._ledger.series.get(key)
        return series.row(since_ns) if series is not None and series.has_any(since_ns) else None

    def total(self, since_ns: int | None = None) -> LatencyRow:
        """The figures of all methods together."""
        return self._ledger.total.row(since_ns)

    def samples(self, key: str = TOTAL_KEY, phase: str = "total") -> Samples:
        """What was measured of one of `PHASES`, under one key or of all."""
        series = self._ledger.total if key == TOTAL_KEY else self._ledger.series.get(key)
        found = None if series is None else series.samples(phase)
        return Samples() if found is None else found

    @property
    def last_ms(self) -> float | None:
        """What `total` says, without the work for the other figures."""
        answers = self._ledger.total.samples("total")
        return None if answers is None else answers.last_ms
