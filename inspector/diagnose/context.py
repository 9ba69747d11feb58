"""What all watches share: the exchanges, the session, the stack, the time, and where findings go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from urllib.parse import urlsplit

from inspector.diagnose.exchange import Exchanges
from inspector.diagnose.finding import Grade
from inspector.diagnose.rule import Era
from inspector.diagnose.stack import Stack
from inspector.diagnose.thresholds import Thresholds
from inspector.diagnose.timers import Timers
from inspector.protocol.era import TransportName
from inspector.trace import events as ev
from inspector.trace.events import LabAction, RequestId, Severity

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
MAX_PENDING = 10_000
ERAS = {
    TransportName.HTTP_SSE: Era.HTTP_SSE,
    TransportName.STREAMABLE_HTTP: Era.STREAMABLE,
    TransportName.STATELESS: Era.STATELESS,
}
"""The era that a transport speaks; the others speak none."""


class Reports(Protocol):
    """Takes what watches find."""

    def report(
        self,
        rule: str,
        text: str,
        evidence: Sequence[int],
        grade: Grade,
        severity: Severity | None,
        fix: str,
        connection: int,
    ) -> None: ...

    def over(self, rule: str) -> None: ...


class Context:
    """The common knowledge of the watches, up to and including the event at hand."""

    def __init__(self, thresholds: Thresholds, reports: Reports) -> None:
        self.thresholds = thresholds
        self.exchanges = Exchanges(thresholds.arrival_gap_ms)
        self.stack = Stack()
        self.timers = Timers(thresholds.sleep_jump_s)
        self.connection = 0
        self.ready: ev.SessionReady | None = None
        """The session of the present connection, None before its handshake is complete."""
        self.transport: TransportName | None = None
        self.url = ""
        """Where the latest request of the present connection was sent."""
        self.pending: dict[int, ev.Message] = {}
        """Our requests that are not answered yet, by their event numbers.

        One that was sent again stands as it was sent last under its first number: by that, answers name it.
        """
        self._first_numbers: dict[RequestId, int] = {}
        self._reports = reports

    @property
    def era(self) -> Era | None:
        """The era of the present connection; None for raw streams, tool streams, and before that is known."""
        return None if self.transport is None else ERAS.get(self.transport)

    @property
    def host(self) -> str:
        """The host of `url`, in lower case."""
        try:
            return (urlsplit(self.url).hostname or "").lower()
        except ValueError:
            return ""

    @property
    def is_loopback(self) -> bool:
        """Whether server and inspector are on one machine, with no proxy in between that would have timers."""
        host = self.host
        return host in LOOPBACK or host.startswith("127.") or host.endswith(".localhost")

    def report(
        self,
        rule: str,
        text: str,
        evidence: Sequence[int],
        grade: Grade = "proven",
        severity: Severity | None = None,
        fix: str = "",
        connection: int | None = None,
    ) -> None:
        """See `Watch.found`."""
        where = self.connection if connection is None else connection
        self._reports.report(rule, text, evidence, grade, severity, fix, where)

    def over(self, rule: str) -> None:
        """See `Watch.over`."""
        self._reports.over(rule)

    def on_state(self, event: ev.StateChanged) -> None:
        if event.connection != self.connection:
            self.connection, self.ready, self.transport = event.connection, None, None
            self.timers.note_bend(event, is_bent=False)
            self.pending.clear()
            self._first_numbers.clear()

    def on_lab(self, event: ev.LabActed) -> None:
        if event.action in (LabAction.SLOW, LabAction.DELAY, LabAction.CLEAR):
            self.timers.note_bend(event, is_bent=event.action != LabAction.CLEAR)

    def on_attempt(self, event: ev.AttemptMade) -> None:
        if event.succeeded:
            self._speak(event.transport)

    def on_ready(self, event: ev.SessionReady) -> None:
        self.ready = event
        self._speak(event.transport)

    def on_request(self, event: ev.RequestSent) -> None:
        self.url = event.url
        self.exchanges.on_request(event)

    def on_our_request(self, message: ev.Message) -> None:
        number = self._first_numbers.get(message.id, message.n)
        before = self.pending.get(number)
        if before is None or (before.connection, before.method) != (message.connection, message.method):
            number = message.n
        if len(self.pending) >= MAX_PENDING:
            oldest = self.pending.pop(next(iter(self.pending)))
            self._first_numbers.pop(oldest.id, None)
        self.pending[number] = message
        self._first_numbers[message.id] = number

    def on_answer(self, message: ev.Message) -> None:
        if message.request_n is not None:
            self._settle(message.request_n)

    def on_failed(self, event: ev.ExchangeFailed) -> None:
        self._settle(event.request_n)

    def _settle(self, request_n: int) -> None:
        request = self.pending.pop(request_n, None)
        if request is not None and self._first_numbers.get(request.id) == request_n:
            del self._first_numbers[request.id]

    def _speak(self, transport: str) -> None:
        try:
            self.transport = TransportName(transport)
        except ValueError:
            self.transport = None
