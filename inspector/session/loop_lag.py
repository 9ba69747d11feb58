"""Whether we are the slow part: how late our own ticks come, and how long the socket waits for our readers."""

from __future__ import annotations

from collections import deque
from statistics import median

from inspector.protocol.breach import Breach, Severity

RULE = "slow-consumer-us"
WINDOW_TICKS = 30
"""Three seconds of ticks: what lasts shorter is a hiccup."""
SLOW_MS = 100.0
_SHARE_HELD = 0.95
_FIX = "Take the times measured meanwhile with care; close other programs, or show fewer rows with a filter."


class LoopLag:
    """Judges the latest ticks; once they are slow, every further one says so again."""

    def __init__(self) -> None:
        self._late_ms: deque[float] = deque(maxlen=WINDOW_TICKS)
        self._held: deque[bool] = deque(maxlen=WINDOW_TICKS)

    def tick(self, late_ms: float, *, is_held_up: bool) -> Breach | None:
        """One tick came so late, while a socket did or did not wait for the readers of the river: what is to report."""
        self._late_ms.append(late_ms)
        self._held.append(is_held_up)
        sentence = self._sentence() if len(self._late_ms) == WINDOW_TICKS else ""
        return Breach(RULE, Severity.WARN, sentence, _FIX) if sentence else None

    def _sentence(self) -> str:
        middle_ms = median(self._late_ms)
        if middle_ms > SLOW_MS:
            return f"Our own event loop runs late: half of {WINDOW_TICKS} ticks came {middle_ms:.0f} ms late or more."
        if sum(self._held) >= WINDOW_TICKS * _SHARE_HELD:
            return "For three seconds the server had to wait, because we could not take in what it sends."
        return ""
