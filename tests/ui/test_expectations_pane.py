"""Expectations in the window: written, judged, shown, kept; live and in a recording."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QMenu, QStyleOptionViewItem, QToolButton
from pytestqt.qtbot import QtBot

from inspector.diagnose.engine import Engine
from inspector.expect.grammar import FORMS, parse
from inspector.expect.verdict import State
from inspector.record.recording import open_recording
from inspector.record.saving import save_events
from inspector.trace.events import Outcome, Severity, Violation
from inspector.trace.fold import runs
from inspector.ui import theme
from inspector.ui.delegates.verdict_lane import VerdictLane
from inspector.ui.expecting import Expecting
from inspector.ui.models.verdict_lines import LANE
from inspector.ui.server_texts import ServerTexts
from inspector.ui.user_data import UserData
from inspector.ui.views.expectations_bar import FIRST_SET, ExpectationsBar
from inspector.ui.views.expectations_edit import ExpectationsEdit
from inspector.ui.views.expectations_pane import ExpectationsPane
from inspector.ui.views.recording_view import RecordingView
from inspector.ui.views.stat_table import StatTable
from tests.support.desk import Desk, on_desk
from tests.support.panes import column, part, put_up_table
from tests.support.qt_loop import until
from tests.unit.expect.test_judge import Session, called

# The offscreen platform says so of windows.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


class Shown:
    """The pane over a river that is told by hand."""

    def __init__(self, qtbot: QtBot, talk: Session, text: str = "") -> None:
        self.talk, self.qtbot = talk, qtbot
        self.engine = Engine()
        self.expecting = Expecting(talk, self.engine)
        self.pane = put_up_table(qtbot, ExpectationsPane(self.expecting))
        self.edit = part(self.pane, ExpectationsEdit, "expectationsEdit")
        self.table = part(self.pane, StatTable, "expectationsTable")
        self.note = part(self.pane, QLabel, "expectationsNote")
        self.words = part(self.pane, QLabel, "expectationsWords")
        self.jumps: list[int] = []
        self.pane.jump.connect(self.jumps.append)
        self.flow()
        if text:
            self.write(text)

    def flow(self, since: int = 0) -> None:
        """Let what was told reach the window."""
        pieces = runs(self.talk.since(since))
        self.engine.take(pieces)
        self.expecting.take(pieces)

    def write(self, text: str) -> None:
        self.edit.replace(text)
        self.qtbot.waitUntil(lambda: not self.expecting.is_behind)
        self.pane.refresh()

    def states(self) -> list[str]:
        return column(self.table, "State")


def test_what_is_written_is_judged_of_all_that_came(qtbot: QtBot) -> None:
    shown = Shown(
        qtbot, called(100, 3_000), "answer under 2s\nno errors\nanswer under 1s of other\nat least 9 events a"
    )
    assert column(shown.table, "Expectation") == [
        "answer under 2s",
        "no errors",
        "answer under 1s of other",
        "at least 9 events a",
    ]
    assert shown.states() == ["✖ not met", "✔ met", "– not seen", "○ waiting"]
    assert column(shown.table, "Failed")[0] == "1" and column(shown.table, "Worst")[0] == "3.000 s"
    before = len(shown.talk)
    asked = shown.talk.call(9, "other")
    shown.talk.answer(9, asked)
    shown.flow(before)
    shown.pane.refresh()
    assert shown.states()[2] == "✔ met"


def test_the_chosen_verdict_is_told_in_words_and_leads_to_its_evidence(qtbot: QtBot) -> None:
    shown = Shown(qtbot, called(100, 3_000), "answer under 2s")
    shown.table.selectRow(0)
    n = shown.expecting.verdicts[0].evidence[-1]
    assert shown.words.text().startswith("✖ Not met. Not in time in 1 of 2 calls; the slowest took 3.000 s.")
    shown.words.linkActivated.emit(str(n))
    QTest.keyClick(shown.table, Qt.Key.Key_Return)
    assert shown.jumps == [n, n]


def test_text_of_the_server_is_no_markup(qtbot: QtBot) -> None:
    talk = Session()
    talk.fail(talk.call(1, "<b>x</b>"), Outcome.LOST)
    shown = Shown(qtbot, talk, "no errors")
    shown.table.selectRow(0)
    assert "&lt;b&gt;" in shown.words.text() and "<b>" not in shown.words.text()


def test_mistakes_are_underlined_and_said_while_the_rest_is_judged(qtbot: QtBot) -> None:
    shown = Shown(qtbot, called(100), "no errors\nno gap ovr 5s\n😀 hm")
    assert shown.states() == ["✔ met"]
    assert shown.note.isVisible() and "2 lines cannot be read" in shown.note.text()
    marked = [selection.cursor.selectedText() for selection in shown.edit.extraSelections()]
    assert marked == ["ovr", "😀"]
    shown.edit.moveCursor(QTextCursor.MoveOperation.End)
    assert shown.note.text().startswith("✖ Line 3: ")
    shown.write("no errors")
    assert not shown.note.isVisible() and shown.edit.extraSelections() == []


def test_typing_is_read_at_once_and_used_after_a_pause(qtbot: QtBot) -> None:
    shown = Shown(qtbot, called(100))
    QTest.keyClicks(shown.edit, "no errors")
    QTest.keyClick(shown.edit, Qt.Key.Key_Return)
    QTest.keyClicks(shown.edit, "no")
    qtbot.waitUntil(lambda: bool(shown.edit.script.problems))
    assert shown.edit.extraSelections()[0].cursor.selectedText() == "o"  # before what is missing
    qtbot.waitUntil(lambda: shown.states() == ["✔ met"])


def test_examples_can_be_added_and_taken_back(qtbot: QtBot) -> None:
    shown = Shown(qtbot, called(100))
    menu = shown.pane.findChild(QMenu, "expectationsAddMenu")
    assert menu is not None
    actions = {action.text(): action for action in menu.actions()}
    assert {line for line, _ in FORMS} < set(actions) and all(actions[line].toolTip() for line, _ in FORMS)
    actions["A first set for any server"].trigger()
    actions["no drops"].trigger()
    assert shown.edit.text() == f"{FIRST_SET}\nno drops" and len(shown.expecting.script.expectations) == 6
    assert len(parse(FIRST_SET)) == 6
    shown.edit.undo()
    assert shown.edit.text() == FIRST_SET


def test_names_of_tools_are_suggested_while_typing_and_forms_on_request(qtbot: QtBot) -> None:
    shown = Shown(qtbot, called(100))
    shown.expecting.tool_names = lambda: ["search", "sum up"]
    suggestions = shown.edit.suggestions
    shown.edit.setFocus()
    QTest.keyClick(shown.edit, Qt.Key.Key_Space, Qt.KeyboardModifier.ControlModifier)
    assert len(suggestions.values()) == len(FORMS)
    QTest.keyClick(suggestions.list, Qt.Key.Key_Escape)
    QTest.keyClicks(shown.edit, "no d")
    assert suggestions.values() == []
    QTest.keyClick(shown.edit, Qt.Key.Key_Space, Qt.KeyboardModifier.ControlModifier)
    assert suggestions.values() == ["no drops"]
    QTest.keyClick(suggestions.list, Qt.Key.Key_Return)
    assert shown.edit.text() == "no drops" and suggestions.values() == []
    QTest.keyClick(shown.edit, Qt.Key.Key_Return)
    QTest.keyClicks(shown.edit, "no errors of ")
    assert suggestions.values() == ['"sum up"', "search"]
    QTest.keyClick(suggestions.list, Qt.Key.Key_Down)
    QTest.keyClick(suggestions.list, Qt.Key.Key_Return)
    assert shown.edit.text() == 'no drops\nno errors of "sum up"'


def test_return_begins_a_line_where_nothing_was_chosen(qtbot: QtBot) -> None:
    shown = Shown(qtbot, called(100))
    shown.expecting.tool_names = lambda: ["search"]
    QTest.keyClicks(shown.edit, "no errors of s")
    assert shown.edit.suggestions.values() == ["search"]
    QTest.keyClick(shown.edit.suggestions.list, Qt.Key.Key_Return)
    assert shown.edit.text() == "no errors of s\n" and shown.edit.suggestions.values() == []


def test_judging_begins_anew_on_request(qtbot: QtBot) -> None:
    talk = called(3_000)
    shown = Shown(qtbot, talk, "answer under 2s")
    part(shown.pane, QToolButton, "expectationsAnew").click()
    shown.pane.refresh()
    assert shown.states() == ["– not seen"]
    before = len(talk)
    asked = talk.call(7)
    talk.answer(7, asked)
    shown.flow(before)
    shown.write("answer under 2s\nno errors")  # another text still leaves out what was before
    assert shown.states() == ["✔ met", "✔ met"] and column(shown.table, "Checked") == ["1", "1"]


def test_a_file_is_what_check_reads(qtbot: QtBot, tmp_path: Path) -> None:
    shown = Shown(qtbot, called(100), "no errors  # of ours")
    bar = shown.pane.findChild(ExpectationsBar)
    assert bar is not None
    bar.save_file(tmp_path / "a.txt")
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == "no errors  # of ours\n"
    assert "check URL --expectations a.txt" in shown.note.text()
    (tmp_path / "b.txt").write_bytes(b"\xef\xbb\xbfno drops\n")
    bar.open_file(tmp_path / "b.txt")
    assert shown.edit.text() == "no drops\n" and shown.expecting.text == "no drops\n"
    (tmp_path / "c.txt").write_bytes(b"\xe9")
    bar.open_file(tmp_path / "c.txt")
    assert (
        shown.note.text() == "c.txt is no text in UTF-8. Save it as UTF-8 first." and shown.edit.text() == "no drops\n"
    )
    bar.open_file(tmp_path / "missing.txt")
    assert "cannot be read" in shown.note.text()
    bar.save_file(tmp_path / "missing" / "d.txt")
    assert "cannot be written" in shown.note.text()


def test_a_click_on_a_failure_in_the_lane_goes_there(qtbot: QtBot) -> None:
    shown = Shown(qtbot, called(100, 3_000, 100, 4_000, 100), "answer under 2s")
    lane = shown.table.itemDelegateForColumn(LANE)
    assert isinstance(lane, VerdictLane)
    (verdict,) = shown.expecting.verdicts
    cell = shown.table.visualRect(shown.table.model().index(0, LANE))
    places = [lane._x_of(moment.at_ns, cell.adjusted(6, 0, -6, 0)) for moment in verdict.moments]
    assert cell.left() < places[0] < places[1] < cell.right()
    for x in places:
        QTest.mouseClick(shown.table.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(x + 1, cell.center().y()))
    assert shown.jumps == [moment.evidence[-1] for moment in verdict.moments]
    QTest.mouseClick(shown.table.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(cell.left() + 1, cell.center().y()))
    assert len(shown.jumps) == 2


@pytest.mark.parametrize("scheme", [theme.DARK, theme.LIGHT])
def test_the_lane_shows_failures_in_another_shape_than_success(
    application: QApplication, qtbot: QtBot, scheme: theme.Colors
) -> None:
    theme.apply(application, scheme)
    shown = Shown(
        qtbot, called(100, 3_000, 100), "answer under 2s\nanswer under 9s\nmax under 2s\nanswer under 1s of other"
    )
    option = QStyleOptionViewItem()
    heights = {}
    for row in range(4):
        cell = shown.table.visualRect(shown.table.model().index(row, LANE))
        option.rect = cell
        image = shown.table.viewport().grab(cell).toImage()
        for role in ("good", "bad"):
            wanted = theme.color(role).rgb()
            heights[row, role] = sum(
                any(image.pixel(x, y) == wanted for x in range(image.width())) for y in range(image.height())
            )
    assert heights[0, "bad"] > heights[2, "bad"] > heights[0, "good"] == heights[1, "good"] > 0
    assert heights[1, "bad"] == heights[3, "bad"] == heights[3, "good"] == 0


def test_each_server_has_its_own(qtbot: QtBot, tmp_path: Path) -> None:
    data = UserData(tmp_path / "user.ini")
    shown = Shown(qtbot, called(100), "no errors")
    shown.expecting.set_texts(ServerTexts(data))
    shown.expecting.set_server("http://a/mcp", 0)
    assert shown.edit.text() == "no errors" and data.expectations() == {"http://a/mcp": "no errors"}
    shown.expecting.set_server("http://b/mcp", len(shown.talk))
    assert shown.edit.text() == "" and shown.states() == []
    shown.write("no drops")
    shown.expecting.set_server("http://a/mcp", len(shown.talk))
    assert shown.edit.text() == "no errors" and shown.states() == ["– not seen"]  # what was before is not of this one
    assert UserData(tmp_path / "user.ini").expectations() == {"http://a/mcp": "no errors", "http://b/mcp": "no drops"}


def test_findings_are_those_of_the_diagnosis(qtbot: QtBot) -> None:
    shown = Shown(qtbot, called(100), "no finding above warn")
    assert shown.states() == ["✔ met"]
    before = len(shown.talk)
    shown.talk.tell(Violation, rule="sse-bom", severity=Severity.ERROR, text="It starts with a BOM.", about_n=0)
    shown.flow(before)
    shown.pane.refresh()
    assert shown.states() == ["✖ not met"] and shown.expecting.count(State.FAIL) == 1


def test_a_recording_is_judged_too(application: QApplication, qtbot: QtBot, tmp_path: Path) -> None:
    save_events(called(100, 3_000).since(0), tmp_path / "a.mcptrace")
    view = RecordingView(open_recording(tmp_path / "a.mcptrace"))
    qtbot.addWidget(view)
    view.resize(1280, 800)
    view.show()
    qtbot.waitUntil(lambda: view.is_loaded, timeout=10_000)
    view.tabs.setCurrentWidget(view.tabs.expectations)
    view.tabs.expectations.built()
    edit = part(view, ExpectationsEdit, "expectationsEdit")
    edit.replace("answer under 2s\nno errors\nat least 99 events kind:request")
    place = view.tabs.indexOf(view.tabs.expectations)
    qtbot.waitUntil(lambda: view.tabs.tabText(place) == "Expectations ✖ 2")
    assert column(part(view, StatTable, "expectationsTable"), "State") == ["✖ not met", "✔ met", "✖ not met"]
    assert UserData().expectations() == {"http://h/mcp": edit.text()}
    assert part(view, QToolButton, "expectationsAnew").isHidden()


@on_desk
async def test_calls_of_a_real_server_are_judged_as_they_come(desk: Desk) -> None:
    await desk.connect()
    desk.show_tab("Expectations")
    edit = desk.child(ExpectationsEdit, "expectationsEdit")
    edit.replace("no errors\nanswer under 1us\nevent kind:notification within 20s of call stream_text")
    session = desk.controller.session
    assert session is not None
    await session.call_tool("stream_text", {"text": "one two", "delay_ms": 1})
    table = desk.child(StatTable, "expectationsTable")
    await until(lambda: column(table, "State") == ["✔ met", "✖ not met", "✔ met"], "the verdicts")
    tabs = desk.window.tabs
    await until(lambda: tabs.tabText(tabs.indexOf(tabs.expectations)) == "Expectations ✖ 1", "the badge")
    table.selectRow(1)
    QTest.keyClick(table, Qt.Key.Key_Return)
    view = desk.window.timeline.view
    await until(lambda: view.current_row() is not None, "the row")
    row = view.current_row()
    assert (
        row is not None and desk.window.timeline.timeline.numbers[row] == desk.folds.expecting.verdicts[1].evidence[-1]
    )
