"""The line below the figures: how far the clocks are apart, or for a while what is to be said."""

from __future__ import annotations

from PySide6.QtCore import QTimer

from inspector.stats.call_timing import CallTiming
from inspector.stats.clock_offset import ClockOffsets
from inspector.ui.elided_label import ElidedLabel
from inspector.ui.models.latency_words import clock

_NOTE_MS = 20_000


class LatencyNote(ElidedLabel):
    """Takes no room while there is nothing to say."""

    def __init__(self, offsets: ClockOffsets) -> None:
        super().__init__()
        self.setObjectName("latencyNote")
        self.setAccessibleName("What is to be said about the latency")
        self.setProperty("muted", True)
        self.setContentsMargins(8, 0, 8, 4)
        self._offsets = offsets
        self._timer = QTimer(self, singleShot=True, interval=_NOTE_MS)
        self._timer.timeout.connect(self.refresh)
        self.hide()

    def say(self, sentence: str) -> None:
        """A sentence, for a while instead of that about the clocks."""
        self._timer.start()
        self._show(sentence)

    def refresh(self) -> None:
        """What is known of the clocks now."""
        if not self._timer.isActive():
            offset = self._offsets.offset()
            self._show("" if offset is None else clock(offset))

    def corrected_ms(self, call: CallTiming) -> float | None:
        """The one-way time of a call as if both clocks agreed, None while it is not known how far they do not."""
        if call.one_way_ms is None:
            return None
        offset = self._offsets.offset(call.connection)
        return None if offset is None else offset.corrected_ms(call.one_way_ms)

    def _show(self, sentence: str) -> None:
        self.setText(sentence)
        self.setVisible(bool(sentence))
