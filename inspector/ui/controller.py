"""What the window does when its user acts: connects, lists tools, calls them. Knows the session; draws nothing."""

from __future__ import annotations

import asyncio
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from inspector.trace.river import River
from inspector.ui.tasks import TaskScope
from inspector.ui.views.call_pane import CallView

if TYPE_CHECKING:
    from inspector.protocol.peer import Progress
    from inspector.session.calls import Answer
    from inspector.session.options import Options
    from inspector.session.session import Session


class Controller(QObject):
    """One connection at a time. Every slot returns at once; the work is a task of the scope."""

    connecting = Signal()
    connected = Signal()
    tools_listed = Signal(object)
    """The tools, or None while there is no connection."""
    failed = Signal(str)
    disconnected = Signal()
    call_started = Signal(str)
    call_progressed = Signal(float, object, str)
    call_said = Signal(str)
    call_finished = Signal(object)
    answered = Signal(int)
    resource_read = Signal(object)
    """The contents of a resource, in the shape of a tool's result."""

    def __init__(self, river: River, scope: TaskScope, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._river = river
        self._scope = scope
        self._number = 0
        self._connection: asyncio.Task[None] | None = None
        self._calls: set[asyncio.Task[None]] = set()
        self.session: Session | None = None
        self.calls: list[dict[str, Any]] = []
        self.error: str | None = None
        self.connect_ms: float | None = None
        self.tools_ms: float | None = None

    def connect_to(self, options: Options) -> None:
        """Connect, ending the connection before; `failed` says why not."""
        self._number += 1
        self._connection = self._scope.start(self._run(options, self._number, self._connection), "connection")
        # Said once the task is over, even if it was cancelled before it began: `is_active` is to be true to it.
        self._connection.add_done_callback(lambda _: self.disconnected.emit())

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
        from inspector.session.failure import ConnectError  # noqa: PLC0415 - httpx is loaded after the window stands
        from inspector.session.session import Session  # noqa: PLC0415

        self.error = None
        self.connecting.emit()
        started_ns = perf_counter_ns()
        session = Session(options, self._river, number)
        session.on_notification(self._on_notification)
        try:
            async with session:
                self.session = session
                self.connect_ms = (perf_counter_ns() - started_ns) / 1e6
                await self._list_tools()
                self.connected.emit()
                await session.closed()
        except ConnectError as error:
            self.error = error.sentence
            self.failed.emit(error.sentence)
        finally:
            self.session = None
            self.tools_listed.emit(None)

    async def _list_tools(self) -> None:
        session = self.session
        if session is None or session.negotiated is None:
            return
        if "tools" not in session.negotiated.capabilities:
            self.tools_listed.emit([])
            return
        started_ns = perf_counter_ns()
        answer = await session.list_tools()
        self.tools_ms = (perf_counter_ns() - started_ns) / 1e6
        self.tools_listed.emit(answer.result["tools"] if answer.ok else [])

    def _on_notification(self, method: str, params: Any) -> None:
        if method == "notifications/tools/list_changed":
            self._scope.start(self._list_tools(), "list tools")
        elif method == "notifications/message" and self._calls and isinstance(params, dict):
            self.call_said.emit(_log_text(params.get("data")))

    def call(self, tool: str, arguments: dict[str, Any]) -> None:
        """Call a tool once."""
        self.call_many(tool, arguments, 1, 1)

    def call_many(self, tool: str, arguments: dict[str, Any], times: int, concurrency: int) -> None:
        """Call a tool `times` times, at most `concurrency` at once; the signals speak of each call."""
        task = self._scope.start(self._call_many(tool, arguments, times, concurrency), f"call {tool}")
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)

    def cancel_calls(self) -> None:
        """Stop waiting for every call and tell the server."""
        for task in tuple(self._calls):
            task.cancel()

    async def calls_done(self) -> None:
        """Until no call is under way."""
        while self._calls:
            await asyncio.wait(self._calls)

    async def _call_many(self, tool: str, arguments: dict[str, Any], times: int, concurrency: int) -> None:
        left = iter(range(times))

        async def worker() -> None:
            for _ in left:
                await self._call(tool, arguments)

        async with asyncio.TaskGroup() as group:
            for _ in range(min(concurrency, times)):
                group.create_task(worker())

    async def _call(self, tool: str, arguments: dict[str, Any]) -> None:
        self.call_started.emit(tool)
        if self.session is None:
            self._finish(tool, CallView(False, sentence="There is no connection. Connect to a server first."))
            return
        try:
            answer = await self.session.call_tool(tool, arguments, on_progress=self._on_progress)
        except asyncio.CancelledError:
            self._finish(tool, CallView(False, sentence="Cancelled. The server was told."))
            raise
        self._finish(tool, _view(answer))
        if answer.answer_n is not None:
            self.answered.emit(answer.answer_n)

    def read_resource(self, uri: str) -> None:
        """Read a resource that a result links to."""
        self._scope.start(self._read_resource(uri), f"read {uri}")

    async def _read_resource(self, uri: str) -> None:
        if self.session is None:
            return
        answer = await self.session.read_resource(uri)
        contents = answer.result.get("contents") if answer.ok and isinstance(answer.result, dict) else None
        if isinstance(contents, list):
            self.resource_read.emit({"content": [{"type": "resource", "resource": item} for item in contents]})
        else:
            text = f"{uri} cannot be read. {answer.sentence}"
            self.resource_read.emit({"isError": True, "content": [{"type": "text", "text": text}]})

    def _on_progress(self, progress: Progress) -> None:
        self.call_progressed.emit(progress.progress, progress.total, progress.message)

    def _finish(self, tool: str, view: CallView) -> None:
        error = view.error if view.error is not None else (view.sentence or None)
        self.calls.append(
            {
                "tool": tool,
                "ok": view.ok,
                "rtt_ms": view.rtt_ms,
                "events": view.events,
                "error": None if view.ok else error,
            }
        )
        self.call_finished.emit(view)


def _view(answer: Answer) -> CallView:
    return CallView(answer.ok, answer.result, answer.error, answer.sentence, answer.rtt_ms, answer.events)


def _log_text(data: Any) -> str:
    """What a log notification adds to the live text: streamed pieces bring their own white space, lines do not."""
    from inspector.wire import jsontext  # noqa: PLC0415 - only while a call runs

    words = data if isinstance(data, str) else jsontext.dumps(data).decode()
    return words if words[-1:].isspace() else f"{words}\n"
