"""One stream alone, as a user follows it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QLabel, QLineEdit, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from inspector.record.timeline import Timeline
from inspector.trace.events import FrameReceived, MessageType
from inspector.ui import theme
from inspector.ui.views import follow_stream
from inspector.ui.views.follow_stream import FollowStreamDialog
from tests.support.panes import part, put_up
from tests.support.rivers import Talk

CALL = b'{"jsonrpc":"2.0","id":7,"method":"tools/call"}'


def tell(river: Talk) -> None:
    """Three streams: an initialize, a call with progress, a GET."""
    river.send(1, purpose="initialize")
    river.headers(1)
    river.end(1, frames=0, bytes_received=12, age_ms=3.0)
    river.send(2, body=CALL)
    asked = river.ask(2, raw=CALL)
    river.wait(20)
    river.headers(2)
    river.message(2, MessageType.NOTIFICATION, method="notifications/progress", raw=b'data: {"progress":1}\n\n')
    river.comment(2, "beat")
    river.answer(2, asked, raw=b'data: {"result":{"a":[1]}}\n\n')
    river.end(2, sentence="The server closed it.", frames=2, bytes_received=900, age_ms=20.0)
    river.send(3, "GET", "stream")


class Desk:
    """The dialog with what it reads."""

    def __init__(self, qtbot: QtBot, river: Talk, stream: int) -> None:
        self.river = river
        self.timeline = river.into(Timeline())
        self.dialog = put_up(qtbot, FollowStreamDialog(river, self.timeline, stream), 820, 620)

    def text(self) -> str:
        """All that there is to read: there may be more than the dialog writes at once."""
        document, before = self.dialog.edit.document(), -1
        while document.characterCount() != before:
            before = document.characterCount()
            self.dialog.pull()
        return self.dialog.edit.toPlainText()

    def catch_up(self) -> None:
        self.timeline.fold(self.river.since(self.timeline.numbers[-1] + 1))
        for _ in range(follow_stream.REFRESH_TICKS):
            self.dialog.pull()

    def choose(self, title: str) -> None:
        box = part(self.dialog, QComboBox, "followShowAs")
        box.setCurrentText(title)
        box.activated.emit(box.currentIndex())

    def label(self, name: str) -> str:
        return part(self.dialog, QLabel, name).text()


@pytest.fixture
def desk(application: QApplication, qtbot: QtBot, river: Talk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    assert application is not None
    monkeypatch.setattr(follow_stream, "BUDGET_NS", 10**12)
    tell(river)
    yield Desk(qtbot, river, 2)


def color_at(desk: Desk, text: str) -> str:
    desk.text()
    cursor = desk.dialog.edit.document().find(text)
    assert not cursor.isNull(), text
    return cursor.charFormat().foreground().color().name()


def test_the_conversation_is_told_in_order_with_its_facts(desk: Desk) -> None:
    lines = desk.text().splitlines()
    assert [line.split(" · ")[0] for line in lines if line[:2] in ("→ ", "← ", "· ")] == [
        "→ request",
        "← response",
        "← event notifications/progress",
        "← comment",
        "← event",
        "· end",
    ]
    assert CALL.decode() in lines
    assert any(line.startswith("The server closed it.") for line in lines)
    assert desk.label("followTitle") == "POST 2 · tools/call"
    assert desk.label("followFacts") == "200 OK · 900 B, 2 events · open 20.0 ms · ended: complete"
    assert desk.dialog.windowTitle() == "Follow POST 2"


@pytest.mark.parametrize("scheme", [theme.DARK, theme.LIGHT])
def test_directions_differ_in_colour_in_every_theme(
    application: QApplication, desk: Desk, scheme: theme.Colors
) -> None:
    theme.apply(application, scheme)
    QApplication.processEvents()
    assert color_at(desk, "tools/call") == scheme.outbound
    assert color_at(desk, '"progress"') == scheme.inbound
    assert color_at(desk, "beat") == scheme.heartbeat
    assert color_at(desk, "response ·") == scheme.muted


def test_show_as(desk: Desk) -> None:
    desk.choose("JSON")
    assert '"a": [\n' in desk.text()
    desk.choose("As it came")
    assert 'data: {"progress":1}' in desk.text()
    desk.choose("Hex")
    assert "64 61 74 61 3a 20" in desk.text()


def test_the_streams_before_and_after(desk: Desk, qtbot: QtBot) -> None:
    with qtbot.waitSignal(desk.dialog.stream_changed) as changed:
        part(desk.dialog, QToolButton, "followNext").click()
    assert changed.args == [3]
    assert desk.label("followTitle") == "GET 3 · stream"
    assert not part(desk.dialog, QToolButton, "followNext").isEnabled()
    for _ in range(2):
        QTest.keyClick(desk.dialog, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert desk.dialog.stream == 1
    assert not part(desk.dialog, QToolButton, "followPrevious").isEnabled()


def test_a_running_stream_grows_and_the_reader_stays_where_he_is(desk: Desk) -> None:
    desk.dialog.show_stream(3)
    assert "no headers yet" in desk.label("followFacts")
    desk.river.wait(1_500)
    desk.river.headers(3)
    for number in range(200):
        desk.river.hear(FrameReceived, 3, raw=b"data: event %d\n\n" % number)
    desk.catch_up()
    assert "event 199" in desk.text()
    assert "200 OK" in desk.label("followFacts")
    assert "open for 1.5" in desk.label("followFacts")
    bar = desk.dialog.edit.verticalScrollBar()
    assert bar.value() == 0 < bar.maximum()
    bar.setValue(bar.maximum())
    desk.river.hear(FrameReceived, 3, raw=b"data: last\n\n")
    desk.catch_up()
    assert bar.value() == bar.maximum()
    desk.river.end(3, age_ms=2_000.0)
    desk.catch_up()
    assert "ended: complete" in desk.label("followFacts")


def test_find_goes_around(desk: Desk) -> None:
    search = part(desk.dialog, QLineEdit, "followSearch")
    QTest.keyClicks(search, "progress")
    places = []
    for _ in range(3):
        QTest.keyClick(search, Qt.Key.Key_Return)
        places.append(desk.dialog.edit.textCursor().selectionStart())
    assert places[0] < places[1]
    assert places[2] == places[0]
    QTest.keyClick(desk.dialog, Qt.Key.Key_F3, Qt.KeyboardModifier.ShiftModifier)
    assert desk.dialog.edit.textCursor().selectionStart() == places[1]
    search.setText("nowhere")
    QTest.keyClick(search, Qt.Key.Key_Return)
    assert desk.label("followNotFound") == "not found"
    assert desk.dialog.isVisible()


def test_copy_takes_the_selection_or_all(desk: Desk) -> None:
    copy = part(desk.dialog, QToolButton, "followCopy")
    copy.click()
    assert QGuiApplication.clipboard().text() == desk.text()
    cursor = desk.dialog.edit.document().find("HTTP/1.1 200 OK")
    cursor.movePosition(QTextCursor.MoveOperation.Down, QTextCursor.MoveMode.KeepAnchor)
    desk.dialog.edit.setTextCursor(cursor)
    copy.click()
    assert QGuiApplication.clipboard().text().startswith("HTTP/1.1 200 OK\nContent")


def test_a_whole_session(desk: Desk) -> None:
    part(desk.dialog, QCheckBox, "followSession").setChecked(True)
    assert "→ stream 1 · request" in desk.text()
    assert "→ stream 3 · request" in desk.text()


def test_a_long_conversation_is_cut_until_all_is_wanted(
    application: QApplication, qtbot: QtBot, river: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow_stream, "SHOWN_CHARS", 20_000)
    river.send(1)
    for number in range(2_000):
        river.hear(FrameReceived, 1, raw=b"data: event %d\n\n" % number)
    desk = Desk(qtbot, river, 1)
    for _ in range(50):
        desk.dialog.pull()
    assert 20_000 <= len(desk.text()) < 25_000
    more = part(desk.dialog, QPushButton, "followShowAll")
    assert more.isVisible()
    more.click()
    qtbot.waitUntil(lambda: "event 1999" in desk.text())
    assert not more.isVisible()


def test_hostile_bytes_and_a_huge_event(application: QApplication, qtbot: QtBot, river: Talk) -> None:
    river.send(1, purpose="\u202e<b>x")
    river.hear(FrameReceived, 1, raw=b"data: \x00\xff\xe2\x80\xae\n\n")
    river.hear(FrameReceived, 1, raw=b"data: " + b"x" * 5_000_000 + b"\n\n", event="<img src=x>")
    desk = Desk(qtbot, river, 1)
    desk.dialog.pull()
    text = desk.text()
    assert not set(text) & {"\x00", "\u202e", "\ufffc"}
    assert "<img src=x>" in text
    assert len(text) < 400_000
    assert "\u202e" not in desk.label("followTitle")
    more = part(desk.dialog, QPushButton, "followShowAll")
    assert more.isVisible()
    for mode in ("Hex", "JSON", "As it came"):
        desk.choose(mode)
    more.click()
    qtbot.waitUntil(lambda: len(desk.text()) > 5_000_000, timeout=20_000)


def test_a_stream_that_is_not_there(application: QApplication, qtbot: QtBot, river: Talk) -> None:
    desk = Desk(qtbot, river, 9)
    assert desk.text() == ""
    assert not part(desk.dialog, QToolButton, "followNext").isEnabled()


def test_it_rests_while_it_is_hidden(desk: Desk) -> None:
    assert desk.dialog._timer.isActive()
    desk.dialog.hide()
    assert not desk.dialog._timer.isActive()
