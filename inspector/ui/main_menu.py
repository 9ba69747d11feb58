"""The menu behind the button in the bar: what is done with recordings, and what else stands in no pane."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint
from PySide6.QtGui import QAction, QKeySequence, QShortcut
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

Entry = tuple[str, str, str, Callable[[], object]]
"""Object name, text, keys, what it does."""


def build(owner: QWidget, groups: tuple[tuple[Entry, ...], ...]) -> QMenu:
    """A menu of groups; its keys work everywhere in the window of `owner`."""
    menu = QMenu(owner)
    menu.setObjectName("mainMenu")
    used: set[str] = set()
    for number, group in enumerate(groups):
        if number:
            menu.addSeparator()
        for name, text, keys, act in group:
            action = QAction(_with_mnemonic(text, used), owner)
            action.setObjectName(name)
            if keys:
                action.setShortcut(QKeySequence(keys))
            action.triggered.connect(lambda _=False, act=act: act())
            owner.addAction(action)
            menu.addAction(action)
    return menu


def add_key(owner: QWidget, button: QToolButton) -> None:
    """F10 opens the menu of the button, with its first entry chosen."""

    def open_menu() -> None:
        menu = button.menu()
        if isinstance(menu, QMenu):
            corner = QPoint(button.width() - menu.sizeHint().width(), button.height())
            menu.popup(button.mapToGlobal(corner))  # unlike a click on the button, this waits for nothing
            menu.setActiveAction(menu.actions()[0])

    QShortcut(QKeySequence("F10"), owner, open_menu)


def _with_mnemonic(text: str, used: set[str]) -> str:
    """The text with an & before the letter that chooses it in the open menu: if possible the first of a word."""
    firsts = [place for place, char in enumerate(text) if char.isalpha() and not text[place - 1 : place].isalpha()]
    others = [place for place, char in enumerate(text) if char.isalpha()]
    free = next((place for place in (*firsts, *others) if text[place].lower() not in used), None)
    if free is None:
        return text
    used.add(text[free].lower())
    return f"{text[:free]}&{text[free:]}"
