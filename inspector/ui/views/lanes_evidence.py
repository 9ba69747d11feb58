"""Where the events that findings rest on are in the lanes. No Qt."""

from __future__ import annotations

from typing import NamedTuple

from inspector.record.lanes import CONNECTION, Lanes
from inspector.record.row_links import row_showing
from inspector.ui.models.evidence import Evidence


class Tick(NamedTuple):
    """One event: when it was, the code of the gravest finding, whether that is being read."""

    at_ns: int
    code: int
    is_highlighted: bool


class EvidenceTicks:
    """Ticks by lane; events that the lanes have not folded yet are looked for again."""

    def __init__(self, lanes: Lanes) -> None:
        self._lanes = lanes
        self.evidence = Evidence()
        self._ticks: dict[int, list[Tick]] = {}
        self._placed_at: int | None = 0
        """How many rows were folded when the ticks were placed, None once all have their place."""

    def show(self, evidence: Evidence) -> None:
        """These are the events from now on."""
        self.evidence, self._placed_at = evidence, -1

    def of(self, lane: int) -> list[Tick]:
        """The ticks of a lane, the gravest last, so that it is painted over the others."""
        if self._placed_at is not None and self._placed_at != self._lanes.folded:
            self._place()
        return self._ticks.get(lane, [])

    def _place(self) -> None:
        timeline = self._lanes.timeline
        self._ticks, is_complete = {}, True
        for n, held in self.evidence.events.items():
            row = row_showing(timeline, n)
            if row is None or row >= self._lanes.folded:
                is_complete = False
                continue
            lane = self._lanes.lane_of(timeline.streams[row])
            tick = Tick(timeline.monotonic_ns[row], held.code, n in self.evidence.highlighted)
            self._ticks.setdefault(CONNECTION if lane is None else lane, []).append(tick)
        for ticks in self._ticks.values():
            ticks.sort(key=lambda tick: (tick.is_highlighted, tick.code))
        self._placed_at = None if is_complete else self._lanes.folded
