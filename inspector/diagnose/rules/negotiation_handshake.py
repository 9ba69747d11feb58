"""What is seen while it is still open how a server wants to be spoken to."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from inspector.diagnose.context import Context
from inspector.diagnose.exchange import Exchange
from inspector.diagnose.finding import Grade
from inspector.diagnose.rule import Watch
from inspector.diagnose.topics import Topic
from inspector.trace import events as ev
from inspector.trace.events import ConnectionState, Severity

MAX_HELD = 32
RAW = "raw "
PROBE = "probe:"
STREAMS = ("stream", "resume")


@dataclass(slots=True)
class _Held:
    """A report that waits for the outcome; `severity_if_lost` counts if no session comes of it."""

    text: str
    evidence: Sequence[int]
    rule: str
    grade: Grade
    severity: Severity | None
    severity_if_lost: Severity | None
    fix: str
    transport: str = ""


class HandshakeWatch(Watch):
    """Holds back what a server refuses while its transport is being found out.

    To refuse what it does not speak is right, so only what belongs to the transport that succeeds counts, or all of it
    if none does.
    """

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._held: deque[_Held] = deque(maxlen=MAX_HELD)
        self._is_detecting = False

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {Topic.STATE: self._on_state, Topic.ATTEMPT: self._on_attempt, Topic.READY: self._on_ready}

    def tell(
        self,
        text: str,
        evidence: Sequence[int],
        *,
        rule: str = "",
        grade: Grade = "proven",
        severity: Severity | None = None,
        severity_if_lost: Severity | None = None,
        fix: str = "",
    ) -> None:
        """Report it, at once if it is settled what is spoken."""
        if self._is_detecting:
            self._held.append(_Held(text, evidence, rule, grade, severity, severity_if_lost, fix))
        else:
            self.found(text, evidence, rule=rule, grade=grade, severity=severity, fix=fix)

    def _on_state(self, event: ev.StateChanged) -> None:
        if event.state is ConnectionState.CONNECTING:
            self._is_detecting = self.context.transport is None
        elif event.state is ConnectionState.CLOSED:
            self._is_detecting = False
            for held in self._held:
                self._report(held, held.severity_if_lost or held.severity)
            self._held.clear()

    def _on_attempt(self, event: ev.AttemptMade) -> None:
        if event.succeeded:
            self._settle_on(event.transport)
            return
        for held in self._held:
            held.transport = held.transport or event.transport

    def _on_ready(self, event: ev.SessionReady) -> None:
        self._settle_on(event.transport)

    def _settle_on(self, transport: str) -> None:
        self._is_detecting = False
        for held in self._held:
            if held.transport in ("", transport):
                self._report(held, held.severity)
        self._held.clear()

    def _report(self, held: _Held, severity: Severity | None) -> None:
        self.found(held.text, held.evidence, rule=held.rule, grade=held.grade, severity=severity, fix=held.fix)


def is_of_session(exchange: Exchange) -> bool:
    """Whether a request carries a message of the session or opens one of its streams: it serves no other errand."""
    purpose = exchange.purpose
    return purpose in STREAMS or (exchange.method == "POST" and ":" not in purpose and not purpose.startswith(RAW))


def sent_header(exchange: Exchange, name: str) -> str:
    """A header of our request, empty if it had none."""
    headers = exchange.request.headers if exchange.request else ()
    return next((value for key, value in headers if key.lower() == name), "")
