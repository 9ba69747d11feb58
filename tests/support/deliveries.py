"""Rivers about delivery: event streams on a clock that only the test moves, and what the diagnosis finds in them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import formatdate
from typing import Any

from inspector.diagnose.engine import Engine
from inspector.diagnose.finding import Finding
from inspector.trace.events import AnyEvent, HeadersReceived, Message, MessageType, RequestSent
from tests.support.rivers import Talk

SSE = ("Content-Type", "text/event-stream")
ACCEPT = ("Accept", "text/event-stream")


class Delivery(Talk):
    """A talk about event streams; `now` is the time that a server with a right clock would stamp."""

    def __init__(self) -> None:
        super().__init__()
        self.wait(1_000)  # a time of 0 means that something has not happened

    def ask_for_stream(self, stream: int, url: str = "http://h/mcp", *headers: tuple[str, str]) -> RequestSent:
        """A GET for an event stream leaves."""
        return self.send(stream, "GET", "stream", url=url, headers=(ACCEPT, *headers))

    def head(self, stream: int, *headers: tuple[str, str], **fields: Any) -> HeadersReceived:
        """A response begins; an event stream unless `headers` say something else."""
        typed = any(name.lower() == "content-type" for name, _ in headers)
        known = {"status": 200, "reason": "OK", "http_version": "HTTP/1.1", "ttfb_ms": 1.0, **fields}
        return self.hear(HeadersReceived, stream, headers=headers if typed else (SSE, *headers), **known)

    def answered_soon(self, stream: int, **fields: Any) -> HeadersReceived:
        """A whole exchange that takes no time."""
        self.send(stream, **fields)
        head = self.head(stream, ("Content-Type", "application/json"), self.date())
        self.end(stream)
        return head

    def date(self, ago_s: float = 0.0) -> tuple[str, str]:
        """A Date header, written so long ago by the clock of the server."""
        return "Date", formatdate(self.clock.time() - ago_s, usegmt=True)

    def now(self, ago_s: float = 0.0) -> str:
        return datetime.fromtimestamp(self.clock.time() - ago_s, UTC).isoformat()

    def notify(self, stream: int, data: str = "x", method: str = "notifications/message", **fields: Any) -> Message:
        raw = b'data: {"data":"%s"}\n\n' % data.encode()
        return self.message(stream, MessageType.NOTIFICATION, method=method, raw=raw, **fields)

    def progress(self, stream: int, to: Message, data: str = "x") -> Message:
        return self.notify(stream, data, "notifications/progress", request_n=to.n)


def findings(river: Talk) -> dict[str, Finding]:
    """By rule, dependants included; the same whether the river comes at once or event by event."""
    events = river.since(0)
    at_once, one_by_one = Engine(), Engine()
    at_once.fold(events)
    for event in events:
        one_by_one.fold([event])
    assert at_once.findings() == one_by_one.findings()
    return {finding.rule: finding for finding in _flat(at_once.findings())}


def live(events: Sequence[AnyEvent], now_ns: int) -> dict[str, Finding]:
    """What is found in a river on which nothing happens until now."""
    engine = Engine()
    engine.fold(events)
    engine.advance(now_ns)
    return {finding.rule: finding for finding in _flat(engine.findings())}


def _flat(found: Sequence[Finding]) -> list[Finding]:
    return [each for finding in found for each in (finding, *_flat(finding.dependants))]
