"""The line above a result: how a request ended, how long it took, and how current its answer is."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, QTimer
from PySide6.QtGui import QHideEvent, QShowEvent

from inspector.record.text import duration
from inspector.trace.clock import Clock
from inspector.ui.catalog_requests import CANCELLED, Outcome
from inspector.ui.elided_label import ElidedLabel
from inspector.ui.listing import freshness_words
from inspector.ui.theme import color

TICK_MS = 200


class OutcomeLine(ElidedLabel):
    """Counts the seconds while a request runs, and afterwards those of its freshness."""

    def __init__(self, name: str, verb: str, clock: Clock) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName("How the request ended")
        self._verb, self._clock = verb, clock
        self._outcome: Outcome | None = None
        self._since = QElapsedTimer()
        self._tick = QTimer(self, interval=TICK_MS)
        self._tick.timeout.connect(self._refresh)
        self.hide()

    def clear_outcome(self) -> None:
        """Nothing was asked."""
        self._outcome = None
        self._since.invalidate()
        self._refresh()

    def start(self) -> None:
        """A request is on its way."""
        self._outcome = None
        self._since.start()
        self._refresh()

    def finish(self, outcome: Outcome) -> None:
        """Show how it ended."""
        self._since.invalidate()
        self._outcome = outcome
        self._refresh()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._refresh()
        self._tick.start()

    def hideEvent(self, event: QHideEvent) -> None:
        self._tick.stop()
        super().hideEvent(event)

    def _refresh(self) -> None:
        words, role = self._words()
        if words == self.text():
            return
        palette = self.palette()
        palette.setColor(self.foregroundRole(), color(role))
        self.setPalette(palette)
        self.setText(words)
        self.setVisible(bool(words))

    def _words(self) -> tuple[str, str]:
        outcome = self._outcome
        if self._since.isValid():
            return f"waiting {self._since.elapsed() / 1000:.1f} s", "muted"
        if outcome is None:
            return "", "muted"
        took = duration(outcome.rtt_ms) if outcome.rtt_ms is not None else ""
        if outcome.sentence == CANCELLED:
            return "■ cancelled", "warn"
        if not outcome.ok:
            return " · ".join(filter(None, ("✗ failed", took))), "bad"
        age = freshness_words(outcome.freshness, outcome.at, self._clock, self._verb)
        asked = "asked back once" if outcome.rounds == 1 else f"asked back {outcome.rounds} times"
        facts = (f"✓ {self._verb}", took, asked if outcome.rounds else "", age.removeprefix(f"{self._verb} "))
        return " · ".join(filter(None, facts)), "good"
