"""Two parts beside each other in a wide place, below each other in a high one."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QWidget

SIDE_BY_SIDE = 1.4
GAP_PX = 8


class TurningSplitter(QSplitter):
    """Turns with its own shape; `shares` are the parts' first widths or heights in relation to each other."""

    def __init__(self, shares: tuple[int, int] = (1_100, 1_000), parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Vertical, parent)
        self._shares = shares
        self.setChildrenCollapsible(False)
        self.setHandleWidth(2 * GAP_PX)

    def minimumSizeHint(self) -> QSize:
        """Room for either part: turned the right way, both then fit."""
        hints = self._least()
        width, height = (max((size(hint) for hint in hints), default=0) for size in (QSize.width, QSize.height))
        return QSize(width, height)

    def resizeEvent(self, event: QResizeEvent) -> None:
        orientation = self._fitting(event.size())
        if orientation != self.orientation() or not event.oldSize().isValid():
            self.setOrientation(orientation)
            self.setSizes(list(self._shares))  # Qt scales them to what there is
        super().resizeEvent(event)

    def _fitting(self, size: QSize) -> Qt.Orientation:
        """By shape, unless the parts have no room that way."""
        hints = self._least()
        if size.width() < sum(hint.width() for hint in hints) + self.handleWidth():
            return Qt.Orientation.Vertical
        is_low = size.height() < sum(hint.height() for hint in hints) + self.handleWidth()
        is_wide = size.width() > size.height() * SIDE_BY_SIDE
        return Qt.Orientation.Horizontal if is_wide or is_low else Qt.Orientation.Vertical

    def _least(self) -> list[QSize]:
        parts = (self.widget(place) for place in range(self.count()))
        return [part.minimumSizeHint() for part in parts if part is not None]
