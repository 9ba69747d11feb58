"""How far the server's clock is ahead of ours, as far as its stamps tell.

A stamp that was written between our request and its answer bounds the difference from both sides (Cristian's method);
what all bounds have in common is the estimate (as the intersection of RFC 5905 section 11.2.1 finds it). It is shown,
and never subtracted in silence: a one-way time is raw, or corrected, and then only as sure as the estimate.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from inspector.trace.events import (
    CommentReceived,
    Direction,
    HeadersReceived,
    Message,
    RequestSent,
    StreamEnded,
    ToolStep,
    TraceEvent,
)
from inspector.trace.fold import Fold
from inspector.trace.stamps import date_of, written_at

MAX_BOUNDS = 64
"""The newest so many bounds count."""
DRIFT = 100e-6
"""So much of the time that passes two clocks may drift apart: a bound gets wider with its age (RFC 5905, `PHI`)."""
MAX_STRANGERS = 3
"""So many bounds in a row that agree with each other, and not with the estimate: a clock was set."""
MAX_CONNECTIONS = 64
MAX_EXCHANGES = 10_000
"""In a damaged recording exchanges may never end."""
MAX_STAMPED = 8
"""In so many of the first messages of a stream a stamp is looked for, and in none any more if they have none."""
DATE_S = 1.0
"""A Date says the second (RFC 9110 section 5.6.7), not where in it."""
DATE_LAG_S = 1.0
"""Servers write the Date anew only about once a second (uvicorn does so)."""
_MAX_WAIT_MS = 60_000.0


@dataclass(frozen=True, slots=True)
class ClockOffset:
    """The server's clock is `ahead_ms` ahead of ours (behind if negative), give or take `uncertainty_ms`.

    It rests on `bounds` stamps. `moves` counts how often the difference moved away from what all stamps had said.
    """

    ahead_ms: float
    uncertainty_ms: float
    bounds: int
    moves: int

    def corrected_ms(self, raw_ms: float) -> float:
        """A time from the server's stamp to our clock, as if both clocks agreed; as unsure as the estimate."""
        return raw_ms + self.ahead_ms

    @property
    def words(self) -> str:
        """The estimate as a sentence."""
        direction = "ahead of" if self.ahead_ms > 0 else "behind"
        unsure = _number(self.uncertainty_ms)
        if abs(self.ahead_ms) <= self.uncertainty_ms:
            return f"The server's clock agrees with ours, as far as its stamps tell (±{unsure} ms)."
        return f"The server's clock is {_number(abs(self.ahead_ms))} ms {direction} ours (±{unsure} ms)."


@dataclass(frozen=True, slots=True)
class _Bound:
    """By how many seconds the server's clock is ahead, at least and at most, as of time zero of our clock.

    As every bound widens by the same each second, it does not matter when they are compared.
    """

    low_s: float
    high_s: float


class _Estimate:
    """What the bounds of one connection have in common."""

    def __init__(self) -> None:
        self._kept: deque[_Bound] = deque(maxlen=MAX_BOUNDS)
        self._strangers: list[_Bound] = []
        self._common = _Bound(-math.inf, math.inf)
        self._drift_s = 0.0
        self._moves = 0

    def add(self, low_s: float, high_s: float, monotonic_ns: int) -> None:
        """A bound that contradicts the others is left out, unless the next ones say the same."""
        if not (math.isfinite(low_s) and low_s <= high_s):
            return
        drift_s = self._drift_s = monotonic_ns / 1e9 * DRIFT
        bound = _Bound(low_s + drift_s, high_s - drift_s)
        common = self._shared((self._common, bound))
        if common is not None:
            is_full = len(self._kept) == MAX_BOUNDS
            self._kept.append(bound)
            self._strangers.clear()
            self._common = (self._shared(self._kept) or common) if is_full else common
            return
        self._strangers.append(bound)
        while (common := self._shared(self._strangers)) is None:
            del self._strangers[0]
        if len(self._strangers) >= MAX_STRANGERS:
            self._kept = deque(self._strangers, maxlen=MAX_BOUNDS)
            self._strangers.clear()
            self._common = common
            self._moves += 1

    def offset(self) -> ClockOffset | None:
        low_s, high_s = self._common.low_s - self._drift_s, self._common.high_s + self._drift_s
        if not (math.isfinite(low_s) and math.isfinite(high_s)):
            return None
        return ClockOffset((low_s + high_s) * 500, (high_s - low_s) * 500, len(self._kept), self._moves)

    def _shared(self, bounds: Sequence[_Bound]) -> _Bound | None:
        """What the bounds have in common now; None if they contradict each other."""
        low_s, high_s = max(bound.low_s for bound in bounds), min(bound.high_s for bound in bounds)
        return _Bound(low_s, high_s) if low_s - self._drift_s <= high_s + self._drift_s else None


@dataclass(slots=True)
class _Exchange:
    """A stream on which stamps may come; `sent_at` is when its request left, None if stamps may be older than that."""

    sent_at: float | None
    is_aside: bool
    tries: int = 0
    has_stamps: bool = False
    next_ns: float = 0
    """No stamp is looked for before."""

    def tried(self, monotonic_ns: int, *, found: bool) -> None:
        """Often at first, then once a second, and not any more where no stamps are."""
        self.tries += 1
        self.has_stamps = self.has_stamps or found
        if self.tries >= MAX_STAMPED:
            self.next_ns = monotonic_ns + 1e9 if self.has_stamps else math.inf


class ClockOffsets(Fold):
    """A fold over the river: what the stamps of each connection tell of the server's clock."""

    def __init__(self) -> None:
        self._estimates: dict[int, _Estimate] = {}
        self._exchanges: dict[int | None, _Exchange] = {}
        super().__init__(
            {
                RequestSent: self._on_request,
                HeadersReceived: self._on_headers,
                CommentReceived: self._on_block,
                ToolStep: self._on_block,
                StreamEnded: self._on_ended,
            },
            {Message: self._on_messages},
        )

    def offset(self, connection: int | None = None) -> ClockOffset | None:
        """What is known of a connection, or of the latest one; None while stamps bound it from one side at most."""
        if connection is None:
            connection = next(reversed(self._estimates), None)
        estimate = None if connection is None else self._estimates.get(connection)
        return None if estimate is None else estimate.offset()

    def _on_request(self, request: RequestSent) -> None:
        """What a GET brings may have been written long before, and sign-ins talk to other servers."""
        sent_at = request.at if request.method == "POST" else None
        self._exchanges[request.stream] = _Exchange(sent_at, request.purpose.startswith("oauth"))
        if len(self._exchanges) > MAX_EXCHANGES:
            del self._exchanges[next(iter(self._exchanges))]

    def _on_headers(self, headers: HeadersReceived) -> None:
        exchange = self._exchanges.get(headers.stream)
        date = date_of(headers)
        if date is None or (exchange is not None and exchange.is_aside) or not 0 <= headers.ttfb_ms <= _MAX_WAIT_MS:
            return
        sent_at = headers.at - headers.ttfb_ms / 1e3
        self._add(headers, date - headers.at, date + DATE_S + DATE_LAG_S - sent_at)

    def _on_messages(self, messages: list[Message]) -> None:
        stream = messages[0].stream
        exchange = self._exchanges.get(stream)
        is_early = exchange is None or messages[-1].monotonic_ns < exchange.next_ns
        if is_early and [message.stream for message in messages].count(stream) == len(messages):
            return
        for message in messages:
            self._on_block(message)

    def _on_block(self, block: Message | ToolStep | CommentReceived) -> None:
        exchange = self._exchanges.get(block.stream)
        if exchange is None or block.monotonic_ns < exchange.next_ns or block.direction is Direction.OUTBOUND:
            return
        stamp = None if exchange.is_aside else written_at(block)
        exchange.tried(block.monotonic_ns, found=stamp is not None)
        if stamp is None:
            return
        width_s = 1.0 if stamp.is_integer() else 0.001
        high_s = math.inf if exchange.sent_at is None else stamp + width_s - exchange.sent_at
        self._add(block, stamp - block.at, high_s)

    def _on_ended(self, ended: StreamEnded) -> None:
        self._exchanges.pop(ended.stream, None)

    def _add(self, event: TraceEvent, low_s: float, high_s: float) -> None:
        estimate = self._estimates.get(event.connection)
        if estimate is None:
            estimate = self._estimates[event.connection] = _Estimate()
            if len(self._estimates) > MAX_CONNECTIONS:
                del self._estimates[next(iter(self._estimates))]
        estimate.add(low_s, high_s, event.monotonic_ns)


def _number(ms: float) -> str:
    """With as many digits as the eye takes in."""
    return f"{ms:,.0f}" if ms >= 9.95 else f"{ms:.1f}"
