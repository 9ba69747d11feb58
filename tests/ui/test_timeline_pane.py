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
    assert part(pane, QLabel, "timelineEmpty").text() == "No row passes the filters."
    QTest.keyClick(search, Qt.Key.Key_Escape)
    settle(pane, qtbot)
    assert pane.rows_shown() == 1_320


def test_quick_filters_and_stream_filter_combine(river: Talk, pane: TimelinePane, qtbot: QtBot) -> None:
    river.calls(10)
    river.state(ConnectionState.OPEN)
    settle(pane, qtbot)
    clear = part(pane, QToolButton, "timelineClearFilter")
    assert not clear.isVisible()
    for name, rows in (("timelineHeartbeats", 31), ("timelineHTTP", 21), ("timelineConnection", 20)):
        part(pane, QToolButton, name).setChecked(False)
        settle(pane, qtbot)
        assert pane.rows_shown() == rows
    pane.show_stream(4)
    settle(pane, qtbot)
    assert pane.rows_shown() == 2
    assert clear.text() == "Only POST 4 ✕"
    QTest.mouseClick(clear, Qt.MouseButton.LeftButton)
    settle(pane, qtbot)
    assert pane.rows_shown() == 41
    assert part(pane, QToolButton, "timelineHeartbeats").isChecked()


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
    assert pane.select_event(8)
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


def test_tab_goes_from_the_search_to_the_rows(pane: TimelinePane) -> None:
    stops: list[str] = []
    widget = part(pane, QLineEdit, "timelineSearch").nextInFocusChain()
    while widget is not None and len(stops) < 100 and widget is not pane.view:
        stops.append(widget.objectName())
        widget = widget.nextInFocusChain()
    assert [name for name in stops if name.startswith("timeline")][-1:] == ["timelineFollow"]


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
