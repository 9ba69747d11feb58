"""Coroutines inside a Qt loop, as in the program."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import qasync
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication

from inspector.ui.generators import GeneratorScope

PATIENCE_S = 30.0
POLL_S = 0.01


async def until(condition: Callable[[], object], what: str) -> None:
    """Let the widgets live until the condition holds."""
    deadline_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline_s, f"waited in vain: {what}"
        await asyncio.sleep(POLL_S)


def run_in_qt(application: QApplication, work: Awaitable[None]) -> None:
    """Run in a Qt loop of its own; a task that is left behind is a bug."""

    async def bounded() -> None:
        async with GeneratorScope(), asyncio.timeout(3 * PATIENCE_S):
            await work
        assert asyncio.all_tasks() - {asyncio.current_task()} == set()

    before = application.quitOnLastWindowClosed()
    application.setQuitOnLastWindowClosed(False)
    try:
        with asyncio.Runner(loop_factory=lambda: qasync.QEventLoop(application)) as runner:
            runner.run(bounded())
    finally:
        application.setQuitOnLastWindowClosed(before)
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
