"""What two sessions differ in, as a list with lines."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPlainTextEdit, QPushButton, QToolButton, QTreeWidget, QTreeWidgetItem
from pytestqt.qtbot import QtBot

from inspector.record.comparing import compare
from inspector.record.comparing_text import Entry
from inspector.record.offered import Offered
from inspector.ui import theme
from inspector.ui.user_data import UserData
from inspector.ui.views.compare_view import CompareView
from tests.support.panes import part, put_up
from tests.support.recordings import session


@pytest.fixture
def view(qtbot: QtBot, application: QApplication) -> CompareView:
    left = session("1", {"a": "old", "gone": ""}, {"a": "x", "same": "z"}).into(Offered())
    right = session("2", {"a": "new", "fresh": ""}, {"a": "X", "same": "z"}).into(Offered())
    view = put_up(qtbot, CompareView("left.mcptrace", "right.mcptrace"), 1_200, 400)
    view.show_comparison(compare(left, right))
    return view


def items(view: CompareView) -> dict[str, QTreeWidgetItem]:
    tree = part(view, QTreeWidget, "compareTree")
    found = tree.findItems("", Qt.MatchFlag.MatchContains | Qt.MatchFlag.MatchRecursive)
    return {item.text(0): item for item in found}


def choose(view: CompareView, name: str) -> None:
    """Click on an entry."""
    item, tree = items(view)[name], view.tree
    tree.scrollToItem(item)
    QTest.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=tree.visualItemRect(item).center())
    assert tree.currentItem() is item


def shown(view: CompareView) -> list[str]:
    return part(view, QPlainTextEdit, "compareText").toPlainText().split("\n")


def test_all_differences_are_listed(view: CompareView) -> None:
    assert list(items(view)) == [
        "Server: changed",
        "≠ name, revision and capabilities",
        "Tools: 1 added, 1 removed, 1 changed",
        "+ fresh",
        "− gone",
        "≠ a",
        "Resources: none on either side",
        "Resource templates: none on either side",
        "Prompts: none on either side",
        "Results: 1 changed, 1 the same",
        '≠ a {"n":1}',
        '= same {"n":1}',
        "Latency: 4 methods",
        "· initialize",
        "· tools/list",
        "· tools/call a",
        "· tools/call same",
    ]
    assert view.headline.text() == (
        "Another server or revision, 3 definitions differ, 1 call of 2 differs  ·  from left.mcptrace to right.mcptrace"
    )


def test_a_changed_tool_line_by_line(view: CompareView) -> None:
    choose(view, "≠ a")
    assert [line for line in shown(view) if line[:1] in "+-"] == [
        '-   "description": "old",',
        '+   "description": "new",',
    ]
    assert shown(view)[0] == "  ≠ /description"


def test_lines_are_coloured_by_their_sign(view: CompareView) -> None:
    choose(view, "≠ a")
    roles = {}
    block = view.text.document().firstBlock()
    while block.isValid():
        formats = block.layout().formats()
        if formats:
            roles[block.text()[:1]] = formats[0].format.foreground().color().name()
        block = block.next()
    assert roles["-"] == theme.color("bad").name()
    assert roles["+"] == theme.color("good").name()


def test_a_call_asks_for_its_rows(view: CompareView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(view.call_chosen) as chosen:
        choose(view, '≠ a {"n":1}')
    entry = chosen.args[0] if chosen.args else None
    assert isinstance(entry, Entry)
    assert (entry.left_n, entry.right_n) == (8, 8)


def test_a_tool_asks_for_none(view: CompareView, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(view.call_chosen):
        choose(view, "≠ a")


def test_the_keyboard_goes_through_them(view: CompareView) -> None:
    choose(view, "+ fresh")
    QTest.keyClick(view.tree, Qt.Key.Key_Down)
    current = view.tree.currentItem()
    assert current is not None and current.text(0) == "− gone"
    assert shown(view)[0].startswith("- ")


def test_what_is_told_to_assistive_technology(view: CompareView) -> None:
    told = items(view)["− gone"].data(0, Qt.ItemDataRole.AccessibleTextRole)
    assert told == "removed: gone, only left"


def test_the_list_can_be_put_away(view: CompareView, qtbot: QtBot) -> None:
    toggle = part(view, QToolButton, "compareToggle")
    with qtbot.waitSignal(view.opened) as opened:
        toggle.click()
    assert opened.args == [False]
    assert not view.tree.isVisible() and toggle.isVisible()
    toggle.click()
    assert view.tree.isVisible()


def test_copying_as_markdown(view: CompareView) -> None:
    button = part(view, QPushButton, "compareCopy")
    button.click()
    copied = QApplication.clipboard().text()
    assert copied.startswith("# Two sessions compared")
    assert '-  "description": "old",' in copied
    assert button.text() == "Copied"


def test_secrets_are_not_copied(qtbot: QtBot, application: QApplication) -> None:
    left = session("1", {}, {}).into(Offered())
    right = session("1", {"a": "Authorization: Bearer s3cr3t-t0k3n-9876"}, {}).into(Offered())
    view = put_up(qtbot, CompareView("l", "r"), 800, 300)
    view.show_comparison(compare(left, right))
    part(view, QPushButton, "compareCopy").click()
    copied = QApplication.clipboard().text()
    assert "+ a: only right" in copied
    assert "s3cr3t" not in copied


def test_a_pattern_of_the_user_is_masked(view: CompareView) -> None:
    rules = UserData().redaction()
    UserData().set_redaction(type(rules)(patterns=("fresh",)))
    part(view, QPushButton, "compareCopy").click()
    assert "fresh" not in QApplication.clipboard().text()


def test_while_there_is_nothing_to_copy(qtbot: QtBot, application: QApplication) -> None:
    view = put_up(qtbot, CompareView("l", "r"), 800, 300)
    assert view.headline.text() == "Comparing …"
    assert not part(view, QPushButton, "compareCopy").isEnabled()
    view.give_up("The file is gone.")
    assert view.headline.text() == "The file is gone."
    assert not view.copy.isEnabled() and view.is_done


def test_the_colours_of_the_desktop(view: CompareView, application: QApplication) -> None:
    theme.apply(application, theme.LIGHT)
    QApplication.processEvents()
    assert items(view)["+ fresh"].foreground(0).color().name() == theme.LIGHT.good
