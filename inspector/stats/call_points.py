"""Every request of ours that ended as a point in time: how long it took, and what became of it."""

from __future__ import annotations

import enum
import math

from inspector.stats.latency import MAX_KEYS, OTHER_KEY
from inspector.stats.points import Points
from inspector.trace.events import Direction, ExchangeFailed, Message, MessageType, Outcome, ToolStep
from inspector.trace.fold import Fold

MAX_CALLS = 100_000
_MAX_NAME = 200
_UNNAMED = "a request"


class CallOutcome(enum.IntEnum):
    """How a request of ours ended."""

    ANSWERED = 0
    FAILED = 1
    LOST = 2
    TIMED_OUT = 3
    CANCELLED = 4
    REFUSED = 5


_OUTCOMES = {
    Outcome.LOST: CallOutcome.LOST,
    Outcome.TIMED_OUT: CallOutcome.TIMED_OUT,
    Outcome.CANCELLED: CallOutcome.CANCELLED,
    Outcome.REFUSED: CallOutcome.REFUSED,
}


class CallPoints(Fold):
    """A fold over the river: the newest 100,000 requests by the moment they ended.

    `ms` is the round trip, or how long an answer was waited for; `n` is the number of the request. What the server
    asked of us is not in it: how fast we answer is not its merit.
    """

    def __init__(self) -> None:
        self.points = Points({"at_ns": "q", "ms": "d", "n": "q", "key": "i", "outcome": "b"}, MAX_CALLS)
        self.keys: list[str] = []
        """What calls are of, by the number in their row: `tools/call echo`, or the method."""
        self._key_numbers: dict[str, int] = {}
        super().__init__({ToolStep: self._on_step, ExchangeFailed: self._on_failed}, {Message: self._on_messages})

    def number_of(self, key: str) -> int | None:
        """The number of a key in the rows, None if no call of it has ended."""
        return self._key_numbers.get(key)

    def _on_messages(self, messages: list[Message]) -> None:
        for message in messages:
            if message.rtt_ms is None or message.request_n is None:
                continue
            if message.direction is Direction.INBOUND:
                self._on_answer(message, message.request_n, message.rtt_ms)

    def _on_answer(self, answer: Message, request_n: int, rtt_ms: float) -> None:
        failed = answer.message_type is MessageType.ERROR or answer.is_tool_error
        outcome = CallOutcome.FAILED if failed else CallOutcome.ANSWERED
        self._add(answer.monotonic_ns, rtt_ms, request_n, self._key(answer.method, answer.name), outcome)

    def _on_step(self, step: ToolStep) -> None:
        if step.rtt_ms is not None and step.request_n is not None:
            outcome = CallOutcome.FAILED if step.step == "error" else CallOutcome.ANSWERED
            key = self._key("tools/call", step.tool)
            self._add(step.monotonic_ns, step.rtt_ms, step.request_n, key, outcome)

    def _on_failed(self, event: ExchangeFailed) -> None:
        key, outcome = self._key(event.method, event.name), _OUTCOMES[event.outcome]
        self._add(event.monotonic_ns, event.elapsed_ms, event.request_n, key, outcome)

    def _add(self, at_ns: int, ms: float, request_n: int, key: int, outcome: CallOutcome) -> None:
        """A recording may hold anything; what is no length of time is not drawn."""
        if math.isfinite(ms):
            self.points.append(at_ns, max(0.0, ms), request_n, key, outcome)

    def _key(self, method: str | None, name: str | None) -> int:
        key = f"{method} {name[:_MAX_NAME]}" if method == "tools/call" and name else (method or _UNNAMED)[:_MAX_NAME]
        number = self._key_numbers.get(key)
        if number is None:
            if len(self.keys) >= MAX_KEYS:
                key = OTHER_KEY
            number = self._key_numbers.setdefault(key, len(self.keys))
            if number == len(self.keys):
                self.keys.append(key)
        return number
