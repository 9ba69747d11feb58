"""The menu behind the button in the bar: what is done with recordings, and what else stands in no pane."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

Entry = tuple[str, str, str, Callable[[], object]]
"""Object name, text, keys, what it does."""


def build(owner: QWidget, groups: tuple[tuple[Entry, ...], ...]) -> QMenu:
    """A menu of groups; its keys work everywhere in the window of `owner`."""
    menu = QMenu(owner)
    menu.setObjectName("mainMenu")
    for number, group in enumerate(groups):
        if number:
            menu.addSeparator()
        for name, text, keys, act in group:
            action = QAction(text, owner)
            action.setObjectName(name)
            if keys:
                action.setShortcut(QKeySequence(keys))
            action.triggered.connect(lambda _=False, act=act: act())
            owner.addAction(action)
            menu.addAction(action)
    return menu
