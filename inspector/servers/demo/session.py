"""A client's session: its running calls, its streams, and what the server says of its own accord."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections import OrderedDict
from dataclasses import dataclass, field

from inspector.servers.demo import dispatch
from inspector.servers.demo.call import Call, SessionState
from inspector.servers.demo.content import CLOCK_URI
from inspector.servers.demo.event_stream import EventStream
from inspector.servers.demo.messages import (
    INTERNAL_ERROR,
    INVALID_REQUEST,
    Json,
    RequestId,
    RpcError,
    encode,
    is_request_id,
    notification_message,
    request_message,
    result_message,
)
from inspector.servers.demo.tools import run_tool
from inspector.servers.tasks import OwnedTasks

logger = logging.getLogger(__name__)

UPDATE_S = 2.0
UPDATES_PER_PING = 5
MAX_CALLS = 64
MAX_FINISHED_STREAMS = 8
MAX_SESSIONS = 64


@dataclass
class Exchange:
    """The stream of one POST and the calls that write to it."""

    stream: EventStream
    calls: list[asyncio.Task[None]] = field(default_factory=list)

    def finish_if_done(self) -> None:
        """End the stream once no call can write to it any more."""
        if all(call.done() for call in self.calls):
            self.stream.finish()


class Session:
    """`standalone` carries what belongs to no request; with HTTP+SSE it carries everything."""

    def __init__(self, supported_versions: tuple[str, ...], standalone: EventStream) -> None:
        self.id = uuid.uuid4().hex
        self.state = SessionState(supported_versions)
        self.standalone = standalone
        self._tasks = OwnedTasks()
        self._calls: dict[RequestId, asyncio.Task[None]] = {}
        self._exchanges: dict[int, Exchange] = {}
        self._streams = 0
        self._attendant: asyncio.Task[None] | None = None
        self._pings = 0
        self._pings_answered = 0

    @property
    def calls(self) -> int:
        """How many tool calls are running."""
        return len(self._calls)

    def answer(self, request: Json, stream: EventStream) -> asyncio.Task[None] | None:
        """Answer a request on `stream`: at once, or by the returned task if it is a tool call."""
        if request["method"] == "tools/call" and self.state.protocol_version is not None:
            return self._start_call(request, stream)
        stream.push(encode(dispatch.answer(self.state, request)))
        return None

    def take(self, message: Json) -> None:
        """Act on a notification or on the response to a request of ours."""
        method, params = message.get("method"), message.get("params", {})
        if method == "notifications/initialized" and self._attendant is None:
            self._attendant = self._tasks.start(self._attend())
        elif method == "notifications/cancelled":
            request_id = params.get("requestId")
            if is_request_id(request_id) and request_id in self._calls:
                self._calls[request_id].cancel()
        elif message.get("id") == f"ping-{self._pings}":
            self._pings_answered = self._pings

    def open_exchange(self, requests: list[Json]) -> Exchange:
        """Answer `requests` on a stream of their own."""
        self._streams += 1
        exchange = Exchange(EventStream(self._streams))
        self._exchanges[self._streams] = exchange
        for request in requests:
            if call := self.answer(request, exchange.stream):
                exchange.calls.append(call)
        for call in exchange.calls:
            call.add_done_callback(lambda _: exchange.finish_if_done())
        exchange.finish_if_done()
        self._forget_old_exchanges()
        return exchange

    def exchange(self, stream: int) -> Exchange | None:
        """The exchange with this stream number, if it is still kept."""
        return self._exchanges.get(stream)

    def await_return(self, exchange: Exchange, grace_s: float) -> None:
        """The client has left the stream: give up what it missed unless it comes back within `grace_s` seconds."""
        if not exchange.stream.is_delivered:
            self._tasks.start(self._give_up_unless_resumed(exchange, grace_s))

    async def close(self) -> None:
        """Cancel everything that runs and end all streams."""
        await self._tasks.close()
        self.standalone.finish()

    async def _give_up_unless_resumed(self, exchange: Exchange, grace_s: float) -> None:
        await asyncio.sleep(grace_s)
        if not exchange.stream.is_attached:
            for call in exchange.calls:
                call.cancel()
            self._exchanges.pop(exchange.stream.number, None)

    def _forget_old_exchanges(self) -> None:
        finished = [number for number, exchange in self._exchanges.items() if exchange.stream.finished]
        for number in finished[:-MAX_FINISHED_STREAMS]:
            del self._exchanges[number]

    def _start_call(self, request: Json, stream: EventStream) -> asyncio.Task[None] | None:
        request_id = request["id"]
        if request_id in self._calls or len(self._calls) >= MAX_CALLS:
            problem = "the id is in use" if request_id in self._calls else "too many calls at once"
            stream.push(encode(RpcError(INVALID_REQUEST, f"Invalid Request: {problem}").to_message(request_id)))
            return None
        task = self._tasks.start(self._run_call(request, stream))
        self._calls[request_id] = task
        task.add_done_callback(lambda _: self._calls.pop(request_id))
        return task

    async def _run_call(self, request: Json, stream: EventStream) -> None:
        """A cancelled call is not answered (basic/utilities/cancellation)."""
        try:
            response = result_message(request["id"], await self._result(request.get("params", {}), stream))
        except RpcError as error:
            response = error.to_message(request["id"])
        except Exception:
            logger.exception("a tool of the demo server failed")
            response = RpcError(INTERNAL_ERROR, "Internal error").to_message(request["id"])
        stream.push(encode(response))

    async def _result(self, params: Json, stream: EventStream) -> Json:
        token = dispatch.mapping(params, "_meta").get("progressToken")
        call = Call(self.state, stream, token if is_request_id(token) else None)
        return await run_tool(call, dispatch.string(params, "name"), dispatch.mapping(params, "arguments"))

    async def _attend(self) -> None:
        """While somebody listens: say when the clock has moved, and now and then see whether the client is there."""
        updates = 0
        while True:
            await asyncio.sleep(UPDATE_S)
            if not self.standalone.is_attached:
                continue
            if CLOCK_URI in self.state.subscriptions:
                self.standalone.push(
                    encode(notification_message("notifications/resources/updated", {"uri": CLOCK_URI}))
                )
            if updates % UPDATES_PER_PING == 0 and self._pings_answered == self._pings:
                self._pings += 1
                self.standalone.push(encode(request_message(f"ping-{self._pings}", "ping")))
            updates += 1
            await self.standalone.room()


class Sessions:
    """The open sessions by id; when there are too many, the one that was silent longest has to go."""

    def __init__(self) -> None:
        self._sessions: OrderedDict[str, Session] = OrderedDict()

    @property
    def calls(self) -> int:
        """How many tool calls are running in all sessions."""
        return sum(session.calls for session in self._sessions.values())

    async def add(self, session: Session) -> None:
        """Keep the session until it is closed."""
        self._sessions[session.id] = session
        while len(self._sessions) > MAX_SESSIONS:
            await self.close(next(iter(self._sessions)))

    def get(self, session_id: str) -> Session | None:
        """The session, which thereby counts as used."""
        if session_id in self._sessions:
            self._sessions.move_to_end(session_id)
        return self._sessions.get(session_id)

    async def close(self, session_id: str) -> None:
        """End the session; nothing happens if there is none."""
        session = self._sessions.pop(session_id, None)
        if session is not None:
            await session.close()

    async def close_all(self) -> None:
        """End every session."""
        for session_id in list(self._sessions):
            await self.close(session_id)
