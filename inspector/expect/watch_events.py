"""Expectations about events that fit a filter: that they come, in time, often enough, without a pause, or never."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from inspector.expect.calls import Call, CallBook, Names, Settled
from inspector.expect.deadlines import MAX_WAITING, Deadlines
from inspector.expect.expectation import AtLeast, EventWithin, Never, NoGap
from inspector.expect.verdict import State
from inspector.expect.watch import SilenceWatch, Watch, no_call
from inspector.record.text import counted
from inspector.trace.events import AnyEvent, Direction, StreamEnded


class EventWithinWatch(Watch):
    """After each call an event comes in time: one of the call itself, or one that belongs to no call."""

    def __init__(self, expectation: EventWithin) -> None:
        super().__init__()
        self.filter, self.limit, self.of = expectation.filter, str(expectation.limit), expectation.of
        self.names = Names(expectation.of)
        self.span_ns = expectation.limit.ns
        self._waiting = Deadlines[int](expectation.limit.ns)
        self._calls: dict[int, Call] = {}

    @property
    def next_ns(self) -> int:
        return self._waiting.next_ns

    @property
    def is_waiting(self) -> bool:
        return len(self._waiting) > 0

    def started(self, call: Call) -> None:
        if len(self._calls) >= MAX_WAITING:
            oldest = next(iter(self._calls))
            del self._calls[oldest]
            self._waiting.stop(oldest)
        self._calls[call.n] = call
        self._waiting.start(call.n, call.sent_ns)

    def settled(self, call: Call, end: Settled) -> None:
        if end.is_cancelled:
            self._waiting.stop(call.n)
            self._calls.pop(call.n, None)

    def fitted(self, events: Sequence[AnyEvent], book: CallBook) -> None:
        for event in events if self._calls else ():
            if event.direction is Direction.OUTBOUND:
                continue
            owner_n = book.owner_n(event)
            for n in tuple(self._calls) if owner_n is None else (owner_n,):
                self._came(n, event)

    def due(self, before_ns: int) -> None:
        for n, due_ns in self._waiting.expire(before_ns):
            call = self._calls.pop(n)
            self.tally.check(due_ns)
            self.tally.measure(call.since_ms(due_ns), n)
            text = f"Within {self.limit} of the call no such event came."
            self.tally.fail(due_ns, call.at_of(due_ns), text, n)

    def _came(self, n: int, event: AnyEvent) -> None:
        call = self._calls.pop(n, None)
        if call is not None:
            self._waiting.stop(n)
            self.tally.check(event.monotonic_ns)
            self.tally.measure(call.since_ms(event.monotonic_ns), event.n)

    def text(self, state: State) -> str:
        if state is State.UNUSED:
            return no_call(self.of)
        if state is State.PENDING:
            return "Waiting for the event after a call."
        if state is State.PASS:
            return f"It came after each of {counted(self.tally.checked, 'call')}, at the latest {self.worst} later."
        return f"It did not come within {self.limit} of {self.tally.failed:,} of {counted(self.tally.checked, 'call')}."


class AtLeastWatch(Watch):
    """So many events come in all."""

    def __init__(self, expectation: AtLeast) -> None:
        super().__init__()
        self.filter, self._wanted = expectation.filter, expectation.count
        self._count = 0

    def fitted(self, events: Sequence[AnyEvent], book: CallBook) -> None:
        self._count += len(events)
        if self._count >= self._wanted > self._count - len(events):
            first = events[self._wanted - self._count - 1]
            self.tally.check(first.monotonic_ns)
            self.tally.mark(first.monotonic_ns, first.at, "There were enough.", first.n, is_met=True)

    def begin_anew(self) -> None:
        super().begin_anew()
        self._count = 0

    def passed(self, at_ns: int, count: int) -> None:
        if self.tally.began_ns is None:
            self.tally.began_ns = at_ns

    def state(self, is_over: bool) -> State:
        if self._count >= self._wanted:
            return State.PASS
        if self.tally.began_ns is None:
            return State.UNUSED
        return State.FAIL if is_over else State.PENDING

    @property
    def worst(self) -> str:
        return f"{self._count:,}" if self.tally.began_ns is not None else ""

    def text(self, state: State) -> str:
        if state is State.UNUSED:
            return "No event came yet."
        return f"{counted(self._count, 'such event')} came, at least {self._wanted:,} are wanted."


class AtLeastInCallWatch(Watch):
    """So many events come during each call, its answer included: of the call itself, or of none."""

    def __init__(self, expectation: AtLeast) -> None:
        super().__init__()
        self.filter, self.of, self._wanted = expectation.filter, expectation.of, expectation.count
        self.names = Names(expectation.of)
        self._counts: dict[int, int] = {}
        self._fewest: int | None = None

    @property
    def is_waiting(self) -> bool:
        return bool(self._counts)

    def begin_anew(self) -> None:
        super().begin_anew()
        self._fewest = None

    def started(self, call: Call) -> None:
        self._counts[call.n] = 0

    def fitted(self, events: Sequence[AnyEvent], book: CallBook) -> None:
        for event in events if self._counts else ():
            if event.direction is Direction.OUTBOUND:
                continue
            owner_n = book.owner_n(event)
            for n in tuple(self._counts) if owner_n is None else (owner_n,):
                if n in self._counts:
                    self._counts[n] += 1

    def settled(self, call: Call, end: Settled) -> None:
        count = self._counts.pop(call.n, None)
        if count is None or end.is_cancelled:
            return
        self.tally.check(end.at_ns)
        self._fewest = count if self._fewest is None else min(count, self._fewest)
        if count < self._wanted:
            text = f"During the call {counted(count, 'such event')} came."
            self.tally.fail(end.at_ns, call.at_of(end.at_ns), text, call.n, end.n)

    @property
    def worst(self) -> str:
        return "" if self._fewest is None else f"{self._fewest:,}"

    def text(self, state: State) -> str:
        if state is State.UNUSED:
            return no_call(self.of)
        if state is State.PENDING:
            return "Waiting for the end of a call."
        if state is State.PASS:
            return f"In each of {counted(self.tally.checked, 'call')} at least {self.worst} came."
        few = f"{self.tally.failed:,} of {counted(self.tally.checked, 'call')}"
        return f"Fewer than {self._wanted:,} came in {few}; the fewest were {self.worst}."


class NeverWatch(Watch):
    """No event fits."""

    def __init__(self, expectation: Never) -> None:
        super().__init__()
        self.filter = expectation.filter

    def passed(self, at_ns: int, count: int) -> None:
        self.tally.check(at_ns, count)

    def fitted(self, events: Sequence[AnyEvent], book: CallBook) -> None:
        for event in events:
            self.tally.fail(event.monotonic_ns, event.at, "Such an event came.", event.n)

    def text(self, state: State) -> str:
        if state is State.FAIL:
            return f"{counted(self.tally.failed, 'such event')} came, of {counted(self.tally.checked, 'event')}."
        return (
            f"None of {counted(self.tally.checked, 'event')} is such." if self.tally.checked else "No event came yet."
        )


class GapBetweenWatch(SilenceWatch):
    """No silence between the events of a stream that fit, from the first of them until the stream ends."""

    nothing = "no such event"

    def __init__(self, expectation: NoGap) -> None:
        super().__init__(expectation.limit)
        self.filter = expectation.filter

    def fitted(self, events: Sequence[AnyEvent], book: CallBook) -> None:
        for event in events:
            if event.direction is Direction.INBOUND and event.stream is not None:
                self._came(event.stream, event)

    def ended(self, ended: StreamEnded) -> None:
        if ended.stream is not None:
            self._measure(ended.stream, ended)
            self._last.pop(ended.stream, None)

    def _came(self, stream: int, event: AnyEvent) -> None:
        is_first = stream not in self._last
        was_overdue = self._measure(stream, event)
        if not is_first and not was_overdue:
            self.tally.check(event.monotonic_ns)
        self._start(stream, event)

    def _measure(self, stream: int, event: Any) -> bool:
        before_ns, was_overdue = self._waiting.stop(stream)
        if before_ns is not None:
            self.tally.measure((event.monotonic_ns - before_ns) / 1e6, event.n)
        return was_overdue and before_ns is not None

    def text(self, state: State) -> str:
        if state in (State.UNUSED, State.PENDING):
            return "No two such events came on a stream yet."
        if state is State.PASS:
            return f"The longest of {counted(self.tally.checked, 'silence')} was {self.worst}."
        return f"{counted(self.tally.failed, 'silence')} over {self.limit}; the longest was {self.worst}."
