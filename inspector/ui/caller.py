"""Calls of tools: made, announced, counted, and told of as they go on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from inspector.protocol import deltas
from inspector.ui.batch import CANCELLED, Announcement, Batch
from inspector.ui.call_draft import CallDraft
from inspector.ui.said import Said
from inspector.ui.tasks import TaskScope
from inspector.ui.views.call_pane import CallView
from inspector.wire import jsontext

if TYPE_CHECKING:
    from inspector.protocol.peer import Progress
    from inspector.protocol.tasks import TaskState
    from inspector.session.calls import Answer
    from inspector.session.session import Session

NO_CONNECTION = CallView(False, sentence="There is no connection. Connect to a server first.")


class Caller(QObject):
    """Makes calls over the current session; every slot returns at once. `calls` keeps the figures of each."""

    call_started = Signal(str)
    call_progressed = Signal(float, object, str)
    call_said = Signal(list)
    """Texts that came while a call runs, in their order."""
    call_finished = Signal(object)
    answered = Signal(int)

    def __init__(self, session: Callable[[], Session | None], scope: TaskScope, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._scope = scope
        self._calls: set[asyncio.Task[None]] = set()
        self._announcements: set[Announcement] = set()
        self._said = Said(self._tell)
        self.calls: list[dict[str, Any]] = []
        self.latest: CallDraft | None = None
        """What was called last."""
        self.bad_answer: Answer | None = None

    def hear_log(self, entries: list[dict[str, Any]]) -> None:
        """What the server logs while a call runs belongs to its live text."""
        if self._calls:
            self._said.add_all(_entry_text, entries)

    def hear_data(self, tool: str, data: Any) -> None:
        """A tool stream brought a piece that is no number."""
        self._said.add(_data_text, data)

    def hear_task(self, tool: str, state: TaskState) -> None:
        """A call is a task now, or the task is in another state."""
        self._announce()
        self.call_progressed.emit(0.0, None, f"task {state.status}. {state.status_message}".strip())

    def call(self, draft: CallDraft) -> None:
        """Call a tool as often as the draft says."""
        self.latest = draft
        task = self._scope.start(self._call_many(draft), f"call {draft.tool}")
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)

    def call_many(self, tool: str, arguments: dict[str, Any], times: int, concurrency: int) -> None:
        """Call a tool `times` times, at most `concurrency` at once; the signals speak of each call."""
        self.call(CallDraft(tool, arguments, times=times, concurrency=concurrency))

    @property
    def is_calling(self) -> bool:
        """Whether a call is under way."""
        return bool(self._calls)

    def cancel_calls(self) -> None:
        """Stop waiting for every call and tell the server."""
        for task in tuple(self._calls):
            task.cancel()

    async def calls_done(self) -> None:
        """Until no call is under way."""
        while self._calls:
            await asyncio.wait(self._calls)

    async def _call_many(self, draft: CallDraft) -> None:
        """One call shows all it brings; of many, the window shows how far they are, and the last result."""
        announcement = Announcement(partial(self.call_started.emit, draft.tool))
        self._announcements.add(announcement)
        batch = Batch(draft.tool, draft.times)

        async def worker() -> None:
            for _ in batch.left:
                if not await self._call(batch, draft):
                    return

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(draft.concurrency, draft.times)):
                    group.create_task(worker())
        finally:
            self._announcements.discard(announcement)
            announcement.make()
            self._said.flush()
            self.call_finished.emit(batch.outcome())
            if batch.answer_n is not None:
                self.answered.emit(batch.answer_n)

    async def _call(self, batch: Batch, draft: CallDraft) -> bool:
        """False if there is no connection for this call, nor for the next."""
        view = batch.view = CANCELLED
        try:
            session = self._session()
            if session is None:
                view = batch.view = NO_CONNECTION
                return False
            on_progress = self._on_progress if batch.times == 1 else None
            answer = await session.call_tool(
                draft.tool,
                draft.arguments,
                timeout_s=draft.timeout_s,
                on_progress=on_progress,
                meta=draft.meta,
                as_task=draft.as_task,
                with_progress=draft.with_progress,
            )
            view, batch.answer_n = _view(answer), answer.answer_n
            batch.count(view)
            if not answer.ok:
                self.bad_answer = self.bad_answer or answer
        finally:
            self._record(batch.tool, view)
        if batch.is_due():
            self._announce()
            self.call_progressed.emit(float(batch.done), float(batch.times), f"{batch.done:g} of {batch.times:g} calls")
        return True

    def _tell(self, texts: list[str]) -> None:
        self._announce()
        self.call_said.emit(texts)

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

    def _on_progress(self, progress: Progress) -> None:
        self._announce()
        self.call_progressed.emit(progress.progress, progress.total, progress.message)


def _view(answer: Answer) -> CallView:
    notes = (f"The server asked back {answer.rounds} times before it answered.",) if answer.rounds > 1 else ()
    if answer.rounds == 1:
        notes = ("The server asked back once before it answered.",)
    return CallView(answer.ok, answer.result, answer.error, answer.sentence, answer.rtt_ms, answer.events, notes=notes)


def _data_text(data: Any) -> str:
    """What a piece of a tool stream adds to the live text."""
    piece = "" if isinstance(data, str) else deltas.text_of(data)
    return piece or _log_text(data)


def _entry_text(entry: dict[str, Any]) -> str:
    return _log_text(entry.get("data"))


def _log_text(data: Any) -> str:
    """What a log notification adds to the live text: streamed pieces bring their own white space, lines do not."""
    words = data if isinstance(data, str) else jsontext.dumps(data).decode()
    return words if words[-1:].isspace() else f"{words}\n"
