"""A line of text that gives way: it is cut with an ellipsis where there is no room, and the tool tip has it whole."""

from __future__ import annotations

import html

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel

LEAST_CHARS = 4


class ElidedLabel(QLabel):
    """`text()` is always the whole text, never read as markup; no more than `least_chars` of it are sure of room."""

    def __init__(self, text: str = "", least_chars: int = LEAST_CHARS) -> None:
        super().__init__(text)
        self._least_chars = least_chars
        self.setTextFormat(Qt.TextFormat.PlainText)

    def minimumSizeHint(self) -> QSize:
        """A few letters, or all of a shorter text."""
        least = self.fontMetrics().averageCharWidth() * self._least_chars
        whole = super().sizeHint()
        return QSize(min(least, whole.width()), whole.height())

    def event(self, event: QEvent) -> bool:
        """The tool tip is for a text that is cut, where nobody gave another."""
        if event.type() == QEvent.Type.ToolTip and not self.toolTip() and self._is_cut():
            self.setToolTip(f"<p>{html.escape(self.text())}</p>")
            shown = super().event(event)
            self.setToolTip("")
            return shown
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The text as far as it goes."""
        area = self.contentsRect()
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, area.width())
        painter = QPainter(self)
        self.style().drawItemText(
            painter, area, self.alignment(), self.palette(), self.isEnabled(), text, self.foregroundRole()
        )
        painter.end()

    def _is_cut(self) -> bool:
        return self.fontMetrics().horizontalAdvance(self.text()) > self.contentsRect().width()
