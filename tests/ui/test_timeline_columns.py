from __future__ import annotations

import pytest
from PySide6.QtGui import QAction, QFontMetrics
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from inspector.record.text import duration
from inspector.ui import theme
from inspector.ui.delegates.timeline_delegate import PADDING_PX
from inspector.ui.models.timeline_cells import HEADINGS, Column, TimeMode
from inspector.ui.views.timeline_columns import TimelineColumns
from inspector.ui.views.timeline_pane import TimelinePane
from tests.support.panes import put_up, settle
from tests.support.rivers import Talk


@pytest.fixture
def pane(river: Talk, qtbot: QtBot) -> TimelinePane:
    river.calls(3)
    pane = put_up(qtbot, TimelinePane(river), 1_600, 500)
    settle(pane, qtbot)
    QApplication.processEvents()
    return pane


@pytest.fixture
def columns(pane: TimelinePane) -> TimelineColumns:
    return pane.view.columns


def entry(columns: TimelineColumns, text: str) -> QAction:
    return next(action for action in columns.menu().actions() if action.text() == text)


def order(pane: TimelinePane) -> list[int]:
    header = pane.view.horizontalHeader()
    return [header.logicalIndex(place) for place in range(len(Column))]


def test_the_program_s_own_doing_is_no_choice(pane: TimelinePane, columns: TimelineColumns, qtbot: QtBot) -> None:
    told: list[None] = []
    columns.changed.connect(lambda: told.append(None))
    for width in (600, 1_800, 900):
        pane.resize(width, 500)
        QApplication.processEvents()
    columns.measure()
    assert (told, columns.layout()) == ([], [])


@pytest.mark.parametrize("column", [Column.DELTA, Column.LATENCY])
def test_a_heartbeat_of_15_seconds_is_not_cut(pane: TimelinePane, column: Column) -> None:
    metrics = QFontMetrics(theme.mono_font(0.95))
    assert metrics.horizontalAdvance(duration(15_009.4)) + 2 * PADDING_PX <= pane.view.columnWidth(column)


@pytest.mark.parametrize("act", ["resize", "move", "hide"])
def test_each_act_of_the_user_is_a_choice(pane: TimelinePane, columns: TimelineColumns, act: str, qtbot: QtBot) -> None:
    header = pane.view.horizontalHeader()
    with qtbot.waitSignal(columns.changed):
        if act == "resize":
            header.resizeSection(Column.KIND, 200)
        elif act == "move":
            header.moveSection(0, 3)
        else:
            entry(columns, "Δ").trigger()
    assert columns.is_chosen
    assert len(columns.layout()) == len(Column)


def test_a_layout_comes_back_in_another_window(pane: TimelinePane, columns: TimelineColumns, qtbot: QtBot) -> None:
    header = pane.view.horizontalHeader()
    header.moveSection(header.visualIndex(Column.KIND), 0)
    header.resizeSection(Column.LABEL, 333)
    columns.choose(Column.DELTA, shown=False)
    other = put_up(qtbot, TimelinePane(Talk()), 500, 500)
    other.view.columns.restore(columns.layout())
    QApplication.processEvents()
    assert order(other) == order(pane)
    assert order(other)[0] == Column.KIND
    assert other.view.columnWidth(Column.LABEL) == 333
    assert [column for column in Column if other.view.isColumnHidden(column)] == [Column.DELTA]
    other.view.columns.choose(Column.DELTA, shown=True)
    assert other.view.columnWidth(Column.DELTA) > 20


def test_a_layout_of_another_version_is_taken_as_far_as_it_goes(columns: TimelineColumns, pane: TimelinePane) -> None:
    before = order(pane)
    columns.restore(["NEWS 20", "", "TIME -5", "KIND x", "SIZE 99999", "-PREVIEW"])
    assert not columns.is_chosen
    columns.restore(["LATENCY 99", "NEWS 20", "TIME 9999", "-PREVIEW 50"])
    assert order(pane) == [Column.LATENCY, Column.TIME, Column.PREVIEW, *before[:1], *order(pane)[4:]]
    assert pane.view.columnWidth(Column.LATENCY) == 99
    assert pane.view.columnWidth(Column.TIME) == 4_000
    assert not pane.view.isColumnHidden(Column.PREVIEW)


def test_reset_brings_the_first_state_back(pane: TimelinePane, columns: TimelineColumns) -> None:
    widths = [pane.view.columnWidth(column) for column in Column]
    header = pane.view.horizontalHeader()
    header.moveSection(2, 7)
    header.resizeSection(Column.TIME, 300)
    columns.choose(Column.SIZE, shown=False)
    entry(columns, "Reset columns").trigger()
    assert order(pane) == list(Column)
    assert [pane.view.columnWidth(column) for column in Column] == widths
    assert columns.layout() == []
    pane.resize(600, 500)
    QApplication.processEvents()
    assert pane.view.isColumnHidden(Column.ID)


def test_the_menu_chooses_where_the_time_counts_from(pane: TimelinePane, columns: TimelineColumns) -> None:
    entry(columns, "Time: since start").trigger()
    assert pane.model.cells.time_mode is TimeMode.START
    assert pane.model.cell(2, Column.TIME).endswith(" s")
    assert entry(columns, "Time: since start").isChecked()
    assert set(HEADINGS[:-1]) <= {action.text() for action in columns.menu().actions()}
