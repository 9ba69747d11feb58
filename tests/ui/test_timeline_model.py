from __future__ import annotations

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from inspector.record.query import parse
from inspector.trace.events import AttemptMade, ConnectionState, Framing, MessageType, ToolStep
from inspector.ui.models.timeline_cells import Column, TimeMode
from inspector.ui.models.timeline_model import TimelineModel
from tests.support.rivers import Talk


@pytest.fixture
def model(river: Talk, qapp: QApplication) -> TimelineModel:
    made = TimelineModel(river)
    QAbstractItemModelTester(made, QAbstractItemModelTester.FailureReportingMode.Fatal, made)
    return made


def test_model_publishes_a_hundred_thousand_rows_in_few_steps(river: Talk, qtbot: QtBot) -> None:
    model = TimelineModel(river)  # without a tester, which reads all rows at each step
    inserts: list[int] = []
    model.rowsInserted.connect(lambda _parent, first, last: inserts.append(last - first + 1))
    river.calls(12_500)
    qtbot.waitUntil(lambda: model.rowCount() == 50_000, timeout=20_000)
    river.calls(12_500)
    qtbot.waitUntil(lambda: model.rowCount() == 100_000, timeout=20_000)
    assert sum(inserts) == 100_000
    assert len(inserts) < 2_000
    assert model.cell(99_999, Column.LABEL) == "tools/call  echo"
    assert model.data(model.index(99_999, 0), Qt.ItemDataRole.UserRole) == 99_999


def test_one_tick_is_bounded_and_the_rest_follows(river: Talk, qtbot: QtBot) -> None:
    model = TimelineModel(river)
    river.calls(25_000)
    model.pull()
    assert 0 < model.rowCount() < 100_000
    qtbot.waitUntil(lambda: model.rowCount() == 100_000, timeout=20_000)


def test_filter_keeps_up_with_new_rows_and_can_be_taken_away(river: Talk, model: TimelineModel, qtbot: QtBot) -> None:
    river.calls(500)
    qtbot.waitUntil(lambda: model.rowCount() == 2_000)
    model.set_query(parse("-is:heartbeat -is:http"))
    qtbot.waitUntil(lambda: not model.filtering)
    assert model.rowCount() == 1_000
    river.calls(10)
    qtbot.waitUntil(lambda: model.rowCount() == 1_020)
    assert {model.cell(position, Column.KIND) for position in range(1_020)} == {"request", "response"}
    model.set_query(parse("stream:7"))
    qtbot.waitUntil(lambda: not model.filtering)
    assert {model.cell(position, Column.LANE) for position in range(model.rowCount())} == {"POST 7"}
    model.set_query(None)
    qtbot.waitUntil(lambda: not model.filtering)
    assert model.rowCount() == 2_040
    assert model._admission.rows is None


def test_positions_and_rows_map_both_ways_under_a_filter(river: Talk, model: TimelineModel, qtbot: QtBot) -> None:
    river.calls(20)
    model.set_query(parse("kind:comment"))
    qtbot.waitUntil(lambda: model.rowCount() == 20)
    assert [model.row_at(position) for position in range(20)] == list(range(2, 80, 4))
    assert model.position_of(6) == 1
    assert model.position_of(7) is None
    assert model.position_of(10_000) is None


def test_cells_of_a_row(river: Talk, model: TimelineModel, qtbot: QtBot) -> None:
    river.state(ConnectionState.CONNECTING, reason="you pressed Connect")
    river.wait(3.2)
    asked = river.ask(None, id="7", raw=b'{"method":"tools/call","params":{"arguments":{"a":1}}}')
    error = {"framing": Framing.BODY, "raw": b'{"error":{"code":-1,"message":"no"}}', "id": "7", "rtt_ms": 0.4}
    river.message(None, MessageType.ERROR, asked, **error)
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


def test_rows_say_what_came_of_attempts_and_subscriptions(river: Talk, model: TimelineModel, qtbot: QtBot) -> None:
    river.tell(AttemptMade, transport="http+sse", verdict="The answer is 405.", succeeded=False)
    asked = river.ask(1, "subscriptions/listen", id=1, raw=b"{}")
    method = "notifications/subscriptions/acknowledged"
    raw = b'data: {"params":{"notifications":{"toolsListChanged":true}}}\n\n'
    river.message(1, MessageType.NOTIFICATION, method=method, raw=raw)
    river.answer(1, asked, id=1, raw=b'data: {"id":1,"result":{}}\n\n')
    river.hear(ToolStep, 2, tool="search", step="progress", raw=b'data: {"type":"progress","data":"half"}\n\n')
    qtbot.waitUntil(lambda: model.rowCount() == 5)
    previews = [model.cell(row, Column.PREVIEW) for row in range(5)]
    assert previews[0] == "✕ does not fit: The answer is 405."
    assert previews[2:] == [
        "acknowledged: toolsListChanged",
        "graceful end: the server closed the subscription",
        "half",
    ]
    assert model.cell(4, Column.LABEL) == "progress  search"


def test_time_counts_from_a_reference_row(river: Talk, model: TimelineModel, qtbot: QtBot) -> None:
    for _ in range(3):
        river.state(ConnectionState.CONNECTING)
        river.wait(1.5)
    qtbot.waitUntil(lambda: model.rowCount() == 3)
    model.set_time_mode(TimeMode.REFERENCE, 1)
    assert [model.cell(row, Column.TIME) for row in range(3)] == ["-0.001500 s", "reference", "+0.001500 s"]
    model.set_time_mode(TimeMode.START)
    assert model.cell(1, Column.TIME) == "+0.001500 s"


def test_a_comment_stands_before_what_the_event_says(river: Talk, model: TimelineModel, qtbot: QtBot) -> None:
    river.calls(2)
    qtbot.waitUntil(lambda: model.rowCount() == 8)
    painted: list[tuple[int, int]] = []
    model.dataChanged.connect(lambda first, last: painted.append((first.column(), last.column())))
    before = model.cell(5, Column.PREVIEW)
    model.marks.set(4)
    assert model.cell(4, Column.PREVIEW).startswith("★ POST http")
    model.marks.set(5, "here \u202eit\n began")
    assert model.cell(5, Column.PREVIEW) == f"★ here \\u202eit began · {before}"
    assert "★ here" in model.data(model.index(5, 0), Qt.ItemDataRole.ToolTipRole)
    assert painted == [(Column.NUMBER, Column.PREVIEW)] * 2
    model.marks.load([])
    assert model.cell(5, Column.PREVIEW) == before
    assert len(painted) == 3
