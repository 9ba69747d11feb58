"""The assembled window against the demo server, driven through its widgets as a user would."""

from __future__ import annotations

import asyncio
import functools
import json
import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
import qasync
from PySide6.QtCore import QCoreApplication, QEvent, QModelIndex, QObject, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QListView,
    QPlainTextEdit,
    QPushButton,
    QTableView,
    QTabWidget,
)

from inspector.arguments import parse_window
from inspector.trace.events import ROW_KINDS, ConnectionState, Message, MessageType, StateChanged
from inspector.trace.river import River
from inspector.ui import theme
from inspector.ui.controller import Controller
from inspector.ui.dialogs.connection_dialog import ConnectionDialog
from inspector.ui.folds import Folds
from inspector.ui.frame_meter import FrameMeter
from inspector.ui.main_window import STATE_MS, MainWindow
from inspector.ui.raw_sender import RawSender
from inspector.ui.tasks import TaskScope
from inspector.ui.views.text_view import TextView
from inspector.workbench import Workbench

# The offscreen platform says so whenever a window asks for a minimum size.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

O = TypeVar("O", bound=QObject)  # noqa: E741
PATIENCE_S = 30.0
POLL_S = 0.01


async def until(condition: Callable[[], object], what: str) -> None:
    """Let the window live until the condition holds."""
    deadline_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline_s, f"waited in vain: {what}"
        await asyncio.sleep(POLL_S)


class Desk:
    """The window with everything behind it, and the hands of a user."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.river = River()
        self.scope = TaskScope()
        self.controller = Controller(self.river, self.scope)
        self.controller.remembers = False
        self.folds = Folds(self.river)
        self.meter = FrameMeter()
        self.raw_sender = RawSender(self.controller, self.river, self.scope)
        self.window = MainWindow()

    def open(self) -> None:
        self.window.show()
        self.window.furnish(self.river, self.controller, self.folds, self.meter, self.raw_sender)
        self.meter.start()

    async def close(self) -> None:
        await asyncio.sleep(2 * STATE_MS / 1000)  # the window may have put something off by one tick
        self.meter.stop()
        await self.scope.close()
        self.window.close()
        for part in (self.window, self.folds, self.meter, self.controller):
            part.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)

    def child(self, kind: type[O], name: str) -> O:
        found = self.window.findChild(kind, name)
        assert isinstance(found, kind), f"there is no {name}"
        return found

    def text(self, name: str) -> str:
        return self.child(QLabel, name).text()

    def enter_url(self, url: str) -> None:
        """Type an address and press Return."""
        field = self.child(QLineEdit, "urlField")
        field.setFocus()
        field.selectAll()
        QTest.keyClicks(field, url)
        QTest.keyClick(field, Qt.Key.Key_Return)

    async def connect(self) -> None:
        self.enter_url(self.url)
        await until(self.tool_names, "tools")
        await until(lambda: self.text("stateWords") == "connected", "the state")

    async def press_ctrl_r(self) -> None:
        self.window.activateWindow()
        await until(self.window.isActiveWindow, "the window to be in front")
        QTest.keyClick(self.window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)

    def tool_names(self) -> list[str]:
        model = self.child(QListView, "toolList").model()
        return [str(model.index(row, 0).data()) for row in range(model.rowCount())]

    async def choose_tool(self, name: str) -> None:
        view = self.child(QListView, "toolList")
        await click_on(view, view.model().index(self.tool_names().index(name), 0))
        await until(lambda: self.text("toolName") == name, "the tool's form")

    async def call_with(self, field: str, text: str) -> None:
        """Fill one argument and press Ctrl+Enter."""
        edit = self.child(QLineEdit, f"arg:/{field}")
        self.window.activateWindow()
        edit.setFocus()
        await until(edit.hasFocus, "the focus")
        edit.selectAll()
        QTest.keyClicks(edit, text)
        QTest.keyClick(edit, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)

    async def outcome(self) -> str:
        await until(lambda: self.child(QLabel, "callOutcome").isVisible(), "the outcome")
        return self.text("callOutcome")

    def messages(self, kind: MessageType) -> list[Message]:
        every = self.river.since(0)
        return [event for event in every if isinstance(event, Message) and event.message_type is kind]

    async def show_event(self, n: int) -> None:
        """Click on the row of an event."""
        view = self.child(QTableView, "timelineView")
        model = view.model()
        rows = [row for row in range(model.rowCount()) if model.index(row, 0).data(Qt.ItemDataRole.UserRole) == n]
        assert len(rows) == 1
        await click_on(view, model.index(rows[0], 1))
        await until(lambda: f"<b>#{n:,} " in self.text("detailTitle"), "the detail")


async def click_on(view: QAbstractItemView, index: QModelIndex) -> None:
    view.scrollTo(index)
    await until(lambda: view.viewport().rect().contains(view.visualRect(index).center()), "the row to be in sight")
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view.visualRect(index).center())


@pytest.fixture(autouse=True)
def home_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What is remembered from one run to the next is not the user's."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture
def application(qapp: QApplication) -> Iterator[QApplication]:
    """The session's application, whose loop outlives its windows, as in the program."""
    before = qapp.quitOnLastWindowClosed()
    qapp.setQuitOnLastWindowClosed(False)
    theme.apply(qapp, theme.DARK)
    yield qapp
    qapp.setStyleSheet("")
    qapp.setQuitOnLastWindowClosed(before)


def run(application: QApplication, work: Awaitable[None]) -> None:
    """Run in a Qt loop of its own; a task that is left behind is a bug."""

    async def bounded() -> None:
        async with asyncio.timeout(3 * PATIENCE_S):
            await work
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert left == set()

    with asyncio.Runner(loop_factory=lambda: qasync.QEventLoop(application)) as runner:
        runner.run(bounded())


def on_desk(test: Callable[[Desk], Awaitable[None]]) -> Callable[[QApplication, str], None]:
    """Make a coroutine that takes an open desk a test."""

    def sit_down(application: QApplication, demo_url: str) -> None:
        async def sitting() -> None:
            desk = Desk(demo_url)
            desk.open()
            try:
                await test(desk)
            finally:
                await desk.close()

        run(application, sitting())

    functools.update_wrapper(sit_down, test)
    del sit_down.__wrapped__  # type: ignore[attr-defined]  # pytest would read the parameters of the coroutine
    return sit_down


@on_desk
async def test_an_empty_window_says_how_to_begin(desk: Desk) -> None:
    await until(lambda: desk.text("timelineEmpty"), "the window")
    assert desk.text("timelineEmpty").startswith("Connect to a server")
    assert desk.text("stateWords") == "not connected"
    assert desk.text("toolsEmpty") == "Not connected."
    desk.enter_url("")
    assert desk.text("stateWords") == "Type the address of a server first."
    assert len(desk.river) == 0


@on_desk
async def test_return_in_the_address_connects_and_lists_the_tools(desk: Desk) -> None:
    desk.enter_url(desk.url.removeprefix("http://"))
    assert desk.child(QLineEdit, "urlField").text() == desk.url
    await until(desk.tool_names, "tools")
    await until(lambda: {"echo", "slow", "flood"} <= set(desk.tool_names()), "all pages of the tools")
    await until(lambda: desk.text("stateWords") == "connected", "the state")
    await until(lambda: desk.text("stateFacts"), "the facts")
    assert desk.text("stateFacts").startswith("Streamable HTTP · 2025-11-25 · rtt ")
    assert desk.child(QPushButton, "connectButton").text() == "Disconnect"
    assert desk.child(QLineEdit, "urlField").isReadOnly()


@on_desk
async def test_a_call_from_the_form_to_the_result(desk: Desk) -> None:
    await desk.connect()
    await desk.choose_tool("echo")
    await desk.call_with("text", "hello there")
    assert (await desk.outcome()).startswith("✓ echo answered · ")
    result = desk.window.calls.result
    assert [view.shown_text() for view in result.findChildren(TextView)] == ["hello there"]
    assert desk.text("resultSentence") == "✓ Result"
    made = desk.controller.caller.calls
    assert [(call["tool"], call["ok"], call["error"]) for call in made] == [("echo", True, None)]


@on_desk
async def test_every_row_event_of_the_river_is_a_row(desk: Desk) -> None:
    await desk.connect()
    await desk.choose_tool("countdown")
    await desk.call_with("delay_ms", "1")
    await desk.outcome()
    desk.child(QPushButton, "connectButton").click()
    await until(lambda: not desk.controller.is_active, "the end of the connection")
    rows = [event.n for event in desk.river.since(0) if event.kind in ROW_KINDS]
    model = desk.child(QTableView, "timelineView").model()
    await until(lambda: model.rowCount() == len(rows), "the rows")
    assert [model.index(row, 0).data(Qt.ItemDataRole.UserRole) for row in range(model.rowCount())] == rows
    desk.folds.catch_up()
    assert desk.folds.counts.received == len(rows)
    assert len(rows) > 20


@on_desk
async def test_disconnecting_brings_the_window_back_to_the_beginning(desk: Desk) -> None:
    await desk.connect()
    desk.child(QPushButton, "connectButton").click()
    await until(lambda: desk.child(QPushButton, "connectButton").text() == "Connect", "the button")
    await until(lambda: desk.text("stateWords") == "not connected", "the state")
    assert desk.tool_names() == []
    assert not desk.child(QLineEdit, "urlField").isReadOnly()
    await desk.connect()
    connections = {event.connection for event in desk.river.since(0)}
    assert connections == {1, 2}


@on_desk
async def test_connecting_again_ends_the_connection_before(desk: Desk) -> None:
    await desk.connect()
    await desk.press_ctrl_r()
    await until(lambda: _states(desk, 2)[-1:] == [ConnectionState.OPEN], "the second connection")
    assert _states(desk, 1)[-1] is ConnectionState.CLOSED
    await until(desk.tool_names, "tools")


@on_desk
async def test_disconnecting_while_the_connection_before_still_ends(desk: Desk) -> None:
    await desk.connect()
    await desk.press_ctrl_r()
    await asyncio.sleep(0)
    desk.child(QPushButton, "connectButton").click()
    await until(lambda: not desk.controller.is_active, "the end")
    await until(lambda: desk.child(QPushButton, "connectButton").text() == "Connect", "the button")
    await until(lambda: desk.text("stateWords") == "not connected", "the state")
    assert desk.tool_names() == []


def _states(desk: Desk, connection: int) -> list[ConnectionState]:
    every = desk.river.since(0)
    return [event.state for event in every if isinstance(event, StateChanged) and event.connection == connection]


@on_desk
async def test_a_click_on_the_answer_shows_it_and_its_link_leads_to_the_request(desk: Desk) -> None:
    await desk.connect()
    await desk.choose_tool("echo")
    await desk.call_with("text", "find me")
    await desk.outcome()
    asked, answer = desk.messages(MessageType.REQUEST)[-1], desk.messages(MessageType.RESPONSE)[-1]
    timeline = desk.window.timeline
    await until(lambda: timeline.timeline.row_of(answer.n) is not None, "the row")
    await until(lambda: timeline.rows_shown() == len(timeline.timeline), "the rows")
    await until(lambda: f"<b>#{answer.n:,} " in desk.text("detailTitle"), "the detail to show the answer by itself")
    await desk.show_event(0)
    await desk.show_event(asked.n)
    await desk.show_event(answer.n)
    assert "response</b> tools/call echo" in desk.text("detailTitle")
    payload = desk.window.detail.message.findChild(QPlainTextEdit)
    assert isinstance(payload, QPlainTextEdit)
    assert "find me" in payload.toPlainText()
    links = desk.child(QLabel, "detailLinks")
    assert f'href="{asked.n}"' in links.text()
    links.linkActivated.emit(str(asked.n))
    await until(lambda: f"<b>#{asked.n:,} request" in desk.text("detailTitle"), "the request")
    assert timeline.view.current_row() == timeline.timeline.row_of(asked.n)


@on_desk
async def test_a_jump_to_a_hidden_row_takes_the_filter_away(desk: Desk) -> None:
    await desk.connect()
    timeline = desk.window.timeline
    stream = desk.messages(MessageType.REQUEST)[-1].stream
    timeline.show_stream(stream)
    await until(lambda: not timeline.model.filtering, "the filter")
    desk.window.go_to_event(0)
    await until(lambda: "<b>#0 " in desk.text("detailTitle"), "the detail")
    await until(lambda: timeline.view.current_row() == 0, "the row")


@on_desk
async def test_a_slow_call_is_cancelled_and_the_server_told(desk: Desk) -> None:
    await desk.connect()
    await desk.choose_tool("slow")
    await desk.call_with("seconds", "300")
    await until(lambda: desk.messages(MessageType.REQUEST)[-1].method == "tools/call", "the call")
    assert desk.child(QPushButton, "cancelButton").isEnabled()
    desk.child(QPushButton, "cancelButton").click()
    assert (await desk.outcome()).startswith("■ slow cancelled")
    assert desk.controller.caller.calls[-1]["error"] == "Cancelled. The server was told."
    await until(lambda: desk.messages(MessageType.NOTIFICATION)[-1].method == "notifications/cancelled", "the word")
    assert desk.child(QPushButton, "callButton").isEnabled()


@on_desk
async def test_what_a_server_logs_during_a_call_is_shown_as_it_comes(desk: Desk) -> None:
    await desk.connect()
    await desk.choose_tool("stream_text")
    await desk.call_with("delay_ms", "1")
    await desk.outcome()
    desk.window.calls.stream.flush()
    streamed = desk.window.calls.stream.findChildren(QObject)
    assert any("stream" in getattr(part, "toPlainText", str)().lower() for part in streamed)


@on_desk
async def test_a_failing_tool_is_told_apart_from_an_error_of_the_protocol(desk: Desk) -> None:
    await desk.connect()
    await desk.choose_tool("fail")
    desk.child(QPushButton, "callButton").click()
    await desk.outcome()
    assert desk.text("resultSentence") == "✗ The tool reports an error (isError)."
    await desk.choose_tool("crash")
    desk.child(QPushButton, "callButton").click()
    call = desk.child(QPushButton, "callButton")
    await until(lambda: len(desk.controller.caller.calls) == 2 and call.isEnabled(), "the error")
    assert desk.text("resultSentence").startswith("✗ Error -32603: ")
    assert [call["ok"] for call in desk.controller.caller.calls] == [False, False]


@on_desk
async def test_a_refused_connection_is_said_in_red_and_the_address_stays(desk: Desk) -> None:
    url = f"http://127.0.0.1:{_closed_port()}/mcp"
    desk.enter_url(url)
    await until(lambda: desk.controller.error, "the failure")
    await until(lambda: desk.text("stateWords") == desk.controller.error, "the sentence")
    words = desk.child(QLabel, "stateWords")
    assert "refused" in words.text()
    assert theme.colors().bad in words.styleSheet()
    assert any(label.text() == "✕" for label in desk.window.bar.findChildren(QLabel))
    field = desk.child(QLineEdit, "urlField")
    assert field.text() == url
    assert not field.isReadOnly()
    assert desk.child(QPushButton, "connectButton").text() == "Connect"
    await desk.connect()
    assert theme.colors().good in words.styleSheet()


def _closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@on_desk
async def test_each_tab_of_the_statistics_can_be_shown_during_a_connection(desk: Desk) -> None:
    await desk.connect()
    tabs = desk.child(QTabWidget, "workTabs")
    for place in range(tabs.count()):
        tabs.setCurrentIndex(place)
        await asyncio.sleep(2 * POLL_S)
        assert tabs.currentWidget().isVisible()
    assert [tabs.tabText(place).partition(" ")[0] for place in range(tabs.count())] == [
        "Call",
        "Findings",
        "Latency",
        "Streams",
        "Reconnects",
        "Log",
        "Live",
        "Raw",
    ]


@on_desk
async def test_settings_are_used_for_the_next_connection(desk: Desk) -> None:
    desk.child(QObject, "settingsButton").click()  # type: ignore[attr-defined]
    dialog = desk.child(ConnectionDialog, "connectionDialog")
    desk.child(QComboBox, "revisionChoice").setCurrentText("2025-03-26")
    desk.child(QPushButton, "addHeader").click()
    QTest.keyClicks(desk.child(QLineEdit, "header:0:name"), "X-Team")
    QTest.keyClicks(desk.child(QLineEdit, "header:0:value"), "blue")
    dialog.accept()
    await desk.connect()
    await until(lambda: "2025-03-26" in desk.text("stateFacts"), "the revision")
    sent = [event for event in desk.river.since(0) if event.kind == "http.request"]
    assert all(("X-Team", "blue") in getattr(event, "headers", ()) for event in sent)


@on_desk
async def test_not_checking_certificates_is_shown_for_as_long_as_it_holds(desk: Desk) -> None:
    warning = desk.child(QLabel, "insecureWarning")
    for name, shown in (("trustNothing", True), ("trustSystem", False)):
        desk.child(QObject, "settingsButton").click()  # type: ignore[attr-defined]
        dialog = desk.window.findChildren(ConnectionDialog)[-1]
        dialog.findChild(QObject, name).click()  # type: ignore[union-attr]
        dialog.accept()
        await until(lambda shown=shown: warning.isVisible() is shown, "the warning")  # type: ignore[misc]
    assert theme.colors().bad in warning.styleSheet()


@pytest.fixture
def silent_url() -> Iterator[str]:
    """A server that takes connections and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/mcp"


def close_when(
    application: QApplication, options: list[str], condition: Callable[[River], bool], report: Path
) -> dict[str, Any]:
    """The whole workbench: close its window once the condition holds; returns the report it wrote."""
    window = MainWindow()
    window.show()

    async def life() -> None:
        workbench = Workbench(window, parse_window([*options, "--report", str(report)]), time.monotonic())
        async with asyncio.TaskGroup() as group:
            ended = group.create_task(workbench.run())
            await until(lambda: hasattr(window, "river") and condition(window.river), "the moment to close")
            window.close()
        assert ended.result() == 0

    run(application, life())
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    document: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    return document


def test_closing_the_window_during_a_call_ends_everything(
    application: QApplication, demo_url: str, tmp_path: Path
) -> None:
    def is_calling(river: River) -> bool:
        return any(isinstance(event, Message) and event.method == "tools/call" for event in river.since(0))

    options = [demo_url, "--call", "slow", "--args", '{"seconds": 300}']
    report = close_when(application, options, is_calling, tmp_path / "report.json")
    assert report["connected"] is True


def test_closing_the_window_while_connecting_ends_everything(
    application: QApplication, silent_url: str, tmp_path: Path
) -> None:
    report = close_when(application, [silent_url], lambda river: len(river) > 0, tmp_path / "report.json")
    assert report["connected"] is False
