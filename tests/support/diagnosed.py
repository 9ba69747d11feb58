"""A session told by hand, and what the rules of one group find in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from inspector.diagnose.engine import Engine
from inspector.diagnose.finding import Finding
from inspector.diagnose.rule import Rule
from inspector.trace.events import AttemptMade, ConnectionState, HeadersReceived, Message, MessageType
from tests.support.rivers import Talk

S = 1_000.0
"""A second, in the milliseconds that a `Talk` waits."""


class Watched(Talk):
    """A session over one transport; `rules` are those that look at it."""

    def __init__(self, rules: Sequence[Rule], transport: str = "streamable-http") -> None:
        super().__init__()
        self._rules = {rule.id: rule for rule in rules}
        self.state(ConnectionState.CONNECTING)
        self.tell(AttemptMade, transport=transport, verdict="", succeeded=True)

    def accept(self, stream: int, status: int = 200, kind: str = "text/event-stream") -> HeadersReceived:
        fields = {"reason": "", "http_version": "HTTP/1.1", "ttfb_ms": 1.0}
        return self.hear(HeadersReceived, stream, status=status, headers=(("Content-Type", kind),), **fields)

    def post(self, stream: int, status: int = 200, kind: str = "text/event-stream", **fields: Any) -> Message:
        """A request on a stream of its own."""
        self.send(stream)
        asked = self.ask(stream, **{"name": "slow", "id": stream, **fields})
        self.accept(stream, status, kind)
        return asked

    def listen(self, stream: int, **headers: str) -> None:
        """A GET stream is open."""
        self.send(stream, "GET", "stream", headers=tuple(headers.items()))
        self.accept(stream)

    def error(self, stream: int, to: Message | None, **fields: Any) -> Message:
        return self.message(stream, MessageType.ERROR, to, **fields)

    def notify(self, stream: int, method: str, to: Message | None = None, **fields: Any) -> Message:
        return self.message(stream, MessageType.NOTIFICATION, to, method=method, **fields)

    def quiet(self, ms: float) -> None:
        """Time passes, and something that nobody cares for shows it."""
        self.wait(ms)
        self.state(ConnectionState.OPEN)

    def sleep(self, seconds: float) -> None:
        """The machine sleeps: the monotonic clock stands still."""
        self.quiet(1)
        self.clock._start += seconds
        self.quiet(1)

    def findings(self) -> list[Finding]:
        return self.into(Engine(rules=self._rules)).findings()

    def found(self, rule: str) -> Finding:
        """The finding of a rule that must have fired."""
        findings = {finding.rule: finding for finding in self.findings()}
        assert rule in findings, f"{rule} did not fire: {sorted(findings)}"
        return findings[rule]

    def fired(self) -> list[str]:
        return [finding.rule for finding in self.findings()]

    def is_silent(self) -> bool:
        return not self.findings()
