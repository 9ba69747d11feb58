from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QLabel, QLineEdit, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from inspector.trace.events import ConnectionState, Framing, MessageType, Severity, Violation
from inspector.ui.models.timeline_cells import Column
from inspector.ui.views.timeline_pane import TimelinePane
from inspector.ui.views.wrapping_row import WrappingRow
from tests.support.panes import part, put_up, settle
from tests.support.rivers import Talk


@pytest.fixture
def pane(river: Talk, qtbot: QtBot) -> TimelinePane:
    return put_up(qtbot, TimelinePane(river), 1000, 500)


HOSTILE = (
    b"\xff\xfe\x00invalid",
    b'{"method":"x","params":"' + b"A" * 10 * 1024 * 1024 + b'"}',
    '{"method":"x","params":"\u202eevil\u2066\u200f\u0000\r\n"}'.encode(),
    b"[" * 100_000,
    ("ก็" * 5_000).encode(),
    b"",
)


def test_hostile_payloads_stay_one_safe_line(river: Talk, pane: TimelinePane, qtbot: QtBot) -> None:
    for raw in HOSTILE:
        names = {"method": "m\u202e\n" * 1_000, "name": "\ud800", "id": "i\x00" * 1_000}
        river.message(None, MessageType.INVALID, None, framing=Framing.BODY, raw=raw, **names)
    settle(pane, qtbot)
    assert pane.rows_shown() == len(HOSTILE)
    for position in range(len(HOSTILE)):
        for column in Column:
            text = pane.model.cell(position, column)
            assert text.isprintable()
            assert len(text) <= 250
    assert not pane.grab().isNull()


def test_search_counts_steps_and_filters(river: Talk, pane: TimelinePane, qtbot: QtBot) -> None:
    river.calls(300)
    search, count = part(pane, QLineEdit, "timelineSearch"), part(pane, QLabel, "timelineMatchCount")
    search.setText('"n":29')
    settle(pane, qtbot)
    assert count.text() == "11 found"
    QTest.keyClick(search, Qt.Key.Key_Return)
    assert count.text() == "1 of 11"
    pane.find_next(forward=False)
    assert count.text() == "11 of 11"
    pane.find_next()
    assert count.text() == "1 of 11"
    part(pane, QCheckBox, "timelineOnlyMatches").setChecked(True)
    settle(pane, qtbot)
    assert pane.rows_shown() == 11
    river.calls(30)
    settle(pane, qtbot)
    assert pane.rows_shown() == 12
    assert count.text() == "1 of 12"
    search.setText("not there")
    settle(pane, qtbot)
    assert (pane.rows_shown(), count.text()) == (0, "no match")
    assert part(pane, QLabel, "timelineEmpty").text() == "No row passes the filter."
    QTest.keyClick(search, Qt.Key.Key_Escape)
    settle(pane, qtbot)
    assert pane.rows_shown() == 1_320


def test_quick_filters_are_terms_of_the_filter(river: Talk, pane: TimelinePane, qtbot: QtBot) -> None:
    river.calls(10)
    river.state(ConnectionState.OPEN)
    settle(pane, qtbot)
    line = part(pane, QLineEdit, "timelineFilter")
    for name, rows in (("timelineHeartbeats", 31), ("timelineHTTP", 21), ("timelineConnection", 20)):
        part(pane, QToolButton, name).setChecked(False)
        settle(pane, qtbot)
        assert pane.rows_shown() == rows
    assert line.text() == "-is:heartbeat -is:http -is:connection"
    pane.show_stream(4)
    settle(pane, qtbot)
    assert pane.rows_shown() == 2
    assert line.text().endswith(" stream:4")
    assert part(pane, QToolButton, "timelineStream").isChecked()
    pane.show_stream(5)
    assert line.text().endswith("-is:connection stream:5")
    line.setText("-is:http")
    QTest.keyClick(line, Qt.Key.Key_Return)
    settle(pane, qtbot)
    states = [part(pane, QToolButton, f"timeline{name}").isChecked() for name in ("Heartbeats", "HTTP", "Stream")]
    assert states == [True, False, False]
    assert pane.rows_shown() == 31


def test_errors_and_marks_alone(river: Talk, pane: TimelinePane, qtbot: QtBot) -> None:
    river.calls(3)
    asked = river.ask(3, id="x", raw=b"{}")
    river.message(3, MessageType.ERROR, asked, id="x", raw=b"{}")
    settle(pane, qtbot)
    part(pane, QToolButton, "timelineErrors").setChecked(True)
    settle(pane, qtbot)
    assert pane.rows_shown() == 1
    part(pane, QToolButton, "timelineErrors").setChecked(False)
    part(pane, QToolButton, "timelineMarked").setChecked(True)
    settle(pane, qtbot)
    assert (pane.rows_shown(), part(pane, QLabel, "timelineEmpty").isVisible()) == (0, True)
    pane.model.marks.set(5)
    pane.model.marks.set(7)
    settle(pane, qtbot)
    assert pane.rows_shown() == 2
    pane.model.marks.remove(5)
    settle(pane, qtbot)
    assert pane.rows_shown() == 1


def test_stream_and_method_of_the_row(river: Talk, pane: TimelinePane, qtbot: QtBot) -> None:
    river.calls(5)
    river.ask(6, "notifications/odd name", id="x", raw=b"{}")
    settle(pane, qtbot)
    stream, method = part(pane, QToolButton, "timelineStream"), part(pane, QToolButton, "timelineMethod")
    line = part(pane, QLineEdit, "timelineFilter")
    assert not stream.isEnabled()
    assert not method.isEnabled()
    pane.select_event(4)
    assert stream.isEnabled()
    assert not method.isEnabled()  # an HTTP request has a purpose, not a method of JSON-RPC
    pane.select_event(5)
    QTest.mouseClick(stream, Qt.MouseButton.LeftButton)
    QTest.mouseClick(method, Qt.MouseButton.LeftButton)
    settle(pane, qtbot)
    assert line.text() == "stream:2 method=tools/call"
    assert pane.rows_shown() == 2
    QTest.mouseClick(stream, Qt.MouseButton.LeftButton)
    settle(pane, qtbot)
    assert (line.text(), pane.rows_shown()) == ("method=tools/call", 10)
    pane.select_event(20)
    settle(pane, qtbot)
    QTest.mouseClick(method, Qt.MouseButton.LeftButton)
    settle(pane, qtbot)
    assert line.text() == 'method="notifications/odd name"'
    assert pane.rows_shown() == 1


def test_show_all_takes_the_filter_away(river: Talk, pane: TimelinePane, qtbot: QtBot) -> None:
    river.calls(2)
    part(pane, QLineEdit, "timelineFilter").setText("n>100")
    QTest.keyClick(part(pane, QLineEdit, "timelineFilter"), Qt.Key.Key_Return)
    settle(pane, qtbot)
    clear = part(pane, QPushButton, "timelineClearFilter")
    assert clear.isVisible()
    QTest.mouseClick(clear, Qt.MouseButton.LeftButton)
    settle(pane, qtbot)
    assert (pane.rows_shown(), clear.isVisible()) == (8, False)


def test_only_matches_is_a_term_of_the_filter(river: Talk, pane: TimelinePane, qtbot: QtBot) -> None:
    river.calls(30)
    line, search = part(pane, QLineEdit, "timelineFilter"), part(pane, QLineEdit, "timelineSearch")
    only = part(pane, QCheckBox, "timelineOnlyMatches")
    pane.show_stream(7)
    search.setText('"n":6')
    only.setChecked(True)
    assert line.text() == r'stream:7 text:"\"n\":6"'
    search.setText("tools")
    settle(pane, qtbot)
    assert (line.text(), pane.rows_shown()) == ("stream:7 text:tools", 3)
    line.setText("stream:7")
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert not only.isChecked()
    settle(pane, qtbot)
    assert pane.rows_shown() == 4
    only.setChecked(True)
    only.setChecked(False)
    assert line.text() == "stream:7"


def test_find_opens_by_key_and_closes_with_escape(river: Talk, pane: TimelinePane, qtbot: QtBot) -> None:
    river.calls(3)
    settle(pane, qtbot)
    search, find = part(pane, QLineEdit, "timelineSearch"), part(pane, QToolButton, "timelineFind")
    assert not search.isVisible()
    QTest.keyClick(pane.view, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(search.hasFocus)
    assert find.isChecked()
    search.setText("echo")
    QTest.keyClick(search, Qt.Key.Key_Escape)
    assert (search.isVisible(), search.text(), find.isChecked()) == (False, "", False)
    assert pane.view.hasFocus()
    QTest.mouseClick(find, Qt.MouseButton.LeftButton)
    assert search.isVisible()
    QTest.mouseClick(find, Qt.MouseButton.LeftButton)
    assert not search.isVisible()


def test_selection_survives_a_filter_and_is_told(river: Talk, pane: TimelinePane, qtbot: QtBot) -> None:
    river.calls(10)
    settle(pane, qtbot)
    told: list[int] = []
    pane.selected.connect(told.append)
    pane.select_event(9)
    part(pane, QToolButton, "timelineHeartbeats").setChecked(False)
    settle(pane, qtbot)
    assert pane.view.current_row() == 9
    assert set(told) == {9}


def test_going_to_a_hidden_row_takes_the_filters_away(river: Talk, pane: TimelinePane, qtbot: QtBot) -> None:
    river.calls(10)
    part(pane, QToolButton, "timelineHTTP").setChecked(False)
    settle(pane, qtbot)
    assert pane.rows_shown() == 30
    with qtbot.waitSignal(pane.noted) as noted:
        assert pane.select_event(8)
    assert noted.args == ["The filter hid that row and was taken away; it is kept under Saved: -is:http"]
    assert pane.filter_bar.saved.used == ["-is:http"]
    settle(pane, qtbot)
    assert pane.rows_shown() == 40
    assert pane.view.current_row() == 8
    assert not pane.select_event(10_000)


def test_jump_goes_between_request_and_answer(river: Talk, pane: TimelinePane, qtbot: QtBot) -> None:
    river.calls(3)
    river.tell(Violation, rule="r", severity=Severity.WARN, text="t", about_n=5)
    settle(pane, qtbot)
    pane.select_event(5)
    pane.view.jumps.to_partner()
    assert pane.view.current_row() == 7
    pane.view.jumps.to_partner()
    assert pane.view.current_row() == 5
    pane.select_event(12)
    pane.view.jumps.to_partner()
    assert pane.view.current_row() == 5


def test_marks_and_copies(river: Talk, pane: TimelinePane, qtbot: QtBot) -> None:
    river.calls(3)
    settle(pane, qtbot)
    mark = part(pane, QToolButton, "timelineMark")
    assert not mark.isEnabled()
    pane.select_event(5)
    QTest.mouseClick(mark, Qt.MouseButton.LeftButton)
    assert list(pane.model.marks) == [5]
    pane.view.marking.toggle()
    assert not len(pane.model.marks)
    pane.view.copy_payload()
    assert QGuiApplication.clipboard().text() == '{"n":1}'
    pane.view.copy_rows()
    assert QGuiApplication.clipboard().text().split("\t")[5:7] == ["request", "tools/call  echo"]


def test_empty_timeline_says_what_to_do(pane: TimelinePane) -> None:
    empty = part(pane, QLabel, "timelineEmpty")
    assert empty.isVisible()
    assert empty.text() == "Connect to a server to see it talk: type its address above and press Return."


def test_an_empty_timeline_offers_the_demo_once(qtbot: QtBot, pane: TimelinePane) -> None:
    demo = part(pane, QPushButton, "startDemo")
    with qtbot.waitSignal(pane.demo_wanted):
        demo.click()
    assert not demo.isEnabled()
    pane.offer_demo()
    assert demo.isEnabled()


def test_tab_goes_from_the_filter_over_the_tools_to_the_rows(pane: TimelinePane) -> None:
    stops: list[str] = []
    widget = part(pane, QLineEdit, "timelineFilter").nextInFocusChain()
    while widget is not None and len(stops) < 100 and widget is not pane.view:
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
            stops.append(widget.objectName())
        widget = widget.nextInFocusChain()
    labels = [name.removeprefix("timeline") for name in stops if name.startswith("timeline")]
    assert labels[:3] == ["SavedFilters", "FilterHelp", "Follow"]
    assert labels[3:12] == [
        "Heartbeats",
        "HTTP",
        "Connection",
        "Errors",
        "Marked",
        "Stream",
        "Method",
        "Mark",
        "Find",
    ]
    assert labels[12:] == ["Search", "Previous", "Next", "OnlyMatches", "FindClose"]


def test_the_tools_break_in_two_rows_where_one_more_does_not_fit(qtbot: QtBot) -> None:
    words, more = [QLabel("a word " * 4) for _ in range(3)], QLabel("one more " * 40)
    row = WrappingRow(words[:1], [*words[1:], more])
    qtbot.addWidget(row)
    more.hide()
    row.show()
    row.resize(4 * words[0].sizeHint().width() + 100, 100)
    qtbot.waitUntil(lambda: words[0].y() == words[1].y())
    more.show()
    qtbot.waitUntil(lambda: words[0].y() < words[1].y())
    more.hide()
    qtbot.waitUntil(lambda: words[0].y() == words[1].y())


def test_both_rows_of_tools_begin_at_the_left(pane: TimelinePane, qtbot: QtBot) -> None:
    first, second = part(pane, QToolButton, "timelineHeartbeats"), part(pane, QToolButton, "timelineStream")
    qtbot.waitUntil(lambda: first.y() == second.y())
    pane.resize(470, 500)
    qtbot.waitUntil(lambda: first.y() < second.y())
    assert first.x() == second.x()


def test_a_tool_that_cannot_be_used_is_greyed(pane: TimelinePane) -> None:
    mark = part(pane, QToolButton, "timelineMark")
    assert not mark.isEnabled()
    greyed = mark.grab().toImage()
    mark.setEnabled(True)
    assert mark.grab().toImage() != greyed
