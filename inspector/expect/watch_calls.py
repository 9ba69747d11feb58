"""Expectations about single calls: how soon something comes, how long nothing does, and whether they fail."""

from __future__ import annotations

from collections.abc import Sequence

from inspector.expect.calls import Call, Names, Settled, Told
from inspector.expect.deadlines import Deadlines
from inspector.expect.expectation import InTime, Milestone, NoErrors, NoGap, ProgressEvery
from inspector.expect.verdict import State
from inspector.expect.watch import Watch, calls_of, measure_gaps, no_call
from inspector.record.text import counted, duration, plain

_WHAT = {
    Milestone.EVENT: "its first event",
    Milestone.PROGRESS: "its first progress",
    Milestone.ANSWER: "its answer",
}


class _TimedWatch(Watch):
    """Waits for something of each call, for a limited time."""

    def __init__(self, of: str, limit_ns: int, limit: str) -> None:
        super().__init__()
        self.names = Names(of)
        self.of, self.limit = of, limit
        self.span_ns = limit_ns
        self._waiting = Deadlines[Call](limit_ns)

    @property
    def next_ns(self) -> int:
        return self._waiting.next_ns

    @property
    def is_waiting(self) -> bool:
        return len(self._waiting) > 0


class InTimeWatch(_TimedWatch):
    """Each call reaches a milestone in time."""

    def __init__(self, expectation: InTime) -> None:
        super().__init__(expectation.of, expectation.limit.ns, str(expectation.limit))
        self._milestone = expectation.milestone
        self._missing = 0
        """How many calls were overdue and have not reached it since."""

    def started(self, call: Call) -> None:
        self._waiting.start(call, call.sent_ns)

    def came(self, call: Call, events: Sequence[Told]) -> None:
        if self._milestone is Milestone.EVENT:
            self._reached(call, events[0].n, events[0].monotonic_ns, call.since_ms(events[0].monotonic_ns))

    def progressed(self, call: Call, events: Sequence[Told]) -> None:
        if self._milestone is Milestone.PROGRESS:
            self._reached(call, events[0].n, events[0].monotonic_ns, call.since_ms(events[0].monotonic_ns))

    def settled(self, call: Call, end: Settled) -> None:
        if self._milestone is not Milestone.PROGRESS and end.rtt_ms is not None:
            ms = end.rtt_ms if self._milestone is Milestone.ANSWER else call.since_ms(end.at_ns)
            self._reached(call, end.n, end.at_ns, ms)
            return
        start_ns, was_overdue = self._waiting.stop(call)
        if start_ns is None or was_overdue or end.is_cancelled or end.rtt_ms is not None:
            return
        self.tally.check(end.at_ns)
        text = f"{duration(call.since_ms(end.at_ns))} after the call it was over without {_WHAT[self._milestone]}"
        self.tally.fail(end.at_ns, call.at_of(end.at_ns), f"{text}: {end.failure}.", call.n, end.n)

    def due(self, before_ns: int) -> None:
        for call, due_ns in self._waiting.expire(before_ns):
            self.tally.check(due_ns)
            self._missing += 1
            text = f"{self.limit} after the call {_WHAT[self._milestone]} had not come."
            self.tally.fail(due_ns, call.at_of(due_ns), text, call.n)

    def _reached(self, call: Call, n: int, at_ns: int, ms: float) -> None:
        start_ns, was_overdue = self._waiting.stop(call)
        if start_ns is None:
            return
        self.tally.measure(ms, n)
        if was_overdue:
            self._missing -= 1
        else:
            self.tally.check(at_ns)

    @property
    def worst(self) -> str:
        """Of what has not come at all only the limit is known that it has passed."""
        is_known = not self._missing or (self.tally.worst_ms or 0.0) * 1e6 > self.span_ns
        return super().worst if is_known else f"over {self.limit}"

    def text(self, state: State) -> str:
        what = str(self._milestone)
        if state is State.UNUSED:
            return no_call(self.of)
        if state is State.PENDING:
            return f"Waiting for the {what} of a call."
        if state is State.PASS:
            return f"In time in {counted(self.tally.checked, 'call')}; the slowest {what} took {self.worst}."
        slowest = f"; the slowest took {self.worst}" if self.worst else ""
        return f"Not in time in {self.tally.failed:,} of {counted(self.tally.checked, 'call')}{slowest}."


class GapWatch(_TimedWatch):
    """No silence between the events of a call; the time before the first is none."""

    def __init__(self, expectation: NoGap) -> None:
        super().__init__(expectation.of, expectation.limit.ns, str(expectation.limit))
        self._last_n: dict[int, int] = {}

    def came(self, call: Call, events: Sequence[Told]) -> None:
        before_ns, was_overdue = self._waiting.stop(call)
        measure_gaps(self.tally, events, before_ns)
        gaps = len(events) - (before_ns is None) - was_overdue
        if gaps:
            self.tally.check(events[0].monotonic_ns, gaps)
        self._waiting.start(call, events[-1].monotonic_ns)
        self._last_n[call.n] = events[-1].n

    def settled(self, call: Call, end: Settled) -> None:
        before_ns, _ = self._waiting.stop(call)
        self._last_n.pop(call.n, None)
        if before_ns is not None and end.rtt_ms is None:  # an answer has come as an event
            self.tally.measure((end.at_ns - before_ns) / 1e6, end.n)

    def due(self, before_ns: int) -> None:
        for call, due_ns in self._waiting.expire(before_ns):
            last_n = self._last_n.get(call.n)
            self.tally.check(due_ns)
            self.tally.measure(self.span_ns / 1e6, last_n)
            text = f"For {self.limit} nothing came in the call."
            self.tally.fail(due_ns, call.at_of(due_ns), text, call.n, last_n)

    def text(self, state: State) -> str:
        if state in (State.UNUSED, State.PENDING):
            return f"No two events of a {calls_of(self.of)} came yet."
        if state is State.PASS:
            return f"The longest of {counted(self.tally.checked, 'silence')} in calls was {self.worst}."
        return f"{counted(self.tally.failed, 'silence')} over {self.limit}; the longest was {self.worst}."


class ProgressWatch(_TimedWatch):
    """While a call runs, progress is told again and again; its answer counts as the last."""

    def __init__(self, expectation: ProgressEvery) -> None:
        super().__init__(expectation.of, expectation.limit.ns, str(expectation.limit))

    def started(self, call: Call) -> None:
        self._waiting.start(call, call.sent_ns)

    def progressed(self, call: Call, events: Sequence[Told]) -> None:
        before_ns = self._stop(call, events[0])
        if before_ns is None:
            return
        measure_gaps(self.tally, events, before_ns)
        self._waiting.start(call, events[-1].monotonic_ns)

    def settled(self, call: Call, end: Settled) -> None:
        before_ns, was_overdue = self._waiting.stop(call)
        if before_ns is None or (end.is_cancelled and not was_overdue):
            return
        self.tally.measure((end.at_ns - before_ns) / 1e6, end.n)
        if not was_overdue:
            self.tally.check(end.at_ns)

    def due(self, before_ns: int) -> None:
        for call, due_ns in self._waiting.expire(before_ns):
            self.tally.check(due_ns)
            self.tally.measure(self.span_ns / 1e6, call.n)
            text = f"For {self.limit} the call told no progress."
            self.tally.fail(due_ns, call.at_of(due_ns), text, call.n)

    def text(self, state: State) -> str:
        if state is State.UNUSED:
            return no_call(self.of)
        if state is State.PENDING:
            return "Waiting for progress or the answer of a call."
        if state is State.PASS:
            return f"The longest time without progress was {self.worst}."
        times = counted(self.tally.failed, "time")
        return f"{times} no progress came for {self.limit}; the longest wait was {self.worst}."

    def _stop(self, call: Call, event: Told) -> int | None:
        before_ns, was_overdue = self._waiting.stop(call)
        if before_ns is not None and not was_overdue:
            self.tally.check(event.monotonic_ns)
        return before_ns


class ErrorsWatch(Watch):
    """Every call is answered, and not with an error."""

    def __init__(self, expectation: NoErrors) -> None:
        super().__init__()
        self.of = expectation.of
        self.names = Names(expectation.of)
        self._open = 0

    def started(self, call: Call) -> None:
        self._open += 1

    def settled(self, call: Call, end: Settled) -> None:
        self._open -= 1
        if end.is_cancelled:
            return
        self.tally.check(end.at_ns)
        if end.failure:
            text = f"The {calls_of(plain(call.name or call.method))} failed: {end.failure}."
            self.tally.fail(end.at_ns, call.at_of(end.at_ns), text, call.n, end.n)

    @property
    def is_waiting(self) -> bool:
        return self._open > 0

    def text(self, state: State) -> str:
        if state is State.UNUSED:
            return no_call(self.of)
        if state is State.PENDING:
            return "Waiting for the answer of a call."
        if state is State.PASS:
            return f"{counted(self.tally.checked, 'call')} answered without an error."
        return f"{self.tally.failed:,} of {counted(self.tally.checked, 'call')} failed; {self._latest()}"

    def _latest(self) -> str:
        return f"the latest: {self.tally.moments[-1].text}"
