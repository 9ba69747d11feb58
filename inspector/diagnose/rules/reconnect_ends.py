"""How connections break: cut, reset, closed without an answer, and servers that go away."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from inspector.diagnose.context import Context
from inspector.diagnose.exchange import Exchange
from inspector.diagnose.finding import Grade
from inspector.diagnose.rule import Era, Watch
from inspector.diagnose.rules.lifetime_ends import lost_requests, place_of, was_cut
from inspector.diagnose.topics import Topic
from inspector.protocol.probe_steps import PREFIX
from inspector.trace.events import EndCause, FrameReceived, HeadersReceived, Phase, Severity, StateChanged, StreamEnded

MAX_CUTS = 16
_H2 = re.compile(r"(StreamReset|ConnectionTerminated)\b[^>]*?error_code:\s*(?:ErrorCodes\.)?(\w+)")
_LAST_STREAM = re.compile(r"last_stream_id:\s*(\d+)")
_CODES = {"0": "NO_ERROR", "1": "PROTOCOL_ERROR", "2": "INTERNAL_ERROR", "7": "REFUSED_STREAM", "8": "CANCEL"}
_CODES |= {"11": "ENHANCE_YOUR_CALM"}
_RESET_WORDS = ("ConnectionResetError", "ReadError", "BrokenPipeError")
_CUT = frozenset({EndCause.CUT_MID_BODY, EndCause.CUT_MID_EVENT})
_NS = 1e9


class BrokenEnds(Watch):
    """One end that was none of the orderly ones."""

    rules = ("cut-mid-response", "tcp-reset", "h2-reset-or-goaway", "dropped-before-response")

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {Topic.END: self._on_end}

    def _on_end(self, event: StreamEnded) -> None:
        exchange = self.context.exchanges.get(event.stream)
        if exchange is None or event.phase is Phase.CONNECT:
            return
        if self.context.timers.disturbed_since(exchange.sent_ns):
            return
        error = event.error or ""
        h2 = _H2.search(error)
        if h2 is not None:
            self._h2(exchange, event, h2[1], h2[2])
        elif event.cause is EndCause.CUT_MID_HEADERS or (
            event.cause is EndCause.RESET and event.phase is Phase.HEADERS
        ):
            self._dropped(exchange, event)
        elif event.cause is EndCause.RESET or (event.cause in _CUT and any(word in error for word in _RESET_WORDS)):
            self._reset(exchange, event)
        elif event.cause in _CUT:
            self._cut(exchange, event)

    def _cut(self, exchange: Exchange, event: StreamEnded) -> None:
        lost = _pending_words(event)
        text = (
            f"The connection was closed {event.age_ms / 1e3:.1f} s after the request, in the middle of the body{lost}."
        )
        is_between = exchange.is_event_stream and not event.pending and not lost_requests(self.context, exchange)
        severity = Severity.WARN if is_between else None
        self.found(text, exchange.evidence, rule=self.rules[0], severity=severity)

    def _reset(self, exchange: Exchange, event: StreamEnded) -> None:
        idle_s, age_s = event.idle_ms / 1e3, event.age_ms / 1e3
        text = (
            f"The connection was reset {age_s:.1f} s after the request and {idle_s:.1f} s after the last byte"
            f"{_pending_words(event)}."
        )
        fix = ""
        if idle_s >= self.thresholds.reset_idle_s:
            fix = (
                "It had been silent: look for a load balancer whose idle timer resets connections, and send heartbeats."
            )
        elif exchange.method == "POST" and age_s < self.thresholds.reset_crash_s:
            fix = "It came right after our request: the server most likely crashed on it."
        self.found(text, exchange.evidence, rule=self.rules[1], fix=fix)

    def _h2(self, exchange: Exchange, event: StreamEnded, frame: str, code: str) -> None:
        name = _CODES.get(code, code)
        is_goaway = frame == "ConnectionTerminated"
        last = _LAST_STREAM.search(event.error or "")
        what = f"GOAWAY (last stream {last[1] if last else '?'})" if is_goaway else "RST_STREAM"
        text = f"The peer sent {what} with {name} after {event.age_ms / 1e3:.1f} s, {event.idle_ms / 1e3:.1f} s idle."
        severity = None
        if lost_requests(self.context, exchange):
            severity, text = Severity.ERROR, f"{text} A request of ours got no answer."
        elif is_goaway and name == "NO_ERROR":
            severity, text = Severity.NOTE, f"{text} That is a planned end, as at a deployment."
        self.found(text, exchange.evidence, rule=self.rules[2], severity=severity)

    def _dropped(self, exchange: Exchange, event: StreamEnded) -> None:
        rested_s = self._rested_s(exchange)
        if exchange.opened_socket is None and rested_s >= self.thresholds.pool_idle_s:
            text = (
                f"A connection that had rested {rested_s:.1f} s was closed just as we used it again: "
                "the server's keep-alive time had run out."
            )
            self.found(text, exchange.evidence, rule=self.rules[3], grade="likely", severity=Severity.WARN)
            return
        text = f"The connection was closed {event.age_ms / 1e3:.1f} s after the request, before any answer."
        self.found(text, exchange.evidence, rule=self.rules[3])

    def _rested_s(self, exchange: Exchange) -> float:
        """How long nothing had gone to that place when the request left."""
        place = place_of(exchange)
        ends = (
            each.end.monotonic_ns
            for each in self.context.exchanges.ended()
            if each is not exchange and each.end is not None and place_of(each) == place
        )
        latest = max((end for end in ends if end <= exchange.sent_ns), default=None)
        return 0.0 if latest is None else (exchange.sent_ns - latest) / _NS


class ShuttingDown(Watch):
    """Several streams that end together, or one behind which nobody listens any more."""

    rules = ("server-shutting-down",)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._cuts: deque[Exchange] = deque(maxlen=MAX_CUTS)
        self._pause_s = 0.0
        """The pause that we chose since the last cut."""
        self._polling: deque[int | None] = deque(maxlen=MAX_CUTS)
        """Streams whose server has said when to come back: their orderly end is its wish (2025-11-25)."""

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {
            Topic.STATE: self._on_state,
            Topic.HTTP_RESPONSE: self._on_response,
            Topic.FRAME: self._on_frame,
            Topic.END: self._on_end,
        }

    def _on_frame(self, event: FrameReceived) -> None:
        if event.retry_ms is not None:
            self._polling.append(event.stream)

    def _on_state(self, event: StateChanged) -> None:
        self._pause_s = max(self._pause_s, (event.delay_ms or 0.0) / 1e3)

    def _on_response(self, event: HeadersReceived) -> None:
        exchange = self.context.exchanges.get(event.stream)
        cut = self._latest(exchange)
        if event.status == 503 and exchange is not None and cut is not None and self._is_soon(cut, exchange):
            text = f"A stream ended, and {self._since_s(cut, event.monotonic_ns):.1f} s later the server answered 503."
            self._say(text, cut, exchange)

    def _on_end(self, event: StreamEnded) -> None:
        exchange = self.context.exchanges.get(event.stream)
        if exchange is None or exchange.purpose.startswith(PREFIX):
            return  # a probe opens and loses streams on purpose
        cut = self._latest(exchange)
        if event.cause is EndCause.REFUSED:
            if cut is not None and self._is_soon(cut, exchange):
                since_s = self._since_s(cut, exchange.sent_ns)
                self._say(f"A stream ended, and {since_s:.1f} s later nobody listened there any more.", cut, exchange)
        elif was_cut(self.context, exchange):
            is_together = (
                cut is not None and self._since_s(cut, event.monotonic_ns) * 1e3 <= self.thresholds.together_ms
            )
            if cut is not None and is_together and not (self._is_poll(exchange) or self._is_poll(cut)):
                self._say("Several streams ended at the same moment.", cut, exchange)
            self._cuts.append(exchange)
            self._pause_s = 0.0

    def _is_poll(self, exchange: Exchange) -> bool:
        is_orderly = exchange.end is not None and exchange.end.cause is EndCause.END_OF_STREAM
        return is_orderly and exchange.stream in self._polling and self.context.era is not Era.HTTP_SSE

    def _latest(self, exchange: Exchange | None) -> Exchange | None:
        """The cut before, on the way of this exchange."""
        if exchange is None:
            return None
        place = place_of(exchange)
        return next((cut for cut in reversed(self._cuts) if cut is not exchange and place_of(cut) == place), None)

    def _is_soon(self, cut: Exchange, exchange: Exchange) -> bool:
        """Whether a request left soon after a cut, not counting the pause that we made ourselves."""
        return self._since_s(cut, exchange.sent_ns) <= self.thresholds.gone_after_s + self._pause_s

    def _since_s(self, cut: Exchange, now_ns: int) -> float:
        return (now_ns - cut.end.monotonic_ns) / _NS if cut.end is not None else 0.0

    def _say(self, text: str, cut: Exchange, exchange: Exchange) -> None:
        grade: Grade = "proven" if exchange.end is not None and exchange.end.cause is EndCause.REFUSED else "likely"
        self.found(text, (*cut.evidence, *exchange.evidence), grade=grade)
        self._cuts.clear()
        self._cuts.append(cut)


def _pending_words(event: StreamEnded) -> str:
    if not event.pending:
        return ""
    more = "at least " if len(event.pending) >= 256 else ""
    return f"; {more}{len(event.pending)} bytes of an unfinished event are lost"
