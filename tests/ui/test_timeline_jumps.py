from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from inspector.record.rows import WARN
from inspector.trace.events import MessageType, Severity, Violation
from inspector.ui.export_rows import rows_in_sight
from inspector.ui.models.evidence import Evidence, Held
from inspector.ui.models.timeline_cells import Column, TimeMode
from inspector.ui.views.line_popup import LinePopup
from inspector.ui.views.timeline_area import TimelineArea
from inspector.ui.views.timeline_pane import TimelinePane
from tests.support.panes import part, put_up, settle
from tests.support.rivers import Talk

CONTROL, SHIFT, ALT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)


class Walker:
    """Presses keys on the table of a pane, and tells where the user is and what the window says."""

    def __init__(self, pane: TimelinePane) -> None:
        self.pane = pane
        self.said: list[str] = []
        pane.view.noted.connect(self.said.append)
        pane.view.setFocus()

    def press(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> int | None:
        QTest.keyClick(self.pane.view, key, modifiers)
        return self.pane.view.current_row()

    def write(self, popup: str, text: str) -> None:
        line = part(self.pane, QLineEdit, f"{popup}Line")
        line.setText(text)
        QTest.keyClick(line, Qt.Key.Key_Return)


@pytest.fixture
def walker(river: Talk, qtbot: QtBot) -> Walker:
    """Calls of four rows (HTTP request 0, request 1, comment 2, answer 3 ...); error 13 has violation 14."""
    river.calls(3)
    asked = river.ask(3, id="x", raw=b"{}")
    failed = river.message(3, MessageType.ERROR, asked, id="x", raw=b"{}")
    river.tell(Violation, rule="r", severity=Severity.ERROR, text="t", about_n=failed.n)
    river.calls(1)
    pane = put_up(qtbot, TimelinePane(river), 1_000, 500)
    settle(pane, qtbot)
    return Walker(pane)


ERROR_ROW, VIOLATION_ROW = 13, 14


def test_the_finding_that_rests_on_a_row_is_asked_for(walker: Walker, qtbot: QtBot) -> None:
    pane = walker.pane
    pane.model.evidence = Evidence(
        {pane.timeline.numbers[row]: Held(WARN, "late", ("Late",)) for row in (3, ERROR_ROW)}
    )
    pane.select_event(pane.timeline.numbers[3])
    with qtbot.waitSignal(pane.finding_wanted) as wanted:
        assert walker.press(Qt.Key.Key_J, CONTROL | SHIFT) == 3
    assert wanted.args == ["late"]
    pane.select_event(pane.timeline.numbers[ERROR_ROW])  # what stands among the rows comes first
    assert walker.press(Qt.Key.Key_J, CONTROL | SHIFT) == VIOLATION_ROW


def test_a_filter_for_findings_follows_what_is_found(walker: Walker, qtbot: QtBot) -> None:
    pane, numbers = walker.pane, walker.pane.timeline.numbers
    area = put_up(qtbot, TimelineArea(pane), 1_000, 500)
    area.show_evidence(Evidence(rules={numbers[3]: ("late",)}))
    pane.filter_bar.line.set_filter("finding:any")
    qtbot.waitUntil(lambda: pane.rows_shown() == 1)
    area.show_evidence(Evidence(rules={numbers[3]: ("late",), numbers[ERROR_ROW]: ("broken",)}))
    qtbot.waitUntil(lambda: pane.rows_shown() == 2)
    pane.filter_bar.line.set_filter("finding:late")
    qtbot.waitUntil(lambda: pane.rows_shown() == 1)
    assert rows_in_sight(pane).evidence == pane.model.evidence.rules


def test_keys_lead_to_request_answer_and_finding(walker: Walker) -> None:
    walker.pane.select_event(3)
    assert walker.press(Qt.Key.Key_Up, ALT) == 1
    assert walker.press(Qt.Key.Key_Down, ALT) == 3
    walker.pane.select_event(ERROR_ROW)
    assert walker.press(Qt.Key.Key_J, CONTROL | SHIFT) == VIOLATION_ROW
    assert walker.press(Qt.Key.Key_J, CONTROL | SHIFT) == ERROR_ROW
    assert walker.press(Qt.Key.Key_J, CONTROL) == 12
    assert walker.said == []


def test_where_nothing_is_to_go_to_it_is_said(walker: Walker) -> None:
    walker.pane.select_event(1)
    assert walker.press(Qt.Key.Key_Up, ALT) == 1
    assert walker.press(Qt.Key.Key_J, CONTROL | SHIFT) == 1
    assert walker.press(Qt.Key.Key_F2) == 1
    assert walker.said == [
        "This row belongs to no request.",
        "Nothing was found wrong in this row.",
        "There is no mark among the rows shown.",
    ]


def test_keys_without_a_row_say_so(walker: Walker) -> None:
    for key, modifiers in ((Qt.Key.Key_J, CONTROL), (Qt.Key.Key_T, CONTROL), (Qt.Key.Key_M, CONTROL)):
        walker.press(key, modifiers)
    assert walker.said == ["Select a row first."] * 3
    assert not len(walker.pane.model.marks)


def test_errors_and_marks_are_gone_through_around_the_end(walker: Walker) -> None:
    assert [walker.press(Qt.Key.Key_F8) for _ in range(3)] == [ERROR_ROW, VIOLATION_ROW, ERROR_ROW]
    assert walker.press(Qt.Key.Key_F8, SHIFT) == VIOLATION_ROW
    walker.pane.model.marks.load({2: "", 9: "x"})
    assert [walker.press(Qt.Key.Key_F2) for _ in range(3)] == [2, 9, 2]
    assert walker.press(Qt.Key.Key_F2, SHIFT) == 9


def test_a_result_with_is_error_is_an_error_too(walker: Walker, river: Talk, qtbot: QtBot) -> None:
    failed = river.answer(4, river.ask(4, id="y"), id="y", is_tool_error=True)
    settle(walker.pane, qtbot)
    row = walker.pane.timeline.row_of(failed.n)
    assert [walker.press(Qt.Key.Key_F8) for _ in range(4)] == [ERROR_ROW, VIOLATION_ROW, row, ERROR_ROW]
    assert walker.press(Qt.Key.Key_F8, SHIFT) == row


def test_only_shown_rows_are_stepped_to(walker: Walker, qtbot: QtBot) -> None:
    walker.pane.model.marks.load({2: "", 9: ""})
    walker.pane.show_stream(3)
    settle(walker.pane, qtbot)
    assert [walker.press(Qt.Key.Key_F2) for _ in range(2)] == [9, 9]
    assert [walker.press(Qt.Key.Key_F8) for _ in range(2)] == [ERROR_ROW, ERROR_ROW]


def test_going_to_a_number_or_a_time(walker: Walker) -> None:
    walker.press(Qt.Key.Key_G, CONTROL)
    assert part(walker.pane, LinePopup, "timelinePlace").isVisible()
    walker.write("timelinePlace", "99")
    said = part(walker.pane, QLabel, "timelinePlaceError")
    assert (said.isVisible(), said.text()) == (True, "There is no event 99: the last one is 18.")
    QTest.keyClick(part(walker.pane, QLineEdit, "timelinePlaceLine"), Qt.Key.Key_7)
    assert not said.isVisible()
    walker.write("timelinePlace", "7")
    assert walker.pane.view.current_row() == 7


def test_escape_and_going_elsewhere_close_a_popup(walker: Walker, qtbot: QtBot) -> None:
    walker.press(Qt.Key.Key_G, CONTROL)
    QTest.keyClick(part(walker.pane, QLineEdit, "timelinePlaceLine"), Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: walker.pane.findChild(QWidget, "timelinePlace") is None)
    walker.press(Qt.Key.Key_G, CONTROL)
    qtbot.waitUntil(lambda: part(walker.pane, QLineEdit, "timelinePlaceLine").hasFocus())
    walker.pane.view.setFocus()
    qtbot.waitUntil(lambda: walker.pane.findChild(QWidget, "timelinePlace") is None)


def test_one_question_takes_the_place_of_another(walker: Walker, qtbot: QtBot) -> None:
    walker.pane.select_event(5)
    walker.press(Qt.Key.Key_Semicolon, CONTROL)
    note = part(walker.pane, QLineEdit, "timelineNoteLine")
    qtbot.waitUntil(note.hasFocus)
    QTest.keyClick(note, Qt.Key.Key_G, CONTROL)
    qtbot.waitUntil(lambda: walker.pane.findChild(QWidget, "timelineNote") is None)
    QTest.keyClick(part(walker.pane, QLineEdit, "timelinePlaceLine"), Qt.Key.Key_Escape)
    assert walker.pane.view.hasFocus()
    assert walker.pane.model.marks.items() == []


def test_a_comment_marks_its_row_and_stands_in_it(walker: Walker) -> None:
    model = walker.pane.model
    walker.pane.select_event(5)
    walker.press(Qt.Key.Key_Semicolon, CONTROL)
    walker.write("timelineNote", "it began here")
    assert model.marks.items() == [(5, "it began here")]
    assert model.cell(5, Column.PREVIEW).startswith("★ it began here")
    walker.press(Qt.Key.Key_Semicolon, CONTROL)
    popups = walker.pane.findChildren(QLineEdit, "timelineNoteLine")
    assert popups[-1].text() == "it began here"
    QTest.keyClick(popups[-1], Qt.Key.Key_Escape)
    assert model.marks.items() == [(5, "it began here")]
    walker.press(Qt.Key.Key_M, CONTROL)
    assert model.marks.items() == []


def test_the_time_reference_is_set_and_taken_away(walker: Walker) -> None:
    model = walker.pane.model
    walker.pane.view.columns.time_mode_wanted.emit(TimeMode.START)
    walker.pane.select_event(5)
    walker.press(Qt.Key.Key_T, CONTROL)
    assert model.cell(5, Column.TIME) == "reference"
    walker.pane.select_event(6)
    walker.press(Qt.Key.Key_T, CONTROL)
    assert (model.cells.time_mode, model.cells.reference) == (TimeMode.REFERENCE, 6)
    walker.press(Qt.Key.Key_T, CONTROL)
    assert (model.cells.time_mode, model.cells.reference) == (TimeMode.START, None)
