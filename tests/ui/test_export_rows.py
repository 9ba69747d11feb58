"""What a timeline shows, as an export may be limited to it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import QItemSelectionModel
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from inspector.record.recording import open_recording
from inspector.ui.dialogs.export_dialog import ExportDialog
from inspector.ui.dialogs.extent_box import SHOWN_ROWS
from inspector.ui.export_rows import RowsInSight, rows_in_sight
from inspector.ui.recording_window import RecordingWindow
from inspector.ui.views.timeline_pane import TimelinePane
from tests.support.panes import part, put_up, settle
from tests.support.recordings import saved
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


def test_the_window_of_a_recording_exports_what_its_filter_shows(tmp_path: Path, qtbot: QtBot, river: Talk) -> None:
    river.calls(3)
    window = RecordingWindow(open_recording(saved(river, tmp_path / "a.mcptrace")))
    qtbot.addWidget(window)
    window.show()
    qtbot.waitUntil(lambda: window.is_loaded)
    line = part(window, QLineEdit, "timelineFilter")
    line.setText("kind:request id:2")
    qtbot.waitUntil(lambda: window.view.timeline.rows_shown() == 1)
    settle(window.view.timeline, qtbot)
    window.view.sharing.ask_to_export()
    dialog = window.findChild(ExportDialog)
    assert dialog is not None
    assert dialog.extent.choice.itemText(SHOWN_ROWS) == "Rows the filter shows: 1"
    dialog.extent.choice.setCurrentIndex(SHOWN_ROWS)
    with qtbot.waitSignal(dialog.exported, timeout=20_000):
        dialog.write(tmp_path / "out.har")
    (entry,) = json.loads((tmp_path / "out.har").read_bytes())["log"]["entries"]
    assert entry["_mcp"]["stream"] == 3
