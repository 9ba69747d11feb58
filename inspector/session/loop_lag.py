"""Whether we are the slow part: how late our own ticks come, and how long the socket waits for our readers."""

from __future__ import annotations

from collections import deque
from statistics import median

from inspector.protocol import stall
from inspector.protocol.breach import Breach, Severity

RULE = "slow-consumer-us"
WINDOW_TICKS = 30
"""Three seconds of ticks: what lasts shorter is a hiccup."""
SLOW_MS = 100.0
STALL_MS = 1_000.0
"""So late a single tick is told as well, if anything came with it: its time of arrival is then our own doing."""
AGAIN_TICKS = 300
"""While it lasts it is told again every half a minute."""
_STALL_TICKS = 2
_SHARE_HELD = 0.95
_FIX = "Take the times measured meanwhile with care; close other programs, or show fewer rows with a filter."


class LoopLag:
    """Judges the latest ticks, and how many events there are in all with each of them."""

    def __init__(self) -> None:
        self._late_ms: deque[float] = deque(maxlen=WINDOW_TICKS)
        self._held: deque[bool] = deque(maxlen=WINDOW_TICKS)
        self._events = 0
        self._stall_ms = 0.0
        self._stall_ticks = 0
        self._silent_ticks = 0

    def tick(self, late_ms: float, *, is_held_up: bool, events: int = 0) -> Breach | None:
        """One tick came so late, while a socket did or did not wait for the readers of the river: what is to report."""
        self._late_ms.append(late_ms)
        self._held.append(is_held_up)
        stalled = self._stall(late_ms, events)
        self._silent_ticks = max(0, self._silent_ticks - 1)
        if stalled is not None or self._silent_ticks or len(self._late_ms) < WINDOW_TICKS:
            return stalled
        sentence = self._sentence()
        self._silent_ticks = AGAIN_TICKS if sentence else 0
        return Breach(RULE, Severity.WARN, sentence, _FIX) if sentence else None

    def _stall(self, late_ms: float, events: int) -> Breach | None:
        """What came meanwhile may be told just before such a tick, or just behind it."""
        if late_ms >= STALL_MS:
            self._stall_ms, self._stall_ticks = late_ms, _STALL_TICKS
        came, self._events = events > self._events, events
        if not self._stall_ticks:
            return None
        self._stall_ticks -= 1
        if not came:
            return None
        self._stall_ticks = 0
        return Breach(RULE, Severity.NOTE, stall.told(self._stall_ms / 1e3), _FIX)

    def _sentence(self) -> str:
        middle_ms = median(self._late_ms)
        if middle_ms > SLOW_MS:
            return f"Our own event loop runs late: half of {WINDOW_TICKS} ticks came {middle_ms:.0f} ms late or more."
        if sum(self._held) >= WINDOW_TICKS * _SHARE_HELD:
            return "For three seconds the server had to wait, because we could not take in what it sends."
        return ""
