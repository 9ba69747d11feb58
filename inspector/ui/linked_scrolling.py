"""Two timelines side by side that show the same time since their start."""

from __future__ import annotations

from bisect import bisect_left

from PySide6.QtCore import QObject

from inspector.ui.views.timeline_pane import TimelinePane


class LinkedScrolling(QObject):
    """While `is_on`, the pane that is scrolled takes the other with it."""

    def __init__(self, left: TimelinePane, right: TimelinePane, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._panes = left, right
        self._is_moving = False
        self.is_on = False
        left.view.verticalScrollBar().valueChanged.connect(lambda: self._follow(left, right))
        right.view.verticalScrollBar().valueChanged.connect(lambda: self._follow(right, left))

    def set_on(self, is_on: bool) -> None:
        """Begin or end; the right one moves first."""
        self.is_on = is_on
        self._follow(*self._panes)

    def _follow(self, moved: TimelinePane, other: TimelinePane) -> None:
        top = moved.view.rowAt(0)
        if not self.is_on or self._is_moving or top < 0 or not len(other.timeline):
            return
        mine, theirs = moved.timeline.monotonic_ns, other.timeline.monotonic_ns
        since_start_ns = mine[moved.model.row_at(top)] - mine[0]
        row = bisect_left(theirs, theirs[0] + since_start_ns)
        position = min(other.model.position_from(row), other.model.rowCount() - 1)
        if position < 0:
            return
        self._is_moving = True
        column = other.view.columnAt(0)
        other.view.scrollTo(other.model.index(position, max(column, 0)), other.view.ScrollHint.PositionAtTop)
        self._is_moving = False
