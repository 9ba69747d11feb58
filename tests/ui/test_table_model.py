"""The table model: rows are replaced in place, in any order, and the view is told exactly what changed."""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPersistentModelIndex, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from inspector.ui.models.table_model import NOTHING, Column, TableModel


class Item(NamedTuple):
    name: str
    figure: int | None


ITEM_COLUMNS: tuple[Column[Item], ...] = (
    Column("Name", lambda item: item.name),
    Column("Figure", lambda item: item.figure, "{:,}".format, numeric=True),
)


def item_model() -> TableModel[Item]:
    model = TableModel(ITEM_COLUMNS, lambda item: item.name)
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Warning, model)
    return model


items = st.lists(st.builds(Item, st.sampled_from("abcdefgh"), st.none() | st.integers(0, 3)), max_size=8)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(items, max_size=5), st.integers(-1, 1), st.sampled_from(Qt.SortOrder))
def test_rows_may_be_replaced_by_any_others(
    qapp: QGuiApplication, steps: list[list[Item]], sort_column: int, order: Qt.SortOrder
) -> None:
    model = item_model()
    model.sort(sort_column, order)
    for rows in steps:
        kept = {
            model.row(model.index(row, 0)).name: QPersistentModelIndex(model.index(row, 0))
            for row in range(model.rowCount())
        }
        model.replace(rows)
        expected = {row.name: row for row in rows}
        found = [model.row(model.index(row, 0)) for row in range(model.rowCount())]
        assert {row.name: row for row in found} == expected
        assert len(found) == len(expected)
        for name, index in kept.items():
            assert index.isValid() == (name in expected)
            assert not index.isValid() or model.row(index).name == name


def test_what_is_absent_sorts_last_both_ways(qapp: QGuiApplication) -> None:
    model = item_model()
    model.replace([Item("a", None), Item("b", 2), Item("c", 1_000)])
    for order, expected in ((Qt.SortOrder.AscendingOrder, "bca"), (Qt.SortOrder.DescendingOrder, "cba")):
        model.sort(1, order)
        assert "".join(model.row(model.index(row, 0)).name for row in range(3)) == expected
    model.sort(-1)
    model.replace([Item("c", 1_000), Item("a", None)])
    assert [model.index(row, 1).data() for row in range(2)] == ["1,000", NOTHING]


def test_only_what_changed_is_said_to_change(qtbot: QtBot) -> None:
    model = item_model()
    model.replace([Item("a", 1), Item("b", 2), Item("c", 3)])
    with qtbot.waitSignal(model.dataChanged) as changed:
        model.replace([Item("a", 1), Item("b", 9), Item("c", 3)])
    assert [index.row() for index in changed.args[:2]] == [1, 1]
    with qtbot.assertNotEmitted(model.dataChanged), qtbot.assertNotEmitted(model.layoutChanged):
        model.replace([Item("a", 1), Item("b", 9), Item("c", 3)])


def test_numbers_stand_right_and_words_left(qapp: QGuiApplication) -> None:
    model = item_model()
    model.replace([Item("a", 1)])
    left, right = (model.index(0, place).data(Qt.ItemDataRole.TextAlignmentRole) for place in range(2))
    assert left & Qt.AlignmentFlag.AlignLeft
    assert right & Qt.AlignmentFlag.AlignRight
