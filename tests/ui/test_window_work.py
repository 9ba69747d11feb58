"""What is worked on in the assembled window: resources, prompts, raw requests, the log and live text."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QListView,
    QPlainTextEdit,
    QTableView,
    QTabWidget,
)

from inspector.trace.events import Direction, Message, MessageType, RequestSent
from inspector.ui.views.result_view import ResultView
from inspector.ui.views.text_view import TextView
from tests.support.desk import Desk, on_desk
from tests.support.qt_loop import until

# The offscreen platform says so of windows and of suggestions.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


def page(desk: Desk) -> str:
    """The title of the first tab, with a star where another tab is in front."""
    tabs = desk.child(QTabWidget, "workTabs")
    return tabs.tabText(0) + ("" if tabs.currentIndex() == 0 else " *")


def asked(desk: Desk, method: str) -> list[Message]:
    """Our requests of this method, as they are in the river."""
    return [message for message in desk.messages(MessageType.REQUEST) if message.method == method]


def answered(desk: Desk, method: str) -> int:
    """How many of them have an answer."""
    return sum(message.method == method for message in desk.messages(MessageType.RESPONSE))


def params(message: Message) -> Any:
    return json.loads(message.raw)["params"]


@on_desk
async def test_a_resource_is_read_and_its_answer_shown_in_the_detail(desk: Desk) -> None:
    await desk.connect()
    desk.show_tab("Resources", "offerTabs")
    await desk.choose("resourceList", "settings")
    assert page(desk) == "Resource"
    await desk.click("readButton")
    await until(lambda: desk.text("readOutcome").startswith("✓ read · "), "the contents")
    contents = desk.child(ResultView, "resourceContents")
    (text,) = contents.findChildren(TextView)
    assert json.loads(text.shown_text())["limits"] == {"events": 1000000, "rate_per_s": None}
    answer = desk.messages(MessageType.RESPONSE)[-1]
    await until(lambda: f"<b>#{answer.n:,} " in desk.text("detailTitle"), "the detail to show the answer")


@on_desk
async def test_a_subscribed_resource_is_marked_once_it_has_changed(desk: Desk) -> None:
    await desk.connect()
    desk.show_tab("Resources", "offerTabs")
    await desk.choose("resourceList", "clock")
    await desk.click("readButton")
    await until(lambda: desk.text("readOutcome").startswith("✓ read"), "the contents")
    await desk.click("subscribeButton")
    button = desk.child(QAbstractButton, "subscribeButton")
    await until(lambda: button.text() == "Unsubscribe", "the subscription")
    await until(lambda: "Changed on the server" in desk.text("resourceNotice"), "the change")
    assert desk.text("resourceBadges") == "changed · subscribed"
    await desk.click("readButton")
    await until(lambda: not desk.text("resourceNotice"), "what is new")


@on_desk
async def test_a_prompt_is_got_with_what_the_server_suggests(desk: Desk) -> None:
    await desk.connect()
    desk.window.activateWindow()
    desk.show_tab("Prompts", "offerTabs")
    await desk.choose("promptList", "postcard")
    country = desk.child(QLineEdit, "field:country")
    country.setFocus()
    await until(country.hasFocus, "the focus")
    QTest.keyClicks(country, "Ger")
    popup = await shown_popup(desk, "suggestions:field:country")
    assert popup.model().index(0, 0).data() == "Germany"
    QTest.keyClick(popup, Qt.Key.Key_Down)
    QTest.keyClick(popup, Qt.Key.Key_Return)
    await until(lambda: country.text() == "Germany", "the choice")
    city = desk.child(QLineEdit, "field:city")
    city.setFocus()
    QTest.keyClicks(city, "B")
    await until(lambda: desk.text("suggested:city").endswith("suggestions"), "cities of the country")
    assert params(asked(desk, "completion/complete")[-1])["context"] == {"arguments": {"country": "Germany"}}
    popup = await shown_popup(desk, "suggestions:field:city")
    QTest.keyClick(popup, Qt.Key.Key_Escape)
    city.setText("Bonn")
    await desk.click("getPrompt")
    await until(lambda: desk.text("promptOutcome").startswith("✓ got"), "the prompt")
    assert params(asked(desk, "prompts/get")[-1])["arguments"] == {"country": "Germany", "city": "Bonn"}
    texts = [view.shown_text() for view in desk.child(ResultView, "promptMessages").findChildren(TextView)]
    assert texts[0].startswith("Write a postcard from Bonn, Germany")


async def shown_popup(desk: Desk, name: str) -> QListView:
    """The suggestions, which are a window of their own."""

    def popups() -> list[QListView]:
        every = QApplication.topLevelWidgets()
        return [widget for widget in every if isinstance(widget, QListView) and widget.objectName() == name]

    await until(lambda: any(popup.isVisible() for popup in popups()), name)
    return next(popup for popup in popups() if popup.isVisible())


@on_desk
async def test_a_click_brings_back_what_was_worked_on_before(desk: Desk) -> None:
    await desk.connect()
    await desk.choose_tool("echo")
    desk.show_tab("Prompts", "offerTabs")
    await desk.choose("promptList", "postcard")
    desk.show_tab("Findings")
    assert page(desk) == "Prompt *"
    desk.show_tab("Tools", "offerTabs")
    await desk.choose("toolList", "echo")
    assert page(desk) == "Call"
    desk.show_tab("Prompts", "offerTabs")
    QTest.keyClick(desk.child(QListView, "promptList"), Qt.Key.Key_Return)
    assert page(desk) == "Prompt"


@on_desk
async def test_a_list_that_is_fetched_again_leaves_the_page_where_it_is(desk: Desk) -> None:
    await desk.connect()
    await desk.choose_tool("echo")
    desk.show_tab("Prompts", "offerTabs")
    await desk.choose("promptList", "postcard")
    desk.show_tab("Tools", "offerTabs")
    before = len(asked(desk, "tools/list"))
    await desk.click("toolRefresh")
    await until(lambda: len(asked(desk, "tools/list")) == before + 2, "both pages of the tools")
    await until(lambda: desk.child(QAbstractButton, "toolRefresh").isEnabled(), "the list")
    assert page(desk) == "Prompt"


@on_desk
async def test_a_raw_request_goes_out_as_it_stands_over_the_connection(desk: Desk) -> None:
    await desk.connect()
    desk.show_tab("Raw request")
    await until(lambda: desk.child(QLineEdit, "rawUrl").text() == desk.url, "the address of the connection")
    body = desk.child(QPlainTextEdit, "rawBody")
    body.setPlainText('{"jsonrpc": "2.0", "id": 1, "method" "tools/list"}')
    await desk.click("rawSend")
    await until(lambda: desk.text("rawReplyStatus").startswith("400 "), "the reply")
    assert "Parse error" in desk.child(QPlainTextEdit, "rawReplyPretty").toPlainText()
    wanted = body.toPlainText().encode()
    (sent,) = (event for event in desk.river.since(0) if isinstance(event, RequestSent) and event.body == wanted)
    assert "Mcp-Session-Id" in dict(sent.headers)
    assert sent.connection == 1
    await desk.click("rawReplyRows")
    await until(lambda: not desk.window.timeline.model.filtering, "the rows of the exchange alone")
    assert desk.window.timeline.rows_shown() < 10


@on_desk
async def test_a_raw_request_needs_no_connection(desk: Desk) -> None:
    desk.show_tab("Raw request")
    desk.child(QComboBox, "rawMethod").setCurrentText("GET")
    url = desk.child(QLineEdit, "rawUrl")
    url.setText(f"{desk.url}/nowhere")
    await desk.click("rawSend")
    await until(lambda: desk.text("rawReplyStatus").startswith("404 "), "the reply")
    assert desk.text("stateWords") == "not connected"
    url.setText("ftp://elsewhere")
    await desk.click("rawSend")
    await until(lambda: desk.text("rawReplyStatus").startswith("No reply"), "no reply")
    assert desk.text("rawReplySentence") == "The address is not usable: it needs http:// or https:// and a host name."


@on_desk
async def test_a_raw_stream_is_stopped(desk: Desk) -> None:
    desk.show_tab("Raw request")
    desk.child(QComboBox, "rawMethod").setCurrentText("GET")
    desk.child(QLineEdit, "rawUrl").setText(desk.url.replace("/mcp", "/sse"))
    await desk.click("rawSend")
    await until(lambda: any(event.kind == "frame" for event in desk.river.since(0)), "the stream")
    await desk.click("rawStop")
    await until(lambda: desk.text("rawReplyStatus").startswith("200 "), "what came until then")
    desk.child(QTabWidget, "rawReplyTabs").setCurrentIndex(1)
    assert desk.child(QPlainTextEdit, "rawReplyText").toPlainText().startswith("event: endpoint")
    assert not desk.child(QAbstractButton, "rawStop").isEnabled()
    assert desk.child(QAbstractButton, "rawSend").isEnabled()


@on_desk
async def test_the_log_shows_what_the_server_logs_and_sets_its_level(desk: Desk) -> None:
    await desk.connect()
    desk.show_tab("Log")
    level = desk.child(QComboBox, "serverLogLevel")
    level.setCurrentIndex(level.findData("warning"))
    level.activated.emit(level.currentIndex())
    await until(lambda: answered(desk, "logging/setLevel") == 1, "the level")
    assert params(asked(desk, "logging/setLevel")[-1]) == {"level": "warning"}
    await desk.choose_tool("stream_text")
    await desk.call_with("delay_ms", "1")
    await desk.outcome()
    desk.show_tab("Log")
    assert desk.text("logSummary") == ""
    level.setCurrentIndex(level.findData("info"))
    level.activated.emit(level.currentIndex())
    await until(lambda: answered(desk, "logging/setLevel") == 2, "the level")
    desk.show_tab("Call")
    await desk.call_with("delay_ms", "2")
    await until(lambda: len(desk.controller.caller.calls) == 2, "the second call")
    desk.show_tab("Log")
    await until(lambda: desk.text("logSummary") == "95 of 95 lines", "the lines")


@on_desk
async def test_live_text_follows_a_streaming_tool(desk: Desk) -> None:
    await desk.connect()
    desk.show_tab("Live text")
    assert desk.text("liveTextEmpty").startswith("No text yet.")
    await desk.choose_tool("stream_text")
    desk.child(QPlainTextEdit, "arg:/text").setPlainText("each word by itself")
    await desk.call_with("delay_ms", "1")
    desk.show_tab("Live text")
    shown = desk.child(QPlainTextEdit, "liveTextPlain")
    await until(lambda: shown.toPlainText().strip() == "each word by itself", "the text")
    await until(lambda: desk.text("liveTextFigures").startswith("20 characters"), "the figures")


@on_desk
async def test_what_the_user_puts_into_meta_is_sent(desk: Desk) -> None:
    await desk.connect()
    await desk.choose_tool("echo")
    await desk.click("callExtrasOpen")
    desk.child(QPlainTextEdit, "callMeta").setPlainText('{"com.example/trace": "abc"}')
    await desk.call_with("text", "x")
    await desk.outcome()
    meta = params(asked(desk, "tools/call")[-1])["_meta"]
    assert meta["com.example/trace"] == "abc"
    assert "progressToken" in meta


@on_desk
async def test_a_connection_that_is_lost_leaves_what_was_read(desk: Desk) -> None:
    await desk.connect()
    desk.show_tab("Resources", "offerTabs")
    await desk.choose("resourceList", "readme")
    await desk.click("readButton")
    await until(lambda: desk.text("readOutcome").startswith("✓ read"), "the contents")
    await desk.click("connectButton")
    await until(lambda: not desk.controller.is_active, "the end")
    await asyncio.sleep(0)
    assert desk.child(QLabel, "resourcesEmpty").text() == "Not connected."
    assert Direction.INBOUND in {message.direction for message in desk.messages(MessageType.RESPONSE)}


@on_desk
async def test_a_call_is_repeated_and_leads_to_its_latency(desk: Desk) -> None:
    await desk.connect()
    await desk.choose_tool("echo")
    desk.child(QLineEdit, "callTimes").setText("30")
    desk.child(QLineEdit, "callConcurrency").setText("4")
    await desk.call_with("text", "hi")
    assert await desk.outcome() == "✓ 30 × echo answered"
    assert desk.text("callFigures").startswith("p50 ")
    assert answered(desk, "tools/call") == len(asked(desk, "tools/call")) == 30
    await desk.click("callLatency")
    tabs = desk.child(QTabWidget, "workTabs")
    assert tabs.tabText(tabs.currentIndex()) == "Latency"
    table = desk.child(QTableView, "latencyCallTable")
    await until(lambda: table.isVisible() and table.model().rowCount() == 30, "the calls of the tool")

    def is_shown() -> bool:
        """The selected row has the figures of the fold."""
        chosen = desk.child(QTableView, "latencyTable").currentIndex()
        shown = [chosen.siblingAtColumn(column).data() for column in range(chosen.model().columnCount())]
        figures = desk.folds.latency.row("tools/call echo")
        assert figures is not None
        return shown[0] == "tools/call echo" and {"30", f"{figures.p50_ms:,.2f}", f"{figures.max_ms:,.2f}"} <= set(
            shown
        )

    await until(is_shown, "the figures of all calls")


@on_desk
async def test_repeated_calls_can_be_stopped(desk: Desk) -> None:
    await desk.connect()
    await desk.choose_tool("slow")
    desk.child(QLineEdit, "callTimes").setText("1000")
    desk.child(QLineEdit, "callConcurrency").setText("3")
    await desk.call_with("seconds", "300")
    await until(lambda: len(asked(desk, "tools/call")) == 3, "three calls on their way")
    await desk.click("cancelButton")
    assert await desk.outcome() == "■ 0 of 1,000 × slow made"
    assert len(asked(desk, "tools/call")) == 3
