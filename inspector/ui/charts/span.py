"""Which time the charts show: the newest, all of it, or what the user chose. No Qt."""

from __future__ import annotations

import enum
from dataclasses import dataclass

SECOND_NS = 10**9
LEAST_NS = 50_000_000
DEFAULT_NS = 60 * SECOND_NS
ZOOM_STEP = 1.5
PAN_SHARE = 0.1
_MARGIN = 0.01
"""So much of the width stays free at the edges, so that the newest point is not cut."""


class Mode(enum.Enum):
    """What happens to the span as time goes on."""

    FOLLOW = "follow"
    ALL = "all"
    FREE = "free"


@dataclass(frozen=True, slots=True)
class Sight:
    """The time in sight, moved on in whole pixels, so that nothing is drawn anew that would look the same."""

    start_ns: int
    end_ns: int
    pixels: int

    @property
    def width_ns(self) -> int:
        return self.end_ns - self.start_ns


class TimeSpan:
    """The time that all charts share; what `zoom` and `pan` leave, `follow` and `show_all` come back to."""

    def __init__(self, mode: Mode = Mode.FOLLOW) -> None:
        self.mode = mode
        self.width_ns = DEFAULT_NS
        self.first_ns = self.last_ns = 0
        self._start_ns = 0

    def set_bounds(self, first_ns: int, last_ns: int) -> None:
        """There is something between these times."""
        self.first_ns, self.last_ns = first_ns, max(first_ns, last_ns)

    def sight(self, pixels: int) -> Sight:
        """The time in sight on so many pixels."""
        pixels = max(1, pixels)
        start_ns, width_ns = self._now()
        step_ns = max(1, width_ns // pixels)
        if self.mode is Mode.FOLLOW:
            start_ns = start_ns // step_ns * step_ns
        elif self.mode is Mode.ALL:
            width_ns = -(-width_ns // _coarse(step_ns)) * _coarse(step_ns)
        return Sight(start_ns, start_ns + width_ns, pixels)

    def follow(self, width_ns: int | None = None) -> None:
        """Stay with the newest."""
        self.width_ns = width_ns or self._now()[1]
        self.mode = Mode.FOLLOW

    def show_all(self) -> None:
        """Show all there is, and what will be."""
        self.mode = Mode.ALL

    def home(self) -> None:
        """Look at the beginning."""
        self._go(self.first_ns, self._now()[1])

    def show(self, start_ns: int, end_ns: int) -> None:
        """Look at this time."""
        self._go(start_ns, end_ns - start_ns)

    def zoom(self, factor: float, at_ns: int | None = None) -> None:
        """Show less of more (a factor above 1) or the reverse; the time `at_ns`, or the middle, stays where it is."""
        start_ns, width_ns = self._now()
        longest_ns = max(LEAST_NS, round((self.last_ns - self.first_ns) * (1 + 2 * _MARGIN)))
        new_ns = max(LEAST_NS, round(width_ns / factor))
        if self.mode is Mode.FOLLOW and at_ns is None:
            self.width_ns = new_ns
            return
        if factor < 1 and new_ns >= longest_ns and self.mode is not Mode.FOLLOW:
            self.show_all()
            return
        fixed_ns = start_ns + width_ns // 2 if at_ns is None else at_ns
        self._go(fixed_ns - round((fixed_ns - start_ns) / width_ns * new_ns), new_ns)

    def pan(self, share: float) -> None:
        """Look later by a share of the width, or earlier."""
        start_ns, width_ns = self._now()
        self._go(start_ns + round(share * width_ns), width_ns)

    def _go(self, start_ns: int, width_ns: int) -> None:
        """Look elsewhere, but never past all that there is."""
        self.width_ns = max(LEAST_NS, width_ns)
        earliest, latest = self.first_ns - self.width_ns // 2, self.last_ns - self.width_ns // 8
        self._start_ns = min(max(start_ns, earliest), max(earliest, latest))
        self.mode = Mode.FREE

    def _now(self) -> tuple[int, int]:
        """Where the time in sight begins and how long it is."""
        if self.mode is Mode.FREE:
            return self._start_ns, self.width_ns
        if self.mode is Mode.FOLLOW:
            margin_ns = round(self.width_ns * _MARGIN)
            # what is shorter than the width fills it from the left
            return max(self.first_ns - margin_ns, self.last_ns + margin_ns - self.width_ns), self.width_ns
        length_ns = max(SECOND_NS, self.last_ns - self.first_ns)
        margin_ns = round(length_ns * _MARGIN)
        return self.first_ns - margin_ns, length_ns + 2 * margin_ns


def _coarse(step_ns: int) -> int:
    """The next power of two, which stays the same while all time grows slowly."""
    return 1 << step_ns.bit_length()
