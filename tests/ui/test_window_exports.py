"""Exports, replay and sending again in the assembled window and in that of a recording."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QTabWidget,
    QToolButton,
)
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from inspector.record.recorder import Recorder
from inspector.record.recording import open_recording
from inspector.record.store import Store
from inspector.trace.events import HeadersReceived, Message, MessageType, RequestSent
from inspector.ui.dialogs.export_dialog import ExportDialog
from inspector.ui.dialogs.replay_dialog import ReplayDialog
from inspector.ui.forms.json_edit import JsonEdit
from inspector.ui.recording_window import RecordingWindow
from inspector.ui.settings import ConnectionSettings, Header
from tests.support.desk import Desk, on_desk
from tests.support.qt_loop import until
from tests.support.rivers import Talk

LIMIT_MS = 20_000
TOKEN = "Bearer abcdef0123456789"


def action(desk: Desk, name: str) -> QAction:
    return desk.child(QAction, name)


def calls(desk: Desk) -> list[Message]:
    return [event for event in desk.messages(MessageType.REQUEST) if event.method == "tools/call"]


def requests(desk: Desk, purpose: str) -> list[RequestSent]:
    return [event for event in desk.river.since(0) if isinstance(event, RequestSent) and event.purpose == purpose]


async def call_echo(desk: Desk, text: str) -> Message:
    """Connect with a header that is secret, call the tool, and go to the row of the call."""
    desk.window.show_settings(ConnectionSettings(headers=(Header("Authorization", TOKEN),)))
    await desk.connect()
    await desk.choose_tool("echo")
    await desk.call_with("text", text)
    await desk.outcome()
    asked = calls(desk)[-1]
    await go_to(desk, asked)
    return asked


async def go_to(desk: Desk, event: Message | RequestSent) -> None:
    """Select the row of an event, once it is there."""
    await until(lambda: desk.window.timeline.select_event(event.n), "the row")
    await until(lambda: desk.window.timeline.view.current_row() is not None, "the selection")


@on_desk
async def test_a_call_is_sent_again_as_a_call(desk: Desk) -> None:
    asked = await call_echo(desk, "once")
    desk.show_tab("Findings")
    assert action(desk, "timelineSendAgain").isEnabled()
    action(desk, "timelineSendAgain").trigger()
    await until(lambda: len(calls(desk)) == 2, "the second call")
    await until(lambda: not desk.controller.caller.is_calling, "its answer")
    again = calls(desk)[-1]
    assert json.loads(again.raw)["params"]["arguments"] == json.loads(asked.raw)["params"]["arguments"]
    assert again.id != asked.id
    assert desk.child(QTabWidget, "workTabs").currentWidget() is desk.window.tabs.subject
    assert [call["ok"] for call in desk.controller.caller.calls] == [True, True]


@on_desk
async def test_a_call_is_edited_in_its_form(desk: Desk) -> None:
    await call_echo(desk, "first words")
    desk.child(QLineEdit, "arg:/text").setText("other words")
    desk.show_tab("Log")
    action(desk, "timelineEditAndSend").trigger()
    assert desk.child(QTabWidget, "workTabs").currentWidget() is desk.window.tabs.subject
    assert desk.text("toolName") == "echo"
    assert desk.child(QLineEdit, "arg:/text").text() == "first words"
    assert len(calls(desk)) == 1


@on_desk
async def test_any_request_is_sent_again_with_the_secrets_of_now(desk: Desk) -> None:
    await call_echo(desk, "x")
    listed = requests(desk, "tools/list")[0]
    assert "••••" in dict(listed.headers)["Authorization"]
    await go_to(desk, listed)
    action(desk, "timelineSendAgain").trigger()
    await until(lambda: len(requests(desk, "raw POST")) == 1, "the request")
    await until(lambda: not desk.raw_sender.is_sending, "its reply")
    sent = requests(desk, "raw POST")[0]
    assert sent.body == listed.body
    assert dict(sent.headers)["Authorization"] == dict(listed.headers)["Authorization"]
    heads = [e for e in desk.river.since(sent.n) if isinstance(e, HeadersReceived) and e.stream == sent.stream]
    assert [head.status for head in heads] == [200]
    assert desk.child(QTabWidget, "workTabs").currentWidget() is desk.window.tabs.raw


@on_desk
async def test_without_the_secret_it_waits_in_the_composer(desk: Desk) -> None:
    await call_echo(desk, "x")
    listed = requests(desk, "tools/list")[0]
    await go_to(desk, listed)
    desk.controller.disconnect_now()
    await until(lambda: not desk.controller.is_active, "the end")
    assert desk.window.tabs.target is not None
    desk.window.tabs.set_target(type(desk.window.tabs.target)("http://other.example/mcp"))
    action(desk, "timelineSendAgain").trigger()
    assert "to be typed anew: Authorization" in desk.window.statusBar().currentMessage()
    assert desk.child(QLineEdit, "rawUrl").text() == listed.url
    assert json.loads(desk.child(JsonEdit, "rawBody").text()) == json.loads(listed.body)
    assert not desk.raw_sender.is_sending and requests(desk, "raw POST") == []


@on_desk
async def test_the_session_is_exported_by_its_key(desk: Desk) -> None:
    desk.window.activateWindow()
    await until(desk.window.isActiveWindow, "the window to be in front")
    QTest.keyClick(desk.window, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    assert "nothing to export yet" in desk.window.statusBar().currentMessage()
    asked = await call_echo(desk, "x")
    desk.window.activateWindow()
    QTest.keyClick(desk.window, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    dialog = desk.child(ExportDialog, "exportDialog")
    assert desk.child(QLineEdit, "exportStream").text() == str(asked.stream)
    said: list[str] = []
    dialog.exported.connect(said.append)
    with TemporaryDirectory() as folder:
        dialog.write(Path(folder) / "out.har")
        await until(lambda: said, "the export")
        written = (Path(folder) / "out.har").read_bytes()
    log = json.loads(written)["log"]
    assert len(log["entries"]) == len({event.stream for event in desk.river.since(0)} - {None})
    assert TOKEN.encode() not in written
    assert said[0] in desk.window.statusBar().currentMessage()


@on_desk
async def test_the_session_is_replayed_while_it_goes_on(desk: Desk) -> None:
    await call_echo(desk, "said before")
    action(desk, "replaySession").trigger()
    dialog = desk.child(ReplayDialog, "replayDialog")
    await until(lambda: desk.child(QLineEdit, "replayUrl").text(), "the address")
    url = desk.child(QLineEdit, "replayUrl").text()
    assert url in desk.window.statusBar().currentMessage()
    desk.child(QPushButton, "replayCopy").click()
    assert QGuiApplication.clipboard().text() == url
    desk.window.controller.disconnect_now()
    await until(lambda: not desk.controller.is_active, "the end")
    desk.url = url
    desk.enter_url(url)
    await until(desk.tool_names, "the recorded tools")
    assert "echo" in desk.tool_names()
    await until(lambda: dialog.replaying.lines, "what was asked")
    desk.child(QPushButton, "replayToggle").click()
    await until(lambda: desk.text("replayState") == "■ Stopped", "the end of the replay")
    assert desk.child(QLineEdit, "replayUrl").text() == ""
    async with httpx.AsyncClient() as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(url)
    dialog.reject()


@pytest.fixture
def window(tmp_path: Path, qtbot: QtBot, application: QApplication) -> Iterator[RecordingWindow]:
    talk = Talk()
    talk.calls(3)
    Recorder(talk, Store(tmp_path / "a.mcptrace")).close()
    made = RecordingWindow(open_recording(tmp_path / "a.mcptrace"))
    made.show()
    qtbot.waitUntil(lambda: made.view.is_loaded, timeout=LIMIT_MS)
    yield made
    if isValid(made):
        made.close()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def test_the_menu_of_a_recording(window: RecordingWindow, tmp_path: Path, qtbot: QtBot) -> None:
    button = window.findChild(QToolButton, "recordingMenuButton")
    assert button is not None and button.accessibleName()
    menu = button.menu()
    assert isinstance(menu, QMenu)
    texts = [entry.text().replace("&", "") for entry in menu.actions() if entry.text()]
    assert {"Export…", "Save a copy…", "Replay this recording"} <= set(texts)
    assert window.findChild(QAction, "timelineSendAgain") is None
    export = window.findChild(QAction, "exportSession")
    assert export is not None
    export.trigger()
    dialog = window.findChild(ExportDialog)
    assert dialog is not None
    with qtbot.waitSignal(dialog.exported, timeout=LIMIT_MS):
        dialog.write(tmp_path / "out.har")
    assert len(json.loads((tmp_path / "out.har").read_bytes())["log"]["entries"]) == 3
    assert window.statusBar().currentMessage() == "Exported 3 HTTP exchanges as out.har."


def test_nothing_takes_the_place_of_the_recording(window: RecordingWindow, tmp_path: Path) -> None:
    path = tmp_path / "a.mcptrace"
    before = path.read_bytes()
    window.view.sharing.save_copy(path)
    assert "is the recording itself" in window.statusBar().currentMessage()
    window.view.sharing.ask_to_export()
    dialog = window.findChild(ExportDialog)
    assert dialog is not None
    dialog.write(path)
    problem = dialog.findChild(QLabel, "exportProblem")
    assert problem is not None and "is the recording itself" in problem.text()
    dialog.reject()
    assert path.read_bytes() == before


def test_a_copy_of_a_recording(window: RecordingWindow, tmp_path: Path, qtbot: QtBot) -> None:
    save = window.findChild(QAction, "saveCopy")
    assert save is not None
    save.trigger()
    chooser = window.findChild(QFileDialog, "recordingFileDialog")
    assert chooser is not None
    with qtbot.waitSignal(window.view.said, timeout=LIMIT_MS) as saying:
        chooser.fileSelected.emit(str(tmp_path / "copy.mcptrace"))
    chooser.reject()
    assert saying.args == ["Saved as copy.mcptrace."]
    copy = open_recording(tmp_path / "copy.mcptrace")
    assert len(copy) == len(window.view.river)
    copy.close()
    window.view.sharing.save_copy(tmp_path / "no" / "copy")
    qtbot.waitUntil(lambda: "cannot be written" in window.statusBar().currentMessage(), timeout=LIMIT_MS)


def test_a_replay_ends_with_its_window(window: RecordingWindow, qtbot: QtBot) -> None:
    replay = window.findChild(QAction, "replaySession")
    assert replay is not None
    replay.trigger()
    dialog = window.findChild(ReplayDialog)
    assert dialog is not None
    qtbot.waitUntil(lambda: bool(dialog.replaying.url), timeout=LIMIT_MS)
    state = dialog.findChild(QLabel, "replayState")
    assert state is not None and state.text() == "● Serving"
    url = dialog.replaying.url
    window.close()
    with pytest.raises(httpx.ConnectError):
        httpx.get(url, timeout=5)


def test_what_cannot_be_replayed_is_said(window: RecordingWindow, tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "a.mcptrace").unlink()
    window.view.sharing.ask_to_replay()
    dialog = window.findChild(ReplayDialog)
    assert dialog is not None
    state = dialog.findChild(QLabel, "replayState")
    assert state is not None
    qtbot.waitUntil(lambda: state.text().startswith("✕ The replay did not start: There is no file"), timeout=LIMIT_MS)
    dialog.reject()


def test_two_recordings_side_by_side_share_their_keys(window: RecordingWindow, tmp_path: Path, qtbot: QtBot) -> None:
    window.view.share_keys()
    export = window.findChild(QAction, "exportSession")
    assert export is not None
    assert export.shortcutContext() is Qt.ShortcutContext.WidgetWithChildrenShortcut
