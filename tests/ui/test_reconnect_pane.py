"""The reconnects pane: facts, causes, five tables, the alarm; fed from hand-made rivers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLabel, QTabWidget
from pytestqt.qtbot import QtBot

from inspector.stats.availability import Availability
from inspector.stats.reconnects import ReconnectStats
from inspector.stats.resumption import Resumptions
from inspector.trace.events import ConnectionState, EndCause, FrameReceived, Outcome, StateChanged
from inspector.ui import theme
from inspector.ui.models.table_model import NOTHING
from inspector.ui.views.cause_bars import EMPTY, CauseBars
from inspector.ui.views.reconnect_pane import ReconnectPane
from inspector.ui.views.stat_table import StatTable
from tests.support.panes import column, part, put_up_table
from tests.support.rivers import Talk

OPEN, RECONNECTING = ConnectionState.OPEN, ConnectionState.RECONNECTING


class Session(Talk):
    """A talk, and the folds that the pane shows."""

    def __init__(self) -> None:
        super().__init__()
        self.reconnects, self.availability, self.resumptions = ReconnectStats(), Availability(), Resumptions()
        self._folded = 0

    def listen(self, cursor: str | None = None) -> int:
        stream = self.next_stream()
        headers = () if cursor is None else (("Last-Event-ID", cursor),)
        self.send(stream, "GET", "resume" if cursor else "stream", headers=headers)
        self.headers(stream)
        return stream

    def events(self, stream: int, *ids: int) -> None:
        for event_id in ids:
            self.hear(FrameReceived, stream, event_id=str(event_id), raw=b"id: %d\ndata: x\n\n" % event_id)

    def fold(self) -> None:
        fresh = self.since(self._folded)
        self._folded = len(self)
        for fold in (self.reconnects, self.availability, self.resumptions):
            fold.fold(fresh)

    def pane(self, qtbot: QtBot) -> ReconnectPane:
        self.fold()
        return put_up_table(qtbot, ReconnectPane(self.reconnects, self.availability, self.resumptions, self.clock))


def facts(pane: ReconnectPane) -> dict[str, str]:
    labels = [label for label in pane.findChildren(QLabel) if label.objectName().startswith("fact")]
    return {label.accessibleName(): label.text() for label in labels}


def tab(pane: ReconnectPane, title: str) -> StatTable[Any]:
    tabs = part(pane, QTabWidget, "reconnectTabs")
    titles = [tabs.tabText(place) for place in range(tabs.count())]
    place = next(place for place, text in enumerate(titles) if text.startswith(title))
    tabs.setCurrentIndex(place)
    table = tabs.currentWidget()
    assert isinstance(table, StatTable)
    return table


def fallen(talk: Session) -> StateChanged:
    """Up for 9 s, lost with a call, and down since 1 s."""
    talk.state(OPEN, reason="The server is ready.")
    stream = talk.listen()
    talk.clock.advance(9)
    asked = talk.ask(None, name="echo")
    talk.end(stream, EndCause.RESET, "It was reset.", age_ms=9_000.0)
    talk.fail(asked, Outcome.LOST)
    talk.state(RECONNECTING, reason="The stream was reset.")
    lost = talk.state(RECONNECTING, attempt=1, delay_ms=1_000.0, asked_ms=3_000, last_event_id="")
    talk.clock.advance(1)
    return lost


def test_the_facts_of_a_connection_that_is_down(qtbot: QtBot) -> None:
    talk = Session()
    fallen(talk)
    pane = talk.pane(qtbot)
    assert facts(pane) == {
        "State": "↻ reconnecting",
        "Up": "9.0 s",
        "Last event id": "(empty)",
        "Server asks for": "3.000 s",
        "Availability": "90 %",
        "Drops": "1",
        "Up between drops": "9.0 s",
        "Worst silence": "9.0 s",
        "Downtime": "1.0 s now, 1.0 s in all",
        "Downtime of a drop": "1.0 s",
        "Reconnects": "0",
        "Attempts": "1",
    }
    talk.state(OPEN)
    talk.fold()
    talk.clock.advance(90)
    pane.refresh()
    now = facts(pane)
    assert (now["State"], now["Up"], now["Downtime"]) == ("● open", "1 min 30 s, 1 min 39 s in all", "1.0 s")
    assert now["Availability"] == "99 %"


def test_the_history_leads_to_its_events(qtbot: QtBot) -> None:
    talk = Session()
    lost = fallen(talk)
    pane = talk.pane(qtbot)
    table = part(pane, StatTable, "reconnectTable")
    assert column(table, "What") == ["attempt 1", "reconnecting", "ended: connection reset", "open"]
    assert column(table, "Delay ms") == ["1,000", NOTHING, NOTHING, NOTHING]
    assert column(table, "Asked ms") == ["3,000", NOTHING, NOTHING, NOTHING]
    assert column(table, "Lasted s") == [NOTHING, NOTHING, "9.0", NOTHING]
    table.selectRow(0)
    with qtbot.waitSignal(pane.jump) as jumped:
        QTest.keyClick(table, Qt.Key.Key_Enter)
    assert jumped.args == [lost.n]


def test_drops_attempts_and_lost_calls_have_their_tables(qtbot: QtBot) -> None:
    talk = Session()
    fallen(talk)
    pane = talk.pane(qtbot)
    tabs = part(pane, QTabWidget, "reconnectTabs")
    titles = [tabs.tabText(place) for place in range(tabs.count())]
    assert titles == ["History", "Drops 1", "Resumes", "Attempts 1", "Calls lost 1"]
    drops = tab(pane, "Drops")
    assert (column(drops, "Cause"), column(drops, "How")) == (["connection reset"], ["RST"])
    assert (column(drops, "Gone s"), column(drops, "Back")) == (["1.00"], ["not yet"])
    assert column(drops, "Put down to") == ["server or network"]
    talk.clock.advance(1)
    pane.refresh()
    assert column(drops, "Gone s") == ["2.00"]
    assert column(tab(pane, "Attempts"), "Outcome") == ["waiting"]
    lost = tab(pane, "Calls lost")
    lost.selectRow(0)
    assert column(lost, "Call") == ["tools/call"]
    with qtbot.waitSignal(pane.jump) as jumped:
        QTest.keyClick(lost, Qt.Key.Key_Return)
    assert jumped.args == [talk.availability.report().calls_lost[0].n]


def test_a_resume_says_what_it_brought(qtbot: QtBot) -> None:
    talk = Session()
    talk.state(OPEN)
    first = talk.listen()
    talk.events(first, 1, 2, 3)
    talk.end(first, EndCause.RESET)
    talk.events(talk.listen("3"), 5, 5)
    pane = talk.pane(qtbot)
    table = tab(pane, "Resumes")
    assert [column(table, title) for title in ("Last-Event-ID", "Outcome", "Replayed", "Lost", "Twice")] == [
        ["3"],
        ["resumed"],
        ["2"],
        ["1"],
        ["1"],
    ]
    assert column(table, "In words") == ["The stream goes on: 2 replayed, 1 lost, 1 had come before."]


def painted_colors(bars: CauseBars) -> set[str]:
    picture = bars.grab().toImage()
    return {picture.pixelColor(x, y).name() for x in range(picture.width()) for y in range(picture.height())}


def test_causes_are_bars_with_names_and_counts(qtbot: QtBot) -> None:
    talk = Session()
    talk.state(OPEN)
    causes = [EndCause.RESET] * 3 + [EndCause.CUT_MID_BODY, EndCause.CUT_MID_EVENT, EndCause.DROPPED_BY_US]
    for cause in causes:
        talk.clock.advance(5)
        talk.end(talk.listen(), cause, error="incomplete chunked read")
        talk.state(RECONNECTING)
        talk.clock.advance(1)
        talk.state(OPEN)
    pane = talk.pane(qtbot)
    bars = part(pane, CauseBars, "dropCauses")
    assert bars.lines() == [("connection reset", 3), ("cut in the middle of the body", 1), ("2 more causes", 2)]
    assert "3 × connection reset (3 × RST)" in bars.accessibleDescription()
    assert facts(pane)["Drops"] == "5, 1 not counted"
    pane.resize(1_200, 700)
    assert bars.lines()[-1] == ("dropped by us (laboratory)", 1)
    line_px = bars.fontMetrics().height()
    qtbot.waitUntil(lambda: bars.height() > 5 * line_px)
    pane.resize(740, 290)
    qtbot.waitUntil(lambda: bars.height() < 2 * line_px)
    assert painted_colors(bars).isdisjoint({theme.color("bad").name()})
    pane.resize(1_200, 700)
    qtbot.waitUntil(lambda: bars.height() > 5 * line_px)
    assert {theme.color("bad").name(), theme.color("muted").name()} <= painted_colors(bars)


def test_the_figures_of_a_part_of_the_session(qtbot: QtBot) -> None:
    talk = Session()
    fallen(talk)
    talk.state(OPEN)
    talk.clock.advance(120)
    pane = talk.pane(qtbot)
    box = part(pane, QComboBox, "availabilityWindow")
    assert [box.itemText(place) for place in range(box.count())] == ["Session", "Last 10 minutes", "Last minute"]
    box.setCurrentText("Last minute")
    box.activated.emit(box.currentIndex())
    assert (facts(pane)["Drops"], facts(pane)["Availability"]) == ("0", "100 %")
    assert part(pane, CauseBars, "dropCauses").accessibleDescription() == EMPTY


def test_a_storm_raises_the_alarm_until_it_is_over(qtbot: QtBot) -> None:
    talk = Session()
    talk.state(OPEN)
    talk.listen()
    pane = talk.pane(qtbot)
    alarm = part(pane, QLabel, "stormAlarm")
    assert not alarm.isVisible()
    for _ in range(12):
        talk.listen()
        talk.wait(100)
    talk.fold()
    pane.refresh()
    assert alarm.isVisible()
    assert alarm.text().startswith("▲ Reconnect storm: 13 streams opened since ")
    assert alarm.property("bad")
    talk.clock.advance(60)
    pane.refresh()
    assert alarm.text().startswith("△ A reconnect storm is over: 13 streams opened within 1.1")
    assert not alarm.property("bad")


def test_the_availability_can_be_copied(qtbot: QtBot) -> None:
    talk = Session()
    fallen(talk)
    pane = talk.pane(qtbot)
    pane.activateWindow()
    qtbot.waitUntil(pane.isActiveWindow)
    QTest.keyClick(part(pane, StatTable, "reconnectTable"), Qt.Key.Key_C)
    assert QGuiApplication.clipboard().text().startswith("Availability        90 %\n")
    action = pane.findChild(QAction, "copyAvailabilityJson")
    assert action is not None
    action.trigger()
    assert json.loads(QGuiApplication.clipboard().text())["uptime_share"] == 0.9


@pytest.mark.parametrize("width", [380, 640, 900, 1_280])
def test_nothing_is_cut_at_any_width(qtbot: QtBot, width: int) -> None:
    talk = Session()
    fallen(talk)
    pane = talk.pane(qtbot)
    pane.resize(width, 300)
    labels = [label for label in pane.findChildren(QLabel) if label.objectName().startswith("fact")]

    def is_whole() -> bool:
        is_wide = all(label.width() >= label.sizeHint().width() for label in labels)
        return is_wide and max(label.geometry().right() for label in labels) <= pane.width()

    qtbot.waitUntil(is_whole)


def test_a_time_that_no_calendar_has_does_not_stop_the_pane(qtbot: QtBot) -> None:
    talk = Session()
    pane = talk.pane(qtbot)
    talk.reconnects.fold([StateChanged(n=0, at=1e300, monotonic_ns=0, connection=1, state=OPEN)])
    pane.refresh()
    assert column(part(pane, StatTable, "reconnectTable"), "Time") == ["1e+300"]


@pytest.mark.parametrize("title", ["History", "Drops", "Resumes", "Attempts", "Calls lost"])
def test_an_empty_table_says_what_will_be_there(qtbot: QtBot, title: str) -> None:
    pane = Session().pane(qtbot)
    table = tab(pane, title)
    assert table.isVisible() and table.accessibleDescription().endswith(".")
