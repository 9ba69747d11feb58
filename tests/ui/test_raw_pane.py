"""The composer of raw requests, driven as a user does."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QComboBox,
    QLabel,
    QLineEdit,
    QListWidget,
    QPlainTextEdit,
    QPushButton,
    QTabWidget,
    QWidget,
)
from pytestqt.qtbot import QtBot

from inspector.session.raw_exchange import RawReply
from inspector.ui.raw_drafts import RawDraft
from inspector.ui.raw_templates import Preset, RawTarget
from inspector.ui.settings import Header
from inspector.ui.views.raw_pane import RawPane
from inspector.wire.http import HeaderList
from tests.support.panes import part, put_up
from tests.support.rivers import Talk

BODY, HEADERS, HISTORY = range(3)
READABLE, TEXT, BYTES, REPLY_HEADERS = range(4)
TARGET = RawTarget("http://h/mcp", (Header("Authorization", "Bearer secret-token"),), "s-1")


HEAD: HeaderList = (("Content-Type", "application/json"), ("Set-Cookie", "sid=verysecretvalue; Path=/"))
REPLY = RawReply(200, "OK", HEAD, b'{"id":1,"result":{}}', "", 7, 12.34, False)


@pytest.fixture
def pane(qtbot: QtBot, river: Talk) -> RawPane:
    made = put_up(qtbot, RawPane(river), 1_000, 400)
    made.set_target(TARGET)
    return made


def body(pane: RawPane) -> QPlainTextEdit:
    return part(pane, QPlainTextEdit, "rawBody")


def sent_from(qtbot: QtBot, pane: RawPane) -> RawDraft:
    with qtbot.waitSignal(pane.send_requested) as sent:
        part(pane, QPushButton, "rawSend").click()
    draft = sent.args[0]
    assert isinstance(draft, RawDraft)
    return draft


def choose(pane: RawPane, title: str) -> None:
    box = part(pane, QComboBox, "rawTemplate")
    place = box.findText(title)
    assert place >= 0, title
    box.setCurrentIndex(place)
    box.activated.emit(place)


def status(pane: RawPane) -> str:
    return part(pane, QLabel, "rawReplyStatus").text()


def child_label(pane: QWidget, name: str) -> QLabel:
    found = pane.findChild(QLabel, name)
    assert isinstance(found, QLabel), name
    return found


def show_tab(pane: RawPane, name: str, tab: int) -> None:
    part(pane, QTabWidget, name).setCurrentIndex(tab)


def test_what_stands_there_is_what_is_sent(qtbot: QtBot, pane: RawPane) -> None:
    odd = '{ "a":\u00a01,, not json'
    body(pane).setPlainText(odd)
    part(pane, QComboBox, "rawMethod").setCurrentText("PATCH")
    draft = sent_from(qtbot, pane)
    assert (draft.method, draft.url, draft.body) == ("PATCH", "http://h/mcp", odd)
    assert dict(draft.sent_headers)["Authorization"] == "Bearer secret-token"
    assert draft.sent_headers[-2] == ("Mcp-Session-Id", "s-1")


def test_ctrl_enter_sends_and_escape_stops(qtbot: QtBot, pane: RawPane) -> None:
    pane.activateWindow()
    body(pane).setFocus()
    qtbot.waitUntil(body(pane).hasFocus)
    with qtbot.waitSignal(pane.send_requested):
        QTest.keyClick(body(pane), Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert body(pane).toPlainText() == ""
    assert status(pane).startswith("Waiting for the reply 0.")
    with qtbot.assertNotEmitted(pane.send_requested):
        QTest.keyClick(body(pane), Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    with qtbot.waitSignal(pane.stop_requested):
        QTest.keyClick(body(pane), Qt.Key.Key_Escape)
    pane.show_reply(REPLY)
    assert part(pane, QPushButton, "rawSend").isEnabled()
    assert not part(pane, QPushButton, "rawStop").isEnabled()


def test_without_an_address_nothing_is_sent(qtbot: QtBot, pane: RawPane) -> None:
    part(pane, QLineEdit, "rawUrl").clear()
    with qtbot.assertNotEmitted(pane.send_requested):
        part(pane, QPushButton, "rawSend").click()
    assert status(pane) == "Type the address to send to first."


def test_a_remark_is_information_only(qtbot: QtBot, pane: RawPane) -> None:
    body(pane).setPlainText('{\n"a": 1,\n:}')
    remark = part(pane, QLabel, "rawRemark")
    qtbot.waitUntil(lambda: remark.text().startswith("No valid JSON at line 3"))
    assert sent_from(qtbot, pane).body == '{\n"a": 1,\n:}'


def test_a_template_brings_message_headers_and_what_to_expect(pane: RawPane) -> None:
    choose(pane, "✕ Without Accept")
    assert '"method": "tools/list"' in body(pane).toPlainText()
    assert "Accept" not in dict(pane.draft().sent_headers)
    assert part(pane, QLabel, "rawExpects").text() == (
        "A right server: 406: a client has to accept application/json and text/event-stream."
    )
    choose(pane, "tools/list")
    assert "Accept" in dict(pane.draft().sent_headers)


def test_the_body_before_a_template_comes_back_with_undo(pane: RawPane) -> None:
    body(pane).setPlainText("mine")
    choose(pane, "ping")
    body(pane).undo()
    assert body(pane).toPlainText() == "mine"


def test_headers_follow_the_preset(pane: RawPane) -> None:
    box = part(pane, QComboBox, "rawPreset")
    choose(pane, "tools/list")
    box.setCurrentText(Preset.STATELESS.value)
    box.activated.emit(box.currentIndex())
    assert dict(pane.draft().sent_headers)["Mcp-Method"] == "tools/list"


def test_secrets_are_masked_until_the_eye_is_pressed(pane: RawPane) -> None:
    show_tab(pane, "rawTabs", HEADERS)
    fields = [field for field in pane.headers.findChildren(QLineEdit) if field.text() == "Bearer secret-token"]
    assert [field.echoMode() for field in fields] == [QLineEdit.EchoMode.Password]


def test_headers_are_added_pasted_and_taken_away(qtbot: QtBot, pane: RawPane) -> None:
    show_tab(pane, "rawTabs", HEADERS)
    before = len(pane.headers.headers())
    part(pane, QPushButton, "addRawHeader").click()
    part(pane, QLineEdit, f"header:{before}:name").setText("X-New")
    assert pane.headers.headers()[-1] == Header("X-New", "")
    QGuiApplication.clipboard().setText("Content-Type: text/plain\nX-Two: 2")
    part(pane, QPushButton, "pasteRawHeaders").click()
    assert pane.headers.headers()[-2:] == (Header("Content-Type", "text/plain"), Header("X-Two", "2"))
    remove = pane.headers.findChild(QWidget, "header:0:remove")
    assert remove is not None
    QTest.mouseClick(remove, Qt.MouseButton.LeftButton)
    assert len(pane.headers.headers()) == before + 2
    QGuiApplication.clipboard().setText("no headers here")
    part(pane, QPushButton, "pasteRawHeaders").click()
    assert part(pane, QLabel, "rawHeadersNote").text().startswith("The clipboard holds no")


def test_the_last_request_is_taken_over(pane: RawPane, river: Talk) -> None:
    show_tab(pane, "rawTabs", HEADERS)
    copy = part(pane, QPushButton, "copyLastHeaders")
    copy.click()
    assert part(pane, QLabel, "rawHeadersNote").text() == "No request has been sent in this window yet."
    river.send(1, url="http://other/mcp", headers=(("X", "1"), ("Cookie", "a=•••• (5 characters)")), body=b'{"a":1}')
    copy.click()
    draft = pane.draft()
    assert (draft.url, draft.body, draft.sent_headers) == ("http://other/mcp", '{"a":1}', (("X", "1"),))
    assert "typed anew: Cookie." in part(pane, QLabel, "rawHeadersNote").text()


def test_a_new_connection_changes_only_what_the_user_left_alone(pane: RawPane) -> None:
    other = RawTarget("http://other/mcp", (), "s-2", preset=Preset.STATELESS)
    pane.set_target(other)
    assert pane.draft().url == "http://other/mcp"
    assert dict(pane.draft().sent_headers)["MCP-Protocol-Version"] == "2026-07-28"
    part(pane, QLineEdit, "rawUrl").setText("http://mine/")
    part(pane, QLineEdit, "header:0:value").setText("text/mine")
    pane.set_target(TARGET)
    assert pane.draft().url == "http://mine/"
    assert pane.draft().sent_headers[0] == ("Content-Type", "text/mine")


def test_the_exact_reply_is_shown(qtbot: QtBot, pane: RawPane) -> None:
    sent_from(qtbot, pane)
    pane.show_reply(REPLY)
    assert status(pane) == "200 OK · 12.3 ms · 20 B · application/json"
    assert part(pane, QPlainTextEdit, "rawReplyPretty").toPlainText() == '{\n  "id": 1,\n  "result": {}\n}'
    show_tab(pane, "rawReplyTabs", TEXT)
    assert part(pane, QPlainTextEdit, "rawReplyText").toPlainText() == '{"id":1,"result":{}}'
    show_tab(pane, "rawReplyTabs", BYTES)
    assert pane.reply.hex.selected() == REPLY.body
    show_tab(pane, "rawReplyTabs", REPLY_HEADERS)
    shown = pane.reply.headers.toPlainText()
    assert "application/json" in shown
    assert "verysecretvalue" not in shown
    part(pane, QPushButton, "rawReplyCopy").click()
    assert QGuiApplication.clipboard().text() == '{"id":1,"result":{}}'
    with qtbot.waitSignal(pane.stream_wanted) as wanted:
        part(pane, QPushButton, "rawReplyRows").click()
    assert wanted.args == [7]


def test_a_stream_is_shown_event_by_event(pane: RawPane) -> None:
    body = b"data: [1]\n\ndata: two\n\n"
    pane.show_reply(RawReply(200, "OK", (("content-type", "text/event-stream"),), body, "", 7, 12.34, True))
    assert status(pane).endswith("text/event-stream · 2 data lines")
    assert part(pane, QPlainTextEdit, "rawReplyPretty").toPlainText() == (
        "event: message\n[\n  1\n]\n\nevent: message\ntwo\n"
    )


def test_no_reply_is_said_in_a_sentence(qtbot: QtBot, pane: RawPane) -> None:
    sent_from(qtbot, pane)
    pane.show_reply(RawReply(0, "", (), b"", "Nothing listens at h:80.", 0, 12.34, False))
    assert status(pane) == "No reply · 12.3 ms"
    assert child_label(pane, "rawReplySentence").text() == "Nothing listens at h:80."
    assert not part(pane, QPushButton, "rawReplyRows").isVisible()
    assert not pane.reply.tabs.isVisible()


def test_the_rows_of_a_running_exchange_can_be_looked_at(qtbot: QtBot, pane: RawPane) -> None:
    sent_from(qtbot, pane)
    rows = part(pane, QPushButton, "rawReplyRows")
    assert not rows.isVisible()
    pane.reply_started(9)
    with qtbot.waitSignal(pane.stream_wanted) as wanted:
        rows.click()
    assert wanted.args == [9]


def test_what_was_stopped_is_over_without_a_reply(qtbot: QtBot, pane: RawPane) -> None:
    sent_from(qtbot, pane)
    pane.send_failed("Stopped by you.")
    assert status(pane) == "Stopped by you."
    assert part(pane, QPushButton, "rawSend").isEnabled()
    show_tab(pane, "rawTabs", HISTORY)
    assert part(pane, QListWidget, "rawHistoryList").item(0).text().endswith("→  Stopped by you.")


def test_sends_are_kept_to_be_edited_or_sent_again(qtbot: QtBot, pane: RawPane) -> None:
    show_tab(pane, "rawTabs", HISTORY)
    assert child_label(pane, "rawHistoryEmpty").isVisible()
    for method in ("ping", "tools/list"):
        choose(pane, method)
        sent_from(qtbot, pane)
        pane.show_reply(REPLY)
    show_tab(pane, "rawTabs", HISTORY)
    rows = part(pane, QListWidget, "rawHistoryList")
    assert [rows.item(place).text() for place in range(2)] == [
        "POST tools/list  →  200 OK · 12.3 ms · 20 B · application/json",
        "POST ping  →  200 OK · 12.3 ms · 20 B · application/json",
    ]
    rows.setCurrentRow(1)
    with qtbot.waitSignal(pane.send_requested) as again:
        part(pane, QPushButton, "repeatRawSend").click()
    assert again.args[0].title == "POST ping"
    assert "tools/list" in body(pane).toPlainText()
    pane.show_reply(REPLY)
    rows.setCurrentRow(2)
    part(pane, QPushButton, "editRawSend").click()
    assert '"ping"' in body(pane).toPlainText()
    assert part(pane, QTabWidget, "rawTabs").currentIndex() == BODY


def test_a_narrow_pane_has_the_reply_below(pane: RawPane) -> None:
    assert pane.reply.mapTo(pane, pane.reply.rect().topLeft()).x() > 300
    pane.resize(450, 900)
    assert pane.reply.mapTo(pane, pane.reply.rect().topLeft()).x() < 100
    pane.resize(1_000, 300)
    assert pane.height() == 300


def test_tab_goes_through_the_pane_as_one_reads(pane: RawPane) -> None:
    show_tab(pane, "rawTabs", HEADERS)
    part(pane, QPushButton, "addRawHeader").click()
    wanted = ["rawUrl", "rawSend", "rawPreset", "rawTemplate", "rawTabs", "addRawHeader", "header:0:name"]
    names = []
    widget = part(pane, QLineEdit, "rawUrl").nextInFocusChain()
    while widget is not None and widget.objectName() != "rawUrl":
        names.append(widget.objectName())
        widget = widget.nextInFocusChain()
    places = [names.index(name) for name in wanted[1:]]
    last = len(pane.headers.headers())
    assert places == sorted(places)
    assert names.index(f"header:{last}:name") < names.index("rawReplyTabs")


def test_a_long_reply_may_be_longer_than_what_is_shown(pane: RawPane) -> None:
    pane.show_reply(RawReply(200, "OK", (), b"x" * 1_048_576, "", 7, 1.0, False))
    assert "1.0 MB or more" in status(pane)
