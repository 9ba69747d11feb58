"""The assembled window against servers that ask back, stream without MCP, break rules or want a sign-in."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QDialog, QLabel, QLineEdit, QPlainTextEdit, QPushButton

from inspector.protocol.roots import Root
from inspector.trace.events import ConnectionState, StateChanged, ToolStep
from inspector.ui.dialogs.question_dialog import QuestionDialog
from inspector.ui.dialogs.roots_dialog import RootsDialog
from tests.end2end.servers.auth_server import AuthServer
from tests.end2end.servers.faults import (
    JSON,
    SSE,
    Connection,
    FaultServer,
    Json,
    Request,
    StreamableMcp,
    answering,
    result_of,
    text_of,
)
from tests.support.desk import Desk, open_desk, run
from tests.support.qt_loop import until

# The offscreen platform says so of windows.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

D = TypeVar("D", bound=QDialog)
FORM = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
ELICITATION = {"method": "elicitation/create", "params": {"message": "Who are you?", "requestedSchema": FORM}}
SAMPLING = {
    "method": "sampling/createMessage",
    "params": {"messages": [{"role": "user", "content": {"type": "text", "text": "2 + 2?"}}], "maxTokens": 9},
}


class Asking(StreamableMcp):
    """Asks `questions` one after the other while its tool runs, and tells the answers in the result."""

    def __init__(self, *questions: Json) -> None:
        super().__init__()
        self.questions = questions
        self.answers: asyncio.Queue[Json] = asyncio.Queue()
        self.answered: list[Json] = []
        self.told: list[str] = []
        self.on |= {"tools/call": self._call, "": self._take, "notifications/roots/list_changed": self._note}

    async def _call(self, connection: Connection, request: Request, message: Json) -> None:
        await connection.stream()
        said: list[Any] = []
        for number, question in enumerate(self.questions):
            await connection.event({"jsonrpc": "2.0", "id": f"q{number}", **question})
            answer = await self.answers.get()
            said.append(answer.get("result", answer.get("error")))
        await connection.event(text_of(message, json.dumps(said)))
        await connection.end()

    async def _take(self, connection: Connection, request: Request, message: Json) -> None:
        self.answered.append(message)
        self.answers.put_nowait(message)
        await connection.answer(202)

    async def _note(self, connection: Connection, request: Request, message: Json) -> None:
        self.told.append(message["method"])
        await connection.answer(202)


def at_desk(application: QApplication, scene: Callable[[Desk, FaultServer], Awaitable[None]]) -> None:
    """Play a scene with an open window and a server without any path yet."""

    async def play() -> None:
        async with FaultServer() as server, open_desk(server.url()) as desk:
            await scene(desk, server)

    run(application, play())


async def question(desk: Desk, name: str) -> QuestionDialog:
    """The open question of that object name, ready to be answered."""

    def found() -> list[QuestionDialog]:
        return [dialog for dialog in desk.window.findChildren(QuestionDialog, name) if dialog.isVisible()]

    await until(found, name)
    dialog = found()[0]
    dialog._arm()  # the moment in which nothing can be agreed to
    return dialog


def press(dialog: QDialog, name: str) -> None:
    button = dialog.findChild(QPushButton, name)
    assert button is not None and button.isEnabled(), name
    button.click()


async def call_echo(desk: Desk) -> None:
    await desk.connect()
    await desk.choose_tool("echo")
    await desk.click("callButton")


def test_the_questions_of_a_call_are_answered_in_dialogs(application: QApplication) -> None:
    async def scene(desk: Desk, server: FaultServer) -> None:
        server.routes["/mcp"] = Asking(ELICITATION, SAMPLING)
        await call_echo(desk)
        form = await question(desk, "elicitationDialog")
        assert desk.window.statusBar().currentMessage() == "The server asks: Who are you?"
        field = form.findChild(QLineEdit, "arg:/name")
        assert isinstance(field, QLineEdit)
        QTest.keyClicks(field, "Ada")
        press(form, "elicitationAccept")
        sampling = await question(desk, "samplingDialog")
        text = sampling.findChild(QPlainTextEdit, "answerText")
        assert isinstance(text, QPlainTextEdit)
        text.setPlainText("4")
        press(sampling, "samplingSend")
        assert (await desk.outcome()).startswith("✓ echo answered")
        result = json.loads(desk.window.calls.result.findChildren(QPlainTextEdit)[0].toPlainText())
        assert result[0] == {"action": "accept", "content": {"name": "Ada"}}
        assert result[1]["content"] == {"type": "text", "text": "4"}
        assert desk.window.statusBar().currentMessage() == ""

    at_desk(application, scene)


def test_a_question_goes_with_the_call_that_is_cancelled(application: QApplication) -> None:
    async def scene(desk: Desk, server: FaultServer) -> None:
        asking = server.routes["/mcp"] = Asking(ELICITATION)
        await call_echo(desk)
        await question(desk, "elicitationDialog")
        await desk.click("cancelButton")
        assert (await desk.outcome()).startswith("■ echo cancelled")
        await until(lambda: desk.window.questions.length == 0, "the question to go")
        assert shown_dialogs(desk) == []
        await until(lambda: "notifications/cancelled" in server.methods(), "the server to be told")
        assert asking.answered == []

    at_desk(application, scene)


def test_closing_the_window_closes_all_its_dialogs_and_opens_no_more(application: QApplication) -> None:
    async def scene(desk: Desk, server: FaultServer) -> None:
        elicitation = {"jsonrpc": "2.0", **ELICITATION}

        async def flood(connection: Connection, request: Request, message: Json) -> None:
            await connection.stream()
            for number in range(5):
                await connection.event(elicitation | {"id": number})
            await connection.hang()

        asking = server.routes["/mcp"] = Asking()
        asking.on["tools/call"] = flood
        await call_echo(desk)
        await question(desk, "elicitationDialog")
        await until(lambda: desk.window.questions.length == 5, "the questions")
        desk.window.open_settings()
        desk.window.show_shortcuts()
        assert len(shown_dialogs(desk)) == 3
        desk.window.close()
        assert shown_dialogs(desk) == []
        await until(lambda: server.methods().count("(answer)") == 5, "an answer to each")
        assert shown_dialogs(desk) == []

    at_desk(application, scene)


def shown_dialogs(desk: Desk) -> list[str]:
    return [dialog.objectName() for dialog in desk.window.findChildren(QDialog) if dialog.isVisible()]


def test_the_server_is_told_of_other_roots_at_once(application: QApplication) -> None:
    async def scene(desk: Desk, server: FaultServer) -> None:
        asking = server.routes["/mcp"] = Asking({"method": "roots/list"})
        await desk.connect()
        await desk.click("settingsButton")
        desk.show_tab("Capabilities", "connectionTabs")
        await desk.click("editRoots")
        dialog = desk.child(RootsDialog, "rootsDialog")
        dialog.changed.emit((Root("file:///srv/data", "Data"),))
        dialog.reject()
        await until(lambda: asking.told, "the word")
        assert asking.told == ["notifications/roots/list_changed"]
        desk.child(QPushButton, "connectionCancel").click()
        await desk.choose_tool("echo")
        await desk.click("callButton")
        await desk.outcome()
        assert "file:///srv/data" in desk.window.calls.result.findChildren(QPlainTextEdit)[0].toPlainText()
        assert desk.window.statusBar().currentMessage() == "The server asked for the roots and was given 1 root."

    at_desk(application, scene)


HEADERS_TWICE = {
    "name": "twice",
    "inputSchema": {
        "type": "object",
        "properties": {name: {"type": "string", "x-mcp-header": "Region"} for name in ("a", "b")},
    },
}


async def stateless(connection: Connection, request: Request) -> None:
    """A server of revision 2026-07-28 with a tool that may be called and one that may not."""
    common: Json = {"resultType": "complete", "ttlMs": 60_000, "cacheScope": "public"}
    tools = [{"name": "echo", "inputSchema": {"type": "object"}}, HEADERS_TWICE]
    found: Json = {"supportedVersions": ["2026-07-28"], "capabilities": {"tools": {}, "logging": {}}}
    results: dict[str, Json] = {"server/discover": found, "tools/list": {"tools": tools}}
    result = common | results.get(request.message["method"], {"content": []})
    await connection.answer(200, JSON, json.dumps(result_of(request.message, result)).encode())


def test_a_tool_that_must_not_be_called_is_greyed_and_says_why(application: QApplication) -> None:
    async def scene(desk: Desk, server: FaultServer) -> None:
        server.routes["/mcp"] = stateless
        await desk.connect()
        assert desk.tool_names() == ["echo", "twice"]
        await until(lambda: desk.text("toolAge").startswith("fresh for"), "the freshness")
        await desk.choose("toolList", "twice")
        assert desk.text("callObstacle").startswith("twice must not be called: x-mcp-header")
        assert not desk.child(QPushButton, "callButton").isVisible()
        await desk.choose("toolList", "echo")
        await until(desk.child(QPushButton, "callButton").isVisible, "the tool that can be called")
        assert desk.text("stateFacts").startswith("Stateless HTTP · 2026-07-28")

    at_desk(application, scene)


def test_what_the_stateless_era_deprecates_is_marked(application: QApplication) -> None:
    async def scene(desk: Desk, server: FaultServer) -> None:
        server.routes["/mcp"] = stateless
        await desk.connect()
        desk.show_tab("Log")
        await until(lambda: desk.child(QLabel, "deprecatedBadge").isVisible(), "the badge")
        level = desk.child(QComboBox, "serverLogLevel")
        level.setCurrentIndex(level.findData("debug"))
        level.activated.emit(level.currentIndex())
        await desk.choose_tool("echo")
        await desk.click("callButton")
        await desk.outcome()
        meta = next(request.message["params"]["_meta"] for request in server.seen[::-1] if request.body)
        assert meta["io.modelcontextprotocol/logLevel"] == "debug"

    at_desk(application, scene)


STEPS = [
    {"type": "started", "tool": "report"},
    {"type": "progress", "data": {"progress": 1, "total": 2}},
    {"choices": [{"delta": {"content": "Half "}}]},
    {"choices": [{"delta": {"content": "done."}}]},
    {"type": "complete", "data": {"pages": 2}},
]


async def report(connection: Connection, request: Request) -> None:
    if request.method != "POST":
        await connection.answer(405)
        return
    if "jsonrpc" in request.message:
        await connection.answer(404, "text/plain", b"no MCP")
        return
    await connection.stream()
    for step in STEPS:
        await connection.event(step)
    await connection.end()


def test_a_call_of_a_tool_stream_shows_its_steps_and_its_text(application: QApplication) -> None:
    async def scene(desk: Desk, server: FaultServer) -> None:
        manifest = {"name": "reports", "endpoint": "/sse", "tools": [{"name": "report"}]}
        server.routes |= {"/mcp.json": answering(200, JSON, json.dumps(manifest).encode()), "/sse": report}
        desk.url = server.url("/sse")
        await desk.connect()
        await until(lambda: desk.text("stateFacts").startswith("Tool stream · "), "the facts")
        await until(lambda: "manifest" in desk.child(QLabel, "stateFacts").accessibleDescription(), "the verdict")
        await desk.choose_tool("report")
        await desk.click("callButton")
        assert (await desk.outcome()).startswith("✓ report answered")
        desk.window.calls.stream.flush()
        streamed = desk.window.calls.stream.toPlainText()
        assert streamed == "Half done."
        steps = [event.step for event in desk.river.since(0) if isinstance(event, ToolStep)]
        assert steps == ["call", "started", "progress", "data", "data", "complete"]
        desk.show_tab("Live text")
        await until(lambda: desk.child(QPlainTextEdit, "liveTextPlain").toPlainText() == "Half done.", "the live text")
        desk.show_tab("Resources", "offerTabs")
        await until(lambda: desk.text("resourcesEmpty") == "A tool stream has no resources: only tools.", "the reason")

    at_desk(application, scene)


def test_any_event_stream_is_watched(application: QApplication) -> None:
    async def updates(connection: Connection, request: Request) -> None:
        if request.method != "POST" or request.message != {"topic": "news"}:
            await connection.answer(405)
            return
        await connection.head(200, SSE)
        await connection.send(b"data: one\n\ndata: two\n\n")
        await connection.hang()

    async def scene(desk: Desk, server: FaultServer) -> None:
        server.routes["/updates"] = updates
        await desk.click("settingsButton")
        desk.child(QComboBox, "rawStreamMethod").setCurrentText("POST")
        desk.child(QPlainTextEdit, "rawStreamBody").setPlainText('{"topic": "news"}')
        await desk.click("connectionOk")
        desk.child(QComboBox, "transportChoice").setCurrentText("Raw SSE")
        desk.enter_url(server.url("/updates"))
        await until(lambda: desk.text("stateFacts").startswith("Raw SSE"), "the facts")
        await until(lambda: desk.text("toolsEmpty").startswith("A raw event stream has no tools."), "the reason")
        assert desk.text("callObstacle").startswith("A raw event stream has no tools.")

    at_desk(application, scene)


def test_a_connection_that_waits_for_a_sign_in_says_so(application: QApplication) -> None:
    async def scene(desk: Desk, server: FaultServer) -> None:
        async with FaultServer() as authority:
            AuthServer(authority, server, StreamableMcp())
            desk.enter_url(desk.url)
            dialog = await question(desk, "authorizationDialog")
            await until(lambda: desk.text("stateWords") == "waiting for your sign-in", "the state")
            assert desk.text("toolDescription") == "The tools can be called once the connection stands."
            dialog.reject()
            await until(lambda: desk.text("stateWords").startswith("Nobody signed in: "), "the end")
            await until(lambda: desk.text("toolDescription") == "Connect to a server to call its tools.", "the advice")

    at_desk(application, scene)


def test_a_sign_in_does_not_bear_the_name_of_the_server_before(application: QApplication) -> None:
    async def scene(desk: Desk, server: FaultServer) -> None:
        server.routes["/mcp"] = StreamableMcp()
        async with FaultServer() as authority, FaultServer() as other:
            await desk.connect()
            assert desk.window.questions.server
            AuthServer(authority, other, StreamableMcp())
            await desk.click("connectButton")
            await until(lambda: not desk.controller.is_active, "the end of the first connection")
            desk.enter_url(other.url())
            dialog = await question(desk, "authorizationDialog")
            assert [label.text() for label in dialog.findChildren(QLabel, "questionServer")] == [""]
            dialog.reject()
            await until(lambda: desk.text("stateWords").startswith("Nobody signed in: "), "the end")

    at_desk(application, scene)


def test_a_tool_of_the_server_before_is_not_called_on_the_next(application: QApplication) -> None:
    async def list_another(connection: Connection, request: Request, message: Json) -> None:
        tools = {"tools": [{"name": "twice", "inputSchema": {"type": "object"}}, {"name": [], "inputSchema": {}}]}
        await connection.answer(200, JSON, json.dumps(result_of(message, tools)).encode())

    async def scene(desk: Desk, server: FaultServer) -> None:
        server.routes["/mcp"] = StreamableMcp()
        server.routes["/other"] = StreamableMcp(on={"tools/list": list_another})
        await desk.connect()
        await desk.choose_tool("echo")
        assert desk.child(QPushButton, "callButton").isEnabled()
        await desk.click("connectButton")
        await until(lambda: not desk.controller.is_active, "the end of the first connection")
        desk.enter_url(server.url("/other"))
        await until(lambda: desk.text("callObstacle").startswith("This server lists no echo"), "the reason")
        assert not desk.child(QPushButton, "callButton").isEnabled()
        await desk.choose_tool("twice")
        assert desk.text("callObstacle") == "" and desk.child(QPushButton, "callButton").isEnabled()

    at_desk(application, scene)


def test_a_lost_connection_comes_back_while_a_question_is_open(application: QApplication) -> None:
    async def scene(desk: Desk, server: FaultServer) -> None:
        async def listen(connection: Connection, request: Request) -> None:
            await connection.stream()
            await connection.hang()

        asking = server.routes["/mcp"] = Asking(ELICITATION)
        asking.listen = listen
        await call_echo(desk)
        form = await question(desk, "elicitationDialog")
        await server.die()
        await until(lambda: "reconnecting" in desk.text("stateWords"), "the loss")
        assert form.isVisible()
        await server.start()
        await until(lambda: desk.text("stateWords") == "connected", "the way back")
        form.reject()
        await until(lambda: not shown_dialogs(desk), "the end of the question")
        states = [event.state for event in desk.river.since(0) if isinstance(event, StateChanged)]
        assert states[-1] is ConnectionState.OPEN

    at_desk(application, scene)
