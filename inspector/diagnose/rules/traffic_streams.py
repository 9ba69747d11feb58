"""What comes after an answer, what becomes of the server's own requests, and messages of other sessions."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from inspector.diagnose.rule import Era, Watch
from inspector.diagnose.rules.traffic_answers import label
from inspector.diagnose.topics import Topic
from inspector.protocol.jsonrpc import RequestId, shown
from inspector.trace.events import (
    ConnectionState,
    HeadersReceived,
    Message,
    StateChanged,
    StreamEnded,
)

MAX_STREAMS = 256
MAX_ASKED = 1_000
_NS = 1_000_000_000
_AUTOMATIC = frozenset({"ping", "roots/list"})
"""Requests that no person has to answer first."""
_TOLD_ELSEWHERE = frozenset({401, 403, 404, 429, 502, 503, 504})
"""Statuses that are about sign-in, the session or the way, and not about the message."""


class AfterFinal(Watch):
    """The stream of a POST ends with its answer: nothing follows, and it does not stay open."""

    rules = ("message-after-final",)

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._asked: OrderedDict[int, set[int]] = OrderedDict()
        self._answered: OrderedDict[int, Message] = OrderedDict()

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {
            Topic.OUR_REQUEST: self._on_request,
            Topic.ANSWER: self._on_answer,
            Topic.REQUEST: self._on_message,
            Topic.END: self._on_end,
        }

    def run_reactions(self) -> Mapping[Topic, Callable[[list[Any]], None]]:
        return {Topic.NOTIFICATION: self._on_notifications}

    def _on_request(self, message: Message) -> None:
        if message.stream is not None:
            self._asked.setdefault(message.stream, set()).add(message.n)
            if len(self._asked) > MAX_STREAMS:
                self._asked.popitem(last=False)

    def _on_answer(self, message: Message) -> None:
        asked = self._asked.get(message.stream) if message.stream is not None else None
        if asked is None or message.request_n not in asked:
            return
        asked.discard(message.request_n)
        exchange = self.context.exchanges.get(message.stream)
        if asked or message.stream is None or exchange is None or not exchange.is_event_stream:
            return
        self._answered[message.stream] = message
        if len(self._answered) > MAX_STREAMS:
            self._answered.popitem(last=False)
        seconds = self.thresholds.open_after_answer_s
        self.context.timers.after(message, seconds, lambda: self._look(message, seconds))

    def _look(self, answer: Message, seconds: float) -> None:
        exchange = self.context.exchanges.get(answer.stream)
        if exchange is None or not exchange.is_open or answer.stream not in self._answered:
            return
        if not self.context.timers.mistimed_since(answer.monotonic_ns):
            text = f"The stream of {label(answer)} was still open {seconds:.1f} s after its answer."
            self.found(text, (*exchange.evidence, answer.n))

    def _on_notifications(self, run: list[Message]) -> None:
        if self._answered:
            for message in run:
                self._on_message(message)

    def _on_message(self, message: Message) -> None:
        answer = self._answered.get(message.stream) if message.stream is not None else None
        if answer is None or self.context.era is Era.STATELESS:  # there the session itself tells of it
            return
        self.context.timers.move_to(message)
        text = f"{message.method} came on the stream of {label(answer)}, after its answer."
        self.found(text, (answer.n, message.n))

    def _on_end(self, event: StreamEnded) -> None:
        if event.stream is not None:
            self._asked.pop(event.stream, None)
            self._answered.pop(event.stream, None)


class ServerAsks(Watch):
    """Requests of the server's, and whether our answers reach it."""

    rules = ("server-ping-unanswered", "server-ping-not-understood")

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._asked: OrderedDict[int, Message] = OrderedDict()
        self._replies: OrderedDict[int, tuple[int, Message]] = OrderedDict()

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {
            Topic.REQUEST: self._on_request,
            Topic.OUR_ANSWER: self._on_our_answer,
            Topic.HTTP_RESPONSE: self._on_response,
            Topic.STATE: self._on_state,
        }

    def _on_request(self, message: Message) -> None:
        if self.context.era is Era.STATELESS or message.method not in _AUTOMATIC:
            return
        self._asked[message.n] = message
        if len(self._asked) > MAX_ASKED:
            self._asked.popitem(last=False)
        seconds = self.thresholds.server_request_s
        self.context.timers.after(message, seconds, lambda: self._look(message, seconds))

    def _on_our_answer(self, message: Message) -> None:
        if message.stream is None or message.request_n is None:
            return
        self._replies[message.stream] = message.request_n, message
        if len(self._replies) > MAX_ASKED:
            self._replies.popitem(last=False)

    def _on_response(self, event: HeadersReceived) -> None:
        reply = self._replies.pop(event.stream, None) if event.stream is not None else None
        if reply is None:
            return
        asked_n, answer = reply
        self._asked.pop(asked_n, None)
        if event.status >= 400 and event.status not in _TOLD_ELSEWHERE:
            text = f"Our answer to the server's {answer.method or 'request'} was refused with {event.status}."
            self.found(text, (asked_n, answer.n, event.n), rule=self.rules[1])

    def _look(self, asked: Message, seconds: float) -> None:
        if self._asked.pop(asked.n, None) is None or self.context.timers.disturbed_since(asked.monotonic_ns):
            return
        sent = next((answer for n, answer in self._replies.values() if n == asked.n), None)
        if sent is None:
            self.found(f"The server's {asked.method} got no answer within {seconds:.1f} s.", (asked.n,))
        else:
            text = f"Our answer to the server's {asked.method} was not accepted within {seconds:.1f} s."
            self.found(text, (asked.n, sent.n))

    def _on_state(self, event: StateChanged) -> None:
        if event.state is not ConnectionState.OPEN:  # nobody can answer, and the end has a reason of its own
            self._asked.clear()
            self._replies.clear()


@dataclass(slots=True)
class _Asked:
    n: int
    answered_ns: int | None = None

    def ended_ns(self, now: Message) -> int:
        """When its own answer came; now, if that is still to come."""
        return now.monotonic_ns if self.answered_ns is None else self.answered_ns


class OtherSessions(Watch):
    """Two sessions at once: an answer or progress that one receives and the other has asked for."""

    rules = ("foreign-session-traffic",)

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._asked: OrderedDict[tuple[int, RequestId], _Asked] = OrderedDict()
        self._tokens: OrderedDict[tuple[int, RequestId], int] = OrderedDict()
        self._connections: set[int] = set()
        self._times = 0

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {Topic.OUR_REQUEST: self._on_request, Topic.ANSWER: self._on_answer, Topic.STATE: self._on_state}

    def run_reactions(self) -> Mapping[Topic, Callable[[list[Any]], None]]:
        return {Topic.PROGRESS: self._on_progress}

    def _on_state(self, event: StateChanged) -> None:
        if event.state is ConnectionState.CLOSED:
            self._connections.discard(event.connection)
        elif len(self._connections) < MAX_STREAMS:
            self._connections.add(event.connection)

    def _on_request(self, message: Message) -> None:
        self._asked[message.connection, message.id] = _Asked(message.n)
        if message.progress_token is not None:
            self._tokens[message.connection, message.progress_token] = message.n
        for known in (self._asked, self._tokens):
            if len(known) > MAX_ASKED:
                known.popitem(last=False)

    def _on_answer(self, message: Message) -> None:
        own = self._asked.get((message.connection, message.id))
        if own is not None and own.answered_ns is None:
            own.answered_ns = message.monotonic_ns
            return
        if len(self._connections) < 2:
            return
        limit_ns = self.thresholds.foreign_answer_s * _NS
        for connection in self._connections - {message.connection}:
            asked = self._asked.get((connection, message.id))
            if asked is None or message.monotonic_ns - asked.ended_ns(message) > limit_ns:
                continue
            what = f"the answer {shown(message.id)}, for which session {connection} had asked"
            self._tell(message, what, asked.n)
            return

    def _on_progress(self, run: list[Message]) -> None:
        if len(self._connections) < 2:
            return
        for message in run:
            token = message.progress_token
            if token is None or message.request_n is not None or (message.connection, token) in self._tokens:
                continue
            for connection in self._connections - {message.connection}:
                asked_n = self._tokens.get((connection, token))
                if asked_n is not None:
                    self.context.timers.move_to(message)
                    self._tell(message, f"progress for {shown(token)}, a token of session {connection}", asked_n)
                    break

    def _tell(self, message: Message, what: str, asked_n: int) -> None:
        self._times += 1
        text = f"Session {message.connection} received {what}."
        is_sure = self._times > 1  # once could be two equal ids by chance
        self.found(text, (asked_n, message.n), grade="proven" if is_sure else "likely", connection=message.connection)
