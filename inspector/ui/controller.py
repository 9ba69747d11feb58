"""What the window does when its user acts: connects, lists tools, calls them. Knows the session; draws nothing."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from importlib import import_module
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from inspector.trace.river import River
from inspector.ui.caller import Caller
from inspector.ui.catalog import Catalog
from inspector.ui.collector import MainThreadCollector
from inspector.ui.qt_types import make_types
from inspector.ui.tasks import TaskScope

if TYPE_CHECKING:
    from inspector.session.failure import ConnectError
    from inspector.session.options import Options
    from inspector.session.session import Session


PRELOADED = ("inspector.session.session", "httpcore", "anyio._backends._asyncio", "jsonschema")
"""What would otherwise be imported by the first request and the first form, while the window stands still."""
WRAPPERS_OF_QT = ("qtpy.QtCore", "qtpy.QtGui", "qtpy.QtWidgets", "qtawesome")
"""What the first form needs too, and no thread may import: see `ui/qt_types.py`."""


class Controller(QObject):
    """One connection at a time. Every slot returns at once; the work is a task of the scope."""

    connecting = Signal()
    connected = Signal()
    failed = Signal(str)
    noted = Signal(str)
    notified = Signal(str, object)
    disconnected = Signal()

    def __init__(self, river: River, scope: TaskScope, parent: QObject | None = None) -> None:
        super().__init__(parent)
        MainThreadCollector(self)
        self._river = river
        self.scope = scope
        self._number = 0
        self._connection: asyncio.Task[None] | None = None
        self.session: Session | None = None
        self.remembers = True
        self.catalog = Catalog(lambda: self.session, scope, river.clock, self)
        self.caller = Caller(lambda: self.session, scope, self)
        self.error: str | None = None
        self.connect_error: ConnectError | None = None
        self.connect_ms: float | None = None
        self.tools_ms: float | None = None

    @staticmethod
    async def preload() -> None:
        """Import what connecting and the first form need, in a thread or in steps, so that the painting goes on."""
        for name in PRELOADED:
            await asyncio.get_running_loop().run_in_executor(None, import_module, name)
        await make_types()
        for name in WRAPPERS_OF_QT:
            import_module(name)
            await asyncio.sleep(0)

    def connect_to(self, options: Options) -> None:
        """Connect, ending the connection before; `failed` says why not."""
        number = self.next_number()
        self._connection = self.scope.start(self._run(options, number, self._connection), "connection")
        # Said once the task is over, even if it was cancelled before it began: `is_active` is to be true to it.
        self._connection.add_done_callback(lambda _: self.disconnected.emit())

    def next_number(self) -> int:
        """The number of a new connection in the river."""
        self._number += 1
        return self._number

    def disconnect_now(self) -> None:
        """End the connection, or the attempt at one."""
        if self._connection is not None:
            self._connection.cancel()

    @property
    def is_active(self) -> bool:
        return self._connection is not None and not self._connection.done()

    async def _run(self, options: Options, number: int, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            before.cancel()
            await asyncio.gather(before, return_exceptions=True)
        await self.preload()
        from inspector.session.failure import ConnectError  # noqa: PLC0415 - httpx is loaded after the window stands
        from inspector.session.session import Session  # noqa: PLC0415

        self.error = self.connect_error = None
        self.connecting.emit()
        started_ns = perf_counter_ns()
        session = Session(self._with_memory(options), self._river, number)
        session.on_notification(self._on_notification, self.caller.hear_log)
        session.on_stream_data(self.caller.hear_data)
        session.on_task(self.caller.hear_task)
        try:
            async with session:
                self.session = session
                self.connect_ms = (perf_counter_ns() - started_ns) / 1e6
                await self.catalog.start()
                self.tools_ms = (perf_counter_ns() - started_ns) / 1e6 - self.connect_ms
                self.connected.emit()
                await session.closed()
        except ConnectError as error:
            self.error, self.connect_error = error.sentence, error
            self.failed.emit(error.sentence)
        finally:
            self.session = None
            self.catalog.forget()

    def _with_memory(self, options: Options) -> Options:
        """What was found out and agreed upon the last time, unless this run shall leave nothing behind."""
        if not self.remembers:
            return options
        from inspector.session.credential_store import KeyringStore  # noqa: PLC0415 - after the window stands
        from inspector.session.verdicts import FileVerdicts, default_path  # noqa: PLC0415

        credentials = KeyringStore(options.url, self.noted.emit) if options.auth is not None else None
        return replace(options, verdicts=FileVerdicts(default_path()), credentials=credentials)

    def _on_notification(self, method: str, params: Any) -> None:
        self.catalog.hear(method, params)
        self.notified.emit(method, params)

    def set_log_level(self, level: str) -> None:
        """What the server shall log from now on; a refusal is shown like every other answer."""
        if self.session is not None:
            self.scope.start(self.session.set_log_level(level), "set log level")

    def tell_roots_changed(self) -> None:
        """The user has other roots now."""
        if self.session is not None:
            self.scope.start(self.session.notify_roots_changed(), "tell roots")
