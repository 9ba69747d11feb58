"""What every watch has: an expectation, a tally, and the things it may be told of; each listens to what it needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from inspector.expect.calls import Call, CallBook, Names, Settled, Told
from inspector.expect.deadlines import MAX_WAITING, NEVER_NS, Deadlines
from inspector.expect.expectation import Duration, Expectation
from inspector.expect.verdict import State, Tally, Verdict
from inspector.record.text import duration
from inspector.trace.events import AnyEvent, HeadersReceived, StateChanged, StreamEnded


class Watch:
    """Judges one expectation. `filter` is that of the events it wants, `names` those of the calls, None for none.

    `wants_streams` and `wants_availability` ask for the rest. `span_ns` is the shortest time that makes a difference:
    alike events that came within it, with nothing due among them, are told together.
    """

    filter = ""
    names: Names | None = None
    wants_streams = False
    wants_availability = False
    span_ns = NEVER_NS

    def __init__(self) -> None:
        self.tally = Tally()

    @property
    def next_ns(self) -> int:
        """When something is due next."""
        return NEVER_NS

    def due(self, before_ns: int) -> None:
        """The river has come to a time; what was due before it did not happen."""

    def begin_anew(self) -> None:
        """Forget what was counted, and go on with what is under way."""
        self.tally = Tally()

    def started(self, call: Call) -> None:
        """A call of `names` was sent."""

    def came(self, call: Call, events: Sequence[Told]) -> None:
        """Events of a call came, the one that answers it included."""

    def progressed(self, call: Call, events: Sequence[Told]) -> None:
        """Progress of a call was told."""

    def settled(self, call: Call, end: Settled) -> None:
        """A call is over."""

    def passed(self, at_ns: int, count: int) -> None:
        """So many events were asked whether they fit `filter`, from a time on."""

    def fitted(self, events: Sequence[AnyEvent], book: CallBook) -> None:
        """Events fit `filter`; they are told before their calls hear of them."""

    def opened(self, headers: HeadersReceived) -> None:
        """An event stream begins."""

    def stirred(self, stream: int, events: Sequence[Any]) -> None:
        """Something came on a stream."""

    def ended(self, ended: StreamEnded) -> None:
        """A stream is over."""

    def available(self, share: float | None, event: StateChanged) -> None:
        """The connection moved, and was up for so much of the time until now."""

    def state(self, is_over: bool) -> State:
        """Where the expectation stands; `is_over`: nothing will follow."""
        if self.tally.failed:
            return State.FAIL
        return State.PASS if self.tally.checked else State.PENDING if self.is_waiting else State.UNUSED

    @property
    def is_waiting(self) -> bool:
        """Whether something is under way that will be judged."""
        return False

    def text(self, state: State) -> str:
        """The verdict in one sentence."""
        raise NotImplementedError

    @property
    def worst(self) -> str:
        """The worst that was measured, in words."""
        return "" if self.tally.worst_ms is None else duration(self.tally.worst_ms)

    def verdict(self, expectation: Expectation, is_over: bool) -> Verdict:
        """How things stand."""
        state, tally = self.state(is_over), self.tally
        return Verdict(
            expectation=expectation,
            state=state,
            text=self.text(state),
            evidence=tally.evidence,
            checked=tally.checked,
            failed=tally.failed,
            worst=self.worst,
            began_ns=tally.began_ns,
            moments=tuple(tally.moments),
        )


class SilenceWatch(Watch):
    """Waits on each stream for the next sign of life; `nothing` is what it calls a silence."""

    wants_streams = True
    nothing = "nothing"

    def __init__(self, limit: Duration) -> None:
        super().__init__()
        self.limit = str(limit)
        self.span_ns = limit.ns
        self._waiting = Deadlines[int](limit.ns)
        self._last: dict[int, tuple[int, int, float]] = {}

    @property
    def next_ns(self) -> int:
        return self._waiting.next_ns

    def due(self, before_ns: int) -> None:
        for stream, due_ns in self._waiting.expire(before_ns):
            n, at_ns, at = self._last[stream]
            self.tally.check(due_ns)
            self.tally.measure(self.span_ns / 1e6, n)
            text = f"For {self.limit} {self.nothing} came on stream {stream}."
            self.tally.fail(due_ns, at + (due_ns - at_ns) / 1e9, text, n)

    def _start(self, stream: int, event: Any) -> None:
        """Wait from this event on."""
        self._waiting.start(stream, event.monotonic_ns)
        self._last.pop(stream, None)  # so that both forget the same stream
        if len(self._last) >= MAX_WAITING:
            del self._last[next(iter(self._last))]
        self._last[stream] = event.n, event.monotonic_ns, event.at


def measure_gaps(tally: Tally, events: Sequence[Any], before_ns: int | None) -> None:
    """Remember the longest time between events that follow each other, the one before them included."""
    first, *others = events
    spread_ns = events[-1].monotonic_ns - (first.monotonic_ns if before_ns is None else before_ns)
    if tally.worst_ms is not None and spread_ns / 1e6 <= tally.worst_ms:
        return  # no gap among them can be longer
    for event in events if before_ns is not None else others:
        if before_ns is None:
            before_ns = first.monotonic_ns
        tally.measure((event.monotonic_ns - before_ns) / 1e6, event.n)
        before_ns = event.monotonic_ns


def no_call(of: str) -> str:
    """Why a verdict on calls cannot be given."""
    return f"No {calls_of(of)} was there to be judged by."


def calls_of(of: str) -> str:
    """The calls that a name means, in words."""
    return f"call of {of}" if of else "call of a tool"
