"""The log pane, fed from hand-made notifications."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QPlainTextEdit, QPushButton
from pytestqt.qtbot import QtBot

from inspector.record.log_lines import LEVELS, LogLines
from inspector.trace.events import Framing, Message, MessageType, SessionReady
from inspector.ui import theme
from inspector.ui.models.log_model import TITLES
from inspector.ui.views.log_pane import LogPane, LogTable
from inspector.wire import jsontext
from tests.support.panes import column, part, put_up_table
from tests.support.rivers import Talk


class Server:
    """Logs into a pane that is on the screen."""

    def __init__(self, qtbot: QtBot, log: LogLines | None = None) -> None:
        self.talk = Talk()
        self.log = log or LogLines()
        self.pane = put_up_table(qtbot, LogPane(self.log))
        self.table = part(self.pane, LogTable, "logTable")

    def logs(self, *lines: Any) -> list[Message]:
        before = len(self.talk)
        for params in lines:
            raw = jsontext.dumps({"jsonrpc": "2.0", "method": "notifications/message", "params": params})
            self.talk.message(
                1, MessageType.NOTIFICATION, method="notifications/message", framing=Framing.BODY, raw=raw
            )
        events = self.talk.since(before)
        self.log.fold(events)
        self.pane.refresh()
        return [event for event in events if isinstance(event, Message)]

    def shown(self) -> list[str]:
        return column(self.table, "Message")


def line(level: str, data: Any = "said", logger: str | None = None) -> dict[str, Any]:
    return {"level": level, "data": data, **({"logger": logger} if logger else {})}


def test_every_level_has_a_sign_and_its_name(qtbot: QtBot) -> None:
    server = Server(qtbot)
    server.logs(*(line(level) for level in LEVELS), line("fatal"))
    shown = column(server.table, "Level")
    assert [text.split()[1] for text in shown] == [*LEVELS, "fatal"]
    assert shown[0] == "· debug"
    assert shown[-1] == "? fatal"
    color = server.table.model().index(4, 1).data(Qt.ItemDataRole.ForegroundRole)
    assert color == theme.color("bad")


def test_odd_lines_are_shown_as_they_are(qtbot: QtBot) -> None:
    server = Server(qtbot)
    server.logs(["odd"], {"level": "info"}, line("info", {"a": 1}, "db\u202e"))
    assert server.shown() == ['["odd"]', "There is no data.", '{"a":1}']
    assert column(server.table, "Logger") == ["", "", "db\\u202e"]
    server.table.selectRow(0)
    assert part(server.pane, QPlainTextEdit, "logDetail").toPlainText().startswith("⚠ params must be an object")


def test_the_filter_hides_lesser_levels_and_other_texts(qtbot: QtBot) -> None:
    server = Server(qtbot)
    server.logs(line("debug", "one"), line("warning", "two"), line("fatal", "three"), line("error", "TWO and a half"))
    shown = part(server.pane, QComboBox, "logLevelShown")
    shown.setCurrentIndex(shown.findData("warning"))
    assert server.shown() == ["two", "three", "TWO and a half"]
    QTest.keyClicks(part(server.pane, QLineEdit, "logSearch"), "two")
    assert server.shown() == ["two", "TWO and a half"]
    server.logs(line("error", "two again"), line("error", "three"))
    assert server.shown() == ["two", "TWO and a half", "two again"]
    assert part(server.pane, QLabel, "logSummary").text() == "3 of 6 lines"
    shown.setCurrentIndex(0)
    part(server.pane, QLineEdit, "logSearch").clear()
    assert len(server.shown()) == 6


@pytest.mark.parametrize("level", ["", *LEVELS])
def test_the_user_asks_the_server_for_a_level(qtbot: QtBot, level: str) -> None:
    server = Server(qtbot)
    box = part(server.pane, QComboBox, "serverLogLevel")
    place = box.findData(level)
    with qtbot.waitSignal(server.pane.level_wanted) as wanted:
        box.setCurrentIndex(place)
        box.activated.emit(place)
    assert wanted.args == [level]


def test_the_level_in_force_is_shown_without_asking_for_it(qtbot: QtBot) -> None:
    server = Server(qtbot)
    box = part(server.pane, QComboBox, "serverLogLevel")
    with qtbot.assertNotEmitted(server.pane.level_wanted):
        server.pane.show_level("error")
        assert box.currentData() == "error"
        server.pane.show_level("nonsense")
        assert box.currentText() == "not set"
    server.pane.allow_level("The server does not declare logging.")
    assert not box.isEnabled()
    assert box.toolTip() == "The server does not declare logging."
    server.pane.allow_level()
    assert box.isEnabled()


def test_a_line_leads_to_its_event(qtbot: QtBot) -> None:
    server = Server(qtbot)
    server.talk.comment(1)
    event = server.logs(line("info"))[0]
    server.table.selectRow(0)
    with qtbot.waitSignal(server.pane.jump) as jumped:
        QTest.keyClick(server.table, Qt.Key.Key_Return)
    assert jumped.args == [event.n]


def test_lines_are_copied(qtbot: QtBot) -> None:
    server = Server(qtbot)
    copy = part(server.pane, QPushButton, "copyLog")
    assert not copy.isEnabled()
    server.logs(line("info", "one", "db"), line("error", "two\nlines"))
    copy.click()
    first, second, third = QGuiApplication.clipboard().text().splitlines()
    assert first.endswith(" info db: one")
    assert second.endswith(" error two")
    assert third == "lines"
    assert copy.text() == "Copied"
    server.table.selectRow(0)
    QTest.keyClick(server.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == first


def test_the_table_stays_at_the_newest_line_until_the_user_looks_elsewhere(qtbot: QtBot) -> None:
    server = Server(qtbot)
    server.logs(*(line("info", str(number)) for number in range(200)))
    bar = server.table.verticalScrollBar()
    assert bar.value() == bar.maximum() > 0
    bar.setValue(10)
    server.logs(line("info", "new"))
    assert bar.value() == 10
    button = part(server.pane, QPushButton, "logFollow")
    assert button.text() == "↓ 1 new row: follow"
    button.click()
    assert bar.value() == bar.maximum()


def test_old_lines_go_where_the_log_lets_them_go(qtbot: QtBot) -> None:
    server = Server(qtbot, LogLines(max_lines=3))
    server.logs(*(line("info", str(number)) for number in range(2)))
    server.logs(*(line("info", str(number)) for number in range(2, 5)))
    assert server.shown() == ["2", "3", "4"]
    server.logs(*(line("info", str(number)) for number in range(5, 20)))
    assert server.shown() == ["17", "18", "19"]
    assert part(server.pane, QLabel, "logSummary").text() == "3 of 3 lines, 17 older ones gone"


def test_logging_is_marked_as_deprecated_in_the_stateless_era(qtbot: QtBot) -> None:
    server = Server(qtbot)
    badge = part(server.pane, QLabel, "deprecatedBadge")
    assert not badge.isVisible()
    server.talk.tell(SessionReady, transport="t", protocol_version="2026-07-28", server_name="s", server_version="1")
    server.talk.into(server.log)
    server.pane.refresh()
    assert badge.isVisible()
    assert "2026-07-28" in badge.toolTip()


def test_the_columns_have_titles(qtbot: QtBot) -> None:
    server = Server(qtbot)
    model = server.table.model()
    assert tuple(model.headerData(place, Qt.Orientation.Horizontal) for place in range(4)) == TITLES
