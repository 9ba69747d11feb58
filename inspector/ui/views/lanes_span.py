"""Which time the lanes show: all of it, what the user zoomed to, or the newest. No Qt."""

from __future__ import annotations

import enum

from inspector.record.lanes_bins import Columns

MIN_COLUMN_NS = 64
_MARGIN = 0.015
"""So much of the width stays free behind the newest, so that it does not stick to the edge."""


class Mode(enum.Enum):
    """What happens to the span as time goes on."""

    FIT = "fit"
    FREE = "free"
    FOLLOW = "follow"


class Span:
    """The columns in sight between two bounds; zooming and panning leave them, `fit` and `follow` come back."""

    def __init__(self) -> None:
        self.mode = Mode.FIT
        self.first_ns = self.last_ns = 0
        self.columns = Columns.over(0, 1, 1)

    def set_bounds(self, first_ns: int, last_ns: int, count: int) -> None:
        """There is something from `first_ns` to `last_ns`, and room for `count` columns."""
        self.first_ns, self.last_ns = first_ns, max(first_ns, last_ns)
        if self.mode is Mode.FIT:
            self.columns = self._whole(count)
        elif self.mode is Mode.FOLLOW:
            self._end_at(self.last_ns, count)
        elif count != self.columns.count:
            self.columns = Columns.of(self.columns.start_ns, self.columns.step_ns, count)

    def fit(self) -> None:
        """Show all there is, and go on doing so."""
        self.mode = Mode.FIT
        self.columns = self._whole(self.columns.count)

    def follow(self) -> None:
        """Stay with the newest, as near as it is shown now."""
        self.mode = Mode.FOLLOW
        self._end_at(self.last_ns, self.columns.count)

    def zoom(self, factor: float, column: float) -> None:
        """Show more of less (a factor above 1) or the reverse; the time at `column` stays where it is."""
        now, count = self.columns, self.columns.count
        step_ns = max(MIN_COLUMN_NS, round(now.step_ns / factor))
        if step_ns >= self._whole(count).step_ns:
            if factor < 1:
                self.fit()
            return
        step_ns = Columns.of(0, step_ns, 1).step_ns
        if self.mode is Mode.FOLLOW:
            self.columns = Columns.of(now.start_ns, step_ns, count)
            self._end_at(self.last_ns, count)
            return
        at_ns = now.start_ns + round(column * now.step_ns)
        self._go(at_ns - round(column * step_ns), step_ns)

    def pan(self, columns: float) -> None:
        """Look so many columns later, or earlier."""
        self._go(self.columns.start_ns + round(columns * self.columns.step_ns), self.columns.step_ns)

    def home(self) -> None:
        """Look at the beginning."""
        self._go(self.first_ns, self.columns.step_ns)

    def show(self, start_ns: int, end_ns: int) -> None:
        """Look at this span."""
        self.mode = Mode.FREE
        least = MIN_COLUMN_NS * self.columns.count
        self.columns = Columns.over(start_ns, max(end_ns, start_ns + least), self.columns.count)

    def reveal(self, at_ns: int) -> None:
        """Bring a time into sight, if it is not; where everything is shown, it is or will be."""
        if self.mode is not Mode.FIT and not self.columns.start_ns <= at_ns < self.columns.end_ns:
            self._go(at_ns - self.columns.count * self.columns.step_ns // 2, self.columns.step_ns)

    def _go(self, start_ns: int, step_ns: int) -> None:
        """Look elsewhere, but never past all that there is."""
        width_ns = step_ns * self.columns.count
        start_ns = min(max(start_ns, self.first_ns - width_ns // 2), self.last_ns - width_ns // 8)
        self.mode = Mode.FREE
        self.columns = Columns.of(start_ns, step_ns, self.columns.count)

    def _whole(self, count: int) -> Columns:
        least = self.first_ns + MIN_COLUMN_NS * count
        margin = round((self.last_ns - self.first_ns) * _MARGIN)
        return Columns.over(self.first_ns, max(self.last_ns + margin + 1, least), count)

    def _end_at(self, end_ns: int, count: int) -> None:
        step_ns = self.columns.step_ns
        self.columns = Columns.of(end_ns - round((1 - _MARGIN) * count * step_ns), step_ns, count)
