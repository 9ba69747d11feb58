"""Streams that are cut by somebody's timer: always after the same silence, or always at the same age."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median_low
from typing import Any
from urllib.parse import urlsplit

from inspector.diagnose.context import Context
from inspector.diagnose.exchange import Exchange
from inspector.diagnose.finding import Grade
from inspector.diagnose.rule import Era, Watch
from inspector.diagnose.stack import Product
from inspector.diagnose.timeouts import Timeout, Timer, candidates, in_words, tolerance_s
from inspector.diagnose.topics import Topic
from inspector.trace.events import EndCause, FrameReceived, Message, Severity, StreamEnded, ToolStep

LATEST = 8
MAX_STREAMS = 256
HEARTBEAT_S = 15.0
PROVEN = 3
_CUTS = frozenset({EndCause.END_OF_STREAM, EndCause.CUT_MID_EVENT, EndCause.CUT_MID_BODY, EndCause.RESET})
_SERVERLESS = {Product.VERCEL: "x-vercel-id", Product.NETLIFY: "x-nf-request-id"}
_NS = 1e9


def lost_requests(context: Context, exchange: Exchange) -> list[Message]:
    """Our requests that die with a stream: those it carries, and all if the stream is the session (2024-11-05)."""
    if context.era is Era.HTTP_SSE and exchange.method == "GET":
        return list(context.pending.values())
    return [message for message in context.pending.values() if message.stream == exchange.stream]


def was_cut(context: Context, exchange: Exchange) -> bool:
    """Whether an event stream ended that was to go on: not by us, not behind its answer, and nobody slept."""
    may_go_on = exchange.method == "GET" or bool(lost_requests(context, exchange))
    return may_go_on and was_broken_off(context, exchange)


def was_broken_off(context: Context, exchange: Exchange) -> bool:
    """Whether an event stream ended, not by us, while nobody slept."""
    if not exchange.is_event_stream or exchange.end is None or exchange.end.cause not in _CUTS:
        return False
    return not context.timers.disturbed_since(exchange.sent_ns)


def place_of(exchange: Exchange) -> str:
    """Host and port of an exchange, the same for all that goes the same way."""
    try:
        return urlsplit(exchange.request.url).netloc.lower() if exchange.request else ""
    except ValueError:
        return ""


@dataclass(frozen=True, slots=True)
class Cut:
    """One stream that was cut.

    `was_idle` says that its last silence was longer than any that it had lived through, so that a timer could have run
    out.
    """

    exchange: Exchange
    place: str
    ended_ns: int
    idle_s: float
    age_s: float
    was_idle: bool
    lost: int


class PeriodicCuts(Watch):
    """Compares the latest cuts with each other, and their silence and age with the timers of known products."""

    rules = ("idle-timeout-periodic", "lifetime-cap-periodic", "serverless-function-killed")

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._cuts: deque[Cut] = deque(maxlen=LATEST)
        self._polling: dict[int | None, None] = {}
        self._runs: dict[int | None, None] = {}
        """The streams of tool runs that have not come to their end."""

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {Topic.FRAME: self._on_frame, Topic.TOOL_STEP: self._on_step, Topic.END: self._on_end}

    def _on_step(self, step: ToolStep) -> None:
        if step.step == "call":
            _keep(self._runs, step.stream)
        elif step.rtt_ms is not None:
            self._runs.pop(step.stream, None)

    def _on_frame(self, frame: FrameReceived) -> None:
        if frame.retry_ms is not None:
            _keep(self._polling, frame.stream)

    def _on_end(self, event: StreamEnded) -> None:
        asked_back = event.stream in self._polling
        self._polling.pop(event.stream, None)
        has_ended = was_broken_off if event.stream in self._runs else was_cut
        self._runs.pop(event.stream, None)
        exchange = self.context.exchanges.get(event.stream)
        if exchange is None or not has_ended(self.context, exchange):
            return
        if asked_back and event.cause is EndCause.END_OF_STREAM:
            return  # the server closes and names a `retry:`: that is polling (2025-11-25), and nobody's timer
        cut = self._cut(exchange, event)
        if self._together(cut):
            return
        self._cuts.append(cut)
        cuts = [each for each in self._cuts if each.place == cut.place]
        if not self._idle(cut, cuts):
            self._aged(cut, cuts)

    def _cut(self, exchange: Exchange, event: StreamEnded) -> Cut:
        lost = [message for message in lost_requests(self.context, exchange) if message.method != exchange.purpose]
        carried = exchange.method == "POST" and exchange.purpose != "subscriptions/listen"
        idle_s = event.idle_ms / 1e3
        return Cut(
            exchange,
            place_of(exchange),
            event.monotonic_ns,
            idle_s,
            event.age_ms / 1e3,
            idle_s - _longest_gap_s(exchange) > tolerance_s(idle_s, self.thresholds),
            len(lost) + carried,
        )

    def _together(self, cut: Cut) -> bool:
        """Whether the stream ended along with another: then the server went away, and neither end counts."""
        before = self._cuts[-1] if self._cuts else None
        if before is None or (cut.ended_ns - before.ended_ns) / 1e6 > self.thresholds.together_ms:
            return False
        self._cuts.pop()
        return True

    def _idle(self, latest: Cut, cuts: Sequence[Cut]) -> bool:
        if latest.idle_s < self.thresholds.idle_least_s:
            return False
        seconds = median_low(cut.idle_s for cut in cuts)
        alike = [cut for cut in cuts if cut.was_idle and self._is_near(cut.idle_s, seconds)]
        is_age = all(self._is_near(cut.age_s, cut.idle_s) for cut in alike)
        timers = (Timer.IDLE, Timer.TOTAL) if is_age else (Timer.IDLE,)
        rows = candidates(seconds, timers, self.context.stack.products, self.thresholds)
        if latest not in alike or not self._suffice(alike, cuts, rows):
            return False
        measured = _figures([cut.idle_s for cut in alike])
        ages = _figures(sorted(cut.age_s for cut in alike))
        text = f"{len(alike)} streams were cut after {measured} of silence, at ages of {ages}."
        beat_s = min(HEARTBEAT_S * self.thresholds.scale, seconds / 3)
        fix = f"{in_words(rows)} A comment every {_s(beat_s)} keeps the stream open.".strip()
        self._report(self.rules[0], text, alike, fix)
        return True

    def _aged(self, latest: Cut, cuts: Sequence[Cut]) -> None:
        if latest.age_s < self.thresholds.idle_least_s:
            return
        seconds = median_low(cut.age_s for cut in cuts)
        alike = [cut for cut in cuts if self._is_near(cut.age_s, seconds)]
        rows = candidates(seconds, (Timer.TOTAL,), self.context.stack.products, self.thresholds)
        if latest not in alike or self._could_be_idle(alike) or not self._suffice(alike, cuts, rows):
            return
        ages = _figures([cut.age_s for cut in alike])
        idle = _figures([cut.idle_s for cut in alike])
        text = f"{len(alike)} streams were cut at the age of {ages}, {idle} after their last byte."
        self._report(self.rules[1], text, alike, in_words(rows))
        product = next((row.product for row in rows if _came_from(latest.exchange, row.product)), None)
        if product is not None:
            self._report(self.rules[2], f"{text} They came from {product}.", alike, "")

    def _could_be_idle(self, cuts: Sequence[Cut]) -> bool:
        """Whether the silences are alike as well, so that it may have been them."""
        seconds = median_low(cut.idle_s for cut in cuts)
        is_long = seconds >= self.thresholds.idle_least_s
        return is_long and all(cut.was_idle and self._is_near(cut.idle_s, seconds) for cut in cuts)

    def _is_near(self, measured_s: float, seconds: float) -> bool:
        return abs(measured_s - seconds) <= tolerance_s(seconds, self.thresholds)

    def _suffice(self, alike: Sequence[Cut], cuts: Sequence[Cut], rows: Sequence[Timeout]) -> bool:
        enough = self.thresholds.timer_ends_named if rows else self.thresholds.timer_ends
        return len(alike) >= enough and len(alike) >= self.thresholds.timer_share * len(cuts)

    def _report(self, rule: str, text: str, cuts: Sequence[Cut], fix: str) -> None:
        grade: Grade = "proven" if len(cuts) >= PROVEN else "likely"
        lost = sum(cut.lost for cut in cuts)
        if lost:
            text = f"{text} {lost} of our requests got no answer because of it."
        evidence = [n for cut in cuts for n in cut.exchange.evidence]
        self.found(text, evidence, rule=rule, grade=grade, severity=Severity.ERROR if lost else None, fix=fix)


def _keep(streams: dict[int | None, None], stream: int | None) -> None:
    streams[stream] = None
    if len(streams) > MAX_STREAMS:
        streams.pop(next(iter(streams)))


def _longest_gap_s(exchange: Exchange) -> float:
    """The longest silence between two arrivals, as far back as they are kept; also that before the first."""
    arrivals = exchange.arrivals
    ends = [exchange.headers_ns if exchange.groups <= len(arrivals) else 0, *(each.end_ns for each in arrivals)]
    gaps = [each.start_ns - end for each, end in zip(arrivals, ends, strict=False) if end]
    return max(gaps, default=0) / _NS


def _came_from(exchange: Exchange, product: Product | None) -> bool:
    return product is not None and _SERVERLESS.get(product, "-") in exchange.headers


def _figures(values: Sequence[float]) -> str:
    """Few values in full, many as their range."""
    low, high = min(values), max(values)
    if len(values) > PROVEN or _s(low) == _s(high):
        return _s(low) if _s(low) == _s(high) else f"{low:.1f} to {_s(high)}"
    return ", ".join(f"{value:.1f}" for value in values) + " s"


def _s(seconds: float) -> str:
    return f"{seconds:.1f} s"
