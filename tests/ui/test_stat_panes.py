"""The panes of the statistics, fed from hand-made rivers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from inspector.stats.availability import Availability
from inspector.stats.clock_offset import ClockOffsets
from inspector.stats.latency import LatencyStats
from inspector.stats.reconnects import ReconnectStats
from inspector.stats.resumption import Resumptions
from inspector.stats.streams import MAX_FINISHED, StreamStats
from inspector.trace.events import (
    Connected,
    HeadersReceived,
    Message,
    MessageType,
)
from inspector.ui.models.table_model import NOTHING
from inspector.ui.views.latency_columns import COLUMNS
from inspector.ui.views.latency_pane import LatencyPane
from inspector.ui.views.reconnect_pane import ReconnectPane
from inspector.ui.views.stat_table import StatTable
from inspector.ui.views.streams_pane import StreamsPane
from tests.support.panes import column, part, put_up_table
from tests.support.rivers import Talk

COLUMN_TITLES = [column.title for column in COLUMNS]


class Session(Talk):
    """A talk, and all folds over it."""

    def __init__(self) -> None:
        super().__init__()
        self.latency, self.streams, self.reconnects = LatencyStats(), StreamStats(), ReconnectStats()
        self._folded = 0

    def call(self, name: str, rtt_ms: float) -> Message:
        stream = self.next_stream()
        asked = self.ask(stream, name=name)
        self.send(stream)
        self.wait(rtt_ms)
        self.answer(stream, asked)
        self.end(stream, sentence="The answer is complete.")
        return asked

    def listen(self) -> int:
        stream = self.next_stream()
        self.send(stream, "GET", "stream")
        self.headers(stream)
        return stream

    def fold(self) -> None:
        fresh = self.since(self._folded)
        self._folded = len(self)
        for fold in (self.latency, self.streams, self.reconnects):
            fold.fold(fresh)


def test_latency_has_a_row_per_tool_and_goes_to_the_slowest_call(qtbot: QtBot) -> None:
    talk = Session()
    talk.call("echo", 10)
    slowest = talk.call("echo", 30)
    talk.call("add", 1)
    talk.fold()
    pane = put_up_table(qtbot, LatencyPane(talk.latency, ClockOffsets(), talk))

    table = part(pane, StatTable, "latencyTable")
    assert column(table, "Method or tool") == ["tools/call echo", "tools/call add"]
    assert column(table, "Max ms") == ["30.00", "1.00"]
    assert part(pane, QLabel, "latencySummary").text() == "3 calls · p50 10.0 ms · p95 28.0 ms · max 30.0 ms"
    table.selectRow(0)
    with qtbot.waitSignal(pane.jump) as jumped:
        QTest.keyClick(table, Qt.Key.Key_Return)
    assert jumped.args == [slowest.n]
    with qtbot.waitSignal(pane.jump) as jumped:
        table.doubleClicked.emit(table.model().index(0, 2))
    assert jumped.args == [slowest.n]


def test_a_table_without_rows_does_not_scroll(qtbot: QtBot) -> None:
    talk = Session()
    pane = put_up_table(qtbot, LatencyPane(talk.latency, ClockOffsets(), talk))
    pane.resize(500, 300)
    bar = part(pane, StatTable, "latencyTable").horizontalScrollBar()
    QApplication.processEvents()
    assert not bar.isVisible()
    talk.call("echo", 10)
    talk.fold()
    pane.refresh()
    qtbot.waitUntil(bar.isVisible)


def test_a_row_without_an_answer_leads_nowhere(qtbot: QtBot) -> None:
    talk = Session()
    talk.ask(None, "ping")
    talk.fold()
    pane = put_up_table(qtbot, LatencyPane(talk.latency, ClockOffsets(), talk))
    table = part(pane, StatTable, "latencyTable")
    table.selectRow(0)
    with qtbot.assertNotEmitted(pane.jump):
        QTest.keyClick(table, Qt.Key.Key_Return)
    assert part(pane, QLabel, "latencySummary").text() == "1 call · 1 in flight"


def test_a_refresh_keeps_selection_and_scroll(qtbot: QtBot) -> None:
    talk = Session()
    for number in range(60):
        talk.call(f"tool {number}", number + 1)
    talk.fold()
    pane = put_up_table(qtbot, LatencyPane(talk.latency, ClockOffsets(), talk))
    table = part(pane, StatTable, "latencyTable")
    table.sort_by(COLUMN_TITLES.index("Max ms"), Qt.SortOrder.DescendingOrder)
    qtbot.waitUntil(lambda: column(table, "Max ms")[:2] == ["60.00", "59.00"])
    table.selectionModel().setCurrentIndex(
        table.model().index(40, 0),
        QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows,
    )
    table.verticalScrollBar().setValue(20)
    chosen = table.currentIndex().data()
    talk.call("tool 3", 500)
    talk.call("new", 600)
    talk.fold()

    def is_refreshed() -> bool:
        pane.refresh()
        return column(table, "Max ms")[:3] == ["600.00", "500.00", "60.00"]

    qtbot.waitUntil(is_refreshed)
    assert table.currentIndex().data() == chosen == "tools/call tool 19"
    assert [index.row() for index in table.selectionModel().selectedRows()] == [42]
    assert table.verticalScrollBar().value() == 20


def test_streams_show_heartbeat_silence_and_end(qtbot: QtBot) -> None:
    talk = Session()
    stream = talk.listen()
    for gap_s in (5.0, 5.1, 4.9, 5.0):
        talk.clock.advance(gap_s)
        talk.chunk(stream, b": ping\n")
        talk.comment(stream)
    talk.call("echo", 1_000)
    talk.fold()
    pane = put_up_table(qtbot, StreamsPane(talk.streams, talk.clock))

    table = part(pane, StatTable, "streamsTable")
    assert column(table, "#") == ["2", "1"]
    assert column(table, "Heartbeat") == [NOTHING, "every 5.0 s ± 0.1"]
    assert column(table, "Silence s") == [NOTHING, "5.1"]
    assert column(table, "End") == ["The answer is complete.", "open"]
    talk.clock.advance(60)
    pane.refresh()
    assert column(table, "Silence s") == [NOTHING, "61.0"]
    assert not part(pane, QLabel, "olderStreams").isVisible()


def test_streams_show_the_gaps_between_their_events(qtbot: QtBot) -> None:
    talk = Session()
    stream = talk.listen()
    for gap_ms in (5, 10, 30, 20):
        talk.wait(gap_ms)
        talk.message(stream, MessageType.NOTIFICATION)
    talk.fold()
    pane = put_up_table(qtbot, StreamsPane(talk.streams))
    table = part(pane, StatTable, "streamsTable")
    gaps = [column(table, title) for title in ("Gap p50 ms", "Gap p95 ms", "Gap max ms", "Jitter ms")]
    assert gaps == [["20.0"], ["29.0"], ["30.0"], ["15.0"]]


def test_streams_show_which_of_them_shared_a_socket(qtbot: QtBot) -> None:
    talk = Session()
    fields = {"status": 200, "reason": "", "headers": (), "ttfb_ms": 1.0, "http_version": "HTTP/2", "socket": 12}
    for stream in (1, 2):
        talk.send(stream)
        if stream == 1:
            talk.tell(Connected, stream=1, peer="h:1", connect_ms=1.0, socket=12)
        talk.hear(HeadersReceived, stream, **fields)
    talk.fold()
    pane = put_up_table(qtbot, StreamsPane(talk.streams))
    table = part(pane, StatTable, "streamsTable")
    assert column(table, "Socket") == ["12 reused", "12"]
    assert column(table, "HTTP") == ["HTTP/2", "HTTP/2"]


def test_streams_of_a_recording_do_not_age(qtbot: QtBot) -> None:
    talk = Session()
    talk.listen()
    talk.fold()
    pane = put_up_table(qtbot, StreamsPane(talk.streams))
    assert column(part(pane, StatTable, "streamsTable"), "Age s") == ["0.0"]


def test_streams_that_are_not_listed_are_summed_up(qtbot: QtBot) -> None:
    talk = Session()
    for _ in range(MAX_FINISHED + 2):
        talk.call("echo", 0)
    talk.fold()
    pane = put_up_table(qtbot, StreamsPane(talk.streams))
    older = part(pane, QLabel, "olderStreams")
    assert older.isVisible()
    assert older.text() == "Not listed: 2 older streams with 0 B, 2 events, 0 comments."


PANES: dict[str, Callable[[Session], QWidget]] = {
    "latency": lambda talk: LatencyPane(talk.latency, ClockOffsets(), talk),
    "streams": lambda talk: StreamsPane(talk.streams),
    "reconnects": lambda talk: ReconnectPane(talk.reconnects, Availability(), Resumptions()),
}


@pytest.mark.parametrize("name", PANES)
def test_an_empty_pane_says_what_will_be_there(qtbot: QtBot, name: str) -> None:
    pane = put_up_table(qtbot, PANES[name](Session()))
    (table,) = (table for table in pane.findChildren(StatTable) if table.isVisible())
    viewport = table.viewport()
    picture = viewport.grab().toImage()
    assert len({picture.pixel(x, picture.height() // 2) for x in range(picture.width())}) > 1
    assert table.accessibleDescription().endswith(".")
