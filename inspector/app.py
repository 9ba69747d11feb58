"""Application and event loop: paints the window first, then brings in everything else.

What a person waits for is the window; asyncio, the panes and httpx are loaded once it stands.
"""

from __future__ import annotations

import logging
import sys
import time
from types import TracebackType

from PySide6.QtCore import QEventLoop, QMessageLogContext, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from inspector import arguments
from inspector.arguments import WindowArguments
from inspector.ui import theme
from inspector.ui.main_window import MainWindow

log = logging.getLogger(__name__)


def run(wanted: WindowArguments) -> int:
    """Open the window, do what the command line asks, and return the exit code once the window is closed."""
    application = QApplication.instance() or QApplication([arguments.PROGRAM])
    assert isinstance(application, QApplication)  # noqa: S101 - the only kind we make
    application.setApplicationDisplayName("SSE MCP Inspector")
    application.setQuitOnLastWindowClosed(False)
    theme.apply(application)
    application.styleHints().colorSchemeChanged.connect(lambda: theme.apply(application))
    qInstallMessageHandler(_on_qt_message)
    sys.excepthook = _on_exception
    window = MainWindow()
    window.show()
    application.processEvents(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents)
    return _run_loop(application, window, wanted, time.monotonic())


def _run_loop(application: QApplication, window: MainWindow, wanted: WindowArguments, painted_at_s: float) -> int:
    import asyncio  # noqa: PLC0415 - the window is painted first

    import qasync  # noqa: PLC0415

    from inspector.workbench import Workbench  # noqa: PLC0415

    with asyncio.Runner(loop_factory=lambda: qasync.QEventLoop(application)) as runner:
        runner.get_loop().set_exception_handler(_on_loop_exception)
        return runner.run(Workbench(window, wanted, painted_at_s).run())


def _on_qt_message(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
    if "propagateSizeHints" in message:
        return  # the offscreen plug-in says so of every window
    level = {QtMsgType.QtDebugMsg: logging.DEBUG, QtMsgType.QtInfoMsg: logging.INFO}.get(kind, logging.WARNING)
    log.log(level, "Qt: %s", message)


def _on_exception(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    log.error("A bug of the inspector", exc_info=(kind, error, traceback))


def _on_loop_exception(loop: object, context: dict[str, object]) -> None:
    error = context.get("exception")
    log.error(
        "A bug of the inspector: %s", context.get("message"), exc_info=error if isinstance(error, Exception) else None
    )
