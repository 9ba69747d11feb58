"""A column that scrolls where it does not fit."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget


def scrolled(column: QVBoxLayout, *, may_be_wide: bool = False) -> QScrollArea:
    """The column in a frameless area that takes no focus; sideways it scrolls only if it `may_be_wide`."""
    page = QWidget()
    page.setLayout(column)
    area = QScrollArea(widgetResizable=True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    if not may_be_wide:
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(page)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    for widget in (page, area.viewport()):
        widget.setAutoFillBackground(False)
    return area
