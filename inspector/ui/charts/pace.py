"""How often charts are drawn anew: no oftener than drawing may cost. No Qt."""

from __future__ import annotations

import enum
from collections.abc import Callable
from time import perf_counter_ns

FLOOD_PER_S = 5_000
_TICK_NS = 16_000_000
_LATE_NS = 5_000_000
_MOST_PUT_OFF = 6
_JUDGED_NS = 250_000_000


class Share(float, enum.Enum):
    """So much of the time may go into drawing."""

    HAND = 0.6
    """The user moves something."""
    CALM = 0.3
    FLOOD = 0.08
    STILL = 0.05
    """Nothing comes, only time passes."""


class ChartPace:
    """After each drawing comes a rest, the longer the more it cost; `events` is how many came in all until now."""

    def __init__(self, now_ns: Callable[[], int] = perf_counter_ns) -> None:
        self._now_ns = now_ns
        self._rest_until_ns = 0
        self._hand_until_ns = 0
        self._asked_ns = now_ns()
        self._put_off = 0
        self._judged = now_ns(), 0
        self.share = Share.STILL

    def touched(self) -> None:
        """The user does something that is to be seen at once."""
        self._rest_until_ns = 0
        self._hand_until_ns = self._now_ns() + _JUDGED_NS

    def is_due(self, events: int) -> bool:
        """Whether it is time to draw something."""
        now_ns = self._now_ns()
        self._judge(now_ns, events)
        is_late = now_ns - self._asked_ns > _TICK_NS + _LATE_NS
        self._asked_ns = now_ns
        return now_ns >= self._rest_until_ns and not self._is_put_off(is_late)

    def _is_put_off(self, is_late: bool) -> bool:
        """In a flood nothing is drawn in a frame that is late already, unless that was so several times."""
        is_put_off = is_late and self.share is Share.FLOOD and self._put_off < _MOST_PUT_OFF
        self._put_off = self._put_off + 1 if is_put_off else 0
        return is_put_off

    def spent(self, cost_ns: int) -> None:
        """So long it took to draw and paint."""
        now_ns = self._now_ns()
        share = Share.HAND if now_ns < self._hand_until_ns and self.share is not Share.FLOOD else self.share
        self._rest_until_ns = now_ns + round(cost_ns * (1 / share - 1))

    def _judge(self, now_ns: int, events: int) -> None:
        since_ns, before = self._judged
        if self.share is Share.STILL and events > before:
            self.share, self._rest_until_ns = Share.CALM, now_ns  # the first news are shown at once
        if now_ns - since_ns < _JUDGED_NS:
            return
        rate = (events - before) / (now_ns - since_ns) * 1e9
        self.share = Share.FLOOD if rate > FLOOD_PER_S else Share.CALM if rate > 0 else Share.STILL
        self._judged = now_ns, events
