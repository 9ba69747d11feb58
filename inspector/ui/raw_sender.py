"""Sends what the raw composer drew up, over the connection if there is one, else by itself."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from inspector.trace.river import River
from inspector.ui.controller import Controller
from inspector.ui.raw_drafts import RawDraft
from inspector.ui.tasks import TaskScope

if TYPE_CHECKING:
    from inspector.session.link import Link
    from inspector.session.stream import Stream

STOPPED = "Stopped by the user."


class RawSender(QObject):
    """One exchange at a time; its rows appear in the timeline like all others."""

    started = Signal(int)
    replied = Signal(object)
    failed = Signal(str)

    def __init__(self, controller: Controller, river: River, scope: TaskScope) -> None:
        super().__init__(controller)
        self._controller = controller
        self._river = river
        self._scope = scope
        self._task: asyncio.Task[None] | None = None
        self._stream: Stream | None = None

    def send(self, draft: RawDraft) -> None:
        """Send it now; one that still runs is stopped."""
        self.stop()
        self._task = self._scope.start(self._send(draft), "raw request")

    @property
    def is_sending(self) -> bool:
        """Whether an exchange is under way."""
        return self._task is not None and not self._task.done()

    def stop(self) -> None:
        """End the exchange: what came until now is the reply."""
        from inspector.trace.events import EndCause  # noqa: PLC0415 - only once something was sent

        if self._stream is not None:
            self._stream.stop(EndCause.CLOSED_BY_US, STOPPED)
        elif self._task is not None:
            self._task.cancel()

    async def _send(self, draft: RawDraft) -> None:
        from inspector.session.link import Link  # noqa: PLC0415 - httpx is loaded when it is needed
        from inspector.session.options import Options  # noqa: PLC0415

        session = self._controller.session
        if session is not None:
            await self._exchange(session.link, draft)
            return
        link = Link(self._river, self._controller.next_number(), Options(draft.url))
        async with asyncio.TaskGroup() as group:
            link.use(group)
            try:
                await self._exchange(link, draft)
            finally:
                await link.http.aclose()

    async def _exchange(self, link: Link, draft: RawDraft) -> None:
        from inspector.session.raw_exchange import RawRequest, exchange_raw  # noqa: PLC0415 - as above

        request = RawRequest(draft.method, draft.url, draft.sent_headers, draft.body_bytes)
        try:
            reply = await exchange_raw(link, request, self._begun)
            self.replied.emit(reply)
        except asyncio.CancelledError:
            self.failed.emit(STOPPED)
            raise
        finally:
            self._stream = None

    def _begun(self, stream: Stream) -> None:
        self._stream = stream
        self.started.emit(stream.number)
