"""How long the server takes, per method and per tool."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter

from inspector.stats.histogram import Histogram
from inspector.trace.events import (
    CommentReceived,
    Direction,
    ExchangeFailed,
    FrameReceived,
    Framing,
    HeadersReceived,
    Message,
    MessageType,
    Outcome,
    RequestId,
    StreamEnded,
    ToolStep,
)
from inspector.trace.fold import Fold

_likeness = attrgetter("monotonic_ns", "stream", "request_n", "message_type", "direction", "framing")
MAX_KEYS = 1_000
OTHER_KEY = "(other methods)"
TOTAL_KEY = "(all methods)"
_MAX_NAME = 200


@dataclass(frozen=True, slots=True)
class LatencyRow:
    """The figures of one method, or of one tool (`tools/call echo`); a figure without a sample is None.

    `count` requests were sent: `errors` of them answered with an error or a failed tool, `lost`, `timed_out` and
    `cancelled` never answered. `slowest_n` is the number of the request with the longest round trip.
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


@dataclass(slots=True)
class _Series:
    """What was counted under one key."""

    key: str
    count: int = 0
    in_flight: int = 0
    errors: int = 0
    lost: int = 0
    timed_out: int = 0
    cancelled: int = 0
    slowest_n: int | None = None
    rtt: Histogram = field(default_factory=Histogram)
    ttfb: Histogram = field(default_factory=Histogram)
    ttfe: Histogram = field(default_factory=Histogram)
    gap: Histogram = field(default_factory=Histogram)

    def answered(self, rtt_ms: float, request_n: int) -> None:
        if self.rtt.max is None or rtt_ms > self.rtt.max:
            self.slowest_n = request_n
        self.rtt.add(rtt_ms)

    def merge(self, other: _Series) -> None:
        if other.rtt.max is not None and (self.rtt.max is None or other.rtt.max > self.rtt.max):
            self.slowest_n = other.slowest_n
        for name in ("count", "in_flight", "errors", "lost", "timed_out", "cancelled"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("rtt", "ttfb", "ttfe", "gap"):
            getattr(self, name).merge(getattr(other, name))

    def row(self) -> LatencyRow:
        p50_ms, p95_ms, p99_ms = self.rtt.percentiles(50, 95, 99)
        gap_p50_ms, gap_p95_ms = self.gap.percentiles(50, 95)
        return LatencyRow(
            key=self.key,
            count=self.count,
            in_flight=self.in_flight,
            errors=self.errors,
            lost=self.lost,
            timed_out=self.timed_out,
            cancelled=self.cancelled,
            last_ms=self.rtt.last,
            p50_ms=p50_ms,
            p95_ms=p95_ms,
            p99_ms=p99_ms,
            max_ms=self.rtt.max,
            ttfb_p50_ms=self.ttfb.percentile(50),
            ttfe_p50_ms=self.ttfe.percentile(50),
            gap_p50_ms=gap_p50_ms,
            gap_p95_ms=gap_p95_ms,
            gap_max_ms=self.gap.max,
            slowest_n=self.slowest_n,
        )


@dataclass(slots=True)
class _Call:
    """A request of ours on its way, and what came on its stream so far."""

    series: _Series
    sent_ns: int
    id: tuple[int, RequestId] | None = None
    waiting: bool = True
    last_event_ns: int | None = None

    def arrived(self, monotonic_ns: int) -> None:
        if self.waiting:
            self.waiting = False
            self.series.ttfe.add((monotonic_ns - self.sent_ns) / 1e6)


class LatencyStats(Fold):
    """A fold over the river: the requests we sent, what became of them and how fast.

    The server's own requests (`sampling/createMessage` ...) are not in it: how fast we answer is not its merit.
    """

    def __init__(self) -> None:
        self._series: dict[str, _Series] = {}
        self._pending: dict[int, _Call] = {}
        self._ids: dict[tuple[int, RequestId], _Call] = {}
        self._streams: dict[int | None, _Call] = {}
        super().__init__(
            {
                ToolStep: self._on_step,
                FrameReceived: self._on_event,
                CommentReceived: self._on_comment,
                HeadersReceived: self._on_headers,
                ExchangeFailed: self._on_failed,
                StreamEnded: self._on_ended,
            },
            {Message: self._on_messages},
        )

    def rows(self) -> list[LatencyRow]:
        """One row per method or tool, in the order of first use."""
        return [series.row() for series in self._series.values()]

    def total(self) -> LatencyRow:
        """The figures of all methods together."""
        total = _Series(TOTAL_KEY)
        for series in self._series.values():
            total.merge(series)
        return total.row()

    @property
    def last_ms(self) -> float | None:
        """What `total` says, without the work for the other figures."""
        return next((series.rtt.last for series in reversed(self._series.values()) if series.rtt.count), None)

    def _on_messages(self, messages: list[Message]) -> None:
        """Of alike notifications that one read brought, only the first can tell of time."""
        for _, group in groupby(messages, _likeness):
            alike = list(group)
            first = alike[0]
            self._on_message(first)
            if len(alike) == 1:
                continue
            call = self._streams.get(first.stream)
            if first.message_type is not MessageType.NOTIFICATION or first.direction is not Direction.INBOUND:
                for message in alike[1:]:
                    self._on_message(message)
            elif first.framing is Framing.SSE and call is not None:
                call.series.gap.add_zeros(len(alike) - 1)

    def _on_message(self, message: Message) -> None:
        if message.direction is not Direction.INBOUND:
            if message.message_type is MessageType.REQUEST:
                self._on_message_sent(message)
            return
        if message.framing is Framing.SSE:
            self._on_event(message)
        if message.request_n is not None:
            self._on_related(message, message.request_n)

    def _on_message_sent(self, request: Message) -> None:
        """An id that still waits is that of a request which is sent again: after a sign-in, or in a new session."""
        key = request.connection, request.id
        waiting = self._ids.get(key)
        if waiting is not None:
            if request.stream is not None:
                self._streams.setdefault(request.stream, waiting)
            return
        call = self._on_request(request, request.method or "", request.name)
        if request.id is not None:
            call.id = key
            self._ids[key] = call

    def _take(self, request_n: int) -> _Call | None:
        """The request is settled: its id may come back as that of another."""
        call = self._pending.pop(request_n, None)
        if call is not None and call.id is not None:
            self._ids.pop(call.id, None)
        return call

    def _on_step(self, step: ToolStep) -> None:
        if step.direction is not Direction.INBOUND:
            if step.request_n is None:
                self._on_request(step, "tools/call", step.tool)
            elif step.request_n in self._pending and step.stream is not None:  # sent again after a sign-in
                self._streams.setdefault(step.stream, self._pending[step.request_n])
            return
        if step.framing is Framing.SSE:
            self._on_event(step)
        if step.request_n is not None and step.rtt_ms is not None:
            call = self._take(step.request_n)
            if call is not None:
                self._settle(call, step.request_n, step.rtt_ms, failed=step.step == "error")

    def _on_request(self, request: Message | ToolStep, method: str, name: str | None) -> _Call:
        series = self._series_of(method, name)
        series.count += 1
        series.in_flight += 1
        call = _Call(series, request.monotonic_ns)
        self._pending[request.n] = call
        if request.stream is not None:
            self._streams.setdefault(request.stream, call)
        return call

    def _series_of(self, method: str, name: str | None) -> _Series:
        key = f"{method} {name[:_MAX_NAME]}" if method == "tools/call" and name else method
        series = self._series.get(key)
        if series is None:
            if len(self._series) >= MAX_KEYS:
                key = OTHER_KEY
            series = self._series.setdefault(key, _Series(key))
        return series

    def _on_event(self, event: Message | FrameReceived | ToolStep) -> None:
        call = self._streams.get(event.stream)
        if call is None:
            return
        call.arrived(event.monotonic_ns)
        if call.last_event_ns is not None:
            call.series.gap.add((event.monotonic_ns - call.last_event_ns) / 1e6)
        call.last_event_ns = event.monotonic_ns

    def _on_comment(self, comment: CommentReceived) -> None:
        call = self._streams.get(comment.stream)
        if call is not None:
            call.arrived(comment.monotonic_ns)

    def _on_related(self, message: Message, request_n: int) -> None:
        call = self._pending.get(request_n)
        if call is None:
            return
        if message.framing is not Framing.BODY:
            # HTTP+SSE answers on the GET stream, so the first event need not come on the request's own stream
            call.arrived(message.monotonic_ns)
        if message.message_type in (MessageType.RESPONSE, MessageType.ERROR):
            self._take(request_n)
            self._on_answer(message, call, request_n)

    def _on_answer(self, answer: Message, call: _Call, request_n: int) -> None:
        rtt_ms = (answer.monotonic_ns - call.sent_ns) / 1e6 if answer.rtt_ms is None else answer.rtt_ms
        failed = answer.message_type is MessageType.ERROR or answer.is_tool_error
        self._settle(call, request_n, rtt_ms, failed=failed)

    def _settle(self, call: _Call, request_n: int, rtt_ms: float, *, failed: bool) -> None:
        series = call.series
        series.in_flight -= 1
        series.errors += failed
        series.answered(rtt_ms, request_n)

    def _on_headers(self, headers: HeadersReceived) -> None:
        call = self._streams.get(headers.stream)
        if call is not None:
            call.series.ttfb.add(headers.ttfb_ms)

    def _on_failed(self, failed: ExchangeFailed) -> None:
        call = self._take(failed.request_n)
        if call is None:
            return
        series = call.series
        series.in_flight -= 1
        if failed.outcome is Outcome.TIMED_OUT:
            series.timed_out += 1
        elif failed.outcome is Outcome.CANCELLED:
            series.cancelled += 1
        else:
            series.lost += 1

    def _on_ended(self, ended: StreamEnded) -> None:
        self._streams.pop(ended.stream, None)
