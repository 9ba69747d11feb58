"""Expectations about the session as a whole: figures, heartbeat, whether it stands, what the diagnosis finds."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from inspector.diagnose.finding import Finding
from inspector.expect.calls import Call, Names, Settled
from inspector.expect.expectation import Expectation, Figure, HeartbeatEvery, NoFinding, Uptime
from inspector.expect.verdict import MAX_MOMENTS, Moment, State, Verdict
from inspector.expect.watch import SilenceWatch, Watch, calls_of, measure_gaps
from inspector.record.text import counted, duration
from inspector.stats.availability import AvailabilityReport
from inspector.stats.drops import Blame
from inspector.stats.percentiles import percentile
from inspector.trace.events import ConnectionState, HeadersReceived, Severity, StateChanged, StreamEnded
from inspector.wire.http import get, is_event_stream

MAX_SAMPLES = 20_000
"""A figure is that of so many of the newest answers."""


class FigureWatch(Watch):
    """A figure over the round trips of calls, judged anew with each answer."""

    def __init__(self, expectation: Figure) -> None:
        super().__init__()
        self.names = Names(expectation.of)
        self._wanted = expectation
        self._samples: deque[float] = deque()
        self._ordered: list[float] = []
        self._sum_ms = 0.0
        self._now_ms: float | None = None
        self._is_over_limit = False

    def begin_anew(self) -> None:
        super().begin_anew()
        self._samples.clear()
        self._ordered.clear()
        self._sum_ms, self._now_ms, self._is_over_limit = 0.0, None, False

    def settled(self, call: Call, end: Settled) -> None:
        if end.rtt_ms is None:
            return
        self._add(end.rtt_ms)
        self.tally.check(end.at_ns)
        if self.tally.checked < self._wanted.after:
            return
        self._now_ms = self._figure()
        self.tally.measure(self._now_ms, end.n)
        is_over = self._now_ms > self._wanted.limit.ms
        if is_over != self._is_over_limit:
            self._is_over_limit = is_over
            text = f"It {'rose' if is_over else 'fell'} to {duration(self._now_ms)}."
            self.tally.failed += is_over
            self.tally.mark(end.at_ns, call.at_of(end.at_ns), text, call.n, end.n, is_met=not is_over)

    def state(self, is_over: bool) -> State:
        if self._now_ms is None:
            return State.PENDING if self.tally.checked and not is_over else State.UNUSED
        return State.FAIL if self._is_over_limit else State.PASS

    def text(self, state: State) -> str:
        if self._now_ms is None:
            if not self.tally.checked:
                return f"No {calls_of(self._wanted.of)} was answered."
            seen, wanted = counted(self.tally.checked, "answer"), self._wanted.after
            return f"{seen} came; {self._wanted.figure} is judged after {wanted:,}."
        now = f"{self._wanted.figure} is {duration(self._now_ms)} over {counted(len(self._ordered), 'answer')}"
        return f"{now}, the limit is {self._wanted.limit}." if state is State.FAIL else f"{now}."

    def _add(self, ms: float) -> None:
        if len(self._samples) >= MAX_SAMPLES:
            oldest = self._samples.popleft()
            del self._ordered[bisect_left(self._ordered, oldest)]
            self._sum_ms -= oldest
        self._samples.append(ms)
        insort(self._ordered, ms)
        self._sum_ms += ms

    def _figure(self) -> float:
        figure = self._wanted.figure
        if figure == "mean":
            return self._sum_ms / len(self._ordered)
        return self._ordered[-1] if figure == "max" else percentile(self._ordered, float(figure[1:]))


class HeartbeatWatch(SilenceWatch):
    """Something comes on every open event stream again and again."""

    def __init__(self, expectation: HeartbeatEvery) -> None:
        super().__init__(expectation.limit)

    @property
    def is_waiting(self) -> bool:
        return bool(self._last)

    def opened(self, headers: HeadersReceived) -> None:
        is_stream = 200 <= headers.status < 300 and is_event_stream(get(headers.headers, "content-type"))
        if is_stream and headers.stream is not None:
            self._start(headers.stream, headers)

    def stirred(self, stream: int, events: Sequence[Any]) -> None:
        if stream not in self._last:
            return
        before_ns, was_overdue = self._waiting.stop(stream)
        measure_gaps(self.tally, events, before_ns)
        self.tally.check(events[0].monotonic_ns, len(events) - was_overdue)
        self._start(stream, events[-1])

    def ended(self, ended: StreamEnded) -> None:
        if ended.stream is None or self._last.pop(ended.stream, None) is None:
            return
        before_ns, _ = self._waiting.stop(ended.stream)
        if before_ns is not None:  # that it ended in time says nothing of a heartbeat
            self.tally.measure((ended.monotonic_ns - before_ns) / 1e6, ended.n)

    def text(self, state: State) -> str:
        if state is State.UNUSED:
            return "No event stream was open for long enough."
        if state is State.PENDING:
            return "An event stream is open; nothing came on it yet."
        if state is State.PASS:
            return f"The longest time without a sign of life was {self.worst}."
        return f"{counted(self.tally.failed, 'time')} nothing came for {self.limit}; the longest was {self.worst}."


class DropsWatch(Watch):
    """The connection and its streams are not lost; what the user or a sleep of this machine did does not count."""

    wants_availability = True

    def __init__(self, report: Callable[[], AvailabilityReport]) -> None:
        super().__init__()
        self._report = report

    def available(self, share: float | None, event: StateChanged) -> None:
        if event.state is ConnectionState.OPEN and self.tally.began_ns is None:
            self.tally.began_ns = event.monotonic_ns

    def verdict(self, expectation: Expectation, is_over: bool) -> Verdict:
        report = self._report()
        lost = [drop for drop in report.drops_listed if drop.blame is Blame.PEER]
        moments = tuple(
            Moment(drop.begin_ns, drop.at, False, f"Lost: the {drop.kind} ({drop.cause}).", (drop.n,))
            for drop in lost[-MAX_MOMENTS:]
        )
        seen = self.tally.began_ns is not None or report.uptime_share is not None
        state = State.FAIL if report.drops else State.PASS if seen else State.UNUSED
        return Verdict(
            expectation,
            state,
            _drops_text(report, state),
            evidence=moments[-1].evidence if moments else (),
            checked=int(seen),
            failed=report.drops,
            worst=duration(report.longest_downtime_ms) if report.longest_downtime_ms is not None else "",
            began_ns=self.tally.began_ns,
            moments=moments,
        )


def _drops_text(report: AvailabilityReport, state: State) -> str:
    if state is State.UNUSED:
        return "No connection stood."
    if state is State.PASS:
        return f"Nothing was lost in {duration(report.up_ms)}."
    causes = ", ".join(f"{cause} ({count:,})" for cause, count in report.drops_by_cause[:3])
    return f"{counted(report.drops, 'drop')}: {causes}."


class UptimeWatch(Watch):
    """The connection is up for more than a share of the time since it first stood; judged whenever it moves."""

    wants_availability = True

    def __init__(self, expectation: Uptime, report: Callable[[], AvailabilityReport]) -> None:
        super().__init__()
        self._wanted = expectation
        self._report = report
        self._is_low = False
        self._lowest: float | None = None

    def begin_anew(self) -> None:
        super().begin_anew()
        self._is_low, self._lowest = False, None

    def available(self, share: float | None, event: StateChanged) -> None:
        if event.state is ConnectionState.OPEN or share is not None:
            self.tally.check(event.monotonic_ns)
        if share is None:
            return
        self._lowest = share if self._lowest is None else min(share, self._lowest)
        is_low = self._is_too_low(share)
        if is_low != self._is_low:
            self._is_low = is_low
            self.tally.failed += is_low
            text = f"The share is {share:.3%}."
            self.tally.mark(event.monotonic_ns, event.at, text, event.n, is_met=not is_low)

    def state(self, is_over: bool) -> State:
        share = self._report().uptime_share
        if share is None:
            return State.PENDING if self.tally.checked else State.UNUSED
        return State.FAIL if self._is_too_low(share) else State.PASS

    @property
    def worst(self) -> str:
        return "" if self._lowest is None else f"{self._lowest:.3%}"

    def text(self, state: State) -> str:
        report = self._report()
        if report.uptime_share is None:
            return "The connection has only just come to stand." if self.tally.checked else "No connection stood."
        return f"Up for {duration(report.up_ms)} and down for {duration(report.down_ms)}: {report.uptime_share:.3%}."

    def _is_too_low(self, share: float) -> bool:
        """More than all there is cannot be wanted."""
        return share <= self._wanted.share and share < 1


class FindingWatch(Watch):
    """The diagnosis, which runs beside, finds nothing graver; `findings` are those of now.

    `ns_of` turns Unix time into that of the river; `began_ns` is since when findings count, None before all events.
    """

    def __init__(
        self,
        expectation: NoFinding,
        findings: Callable[[], Sequence[Finding]],
        ns_of: Callable[[float], int],
        began_ns: Callable[[], int | None],
    ) -> None:
        super().__init__()
        order = list(Severity)
        self._wrong = frozenset(order[order.index(expectation.above) + 1 :])
        self._findings = findings
        self._ns_of, self._began_ns = ns_of, began_ns
        self._since_ns: int | None = None

    def verdict(self, expectation: Expectation, is_over: bool) -> Verdict:
        found = [
            one
            for each in self._findings()
            for one in (each, *each.dependants)
            if one.severity in self._wrong and self._counts(one.first_at_s)
        ]
        found.sort(key=lambda one: (one.first_at_s, one.rule))
        moments = tuple(
            Moment(self._ns_of(one.first_at_s), one.first_at_s, False, f"{one.title}.", tuple(one.evidence[:3]))
            for one in found[-MAX_MOMENTS:]
        )
        began_ns = self._began_ns()
        state = State.FAIL if found else State.UNUSED if began_ns is None else State.PASS
        names = ", ".join(dict.fromkeys(one.rule for one in found))
        text = f"{counted(len(found), 'finding')}: {names}." if found else "Nothing graver was found."
        return Verdict(
            expectation,
            state,
            "No event came yet." if state is State.UNUSED else text,
            evidence=moments[-1].evidence if moments else (),
            checked=int(began_ns is not None),
            failed=len(found),
            began_ns=began_ns,
            moments=moments,
        )

    def begin_anew(self) -> None:
        super().begin_anew()
        self._since_ns = self._began_ns()

    def _counts(self, at: float) -> bool:
        return self._since_ns is None or self._ns_of(at) > self._since_ns
