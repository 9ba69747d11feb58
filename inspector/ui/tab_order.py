"""The order in which Tab goes through a window: as one reads it, not as it was built."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget


def arrange(*parts: QWidget) -> None:
    """Let Tab go through these parts of one window one after the other; within a part its order stays."""
    stops = [stop for part in parts for stop in _stops(part)]
    for before, after in pairwise(stops):
        QWidget.setTabOrder(before, after)


def _stops(part: QWidget) -> Iterator[QWidget]:
    start = part.window()
    widget = start.nextInFocusChain()
    while widget is not None and widget is not start:
        is_inside = widget is part or part.isAncestorOf(widget)
        if is_inside and widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
            yield widget
        widget = widget.nextInFocusChain()
