from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from inspector.ui import theme
from inspector.ui.models.timeline_cells import Column
from inspector.ui.views.timeline_pane import TimelinePane
from tests.support.panes import part, put_up, settle
from tests.support.rivers import Talk


@pytest.fixture
def pane(river: Talk, qtbot: QtBot) -> TimelinePane:
    return put_up(qtbot, TimelinePane(river), 1000, 500)


def is_following(pane: TimelinePane) -> bool:
    return pane.view.tail.following


def test_the_tail_is_followed_until_the_user_scrolls_up(river: Talk, pane: TimelinePane, qtbot: QtBot) -> None:
    bar, button = pane.view.verticalScrollBar(), part(pane, QPushButton, "timelineNewRows")
    river.calls(50)
    settle(pane, qtbot)
    assert bar.value() == bar.maximum() > 0
    stayed = bar.maximum() - 20
    bar.setValue(stayed)
    assert not is_following(pane)
    assert not part(pane, QToolButton, "timelineFollow").isChecked()
    assert not button.isVisible()
    river.calls(50)
    settle(pane, qtbot)
    qtbot.waitUntil(lambda: bar.maximum() > 300)  # Qt fits the scroll bar a moment later
    assert bar.value() == stayed
    assert button.isVisible()
    assert "200 new rows" in button.text()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert is_following(pane)
    assert bar.value() == bar.maximum()
    assert not button.isVisible()
    assert part(pane, QToolButton, "timelineFollow").isChecked()


def test_selecting_an_older_row_pauses_and_end_resumes(river: Talk, pane: TimelinePane, qtbot: QtBot) -> None:
    river.calls(50)
    settle(pane, qtbot)
    assert pane.select_event(3)
    assert not is_following(pane)
    river.calls(1)
    settle(pane, qtbot)
    assert pane.view.tail.missed == 4
    QTest.keyClick(pane.view, Qt.Key.Key_End)
    assert is_following(pane)
    assert pane.view.tail.missed == 0


def test_a_jump_shows_what_was_before_and_what_is_in_sight_stays(river: Talk, pane: TimelinePane, qtbot: QtBot) -> None:
    river.calls(50)
    settle(pane, qtbot)
    view = pane.view
    assert pane.select_event(100)
    middle, height = view.viewport().rect().center().y(), view.visualRect(view.currentIndex()).height()
    assert abs(view.visualRect(view.currentIndex()).center().y() - middle) <= 2 * height
    stayed = view.verticalScrollBar().value()
    assert pane.select_event(102)
    assert view.verticalScrollBar().value() == stayed


def test_focus_alone_neither_selects_nor_pauses(river: Talk, pane: TimelinePane, qtbot: QtBot) -> None:
    river.calls(50)
    settle(pane, qtbot)
    pane.view.setFocus()
    QApplication.processEvents()
    assert pane.view.tail.following
    assert pane.view.current_row() is None


def test_resizing_keeps_the_tail(river: Talk, pane: TimelinePane, qtbot: QtBot) -> None:
    river.calls(100)
    settle(pane, qtbot)
    for height in (900, 300, 600):
        pane.resize(1000, height)
        QApplication.processEvents()
        bar = pane.view.verticalScrollBar()
        assert pane.view.tail.following
        assert bar.value() == bar.maximum()


def test_less_wanted_columns_give_way_until_the_user_chooses(river: Talk, pane: TimelinePane, qtbot: QtBot) -> None:
    river.calls(3)
    settle(pane, qtbot)
    pane.resize(1600, 500)
    QApplication.processEvents()
    assert not any(pane.view.isColumnHidden(column) for column in Column)
    pane.resize(700, 500)
    QApplication.processEvents()
    assert pane.view.isColumnHidden(Column.ID)
    assert not pane.view.isColumnHidden(Column.TIME)
    pane.view.columns.choose(Column.ID, shown=True)
    pane.resize(650, 500)
    QApplication.processEvents()
    assert not pane.view.isColumnHidden(Column.ID)


def test_a_new_theme_reaches_the_rows(river: Talk, pane: TimelinePane, qapp: QApplication, qtbot: QtBot) -> None:
    river.calls(3)
    theme.apply(qapp, theme.DARK)
    settle(pane, qtbot)
    dark = pane.view.rows_delegate._text.name()
    theme.apply(qapp, theme.LIGHT)
    QApplication.processEvents()
    assert (dark, pane.view.rows_delegate._text.name()) == (theme.DARK.text, theme.LIGHT.text)


def test_a_row_is_scrolled_to_while_the_first_column_is_hidden(river: Talk, pane: TimelinePane, qtbot: QtBot) -> None:
    river.calls(100)
    settle(pane, qtbot)
    pane.view.setColumnHidden(Column.NUMBER, True)
    assert pane.select_event(3)
    assert pane.view.verticalScrollBar().value() <= 3
    assert pane.view.current_row() == 3


def ground(pane: TimelinePane, row: int, x: int) -> str:
    """The colour at `x` of the lower edge of a row, where no text is."""
    rect = pane.view.visualRect(pane.model.index(row, Column.TIME))
    return pane.view.viewport().grab().toImage().pixelColor(x, rect.bottom() - 2).name()


def test_marks_and_matches_are_seen_without_the_number(
    river: Talk, pane: TimelinePane, qapp: QApplication, qtbot: QtBot
) -> None:
    theme.apply(qapp, theme.LIGHT)
    river.calls(2)
    settle(pane, qtbot)
    pane.view.columns.choose(Column.NUMBER, shown=False)
    assert {ground(pane, row, x) for row in (1, 3) for x in (1, 50)} == {theme.LIGHT.base}
    pane.model.marks.set(1)
    pane.finder.set_text('"n":1')
    settle(pane, qtbot)
    marked = ground(pane, 1, 50)
    assert marked not in (theme.LIGHT.base, theme.LIGHT.selection)
    assert ground(pane, 3, 50) == theme.LIGHT.base
    assert ground(pane, 5, 1) == theme.LIGHT.accent
    assert ground(pane, 3, 1) == theme.LIGHT.base
    pane.model.marks.remove(1)
    assert ground(pane, 1, 50) == theme.LIGHT.base
