"""The roots dialog as a user or a script drives it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QFileDialog, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from inspector.protocol.roots import Root
from inspector.ui.dialogs.roots_dialog import RootsDialog
from tests.support.panes import part

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

A, B = Root("file:///a", "a"), Root("file:///b", "b")


class Driver:
    """The open dialog, and what it has handed out."""

    def __init__(self, qtbot: QtBot, roots: Sequence[Root] = (A, B), *, is_deprecated: bool = False) -> None:
        self.window = QWidget()
        qtbot.addWidget(self.window)
        self.window.show()
        self.dialog = RootsDialog(roots, self.window, is_deprecated=is_deprecated)
        self.changes: list[tuple[Root, ...]] = []
        self.dialog.changed.connect(self.changes.append)
        self.dialog.open()

    def click(self, name: str) -> None:
        part(self.dialog, QAbstractButton, name).click()

    def field(self, name: str) -> QLineEdit:
        return part(self.dialog, QLineEdit, name)

    def problem(self) -> str:
        label = part(self.dialog, QLabel, "rootsProblem")
        return label.text() if label.isVisible() else ""


def test_roots_are_edited_moved_and_removed(qtbot: QtBot) -> None:
    driver = Driver(qtbot)
    driver.click("root:0:down")
    assert driver.dialog.roots() == (B, A)
    driver.click("root:0:remove")
    driver.field("root:0:name").setText(" first ")
    driver.click("addRoot")
    QTest.keyClicks(driver.field("root:1:uri"), "srv")
    driver.click("rootsOk")
    assert driver.changes == [(Root("file:///a", "first"), Root("file:///srv"))]
    assert not driver.dialog.isVisible()


def test_the_ends_of_the_list_do_not_move_further(qtbot: QtBot) -> None:
    driver = Driver(qtbot)
    assert not part(driver.dialog, QAbstractButton, "root:0:up").isEnabled()
    assert not part(driver.dialog, QAbstractButton, "root:1:down").isEnabled()
    driver.click("root:1:up")
    assert driver.dialog.roots() == (B, A)


def test_a_folder_is_added_without_blocking(qtbot: QtBot, tmp_path: Path) -> None:
    driver = Driver(qtbot, ())
    assert part(driver.dialog, QAbstractButton, "addFolder").isEnabled()
    driver.click("addFolder")
    chooser = driver.dialog.findChild(QFileDialog, "folderChooser")
    assert chooser is not None
    chooser.fileSelected.emit(str(tmp_path))
    chooser.reject()
    driver.click("rootsOk")
    assert driver.changes == [(Root(tmp_path.as_uri(), tmp_path.name),)]


def test_what_is_no_root_is_said_and_the_cursor_goes_there(qtbot: QtBot) -> None:
    driver = Driver(qtbot)
    driver.field("root:1:uri").setText("https://example.com/")
    driver.click("rootsOk")
    assert driver.problem() == "✕ The address of a root starts with file:// (roots, data types)."
    assert driver.dialog.isVisible()
    assert driver.dialog.focusWidget() is driver.field("root:1:uri")
    driver.field("root:1:uri").setText("file:///a")
    assert driver.problem() == ""
    driver.click("rootsOk")
    assert driver.problem() == "✕ file:///a is listed twice."


def test_nothing_changed_is_not_told(qtbot: QtBot) -> None:
    driver = Driver(qtbot)
    qtbot.waitUntil(driver.dialog.isActiveWindow)
    QTest.keyClick(driver.field("root:0:uri"), Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert driver.changes == []
    assert not driver.dialog.isVisible()


def test_escape_changes_nothing(qtbot: QtBot) -> None:
    driver = Driver(qtbot)
    driver.click("root:0:remove")
    QTest.keyClick(driver.dialog, Qt.Key.Key_Escape)
    assert driver.changes == []
    assert not driver.dialog.isVisible()


@pytest.mark.parametrize("is_deprecated", [True, False])
def test_roots_are_marked_as_deprecated_where_they_are(qtbot: QtBot, is_deprecated: bool) -> None:
    driver = Driver(qtbot, (), is_deprecated=is_deprecated)
    assert part(driver.dialog, QLabel, "deprecatedBadge").isVisible() is is_deprecated
    empty = driver.dialog.findChild(QLabel, "rootsEmpty")
    assert empty is not None
    assert empty.isVisible()
