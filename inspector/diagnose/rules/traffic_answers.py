"""Answers that do not come, that come where they should not, or that hardly anybody can read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from inspector.diagnose.exchange import Exchange
from inspector.diagnose.payload import result_of
from inspector.diagnose.rule import Era, Watch
from inspector.diagnose.topics import Topic
from inspector.protocol import subscriptions
from inspector.protocol.jsonrpc import shown
from inspector.protocol.peer import NO_ID
from inspector.trace.events import (
    ConnectionState,
    EndCause,
    ExchangeFailed,
    Message,
    MessageType,
    Outcome,
    Severity,
    StateChanged,
)
from inspector.wire import jsontext

MAX_REMEMBERED = 10_000
_NS = 1_000_000_000


def label(message: Message | ExchangeFailed) -> str:
    """A request as a person names it."""
    return f"{message.method} {message.name}" if message.name else message.method or "a request"


class ErrorWithoutId(Watch):
    """An error in a successful response that does not say what it answers; others than us go on waiting."""

    rules = ("error-without-id",)

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {Topic.ANSWER: self._on_answer}

    def _on_answer(self, message: Message) -> None:
        if message.message_type is not MessageType.ERROR or message.id not in NO_ID or message.request_n is None:
            return
        exchange = self.context.exchanges.get(message.stream)
        if exchange is None or exchange.method != "POST" or exchange.status != 200:
            return  # with an error status it needs no id, and what came on other streams the session has told
        asked = self.context.pending.get(message.request_n)
        what = label(asked) if asked is not None else "a request"
        text = f"The error for {what} came with {shown(message.id)} as its id; it was found by its stream."
        self.found(text, (message.request_n, message.n), grade="likely")


class AnswerOnListeningStream(Watch):
    """An answer on the stream of the GET, which is for what answers nothing."""

    rules = ("response-on-wrong-stream",)

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {Topic.ANSWER: self._on_answer}

    def _on_answer(self, message: Message) -> None:
        exchange = self.context.exchanges.get(message.stream)
        if exchange is None or exchange.method != "GET" or self.context.era is not Era.STREAMABLE:
            return
        request = exchange.request
        if request is None or any(name.lower() == "last-event-id" for name, _ in request.headers):
            return  # what was missed comes on the stream that resumes
        asked = self.context.pending.get(message.request_n) if message.request_n is not None else None
        if asked is not None:
            text = f"The answer to {label(asked)} came on the GET stream, not on that of its own POST."
            self.found(text, (asked.n, message.n))


class Unanswered(Watch):
    """Requests that were taken and are not answered: by silence first, then by our time limit."""

    rules = ("request-unanswered",)

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._silent: set[int] = set()
        self._moving: set[int | None] = set()
        self._is_settled = False
        self._asked_back: set[int] = set()
        """Requests of the server that wait for us: until they are answered it has a reason to be silent."""
        self._replied_ns = 0

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {
            Topic.OUR_REQUEST: self._on_request,
            Topic.ANSWER: self._on_answer,
            Topic.FAILED: self._on_failed,
            Topic.REQUEST: self._on_asked_back,
            Topic.OUR_ANSWER: self._on_our_answer,
            Topic.STATE: self._on_state,
        }

    def run_reactions(self) -> Mapping[Topic, Callable[[list[Any]], None]]:
        return {Topic.PROGRESS: self._on_progress}

    def _on_request(self, message: Message) -> None:
        if message.method != subscriptions.METHOD:
            self.context.timers.after(message, self.thresholds.unanswered_s, lambda: self._look(message.n))

    def _on_progress(self, run: list[Message]) -> None:
        if len(self._moving) > MAX_REMEMBERED:
            self._moving.clear()
        self._moving.update(message.request_n for message in run)

    def _on_asked_back(self, message: Message) -> None:
        if self.context.era is not Era.STATELESS and len(self._asked_back) < MAX_REMEMBERED:
            self._asked_back.add(message.n)

    def _on_our_answer(self, message: Message) -> None:
        if message.request_n is not None:
            self._asked_back.discard(message.request_n)
            self._replied_ns = message.monotonic_ns

    def _on_state(self, event: StateChanged) -> None:
        if event.state is not ConnectionState.OPEN:
            self._asked_back.clear()

    def _on_answer(self, message: Message) -> None:
        self._moving.discard(message.request_n)
        self._forget(message.request_n)

    def _look(self, n: int) -> None:
        """A while after a request left."""
        asked, timers = self.context.pending.get(n), self.context.timers
        exchange = self.context.exchanges.get(asked.stream) if asked is not None else None
        if asked is None or exchange is None or not _is_accepted(exchange) or timers.mistimed_since(asked.monotonic_ns):
            return
        limit_ns = int(self.thresholds.unanswered_s * _NS)
        last_ns = max(exchange.headers_ns, self._last_byte_ns(exchange), self._replied_ns)
        if self._asked_back:
            last_ns = timers.now_ns
        if timers.now_ns - last_ns < limit_ns:
            timers.at(last_ns + limit_ns, lambda: self._look(n))
            return
        self._silent.add(n)
        waited_s = (timers.now_ns - asked.monotonic_ns) / 1e9
        text = (
            f"{label(asked)} was accepted with {exchange.status} and not answered in {waited_s:.1f} s; "
            "no progress and no heartbeat came meanwhile either."
        )
        self.found(text, (asked.n, *exchange.evidence), grade="hint", severity=Severity.WARN)

    def _last_byte_ns(self, exchange: Exchange) -> int:
        """When the server last said anything where the answer may come."""
        if exchange.status != 202:
            return exchange.last_byte_ns
        return max((each.last_byte_ns for each in self.context.exchanges.open() if each.is_listening), default=0)

    def _on_failed(self, event: ExchangeFailed) -> None:
        asked = self.context.pending.get(event.request_n)
        was_moving = event.request_n in self._moving
        self._moving.discard(event.request_n)
        if event.outcome is not Outcome.TIMED_OUT:
            self._forget(event.request_n)
            return
        exchange = self.context.exchanges.get(asked.stream) if asked is not None else None
        if asked is None or exchange is None or was_moving or not _is_accepted(exchange):
            return
        if self._asked_back:
            return
        if self.context.timers.disturbed_since(asked.monotonic_ns):
            return
        self._is_settled = True
        waited_s = event.elapsed_ms / 1e3
        text = f"{label(asked)} was accepted with {exchange.status} and not answered within {waited_s:.1f} s."
        self.found(text, (asked.n, *exchange.evidence, event.n), grade="likely")

    def _forget(self, n: int | None) -> None:
        if n not in self._silent:
            return
        self._silent.discard(n)
        if not self._silent and not self._is_settled:
            self.over()


def _is_accepted(exchange: Exchange) -> bool:
    """Taken, with the answer still to come: by 202, or by a stream that is open or was closed by ourselves."""
    if exchange.status == 202:
        return True
    was_dropped = exchange.end is not None and exchange.end.cause is EndCause.DROPPED_BY_US  # and is resumed elsewhere
    return exchange.is_event_stream and (exchange.is_open or (exchange.ended_by_us and not was_dropped))


class TextEncodedTwice(Watch):
    """Tools that give JSON, written as a JSON text within a JSON text."""

    rules = ("jsonrpc-double-encoded",)

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {Topic.ANSWER: self._on_answer}

    def _on_answer(self, message: Message) -> None:
        if message.method != "tools/call" or _SIGN not in message.raw:
            return
        content = result_of(message).get("content")
        for part in content if isinstance(content, list) else ():
            text = part.get("text") if isinstance(part, dict) else None
            if isinstance(text, str) and len(text) > self.thresholds.encoded_twice_bytes and _is_twice(text):
                said = f"A text of {label(message)} is JSON that was encoded twice: {shown(text)}."
                self.found(said, (message.n,), severity=Severity.NOTE)
                return


def _is_twice(text: str) -> bool:
    inner = jsontext.parse(text).value if text.startswith('"') else None
    return isinstance(inner, str) and isinstance(jsontext.parse(inner).value, dict | list)


_SIGN = rb'"\"'
"""How a text that begins with a quotation mark stands in a message."""
