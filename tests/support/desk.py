"""The assembled window with everything behind it, and the hands of a user."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import qasync
from PySide6.QtCore import QCoreApplication, QEvent, QModelIndex, QObject, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QLabel,
    QLineEdit,
    QListView,
    QTableView,
    QTabWidget,
)

from inspector.record.recorder import Recorder
from inspector.trace.events import Message, MessageType
from inspector.trace.river import River
from inspector.ui.controller import Controller
from inspector.ui.folds import Folds
from inspector.ui.frame_meter import FrameMeter
from inspector.ui.generators import GeneratorScope
from inspector.ui.main_window import STATE_MS, MainWindow
from inspector.ui.raw_sender import RawSender
from inspector.ui.tasks import TaskScope
from tests.support.qt_loop import PATIENCE_S, until

O = TypeVar("O", bound=QObject)  # noqa: E741


class Desk:
    """The window with everything behind it, and the hands of a user."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.river = River()
        self.recorder = Recorder(self.river)
        self.scope = TaskScope()
        self.controller = Controller(self.river, self.scope)
        self.controller.remembers = False
        self.folds = Folds(self.river)
        self.meter = FrameMeter()
        self.raw_sender = RawSender(self.controller, self.river, self.scope)
        self.window = MainWindow()

    def open(self) -> None:
        self.window.show()
        self.window.furnish(self.recorder, self.controller, self.folds, self.meter, self.raw_sender)
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

    async def click(self, name: str) -> None:
        """Press a button, once it is there and can be pressed."""
        await until(lambda: self.window.findChild(QAbstractButton, name), name)
        button = self.child(QAbstractButton, name)
        await until(lambda: button.isVisible() and button.isEnabled(), f"{name} to be usable")
        button.click()

    def show_tab(self, title: str, tabs: str = "workTabs") -> None:
        """Bring the tab of that title to the front."""
        box = self.child(QTabWidget, tabs)
        titles = [f"{box.tabText(place)} " for place in range(box.count())]  # a badge may follow
        box.setCurrentIndex(next(place for place, shown in enumerate(titles) if shown.startswith(f"{title} ")))

    async def choose(self, list_name: str, name: str) -> None:
        """Click on the entry of that name in a list on the left, once it is there."""
        view = self.child(QListView, list_name)

        def names() -> list[str]:
            return [str(view.model().index(row, 0).data()) for row in range(view.model().rowCount())]

        await until(lambda: name in names(), name)
        await click_on(view, view.model().index(names().index(name), 0))

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

        def rows() -> list[int]:
            return [row for row in range(model.rowCount()) if model.index(row, 0).data(Qt.ItemDataRole.UserRole) == n]

        await until(rows, f"the row of #{n}")
        assert len(rows()) == 1
        await click_on(view, model.index(rows()[0], 1))
        await until(lambda: f"<b>#{n:,} " in self.text("detailTitle"), "the detail")


async def click_on(view: QAbstractItemView, index: QModelIndex) -> None:
    view.scrollTo(index)
    await until(lambda: view.viewport().rect().contains(view.visualRect(index).center()), "the row to be in sight")
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view.visualRect(index).center())


@asynccontextmanager
async def open_desk(url: str = "") -> AsyncIterator[Desk]:
    """A desk, open until the end of the block."""
    desk = Desk(url)
    desk.open()
    try:
        yield desk
    finally:
        await desk.close()


def run(application: QApplication, work: Awaitable[None]) -> None:
    """Run in a Qt loop of its own; a task that is left behind is a bug."""

    async def bounded() -> None:
        async with GeneratorScope(), asyncio.timeout(3 * PATIENCE_S):
            await work
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert left == set()

    with asyncio.Runner(loop_factory=lambda: qasync.QEventLoop(application)) as runner:
        runner.run(bounded())


def on_desk(test: Callable[[Desk], Awaitable[None]]) -> Callable[[QApplication, str], None]:
    """Make a coroutine that takes an open desk a test."""

    def sit_down(application: QApplication, demo_url: str) -> None:
        async def sitting() -> None:
            async with open_desk(demo_url) as desk:
                await test(desk)

        run(application, sitting())

    functools.update_wrapper(sit_down, test)
    del sit_down.__wrapped__  # type: ignore[attr-defined]  # pytest would read the parameters of the coroutine
    return sit_down
