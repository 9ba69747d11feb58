"""Subscriptions that end without a word."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from inspector.diagnose.rule import Watch
from inspector.diagnose.topics import Topic
from inspector.protocol import subscriptions
from inspector.trace.events import EndCause, Severity, StreamEnded

_ORDERLY = frozenset({EndCause.COMPLETE, EndCause.END_OF_STREAM})
"""What the server did itself; streams that are cut have rules of their own."""


class AbruptEnd(Watch):
    """An orderly end of the stream, and no result before it."""

    rules = ("subscription-not-acknowledged",)

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {Topic.END: self._on_end}

    def _on_end(self, event: StreamEnded) -> None:
        exchange = self.context.exchanges.get(event.stream)
        if exchange is None or exchange.purpose != subscriptions.METHOD or event.cause not in _ORDERLY:
            return
        if not exchange.is_event_stream or self.context.timers.disturbed_since(exchange.sent_ns):
            return
        asked = next((each for each in self.context.pending.values() if each.stream == event.stream), None)
        if asked is not None:
            text = f"The server ended the subscription {event.age_ms / 1e3:.1f} s after it began, without a result."
            self.found(text, (asked.n, event.n), severity=Severity.NOTE)
