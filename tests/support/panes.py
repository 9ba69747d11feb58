"""What the tests of the panes do with widgets."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QTableView, QWidget
from pytestqt.qtbot import QtBot

from inspector.ui.views.timeline_pane import TimelinePane

W = TypeVar("W", bound=QWidget)


def put_up(qtbot: QtBot, pane: W, width: int, height: int) -> W:
    qtbot.addWidget(pane)
    pane.resize(width, height)
    pane.show()
    return pane


def put_up_table(qtbot: QtBot, pane: W) -> W:
    """As wide as a dock; every breach of the model contract by a model in the pane fails the test."""
    put_up(qtbot, pane, 1_200, 300)
    for table in pane.findChildren(QTableView):
        QAbstractItemModelTester(table.model(), QAbstractItemModelTester.FailureReportingMode.Warning, pane)
    return pane


def part(pane: QWidget, kind: type[W], name: str) -> W:
    """The widget of that object name, which must be accessible."""
    found = pane.findChild(kind, name)
    assert found is not None, name
    assert found.accessibleName()
    return found


def column(table: QTableView, title: str) -> list[str]:
    model = table.model()
    titles = [model.headerData(place, Qt.Orientation.Horizontal) for place in range(model.columnCount())]
    place = titles.index(title)
    return [model.index(row, place).data() for row in range(model.rowCount())]


def settle(pane: TimelinePane, qtbot: QtBot) -> None:
    """Wait until everything is folded, filtered, searched and published."""

    def done() -> bool:
        model = pane.model
        caught_up = not model.recorder.behind and not model.filtering and not pane.finder.running
        return caught_up and model._shown == model._available()

    qtbot.waitUntil(done, timeout=20_000)
