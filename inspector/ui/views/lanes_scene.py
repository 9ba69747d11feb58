"""What the lanes show and where: which lanes, which time, what is chosen. No Qt."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from time import perf_counter_ns

from inspector.record.lanes import CONNECTION, NEVER, Lanes
from inspector.record.timeline import Timeline
from inspector.ui.views.lanes_evidence import EvidenceTicks
from inspector.ui.views.lanes_span import Mode, Span

BATCH = 2_000
NEAR_PX = 6
_LEAST_LABELS_PX, _MOST_LABELS_PX, _LABELS_SHARE = 90, 230, 0.22


class Scene:
    """Below the axis stands the lane of the connection, and below that those of the streams, which scroll."""

    def __init__(self, timeline: Timeline, now_ns: Callable[[], int] | None) -> None:
        self.timeline = timeline
        self.lanes = Lanes(timeline)
        self.span = Span()
        self.shown: list[int] = []
        """The lanes of the streams in sight, the most wanted first."""
        self.words: Callable[[str], str] = str
        """What may be seen of names and tips; before an audience not all of them."""
        self.problems_first = False
        self.current: int | None = None
        self.brush: tuple[int, int] | None = None
        self.evidence = EvidenceTicks(self.lanes)
        self.row: int | None = None
        self.hover_x: int | None = None
        self.lane_px = self.axis_px = 20
        self.width = self.height = self.scroll = 0
        self._now_ns = now_ns
        self._shown_for: object = None
        self._arranged_ns: int | None = None

    @property
    def is_live(self) -> bool:
        """Whether time goes on here."""
        return self._now_ns is not None

    @property
    def is_moving(self) -> bool:
        """Whether time moves the picture although no row comes: something is open, or the newest is followed."""
        return self.is_live and (bool(self.lanes.open) or self.span.mode is Mode.FOLLOW) and self.lanes.folded > 0

    @property
    def is_stale(self) -> bool:
        """Whether it would look different now: a clock that stands still, as that of a recording, moves nothing."""
        return self.is_moving and self.now_ns() != self._arranged_ns

    @property
    def labels_px(self) -> int:
        """The width of the names at the left."""
        return round(min(max(self.width * _LABELS_SHARE, _LEAST_LABELS_PX), _MOST_LABELS_PX))

    @property
    def streams_top(self) -> int:
        """Where the lanes that scroll begin."""
        return self.axis_px + self.lane_px

    @property
    def origin_ns(self) -> int:
        """The time of the first row."""
        return self.timeline.monotonic_ns[0] if len(self.timeline) else 0

    def now_ns(self) -> int:
        """To when open streams run: now, or the end of a recording."""
        return self.lanes.last_ns if self._now_ns is None else max(self._now_ns(), self.lanes.last_ns)

    def catch_up(self, budget_ns: int) -> bool:
        """Take in new rows for at most so long; whether there were any."""
        deadline_ns = perf_counter_ns() + budget_ns
        before = self.lanes.folded
        while self.lanes.fold(BATCH) and perf_counter_ns() < deadline_ns:
            pass
        return self.lanes.folded > before

    @property
    def is_behind(self) -> bool:
        """Whether rows are left to take in."""
        return self.lanes.folded < len(self.timeline)

    def arrange(self) -> None:
        """Bring span and lanes up to date."""
        if not self.lanes.folded:
            return
        self._arranged_ns = self.now_ns()
        last_ns = self._arranged_ns if self.is_moving else self.lanes.last_ns
        self.span.set_bounds(self.origin_ns, last_ns, max(1, self.width - self.labels_px))
        columns = self.span.columns
        wanted = (columns, self.lanes.folded, self.problems_first)
        if wanted != self._shown_for:
            self._shown_for = wanted
            self.shown = self.lanes.between(columns.start_ns, columns.end_ns)
            if self.problems_first:
                self.shown.sort(key=self.lanes.severity, reverse=True)

    def x_of(self, at_ns: int) -> int:
        """Where a time is, which may be out of sight."""
        return self.labels_px + self.span.columns.column(at_ns)

    def ns_at(self, x: float) -> int:
        """The time at a place."""
        columns = self.span.columns
        return columns.start_ns + round((x - self.labels_px) * columns.step_ns)

    def lane_at(self, y: float) -> int | None:
        """The lane at a height, None on the axis and below the last."""
        if y < self.axis_px:
            return None
        if y < self.streams_top:
            return CONNECTION
        position = int(y - self.streams_top + self.scroll) // self.lane_px
        return self.shown[position] if position < len(self.shown) else None

    def lanes_in_sight(self) -> list[tuple[int, int]]:
        """Lanes that scroll, with the height at which each begins."""
        first = self.scroll // self.lane_px
        room = max(0, self.height - self.streams_top)
        count = -(-(room + self.scroll % self.lane_px) // self.lane_px)
        top = self.streams_top - self.scroll % self.lane_px
        return [(lane, top + place * self.lane_px) for place, lane in enumerate(self.shown[first : first + count])]

    def row_near(self, lane: int, x: float) -> int | None:
        """The row of a lane at a place, if one is near."""
        row = self.lanes.nearest(lane, self.ns_at(x))
        if row is None or abs(self.x_of(self.timeline.monotonic_ns[row]) - x) > NEAR_PX:
            return None
        return row

    def rows_between(self, start_ns: int, end_ns: int) -> tuple[int, int] | None:
        """The first and the last row of a span of time, None if it has none."""
        stamps = self.timeline.monotonic_ns
        first, end = bisect_left(stamps, start_ns), bisect_right(stamps, end_ns)
        return (first, end - 1) if first < end else None

    def step_lane(self, step: int) -> int | None:
        """The lane so many below the current one; the first of all if there is none yet."""
        order = [CONNECTION, *self.shown]
        place = order.index(self.current) + step if self.current in order else 0
        self.current = order[min(max(place, 0), len(order) - 1)]
        return self.current

    def lane_span(self, lane: int) -> tuple[int, int]:
        """From when to when there is something on a lane."""
        facts = self.lanes.facts(lane)
        if facts.sent_ns == NEVER:
            return self.origin_ns, self.lanes.last_ns
        return facts.sent_ns, self.now_ns() if facts.end_ns == NEVER else facts.end_ns
