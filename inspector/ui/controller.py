"""What the window does when its user acts: connects, lists tools, calls them. Knows the session; draws nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from importlib import import_module
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from inspector.trace.river import River
from inspector.ui.call_draft import CallDraft
from inspector.ui.collector import MainThreadCollector
from inspector.ui.tasks import TaskScope
from inspector.ui.views.call_pane import CallView

if TYPE_CHECKING:
    from inspector.protocol.peer import Progress
    from inspector.session.calls import Answer
    from inspector.session.failure import ConnectError
    from inspector.session.options import Options
    from inspector.session.session import Session


PRELOADED = ("inspector.session.session", "httpcore", "anyio._backends._asyncio", "jsonschema")
"""What would otherwise be imported by the first request and the first form, while the window stands still."""
ANNOUNCE_S = 0.03
SHOW_EVERY_NS = 100_000_000
NO_CONNECTION = CallView(False, sentence="There is no connection. Connect to a server first.")
CANCELLED = CallView(False, sentence="Cancelled. The server was told.", cancelled=True)


class _Announcement:
    """Says that a call has begun, a moment late: painting would hold up the reading of an answer that comes at once."""

    def __init__(self, say: Callable[[], None]) -> None:
        self._say: Callable[[], None] | None = say
        self._timer = asyncio.get_running_loop().call_later(ANNOUNCE_S, self.make)

    def make(self) -> None:
        """Say it now, if it has not been said."""
        self._timer.cancel()
        say, self._say = self._say, None
        if say is not None:
            say()


class _Batch:
    """Calls of one tool: how many are left, and what the latest came to."""

    def __init__(self, tool: str, times: int) -> None:
        self.tool = tool
        self.times = times
        self.left = iter(range(times))
        self.done = 0
        self.view = CANCELLED
        self.answer_n: int | None = None
        self._shown_ns = perf_counter_ns()

    def is_due(self) -> bool:
        """Count a call; True about ten times a second, for showing how far the batch is."""
        self.done += 1
        if self.times == 1 or perf_counter_ns() - self._shown_ns < SHOW_EVERY_NS:
            return False
        self._shown_ns = perf_counter_ns()
        return True


RAW_STREAM = "A raw event stream has no tools. All that it sends is in the timeline."
NO_CAPABILITY = "This server offers no tools: it does not declare the capability."


class Controller(QObject):
    """One connection at a time. Every slot returns at once; the work is a task of the scope."""

    connecting = Signal()
    connected = Signal()
    tools_listed = Signal(object, str)
    """The tools, or None while there is no connection; and why there are none."""
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
        MainThreadCollector(self)
        self._river = river
        self._scope = scope
        self._number = 0
        self._connection: asyncio.Task[None] | None = None
        self._calls: set[asyncio.Task[None]] = set()
        self._announcements: set[_Announcement] = set()
        self.session: Session | None = None
        self.calls: list[dict[str, Any]] = []
        self.error: str | None = None
        self.connect_error: ConnectError | None = None
        self.bad_answer: Answer | None = None
        self.connect_ms: float | None = None
        self.tools_ms: float | None = None

    @staticmethod
    async def preload() -> None:
        """Import what connecting and the first form need in a thread, so that the painting goes on."""
        for name in PRELOADED:
            await asyncio.get_running_loop().run_in_executor(None, import_module, name)

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
        await self.preload()
        from inspector.session.failure import ConnectError  # noqa: PLC0415 - httpx is loaded after the window stands
        from inspector.session.session import Session  # noqa: PLC0415

        self.error = self.connect_error = None
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
            self.error, self.connect_error = error.sentence, error
            self.failed.emit(error.sentence)
        finally:
            self.session = None
            self.tools_listed.emit(None, "")

    async def _list_tools(self) -> None:
        session = self.session
        if session is None:
            return
        if session.negotiated is None:
            self.tools_listed.emit([], RAW_STREAM)
            return
        if "tools" not in session.negotiated.capabilities:
            self.tools_listed.emit([], NO_CAPABILITY)
            return
        started_ns = perf_counter_ns()
        answer = await session.list_tools()
        self.tools_ms = (perf_counter_ns() - started_ns) / 1e6
        if answer.ok:
            self.tools_listed.emit(answer.result["tools"], "This server offers no tools.")
        else:
            self.tools_listed.emit([], f"The tools cannot be listed. {answer.sentence}")

    def _on_notification(self, method: str, params: Any) -> None:
        if method == "notifications/tools/list_changed":
            self._scope.start(self._list_tools(), "list tools")
        elif method == "notifications/message" and self._calls and isinstance(params, dict):
            self._announce()
            self.call_said.emit(_log_text(params.get("data")))

    def call(self, draft: CallDraft) -> None:
        """Call a tool once."""
        self._start_calls(draft, 1, 1)

    def call_many(self, tool: str, arguments: dict[str, Any], times: int, concurrency: int) -> None:
        """Call a tool `times` times, at most `concurrency` at once; the signals speak of each call."""
        self._start_calls(CallDraft(tool, arguments), times, concurrency)

    def _start_calls(self, draft: CallDraft, times: int, concurrency: int) -> None:
        task = self._scope.start(self._call_many(draft, times, concurrency), f"call {draft.tool}")
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

    async def _call_many(self, draft: CallDraft, times: int, concurrency: int) -> None:
        """One call shows all it brings; of many, the window shows how far they are, and the last result."""
        announcement = _Announcement(partial(self.call_started.emit, draft.tool))
        self._announcements.add(announcement)
        batch = _Batch(draft.tool, times)

        async def worker() -> None:
            for _ in batch.left:
                await self._call(batch, draft)

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(concurrency, times)):
                    group.create_task(worker())
        finally:
            self._announcements.discard(announcement)
            announcement.make()
            self.call_finished.emit(batch.view)
            if batch.answer_n is not None:
                self.answered.emit(batch.answer_n)

    async def _call(self, batch: _Batch, draft: CallDraft) -> None:
        batch.view = CANCELLED
        try:
            if self.session is None:
                batch.view = NO_CONNECTION
                return
            on_progress = self._on_progress if batch.times == 1 else None
            answer = await self.session.call_tool(
                draft.tool,
                draft.arguments,
                timeout_s=draft.timeout_s,
                on_progress=on_progress,
                meta=draft.meta,
                as_task=draft.as_task,
                with_progress=draft.with_progress,
            )
            batch.view, batch.answer_n = _view(answer), answer.answer_n
            if not answer.ok:
                self.bad_answer = self.bad_answer or answer
        finally:
            self._record(batch.tool, batch.view)
        if batch.is_due():
            self._announce()
            self.call_progressed.emit(float(batch.done), float(batch.times), f"{batch.done} of {batch.times} calls")

    def _announce(self) -> None:
        for announcement in self._announcements:
            announcement.make()

    def _record(self, tool: str, view: CallView) -> None:
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
        self._announce()
        self.call_progressed.emit(progress.progress, progress.total, progress.message)


def _view(answer: Answer) -> CallView:
    return CallView(answer.ok, answer.result, answer.error, answer.sentence, answer.rtt_ms, answer.events)


def _log_text(data: Any) -> str:
    """What a log notification adds to the live text: streamed pieces bring their own white space, lines do not."""
    from inspector.wire import jsontext  # noqa: PLC0415 - only while a call runs

    words = data if isinstance(data, str) else jsontext.dumps(data).decode()
    return words if words[-1:].isspace() else f"{words}\n"
