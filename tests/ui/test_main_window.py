"""The assembled window against the demo server, driven through its widgets as a user would."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QDockWidget,
    QLabel,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QPushButton,
    QTableView,
    QTabWidget,
    QWidget,
)

from inspector.arguments import parse_window
from inspector.trace.events import (
    ROW_KINDS,
    ConnectionState,
    HeadersReceived,
    Message,
    MessageType,
    RequestSent,
    StateChanged,
)
from inspector.trace.river import River
from inspector.ui import theme
from inspector.ui.dialogs.connection_dialog import ConnectionDialog
from inspector.ui.main_window import MainWindow
from inspector.ui.models.timeline_cells import Column
from inspector.ui.views.text_view import TextView
from inspector.workbench import Workbench
from tests.support.desk import Desk, on_desk, open_desk, run
from tests.support.qt_loop import until

# The offscreen platform says so whenever a window asks for a minimum size.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

POLL_S = 0.01


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
    assert desk.text("stateFacts").startswith("Streamable HTTP · 2025-11-25 · last rtt ")
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
async def test_a_pane_that_is_hidden_comes_back_by_the_same_key(desk: Desk) -> None:
    for dock, action in (("serverDock", "toggleServer"), ("detailDock", "toggleDetail")):
        pane = desk.child(QDockWidget, dock)
        assert not pane.features() & QDockWidget.DockWidgetFeature.DockWidgetClosable
        room = desk.window.area
        room_px = room.width()
        for is_shown in (False, True):
            desk.child(QAction, action).trigger()
            assert pane.isVisible() is is_shown
        desk.child(QAction, action).trigger()
        QApplication.processEvents()
        assert room.width() > room_px


@on_desk
async def test_a_connection_is_coming_from_the_moment_it_is_asked_for(desk: Desk) -> None:
    for _ in range(2):
        desk.enter_url(desk.url)
        desk.window._pulse.show_state()
        assert desk.text("stateWords") == "connecting"
        await until(lambda: desk.text("stateWords") == "connected", "the state")
        await desk.click("connectButton")
        await until(lambda: desk.text("stateWords") == "not connected", "the end")
        await until(lambda: not desk.window.bar._active, "the last steps of closing")


@on_desk
async def test_the_window_is_named_after_its_server(desk: Desk) -> None:
    assert desk.window.windowTitle() == "SSE MCP Inspector"
    await desk.connect()
    place = desk.url.split("/")[2]
    await until(lambda: desk.window.windowTitle().startswith(f"{place} — "), "the title")
    assert desk.window.windowTitle() == f"{place} — sse-mcp-inspector-demo — SSE MCP Inspector"
    await desk.click("connectButton")
    await until(lambda: desk.window.windowTitle() == "SSE MCP Inspector", "the title without a server")


@on_desk
async def test_what_can_be_no_address_is_said_before_anything_is_sent(desk: Desk) -> None:
    desk.enter_url("npx -y @scope/server")
    assert "is a command. Start it yourself" in desk.text("stateWords")
    desk.enter_url("localhost:99999/mcp")
    assert "ports go from 1 to 65535" in desk.text("stateWords")
    assert (len(desk.river), desk.controller.is_active) == (0, False)


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
    await until(lambda: _is_answered_by_a_head(desk, "tools/call"), "the call to be with the server")
    assert desk.child(QPushButton, "cancelButton").isEnabled()
    desk.child(QPushButton, "cancelButton").click()
    assert (await desk.outcome()).startswith("■ slow cancelled")
    assert desk.controller.caller.calls[-1]["error"] == "Cancelled. The server was told."
    await until(lambda: desk.messages(MessageType.NOTIFICATION)[-1].method == "notifications/cancelled", "the word")
    assert desk.child(QPushButton, "callButton").isEnabled()


def _is_answered_by_a_head(desk: Desk, purpose: str) -> bool:
    every = desk.river.since(0)
    streams = {event.stream for event in every if isinstance(event, RequestSent) and event.purpose == purpose}
    return any(isinstance(event, HeadersReceived) and event.stream in streams for event in every)


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
        "Charts",
        "Expectations",
        "Log",
        "Live",
        "Raw",
    ]


@pytest.fixture
def shown_alone(qapp: QApplication) -> Iterator[list[str]]:
    """What is put on the screen as a window of its own, apart from dialogs."""
    shown: list[str] = []

    class Watcher(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
                shown.append(f"{type(watched).__name__} {watched.objectName()}")
            return False

    watcher = Watcher()
    qapp.installEventFilter(watcher)
    yield shown
    qapp.removeEventFilter(watcher)


def test_no_part_of_the_window_flashes_up_as_a_window_of_its_own(
    application: QApplication, demo_url: str, shown_alone: list[str]
) -> None:
    async def scene() -> None:
        async with open_desk(demo_url) as desk:
            await desk.connect()
            for box in (desk.window.offers, desk.window.tabs):
                for place in range(box.count()):
                    box.setCurrentIndex(place)
            desk.show_tab("Tools", "offerTabs")
            for tool in ("image", "fail"):
                await desk.choose_tool(tool)
                await desk.click("callButton")
                await desk.outcome()

    run(application, scene())
    assert shown_alone == ["MainWindow mainWindow"]


@on_desk
async def test_control_and_a_digit_bring_each_tab_to_the_front(desk: Desk) -> None:
    desk.window.activateWindow()
    await until(desk.window.isActiveWindow, "the window to be in front")
    tabs = desk.window.tabs
    assert tabs.count() == 10
    for place in reversed(range(10)):
        key = Qt.Key(Qt.Key.Key_0 + (place + 1) % 10)
        QTest.keyClick(desk.window, key, Qt.KeyboardModifier.ControlModifier)
        assert tabs.currentIndex() == place


@on_desk
async def test_how_it_was_found_out_what_the_server_speaks_is_said(desk: Desk) -> None:
    await desk.connect()
    sentence = "The server answered initialize with revision 2025-11-25, so it speaks Streamable HTTP."
    await until(lambda: desk.window.statusBar().currentMessage() == sentence, "the sentence")
    facts = desk.child(QLabel, "stateFacts")
    assert sentence in facts.toolTip()
    assert facts.accessibleDescription() == sentence
    await desk.press_ctrl_r()
    await until(lambda: not facts.toolTip(), "the search to begin anew")
    await until(lambda: sentence in facts.toolTip(), "the sentence again")


@on_desk
async def test_every_transport_can_be_chosen(desk: Desk) -> None:
    choice = desk.child(QComboBox, "transportChoice")
    listed = [choice.itemText(place) for place in range(choice.count())]
    assert listed == ["Auto", "HTTP+SSE", "Streamable HTTP", "Stateless HTTP", "Raw SSE", "Tool stream"]
    choice.setCurrentText("HTTP+SSE")
    desk.enter_url(desk.url.replace("/mcp", "/sse"))
    await until(lambda: desk.text("stateFacts").startswith("HTTP+SSE · 2024-11-05"), "the facts")
    await until(lambda: "chosen by hand" in desk.child(QLabel, "stateFacts").toolTip(), "how it was found out")


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


@on_desk
async def test_nothing_overlaps_in_a_narrow_window(desk: Desk) -> None:
    await desk.connect()
    desk.window.resize(desk.window.minimumWidth(), 620)
    tabs = desk.window.tabs
    for place in range(tabs.count()):
        tabs.setCurrentIndex(place)
        await asyncio.sleep(5 * POLL_S)
        widths = [dock.widget().minimumSizeHint().width() for dock in desk.window.findChildren(QDockWidget)]
        assert sum(widths) < desk.window.width(), tabs.tabText(place)


@pytest.mark.parametrize(("height", "rows"), [(800, 10), (700, 6)])
def test_enough_rows_are_in_sight_from_the_start(
    application: QApplication, demo_url: str, height: int, rows: int
) -> None:
    async def scene() -> None:
        desk = Desk(demo_url)
        desk.window.resize(1_280, height)
        desk.open()
        try:
            await desk.connect()
            view = desk.window.timeline.view
            await until(lambda: view.viewport().height() >= rows * view.rowHeight(0), "room for the rows")
            await until(desk.window.area.lanes.scene.lanes_in_sight, "lanes")
        finally:
            await desk.close()

    run(application, scene())


@pytest.mark.qt_log_ignore("propagateSizeHints", "This plugin does not support")
@on_desk
async def test_the_head_of_the_rows_has_its_menu_and_widths_are_kept(desk: Desk) -> None:
    await desk.connect()
    view = desk.window.timeline.view
    header = view.horizontalHeader()
    header.customContextMenuRequested.emit(header.rect().center())
    await until(lambda: desk.window.findChild(QMenu, "timelineColumns"), "the menu")
    desk.child(QMenu, "timelineColumns").close()
    assert not view.columns.is_chosen
    header.resizeSection(Column.TIME, 222)
    assert "TIME 222" in view.columns.layout()


@on_desk
async def test_that_nothing_is_recorded_stays_in_sight(desk: Desk) -> None:
    desk.window.not_recording = "No recording can be written to '/nowhere'. Choose another place."
    await desk.connect()
    facts = desk.child(QLabel, "statusFacts")
    await until(lambda: "✕ not recording" in facts.text(), "the words")
    assert "/nowhere" in facts.toolTip()
