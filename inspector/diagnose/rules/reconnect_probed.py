"""What the probe of resuming shows: it asks for all that came after the first event of an answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from inspector.diagnose.context import Context
from inspector.diagnose.exchange import Exchange
from inspector.diagnose.rule import Watch
from inspector.diagnose.topics import Topic
from inspector.protocol.probe_steps import PREFIX
from inspector.trace.events import FrameReceived, StreamEnded

PURPOSE = f"{PREFIX}resume"
MAX_IDS = 1_000


class ProbedResume(Watch):
    """Compares the ids of an answer with those that a resume behind the first of them brings."""

    rules = ("last-event-id-ignored", "resume-duplicates")

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._ids: list[str] = []
        """Those of the exchange at hand: a probe makes one after the other."""
        self._sent: list[str] = []

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {Topic.FRAME: self._on_frame, Topic.END: self._on_end}

    def _on_frame(self, frame: FrameReceived) -> None:
        if frame.event_id and len(self._ids) < MAX_IDS and self._probed(frame.stream) is not None:
            self._ids.append(frame.event_id)

    def _on_end(self, event: StreamEnded) -> None:
        exchange = self._probed(event.stream)
        if exchange is None:
            return
        came, self._ids = self._ids, []
        if exchange.method == "POST":
            self._sent = came
        elif exchange.is_event_stream and len(self._sent) > 1:
            self._compare(exchange, came)

    def _compare(self, exchange: Exchange, came: list[str]) -> None:
        first, *later = self._sent
        if first in came:
            text = f"Asked for what came after the event {first[:60]!r}, the server sent that event again."
            self.found(text, exchange.evidence, rule=self.rules[1])
        elif not set(later) & set(came):
            text = (
                f"Asked for what came after the event {first[:60]!r}, the server sent none of the {len(later)} others."
            )
            self.found(text, exchange.evidence, rule=self.rules[0], grade="likely")

    def _probed(self, stream: int | None) -> Exchange | None:
        exchange = self.context.exchanges.get(stream)
        return exchange if exchange is not None and exchange.purpose == PURPOSE else None
