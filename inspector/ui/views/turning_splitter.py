"""Two parts beside each other in a wide place, below each other in a high one."""

from __future__ import annotations

from PySide6.QtCore import Qt
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

    def resizeEvent(self, event: QResizeEvent) -> None:
        size = event.size()
        is_wide = size.width() > size.height() * SIDE_BY_SIDE
        orientation = Qt.Orientation.Horizontal if is_wide else Qt.Orientation.Vertical
        if orientation != self.orientation() or not event.oldSize().isValid():
            self.setOrientation(orientation)
            self.setSizes(list(self._shares))  # Qt scales them to what there is
        super().resizeEvent(event)
