"""Entries of the row menu that also have keys."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

RowAction = tuple[str, str, str, Callable[[], object]]
"""Object name, text, keys and what it does."""


def add_row_actions(widget: QWidget, *actions: RowAction) -> None:
    """Add a group of entries to the menu of `widget`, apart from those before."""
    if widget.actions():
        separator = QAction(widget)
        separator.setSeparator(True)
        widget.addAction(separator)
    for name, text, keys, slot in actions:
        action = QAction(text, widget)
        action.setObjectName(name)
        action.setShortcut(QKeySequence(keys))
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        action.triggered.connect(slot)
        widget.addAction(action)
