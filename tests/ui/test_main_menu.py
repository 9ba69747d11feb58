"""The menu behind the button: every entry can be chosen with a letter."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from inspector.ui import main_menu
from inspector.ui.views.connection_bar import ConnectionBar

# The offscreen platform says so of windows and popups.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

TEXTS = ("Open recording…", "Save recording…", "Replay this recording", "Rules of the diagnosis…", "…", "OO")


def test_each_entry_has_a_letter_of_its_own_as_far_as_there_are_any(qtbot: QtBot) -> None:
    button = QToolButton()
    qtbot.addWidget(button)
    entries = tuple((f"entry{place}", text, "", print) for place, text in enumerate(TEXTS))
    menu = main_menu.build(button, (entries[:3], entries[3:]))
    shown = [action.text() for action in menu.actions() if not action.isSeparator()]
    assert shown == [
        "&Open recording…",
        "&Save recording…",
        "&Replay this recording",
        "Rules of &the diagnosis…",
        "…",
        "OO",
    ]


def test_keys_open_the_menu_and_choose_in_it(qtbot: QtBot) -> None:
    chosen: list[str] = []
    bar = ConnectionBar()
    qtbot.addWidget(bar)
    entries = (("one", "One", "", lambda: chosen.append("one")), ("two", "Two", "", lambda: chosen.append("two")))
    menu = main_menu.build(bar, (entries,))
    bar.set_menu(menu)
    bar.show()
    bar.activateWindow()
    qtbot.waitUntil(bar.isActiveWindow)
    QTest.keyClick(bar, Qt.Key.Key_F10)
    qtbot.waitUntil(menu.isVisible)
    QTest.keyClick(menu, Qt.Key.Key_T)
    assert chosen == ["two"]
