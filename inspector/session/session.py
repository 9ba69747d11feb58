"""A session with one server: what the window, the commands and the Python face are built on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from inspector.protocol.breach import Breach, Severity
from inspector.protocol.era import TransportName
from inspector.protocol.lifecycle import Negotiated
from inspector.protocol.peer import Progress
from inspector.session.calls import Answer
from inspector.session.conversation import Conversation
from inspector.session.detect import open_channel
from inspector.session.failure import ConnectError
from inspector.session.link import Link
from inspector.session.options import Options
from inspector.session.stream import Stream
from inspector.trace.events import AnyEvent, ConnectionState, EndCause
from inspector.trace.river import River

TICK_S = 0.1
ALIVE_EVERY_TICKS = 4
CLOSE_TIMEOUT_S = 2.0
MAX_PAGES = 1000


class Session:
    """Connects on entering and disconnects on leaving; entering raises `ConnectError`.

    All requests return an `Answer` and never raise for what the server did.
    """

    def __init__(self, options: Options, river: River | None = None, number: int = 1) -> None:
        self._owns_river = river is None
        self.river = River() if river is None else river
        self.options = options
        self.link = Link(self.river, number, options)
        self._conversation = Conversation(self.link)
        self._group = asyncio.TaskGroup()
        self._ticker: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        self.link.use(self._group)
        self._ticker = self.link.spawn(self._tick(), "tick")
        try:
            await open_channel(self._conversation)
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
            await self._group.__aexit__(None, None, None)
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

    def on_notification(self, listener: Callable[[str, Any], None]) -> None:
        """Call `listener(method, params)` for each notification that is no progress of ours."""
        self._conversation.on_notification = listener

    def events(self, since: int = 0) -> AsyncIterator[AnyEvent]:
        """The trace events from number `since` on, as they happen; the end of the session ends it.

        A river that was passed in may get more events from other sessions: then `River.close` ends it.
        """
        return self.river.follow(since)

    async def request(
        self,
        method: str,
        params: dict[str, Any] | None = None,
        *,
        timeout_s: float | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        with_progress: bool = False,
    ) -> Answer:
        """Send any request. `timeout_s` overrides the option; cancelling the caller cancels the request."""
        return await self._conversation.request(
            method, params, timeout_s=timeout_s, on_progress=on_progress, with_progress=with_progress
        )

    async def notify(self, method: str, params: dict[str, Any] | None = None) -> None:
        await self._conversation.notify(method, params)

    async def list_all(self, method: str, key: str) -> Answer:
        """All pages of a list (R5): `result[key]` holds the items of every page.

        A cursor that comes back, or more than 1000 pages, ends the loop with a finding; what came until then is kept.
        """
        items: list[Any] = []
        cursors: set[str] = set()
        params: dict[str, Any] | None = None
        while True:
            answer = await self.request(method, params)
            if not answer.ok or not isinstance(answer.result, dict):
                return answer
            page = answer.result.get(key)
            items.extend(page if isinstance(page, list) else [])
            cursor = answer.result.get("nextCursor")
            if not isinstance(cursor, str):
                return _with_items(answer, key, items)
            if cursor in cursors or len(cursors) >= MAX_PAGES:
                self._report_loop(method, cursor, answer)
                return _with_items(answer, key, items)
            cursors.add(cursor)
            params = {"cursor": cursor}

    def _report_loop(self, method: str, cursor: str, answer: Answer) -> None:
        text = f"{method} gave the cursor {cursor[:60]!r} a second time, or too many pages; we stopped asking."
        breach = Breach("pagination-loop", Severity.ERROR, text, "Omit nextCursor on the last page.", "R5")
        self.link.report(breach, about_n=answer.answer_n)

    async def list_tools(self) -> Answer:
        return await self.list_all("tools/list", "tools")

    async def list_resources(self) -> Answer:
        return await self.list_all("resources/list", "resources")

    async def list_resource_templates(self) -> Answer:
        return await self.list_all("resources/templates/list", "resourceTemplates")

    async def list_prompts(self) -> Answer:
        return await self.list_all("prompts/list", "prompts")

    async def call_tool(
        self,
        name: str,
        arguments: dict[str, Any] | None = None,
        *,
        timeout_s: float | None = None,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> Answer:
        """Call a tool, asking for progress; the answer's `result` is the CallToolResult as it came."""
        params = {"name": name, "arguments": arguments or {}}
        return await self.request(
            "tools/call", params, timeout_s=timeout_s, on_progress=on_progress, with_progress=True
        )

    async def read_resource(self, uri: str) -> Answer:
        return await self.request("resources/read", {"uri": uri})

    async def subscribe(self, uri: str) -> Answer:
        return await self.request("resources/subscribe", {"uri": uri})

    async def unsubscribe(self, uri: str) -> Answer:
        return await self.request("resources/unsubscribe", {"uri": uri})

    async def get_prompt(self, name: str, arguments: dict[str, str] | None = None) -> Answer:
        return await self.request("prompts/get", {"name": name, "arguments": arguments or {}})

    async def complete(self, ref: dict[str, Any], name: str, value: str) -> Answer:
        """`completion/complete` for the argument `name` with what is typed so far (R9)."""
        return await self.request("completion/complete", {"ref": ref, "argument": {"name": name, "value": value}})

    async def set_log_level(self, level: str) -> Answer:
        return await self.request("logging/setLevel", {"level": level})

    async def ping(self) -> Answer:
        return await self.request("ping")

    async def _tick(self) -> None:
        """Ten times a second: time limits, silent streams, streams that outstay their answer, a dead server."""
        ticks = 0
        while True:
            await asyncio.sleep(TICK_S)
            ticks += 1
            now_ns = self.link.now_ns()
            for call in self._conversation.calls.overdue(now_ns):
                self._conversation.time_out(call)
            for stream in tuple(self.link.streams):
                self._look_after(stream, now_ns)
            if ticks % ALIVE_EVERY_TICKS == 0 and self._conversation.channel is not None:
                await self._conversation.channel.check_alive()

    def _look_after(self, stream: Stream, now_ns: int) -> None:
        stream.close_if_due(now_ns)
        if not stream.events_silent_since_ns:
            return
        idle_s = (now_ns - stream.events_silent_since_ns) / 1e9
        limit_s = self.options.idle_timeout_s
        if limit_s is not None and idle_s > limit_s:
            stream.stop(EndCause.TIMED_OUT_BY_US, f"No byte came for {idle_s:.1f} s; this is our own idle limit.")
        elif idle_s > self.options.idle_notice_s:
            text = f"No byte, not even a heartbeat, has come for {idle_s:.0f} s."
            fix = "Send a comment every 15 s, so that proxies and clients keep the stream open."
            self.link.report_once(Breach("heartbeat-missing", Severity.NOTE, text, fix), stream.number)


def _with_items(answer: Answer, key: str, items: list[Any]) -> Answer:
    """The last page's answer with the items of all pages."""
    result = {**answer.result, key: items}
    result.pop("nextCursor", None)
    return Answer(
        True, answer.method, result, rtt_ms=answer.rtt_ms, request_n=answer.request_n, answer_n=answer.answer_n
    )
