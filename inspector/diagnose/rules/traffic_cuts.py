"""Messages that are cut off, each at the same length."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

from inspector.diagnose.rule import Watch
from inspector.diagnose.topics import Topic
from inspector.trace.events import FrameReceived
from inspector.trace.facts import NO_JSON

MAX_LENGTHS = 256
MAX_EVENTS = 8


class CutAlike(Watch):
    """Broken JSON of one and the same length comes out of a buffer of that length."""

    rules = ("jsonrpc-invalid-json",)

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._lengths: OrderedDict[int, list[int]] = OrderedDict()

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {Topic.FRAME: self._on_frame}

    def _on_frame(self, event: FrameReceived) -> None:
        length = len(event.raw)
        if length < self.thresholds.cut_least_bytes or event.truncated or not event.note.startswith(NO_JSON):
            return
        alike = self._lengths.setdefault(length, [])
        alike.append(event.n)
        if len(self._lengths) > MAX_LENGTHS:
            self._lengths.popitem(last=False)
        if len(alike) == self.thresholds.cut_alike:
            text = f"{len(alike)} events that are no JSON have {length:,} bytes each: a buffer of that size cut them."
            fix = "Find what writes at most so many bytes at once, and let it write the whole message."
            self.found(text, tuple(alike), grade="likely", fix=fix)
        del alike[MAX_EVENTS:]
