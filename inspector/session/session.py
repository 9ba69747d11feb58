"""A session with one server: what the window, the commands and the Python face are built on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from inspector.protocol import era
from inspector.protocol.detection import Detected
from inspector.protocol.era import TransportName
from inspector.protocol.lifecycle import Negotiated
from inspector.protocol.manifest import Manifest
from inspector.session.conversation import Conversation, one_by_one
from inspector.session.detect import open_channel
from inspector.session.failure import ConnectError
from inspector.session.inbox import OnLog
from inspector.session.laboratory import Laboratory
from inspector.session.link import Link
from inspector.session.options import Options
from inspector.session.requests import Requests
from inspector.session.ticker import Ticker
from inspector.trace.events import AnyEvent, ConnectionState, EndCause
from inspector.trace.river import River

if TYPE_CHECKING:
    from inspector.protocol.freshness import Freshness
    from inspector.protocol.tasks import TaskState
    from inspector.session.raw_exchange import RawReply, RawRequest

CLOSE_TIMEOUT_S = 2.0


class Session(Requests):
    """Connects on entering and disconnects on leaving; entering raises `ConnectError`.

    `detected` says what the server speaks and how that was found out. `laboratory` provokes faults on our own side of
    the wire.

    All requests return an `Answer` and never raise for what the server did.
    """

    def __init__(self, options: Options, river: River | None = None, number: int = 1) -> None:
        self._owns_river = river is None
        self.river = River() if river is None else river
        self.options = options
        link = Link(self.river, number, options)
        super().__init__(link, Conversation(link))
        self._group = asyncio.TaskGroup()
        self._ticker: asyncio.Task[None] | None = None
        self.laboratory = Laboratory(link, self._conversation)
        self.detected: Detected | None = None

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        self.link.use(self._group)
        self._ticker = self.link.spawn(Ticker(self.link, self._conversation).run(), "tick")
        try:
            self.detected = await open_channel(self._conversation)
        except BaseException as error:
            reason = error.sentence if isinstance(error, ConnectError) else "Stopped by the user."
            await self._shut_down(reason)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._shut_down("Closed by the user.")

    async def _shut_down(self, reason: str) -> None:
        """End the session in order: tell the server, lose what waits, stop every task, close the sockets."""
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_TIMEOUT_S):
                    await self._say_goodbye(reason)
        finally:
            self._conversation.channel = None
            for stream in tuple(self.link.streams):
                stream.stop(EndCause.CLOSED_BY_US, "We closed the session.")
            self.link.cancel_all()
            self._conversation.task_runs.wake_all()
            try:
                await self._group.__aexit__(None, None, None)
            finally:  # also when the waiting is cancelled, as by a user who does not want to wait
                self._conversation.calls.lose_all(reason)
                self.link.move(ConnectionState.CLOSED, reason)
                await self.link.http.aclose()
                if self._owns_river:
                    self.river.close()

    async def _say_goodbye(self, reason: str) -> None:
        self._conversation.calls.lose_all(reason)
        await self._conversation.say_farewell()
        if self._conversation.channel is not None:
            await self._conversation.channel.close()

    @property
    def state(self) -> ConnectionState:
        return self.link.state

    async def closed(self) -> None:
        """Until the session is over: closed by the user, or lost for good."""
        await self.link.closed.wait()

    @property
    def negotiated(self) -> Negotiated | None:
        """What the handshake settled, None on a raw stream."""
        return self._conversation.negotiated

    @property
    def transport(self) -> TransportName:
        channel = self._conversation.channel
        return channel.transport if channel else self.options.transport

    @property
    def session_id(self) -> str | None:
        """What the server named the session, None if it has no name for it."""
        return self._conversation.channel.session_id() if self._conversation.channel else None

    @property
    def is_stateless(self) -> bool:
        """Whether every request speaks for itself (2026-07-28)."""
        return self.negotiated is not None and era.is_stateless(self.negotiated.protocol_version)

    @property
    def rejected(self) -> Sequence[tuple[Any, str]]:
        """The tools that must not be called though they were listed, each with the reason (R45)."""
        channel = self._conversation.channel
        return channel.rejected if channel else ()

    @property
    def rejected_tools(self) -> dict[str, str]:
        """The same by name."""
        return {str(tool.get("name")): reason for tool, reason in self.rejected if isinstance(tool, dict)}

    def freshness(self, method: str, params: dict[str, Any] | None = None) -> Freshness | None:
        """How long the server says its latest answer to this request holds, None if it says nothing (R49)."""
        channel = self._conversation.channel
        return channel.freshness(method, params) if channel else None

    def on_notification(self, listener: Callable[[str, Any], None], on_log: OnLog | None = None) -> None:
        """Call `listener(method, params)` too for each notification that is no progress of ours.

        If `on_log` is given, it gets log entries instead: a list with the params of all that came together.
        """
        self._conversation.listeners.append(listener)
        self._conversation.log_listeners.append(on_log or one_by_one(listener))

    def on_stream_data(self, listener: Callable[[str, Any], None]) -> None:
        """Call `listener(tool, data)` too for what a tool stream sends on the way and is no number of progress."""
        self._conversation.data_listeners.append(listener)

    @property
    def manifest(self) -> Manifest | None:
        """What the manifest of a tool stream says, None if there is none."""
        return getattr(self._conversation.channel, "manifest", None)

    def on_task(self, listener: Callable[[str, TaskState], None]) -> None:
        """Call `listener(tool, state)` too whenever a task that a call of ours became is in another state."""
        self._conversation.task_runs.listeners.append(listener)

    async def exchange_raw(self, request: RawRequest) -> RawReply:
        """Send one HTTP request exactly as it is given, outside of the session, and read what comes to its end."""
        from inspector.session.raw_exchange import exchange_raw  # noqa: PLC0415 - seldom wanted

        return await exchange_raw(self.link, request)

    def events(self, since: int = 0) -> AsyncIterator[AnyEvent]:
        """The trace events from number `since` on, as they happen; the end of the session ends it.

        A river that was passed in may get more events from other sessions: then `River.close` ends it.
        """
        return self.river.follow(since)
