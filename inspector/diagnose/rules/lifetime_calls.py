"""Calls that somebody on the way gave up on before the server had answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from inspector.diagnose.finding import Grade
from inspector.diagnose.rule import Watch
from inspector.diagnose.timeouts import Timer, candidates, in_words
from inspector.diagnose.topics import Topic
from inspector.trace.events import BodyReceived, HeadersReceived

_SURE = frozenset({504, 524})
_GATEWAY = _SURE | {502, 503}
_ANSWERS = frozenset({"application/json", "text/event-stream"})
_KILLED = b"FUNCTION_INVOCATION_TIMEOUT"
_HEAD_BYTES = 4_096


class GatewayTimeout(Watch):
    """An error page of a gateway, after as long as gateways wait."""

    rules = ("gateway-timeout-on-call",)

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {Topic.HTTP_RESPONSE: self._on_response}

    def _on_response(self, event: HeadersReceived) -> None:
        if event.status not in _GATEWAY:
            return
        exchange = self.context.exchanges.get(event.stream)
        if exchange is None or exchange.method != "POST" or exchange.content_type in _ANSWERS:
            return
        if self.context.timers.disturbed_since(exchange.sent_ns):
            return
        waited_s = event.ttfb_ms / 1e3
        timers = (Timer.FIRST_BYTE, Timer.TOTAL, Timer.IDLE)
        rows = candidates(waited_s, timers, self.context.stack.products, self.thresholds)
        if not rows and waited_s < self.thresholds.gateway_least_s:
            return
        text = (
            f"{exchange.purpose or 'A request'} was answered with {event.status} after {waited_s:.1f} s, by a gateway."
        )
        grade: Grade = "proven" if event.status in _SURE else "likely"
        self.found(text, exchange.evidence, grade=grade, fix=in_words(rows))


class FunctionKilled(Watch):
    """A serverless platform that says itself that it ended the function."""

    rules = ("serverless-function-killed",)

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {Topic.HTTP_RESPONSE: self._on_response, Topic.BODY: self._on_body}

    def _on_response(self, event: HeadersReceived) -> None:
        exchange = self.context.exchanges.get(event.stream)
        error = exchange.headers.get("x-vercel-error", "") if exchange else ""
        if exchange is not None and "TIMEOUT" in error.upper():
            text = f"After {event.ttfb_ms / 1e3:.1f} s the platform says {error[:80]}: it ended the function."
            self.found(text, exchange.evidence)

    def _on_body(self, event: BodyReceived) -> None:
        exchange = self.context.exchanges.get(event.stream)
        if exchange is None or "x-vercel-error" in exchange.headers or _KILLED not in event.raw[:_HEAD_BYTES]:
            return
        text = f"The answer says {_KILLED.decode()}: the platform ended the function."
        self.found(text, (*exchange.evidence, event.n))
