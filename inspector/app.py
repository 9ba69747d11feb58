"""Application and event loop: paints the window first, then brings in everything else.

What a person waits for is the window; asyncio, the panes and httpx are loaded once it stands.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Coroutine
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
    if wanted.open is not None:
        return _open(application, wanted)
    window = MainWindow()
    window.show()
    application.processEvents(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents)
    painted_at_s = time.monotonic()
    from inspector.workbench import Workbench  # noqa: PLC0415 - the window is painted first

    return _run_loop(application, lambda: Workbench(window, wanted, painted_at_s).run())


def _open(application: QApplication, wanted: WindowArguments) -> int:
    """A recording instead of a server."""
    from inspector.offline import Offline, OpenFailed, open_window  # noqa: PLC0415 - only for this

    try:
        window = open_window(wanted)
    except OpenFailed as error:
        sys.stderr.write(f"{arguments.PROGRAM}: {error}\n")
        return arguments.EXIT_USAGE
    return _run_loop(application, lambda: Offline(window, wanted).run())


def _run_loop(application: QApplication, work: Callable[[], Coroutine[None, None, int]]) -> int:
    import asyncio  # noqa: PLC0415 - the window is painted first

    import qasync  # noqa: PLC0415

    from inspector.ui.generators import GeneratorScope  # noqa: PLC0415

    async def watched() -> int:
        async with GeneratorScope():
            return await work()

    with asyncio.Runner(loop_factory=lambda: qasync.QEventLoop(application)) as runner:
        runner.get_loop().set_exception_handler(_on_loop_exception)
        return runner.run(watched())


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
