"""What the probe of leaving a stream shows: whether the server notices that nobody listens any more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from inspector.diagnose.context import Context
from inspector.diagnose.exchange import Exchange
from inspector.diagnose.rule import Era, Group, Rule, SeenBy, Watch
from inspector.diagnose.stack import Product
from inspector.diagnose.topics import Topic
from inspector.protocol.probe_steps import PREFIX
from inspector.trace.events import HeadersReceived, Severity, StreamEnded

PURPOSE = f"{PREFIX}disconnect"
CONFLICT = 409


class DisconnectUnnoticed(Watch):
    """A stream that we left is still taken for open some time later."""

    rules = ("disconnect-unnoticed",)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._left: Exchange | None = None

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {Topic.END: self._on_end, Topic.HTTP_RESPONSE: self._on_response}

    def _on_end(self, event: StreamEnded) -> None:
        exchange = self._probed(event.stream)
        if exchange is not None and exchange.is_event_stream:
            self._left = exchange if exchange.ended_by_us else None

    def _on_response(self, event: HeadersReceived) -> None:
        exchange, left = self._probed(event.stream), self._left
        if exchange is None or left is None or left.end is None or event.status != CONFLICT:
            return
        held_s = (event.monotonic_ns - left.end.monotonic_ns) / 1e9
        if held_s >= self.thresholds.unnoticed_s:
            text = f"{held_s:.1f} s after we had left a stream, the server still refused a new one with 409."
            self.found(text, (left.end.n, *exchange.evidence))

    def _probed(self, stream: int | None) -> Exchange | None:
        exchange = self.context.exchanges.get(stream)
        return exchange if exchange is not None and exchange.purpose == PURPOSE and exchange.method == "GET" else None


RULES: tuple[Rule, ...] = (
    Rule(
        id="disconnect-unnoticed",
        group=Group.MEASUREMENT,
        title="Server does not notice a disconnect",
        severity=Severity.WARN,
        symptom="After a client has left its stream, the server goes on holding it and refuses the next with 409.",
        cause="Nothing is written to the stream that would fail, or a failed write ends nothing: sockets pile up.",
        fix="Send a heartbeat every 15 s, end the session's stream when a write fails or the client has gone, and let "
        "a new GET replace the old stream.",
        fixes={Product.UVICORN: "await `request.is_disconnected()` or `receive()`, and cancel the sender then."},
        source="java-sdk#1021, python-sdk#2958",
        link="https://github.com/modelcontextprotocol/python-sdk/issues/2958",
        eras=frozenset({Era.STREAMABLE}),
        seen_by=SeenBy.PROBE,
        watch=DisconnectUnnoticed,
    ),
)
