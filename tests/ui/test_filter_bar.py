from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFrame, QLabel, QLineEdit, QTextBrowser, QToolButton, QTreeView
from pytestqt.qtbot import QtBot

from inspector.record.query import fields
from inspector.ui import theme
from inspector.ui.memory import Memory
from inspector.ui.models.timeline_cells import Column, TimeMode
from inspector.ui.views.filter_line import APPLY_DELAY_MS, FilterLine
from inspector.ui.views.saved_filters import MAX_USED, SavedFilters
from inspector.ui.views.timeline_pane import TimelinePane
from tests.support.panes import part, put_up, settle
from tests.support.rivers import Talk

# The offscreen platform says so whenever a list opens over a window.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

SPACE_KEY = (Qt.Key.Key_Space, Qt.KeyboardModifier.ControlModifier)


@pytest.fixture
def pane(river: Talk, qtbot: QtBot) -> TimelinePane:
    river.calls(5)
    pane = put_up(qtbot, TimelinePane(river), 900, 500)
    settle(pane, qtbot)
    return pane


@pytest.fixture
def line(pane: TimelinePane, qtbot: QtBot) -> FilterLine:
    line = part(pane, FilterLine, "timelineFilter")
    line.setFocus()
    qtbot.waitUntil(line.hasFocus)
    return line


@pytest.fixture
def saved(pane: TimelinePane) -> SavedFilters:
    return part(pane, SavedFilters, "timelineSavedFilters")


def entries(saved: SavedFilters) -> dict[str, QAction]:
    saved.fill()
    return {action.text(): action for action in saved.menu().actions() if not action.isSeparator()}


def test_it_applies_a_moment_after_the_last_key(pane: TimelinePane, line: FilterLine, qtbot: QtBot) -> None:
    applied: list[str] = []
    line.applied.connect(applied.append)
    with qtbot.waitSignal(line.applied, timeout=20 * APPLY_DELAY_MS):
        QTest.keyClicks(line, "kind:request")
    settle(pane, qtbot)
    assert applied == ["kind:request"]
    assert pane.rows_shown() == 5
    assert part(pane, QLabel, "timelineFilterCount").text() == "✓ 5"
    assert part(pane, QLabel, "timelineFilterCount").toolTip() == "5 of 20 rows pass the filter"


def test_return_applies_at_once_and_clearing_too(pane: TimelinePane, line: FilterLine, qtbot: QtBot) -> None:
    line.setText("kind:comment")
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert pane.model.filtering
    settle(pane, qtbot)
    assert pane.rows_shown() == 5
    line.clear()
    assert pane.model.filtering
    settle(pane, qtbot)
    assert pane.rows_shown() == 20


def test_green_and_red_come_with_every_key(line: FilterLine) -> None:
    verdicts = []
    for key in "n>x":
        QTest.keyClicks(line, key)
        verdicts.append(line.property("verdict"))
    assert verdicts == ["good", "bad", "bad"]
    line.clear()
    assert line.property("verdict") == ""


def test_an_error_says_why_and_where_and_keeps_the_rows(pane: TimelinePane, line: FilterLine, qtbot: QtBot) -> None:
    line.set_filter("kind:request")
    settle(pane, qtbot)
    error, top = part(pane, QLabel, "timelineFilterError"), pane.view.mapTo(pane, QPoint(0, 0))
    line.setText("kind:request durr>5")
    assert not error.isVisible()  # nobody is told of a mistake in the middle of a word
    qtbot.waitUntil(error.isVisible)
    assert error.text().startswith('There is no field "durr"')
    assert line.toolTip() == line.accessibleDescription() == error.text()
    assert part(pane, QLabel, "timelineFilterCount").text() == "✕"
    assert pane.rows_shown() == 5
    assert pane.view.mapTo(pane, QPoint(0, 0)) == top
    assert error.geometry().top() >= line.mapTo(pane, QPoint(0, line.height())).y()
    line.setText("kind:request dur>5")
    assert not error.isVisible()
    assert line.toolTip() == ""


def test_the_place_of_the_error_is_underlined(line: FilterLine, qapp: QApplication) -> None:
    theme.apply(qapp, theme.LIGHT)
    line.setText("kind:request durr>5")
    assert line.problem is not None
    letter = line.fontMetrics().horizontalAdvance("k")
    line.setCursorPosition(0)
    start = line.cursorRect().center().x()
    underline = line.underline()
    assert abs(underline.left() - (start + 13 * letter)) <= 2
    assert abs(underline.width() - line.problem.length * letter) <= 2
    image = line.grab().toImage()
    assert image.pixelColor(underline.center()).name() == theme.LIGHT.bad
    line.setText("kind:request dur>50")
    assert line.grab().toImage().pixelColor(underline.center()).name() == theme.LIGHT.base


def test_a_long_filter_is_underlined_where_it_is_scrolled_to(line: FilterLine) -> None:
    line.setText("kind:request " * 30 + "durr>5")
    line.grab()  # Qt scrolls when it paints
    assert 0 < line.underline().left() < line.width()


def test_suggestions_come_while_typing_and_are_taken_by_keys(
    pane: TimelinePane, line: FilterLine, qtbot: QtBot
) -> None:
    popup = line.completion.popup
    QTest.keyClicks(line, "-is:heartbeat meth")
    qtbot.waitUntil(popup.isVisible)
    assert line.completion.texts() == ["method:"]
    QTest.keyClick(popup, Qt.Key.Key_Tab)
    assert line.text() == "-is:heartbeat method:"
    qtbot.waitUntil(popup.isVisible)
    assert "tools/call" in line.completion.texts()
    QTest.keyClick(popup, Qt.Key.Key_Down)
    QTest.keyClick(popup, Qt.Key.Key_Return)
    assert line.text() == "-is:heartbeat method:tools/call"
    assert not popup.isVisible()


def test_return_applies_what_stands_there_while_nothing_is_chosen(line: FilterLine, qtbot: QtBot) -> None:
    popup = line.completion.popup
    QTest.keyClicks(line, "n")
    qtbot.waitUntil(popup.isVisible)
    with qtbot.waitSignal(line.used) as used:
        QTest.keyClick(popup, Qt.Key.Key_Return)
    assert used.args == ["n"]
    assert not popup.isVisible()


def test_control_space_and_down_ask_and_escape_closes(line: FilterLine, qtbot: QtBot) -> None:
    popup = line.completion.popup
    for key in (SPACE_KEY, (Qt.Key.Key_Down, Qt.KeyboardModifier.NoModifier)):
        QTest.keyClick(line, *key)
        assert popup.isVisible()
        assert popup.currentIndex().row() == 0
        assert {"method:", "dur>"} <= set(line.completion.texts())
        QTest.keyClick(popup, Qt.Key.Key_Escape)
        assert not popup.isVisible()
    assert line.text() == ""
    assert isinstance(popup, QTreeView)
    assert popup.accessibleName()


def test_a_chosen_value_takes_the_place_of_the_whole_word(line: FilterLine) -> None:
    line.setText("kind:re dir:in")
    line.setCursorPosition(7)
    QTest.keyClick(line, *SPACE_KEY)
    chosen = line.completion.texts()[0]
    QTest.keyClick(line.completion.popup, Qt.Key.Key_Return)
    assert line.text() == f"kind:{chosen} dir:in"
    assert line.cursorPosition() == len(f"kind:{chosen}")


def test_earlier_filters_come_back_with_up(line: FilterLine) -> None:
    for text in ("n>1", "n>2", "n>x"):
        line.setText(text)
        QTest.keyClick(line, Qt.Key.Key_Return)
    line.clear()
    texts = []
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Up, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Down):
        QTest.keyClick(line, key)
        texts.append(line.text())
    assert texts == ["n>2", "n>1", "n>1", "n>2", ""]  # what cannot be read is not worth keeping


def test_going_elsewhere_applies_and_remembers(pane: TimelinePane, line: FilterLine, saved: SavedFilters) -> None:
    line.setText("n<4")
    pane.view.setFocus()
    assert pane.model.filtering
    assert saved.used == ["n<4"]


def test_a_filter_is_saved_applied_and_removed(
    pane: TimelinePane, line: FilterLine, saved: SavedFilters, qtbot: QtBot
) -> None:
    assert not entries(saved)["Save this filter…"].isEnabled()
    line.set_filter("kind:request or a&b")
    entries(saved)["Save this filter…"].trigger()
    name, question = part(pane, QLineEdit, "filterNameLine"), part(pane, QFrame, "filterName")
    assert question.visibleRegion().boundingRect() == question.rect()
    QTest.keyClick(name, Qt.Key.Key_Return)
    assert part(pane, QLabel, "filterNameError").text() == "Type a name for this filter."
    name.setText("  my  calls ")
    QTest.keyClick(name, Qt.Key.Key_Return)
    assert saved.saved == {"my calls": "kind:request or a&b"}
    line.set_filter("")
    entries(saved)["my calls"].trigger()
    assert line.text() == "kind:request or a&b"
    settle(pane, qtbot)
    assert pane.rows_shown() == 5
    removing = entries(saved)["Remove"].menu()
    assert isinstance(removing, type(saved.menu()))
    removing.actions()[0].trigger()
    assert saved.saved == {}
    assert not entries(saved)["No filter is saved"].isEnabled()


def test_used_and_saved_filters_come_back_in_another_run(river: Talk, qtbot: QtBot, tmp_path: Path) -> None:
    first = TimelinePane(river)
    qtbot.addWidget(first)
    first.recall(Memory(tmp_path / "window.ini"))
    first.filter_bar.saved.save("slow, or bad", 'dur>1s or status:error text:"a\tb, \\"c\\""')
    for number in range(MAX_USED + 5):
        first.filter_bar.saved.add_used(f"n>{number}")
    first.filter_bar.saved.add_used("n>10")
    second = TimelinePane(river)
    qtbot.addWidget(second)
    second.recall(Memory(tmp_path / "window.ini"))
    assert second.filter_bar.saved.saved == first.filter_bar.saved.saved
    assert second.filter_bar.saved.used == first.filter_bar.saved.used
    assert len(second.filter_bar.saved.used) == MAX_USED
    assert second.filter_bar.saved.used[:2] == ["n>10", f"n>{MAX_USED + 4}"]
    QTest.keyClick(second.filter_bar.line, Qt.Key.Key_Up)
    assert second.filter_bar.line.text() == "n>10"


def test_columns_and_time_come_back_in_another_run(river: Talk, qtbot: QtBot, tmp_path: Path) -> None:
    first, second = TimelinePane(river), TimelinePane(river)
    for pane in (first, second):
        qtbot.addWidget(pane)
    first.recall(Memory(tmp_path / "window.ini"))
    first.view.columns.choose(Column.DELTA, shown=False)
    first.view.horizontalHeader().resizeSection(Column.LABEL, 222)
    menu = first.view.columns.menu()
    next(action for action in menu.actions() if action.text() == "Time: since row above").trigger()
    second.recall(Memory(tmp_path / "window.ini"))
    assert second.view.isColumnHidden(Column.DELTA)
    assert second.view.columnWidth(Column.LABEL) == 222
    assert second.model.cells.time_mode is TimeMode.PREVIOUS
    second.view.columns.reset()
    third = TimelinePane(river)
    qtbot.addWidget(third)
    third.recall(Memory(tmp_path / "window.ini"))
    assert not third.view.columns.is_chosen


def test_a_memory_of_nonsense_does_no_harm(river: Talk, qtbot: QtBot, tmp_path: Path) -> None:
    memory = Memory(tmp_path / "window.ini")
    for name in ("filtersUsed", "filtersSaved", "timelineColumns", "timelineTime"):
        memory.set_lines(name, ["\x00", "no tab", "a\tb\tc", "TIME"])
    pane = TimelinePane(river)
    qtbot.addWidget(pane)
    pane.recall(memory)
    assert pane.filter_bar.saved.saved == {"a": "b\tc"}
    assert pane.model.cells.time_mode is TimeMode.LOCAL
    assert not pane.view.columns.is_chosen


def test_help_tells_every_field(pane: TimelinePane) -> None:
    QTest.mouseClick(part(pane, QToolButton, "timelineFilterHelp"), Qt.MouseButton.LeftButton)
    popup = pane.findChild(QFrame, "filterHelp")
    assert popup is not None
    browser = popup.findChild(QTextBrowser)
    assert browser is not None
    said = browser.toPlainText()
    for field in fields():
        assert field.takes in said
        assert all(example in said for example in field.examples)
    popup.close()


def test_the_tools_need_no_more_room_than_before(pane: TimelinePane) -> None:
    pane.find_bar.open()
    pane.find_bar._search.setText("echo")
    assert pane.minimumSizeHint().width() <= 406


def test_help_stays_on_the_screen(pane: TimelinePane) -> None:
    pane.resize(400, 500)
    pane.move(0, 0)
    popup = pane.filter_bar.show_help()
    assert pane.screen().availableGeometry().contains(popup.geometry())
    popup.close()
