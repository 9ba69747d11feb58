from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QLabel, QLineEdit, QToolButton
from pytestqt.qtbot import QtBot

from inspector.trace.clock import FakeClock
from inspector.trace.events import (
    CommentReceived,
    ConnectionState,
    Direction,
    Framing,
    Message,
    MessageType,
    RequestSent,
    StateChanged,
    Violation,
)
from inspector.trace.events import Severity as EventSeverity
from inspector.trace.river import River
from inspector.ui.models.timeline_cells import Column
from inspector.ui.views.timeline_pane import TimelinePane

# The offscreen platform says so whenever a window asks for a minimum size.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


@pytest.fixture
def river() -> River:
    return River(FakeClock())


@pytest.fixture
def pane(river: River, qtbot: QtBot) -> TimelinePane:
    made = TimelinePane(river)
    qtbot.addWidget(made)
    made.resize(1000, 500)
    made.show()
    return made


def message(river: River, kind: MessageType, raw: bytes = b"{}", **fields: Any) -> Message:
    out = kind is MessageType.REQUEST
    return river.emit(
        Message,
        stream=fields.pop("stream", None),
        direction=Direction.OUTBOUND if out else Direction.INBOUND,
        message_type=kind,
        framing=Framing.BODY,
        raw=raw,
        **fields,
    )


def calls(river: River, count: int) -> None:
    """For each call one HTTP request, one request, one comment and one answer."""
    for number in range(count):
        stream = river.next_stream()
        river.emit(RequestSent, stream=stream, method="POST", url="http://h/mcp", purpose="tools/call")
        asked = message(
            river,
            MessageType.REQUEST,
            stream=stream,
            method="tools/call",
            id=number,
            name="echo",
            raw=b'{"n":%d}' % number,
        )
        river.emit(CommentReceived, stream=stream, text="ping", offset=0, raw=b": ping\n")
        message(river, MessageType.RESPONSE, stream=stream, id=number, request_n=asked.n, rtt_ms=3.2)


def settle(pane: TimelinePane, qtbot: QtBot) -> None:
    """Wait until everything is folded, filtered, searched and published."""

    def done() -> bool:
        model = pane.model
        caught_up = model._cursor == len(model.river) and not model.filtering and not pane.finder.running
        return caught_up and model._shown == model._available()

    qtbot.waitUntil(done, timeout=20_000)


def widget(pane: TimelinePane, kind: type[Any], name: str) -> Any:
    found = pane.findChild(kind, name)
    assert found is not None, name
    assert found.accessibleName()
    return found


HOSTILE = (
    b"\xff\xfe\x00invalid",
    b'{"method":"x","params":"' + b"A" * 10 * 1024 * 1024 + b'"}',
    '{"method":"x","params":"\u202eevil\u2066\u200f\u0000\r\n"}'.encode(),
    b"[" * 100_000,
    ("ก็" * 5_000).encode(),
    b"",
)


def test_hostile_payloads_stay_one_safe_line(river: River, pane: TimelinePane, qtbot: QtBot) -> None:
    for raw in HOSTILE:
        message(river, MessageType.INVALID, raw, method="m\u202e\n" * 1_000, name="\ud800", id="i\x00" * 1_000)
    settle(pane, qtbot)
    assert pane.rows_shown() == len(HOSTILE)
    for position in range(len(HOSTILE)):
        for column in Column:
            text = pane.model.cell(position, column)
            assert text.isprintable()
            assert len(text) <= 250
    assert not pane.grab().isNull()


def test_search_counts_steps_and_filters(river: River, pane: TimelinePane, qtbot: QtBot) -> None:
    calls(river, 300)
    search, count = widget(pane, QLineEdit, "timelineSearch"), widget(pane, QLabel, "timelineMatchCount")
    search.setText('"n":29')
    settle(pane, qtbot)
    assert count.text() == "11 found"
    QTest.keyClick(search, Qt.Key.Key_Return)
    assert count.text() == "1 of 11"
    pane.find_next(forward=False)
    assert count.text() == "11 of 11"
    pane.find_next()
    assert count.text() == "1 of 11"
    widget(pane, QCheckBox, "timelineOnlyMatches").setChecked(True)
    settle(pane, qtbot)
    assert pane.rows_shown() == 11
    calls(river, 30)
    settle(pane, qtbot)
    assert pane.rows_shown() == 12
    assert count.text() == "1 of 12"
    search.setText("not there")
    settle(pane, qtbot)
    assert (pane.rows_shown(), count.text()) == (0, "no match")
    assert widget(pane, QLabel, "timelineEmpty").text() == "No row passes the filters."
    QTest.keyClick(search, Qt.Key.Key_Escape)
    settle(pane, qtbot)
    assert pane.rows_shown() == 1_320


def test_quick_filters_and_stream_filter_combine(river: River, pane: TimelinePane, qtbot: QtBot) -> None:
    calls(river, 10)
    river.emit(StateChanged, state=ConnectionState.OPEN)
    settle(pane, qtbot)
    clear = widget(pane, QToolButton, "timelineClearFilter")
    assert not clear.isVisible()
    for name, rows in (("timelineHeartbeats", 31), ("timelineHTTP", 21), ("timelineConnection", 20)):
        widget(pane, QToolButton, name).setChecked(False)
        settle(pane, qtbot)
        assert pane.rows_shown() == rows
    pane.show_stream(4)
    settle(pane, qtbot)
    assert pane.rows_shown() == 2
    assert clear.text() == "POST 4 ✕"
    QTest.mouseClick(clear, Qt.MouseButton.LeftButton)
    settle(pane, qtbot)
    assert pane.rows_shown() == 41
    assert widget(pane, QToolButton, "timelineHeartbeats").isChecked()


def test_selection_survives_a_filter_and_is_told(river: River, pane: TimelinePane, qtbot: QtBot) -> None:
    calls(river, 10)
    settle(pane, qtbot)
    told: list[int] = []
    pane.selected.connect(told.append)
    pane.select_event(9)
    widget(pane, QToolButton, "timelineHeartbeats").setChecked(False)
    settle(pane, qtbot)
    assert pane.view.current_row() == 9
    assert set(told) == {9}


def test_going_to_a_hidden_row_takes_the_filters_away(river: River, pane: TimelinePane, qtbot: QtBot) -> None:
    calls(river, 10)
    widget(pane, QToolButton, "timelineHTTP").setChecked(False)
    settle(pane, qtbot)
    assert pane.rows_shown() == 30
    assert pane.select_event(8)
    settle(pane, qtbot)
    assert pane.rows_shown() == 40
    assert pane.view.current_row() == 8
    assert not pane.select_event(10_000)


def test_jump_goes_between_request_and_answer(river: River, pane: TimelinePane, qtbot: QtBot) -> None:
    calls(river, 3)
    river.emit(Violation, rule="r", severity=EventSeverity.WARN, text="t", about_n=5)
    settle(pane, qtbot)
    pane.select_event(5)
    pane.view.jump()
    assert pane.view.current_row() == 7
    pane.view.jump()
    assert pane.view.current_row() == 5
    pane.select_event(12)
    pane.view.jump()
    assert pane.view.current_row() == 5


def test_marks_and_copies(river: River, pane: TimelinePane, qtbot: QtBot) -> None:
    calls(river, 3)
    settle(pane, qtbot)
    mark = widget(pane, QToolButton, "timelineMark")
    assert not mark.isEnabled()
    pane.select_event(5)
    QTest.mouseClick(mark, Qt.MouseButton.LeftButton)
    assert pane.model.marks == {5}
    pane.view.toggle_mark()
    assert pane.model.marks == set()
    pane.view.copy_payload()
    assert QGuiApplication.clipboard().text() == '{"n":1}'
    pane.view.copy_rows()
    assert QGuiApplication.clipboard().text().split("\t")[5:7] == ["request", "tools/call  echo"]


def test_empty_timeline_says_what_to_do(pane: TimelinePane) -> None:
    empty = widget(pane, QLabel, "timelineEmpty")
    assert empty.isVisible()
    assert empty.text() == "Connect to a server, or start the demo, to see it talk."
