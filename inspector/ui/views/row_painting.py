"""Tables whose delegate paints whole rows: a cell at a time, Qt spends more on asking than on painting."""

from __future__ import annotations

from time import perf_counter_ns

from PySide6.QtCore import Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QTableView

from inspector.ui.delegates.timeline_delegate import Line, Strip, TimelineDelegate


class RowPainting(QTableView):
    """Rows of one height each, none of them hidden; `rows_delegate` paints the exposed ones column by column."""

    painted = Signal(int)
    """How long it took, in microseconds."""
    rows_delegate: TimelineDelegate

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint what is exposed; Qt clips to it."""
        begun_ns = perf_counter_ns()
        lines, strips = self._exposed_lines(event), self._exposed_strips(event)
        if lines and strips:
            painter = QPainter(self.viewport())
            self.rows_delegate.paint_lines(painter, strips, lines, self.rowHeight(0))
            painter.end()
        self.painted.emit((perf_counter_ns() - begun_ns) // 1_000)

    def _exposed_lines(self, event: QPaintEvent) -> list[Line]:
        height, count, exposed = self.rowHeight(0), self.model().rowCount(), event.rect()
        if not count:
            return []
        offset, selection = self.rowViewportPosition(0), self.selectionModel()
        first = max(0, (exposed.top() - offset) // height)
        last = min(count - 1, (exposed.bottom() - offset) // height)
        selected = selection.hasSelection()
        return [
            Line(position, offset + position * height, selected and selection.isRowSelected(position))
            for position in range(first, last + 1)
        ]

    def _exposed_strips(self, event: QPaintEvent) -> list[Strip]:
        exposed, header = event.rect(), self.horizontalHeader()
        visible = [column for column in range(header.count()) if not header.isSectionHidden(column)]
        self.rows_delegate.first_column = visible[0] if visible else 0
        strips = (
            Strip(column, header.sectionViewportPosition(column), header.sectionSize(column)) for column in visible
        )
        return [
            strip for strip in strips if strip.left <= exposed.right() and strip.left + strip.width > exposed.left()
        ]
