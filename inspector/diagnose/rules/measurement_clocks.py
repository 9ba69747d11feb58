"""Rules about clocks: how far the server's differs, and what only our own clock has ended."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from statistics import median
from typing import Any

from inspector.diagnose.context import Context
from inspector.diagnose.rule import Group, Rule, Watch
from inspector.diagnose.topics import Topic
from inspector.trace import events as ev
from inspector.trace.events import Severity
from inspector.trace.stamps import date_of, stamp_of

MAX_SAMPLES = 32
_HALF_SECOND = 0.5
"""A Date says the second, not where in it: on average it is half a second old."""
_NS = 1_000_000_000


class ClockSkew(Watch):
    """The median of what the server's clock is ahead of ours, from Date headers and stamped heartbeats.

    It says nothing of how long a message took: that would need both clocks to agree.
    """

    rules = ("clock-skew",)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._connection = 0
        self._ahead_s: deque[float] = deque(maxlen=MAX_SAMPLES)
        self._evidence: deque[int] = deque(maxlen=MAX_SAMPLES)
        self._told_s = 0.0

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {Topic.HTTP_RESPONSE: self._on_response, Topic.COMMENT: self._on_comment}

    def _on_response(self, event: ev.HeadersReceived) -> None:
        if event.ttfb_ms > self.thresholds.skew_wait_s * 1e3:
            return
        date = date_of(event)
        if date is not None:
            self._add(date + _HALF_SECOND - (event.at - event.ttfb_ms / 2e3), event)

    def _on_comment(self, event: ev.CommentReceived) -> None:
        stamp, exchange = stamp_of(event), self.context.exchanges.get(event.stream)
        since_ns = exchange.sent_ns if exchange is not None else event.monotonic_ns
        if stamp is not None and not self.context.timers.disturbed_since(since_ns):
            self._add(stamp - event.at, event)

    def _add(self, ahead_s: float, event: ev.TraceEvent) -> None:
        if event.connection != self._connection:  # it may be another server
            self._connection, self._told_s = event.connection, 0.0
            self._ahead_s.clear()
            self._evidence.clear()
        self._ahead_s.append(ahead_s)
        self._evidence.append(event.n)
        if len(self._ahead_s) >= self.thresholds.skew_samples:
            self._judge()

    def _judge(self) -> None:
        thresholds = self.thresholds
        middle = median(self._ahead_s)
        spread = median(abs(value - middle) for value in self._ahead_s)
        size = abs(middle)
        if spread >= thresholds.skew_spread_s:
            return
        if size <= thresholds.skew_note_s:
            self.over()
            return
        is_grave = size > thresholds.skew_warn_s
        if self._told_s and is_grave == (self._told_s > thresholds.skew_warn_s):
            return
        self._told_s = size
        direction = "ahead of" if middle > 0 else "behind"
        text = f"The server's clock is {size:,.1f} s {direction} ours, by {len(self._ahead_s)} of its time stamps."
        self.found(text, tuple(self._evidence), severity=Severity.WARN if is_grave else None)


class OwnTimeout(Watch):
    """Ends that are our own doing: a time limit of ours, or the sleep of this machine."""

    rules = ("own-timeout-not-server",)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._told_streams: deque[int] = deque(maxlen=MAX_SAMPLES)

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {Topic.END: self._on_end, Topic.FAILED: self._on_failed}

    def _on_end(self, event: ev.StreamEnded) -> None:
        exchange = self.context.exchanges.get(event.stream)
        if exchange is None or exchange.purpose.startswith("probe:"):
            return
        if event.cause is ev.EndCause.TIMED_OUT_BY_US:
            self._told_streams.append(exchange.stream)
            self.found(f"We ended the exchange after {event.age_ms / 1e3:.1f} s: {event.sentence}", exchange.evidence)
        elif event.cause not in _ORDERLY and self._has_just_slept(event, exchange.sent_ns):
            text = f"This machine slept while the connection was open; after that it was gone: {event.sentence}"
            self.found(text, exchange.evidence, grade="likely")

    def _has_just_slept(self, event: ev.StreamEnded, since_ns: int) -> bool:
        timers = self.context.timers
        woken_ns = int(self.thresholds.woken_s * _NS)
        return timers.slept_since(since_ns) and event.monotonic_ns - timers.slept_ns <= woken_ns

    def _on_failed(self, event: ev.ExchangeFailed) -> None:
        request = self.context.pending.get(event.request_n)
        if event.outcome is not ev.Outcome.TIMED_OUT or (request and request.stream in self._told_streams):
            return
        text = f"We gave up waiting for the answer to {event.method[:60]} after {event.elapsed_ms / 1e3:.1f} s."
        self.found(text, (event.request_n, event.n))


_ORDERLY = frozenset(
    {
        ev.EndCause.COMPLETE,
        ev.EndCause.END_OF_STREAM,
        ev.EndCause.REJECTED,
        ev.EndCause.CLOSED_BY_US,
        ev.EndCause.CANCELLED_BY_US,
    }
)
"""Ends that are no loss of the connection."""


RULES: tuple[Rule, ...] = (
    Rule(
        id="clock-skew",
        group=Group.MEASUREMENT,
        title="Server clock differs",
        severity=Severity.NOTE,
        symptom="Date headers and stamped heartbeats say another time than this machine, always by the same amount.",
        cause="One of the two machines does not synchronise its clock. From a minute on, tokens count as expired or "
        "as not valid yet.",
        fix="Run NTP on both machines; in a container, on its host.",
        source="RFC 9110 section 6.6.1, RFC 7519 section 4.1.4",
        link="https://www.rfc-editor.org/rfc/rfc9110#section-6.6.1",
        watch=ClockSkew,
    ),
    Rule(
        id="own-timeout-not-server",
        group=Group.MEASUREMENT,
        title="We closed it ourselves",
        severity=Severity.NOTE,
        symptom="An exchange ended by a time limit of this program, or because this machine slept.",
        cause="The limit in the settings of the connection is shorter than what the server needs; or the network was "
        "gone when the machine woke up. It says nothing about the server.",
        fix="Raise the time limit of the connection for slow tools, or let the server report progress: each report "
        "starts the limit anew.",
        source="MCP lifecycle: timeouts",
        link="https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle#timeouts",
        watch=OwnTimeout,
    ),
)
