from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication
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
)
from inspector.trace.river import River
from inspector.ui.models.row_filter import RowFilter
from inspector.ui.models.timeline_cells import Column, TimeMode
from inspector.ui.models.timeline_model import TimelineModel

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
