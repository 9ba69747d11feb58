"""Questions of a real server, in a real session, inside a Qt loop as in the program."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QAbstractButton, QApplication
from pytestqt.qtbot import QtBot

from inspector.protocol.era import TransportName
from inspector.session.session import Session
from inspector.ui.dialogs.question_dialog import QuestionDialog
from inspector.ui.questions import MAX_WAITING, TOO_MANY, Questions
from inspector.ui.settings import ConnectionSettings
from inspector.ui.user_data import UserData
from tests.end2end.servers.faults import Connection, FaultServer, Request, StreamableMcp, text_of
from tests.support.panes import part
from tests.support.qt_loop import run_in_qt, until
from tests.support.questions import window

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

FORM = {
    "message": "Name?",
    "requestedSchema": {"type": "object", "properties": {"n": {"type": "string", "default": "x"}}},
}
SETTINGS = ConnectionSettings(protocol_version="2025-11-25")


def elicitation(request_id: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": request_id, "method": "elicitation/create", "params": FORM}


class Stage:
    """A server that asks while a tool runs, and a window that shows what it asks."""

    def __init__(self, qtbot: QtBot, path: Path, messages: list[dict[str, Any]], answers: int) -> None:
        self.window = window(qtbot)
        self.questions = Questions(self.window, UserData(path / "user.ini"))
        self.answers: dict[Any, dict[str, Any]] = {}
        self._messages = messages
        self._wanted = answers
        self._all_here = asyncio.Event()

    async def play(self, act: Callable[[Session], Awaitable[None]]) -> None:
        """Connect, and close at the end."""
        mcp = StreamableMcp()
        mcp.on |= {"tools/call": self._ask, "": self._take}
        async with FaultServer({"/mcp": mcp}) as server:
            callbacks = self.questions.callbacks(SETTINGS)
            options = SETTINGS.options(server.url(), TransportName.STREAMABLE_HTTP, callbacks)
            async with Session(options) as session:
                await act(session)

    def dialogs(self) -> list[QuestionDialog]:
        return [dialog for dialog in self.window.findChildren(QuestionDialog) if dialog.isVisible()]

    def click(self, name: str) -> None:
        (dialog,) = self.dialogs()
        dialog._arm()
        part(dialog, QAbstractButton, name).click()

    async def _ask(self, connection: Connection, request: Request, message: dict[str, Any]) -> None:
        await connection.stream()
        for question in self._messages:
            await connection.event(question)
        async with asyncio.timeout(30):
            await self._all_here.wait()
        await connection.event(text_of(message))
        await connection.end()

    async def _take(self, connection: Connection, request: Request, message: dict[str, Any]) -> None:
        self.answers[message["id"]] = message
        if len(self.answers) >= self._wanted:
            self._all_here.set()
        await connection.answer(202)


def test_a_flood_of_a_real_server_opens_one_dialog(qapp: QApplication, qtbot: QtBot, tmp_path: Path) -> None:
    flood = [elicitation(number) for number in range(MAX_WAITING + 20)]
    ask = {"jsonrpc": "2.0", "id": "s", "method": "sampling/createMessage", "params": {"messages": [], "maxTokens": 1}}

    async def scene() -> None:
        stage = Stage(qtbot, tmp_path, [*flood, ask], len(flood) + 1)

        async def act(session: Session) -> None:
            async with asyncio.TaskGroup() as group:
                call = group.create_task(session.call_tool("t", {}))
                await until(lambda: len(stage.answers) == 21, "the refusal of what is too much")
                assert stage.answers["s"]["error"] == {"code": -1, "message": TOO_MANY}
                stage.click("elicitationAccept")
                await until(lambda: 0 in stage.answers, "the first answer")
                stage.click("declineAll")
            assert call.result().ok

        await stage.play(act)
        assert stage.answers[0]["result"] == {"action": "accept", "content": {"n": "x"}}
        assert stage.answers[1]["result"] == {"action": "decline"}
        assert stage.dialogs() == []

    run_in_qt(qapp, scene())


def test_what_the_server_takes_back_leaves_the_screen(qapp: QApplication, qtbot: QtBot, tmp_path: Path) -> None:
    taken_back = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": "first"}}

    async def scene() -> None:
        stage = Stage(qtbot, tmp_path, [elicitation("first"), elicitation("second"), taken_back], 1)

        async def act(session: Session) -> None:
            async with asyncio.TaskGroup() as group:
                group.create_task(session.call_tool("t", {}))
                await until(lambda: stage.questions.length == 1 and stage.dialogs(), "the second question alone")
                stage.click("elicitationDecline")

        await stage.play(act)
        assert list(stage.answers) == ["second"]

    run_in_qt(qapp, scene())


def test_closing_the_connection_closes_its_questions(qapp: QApplication, qtbot: QtBot, tmp_path: Path) -> None:
    async def scene() -> None:
        stage = Stage(qtbot, tmp_path, [elicitation("first"), elicitation("second")], 0)
        stage._all_here.set()

        async def act(session: Session) -> None:
            await session.call_tool("t", {})
            await until(lambda: stage.questions.length == 2, "both questions")

        await stage.play(act)
        assert (stage.questions.length, stage.dialogs()) == (0, [])

    run_in_qt(qapp, scene())
