"""What a timeline shows, as an export may be limited to it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QItemSelectionModel
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from inspector.ui.export_rows import RowsInSight, rows_in_sight
from inspector.ui.views.timeline_pane import TimelinePane
from tests.support.panes import part, put_up, settle
from tests.support.rivers import Talk

ROWS = QItemSelectionModel.SelectionFlag.Rows


@pytest.fixture
def pane(river: Talk, qtbot: QtBot) -> TimelinePane:
    river.calls(5)
    pane = put_up(qtbot, TimelinePane(river), 900, 500)
    settle(pane, qtbot)
    return pane


def select(pane: TimelinePane, *positions: int) -> None:
    for position in positions:
        flags = QItemSelectionModel.SelectionFlag.Select | ROWS
        pane.view.selectionModel().select(pane.model.index(position, 0), flags)


def test_without_a_filter_nothing_is_hidden(pane: TimelinePane) -> None:
    pane.view.clearSelection()
    assert rows_in_sight(pane) == RowsInSight(shown=20)


def test_the_filter_the_marks_and_the_selection_of_now(pane: TimelinePane, qtbot: QtBot) -> None:
    line = part(pane, QLineEdit, "timelineFilter")
    line.setText("kind:request or is:marked")
    line.editingFinished.emit()
    pane.model.marks.set(3)
    settle(pane, qtbot)
    qtbot.waitUntil(lambda: pane.rows_shown() == 6)
    pane.view.clearSelection()
    select(pane, 5, 0, 2)
    pane.view.select_row(9)
    select(pane, 5, 0)
    rows = rows_in_sight(pane)
    assert rows.query is not None and rows.query.text == "kind:request or is:marked"
    assert (rows.marked, rows.shown, rows.stream) == ({3}, 6, 3)
    assert rows.selected is not None
    assert list(rows.selected.numbers) == [1, 9, 17] and rows.selected.streams == {1, 3, 5}
