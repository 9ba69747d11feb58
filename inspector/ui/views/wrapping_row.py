"""A row of tools that breaks in two where it has no room."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QWidget

_GAP_PX = 12
_SPACING_PX = 4


class WrappingRow(QWidget):
    """Two groups of widgets beside each other, or below each other in a narrow window."""

    def __init__(self, first: Sequence[QWidget], second: Sequence[QWidget], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._box = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._box.setContentsMargins(8, 4, 8, 5)
        self._box.setSpacing(_SPACING_PX)
        self._groups = (_group(first), _group(second))
        if not any(_wants_width(widget) for widget in first):
            self._groups[0].addStretch()
        self._groups[1].addStretch()
        self._box.addLayout(self._groups[0], 1)
        self._box.addLayout(self._groups[1])

    def minimumSizeHint(self) -> QSize:
        """As narrow as the wider group."""
        margins = self._box.contentsMargins()
        width = max(group.minimumSize().width() for group in self._groups)
        return QSize(width + margins.left() + margins.right(), self._box.minimumSize().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def event(self, event: QEvent) -> bool:
        """A widget that comes or goes changes what fits."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._arrange()
        return super().event(event)

    def _arrange(self) -> None:
        """Break or join the row."""
        needed = sum(group.minimumSize().width() for group in self._groups) + 4 * _GAP_PX
        direction = QBoxLayout.Direction
        self._box.setDirection(direction.LeftToRight if needed <= self.width() else direction.TopToBottom)


def _group(widgets: Sequence[QWidget]) -> QHBoxLayout:
    group = QHBoxLayout()
    group.setSpacing(_SPACING_PX)
    for widget in widgets:
        group.addWidget(widget)
    return group


def _wants_width(widget: QWidget) -> bool:
    return bool(widget.sizePolicy().expandingDirections() & Qt.Orientation.Horizontal)
