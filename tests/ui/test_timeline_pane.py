from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QLabel, QLineEdit, QPushButton, QToolButton
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
from inspector.ui import theme
from inspector.ui.models.row_filter import RowFilter
from inspector.ui.models.timeline_cells import Column, TimeMode
from inspector.ui.models.timeline_model import TimelineModel
from inspector.ui.views.timeline_pane import TimelinePane

# The offscreen platform says so whenever a window asks for a minimum size.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


@pytest.fixture
def river() -> River:
    return River(FakeClock())


@pytest.fixture
def model(river: River, qapp: QApplication) -> TimelineModel:
    made = TimelineModel(river)
    QAbstractItemModelTester(made, QAbstractItemModelTester.FailureReportingMode.Fatal, made)
    return made


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


def is_following(pane: TimelinePane) -> bool:
    return pane.view.tail.following


def widget(pane: TimelinePane, kind: type[Any], name: str) -> Any:
    found = pane.findChild(kind, name)
    assert found is not None, name
    assert found.accessibleName()
    return found


def test_model_publishes_a_hundred_thousand_rows_in_few_steps(river: River, qtbot: QtBot) -> None:
    model = TimelineModel(river)  # without a tester, which reads all rows at each step
    inserts: list[int] = []
    model.rowsInserted.connect(lambda _parent, first, last: inserts.append(last - first + 1))
    calls(river, 12_500)
    qtbot.waitUntil(lambda: model.rowCount() == 50_000, timeout=20_000)
    calls(river, 12_500)
    qtbot.waitUntil(lambda: model.rowCount() == 100_000, timeout=20_000)
    assert sum(inserts) == 100_000
    assert len(inserts) < 2_000
    assert model.cell(99_999, Column.LABEL) == "tools/call  echo"
    assert model.data(model.index(99_999, 0), Qt.ItemDataRole.UserRole) == 99_999


def test_one_tick_is_bounded_and_the_rest_follows(river: River, qtbot: QtBot) -> None:
    model = TimelineModel(river)
    calls(river, 25_000)
    model.pull()
    assert 0 < model.rowCount() < 100_000
    qtbot.waitUntil(lambda: model.rowCount() == 100_000, timeout=20_000)


def test_filter_keeps_up_with_new_rows_and_can_be_taken_away(river: River, model: TimelineModel, qtbot: QtBot) -> None:
    calls(river, 500)
    qtbot.waitUntil(lambda: model.rowCount() == 2_000)
    model.set_filter(RowFilter(heartbeats=False, http=False))
    qtbot.waitUntil(lambda: not model.filtering)
    assert model.rowCount() == 1_000
    calls(river, 10)
    qtbot.waitUntil(lambda: model.rowCount() == 1_020)
    assert {model.cell(position, Column.KIND) for position in range(1_020)} == {"request", "response"}
    model.set_filter(RowFilter(stream=7))
    qtbot.waitUntil(lambda: not model.filtering)
    assert {model.cell(position, Column.LANE) for position in range(model.rowCount())} == {"POST 7"}
    model.set_filter(RowFilter())
    qtbot.waitUntil(lambda: not model.filtering)
    assert model.rowCount() == 2_040
    assert model._visible is None


def test_positions_and_rows_map_both_ways_under_a_filter(river: River, model: TimelineModel, qtbot: QtBot) -> None:
    calls(river, 20)
    model.set_filter(RowFilter(event_test=lambda event: isinstance(event, CommentReceived)))
    qtbot.waitUntil(lambda: model.rowCount() == 20)
    assert [model.row_at(position) for position in range(20)] == list(range(2, 80, 4))
    assert model.position_of(6) == 1
    assert model.position_of(7) is None
    assert model.position_of(10_000) is None


def test_cells_of_a_row(river: River, model: TimelineModel, qtbot: QtBot) -> None:
    clock = river.clock
    assert isinstance(clock, FakeClock)
    river.emit(StateChanged, state=ConnectionState.CONNECTING, reason="you pressed Connect")
    clock.advance(0.0032)
    asked = message(
        river,
        MessageType.REQUEST,
        b'{"method":"tools/call","params":{"arguments":{"a":1}}}',
        method="tools/call",
        id="7",
    )
    message(river, MessageType.ERROR, b'{"error":{"code":-1,"message":"no"}}', id="7", request_n=asked.n, rtt_ms=0.4)
    qtbot.waitUntil(lambda: model.rowCount() == 3)
    row = [model.cell(1, column) for column in Column]
    assert row[Column.TIME].endswith(".003200")
    assert row[Column.DELTA :] == ["3.20 ms", "", "→", "request", "tools/call", '"7"', "54 B", "", '{"a":1}']
    assert model.cell(2, Column.KIND) == "✕ error"
    assert model.cell(2, Column.LATENCY) == "400 µs"
    assert model.cell(2, Column.PREVIEW) == "-1 no"
    model.set_time_mode(TimeMode.START)
    assert model.cell(2, Column.TIME) == "+0.003200 s"
    model.set_time_mode(TimeMode.PREVIOUS)
    assert [model.cell(position, Column.TIME) for position in range(3)] == ["+0.000000 s", "+0.003200 s", "+0.000000 s"]
    assert "you pressed Connect" in model.data(model.index(0, 0), Qt.ItemDataRole.ToolTipRole)
    assert model.data(QModelIndex()) is None


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


def test_the_tail_is_followed_until_the_user_scrolls_up(river: River, pane: TimelinePane, qtbot: QtBot) -> None:
    bar, button = pane.view.verticalScrollBar(), widget(pane, QPushButton, "timelineNewRows")
    calls(river, 50)
    settle(pane, qtbot)
    assert bar.value() == bar.maximum() > 0
    bar.setValue(bar.maximum() - 20)
    assert not is_following(pane)
    assert not widget(pane, QToolButton, "timelineFollow").isChecked()
    assert not button.isVisible()
    calls(river, 50)
    settle(pane, qtbot)
    assert bar.value() < bar.maximum() - 20
    assert button.isVisible()
    assert "200 new rows" in button.text()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert is_following(pane)
    assert bar.value() == bar.maximum()
    assert not button.isVisible()
    assert widget(pane, QToolButton, "timelineFollow").isChecked()


def test_selecting_an_older_row_pauses_and_end_resumes(river: River, pane: TimelinePane, qtbot: QtBot) -> None:
    calls(river, 50)
    settle(pane, qtbot)
    assert pane.select_event(3)
    assert not is_following(pane)
    calls(river, 1)
    settle(pane, qtbot)
    assert pane.view.tail.missed == 4
    QTest.keyClick(pane.view, Qt.Key.Key_End)
    assert is_following(pane)
    assert pane.view.tail.missed == 0


def test_focus_alone_neither_selects_nor_pauses(river: River, pane: TimelinePane, qtbot: QtBot) -> None:
    calls(river, 50)
    settle(pane, qtbot)
    pane.view.setFocus()
    QApplication.processEvents()
    assert pane.view.tail.following
    assert pane.view.current_row() is None


def test_resizing_keeps_the_tail(river: River, pane: TimelinePane, qtbot: QtBot) -> None:
    calls(river, 100)
    settle(pane, qtbot)
    for height in (900, 300, 600):
        pane.resize(1000, height)
        QApplication.processEvents()
        bar = pane.view.verticalScrollBar()
        assert pane.view.tail.following
        assert bar.value() == bar.maximum()


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


def test_less_wanted_columns_give_way_until_the_user_chooses(river: River, pane: TimelinePane, qtbot: QtBot) -> None:
    calls(river, 3)
    settle(pane, qtbot)
    pane.resize(1600, 500)
    QApplication.processEvents()
    assert not any(pane.view.isColumnHidden(column) for column in Column)
    pane.resize(700, 500)
    QApplication.processEvents()
    assert pane.view.isColumnHidden(Column.ID)
    assert not pane.view.isColumnHidden(Column.TIME)
    pane.view._choose_column(Column.ID, shown=True)
    pane.resize(650, 500)
    QApplication.processEvents()
    assert not pane.view.isColumnHidden(Column.ID)


def test_a_new_theme_reaches_the_rows(river: River, pane: TimelinePane, qapp: QApplication, qtbot: QtBot) -> None:
    calls(river, 3)
    theme.apply(qapp, theme.DARK)
    settle(pane, qtbot)
    dark = pane.view.rows_delegate._text.name()
    theme.apply(qapp, theme.LIGHT)
    QApplication.processEvents()
    assert (dark, pane.view.rows_delegate._text.name()) == (theme.DARK.text, theme.LIGHT.text)
