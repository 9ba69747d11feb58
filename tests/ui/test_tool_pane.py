"""The list of tools: searched, read by eye and by screen reader, whatever the server lists."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QListView
from pytestqt.qtbot import QtBot

from inspector.trace.clock import FakeClock
from inspector.ui.listing import Listing, ListKind, time_of_day
from inspector.ui.models.offer_list import OfferListModel, OfferRow
from inspector.ui.models.tool_list import tool_row, tool_rows
from inspector.ui.views.tool_pane import ToolPane
from tests.support.sources import Lasting

# The offscreen platform says so whenever a window asks for a minimum size.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

ECHO = {"name": "echo", "title": "Echo", "description": "Sends the text back.", "annotations": {"readOnlyHint": True}}
WIPE = {"name": "wipe", "description": "Deletes all rows.", "annotations": {"destructiveHint": True, "title": "Wipe!"}}
HOSTILE: list[Any] = [
    None,
    5,
    [],
    {},
    {"name": 5},
    {"name": ""},
    {"name": None, "title": [], "description": {}},
    {"name": "a", "annotations": []},
    {"name": "a", "annotations": {"readOnlyHint": "yes", "title": 5}},
    {"name": "x" * 100_000, "description": "y" * 100_000},
    {"name": "<b>bold</b>\nsecond\u2028line"},
]


def names(model: OfferListModel) -> list[str]:
    return [model.index(row).data() for row in range(model.rowCount())]


@pytest.fixture
def pane(qtbot: QtBot) -> ToolPane:
    made = ToolPane()
    qtbot.addWidget(made)
    made.resize(280, 400)
    made.show()
    return made


def search(pane: ToolPane) -> QLineEdit:
    return pane.findChild(QLineEdit, "toolSearch")  # type: ignore[return-value]


def listed(pane: ToolPane) -> QListView:
    return pane.findChild(QListView, "toolList")  # type: ignore[return-value]


def text(pane: ToolPane, name: str) -> str:
    label = pane.findChild(QLabel, name)
    assert isinstance(label, QLabel)
    return label.text()


def test_the_model_behaves_as_qt_expects() -> None:
    model = OfferListModel()
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.set_rows(tool_rows([ECHO, WIPE, *HOSTILE]))
    model.set_filter("e")
    model.set_filter("")
    model.set_rows(tool_rows([]))
    assert tester.model() is model


def test_the_filter_looks_at_name_title_and_description() -> None:
    model = OfferListModel()
    model.set_rows(tool_rows([ECHO, WIPE]))
    for words, found in (
        ("ECH", ["echo"]),
        ("wipe!", ["wipe"]),
        ("text back", ["echo"]),
        ("rows wipe", ["wipe"]),
        ("zz", []),
    ):
        model.set_filter(words)
        assert names(model) == found
    assert model.total == 2


def test_annotations_are_words_and_only_what_was_declared() -> None:
    hints = {"readOnlyHint": False, "destructiveHint": True, "idempotentHint": True, "openWorldHint": True}
    assert tool_row({"name": "a", "annotations": hints}).badges == ("destructive", "idempotent", "open-world")
    assert tool_row({"name": "a"}).badges == ()
    assert tool_row(WIPE).title == "Wipe!"


@pytest.mark.parametrize("tool", HOSTILE, ids=lambda tool: str(tool)[:30])
def test_any_entry_makes_a_row(tool: Any) -> None:
    row = tool_row(tool)
    assert row.name
    assert "\n" not in row.name
    assert len(row.name) <= 200
    assert len(row.description) <= 500
    assert row.entry is tool


def test_screen_readers_hear_title_and_badges() -> None:
    model = OfferListModel()
    model.set_rows(tool_rows([ECHO]))
    assert model.index(0).data(Qt.ItemDataRole.AccessibleTextRole) == "echo, Echo, read-only"


def test_tool_tips_are_never_read_as_markup() -> None:
    model = OfferListModel()
    model.set_rows(tool_rows([{"name": "a", "description": "<img src='file:///x.png'>"}]))
    assert "<img" not in model.index(0).data(Qt.ItemDataRole.ToolTipRole)


def test_the_badge_stands_on_the_line_of_the_name(application: QApplication, pane: ToolPane) -> None:
    pane.resize(400, 300)
    pane.set_tools([{"name": "HHH", "annotations": {"destructiveHint": True}}])
    view = listed(pane)
    image = view.viewport().grab().toImage()
    row = view.visualRect(view.model().index(0, 0))
    ground = image.pixelColor(row.center().x(), row.top() + 1)
    lowest = {
        side: max(y for y in range(row.top(), row.center().y()) for x in columns if image.pixelColor(x, y) != ground)
        for side, columns in (("name", range(0, 60)), ("badge", range(row.right() - 100, row.right() - 4)))
    }
    assert abs(lowest["name"] - lowest["badge"]) <= 1


def test_the_count_says_how_many_of_how_many(pane: ToolPane) -> None:
    pane.set_tools([ECHO, WIPE])
    assert text(pane, "toolCount") == "2 tools"
    search(pane).setText("wipe")
    assert text(pane, "toolCount") == "1 of 2 tools"


def test_each_empty_state_says_why(pane: ToolPane) -> None:
    assert text(pane, "toolsEmpty") == "Not connected."
    assert not listed(pane).isVisible()
    pane.set_tools([])
    assert text(pane, "toolsEmpty") == "This server offers no tools."
    pane.set_tools([ECHO])
    assert listed(pane).isVisible()
    search(pane).setText("zzz")
    assert text(pane, "toolsEmpty") == "No tool matches the search."
    pane.set_tools([], "A raw event stream has no tools.")
    assert text(pane, "toolsEmpty") == "A raw event stream has no tools."
    pane.set_tools({"tools": "none"})
    assert text(pane, "toolsEmpty") == "This server offers no tools."
    pane.set_tools(None)
    assert text(pane, "toolsEmpty") == "Not connected."


def test_the_keyboard_walks_from_the_search_line(qtbot: QtBot, pane: ToolPane) -> None:
    pane.set_tools([ECHO, WIPE])
    with qtbot.waitSignal(pane.selected) as first:
        QTest.keyClick(search(pane), Qt.Key.Key_Down)
    with qtbot.waitSignal(pane.selected) as second:
        QTest.keyClick(search(pane), Qt.Key.Key_Down)
    assert (first.args, second.args) == ([ECHO], [WIPE])
    with qtbot.waitSignal(pane.activated) as activated:
        QTest.keyClick(search(pane), Qt.Key.Key_Return)
    assert activated.args == [WIPE]


def test_enter_takes_the_first_match(qtbot: QtBot, pane: ToolPane) -> None:
    pane.set_tools([ECHO, WIPE])
    search(pane).setText("del")
    with qtbot.waitSignal(pane.activated) as activated:
        QTest.keyClick(search(pane), Qt.Key.Key_Return)
    assert activated.args == [WIPE]


def test_the_choice_survives_a_new_list_and_a_filter(qtbot: QtBot, pane: ToolPane) -> None:
    pane.set_tools([ECHO, WIPE])
    assert pane.select("wipe")
    changed = WIPE | {"description": "Deletes some rows."}
    with qtbot.waitSignal(pane.selected) as again:
        pane.set_tools([changed, ECHO])
    assert again.args == [changed]
    search(pane).setText("echo")
    search(pane).setText("")
    row: OfferRow = listed(pane).currentIndex().data(OfferListModel.RowRole)
    assert row.name == "wipe"
    assert not pane.select("gone")


def test_hostile_entries_can_be_painted_and_chosen(qtbot: QtBot, pane: ToolPane) -> None:
    pane.set_tools(HOSTILE)
    assert not pane.grab().isNull()
    for row in range(len(HOSTILE)):
        listed(pane).setCurrentIndex(pane.model.index(row))
    assert listed(pane).currentIndex().row() == len(HOSTILE) - 1


def test_five_thousand_tools_are_listed_and_searched(pane: ToolPane) -> None:
    pane.set_tools([{"name": f"tool_{n}", "description": "d" * 1_000} for n in range(5_000)])
    assert not pane.grab().isNull()
    search(pane).setText("tool_4999")
    assert text(pane, "toolCount") == "1 of 5,000 tools"


def button(pane: ToolPane, name: str) -> QAbstractButton:
    found = pane.findChild(QAbstractButton, name)
    assert isinstance(found, QAbstractButton)
    assert found.accessibleName()
    return found


def test_a_rejected_tool_is_shown_and_says_why_it_must_not_be_called(qtbot: QtBot, pane: ToolPane) -> None:
    bad = {"name": "bad", "description": "Looks fine.", "annotations": {"readOnlyHint": True}}
    reason = "Its x-mcp-header is empty."
    chosen: list[Any] = []
    pane.selected.connect(chosen.append)
    pane.activated.connect(chosen.append)
    pane.show_listing(Listing(ListKind.TOOLS, [ECHO], rejected=((bad, reason),)))
    assert names(pane.model) == ["echo", "bad"]
    index = pane.model.index(1)
    assert reason in index.data(Qt.ItemDataRole.ToolTipRole)
    assert index.data(Qt.ItemDataRole.AccessibleTextRole) == f"bad, rejected, cannot be used: {reason}"
    assert index.data(Qt.ItemDataRole.AccessibleDescriptionRole) == reason
    with qtbot.waitSignal(pane.rejected) as refused:
        assert pane.select("bad")
    assert refused.args == [bad, reason]
    with qtbot.waitSignal(pane.rejected):
        QTest.keyClick(search(pane), Qt.Key.Key_Return)
    assert chosen == []
    assert pane.select("echo")
    assert chosen == [ECHO]
    assert not pane.grab().isNull()


def test_a_rejected_tool_that_is_mended_can_be_called(qtbot: QtBot, pane: ToolPane) -> None:
    pane.show_listing(Listing(ListKind.TOOLS, [], rejected=((ECHO, "No."),)))
    pane.select("echo")
    with qtbot.waitSignal(pane.selected):
        pane.show_listing(Listing(ListKind.TOOLS, [ECHO]))


@pytest.mark.parametrize(("support", "badges"), [("optional", ("task",)), ("required", ("task only",)), ("x", ())])
def test_support_for_tasks_is_a_badge(support: Any, badges: tuple[str, ...]) -> None:
    assert tool_row({"name": "a", "execution": {"taskSupport": support}}).badges == badges


@pytest.mark.parametrize("execution", [None, [], {"taskSupport": []}, {"taskSupport": {}}])
def test_nonsense_about_tasks_is_no_badge(execution: Any) -> None:
    assert tool_row({"name": "a", "execution": execution}).badges == ()


def test_the_age_of_the_list_is_shown(qtbot: QtBot) -> None:
    clock = FakeClock()
    pane = ToolPane(clock)
    qtbot.addWidget(pane)
    pane.show()
    assert not button(pane, "toolRefresh").isVisible()
    pane.show_listing(Listing(ListKind.TOOLS, is_loading=True))
    assert text(pane, "toolsEmpty") == "Loading …"
    assert not button(pane, "toolRefresh").isEnabled()
    lasting = Lasting(fresh_until=240.0)
    pane.show_listing(Listing(ListKind.TOOLS, [ECHO], freshness=lasting, listed_at=clock.time()))
    assert text(pane, "toolAge") == "fresh for 4 min"
    search(pane).setText("nothing of this name")
    assert text(pane, "toolAge") == "", "beside '0 of 1 tool' it would be cut"
    search(pane).clear()
    clock.advance(300)
    qtbot.waitUntil(lambda: text(pane, "toolAge") == f"stale since {time_of_day(clock.time() - 60)}")
    with qtbot.waitSignal(pane.refresh_requested):
        button(pane, "toolRefresh").click()


def test_more_can_be_loaded_where_there_is_more(qtbot: QtBot, pane: ToolPane) -> None:
    pane.show_listing(Listing(ListKind.TOOLS, [ECHO]))
    assert not button(pane, "toolMore").isVisible()
    pane.show_listing(Listing(ListKind.TOOLS, [ECHO], has_more=True))
    with qtbot.waitSignal(pane.more_requested):
        button(pane, "toolMore").click()


def test_a_list_that_broke_off_says_so_below_what_came(pane: ToolPane) -> None:
    words = "Only 1 of the tools could be listed. It broke."
    pane.show_listing(Listing(ListKind.TOOLS, [ECHO], words))
    assert text(pane, "toolTrouble") == words
    pane.show_listing(Listing(ListKind.TOOLS, [], words))
    assert text(pane, "toolsEmpty") == words
